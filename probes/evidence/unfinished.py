"""What a session has finished, kept after every probe, so that no end of the process loses it.

A folder a session in the user's data folder, held as long as the session runs, with one evidence document in it that
is replaced whole: what the session would have given, had it ended then. It goes when the session's own document is
written; one that is left belongs to a session that was killed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from probes.evidence.documents import EvidenceError, read_evidence, write_evidence
from probes.system import data_folders, held
from probes.types import Evidence, Status

FOLDER = "unfinished"
FILE = "evidence.json"

Keep = Callable[[Evidence], None]
KeepOf = Callable[[int, Evidence | None], None]


@dataclass(frozen=True)
class Unfinished:
    """What a killed session left: its document, what it says, and how many probes had ended in it."""

    path: Path
    evidence: Evidence
    probes: int

    def remove(self) -> None:
        """Remove it, once it is kept elsewhere."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


@contextlib.contextmanager
def keeping(warn: Callable[[str], None] = lambda text: None, *, part: str = "") -> Iterator[Keep]:
    """Yield what keeps a session so far; it is removed where the block ends in order, and stays where it does not.

    Args:
        warn: told where it cannot be kept; that ends no session.
        part: tells sessions apart that one process keeps at once.
    """
    try:
        folder = data_folders.data() / FOLDER / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}{part}"
        folder.mkdir(parents=True)
    except (data_folders.Nowhere, OSError) as error:
        warn(f"until the session ends, what is finished is not kept: {error}")
        yield lambda session: None
        return

    def keep(session: Evidence) -> None:
        try:
            write_evidence(session, folder / FILE)
        except EvidenceError as error:
            warn(f"until the session ends, what is finished is not kept: {error}")

    with held.holding(folder):
        try:
            yield keep
        except BaseException:
            if not (folder / FILE).exists():
                shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def keeping_each(warn: Callable[[str], None] = lambda text: None) -> Iterator[KeepOf]:
    """Yield what keeps several sessions at once, each as ``keeping`` does, by its number; None ends one in order."""
    ends: dict[int, contextlib.ExitStack] = {}
    keeps: dict[int, Keep] = {}
    with contextlib.ExitStack() as block:

        def keep(number: int, session: Evidence | None) -> None:
            if session is None:
                keeps.pop(number, None)
                ends.pop(number, contextlib.ExitStack()).close()
                return
            if number not in keeps:
                ends[number] = block.enter_context(contextlib.ExitStack())
                keeps[number] = ends[number].enter_context(keeping(warn, part=f"-{number}"))
            keeps[number](session)

        yield keep


def left() -> list[Unfinished]:
    """Return what ended sessions left, oldest first; a folder in which nothing had been finished is removed."""
    try:
        folders = held.abandoned(data_folders.data() / FOLDER)
    except data_folders.Nowhere:
        return []
    found = []
    for folder in folders:
        if not (folder / FILE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            continue
        try:
            session = read_evidence(folder / FILE)
        except EvidenceError:  # of another version, perhaps: not ours to throw away
            continue
        ended = sum(probe.status not in (Status.CANCELLED, Status.SKIPPED) for probe in session.probes)
        found.append(Unfinished(folder / FILE, session, ended))
    return found
