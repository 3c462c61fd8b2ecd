"""What commands share: options, JSON on standard output, prose beside it, safe reading and writing."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from probes import command
from probes.system import json_reading, logs
from probes.wording.visible import json_text, say

if TYPE_CHECKING:
    from probes.types import Evidence

F = TypeVar("F", bound=Callable[..., Any])

in_language = command.in_language
with_variables = command.with_variables
SECONDS = command.SECONDS

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
random_seed = click.option(
    "--random-seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Of the draws; the same seed gives the same result.",
)

with_evidence = click.option(
    "--evidence", "evidence_files", multiple=True, metavar="FILE", help="Measured evidence to weigh; repeatable."
)

with_reference = click.option(
    "--reference/--no-reference",
    default=True,
    help="Weigh measurements from machines like this one, shipped with the program, where none are your own.",
)


def variables(passed: tuple[str, ...], *, measuring: bool = True) -> dict[str, dict[str, str]]:
    """Read what ``--set`` was given.

    Raises:
        InputError: with every problem; also where nothing is measured that it could be passed to.
    """
    from advisor.errors import InputError
    from advisor.knowledge.loading import load_knowledge
    from probes.session.variables import parse_variables

    found, problems = parse_variables(passed, load_knowledge().frameworks)
    if passed and not measuring:
        problems.append("--set passes a variable to what --probe measures; give --probe too")
    if problems:
        raise InputError(problems)
    return found


def emit(document: Any) -> None:
    """Print one JSON document."""
    say(json_text(document, indent=2))


def emit_line(document: Any) -> None:
    """Print one JSON document on one line."""
    say(json_text(document))


def notice(text: str) -> None:
    """Print progress or a warning on standard error."""
    say(text, err=True)


def kept(add: Callable[[], int], *, lang: str) -> int | None:
    """Add something to the local store and return its number there.

    Where the store cannot be written, that is told and None returned: what was made or measured still goes on its way.
    """
    from advisor.decisions.store import Unkept
    from advisor.errors import InputError

    try:
        with logs.phase("store add"):
            return add()
    except Unkept as unkept:
        notice(unkept.told(lang))
    except InputError as error:
        notice("; ".join(error.problems))
    return None


def read_text(path: str) -> str:
    """Read a UTF-8 file, or standard input for "-".

    Raises:
        InputError: none there, unreadable, too large or not UTF-8.
    """
    from advisor.knowledge.needs_files import text_of

    return text_of(path, largest=json_reading.LARGEST)


def read_lines(path: str) -> Iterator[tuple[int, Any, str | None]]:
    """Yield (line number, document, problem) for each non-empty line of a JSON-lines file."""
    # Only a line feed ends a line: str.splitlines would also break at U+2028, which JSON strings may hold.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            document = json_reading.loads(line)
        except json_reading.Refused as error:
            yield number, None, f"line {number}: not JSON: {error}"
            continue
        if not isinstance(document, Mapping):
            yield number, None, f'line {number}: expected an object such as {{"id": ..., "text": ...}}'
            continue
        yield number, document, None


def answer_lines(path: str, answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Answer a JSON-lines file line by line; a bad line gives {id, error} in its place."""
    from advisor.errors import InputError

    for number, document, problem in read_lines(path):
        name = document.get("id", number) if document is not None else number
        if problem is not None or document is None:
            emit_line({"id": name, "error": problem})
            continue
        try:
            emit_line({"id": name, **answer(document)})
        except InputError as error:
            emit_line({"id": name, "error": "; ".join(str(p) for p in error.problems)})


def read_json(path: str) -> Any:
    """Read a JSON file, or standard input for "-"; a clear InputError where it is none."""
    from advisor.errors import InputError

    try:
        return json_reading.loads(read_text(path))
    except json_reading.Refused as error:
        raise InputError([f"{path}: not JSON: {error}"]) from error


def read_evidence(paths: Sequence[str]) -> tuple[Evidence, ...]:
    """Read evidence files; the problems of all of them are raised together, probes nobody knows are named."""
    from advisor.errors import InputError
    from probes import reasons
    from probes.catalog.loading import load_catalog
    from probes.evidence.documents import EvidenceError, unknown_probes
    from probes.evidence.sets import parse_sessions

    found: list[Evidence] = []
    problems: list[str] = []
    for path in paths:
        try:
            found.extend(parse_sessions(read_json(path)))
        except InputError as error:
            problems.extend(error.problems)
        except EvidenceError as error:
            problems.extend(f"{path}: {problem}" for problem in error.problems)
    if problems:
        raise InputError(problems)
    if paths:
        logs.event("evidence read", sessions=len(found), probes=sum(len(session.probes) for session in found))
    for unknown in unknown_probes(found, load_catalog()):
        notice(f"note: {reasons.text(unknown)}")
    return tuple(found)


def is_standard_output(path: str | Path) -> bool:
    """Return whether a place to write to is standard output."""
    return str(path) in command.STANDARD_OUTPUT


def written(path: str, content: bytes) -> dict[str, Any]:
    """Return what is said with --json of a file just written: where, how large, and its digest."""
    return {"file": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def write_atomically(path: str | Path, content: bytes) -> None:
    """Write a file whole or not at all; "-" and /dev/stdout write to standard output.

    Raises:
        InputError: the place cannot be written; nothing is changed.
    """
    from advisor.errors import InputError
    from probes.system import files

    if is_standard_output(path):
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        with logs.phase("file write", bytes=len(content)):
            files.write_atomically(path, content)
    except OSError as error:
        raise InputError([f"{path}: cannot be written: {error.strerror or error}"]) from error


def together(*steps: Callable[[], Any]) -> tuple[Any, ...]:
    """Run every step and return what each gives; the problems of all of them are raised together."""
    from advisor.errors import InputError

    found: list[Any] = []
    problems: list[str] = []
    for step in steps:
        try:
            found.append(step())
        except (InputError, command.BadInput) as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return tuple(found)


def check_listening(way_out: str) -> None:
    """Refuse a conversation where standard input is closed."""
    from advisor.errors import InputError

    if sys.stdin is None:
        raise InputError([f"standard input is closed, so there is nobody to ask; {way_out}"])


def check_writable(path: str) -> None:
    """Refuse an output place before long work, not after it.

    Raises:
        InputError: why it cannot be written.
    """
    from advisor.errors import InputError

    if problem := command.why_not_writable(path):
        raise InputError([problem])


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Return what is wrong with an unknown name, with the nearest known one."""
    from advisor.errors import nearest

    return f"no {kind} '{name}'; {nearest(name, known)}"
