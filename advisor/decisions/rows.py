"""The store's tables and the statements on them, the same for SQLite and PostgreSQL.

A document is named by its content, so that adding it twice changes nothing, and believed only as long as its content
has that name: a damaged row costs that row. Opens no file and no connection, and never alters a document.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypedDict

from advisor.errors import InputError

Kind = Literal["decision", "evidence"]
KINDS: tuple[Kind, ...] = ("decision", "evidence")

UNKNOWN = "document"
"""The kind of a row of which nothing can be read."""

LARGEST = 2**63
"""The databases' whole numbers end here."""

ALL = 2**62
"""As a limit: more than any table holds. The databases disagree on how to say "no limit"."""

SHORTEST_PREFIX = 4
"""Letters of a digest by which a document may be named; fewer would be a slip."""

DAMAGE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What reading text raises that is not what was written; a row may hold anything once a disk or a hand had it."""


def tables(text: str = "TEXT") -> tuple[str, ...]:
    """Return the statements that make the tables.

    ``made``: a decision's date, a measurement's end, as ISO 8601 text. ``sha256``: of the whole document. ``summary``:
    what a list shows of it, as JSON. ``basis``: the knowledge a decision was computed from, three quarters of it and
    the same for most; ``body``: the rest.

    Args:
        text: the type of text that is compared byte by byte.
    """
    return (
        f"CREATE TABLE basis (sha256 {text} PRIMARY KEY, body {text} NOT NULL)",
        f"""CREATE TABLE document (
            number INTEGER PRIMARY KEY,
            kind {text} NOT NULL,
            sha256 {text} NOT NULL,
            made {text} NOT NULL,
            summary {text} NOT NULL,
            basis {text} REFERENCES basis (sha256),
            body {text} NOT NULL,
            UNIQUE (kind, sha256)
        )""",
        "CREATE INDEX newest ON document (kind, made DESC, number DESC)",
    )


NEXT = "SELECT COALESCE(MAX(number), 0) + 1 FROM document"
"""Who writes is alone (see ``database``), so that no number is given twice."""
THERE = "SELECT number, made, summary, basis, body FROM document WHERE kind = :kind AND sha256 = :sha256"
INSERT = """INSERT INTO document (number, kind, sha256, made, summary, basis, body)
            VALUES (:number, :kind, :sha256, :made, :summary, :basis, :body)"""
MEND = "UPDATE document SET made = :made, summary = :summary, basis = :basis, body = :body WHERE number = :number"
INSERT_BASIS = """INSERT INTO basis (sha256, body) VALUES (:sha256, :body)
                  ON CONFLICT (sha256) DO UPDATE SET body = excluded.body WHERE basis.body <> excluded.body"""
NEWEST = """SELECT number, sha256, summary, made FROM document WHERE kind = :kind
            ORDER BY made DESC, number DESC LIMIT :limit"""
SUMMARY = "SELECT number, sha256, summary, made FROM document WHERE number = :number"
ASIDE = "SELECT kind, made, summary FROM document WHERE number = :number"
LAST = "SELECT number FROM document WHERE kind = :kind ORDER BY number DESC LIMIT 10"
WHOLE = """SELECT document.kind, document.sha256, document.body, document.basis, basis.body
           FROM document LEFT JOIN basis ON basis.sha256 = document.basis WHERE number = :number"""
NAMED = "SELECT number, kind, sha256 FROM document"
"""Without an order, so that SQLite reads the index alone, whose pages may be whole where the documents' are not."""
ONE_NAMED = "SELECT number, kind, sha256 FROM document WHERE number = :number"
OLDER = "SELECT number FROM document WHERE kind = :kind AND made < :day"
COUNT = "SELECT count(*) FROM document WHERE kind = :kind"
COUNT_ALL = "SELECT count(*) FROM document"
REMOVE = "DELETE FROM document WHERE number = :number"
REMOVE_BASES = "DELETE FROM basis WHERE sha256 NOT IN (SELECT basis FROM document WHERE basis IS NOT NULL)"


class Listed(TypedDict):
    """What a list shows of any document."""

    id: int
    sha256: str


class ListedDecision(Listed):
    """What a list shows of a decision; ``answers``: of its needs."""

    made_on: str
    recommended: str | None
    strength: str | None
    answers: dict[str, Any]


class ListedEvidence(Listed):
    """What a list shows of a session; ``probes``: how many, ``measured``: with a result, ``ratios``: of two sides."""

    started: str
    grade: str
    probes: int
    measured: int
    ratios: int
    machine: str


class Session(Protocol):
    """One transaction in a database."""

    def execute(self, statement: str, values: Mapping[str, Any] = ...) -> Sequence[Sequence[Any]]:
        """Run a statement with ``:named`` values and return its rows.

        Raises:
            Unreadable: the disk holds something else than a row here; other rows may be whole.
        """


class Unreadable(Exception):
    """A part of the database's file is damaged."""


