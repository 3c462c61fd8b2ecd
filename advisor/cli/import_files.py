"""Files read and checked for ``evidence import``, many of them in processes of their own.

Checking a session takes longer than keeping it. A process reads a file's name a line from its standard input, writes
what it found a line to its standard output, and ends when whoever asked is gone: nothing is left behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import IO, Any

from advisor.cli import output
from advisor.decisions import rows, store
from advisor.errors import InputError
from probes.catalog.loading import load_catalog
from probes.evidence import sets
from probes.evidence.documents import EvidenceError, unknown_probes
from probes.evidence.sets import parse_sessions

ENOUGH = 100
"""Files for which a process is worth the second that it takes to begin."""

AHEAD = 8
"""Names that a process is given before its first answer is taken, so that it never waits."""


@dataclass(frozen=True)
class Read:
    """What was found in a file.

    Attributes:
        path: its name. rows: what is to be kept, one a session of a set; none where it is refused.
        problems: why, each with the file's name.
        strange: probes that the catalogue does not hold.
    """

    path: str
    rows: tuple[store.Row, ...]
    problems: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()


def read(path: str) -> Read:
    """Return what is in a file, evidence or a decision; what is wrong is a value."""
    try:
        document = output.read_json(path)
    except InputError as error:
        return Read(path, (), tuple(error.problems))
    try:
        if isinstance(document, dict) and document.get("schema") == "decision/1":
            from advisor.decisions.document import read_decision

            read_decision(document)
            return Read(path, (store.decision_row(document),))
        sessions = parse_sessions(document)
    except InputError as error:
        return Read(path, (), tuple(f"{path}: {problem}" for problem in error.problems))
    except EvidenceError as error:
        return Read(path, (), tuple(f"{path}: {problem}" for problem in error.problems))
    documents = document["evidence"] if document["schema"] == sets.SCHEMA else [document]
    strange = {str(reason.params["probe"]) for reason in unknown_probes(sessions, load_catalog())}
    return Read(path, tuple(rows.row_of("evidence", one) for one in documents), strange=tuple(strange))


def read_all(files: Sequence[str]) -> Iterator[Read]:
    """Yield what is in each of many files, in their order."""
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(_started()) for _ in range(_worth(len(files)))]
        waiting: deque[tuple[str, subprocess.Popen[str] | None]] = deque()
        for i, path in enumerate(files):
            process = processes[i % len(processes)] if processes else None
            _ask(process, path)
            waiting.append((path, process))
            if len(waiting) > AHEAD * len(processes):
                yield _answer(*waiting.popleft())
        while waiting:
            yield _answer(*waiting.popleft())


def _worth(files: int) -> int:
    """Return how many processes are worth it; none for a few files or on one core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if cores > 1 and files >= ENOUGH * cores else 0


@contextlib.contextmanager
def _started() -> Iterator[subprocess.Popen[str]]:
    # In a session of its own, where Ctrl-C of the terminal does not reach it: its input ends, and so does it.
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="ascii",
        start_new_session=True,
    )
    try:
        yield process
    finally:
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # it may have ended before it took everything
                if pipe is not None:
                    pipe.close()
        process.wait()


def _ask(process: subprocess.Popen[str] | None, path: str) -> None:
    if process is not None and process.stdin is not None:
        with contextlib.suppress(OSError):  # it has ended, which its missing answer tells
            process.stdin.write(json.dumps(path) + "\n")
            process.stdin.flush()


def _answer(path: str, process: subprocess.Popen[str] | None) -> Read:
    """Return what a process found; a file on which it ended, or that it was never given, is read here."""
    line = "" if process is None or process.stdout is None else process.stdout.readline()
    if not line.endswith("\n"):
        return read(path)
    name, found, problems, strange = json.loads(line)
    return Read(name, tuple(map(_row, found)), tuple(problems), tuple(strange))


def _row(values: Sequence[Any]) -> store.Row:
    kind, sha256, made, summary, body, basis = values
    return store.Row(kind, sha256, made, summary, body, None if basis is None else (basis[0], basis[1]))


def serve(names: IO[str], answers: IO[str]) -> None:
    """Answer a file's name a line by what is in it, until there are no more."""
    for name in names:
        answers.write(json.dumps(astuple(read(json.loads(name)))) + "\n")
        answers.flush()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin, sys.stdout)
