"""``framework-advisor recheck``: does a saved decision still stand?"""

from __future__ import annotations

import click

from advisor.cli import output


@click.command(epilog="Example: framework-advisor recheck decision.json")
@click.argument("file", metavar="DECISION.json")
@output.as_json
@output.in_language
def command(file: str, as_json: bool, lang: str) -> None:
    """Show what has changed since (knowledge, versions, machine) and whether the decision stands (0) or not (1)."""
    from advisor.cli import prose
    from advisor.decisions.runtime_context import RuntimeContext
    from advisor.knowledge.loading import load_knowledge

    knowledge = load_knowledge()
    result = RuntimeContext.here(knowledge).recheck(output.read_json(file), knowledge)
    if as_json:
        output.emit(result.document())
    else:
        prose.rechecked(result, lang=lang)
    if not result.stands:
        raise click.exceptions.Exit(1)
