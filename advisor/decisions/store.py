"""Decisions and evidence that outlive a run: kept, listed, shown, checked and removed.

A document is named by its content, so that adding it twice changes nothing, and a row is
written whole or not at all. Never alters a document, and reads the network only where a team
names a server (see ``database``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from advisor.decisions import database, rows
from advisor.decisions.database import FILE_NAME, Unkept
from advisor.decisions.rows import KINDS, Kind, ListedDecision, ListedEvidence, Listing, Row
from advisor.errors import InputError
from probes.evidence.documents import EvidenceError, parse_evidence
from probes.evidence.documents import evidence_document as evidence_as_document
from probes.types import Evidence

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "FILE_NAME",
    "KINDS",
    "EvidenceHistory",
    "Kind",
    "Listing",
    "Row",
    "Unkept",
    "Usage",
    "add_all",
    "add_decision",
    "add_evidence",
    "damage",
    "decision_document",
    "decision_list",
    "decision_row",
    "document",
    "documents",
    "evidence_document",
    "evidence_history",
    "evidence_list",
    "evidence_row",
    "listing",
    "named",
    "older",
    "refusal",
    "remove",
    "usage",
]


class Documented(Protocol):
    """Something that knows its JSON document, as a decision does."""

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready document."""


# ---------------------------------------------------------------- decisions


def add_decision(decision: Documented | Mapping[str, Any]) -> int:
    """Keep a decision and return its number; one that is already kept keeps its number.

    Raises:
        InputError: it is no decision/1 document, or the disk refuses it.
    """
    ((number, _),) = add_all([decision_row(decision)])
    return number


def decision_row(decision: Documented | Mapping[str, Any]) -> Row:
    """Return a decision as it is kept, for ``add_all``.

    Raises:
        InputError: it is no decision/1 document.
    """
    document = decision if isinstance(decision, Mapping) else decision.document()
    if document.get("schema") != "decision/1":
        raise InputError([f"schema {document.get('schema')!r} is not a decision; wanted: 'decision/1'"])
    missing = [key for key in ("needs", "recommendation", "made_on") if key not in document]
    if missing:
        raise InputError([f"decision: '{key}' is missing" for key in missing])
    return rows.row_of("decision", document)


def decision_list(*, limit: int | None = None) -> list[ListedDecision]:
    """Return a row a decision, newest first.

    Args:
        limit: how many at most; None for all.
    """
    return cast("list[ListedDecision]", listing("decision", limit=limit).rows)


def decision_document(number: int) -> dict[str, Any]:
    """Return a kept decision.

    Raises:
        InputError: there is none of this number, or it is damaged.
    """
    return document(number, "decision")


# ---------------------------------------------------------------- evidence


def add_evidence(session: Evidence | Mapping[str, Any]) -> int:
    """Keep a measuring session and return its number; one that is already kept keeps its number.

    Raises:
        InputError: the evidence/1 schema refuses it (every problem at once), or the disk does.
    """
    ((number, _),) = add_all([evidence_row(session)])
    return number


def evidence_row(session: Evidence | Mapping[str, Any]) -> Row:
    """Return a measuring session as it is kept, for ``add_all``.

    Raises:
        InputError: the evidence/1 schema refuses it (every problem at once).
    """
    document = evidence_as_document(session) if isinstance(session, Evidence) else session
    try:
        parse_evidence(document)
    except EvidenceError as error:
        raise InputError(list(error.problems)) from error
    return rows.row_of("evidence", document)


def evidence_list(*, limit: int | None = None) -> list[ListedEvidence]:
    """Return a row a session, newest first.

    Args:
        limit: how many at most; None for all.
    """
    return cast("list[ListedEvidence]", listing("evidence", limit=limit).rows)


def evidence_document(number: int) -> dict[str, Any]:
    """Return a kept evidence document.

    Raises:
        InputError: there is none of this number, or it is damaged.
    """
    return document(number, "evidence")


@dataclass(frozen=True)
class EvidenceHistory:
    """Every probe of every kept session, newest session first.

    Attributes:
        rows: session (its number), started, machine, grade, probe, mode, status, seconds; and of its ratio value, low,
            high, pairs, favours, numerator and denominator, None where there is none.
        damaged: the numbers of sessions that are kept and can no longer be read.
    """

    rows: tuple[Mapping[str, Any], ...]
    damaged: tuple[int, ...] = ()

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
    found: list[Mapping[str, Any]] = []
    with database.here().reading() as store:
        if store is None:
            return EvidenceHistory(())
        listed = rows.listing(store, "evidence", limit)
        damaged = list(listed.damaged)
        for entry in listed.rows:
            session = {"session": entry["id"], **{key: entry[key] for key in _OF_SESSION[1:]}}
            try:
                document = rows.whole(store, entry["id"], "evidence")
            except rows.Damaged:
                damaged.append(entry["id"])
                continue
            for probe in document["probes"] if document else ():
                ratio = probe.get("ratio") or {}
                found.append(
                    session | {key: probe.get(key) for key in _OF_PROBE} | {key: ratio.get(key) for key in _OF_RATIO}
                )
    return EvidenceHistory(tuple(found), tuple(damaged))


