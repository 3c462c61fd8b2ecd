"""``framework-advisor recheck``: does a saved decision still stand?"""

from __future__ import annotations

import click

from advisor.cli import inputs, output


@click.command(epilog="Example: framework-advisor recheck decision.json")
@click.argument("file", metavar="DECISION.json")
@output.as_json
@output.in_language
def command(file: str, as_json: bool, lang: str) -> None:
    """Say what has changed since (knowledge, versions, machine) and whether the decision stands (0) or not (1)."""
    from advisor.cli import prose
    from advisor.decisions.recheck import recheck
    from advisor.knowledge.loading import load_knowledge
    from probes.system import machine

    knowledge = load_knowledge()
    result = recheck(
        output.read_decision(file),
        knowledge,
        today=output.today(),
        versions=output.installed_versions(knowledge),
        machine=machine.fingerprint(),
        probes=inputs.catalogue(),
    )
    if as_json:
        output.emit(result.document())
    else:
        prose.rechecked(result, lang=lang)
    if not result.stands:
        raise click.exceptions.Exit(1)
