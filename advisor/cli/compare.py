"""``framework-advisor compare``: two saved decisions side by side."""

from __future__ import annotations

import click

from advisor.cli import output


@click.command(epilog="Example: framework-advisor compare before.json after.json")
@click.argument("first", metavar="DECISION.json")
@click.argument("second", metavar="DECISION.json")
@output.as_json
@output.in_language
def command(first: str, second: str, as_json: bool, lang: str) -> None:
    """Show where two decisions differ: needs, weights, values, result."""
    from advisor.cli import prose
    from advisor.decisions.diff import compare_decisions

    one, other = output.together(lambda: output.read_json(first), lambda: output.read_json(second))
    result = compare_decisions(one, other)
    if as_json:
        output.emit(result.document())
    else:
        prose.compared(result, lang=lang)
