"""The figures of a measured route: what they are, and the row with another one in its place. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from advisor.model.knowledge import Criterion
from probes.statistics import targets
from probes.types import Interval, RouteRow

P50 = "p50_ms"
"""The one figure that is no target's: it speaks to criteria (``Criterion.route_figure``)."""

SIZE = "artifact_mb"

BYTES = 1_000_000
"""Of a megabyte, as in ``probes.statistics.targets``."""


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        value: reads it in the unit of its target (P50: milliseconds); None where it was not measured.
        scaled: the row with the figure that many times as large, its interval with it.
        step: the smallest difference that is one.
    """

    value: Callable[[RouteRow], float | None]
    scaled: Callable[[RouteRow, float], RouteRow]
    step: float = 0.0


def name_of(criterion: Criterion) -> str | None:
    """Return the figure of routes that speaks to a criterion, None where none does."""
    return SIZE if criterion.route_figure == "artifact_bytes" else criterion.route_figure


def with_figure(name: str, row: RouteRow, value: float) -> RouteRow:
    """Return a row whose figure ``name``, which was measured and is not 0, is ``value``; the rest stays."""
    figure = FIGURES[name]
    now = figure.value(row)
    if not now:
        raise ValueError(f"{row.route} has no {name}")
    return figure.scaled(row, value / now)


def limit(name: str, row: RouteRow, asked: float) -> float:
    """Return the value beyond which a row's figure misses a target, its interval growing with it; inf for none."""
    value, bounds = FIGURES[name].value(row), targets.measured(name, row)
    if not value or bounds is None:
        raise ValueError(f"{row.route} has no {name}")
    nearest = bounds.high if targets.TARGETS[name].at_least else bounds.low
    return asked * value / nearest if nearest else math.inf


def _value(found: Interval | None) -> float | None:
    return None if found is None else found.value


def _times(found: Interval | None, factor: float) -> Interval | None:
    return None if found is None else Interval(found.value * factor, found.low * factor, found.high * factor)


def _whole(count: int | None, factor: float) -> int | None:
    return None if count is None else max(1, round(count * factor))


def _megabytes(count: int | None) -> float | None:
    return None if count is None else count / BYTES


def _cold_start(row: RouteRow) -> float | None:
    return None if row.load_ms is None or row.first_ms is None else (row.load_ms + row.first_ms) / 1000


def _started(row: RouteRow, factor: float) -> RouteRow:
    load, first = row.load_ms, row.first_ms
    return replace(
        row,
        load_ms=None if load is None else load * factor,
        first_ms=None if first is None else first * factor,
    )


def _drop(row: RouteRow) -> float | None:
    """Return how many of a hundred answers an artifact loses."""
    return None if row.agreement is None else 100 * (1 - row.agreement.value)


def _dropped(row: RouteRow, factor: float) -> RouteRow:
    if row.agreement is None:
        return row
    kept = (
        max(0.0, 1 - (1 - share) * factor) for share in (row.agreement.value, row.agreement.low, row.agreement.high)
    )
    return replace(row, agreement=Interval(*kept))


FIGURES: Mapping[str, Figure] = {
    "latency_p95_ms": Figure(
        lambda row: _value(row.p95_ms), lambda row, by: replace(row, p95_ms=_times(row.p95_ms, by))
    ),
    SIZE: Figure(
        lambda row: _megabytes(row.artifact_bytes),
        lambda row, by: replace(row, artifact_bytes=_whole(row.artifact_bytes, by)),
        step=1 / BYTES,
    ),
    "memory_mb": Figure(
        lambda row: _megabytes(row.peak_memory_bytes),
        lambda row, by: replace(row, peak_memory_bytes=_whole(row.peak_memory_bytes, by)),
        step=1 / BYTES,
    ),
    "cold_start_s": Figure(_cold_start, _started),
    "throughput_per_s": Figure(
        lambda row: _value(row.throughput_per_s),
        lambda row, by: replace(row, throughput_per_s=_times(row.throughput_per_s, by)),
    ),
    "agreement_drop_pct": Figure(_drop, _dropped),
    P50: Figure(lambda row: _value(row.p50_ms), lambda row, by: replace(row, p50_ms=_times(row.p50_ms, by))),
}
"""By the names of targets, and P50."""
