"""``framework-advisor recommend``: the recommendation, as prose or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advisor.cli import answering, inputs, output

if TYPE_CHECKING:
    from advisor.analysis.method_comparison import MethodComparison
    from advisor.model.recommendation import Recommendation


@click.command(epilog="Example: framework-advisor recommend --needs knowledge/examples/phone-app.yaml")
@answering.options
@click.option("--lines", metavar="FILE|-", help="Many at once: one JSON object a line, {id, text} or {id, needs}.")
@click.option("--audit", is_flag=True, help="Also what other ranking methods say, and why they do not decide.")
@output.as_json
@output.in_language
def command(given: answering.Given, lines: str | None, audit: bool, as_json: bool, lang: str) -> None:
    """Recommend a plan: framework, tools, how sure, what speaks against it."""
    from advisor.decisions.runtime_context import RuntimeContext
    from advisor.errors import InputError
    from advisor.knowledge.loading import load_knowledge

    alone: dict[str, object] = {"--needs": given.needs_file, "--text": given.text, "--target": given.targets}
    alone |= {"--probe": given.probe, "--set": given.passed, "--audit": audit}
    beside = [option for option, value in alone.items() if value]
    if lines is not None and beside:
        raise InputError([f"--lines goes without {', '.join(beside)}: each line holds its own needs or text"])
    knowledge = load_knowledge()
    if lines is not None:
        evidence = output.read_evidence(given.evidence_files)
        context = RuntimeContext.here(knowledge, reference=given.reference)
        answer = context.recommender(knowledge, evidence, random_seed=given.random_seed)
        output.answer_lines(lines, lambda line: answer(inputs.line_needs(line, knowledge)).document())
        return
    asked = answering.read(given, knowledge)
    answered = answering.answer(given, asked, knowledge, lang=lang)
    recommendation = answered.recommendation
    audited = _audited(recommendation) if audit else None
    if as_json:
        output.emit({**recommendation.document(), **({} if audited is None else {"audit": audited.document()})})
    else:
        from advisor.cli import prose

        prose.recommendation(recommendation, knowledge, lang=lang)
        if audited is not None:
            prose.audit(audited, knowledge, lang=lang)
    if answered.status:
        raise click.exceptions.Exit(answered.status)


def _audited(recommendation: Recommendation) -> MethodComparison:
    """Return the method audit; where there is nothing to rank, the reason and no methods."""
    from advisor.analysis.method_comparison import MethodComparison, compare_methods
    from advisor.errors import InputError

    try:
        return compare_methods(recommendation)
    except InputError as error:
        return MethodComparison(reason="; ".join(error.problems))
