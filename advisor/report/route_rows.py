"""A table of measured routes as a reader sees it, in one language: the report and the app show the same. No markup.

Also as plain figures, for a spreadsheet or a data frame.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.model.formatting import percent
from advisor.report.charts import RoutePoint
from advisor.report.figures import milliseconds
from advisor.report.route_words import ROUTES
from probes import reasons, routes, runtimes
from probes.evidence.sets import session_of
from probes.session.routing_plan import AS_IS, OWN
from probes.statistics import targets
from probes.types import Evidence, Interval, RouteRow, Routes, Status

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Verdict:
    """What is said of a target: ``kind`` as ``targets.readings`` has it; ``indicative`` where it holds only here."""

    kind: str
    indicative: bool
    text: str


@dataclass(frozen=True)
class Line:
    """One route in one precision; a figure that was not measured is "".

    Attributes:
        number: in the chart, from 1, the most useful first.
        row: what it is made of.
        status: in words. reason: why there is no figure, or no time, "" where there are all.
        full_name: with what tells it from others of its name.
        verdicts: one a target, in the order of ``Table.heads``; empty where there is no figure.
    """

    number: int
    row: RouteRow
    name: str
    full_name: str
    framework: str
    runtime: str
    status: str
    reason: str
    deprecated: str
    size: str
    load: str
    first: str
    p50: str
    p95: str
    ratio: str
    memory: str
    answers: str
    throughput: str
    verdicts: tuple[Verdict, ...]

    @property
    def measured(self) -> bool:
        """Whether it answered and its answers are right."""
        return self.row.status is Status.OK


@dataclass(frozen=True)
class Table:
    """A table of routes.

    Attributes:
        conditions: of what, where, when, with how many threads.
        summary: sentences: how many were measured, how many meet every target, which is the smallest and the fastest.
        heads: one a target: its name with the number asked for.
        asked: the targets.
        lines: those with figures first, then those without.
        indicative: what that means, "" where no verdict is.
    """

    conditions: str
    summary: tuple[str, ...]
    heads: tuple[str, ...]
    asked: Mapping[str, float]
    lines: tuple[Line, ...]
    indicative: str

    @property
    def measured(self) -> list[Line]:
        """Those with figures."""
        return [line for line in self.lines if line.measured]

    @property
    def missing(self) -> list[Line]:
        """Those without, or without times."""
        return [line for line in self.lines if line.reason]

    def alike(self) -> dict[tuple[str, str], list[Line]]:
        """Return status and reason -> those of ``missing`` that ended so: what hits a framework hits all its routes."""
        found: dict[tuple[str, str], list[Line]] = {}
        for line in self.missing:
            found.setdefault((line.status, line.reason), []).append(line)
        return found

    def points(self) -> list[RoutePoint]:
        """Return what the chart shows: routes with a size and a p95."""
        return [
            RoutePoint(line.number, line.row.framework, line.row.precision, line.row.artifact_bytes, p95)
            for line in self.measured
            if line.row.artifact_bytes and (p95 := line.row.p95_ms) is not None
        ]


def table(
    found: Routes,
    *,
    lang: str,
    asked: Mapping[str, float],
    frameworks: Mapping[str, str],
    moment: str,
    elsewhere: bool = False,
    indicative: Callable[[RouteRow], bool] = lambda row: False,
) -> Table:
    """Return a table of routes in words.

    Args:
        found: what was measured.
        lang: "en" or "zh".
        asked: the targets; the table's own are not looked at.
        frameworks: display names by id.
        moment: when it was measured, in words.
        elsewhere: whether that was on another machine than the reader's.
        indicative: whether times and memory of a row do not hold where the model must run.
    """
    words = ROUTES[lang]
    ordered = sorted(found.rows, key=lambda row: _rank(row, asked))
    lines = tuple(
        _line(number, row, _verdicts(row, asked, words, indicative=indicative(row)), lang, frameworks)
        for number, row in enumerate(ordered, start=1)
    )
    told = [verdict for line in lines for verdict in line.verdicts]
    return Table(
        conditions=_conditions(found, words, moment=moment, elsewhere=elsewhere),
        summary=tuple(_summary(lines, asked, lang)),
        heads=tuple(f"{targets.named(name, lang)} {targets.bound(name, value, lang)}" for name, value in asked.items()),
        asked=dict(asked),
        lines=lines,
        indicative=words["routes_indicative_why"] if any(verdict.indicative for verdict in told) else "",
    )


def _rank(row: RouteRow, asked: Mapping[str, float]) -> tuple[bool, int, int, float]:
    """Sort key: with figures, fewest targets missed, most targets met, fastest."""
    told = list(targets.readings(asked, row).values())
    slow = math.inf if row.p95_ms is None else row.p95_ms.value
    return row.status is not Status.OK, told.count(targets.FAILS), -told.count(targets.MEETS), slow


def _verdicts(
    row: RouteRow, asked: Mapping[str, float], words: Mapping[str, str], *, indicative: bool
) -> tuple[Verdict, ...]:
    if row.status is not Status.OK:
        return ()
    judged, here = targets.judge(asked, row, not indicative), targets.readings(asked, row)
    return tuple(
        Verdict(kind, judged[name] == targets.INDICATIVE, _word(name, kind, judged[name], row, words))
        for name, kind in here.items()
    )


def _word(name: str, kind: str, judged: str, row: RouteRow, words: Mapping[str, str]) -> str:
    """Return a verdict in words, "" where a framework's own inference has no such figure: it ships no artifact."""
    if row.route == OWN and targets.measured(name, row) is None:
        return ""
    return words[f"routes_indicative_{kind}" if judged == targets.INDICATIVE else f"routes_{kind}"]


