"""The ``routes/1`` document: one table of routes, measured on one machine in one session.

One pydantic model that reads it, checks it and gives its JSON Schema, as ``schema`` does for ``evidence/1``. What a
table says is held against the samples in it: percentiles and ratios are computed again. What it is as types stands in
``probes.types``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from probes.evidence import measured_files, recompute
from probes.evidence.plain_values import plain
from probes.evidence.schema import (
    Contents,
    EvidenceError,
    Name,
    Number,
    Positive,
    Time,
    Words,
    not_negative,
    problems_of,
)
from probes.session.interleaving import Turns
from probes.session.routing_plan import OWN
from probes.session.routing_rows import AGREED, BOUND, FEWEST, INT8_BOUND, PERCENTS, named
from probes.statistics import percentiles, ratios
from probes.statistics.targets import CANNOT_TELL, FAILS, INDICATIVE, MEETS, TARGETS
from probes.system.suggestions import nearest
from probes.types import ROUTES_SCHEMA, Interval, RouteRow, Routes, Status

__all__ = [
    "Interval",
    "RouteRow",
    "Routes",
    "RoutesDocument",
    "parse_routes",
    "read_routes",
    "read_table",
    "routes_document",
    "write_routes",
]

SCHEMA = ROUTES_SCHEMA

BESIDE = ("p50_ms", "p95_ms", "p99_ms", "throughput_per_s")
"""Figures that stand as numbers, with their intervals beside them in ``intervals``."""

OPTIONAL = (
    "reason_code",
    "reason_params",
    "files",
    "throughput_batch",
    "agreement_of",
    "settings",
    "deprecated",
    "intervals",
)
"""Keys of a row that stand in a document only where they hold something."""

NARROWEST = 0.7
"""Part of the width computed again that an interval must have at least: the bootstrap's draws may differ."""

SPREADS = {"process_sd": (0.0, recompute.WIDEST), "process_df": (1.0, 1e6)}
"""Between what they must lie: beyond, nothing was measured."""

Counted = Annotated[int, Field(ge=0, description="a whole number, 0 or more")]
Amount = Annotated[Number, AfterValidator(not_negative), Field(description="a number, 0 or more")]


class _Strict(BaseModel):
    """No key that is not known, nothing taken for what it is not. ``description`` says what is needed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class IntervalDocument(_Strict):
    """A figure with its 95 % interval."""

    model_config = ConfigDict(title="Interval")

    value: Amount
    low: Amount
    high: Amount

    def interval(self) -> Interval:
        """Return the interval."""
        return Interval(self.value, self.low, self.high)


class ParityDocument(_Strict):
    """How far an artifact's answers lie from the float64 reference."""

    model_config = ConfigDict(title="Parity")

    max_abs: Amount
    relative: Amount
    bound: Positive


class IntervalsDocument(_Strict):
    """The intervals of the figures that stand as numbers."""

    model_config = ConfigDict(title="Intervals")

    p50_ms: tuple[Positive, Positive] | None = Field(None, strict=False, description="a list of two positive numbers")
    p95_ms: tuple[Positive, Positive] | None = Field(None, strict=False, description="a list of two positive numbers")
    p99_ms: tuple[Positive, Positive] | None = Field(None, strict=False, description="a list of two positive numbers")
    throughput_per_s: tuple[Positive, Positive] | None = Field(
        None, strict=False, description="a list of two positive numbers"
    )


