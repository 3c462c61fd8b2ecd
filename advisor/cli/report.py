"""``framework-advisor report``: the decision report, and with --probe the whole main job."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli import inputs, output


@click.command(
    epilog="Example: framework-advisor report --needs knowledge/examples/phone-app.yaml --probe --budget 60"
    " -o decision.html"
)
@inputs.needs_file
@inputs.free_text
@output.with_evidence
@click.option("--probe", is_flag=True, help="Measure first, on this machine, and weigh what was measured.")
@click.option("--budget", type=output.SECONDS, default=60.0, show_default=True, help="Seconds for --probe.")
@click.option("--random-seed", type=int, default=0, show_default=True)
@click.option("-o", "--output", "target", required=True, metavar="FILE", help="The suffix chooses the form.")
@output.in_language
def command(
    needs_file: str | None,
    text: str | None,
    evidence_files: tuple[str, ...],
    probe: bool,
    budget: float,
    random_seed: int,
    target: str,
    lang: str,
) -> None:
    """Write the decision report: .html, .md, .json or .pdf."""
    from advisor import knowledge as knowledge_base
    from advisor import report, store
    from advisor.needs import InputError
    from advisor.report.build import build

    forms = report.formats()
    suffix = Path(target).suffix.lstrip(".").lower()
    if suffix not in forms:
        raise InputError([f"{target}: no report form '.{suffix}'; known: {', '.join(f'.{form}' for form in forms)}"])
    output.check_writable(target)
    knowledge = knowledge_base.load()
    needs = inputs.needs_of(knowledge, needs_file, text)
    evidence = output.read_evidence(evidence_files)
    status = 0
    if probe:
        from advisor.cli import measuring

        session = measuring.measure_for(needs, knowledge, budget=budget, lang=lang)
        evidence = (*evidence, session)
        status = measuring.status(session)
    recommendation = inputs.advise(needs, knowledge, evidence, seed=random_seed)
    decision = build(
        needs,
        recommendation,
        evidence,
        knowledge,
        made_on=output.today(),
        versions=output.installed_versions(knowledge),
        probes=inputs.catalogue(),
    )
    output.write_atomically(target, forms[suffix].render(decision, lang))
    try:
        store.add_decision(decision)
    except InputError as error:
        # The report is written, and that was the task; only the copy in the store is missing.
        output.say("; ".join(error.problems))
    from advisor.cli import prose

    prose.answer(recommendation, knowledge, lang=lang)
    output.say(str(target))
    if status:
        raise click.exceptions.Exit(status)