def _conditions(found: Routes, words: Mapping[str, str], *, moment: str, elsewhere: bool) -> str:
    kind, name = str(found.source.get("kind", "")), str(found.source.get("name", ""))
    where = words["routes_here"]
    if elsewhere:
        machine = str(found.machine.get("cpu") or found.machine.get("model") or "?")
        where = words["routes_elsewhere"].format(machine=machine)
    return words["routes_conditions"].format(
        source=words[f"routes_source_{kind}"].format(name=name) if f"routes_source_{kind}" in words else name,
        where=where,
        threads=words["routes_threads_1" if found.threads == 1 else "routes_threads"].format(count=found.threads),
        grade=found.grade,
        moment=moment,
    )


def _summary(lines: Sequence[Line], asked: Mapping[str, float], lang: str) -> Iterable[str]:
    """Yield what a reader asks first; a framework's own inference is no route."""
    words = ROUTES[lang]
    tried = [line for line in lines if line.row.route != OWN]
    measured = [line for line in tried if line.measured]
    yield words["routes_summary"].format(measured=len(measured), tried=len(tried))
    if asked and measured:
        meeting = [line for line in measured if all(verdict.kind == targets.MEETS for verdict in line.verdicts)]
        sure = [line for line in meeting if not any(verdict.indicative for verdict in line.verdicts)]
        counted, key = sure, {0: "none", 1: "one"}.get(len(sure), "all")
        if not sure and meeting:
            counted, key = meeting, "indicative"
        yield words[f"routes_meet_{key}"].format(meeting=len(counted), targets=targets.text(asked, lang))
    sized = [line for line in measured if line.row.artifact_bytes is not None]
    if sized:
        least = min(sized, key=lambda line: line.row.artifact_bytes or 0)
        yield words["routes_smallest"].format(name=least.full_name, size=least.size)
    timed = [(p95.value, line) for line in measured if (p95 := line.row.p95_ms) is not None]
    if timed:
        _, fastest = min(timed, key=lambda one: one[0])
        yield words["routes_fastest"].format(name=fastest.full_name, p95=fastest.p95)


def _line(number: int, row: RouteRow, verdicts: tuple[Verdict, ...], lang: str, frameworks: Mapping[str, str]) -> Line:
    words = ROUTES[lang]
    untimed = row.status is Status.OK and row.p50_ms is None
    return Line(
        number=number,
        row=row,
        name=name(row, lang, frameworks),
        full_name=_full_name(row, lang, frameworks),
        framework=frameworks.get(row.framework, row.framework),
        runtime=runtime_name(row.runtime),
        status=words["routes_untimed" if untimed else f"routes_status_{row.status.value}"],
        reason=_reason(row, lang) if untimed or row.status is not Status.OK else "",
        deprecated=words["routes_deprecated"].format(text=row.deprecated) if row.deprecated else "",
        size=_size("artifact_mb", row.artifact_bytes, lang),
        load=milliseconds(row.load_ms, lang),
        first=milliseconds(row.first_ms, lang),
        p50=_with_interval(row.p50_ms, lang),
        p95=_with_interval(row.p95_ms, lang),
        ratio=_ratio(row.ratio, words),
        memory=_size("memory_mb", row.peak_memory_bytes, lang),
        answers=_answers(row, words),
        throughput="" if row.throughput_per_s is None else _rate(row.throughput_per_s.value, lang),
        verdicts=verdicts,
    )


def name(row: RouteRow, lang: str, frameworks: Mapping[str, str]) -> str:
    """Return what a reader calls a row's route; one that this program does not know keeps its id."""
    if row.route == OWN:
        return ROUTES[lang]["routes_own"].format(framework=frameworks.get(row.framework, row.framework))
    if row.route == AS_IS:
        return ROUTES[lang]["routes_as_is"].format(runtime=runtime_name(row.runtime))
    try:
        return routes.route(row.route).NAME[lang]
    except KeyError:
        return row.route


def _full_name(row: RouteRow, lang: str, frameworks: Mapping[str, str]) -> str:
    called = name(row, lang, frameworks)
    if row.route == OWN:
        return called
    return " · ".join(filter(None, (called, frameworks.get(row.framework, row.framework), row.precision)))


def runtime_name(runtime: str) -> str:
    """Return what its makers call a runtime; one that this program does not know keeps its id."""
    try:
        return runtimes.runtime(runtime).NAME
    except KeyError:
        return runtime