class RouteRowDocument(_Strict):
    """A ``probes.types.RouteRow`` as it stands in a document."""

    model_config = ConfigDict(title="RouteRow")

    route: Name
    framework: Words
    runtime: Name
    precision: Literal["fp32", "int8"]
    status: Status = Field(strict=False)
    reason: Words = ""
    reason_code: Words = ""
    reason_params: Contents = None
    artifact_bytes: Counted | None = None
    files: dict[str, Counted] = Field({}, description="an object of whole numbers")
    convert_s: Amount | None = None
    load_ms: Amount | None = None
    first_ms: Amount | None = None
    p50_ms: Positive | None = None
    p95_ms: Positive | None = None
    p99_ms: Positive | None = None
    throughput_per_s: Positive | None = None
    throughput_batch: Annotated[int, Field(ge=1, description="a positive whole number")] | None = None
    intervals: IntervalsDocument = IntervalsDocument()
    ratio: IntervalDocument | None = None
    peak_memory_bytes: Counted | None = None
    parity: ParityDocument | None = None
    agreement: IntervalDocument | None = None
    agreement_of: Annotated[int, Field(ge=1, description="a positive whole number")] | None = None
    refused: list[Name] = Field([], description="a list of names")
    targets: dict[str, Literal["meets", "fails", "cannot-tell", "indicative"]] = Field({}, description="an object")
    settings: Contents = None
    versions: dict[str, str] = Field({}, description="an object of texts")
    samples: dict[str, Any] = Field({}, description="an object")
    deprecated: Words = ""

    def row(self) -> RouteRow:
        """Return the row; a figure without its interval is one that it is exact."""
        parts: dict[str, Any] = dict(self)
        beside = parts.pop("intervals")
        for name in BESIDE:
            value, bounds = parts[name], getattr(beside, name)
            parts[name] = None if value is None else Interval(value, *(bounds or (value, value)))
        for name in ("ratio", "agreement"):
            parts[name] = parts[name] and parts[name].interval()
        parts["parity"] = self.parity and dict(self.parity)
        parts["refused"] = tuple(self.refused)
        for name in ("reason_params", "settings"):
            parts[name] = parts[name] or {}
        return RouteRow(**parts)


class RoutesDocument(_Strict):
    """One table of routes, measured on one machine in one session."""

    model_config = ConfigDict(title="Routes")

    schema_: Literal["routes/1"] = Field(alias="schema")
    machine: dict[str, Any] = Field(description="an object")
    source: dict[str, Any] = Field(description="an object")
    targets: dict[str, Positive] = Field({}, description="an object of positive numbers")
    rows: list[RouteRowDocument] = Field(description="a list")
    threads: Annotated[int, Field(ge=1, description="a positive whole number")]
    seed: int = Field(description="a whole number")
    grade: Literal["A", "B", "C", "D"]
    started: Time
    finished: Time
    spread: dict[str, Amount] = Field({}, description="an object of numbers")

    def table(self) -> Routes:
        """Return the table."""
        parts = {name: value for name, value in self if name not in ("schema_", "rows")}
        return Routes(**parts, rows=tuple(row.row() for row in self.rows))


def routes_document(table: Routes) -> dict[str, Any]:
    """Return a table as plain JSON values; where things lie, and whose home that is, stays here."""
    made = {f.name: getattr(table, f.name) for f in fields(table) if f.name != "schema"}
    found = plain({"schema": table.schema, **made, "rows": [_row_document(row) for row in table.rows]})
    assert isinstance(found, dict)
    return found


def _row_document(row: RouteRow) -> dict[str, Any]:
    made = {f.name: getattr(row, f.name) for f in fields(row)}
    held = {name: made[name] for name in BESIDE if made[name] is not None}
    made.update({name: interval.value for name, interval in held.items()})
    made["intervals"] = {name: [interval.low, interval.high] for name, interval in held.items()}
    return {name: value for name, value in made.items() if name not in OPTIONAL or value}


def parse_routes(data: Any) -> Routes:
    """Read a document strictly, and compute again what its samples give.

    Raises:
        EvidenceError: with every problem found.
    """
    table, problems = read_table(data, "")
    if problems or table is None:
        raise EvidenceError(problems)
    return table


def read_table(data: Any, place: str) -> tuple[Routes | None, list[str]]:
    """Return the table that stands at ``place`` of a document, None where there is none, and what is wrong with it."""
    dot = f"{place}." if place else ""
    if not isinstance(data, Mapping):
        return None, [f"{place or 'routes'}: an object is needed, not {type(data).__name__}"]
    if data.get("schema") != SCHEMA:
        return None, [f"{dot}schema: {data.get('schema')!r} is not {SCHEMA!r}"]
    try:
        document = RoutesDocument.model_validate(data)
    except ValidationError as error:
        return None, [f"{where}: {said}" for where, said in problems_of(error, RoutesDocument, place)]
    table = document.table()
    return table, [f"{dot}{problem}" for problem in _problems(table)]


