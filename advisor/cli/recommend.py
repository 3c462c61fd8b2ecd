"""``framework-advisor recommend``: the recommendation, as prose or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from advisor.cli import inputs, output


@click.command(epilog="Example: framework-advisor recommend --needs knowledge/examples/phone-app.yaml")
@inputs.needs_file
@inputs.free_text
@output.with_evidence
@click.option("--probe", is_flag=True, help="Measure first, on this machine, and weigh what was measured.")
@click.option("--budget", type=click.FloatRange(min=1), default=60.0, show_default=True, help="Seconds for --probe.")
@click.option("--lines", metavar="FILE|-", help="Many at once: one JSON object a line, {id, text} or {id, needs}.")
@click.option("--random-seed", type=int, default=0, show_default=True)
@output.as_json
@output.in_language
def command(
    needs_file: str | None,
    text: str | None,
    evidence_files: tuple[str, ...],
    probe: bool,
    budget: float,
    lines: str | None,
    random_seed: int,
    as_json: bool,
    lang: str,
) -> None:
    """Recommend a plan: framework, tools, how sure, what speaks against it."""
    from advisor import knowledge as knowledge_base

    knowledge = knowledge_base.load()
    evidence = output.read_evidence(evidence_files)
    if lines is not None:

        def answer(document: Mapping[str, Any]) -> Mapping[str, Any]:
            needs = inputs.line_needs(document, knowledge)
            return inputs.advise(needs, knowledge, evidence, seed=random_seed).document()

        output.answer_lines(lines, answer)
        return
    needs = inputs.needs_of(knowledge, needs_file, text)
    partly = False
    if probe:
        from advisor.cli import measuring

        session = measuring.measure_for(needs, knowledge, budget=budget, lang=lang)
        evidence = (*evidence, session)
        partly = measuring.incomplete(session)
    recommendation = inputs.advise(needs, knowledge, evidence, seed=random_seed)
    if as_json:
        output.emit(recommendation.document())
    else:
        from advisor.cli import prose

        prose.recommendation(recommendation, knowledge, lang=lang)
    if partly:
        raise click.exceptions.Exit(3)