def _reason(row: RouteRow, lang: str) -> str:
    said = reasons.text(reasons.of(row), lang)
    if not all(name in said for name in row.refused):
        between = "、" if lang == "zh" else ", "
        refused = ROUTES[lang]["routes_refused"].format(names=between.join(row.refused))
        said += f"（{refused}）" if lang == "zh" else f" ({refused})"
    return said


def _answers(row: RouteRow, words: Mapping[str, str]) -> str:
    """Return how far a row's answers are those of its source."""
    if row.agreement is not None:
        share, low, high = (percent(part) for part in (row.agreement.value, row.agreement.low, row.agreement.high))
        return words["routes_same"].format(share=share, low=low, high=high, count=row.agreement_of)
    return "" if row.parity is None else words["routes_off"].format(relative=f"{row.parity['relative']:.1e}")


def _ratio(found: Interval | None, words: Mapping[str, str]) -> str:
    if found is None:
        return ""
    value, low, high = (f"{part:.2g}" for part in (found.value, found.low, found.high))
    return words["routes_times"].format(value=value, low=low, high=high)


def _with_interval(found: Interval | None, lang: str) -> str:
    """Return a time with its interval in the unit that suits it."""
    if found is None:
        return ""
    value, low, high = (milliseconds(part, lang) for part in (found.value, found.low, found.high))
    unit = value.rpartition(" ")[2]
    if low.endswith(f" {unit}") and high.endswith(f" {unit}"):
        return f"{value} [{low.removesuffix(f' {unit}')}, {high.removesuffix(f' {unit}')}]"
    return f"{value} [{low}, {high}]"


def _size(target: str, size: int | None, lang: str) -> str:
    return "" if size is None else targets.amount(target, float(f"{size / 1e6:.3g}"), lang)


def _rate(value: float, lang: str) -> str:
    return targets.amount("throughput_per_s", float(f"{value:.3g}"), lang)


# ---------------------------------------------------------------- figures


FIGURES = (
    "route",
    "framework",
    "runtime",
    "precision",
    "status",
    "reason",
    "artifact_bytes",
    "convert_s",
    "load_ms",
    "first_ms",
    *(f"{name}{end}" for name in ("p50_ms", "p95_ms", "p99_ms") for end in ("", "_low", "_high")),
    *(f"throughput_per_s{end}" for end in ("", "_low", "_high")),
    "throughput_batch",
    *(f"ratio{end}" for end in ("", "_low", "_high")),
    "peak_memory_bytes",
    "max_abs",
    "relative",
    *(f"agreement{end}" for end in ("", "_low", "_high")),
    "agreement_of",
    "refused",
    *(f"target_{name}" for name in targets.TARGETS),
    "deprecated",
)
"""Columns of a table as figures; what was not measured is None.

``target_*``: as the table's own targets were judged."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet takes a text for a formula (OWASP, CSV Injection)."""


def figures(found: Routes) -> list[dict[str, Any]]:
    """Return a table as plain figures, a row a route and precision, with the columns of ``FIGURES``."""
    return [_figures(row) for row in found.rows]


def _figures(row: RouteRow) -> dict[str, Any]:
    made: dict[str, Any] = {"status": row.status.value, "refused": " ".join(row.refused)}
    for key in ("p50_ms", "p95_ms", "p99_ms", "throughput_per_s", "ratio", "agreement"):
        interval: Interval | None = getattr(row, key)
        for end, part in (("", "value"), ("_low", "low"), ("_high", "high")):
            made[key + end] = None if interval is None else getattr(interval, part)
    made |= {key: (row.parity or {}).get(key) for key in ("max_abs", "relative")}
    made |= {f"target_{name}": row.targets.get(name) for name in targets.TARGETS}
    return {key: made[key] if key in made else getattr(row, key) for key in FIGURES}


def csv_text(found: Routes) -> str:
    """Return a table as CSV (RFC 4180): its figures below their names; what is not known is an empty cell."""
    file = io.StringIO()
    writer = csv.DictWriter(file, FIGURES)
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in figures(found))
    return file.getvalue()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


@dataclass(frozen=True)
class MeasuredRoutes:
    """A table of routes for code: ``routes`` holds all of it, its methods the figures."""

    routes: Routes

    def to_frame(self) -> pd.DataFrame:
        """Return the figures as a table, a row a route and precision.

        Columns: route ("own" is the framework's own inference), framework, runtime, precision, status, reason, the
        figures with their units in their names, ``*_low`` and ``*_high`` for the ends of 95 % intervals, ``target_*``
        as the table's own targets were judged. What was not measured is missing (NaN or None).
        """
        import pandas as pd

        return pd.DataFrame(figures(self.routes), columns=list(FIGURES))

    def to_csv(self) -> str:
        """Return the same as CSV."""
        return csv_text(self.routes)

    def as_evidence(self) -> Evidence:
        """Return it as ``recommend`` takes it: the session of its machine."""
        return session_of(self.routes)
