"""``framework-advisor evidence``: the local store of measured evidence."""

from __future__ import annotations

import click

from advisor.cli import output
from probes.wording.visible import say


@click.group(epilog="Example: framework-advisor evidence import evidence.json")
def command() -> None:
    """Keep, show and exchange measured evidence."""


@command.command(name="list", epilog="Example: framework-advisor evidence list --json")
@output.as_json
@output.in_language
def list_(as_json: bool, lang: str) -> None:
    """List what is kept."""
    from advisor.decisions import store

    rows, refusal = store.evidence_list(), store.refusal()
    if refusal:
        output.notice(refusal.told(lang))
    if as_json:
        output.emit({"evidence": rows})
        return
    from advisor.cli import inventory

    inventory.kept(rows, lang=lang)


@command.command(epilog="Example: framework-advisor evidence show 1")
@click.argument("number", type=int)
@output.as_json
def show(number: int, as_json: bool) -> None:
    """Print one evidence document; it is JSON with --json and without."""
    from advisor.decisions import store

    output.emit(store.evidence_document(number))


@command.command(name="import", epilog="Example: framework-advisor evidence import evidence.json")
@click.argument("file", metavar="FILE|-")
@output.as_json
def import_(file: str, as_json: bool) -> None:
    """Add a file to the store, once it is found valid, and print its number there."""
    from advisor.decisions import store

    (document,) = output.read_evidence([file])
    number = store.add_evidence(document)
    if as_json:
        output.emit({"id": number})
    else:
        say(number)


@command.command(epilog="Example: framework-advisor evidence export 1 -o evidence.json")
@click.argument("number", type=int)
@click.option("-o", "--output", "target", default="-", metavar="FILE|-")
@output.as_json
def export(number: int, target: str, as_json: bool) -> None:
    """Write one evidence document to a file; with --json also print what was written where."""
    import json

    from advisor.decisions import store

    output.check_writable(target)
    document = store.evidence_document(number)
    content = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
    output.write_atomically(target, content)
    if as_json and not output.is_standard_output(target):
        output.emit({"id": number, **output.written(target, content)})
