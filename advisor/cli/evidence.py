"""``framework-advisor evidence``: the local store of measured evidence."""

from __future__ import annotations

import click

from advisor.cli import output


@click.group(epilog="Example: framework-advisor evidence import evidence.json")
def command() -> None:
    """Keep, show and exchange measured evidence."""


@command.command(name="list", epilog="Example: framework-advisor evidence list --json")
@output.as_json
def list_(as_json: bool) -> None:
    """List what is kept."""
    from advisor import store

    rows = store.evidence_list()
    if as_json:
        output.emit({"evidence": rows})
        return
    if not rows:
        click.echo("nothing kept yet; 'framework-advisor probe run' measures, 'evidence import FILE' takes a file")
    for row in rows:
        click.echo(
            f"{row['id']:>4}  {row['started'][:16]}  grade {row['grade']}  {row['probes']} probes  {row['machine']}"
        )


@command.command(epilog="Example: framework-advisor evidence show 1")
@click.argument("number", type=int)
@output.as_json
def show(number: int, as_json: bool) -> None:
    """Print one evidence document; it is JSON with --json and without."""
    from advisor import store

    output.emit(store.evidence_document(number))


@command.command(name="import", epilog="Example: framework-advisor evidence import evidence.json")
@click.argument("file", metavar="FILE|-")
@output.as_json
def import_(file: str, as_json: bool) -> None:
    """Take a file into the store, once it is found valid, and print its number there."""
    from advisor import store

    (document,) = output.read_evidence([file])
    number = store.add_evidence(document)
    if as_json:
        output.emit({"id": number})
    else:
        click.echo(number)


@command.command(epilog="Example: framework-advisor evidence export 1 -o evidence.json")
@click.argument("number", type=int)
@click.option("-o", "--output", "target", default="-", metavar="FILE|-")
def export(number: int, target: str) -> None:
    """Write one evidence document to a file."""
    import json

    from advisor import store

    document = store.evidence_document(number)
    output.write_atomically(target, json.dumps(document, ensure_ascii=False, indent=1).encode())