def read_routes(path: str | Path) -> Routes:
    """Read a file of routes.

    Raises:
        EvidenceError: the file cannot be read, is no JSON, or is no table of routes.
    """
    return measured_files.read(path, parse_routes)


def write_routes(table: Routes, path: str | Path) -> None:
    """Write a file of routes whole or not at all.

    Raises:
        EvidenceError: the place cannot be written; what stood there before is untouched.
    """
    measured_files.write(routes_document(table), path)


# ------------------------------------------------------------------------------------------------- what cannot be true


def _problems(table: Routes) -> Iterator[str]:
    for name, (least, most) in SPREADS.items():
        if name in table.spread and not least <= table.spread[name] <= most:
            yield f"spread.{name}: {table.spread[name]:g} lies outside of {least:g} to {most:g}"
            return
    for name in table.targets:
        if name not in TARGETS:
            yield f"targets.{name}: unknown target; {nearest(name, TARGETS)}"
    first: dict[tuple[str, ...], int] = {}
    for number, row in enumerate(table.rows):
        place = f"rows[{number}]"
        at = first.setdefault(named(row), number)
        if at != number:
            yield f"{place}: {' '.join(named(row))} is listed twice; it is rows[{at}] already"
        yield from _contradictions(row, place)
        yield from _judged(row, table.targets, f"{place}.targets")
        if not any(_contradictions(row, place)):
            yield from _of_samples(row, table.spread, f"{place}")


def _contradictions(row: RouteRow, place: str) -> Iterator[str]:
    """Yield what in a row of the right shape does not go together."""
    for name in (*BESIDE, "ratio", "agreement"):
        interval = getattr(row, name)
        if interval is not None and not interval.low <= interval.value <= interval.high:
            yield f"{place}.{name}: low <= value <= high does not hold"
    seen = [(name, getattr(row, name)) for name in ("p50_ms", "p95_ms", "p99_ms") if getattr(row, name) is not None]
    for (less, one), (more, other) in pairwise(seen):
        if one.value > other.value * (1 + recompute.ROUNDING):
            yield f"{place}.{less}: {one.value:.4g} lies above {more}, {other.value:.4g}"
    if row.files and row.artifact_bytes != sum(row.files.values()):
        yield f"{place}.artifact_bytes: {row.artifact_bytes}, but its files hold {sum(row.files.values())}"
    if row.agreement is not None and (row.agreement.high > 1 or row.agreement_of is None):
        yield f"{place}.agreement: a share of samples is needed, at most 1, with agreement_of beside it"
    if (row.throughput_per_s is None) != (row.throughput_batch is None):
        yield f"{place}.throughput_per_s: throughput and throughput_batch come together"
    if row.route == OWN and row.ratio is not None:
        yield f"{place}.ratio: a framework's own inference is not held against itself"
    yield from _status(row, place)


def _status(row: RouteRow, place: str) -> Iterator[str]:
    if row.status is not Status.OK:
        if not row.reason:
            yield f"{place}.reason: missing; a route that is {row.status.value} says why"
        for name in ("p50_ms", "p95_ms", "p99_ms", "ratio", "throughput_per_s"):
            if getattr(row, name) is not None:
                yield f"{place}.{name}: a route that is {row.status.value} has none"
        return
    if row.parity is None:
        yield f"{place}.parity: missing; a route that is ok has been held against its source"
        return
    most = INT8_BOUND if row.precision == "int8" else BOUND
    if row.parity["bound"] > most:
        yield f"{place}.parity.bound: {row.parity['bound']:g} is looser than {most:g}"
    agrees = row.agreement is not None and row.precision == "int8" and row.agreement.value >= AGREED
    if row.parity["relative"] > row.parity["bound"] and not agrees:
        yield (
            f"{place}.parity.relative: {row.parity['relative']:.3g} lies beyond the bound {row.parity['bound']:g}; "
            f"such a route is {Status.NOT_COMPARABLE.value}"
        )


