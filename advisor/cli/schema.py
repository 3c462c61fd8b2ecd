"""``framework-advisor schema``: the JSON Schema of every document."""

from __future__ import annotations

import click

from advisor.cli.output import emit, unknown


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
        raise InputError([unknown("document", name, schemas.names())])
    emit(document)
