"""Decisions and evidence on disk: one SQLite file in the user's own data directory.

A document is named by its content, so that adding it twice changes nothing, and a row is
written whole or not at all. Never reads the network and never alters a document.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import quote

from sqlalchemy import Engine, String, Text, UniqueConstraint, create_engine, event, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from advisor.errors import InputError
from probes.evidence.documents import EvidenceError, parse_evidence
from probes.evidence.documents import evidence_document as evidence_as_document
from probes.system import data_folders
from probes.types import Evidence

Kind = Literal["decision", "evidence"]

FILE_NAME = "advisor.sqlite3"
LARGEST = 2**63
"""SQLite's whole numbers end here."""

PATIENCE = 10.0
"""Seconds to wait for another process that is writing."""


class Documented(Protocol):
    """Something that knows its JSON document, as a decision does."""

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready document."""


class Base(DeclarativeBase):
    """The tables of the store."""


class Row(Base):
    """One kept document. ``made``: a decision's date, a measurement's end, as ISO 8601 text."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("kind", "sha256"),)

    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    sha256: Mapped[str] = mapped_column(String(64))
    made: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)


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


def decision_list() -> list[dict[str, Any]]:
    """Return a row a decision, newest first: id, made_on, recommended, strength, needs (the answers)."""
    return [
        {
            "id": row.number,
            "made_on": row.made,
            "recommended": (found := json.loads(row.body))["recommendation"].get("recommended"),
            "strength": found["recommendation"].get("strength"),
            "answers": found["needs"].get("answers", {}),
        }
        for row in _rows("decision")
    ]


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


def evidence_list() -> list[dict[str, Any]]:
    """Return a row a session, newest first: id, started, grade, probes (how many), ratios (how many), machine."""
    rows = []
    for row in _rows("evidence"):
        found = json.loads(row.body)
        machine = found["machine"]
        name = next((str(machine[key]) for key in ("name", "model", "cpu", "processor") if machine.get(key)), "")
        rows.append(
            {
                "id": row.number,
                "started": found["started"],
                "grade": found["grade"],
                "probes": len(found["probes"]),
                "measured": sum(1 for probe in found["probes"] if probe["status"] == "ok"),
                "ratios": sum(1 for probe in found["probes"] if probe["ratio"] is not None),
                "machine": name,
            }
        )
    return rows


def evidence_document(number: int) -> dict[str, Any]:
    """Return a kept evidence document.

    Raises:
        InputError: there is none of this number.
    """
    return _document("evidence", number)


# ---------------------------------------------------------------- both


def remove(kind: Kind, number: int) -> None:
    """Forget a document; forgetting what is not there is no error."""
    with Session(_engine(home())) as session, session.begin():
        row = session.get(Row, number)
        if row is not None and row.kind == kind:
            session.delete(row)


def _add(kind: Kind, document: Mapping[str, Any], *, made: str) -> int:
    try:
        body = json.dumps(document, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise InputError([f"{kind}: not plain JSON ({error})"]) from error
    name = hashlib.sha256(body.encode()).hexdigest()
    engine = _engine(home())
    try:
        with Session(engine) as session, session.begin():
            there = session.scalar(select(Row.number).where(Row.kind == kind, Row.sha256 == name))
            if there is not None:
                return there
            row = Row(kind=kind, sha256=name, made=made, body=body)
            session.add(row)
            session.flush()
            return row.number
    except DatabaseError as error:
        raise InputError([f"{home() / FILE_NAME}: not written ({error.orig})"]) from error


def _no_such(kind: Kind, number: int, known: Iterable[int]) -> InputError:
    there = ", ".join(str(other) for other in known) or "nothing yet"
    return InputError([f"no {kind} {number} is kept; kept: {there}"])


def _rows(kind: Kind) -> list[Row]:
    with _reading() as session:
        if session is None:
            return []
        order = (Row.made.desc(), Row.number.desc())
        return list(session.scalars(select(Row).where(Row.kind == kind).order_by(*order)))


@contextmanager
def _reading() -> Iterator[Session | None]:
    """Read from the store; None where nothing was ever kept and nothing can be.

    Raises:
        InputError: the file is locked by another process for too long, damaged or gone.
    """
    engine = _to_read()
    if engine is None:
        yield None
        return
    try:
        with Session(engine) as session:
            yield session
    except DatabaseError as error:
        raise InputError([f"{home() / FILE_NAME}: not read ({error.orig})"]) from error


def _document(kind: Kind, number: int) -> dict[str, Any]:
    with _reading() as session:
        if session is None:
            raise _no_such(kind, number, ())
        row = session.get(Row, number) if abs(number) < LARGEST else None
        if row is None or row.kind != kind:
            known = session.scalars(select(Row.number).where(Row.kind == kind).order_by(Row.number.desc()).limit(10))
            raise _no_such(kind, number, known)
        document: dict[str, Any] = json.loads(row.body)
        return document


@lru_cache(maxsize=4)
def _engine(directory: Path) -> Engine:
    """Open the store of ``directory`` and make what is missing.

    Raises:
        Unkept: the directory cannot be written.
        InputError: the file is no store.
    """
    path = directory / FILE_NAME
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", _side_by_side)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if not os.access(path if path.exists() else directory, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        Base.metadata.create_all(engine)
    except OSError as error:
        raise Unkept(data_folders.unwritable(directory, error)) from error
    except DatabaseError as error:
        raise InputError(
            [f"{path}: cannot keep documents here ({error.orig}); name another directory in {data_folders.VARIABLE}"]
        ) from error
    return engine


def refusal() -> Unkept | None:
    """Return why nothing can be kept here, None where it can."""
    try:
        _engine(home())
    except Unkept as unkept:
        return unkept
    except InputError:  # a damaged file; whoever reads or writes it says so
        return None
    return None


def _to_read() -> Engine | None:
    """Return the store as it can be read: what another user, or an earlier day, has left in a place now closed."""
    try:
        return _engine(home())
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
    return create_engine(f"sqlite:///file:{quote(str(path))}?{way}&uri=true")


def _side_by_side(connection: Any, _record: Any) -> None:
    """Let the app and the command line read while the other writes."""
    connection.execute("PRAGMA journal_mode=WAL")
