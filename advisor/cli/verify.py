"""``framework-advisor verify``: recompute a decision from what its report holds."""

from __future__ import annotations

import click

from advisor.cli import output
from probes.system import exit_status


@click.command(epilog="Example: framework-advisor verify decision.json")
@click.argument("file", metavar="DECISION.json")
@output.as_json
@output.in_language
def command(file: str, as_json: bool, lang: str) -> None:
    """Recompute the decision: same result (0), or what differs (1)."""
    from advisor.cli import prose
    from advisor.decisions.verification import verify
    from advisor.knowledge.loading import load_knowledge
    from probes.catalog.loading import load_catalog

    result = verify(output.read_json(file), load_knowledge(), probes=tuple(load_catalog().values()))
    if as_json:
        output.emit(result.document())
    else:
        prose.verified(result, lang=lang)
    if not result.same:
        raise click.exceptions.Exit(exit_status.NEGATIVE)
