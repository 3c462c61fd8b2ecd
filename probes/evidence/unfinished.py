"""What a session has finished, kept after every probe or route, so that no end of the process loses it.

A folder a session in the user's data folder, held as long as the session runs, with one document in it that is replaced
whole: what the session would have given, had it ended then. It goes when the session's own document is written; one
that is left belongs to a session that was killed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from probes.evidence.documents import EvidenceError, read_evidence, write_evidence
from probes.evidence.routes import read_routes, write_routes
from probes.system import data_folders, held
from probes.types import Evidence, Routes, Status

FOLDER = "unfinished"
FILE = "evidence.json"

ROUTES_FOLDER = "unfinished-routes"
ROUTES_FILE = "routes.json"

Keep = Callable[[Evidence], None]

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Unfinished:
    """What a killed session left: its document, what it says, and how many probes had ended in it."""

    path: Path
    evidence: Evidence
    probes: int

    def remove(self) -> None:
        """Remove it, once it is kept elsewhere."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


@dataclass(frozen=True)
class UnfinishedRoutes:
    """What a killed session of routes left, and how many of its rows hold something."""

    path: Path
    table: Routes
    rows: int

    def remove(self) -> None:
        """Remove it, once it is kept elsewhere."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


def keeping(warn: Callable[[str], None] = lambda text: None) -> contextlib.AbstractContextManager[Keep]:
    """Yield what keeps a session so far; it is removed where the block ends in order, and stays where it does not.

    Args:
        warn: told where it cannot be kept; that ends no session.
    """
    return _keeping(FOLDER, FILE, write_evidence, warn)


def keeping_routes(
    warn: Callable[[str], None] = lambda text: None,
) -> contextlib.AbstractContextManager[Callable[[Routes], None]]:
    """Yield what keeps a table of routes so far, as ``keeping`` does a session of probes."""
    return _keeping(ROUTES_FOLDER, ROUTES_FILE, write_routes, warn)


@contextlib.contextmanager
def _keeping(
    place: str, name: str, write: Callable[[_Found, Path], None], warn: Callable[[str], None]
) -> Iterator[Callable[[_Found], None]]:
    try:
        folder = data_folders.data() / place / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
        folder.mkdir(parents=True)
    except (data_folders.Nowhere, OSError) as error:
        warn(f"until the session ends, what is finished is not kept: {error}")
        yield lambda session: None
        return

    def keep(session: _Found) -> None:
        try:
            write(session, folder / name)
        except EvidenceError as error:
            warn(f"until the session ends, what is finished is not kept: {error}")

    with held.holding(folder):
        try:
            yield keep
        except BaseException:
            if not (folder / name).exists():
                shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)


def left() -> list[Unfinished]:
    """Return what ended sessions left, oldest first; a folder in which nothing had been finished is removed."""
    found = []
    for path, session in _left(FOLDER, FILE, read_evidence):
        ended = sum(probe.status not in _NOT_BEGUN for probe in session.probes)
        found.append(Unfinished(path, session, ended))
    return found


def left_routes() -> list[UnfinishedRoutes]:
    """Return the tables of routes that ended sessions left, oldest first, as ``left`` does sessions of probes."""
    found = []
    for path, table in _left(ROUTES_FOLDER, ROUTES_FILE, read_routes):
        found.append(UnfinishedRoutes(path, table, sum(row.status not in _NOT_BEGUN for row in table.rows)))
    return found


_NOT_BEGUN = (Status.CANCELLED, Status.SKIPPED)


def _left(place: str, name: str, read: Callable[[Path], _Found]) -> Iterator[tuple[Path, _Found]]:
    try:
        folders = held.abandoned(data_folders.data() / place)
    except data_folders.Nowhere:
        return
    for folder in folders:
        if not (folder / name).exists():
            shutil.rmtree(folder, ignore_errors=True)
            continue
        try:
            yield folder / name, read(folder / name)
        except EvidenceError:  # of another version, perhaps: not ours to throw away
            continue
