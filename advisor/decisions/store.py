"""Decisions and evidence on disk: one SQLite file in the user's own data directory.

A document is named by its content, so that adding it twice changes nothing, and a row is
written whole or not at all. Never reads the network and never alters a document.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import quote

from advisor.errors import InputError
from probes.evidence.documents import EvidenceError, parse_evidence
from probes.evidence.documents import evidence_document as evidence_as_document
from probes.system import data_folders
from probes.types import Evidence

if TYPE_CHECKING:
    from pandas import DataFrame

Kind = Literal["decision", "evidence"]

FILE_NAME = "advisor.sqlite3"
LARGEST = 2**63
"""SQLite's whole numbers end here."""

PATIENCE = 10.0
"""Seconds to wait for another process that is writing."""

VERSION = 1
"""Of the tables, kept as SQLite's ``user_version``. 0: the store of 0.1.0, each document whole in one ``body``."""

TABLES = (
    "CREATE TABLE basis (sha256 TEXT PRIMARY KEY, body TEXT NOT NULL)",
    """CREATE TABLE document (
        number INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        made TEXT NOT NULL,
        summary TEXT NOT NULL,
        basis TEXT REFERENCES basis (sha256),
        body TEXT NOT NULL,
        UNIQUE (kind, sha256)
    )""",
    "CREATE INDEX newest ON document (kind, made DESC, number DESC)",
)
"""``made``: a decision's date, a measurement's end, as ISO 8601 text. ``sha256``: of the whole document. ``summary``:
what a list shows of it, as JSON. ``basis``: the knowledge a decision was computed from, three quarters of it and the
same for most; ``body``: the rest."""


class Documented(Protocol):
    """Something that knows its JSON document, as a decision does."""

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready document."""


class Unkept(InputError):
    """Nothing can be kept here, which takes nothing from what was to be kept.

    Attributes:
        why: the reason, by language ("en", "zh").
    """

    def __init__(self, why: Mapping[str, str]) -> None:
        super().__init__([data_folders.not_kept(why, "en")])
        self.why = why

    def told(self, lang: str) -> str:
        """Return the one line for a reader of ``lang``."""
        return data_folders.not_kept(self.why, lang)


def home() -> Path:
    """Return the directory of the store.

    Raises:
        Unkept: there is none on this system.
    """
    try:
        return data_folders.data()
    except data_folders.Nowhere as nowhere:
        raise Unkept(nowhere.why) from None


# ---------------------------------------------------------------- decisions


def add_decision(decision: Documented | Mapping[str, Any]) -> int:
    """Keep a decision and return its number; one that is already kept keeps its number.

    Raises:
        InputError: it is no decision/1 document, or the disk refuses it.
    """
    document = decision if isinstance(decision, Mapping) else decision.document()
    if document.get("schema") != "decision/1":
        raise InputError([f"schema {document.get('schema')!r} is no decision; wanted: 'decision/1'"])
    missing = [key for key in ("needs", "recommendation", "made_on") if key not in document]
    if missing:
        raise InputError([f"decision: '{key}' is missing" for key in missing])
    return _add("decision", document, made=str(document["made_on"]))


def decision_list(*, limit: int | None = None) -> list[dict[str, Any]]:
    """Return a row a decision, newest first: id, made_on, recommended, strength, answers (of the needs).

    Args:
        limit: how many at most; None for all.
    """
    return _list("decision", limit)


def decision_document(number: int) -> dict[str, Any]:
    """Return a kept decision.

    Raises:
        InputError: there is none of this number.
    """
    return _document("decision", number)


# ---------------------------------------------------------------- evidence


def add_evidence(session: Evidence | Mapping[str, Any]) -> int:
    """Keep a measuring session and return its number; one that is already kept keeps its number.

    Raises:
        InputError: the evidence/1 schema refuses it (every problem at once), or the disk does.
    """
    document = evidence_as_document(session) if isinstance(session, Evidence) else session
    try:
        parse_evidence(document)
    except EvidenceError as error:
        raise InputError(list(error.problems)) from error
    return _add("evidence", document, made=str(document["finished"]))


def evidence_list(*, limit: int | None = None) -> list[dict[str, Any]]:
    """Return a row a session, newest first: id, started, grade, probes (how many), measured, ratios, machine.

    Args:
        limit: how many at most; None for all.
    """
    return _list("evidence", limit)


def evidence_document(number: int) -> dict[str, Any]:
    """Return a kept evidence document.

    Raises:
        InputError: there is none of this number.
    """
    return _document("evidence", number)


@dataclass(frozen=True)
class EvidenceHistory:
    """Every probe of every kept session, newest session first.

    Attributes:
        rows: session (its number), started, machine, grade, probe, mode, status, seconds; and of its ratio value, low,
            high, pairs, favours, numerator and denominator, None where there is none.
    """

    rows: tuple[Mapping[str, Any], ...]

    def to_frame(self) -> DataFrame:
        """Return the rows as a table."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(_HISTORY))