# ---------------------------------------------------------------- both


def add_all(added: Sequence[Row]) -> list[tuple[int, bool]]:
    """Keep documents, all of them or none; return the number of each, and whether it is new.

    Raises:
        InputError: the store is full, or its place refuses them.
    """
    place = database.here()
    with place.writing() as store:
        if place.limit is not None and place.size(store) >= place.limit:
            raise InputError(
                [
                    f"{place.place}: full, it holds {place.limit / 1e9:g} GB; 'framework-advisor evidence remove "
                    "--older-than DAYS' makes room"
                ]
            )
        return rows.add(store, added)


def listing(kind: Kind, *, limit: int | None = None) -> Listing:
    """Return what a list shows of the documents of a kind, newest first, and which of them are damaged.

    Args:
        limit: how many at most; None for all.
    """
    with database.here().reading() as store:
        return Listing([]) if store is None else rows.listing(store, kind, limit)


def document(number: int, kind: Kind | None = None) -> dict[str, Any]:
    """Return a kept document, of any kind where none is named.

    Raises:
        InputError: there is none of this number, or it is damaged.
    """
    with database.here().reading() as store:
        try:
            found = None if store is None else rows.whole(store, number, kind)
        except rows.Damaged:
            raise InputError([damaged_words(kind or "document", number)]) from None
        if found is None:
            last = [] if store is None else [other for one in _kinds(kind) for other in rows.last(store, one)]
            there = ", ".join(map(str, last)) or "nothing yet"
            raise InputError([f"no {kind or 'document'} {number} is kept; kept: {there}"])
        return found


def damaged_words(kind: str, number: int) -> str:
    """Return what is told of a damaged row, and the way out."""
    return (
        f"{kind} {number} is damaged: it is not what was added; import its file again, or take it out by "
        f"'framework-advisor evidence remove {number}'"
    )


def documents(kinds: Iterable[Kind]) -> Iterator[tuple[int, Kind, dict[str, Any] | None]]:
    """Yield every document of these kinds with its number and kind, in the order in which they were added; None for a
    damaged one."""
    wanted = tuple(kinds)
    with database.here().reading() as store:
        if store is None:
            return
        for number, name in rows.numbers(store):
            for kind in wanted:
                if kind == name:
                    yield number, kind, _whole_or_none(store, number)


def damage() -> tuple[list[tuple[int, str]], list[str]]:
    """Read everything that is kept; return the number and the kind of each damaged row, and what is damaged beside."""
    place = database.here()
    with place.reading() as store:
        if store is None:
            return [], []
        kept = rows.numbers(store)
        bad = [(number, str(kind)) for number, kind in kept if not rows.sound(store, number)]
        return bad, place.faults(store)


def _whole_or_none(store: rows.Session, number: int) -> dict[str, Any] | None:
    try:
        return rows.whole(store, number)
    except rows.Damaged:
        return None


def _kinds(kind: Kind | None) -> tuple[Kind, ...]:
    return KINDS if kind is None else (kind,)


@dataclass(frozen=True)
class Usage:
    """How much is kept.

    Attributes:
        place: where. bytes: how large. limit: bytes at which no more is taken, None where the server's keeper decides.
        decisions, evidence: how many.
    """

    place: str
    bytes: int
    limit: int | None
    decisions: int
    evidence: int


def usage() -> Usage:
    """Return how much is kept where."""
    place = database.here()
    with place.reading() as store:
        if store is None:
            return Usage(place.place, 0, place.limit, 0, 0)
        held = [rows.count(store, kind) for kind in KINDS]
        return Usage(place.place, place.size(store), place.limit, *held)


def named(names: Iterable[str], kinds: Iterable[Kind] = KINDS) -> list[int]:
    """Return the numbers of documents of these kinds that are named, each by its number or the begin of its SHA-256.

    Raises:
        InputError: with every name that is none.
    """
    with database.here().reading() as store:
        if store is None:
            raise InputError(["nothing is kept, so there is nothing to name"])
        found, problems = rows.named(store, names, tuple(kinds))
    if problems:
        raise InputError(problems)
    return found


def older(kinds: Iterable[Kind], day: str) -> list[int]:
    """Return the numbers of decisions made, or sessions measured, before a day (ISO 8601)."""
    with database.here().reading() as store:
        return [] if store is None else rows.older(store, kinds, day)


def remove(numbers: Iterable[int]) -> int:
    """Remove documents and return how many there were; removing what is not there is no error.

    Raises:
        InputError: the place refuses it.
    """
    place = database.here()
    with place.writing() as store:
        removed = rows.remove(store, numbers)
    if removed:
        place.shrink()
    return removed


def refusal() -> Unkept | None:
    """Return why nothing can be kept here, None where it can."""
    try:
        database.here().try_writing()
    except Unkept as unkept:
        return unkept
    except InputError:  # a damaged file, a server that is down, a later program's: whoever reads or writes it says so
        return None
    return None
