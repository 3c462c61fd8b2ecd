"""``framework-advisor schema``: the JSON Schema of every document."""

from __future__ import annotations

import click

from advisor.cli.output import as_json as with_json
from advisor.cli.output import emit, unknown
from probes.wording.visible import say


@click.command(epilog="Example: framework-advisor schema recommendation")
@click.argument("name", required=False)
@with_json
def command(name: str | None, as_json: bool) -> None:
    """Print the JSON Schema of document NAME; without a name, the known names."""
    from advisor.decisions import schemas
    from advisor.errors import InputError

    if name is None and as_json:
        emit({"schemas": schemas.names()})
        return
    if name is None:
        for known in schemas.names():
            say(known)
        return
    document = schemas.schema(name)
    if document is None:
        raise InputError([unknown("document", name, schemas.names())])
    emit(document)
