"""``framework-advisor evidence``: the store of measured evidence and of decisions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from advisor.cli import evidence_sharing, kept, output
from probes.system import exit_status, logs
from probes.wording.visible import on_one_line, say

if TYPE_CHECKING:
    from advisor.cli.import_files import Read
    from advisor.decisions.store import Kind

F = TypeVar("F", bound=Callable[..., Any])

BATCH = 500
"""Files that are kept, and told to be, at once: an interrupt costs at most these."""

BATCH_LETTERS = 32_000_000
"""Letters of text after which fewer files are kept at once, so that memory stays small."""


_WITHOUT_ASKING = "--yes removes without asking"


def of_kind(default: str) -> Callable[[F], F]:
    """Return the option that chooses evidence, decisions or both."""
    return click.option(
        "--kind",
        type=click.Choice(["evidence", "decision", "all"]),
        default=default,
        show_default=True,
        help="Which documents.",
    )


@click.group(epilog="Example: framework-advisor evidence import evidence.json")
def command() -> None:
    """Keep, show and exchange measured evidence."""


evidence_sharing.add_to(command)


@command.command(name="list", epilog="Example: framework-advisor evidence list --json")
@of_kind("evidence")
@click.option("--limit", type=click.IntRange(min=0), help="How many of a kind at most, the newest.  [default: all]")
@output.as_json
@output.in_language
def list_(kind: str, limit: int | None, as_json: bool, lang: str) -> None:
    """List what is kept, and how much it is."""
    from advisor.decisions import store

    found = {one: store.listing(one, limit=limit) for one in _kinds(kind)}
    usage, refusal = store.usage(), store.refusal()
    if refusal:
        output.notice(refusal.told(lang))
    kept.damaged(found, lang=lang)
    if not as_json:
        kept.listing(found, usage, lang=lang)
        return
    names = {"evidence": "evidence", "decision": "decisions"}
    lists = {names[one]: listed.rows for one, listed in found.items()}
    bad = [{"id": number, "kind": one} for one, listed in found.items() for number in listed.damaged]
    output.emit({**lists, "damaged": bad, "store": vars(usage)})


@command.command(epilog="Example: framework-advisor evidence show 1")
@click.argument("number", type=int)
@output.as_json
def show(number: int, as_json: bool) -> None:
    """Print one kept document; it is JSON with --json and without."""
    from advisor.decisions import store

    output.emit(store.document(number))


@command.command(name="import", epilog="Example: framework-advisor evidence import evidence.json")
@click.argument("paths", nargs=-1, required=True, metavar="FILE|FOLDER|-...")
@output.as_json
@output.in_language
def import_(paths: tuple[str, ...], as_json: bool, lang: str) -> None:
    """Add files to the store, each once it is found valid: evidence, or decisions.

    Of one file the number there is printed. Of a folder every file in it whose name ends in .json is taken, some
    hundred at a time; what is refused is told, and the rest is kept.
    """
    if len(paths) == 1 and not Path(paths[0]).is_dir():
        _import_one(paths[0], as_json=as_json)
        return
    files = list(_files(paths))
    added: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    strange: dict[str, int] = {}
    for batch, done in _batches(files):
        whole = [found for found in batch if found.rows]
        numbers = _keep(whole)
        added += numbers
        refused += [{"file": found.path, "problems": list(found.problems)} for found in batch if not found.rows]
        ids = {entry["file"]: entry["id"] for entry in numbers}
        for found in whole:
            strange = {**dict.fromkeys(found.strange, ids[found.path]), **strange}
        output.notice(kept.phrase("progress", lang, done=done, all=len(files)))
    _tell_unknown(strange.values())
    for entry in refused:
        for problem in entry["problems"]:
            output.notice(on_one_line(problem))
    new = sum(entry["new"] for entry in added)
    if as_json:
        output.emit({"imported": added, "refused": refused})
    elif added:
        say(kept.phrase("imported", lang, new=new, known=len(added) - new, refused=len(refused)))
    if refused:
        raise click.exceptions.Exit(exit_status.PARTLY if added else exit_status.BAD_INPUT)


def _import_one(path: str, *, as_json: bool) -> None:
    from advisor.cli.import_files import read
    from advisor.decisions import store
    from advisor.errors import InputError

    found = read(path)
    if not found.rows:
        raise InputError(found.problems)
    with logs.phase("store add"):
        numbers = [number for number, _ in store.add_all(found.rows)]
    if found.strange:
        _tell_unknown(numbers)
    if as_json:
        output.emit({"id": numbers[0]} if len(numbers) == 1 else {"ids": numbers})
    else:
        say("\n".join(map(str, numbers)))


def _files(paths: Sequence[str]) -> Iterator[str]:
    """Yield every file that is meant, a folder's by name.

    Raises:
        InputError: a folder holds none.
    """
    from advisor.errors import InputError

    for path in paths:
        if not Path(path).is_dir():
            yield path
            continue
        inside = sorted(str(file) for file in Path(path).rglob("*.json") if not file.is_dir())
        if not inside:
            raise InputError([f"{path}: is a folder that holds no file ending in .json"])
        yield from inside


def _batches(files: Sequence[str]) -> Iterator[tuple[list[Read], int]]:
    """Yield what is kept at once, with how many files are done then."""
    from advisor.cli.import_files import read_all

    batch: list[Read] = []
    letters = 0
    for done, found in enumerate(read_all(files), start=1):
        batch.append(found)
        letters += sum(len(row.body) for row in found.rows)
        if len(batch) >= BATCH or letters >= BATCH_LETTERS or done == len(files):
            yield batch, done
            batch, letters = [], 0


def _keep(batch: Sequence[Read]) -> list[dict[str, Any]]:
    from advisor.decisions import store

    rows = [(found.path, row) for found in batch for row in found.rows]
    with logs.phase("store add"):
        numbers = store.add_all([row for _, row in rows]) if rows else []
    return [
        {"file": path, "id": number, "kind": row.kind, "new": new}
        for (path, row), (number, new) in zip(rows, numbers, strict=True)
    ]


def _tell_unknown(numbers: Iterable[int]) -> None:
    """Name the probes of these sessions that nobody knows, each once however many hold it."""
    from advisor.decisions import store
    from probes import reasons
    from probes.catalog.loading import load_catalog
    from probes.evidence.documents import parse_evidence, unknown_probes

    sessions = [parse_evidence(store.evidence_document(number)) for number in sorted(set(numbers))]
    for unknown in unknown_probes(sessions, load_catalog()):
        output.notice(f"note: {reasons.text(unknown)}")


@command.command(epilog="Example: framework-advisor evidence export 1 -o evidence.json")
@click.argument("number", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="Every document, a file each, into a folder.")
@click.option("-o", "--output", "target", default="-", metavar="FILE|FOLDER|-")
@of_kind("all")
@output.as_json
@output.in_language
def export(number: int | None, everything: bool, target: str, kind: str, as_json: bool, lang: str) -> None:
    """Write a kept document to a file, or all of them to a folder that 'evidence import' takes.

    With --json also print what was written where.
    """
    from advisor.errors import InputError

    if (number is None) != everything:
        raise InputError(["name the NUMBER of a document and a file (-o FILE), or --all and a folder (-o FOLDER)"])
    if number is None:
        _export_all(target, kind, as_json=as_json, lang=lang)
        return
    from advisor.decisions import store

    output.check_writable(target)
    document = store.document(number)
    content = _content(document)
    output.write_atomically(target, content)
    if as_json and not output.is_standard_output(target):
        output.emit({"id": number, **output.written(target, content)})


def _content(document: dict[str, Any]) -> bytes:
    import json

    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _export_all(target: str, kind: str, *, as_json: bool, lang: str) -> None:
    """Write a file a document; its name begins with the number, so that they come back in the same order."""
    from advisor.decisions import store
    from advisor.errors import InputError

    folder = Path(target)
    if output.is_standard_output(target):
        raise InputError(["--all writes a file a document; name a folder: -o FOLDER"])
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError([f"{target}: cannot be made: {error.strerror or error}"]) from error
    files, damaged = [], []
    for number, one, document in store.documents(_kinds(kind)):
        if document is None:
            damaged.append({"id": number, "kind": one})
            output.notice(kept.lost(one, number, lang=lang))
            continue
        path = folder / f"{number:07}-{one}.json"
        output.write_atomically(path, _content(document))
        files.append({"id": number, "kind": one, "file": str(path)})
    if as_json:
        output.emit({"exported": files, "damaged": damaged})
    else:
        say(kept.phrase("exported", lang, count=len(files), folder=target))
    if damaged:
        raise click.exceptions.Exit(exit_status.PARTLY)


@command.command(epilog="Example: framework-advisor evidence check")
@output.as_json
@output.in_language
def check(as_json: bool, lang: str) -> None:
    """Compare every kept document with the SHA-256 of what was added; exit status 1 where one differs."""
    from advisor.decisions import store

    damaged, faults = store.damage()
    usage = store.usage()
    if as_json:
        bad = [{"id": number, "kind": one} for number, one in damaged]
        output.emit({"damaged": bad, "faults": faults, "store": vars(usage)})
    else:
        for number, one in damaged:
            say(kept.lost(one, number, lang=lang))
        for fault in faults:
            say(kept.phrase("fault", lang, fault=fault))
        count = usage.evidence + usage.decisions
        say(kept.phrase("checked", lang, sound=count - len(damaged), all=count))
    if damaged or faults:
        raise click.exceptions.Exit(exit_status.NEGATIVE)


@command.command(epilog="Example: framework-advisor evidence remove --older-than 365")
@click.argument("names", nargs=-1, metavar="[NUMBER|SHA256]...")
@click.option("--older-than", metavar="DAYS|DATE", help="What was made before: so many days ago, or a YYYY-MM-DD.")
@of_kind("evidence")
@click.option("--yes", is_flag=True, help="Do not ask.")
@output.as_json
@output.in_language
def remove(names: tuple[str, ...], older_than: str | None, kind: str, yes: bool, as_json: bool, lang: str) -> None:
    """Remove documents for good: by number, by the begin of their SHA-256, or by age.

    It asks before it does. With --kind, a document of another kind is not removed.
    """
    from advisor.decisions import store
    from advisor.errors import InputError

    if not names and older_than is None:
        raise InputError(["name what to remove: a number, the begin of a SHA-256, or --older-than DAYS"])
    if names and older_than is not None:
        raise InputError(["name documents, or --older-than DAYS for those of an age; one of both in a call"])
    day = None if older_than is None else _day(older_than)
    asked = click.get_current_context().get_parameter_source("kind") is not ParameterSource.DEFAULT
    if day is None:
        numbers = store.named(names, _kinds(kind if asked else "all"))
    else:
        numbers = sorted(store.older(_kinds(kind), day.isoformat()))
    if numbers and not yes and not _confirmed(numbers, lang):
        raise click.exceptions.Exit(exit_status.NEGATIVE)
    removed = store.remove(numbers) if numbers else 0
    if as_json:
        output.emit({"removed": numbers})
    else:
        say(kept.phrase("removed", lang, count=removed) if numbers else kept.phrase("none_chosen", lang))


def _confirmed(numbers: Sequence[int], lang: str) -> bool:
    from advisor.decisions import store

    output.check_listening(_WITHOUT_ASKING)
    usage = store.usage()
    all_ = usage.evidence + usage.decisions
    try:
        return click.confirm(
            kept.phrase("asked", lang, count=len(numbers), all=all_, some=kept.some(numbers)), err=True
        )
    except click.Abort:
        output.notice(f"\n{_WITHOUT_ASKING}")
        raise


def _day(given: str) -> date:
    """Return the day before which something is old.

    Raises:
        InputError: it is neither a number of days nor a date.
    """
    from advisor.errors import InputError

    try:
        if days := re.fullmatch(r"(\d{1,5})d?", given):
            return datetime.now(UTC).date() - timedelta(days=int(days[1]))
        return date.fromisoformat(given)
    except (ValueError, OverflowError):
        raise InputError(
            [f"--older-than {given!r}: expected a number of days, such as 365, or a date, such as 2026-01-31"]
        ) from None


def _kinds(kind: str) -> tuple[Kind, ...]:
    from advisor.decisions import store

    return tuple(one for one in store.KINDS if kind in (one, "all"))