class NothingReadable(Unreadable):
    """The parts are damaged that tell which rows there are."""


class Damaged(Exception):
    """A row does not hold what was added."""


@dataclass(frozen=True)
class Row:
    """A document as it is kept.

    Attributes:
        kind, sha256, made, summary, body: as in the tables. basis: the digest and the text of a decision's basis.
    """

    kind: Kind
    sha256: str
    made: str
    summary: str
    body: str
    basis: tuple[str, str] | None

    def columns(self) -> dict[str, str | None]:
        """Return what stands in the table beside the number, the kind and the digest."""
        held = None if self.basis is None else self.basis[0]
        return {"made": self.made, "summary": self.summary, "basis": held, "body": self.body}


@dataclass(frozen=True)
class Listing:
    """What a list shows.

    Attributes:
        rows: an entry a document, newest first. damaged: the numbers of rows that cannot be shown.
    """

    rows: list[dict[str, Any]]
    damaged: tuple[int, ...] = ()


# ---------------------------------------------------------------- into the tables


def row_of(kind: Kind, document: Mapping[str, Any]) -> Row:
    """Return a document as it is kept.

    Raises:
        InputError: it is not plain JSON.
    """
    try:
        text, made = _text(document), str(document[_MADE[kind]])
        parts = {key: part for key, part in document.items() if key != "basis" or kind != "decision"}
        summary = _text(_SUMMARIES[kind](parts))
        if len(parts) == len(document):
            return Row(kind, _digest(text), made, summary, text, None)
        held = _text(document["basis"])
        return Row(kind, _digest(text), made, summary, _text(parts), (_digest(held), held))
    except (*DAMAGE, OverflowError) as error:
        raise InputError([f"{kind}: not plain JSON ({error})"]) from error


def add(session: Session, added: Iterable[Row]) -> list[tuple[int, bool]]:
    """Insert rows; return the number of each and whether it is new. One that is there damaged is made whole."""
    ((free,),) = session.execute(NEXT)
    given = []
    for row in added:
        there = session.execute(THERE, {"kind": row.kind, "sha256": row.sha256})
        if not there:
            _insert(session, row, free)
            given.append((int(free), True))
            free += 1
            continue
        number, *kept = there[0]
        _hold_basis(session, row)
        if kept != list(row.columns().values()):
            session.execute(MEND, {"number": number, **row.columns()})
        given.append((int(number), False))
    return given


def _insert(session: Session, row: Row, number: int) -> None:
    _hold_basis(session, row)
    session.execute(INSERT, {"number": number, "kind": row.kind, "sha256": row.sha256, **row.columns()})


def _hold_basis(session: Session, row: Row) -> None:
    if row.basis is not None:
        session.execute(INSERT_BASIS, dict(zip(("sha256", "body"), row.basis, strict=True)))


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


_MADE = {"decision": "made_on", "evidence": "finished"}
_SUMMARIES = {"decision": _decision_summary, "evidence": _evidence_summary}
_HELD: Mapping[Kind, Mapping[str, type | tuple[type, ...]]] = {
    "decision": {"made_on": str, "recommended": (str, type(None)), "strength": (str, type(None)), "answers": dict},
    "evidence": {"started": str, "grade": str, "probes": int, "measured": int, "ratios": int, "machine": str},
}
"""What a summary holds, so that whoever shows it need not ask."""


# ---------------------------------------------------------------- out of them


def listing(session: Session, kind: Kind, limit: int | None) -> Listing:
    """Return the summaries of the newest documents; what is damaged is left out and named."""
    most = ALL if limit is None else limit
    try:
        found = session.execute(NEWEST, {"kind": kind, "limit": most})
    except Unreadable:  # a page of the file; the rows on the others can be had one by one
        one_by_one = [_readable(session, number) for number, one, _ in _names(session) if one in (kind, UNKNOWN)]
        found = sorted(one_by_one, key=lambda row: (str(row[3]), row[0]), reverse=True)[:most]
    rows, damaged = [], []
    for number, name, summary, _ in found:
        try:
            rows.append({"id": number, "sha256": name, **_summary(session, kind, number, summary)})
        except Damaged:
            damaged.append(number)
    return Listing(rows, tuple(damaged))


def _readable(session: Session, number: int) -> Sequence[Any]:
    try:
        found = session.execute(SUMMARY, {"number": number})
    except Unreadable:
        found = ()
    return found[0] if found else (number, "", "", "")


def _summary(session: Session, kind: Kind, number: int, summary: Any) -> dict[str, Any]:
    """Return a summary, made anew from the document where it is damaged and that is not.

    Raises:
        Damaged: both are.
    """
    try:
        found = json.loads(summary)
        if all(isinstance(found[key], held) for key, held in _HELD[kind].items()):
            return {key: found[key] for key in _HELD[kind]}
    except DAMAGE:
        pass
    document = whole(session, number, kind)
    if document is None:  # an index of the file knows it, the table does not
        raise Damaged(number)
    return _SUMMARIES[kind](document)


