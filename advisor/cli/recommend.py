"""``framework-advisor recommend``: the recommendation, as prose or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advisor.cli import inputs, output

if TYPE_CHECKING:
    from advisor.analysis.method_comparison import MethodComparison
    from advisor.model.recommendation import Recommendation


@click.command(epilog="Example: framework-advisor recommend --needs knowledge/examples/phone-app.yaml")
@inputs.needs_file
@inputs.free_text
@inputs.target
@output.with_evidence
@click.option("--probe", is_flag=True, help="Measure first, on this machine, and weigh what was measured.")
@click.option("--budget", type=output.SECONDS, default=60.0, show_default=True, help="Seconds for --probe.")
@click.option("--lines", metavar="FILE|-", help="Many at once: one JSON object a line, {id, text} or {id, needs}.")
@click.option("--audit", is_flag=True, help="Also what other ranking methods say, and why they do not decide.")
@output.with_variables
@output.with_reference
@output.random_seed
@output.as_json
@output.in_language
def command(
    needs_file: str | None,
    text: str | None,
    targets: tuple[str, ...],
    evidence_files: tuple[str, ...],
    probe: bool,
    budget: float,
    lines: str | None,
    audit: bool,
    passed: tuple[str, ...],
    reference: bool,
    random_seed: int,
    as_json: bool,
    lang: str,
) -> None:
    """Recommend a plan: framework, tools, how sure, what speaks against it."""
    from advisor.decisions.runtime_context import RuntimeContext
    from advisor.errors import InputError
    from advisor.knowledge.loading import load_knowledge
    from probes.command import RunRequest

    alone: dict[str, object] = {"--needs": needs_file, "--text": text, "--target": targets}
    alone |= {"--probe": probe, "--set": passed, "--audit": audit}
    beside = [option for option, given in alone.items() if given]
    if lines is not None and beside:
        raise InputError([f"--lines goes without {', '.join(beside)}: each line holds its own needs or text"])
    knowledge = load_knowledge()
    if lines is not None:
        evidence = output.read_evidence(evidence_files)
        context = RuntimeContext.here(knowledge, reference=reference)
        answer = context.recommender(knowledge, evidence, random_seed=random_seed)
        output.answer_lines(lines, lambda line: answer(inputs.line_needs(line, knowledge)).document())
        return
    needs, asked, evidence, variables = output.together(
        lambda: inputs.needs_of(knowledge, needs_file, text),
        lambda: inputs.read_targets(targets),
        lambda: output.read_evidence(evidence_files),
        lambda: output.variables(passed, measuring=probe),
    )
    needs = inputs.with_targets(needs, asked, lang=lang)
    context, status = RuntimeContext.here(knowledge, reference=reference), 0
    if probe:
        from advisor.cli import measuring

        evidence, status = measuring.measure_first(
            needs, knowledge, evidence, RunRequest(budget=budget, variables=variables), lang=lang, context=context
        )
    recommendation = context.recommend(needs, knowledge, evidence, random_seed=random_seed)
    audited = _audited(recommendation) if audit else None
    if as_json:
        output.emit({**recommendation.document(), **({} if audited is None else {"audit": audited.document()})})
    else:
        from advisor.cli import prose

        prose.recommendation(recommendation, knowledge, lang=lang)
        if audited is not None:
            prose.audit(audited, knowledge, lang=lang)
    if status:
        raise click.exceptions.Exit(status)


def _audited(recommendation: Recommendation) -> MethodComparison:
    """Return the method audit; where there is nothing to rank, the reason and no methods."""
    from advisor.analysis.method_comparison import MethodComparison, compare_methods
    from advisor.errors import InputError

    try:
        return compare_methods(recommendation)
    except InputError as error:
        return MethodComparison(reason="; ".join(error.problems))