_OF_SESSION = ("session", "started", "machine", "grade")
_OF_PROBE = ("probe", "mode", "status", "seconds")
_OF_RATIO = ("value", "low", "high", "pairs", "favours", "numerator", "denominator")
_HISTORY = (*_OF_SESSION, *_OF_PROBE, *_OF_RATIO)


def evidence_history(*, limit: int | None = None) -> EvidenceHistory:
    """Return what was measured on this and other machines, a row a probe.

    Args:
        limit: how many sessions at most; None for all.
    """
    rows: list[Mapping[str, Any]] = []
    for listed in evidence_list(limit=limit):
        session = {"session": listed["id"], **{key: listed[key] for key in _OF_SESSION[1:]}}
        for probe in evidence_document(listed["id"])["probes"]:
            ratio = probe.get("ratio") or {}
            rows.append(
                session | {key: probe.get(key) for key in _OF_PROBE} | {key: ratio.get(key) for key in _OF_RATIO}
            )
    return EvidenceHistory(tuple(rows))


# ---------------------------------------------------------------- both


def remove(kind: Kind, number: int) -> None:
    """Forget a document; forgetting what is not there is no error.

    Raises:
        InputError: the disk refuses it.
    """
    with _writing() as store:
        store.execute("DELETE FROM document WHERE number = ? AND kind = ?", (number, kind))
        store.execute("DELETE FROM basis WHERE sha256 NOT IN (SELECT basis FROM document WHERE basis IS NOT NULL)")


def _add(kind: Kind, document: Mapping[str, Any], *, made: str) -> int:
    try:
        body = _text(document)
    except (TypeError, ValueError) as error:
        raise InputError([f"{kind}: not plain JSON ({error})"]) from error
    name = _digest(body)
    with _writing() as store:
        there = store.execute("SELECT number FROM document WHERE kind = ? AND sha256 = ?", (kind, name)).fetchone()
        return int(there[0]) if there else _insert(store, kind, document, name=name, made=made)


def _insert(
    store: sqlite3.Connection,
    kind: str,
    document: Mapping[str, Any],
    *,
    name: str,
    made: str,
    number: int | None = None,
) -> int:
    """Put a document into the tables, its basis once for all that share it, and return its number."""
    basis = document.get("basis") if kind == "decision" else None
    held = None
    if basis is not None:
        text = _text(basis)
        held = _digest(text)
        store.execute("INSERT OR IGNORE INTO basis VALUES (?, ?)", (held, text))
        document = {key: part for key, part in document.items() if key != "basis"}
    row = (number, kind, name, made, _text(_SUMMARIES[kind](document)), held, _text(document))
    added = store.execute("INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?)", row).lastrowid
    assert added is not None
    return added


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _decision_summary(document: Mapping[str, Any]) -> dict[str, Any]:
    recommendation = document["recommendation"]
    return {
        "made_on": str(document["made_on"]),
        "recommended": recommendation.get("recommended"),
        "strength": recommendation.get("strength"),
        "answers": document["needs"].get("answers", {}),
    }


def _evidence_summary(document: Mapping[str, Any]) -> dict[str, Any]:
    machine, probes = document["machine"], document["probes"]
    return {
        "started": document["started"],
        "grade": document["grade"],
        "probes": len(probes),
        "measured": sum(1 for probe in probes if probe["status"] == "ok"),
        "ratios": sum(1 for probe in probes if probe.get("ratio") is not None),
        "machine": next((str(machine[key]) for key in ("name", "model", "cpu", "processor") if machine.get(key)), ""),
    }


_SUMMARIES = {"decision": _decision_summary, "evidence": _evidence_summary}


def _list(kind: Kind, limit: int | None) -> list[dict[str, Any]]:
    with _reading() as store:
        if store is None:
            return []
        newest = "SELECT number, summary FROM document WHERE kind = ? ORDER BY made DESC, number DESC LIMIT ?"
        rows = store.execute(newest, (kind, -1 if limit is None else limit))
        return [{"id": number, **json.loads(summary)} for number, summary in rows]


def _document(kind: Kind, number: int) -> dict[str, Any]:
    with _reading() as store:
        if store is None:
            raise _no_such(kind, number, ())
        whole = """SELECT document.body, basis.body FROM document LEFT JOIN basis ON basis.sha256 = document.basis
                   WHERE number = ? AND kind = ?"""
        row = store.execute(whole, (number, kind)).fetchone() if abs(number) < LARGEST else None
        if row is None:
            newest = "SELECT number FROM document WHERE kind = ? ORDER BY number DESC LIMIT 10"
            raise _no_such(kind, number, [other for (other,) in store.execute(newest, (kind,))])
        document: dict[str, Any] = json.loads(row[0])
        if row[1] is not None:
            document["basis"] = json.loads(row[1])
        return dict(sorted(document.items()))