def whole(session: Session, number: int, kind: Kind | None = None) -> dict[str, Any] | None:
    """Return a document, of any kind where none is named; None where there is none of this number.

    Raises:
        Damaged: it is not what was added.
    """
    if abs(number) >= LARGEST:
        return None
    try:
        found = session.execute(WHOLE, {"number": number})
        if not found or kind not in (None, found[0][0]):
            return None
        _, name, body, basis, held = found[0]
        document: dict[str, Any] = json.loads(body)
        if basis is not None:
            document["basis"] = json.loads(held)
        if _digest(_text(document)) == name:
            return dict(sorted(document.items()))
    except (*DAMAGE, Unreadable):
        pass
    raise Damaged(number)


def sound(session: Session, number: int) -> bool:
    """Return whether everything in a row is what was added."""
    try:
        ((kind, made, summary),) = session.execute(ASIDE, {"number": number})
        document = whole(session, number)
        if document is None or kind not in _SUMMARIES:
            return False
        day = document[_MADE[kind]]
        return bool(made == str(day) and json.loads(summary) == _SUMMARIES[kind](document))
    except (*DAMAGE, Unreadable, Damaged):
        return False


def numbers(session: Session) -> list[tuple[int, str]]:
    """Return the number and the kind of every document, in the order in which they were added."""
    return [(number, kind) for number, kind, _ in _names(session)]


def _names(session: Session) -> list[Sequence[Any]]:
    """Return number, kind and digest of every row, by number; of a file with a damaged index, number by number."""
    try:
        return sorted(session.execute(NAMED), key=lambda row: int(row[0]))
    except Unreadable:
        try:
            last = int(session.execute(NEXT)[0][0])
        except Unreadable as error:
            raise NothingReadable(str(error)) from error
        return [row for number in range(1, last) for row in _name_if_readable(session, number)]


def _name_if_readable(session: Session, number: int) -> Sequence[Sequence[Any]]:
    try:
        return session.execute(ONE_NAMED, {"number": number})
    except Unreadable:
        return [(number, UNKNOWN, "")]


def named(session: Session, names: Iterable[str], kinds: Sequence[Kind] = KINDS) -> tuple[list[int], list[str]]:
    """Return the numbers of the documents that are named, each by its number or the begin of its digest, and what is
    wrong with the other names."""
    # A damaged row may have lost its kind; who asks for all of them means it too.
    kept = [row for row in _names(session) if set(kinds) == set(KINDS) or row[1] in kinds]
    what = kinds[0] if len(kinds) == 1 else "document"
    known = {number for number, _, _ in kept}
    found, problems = [], []
    for name in names:
        if name.isdecimal() and int(name[:20]) in known and len(name) <= 20:
            found.append(int(name))
            continue
        meant = [number for number, _, digest in kept if str(digest).startswith(name.lower())]
        if len(name) < SHORTEST_PREFIX or not meant:
            problems.append(f"no {what} {name} is kept; 'framework-advisor evidence list' shows numbers and digests")
        elif len(meant) > 1:
            problems.append(f"{name} begins the digests of {', '.join(map(str, meant))}; write more of it, or a number")
        else:
            found += meant
    return sorted(set(found)), problems


def older(session: Session, kinds: Iterable[Kind], day: str) -> list[int]:
    """Return the numbers of what was made before a day (ISO 8601)."""
    return sorted(number for kind in kinds for (number,) in session.execute(OLDER, {"kind": kind, "day": day}))


def last(session: Session, kind: Kind) -> list[int]:
    """Return the ten highest numbers of a kind."""
    return [number for (number,) in session.execute(LAST, {"kind": kind})]


def count(session: Session, kind: Kind) -> int:
    """Return how many documents of a kind there are."""
    return int(session.execute(COUNT, {"kind": kind})[0][0])


def remove(session: Session, chosen: Iterable[int]) -> int:
    """Remove documents and every basis that none needs any more; return how many documents there were."""
    ((before,),) = session.execute(COUNT_ALL)
    for number in chosen:
        if abs(number) < LARGEST:
            session.execute(REMOVE, {"number": number})
    session.execute(REMOVE_BASES)
    ((after,),) = session.execute(COUNT_ALL)
    return int(before - after)


# ---------------------------------------------------------------- tables of an earlier program


def take_over(session: Session) -> None:
    """Move the documents of 0.1.0, each whole in one ``body``, from the table ``earlier`` into today's tables."""
    for (number,) in session.execute("SELECT number FROM earlier ORDER BY number"):
        kept = "SELECT kind, sha256, made, body FROM earlier WHERE number = :number"
        ((kind, name, made, body),) = session.execute(kept, {"number": number})
        try:
            row = replace(row_of(kind, json.loads(body)), sha256=name, made=made)
        except (*DAMAGE, InputError):  # damaged long ago: it stays as it is, and costs itself alone
            row = Row(kind, name, str(made), "null", str(body), None)
        _insert(session, row, number)