def _judged(row: RouteRow, asked: Mapping[str, float], place: str) -> Iterator[str]:
    for name, said in row.targets.items():
        if name not in asked:
            yield f"{place}.{name}: the table asks for no such target"
        elif said not in (MEETS, FAILS, CANNOT_TELL, INDICATIVE):
            yield f"{place}.{name}: {said!r} is no answer"


def _of_samples(row: RouteRow, spread: Mapping[str, float], place: str) -> Iterator[str]:
    """Yield where percentiles and the ratio are not what the samples give."""
    if row.p50_ms is None:
        return
    found: list[str] = []
    turns = _turns(row.samples, "", f"{place}.samples", found)
    if turns is None:
        yield from found
        return
    if len(turns.seconds[""]) < FEWEST:
        yield f"{place}.samples.turns: {len(turns.seconds[''])}, and {FEWEST} are needed for an interval"
        return
    known = {
        "process_sd": float(spread.get("process_sd", 0.0)),
        "process_df": float(spread.get("process_df", ratios.PROCESS_DF)),
    }
    again = percentiles.intervals(turns.seconds[""], PERCENTS, seed=0, **known)
    for name, wanted in zip(("p50_ms", "p95_ms", "p99_ms"), again, strict=True):
        scaled = replace(wanted, value=1e3 * wanted.value, low=1e3 * wanted.low, high=1e3 * wanted.high)
        yield from _off(getattr(row, name), scaled, f"{place}.{name}")
    if row.ratio is not None:
        yield from _ratio(row, turns, known, place)


def _ratio(row: RouteRow, turns: Turns, spread: Mapping[str, float], place: str) -> Iterator[str]:
    found: list[str] = []
    own = _turns(row.samples, "own", f"{place}.samples", found)
    if own is None:
        yield from found
        return
    if len(own.used) != len(turns.used):
        yield f"{place}.samples.own: {len(own.used)} turns, and {len(turns.used)} of the route; turns come in pairs"
        return
    both = Turns(
        seconds={**turns.seconds, **own.seconds},
        waited={**turns.waited, **own.waited},
        surely={**turns.surely, **own.surely},
        used=turns.used,
    )
    estimate = ratios.widened(both.estimate("own", ""), **spread)
    yield from _off(row.ratio, percentiles.interval(estimate), f"{place}.ratio")


def _off(given: Interval | None, wanted: Interval, place: str) -> Iterator[str]:
    if given is None:
        yield f"{place}: missing; its samples give {wanted.value:.4g}"
        return
    if not math.isclose(given.value, wanted.value, rel_tol=recompute.ROUNDING):
        yield f"{place}: {given.value:.4g}, but the samples give {wanted.value:.4g}"
        return
    if given.low <= 0:
        yield f"{place}: {given.low:g} as a lower bound; what takes time takes more than none"
        return
    if math.log(given.high / given.low) < NARROWEST * math.log(wanted.high / wanted.low):
        yield (
            f"{place}: [{given.low:.4g}, {given.high:.4g}] is narrower than its samples allow, [{wanted.low:.4g}, "
            f"{wanted.high:.4g}]"
        )


def _turns(samples: Mapping[str, Any], label: str, place: str, found: list[str]) -> Turns | None:
    """Read the turns of one arm; what is wrong with them goes to ``found``."""
    key, prefix = label or "turns", f"{label}_" if label else ""
    seconds = samples.get(key)
    if not isinstance(seconds, list) or not all(
        isinstance(turn, list) and turn and all(recompute.is_cost(one) for one in turn) for turn in seconds
    ):
        found.append(f"{place}.{key}: a list of turns, each a list of positive numbers of seconds, is needed")
        return None
    waited = samples.get(f"{prefix}waited", [None] * len(seconds))
    surely = samples.get(f"{prefix}surely", waited)
    for name, waits in (("waited", waited), ("surely", surely)):
        if not recompute.are_waits(waits, seconds):
            found.append(f"{place}.{prefix}{name}: for every turn null, or one number of seconds an answer, is needed")
            return None
    return Turns(seconds={label: seconds}, waited={label: waited}, surely={label: surely}, used=[True] * len(seconds))
