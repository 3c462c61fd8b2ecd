"""``framework-advisor schema``: the JSON Schema of every document."""

from __future__ import annotations

import click

from advisor.cli.output import emit


@click.command(epilog="Example: framework-advisor schema recommendation")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """Print the JSON Schema of document NAME; without a name, the known names."""
    from advisor import schemas
    from advisor.needs import InputError

    if name is None:
        for known in schemas.names():
            click.echo(known)
        return
    document = schemas.schema(name)
    if document is None:
        import difflib

        near = difflib.get_close_matches(name, schemas.names(), n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(schemas.names())}"
        raise InputError([f"no document '{name}'; {hint}"])
    emit(document)