def _no_such(kind: Kind, number: int, known: Iterable[int]) -> InputError:
    there = ", ".join(str(other) for other in known) or "nothing yet"
    return InputError([f"no {kind} {number} is kept; kept: {there}"])


# ---------------------------------------------------------------- the file


def refusal() -> Unkept | None:
    """Return why nothing can be kept here, None where it can."""
    try:
        _opened(home()).close()
    except Unkept as unkept:
        return unkept
    except InputError:  # a damaged file, or a later program's; whoever reads or writes it says so
        return None
    return None


@contextmanager
def _writing() -> Iterator[sqlite3.Connection]:
    """Write to the store: all of it or nothing.

    Raises:
        Unkept: there is no place to write to.
        InputError: the disk refuses it, or another process writes for too long.
    """
    with contextlib.closing(_opened(home())) as store:
        try:
            with _all_or_nothing(store):
                yield store
        except sqlite3.DatabaseError as error:
            raise InputError([f"{home() / FILE_NAME}: not written ({error})"]) from error


@contextmanager
def _reading() -> Iterator[sqlite3.Connection | None]:
    """Read from the store; None where nothing was ever kept and nothing can be.

    Raises:
        InputError: the file is locked by another process for too long, damaged, gone or a later program's.
    """
    try:
        store = _to_read()
        if store is None:
            yield None
            return
        with contextlib.closing(store):
            yield store
    except sqlite3.DatabaseError as error:
        raise InputError([f"{home() / FILE_NAME}: not read ({error})"]) from error


@contextmanager
def _all_or_nothing(store: sqlite3.Connection) -> Iterator[None]:
    store.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        store.rollback()
        raise
    store.commit()


def _opened(directory: Path) -> sqlite3.Connection:
    """Open the store of ``directory``, made where it is missing and brought to this version's tables.

    Raises:
        Unkept: the directory cannot be written.
        InputError: the file is no store, or a later program's.
    """
    path = directory / FILE_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if not os.access(path if path.exists() else directory, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise Unkept(data_folders.unwritable(directory, error)) from error
    try:
        store = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
        try:
            if _outdated(store, path):
                store.execute("PRAGMA journal_mode=WAL")  # the app and the command line read while the other writes
                _update(store, path)
        except BaseException:
            store.close()
            raise
    except sqlite3.DatabaseError as error:
        raise InputError(
            [f"{path}: cannot keep documents here ({error}); name another directory in {data_folders.VARIABLE}"]
        ) from error
    return store


def _to_read() -> sqlite3.Connection | None:
    """Return the store as it can be read: what another user, or an earlier day, has left in a place now closed."""
    try:
        return _opened(home())
    except Unkept:
        pass
    try:
        path = home() / FILE_NAME
    except Unkept:
        return None
    if not path.is_file():
        return None
    # Where another process has it open, what is newest stands in the log beside it; else SQLite, which may make no such
    # log here, reads the file only as one that nobody changes.
    way = "mode=ro" if path.with_name(f"{FILE_NAME}-wal").exists() else "immutable=1"
    closed = sqlite3.connect(f"file:{quote(str(path))}?{way}", uri=True, timeout=PATIENCE, isolation_level=None)
    if not _outdated(closed, path):
        return closed
    with contextlib.closing(closed):  # an earlier program's: brought up to date in memory, since it cannot be here
        copy = sqlite3.connect(":memory:", isolation_level=None)
        closed.backup(copy)
    _update(copy, path)
    return copy


def _outdated(store: sqlite3.Connection, path: Path) -> bool:
    """Return whether the tables are missing or an earlier program's.

    Raises:
        InputError: they are a later program's, which this one would spoil.
    """
    version = store.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise InputError(
            [
                f"{path}: written by a later version of framework-advisor (store {version}, this one knows {VERSION}); "
                f"update framework-advisor, or name another directory in {data_folders.VARIABLE}"
            ]
        )
    return bool(version < VERSION)


def _update(store: sqlite3.Connection, path: Path) -> None:
    """Make the tables and move an earlier program's documents into them: all of them, or nothing is changed."""
    with _all_or_nothing(store):
        if not _outdated(store, path):  # another process was faster
            return
        earlier = store.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'document'").fetchone()
        if earlier:
            store.execute("ALTER TABLE document RENAME TO earlier")
        for table in TABLES:
            store.execute(table)
        if earlier:
            for number, kind, name, made, body in store.execute("SELECT number, kind, sha256, made, body FROM earlier"):
                _insert(store, kind, json.loads(body), name=name, made=made, number=number)
            store.execute("DROP TABLE earlier")
        store.execute(f"PRAGMA user_version = {VERSION}")
    if earlier:
        with contextlib.suppress(sqlite3.OperationalError):  # somebody reads, or the disk is full: it only stays large
            store.execute("VACUUM")
