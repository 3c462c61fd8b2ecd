"""Charts as plain geometry in percent of the width: the page draws them with boxes, so that they scale and print.

No script, no picture, no outside request. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from advisor.report.rows import CriterionRow
from probes.statistics.ratios import WIN
from probes.types import Interval

COLOURS = ("#2f6f9f", "#c4711a", "#6a7f3c", "#8b5a8c", "#777777")
"""Told apart by colour-blind readers, in grey, on light and on dark ground; assigned in the order of the ids."""

REACH = math.log(1.25)
"""The axis of ratios reaches at least this far to either side of 1."""

AHEAD = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Marks of the axis to either side of 1: how many times one side is ahead."""

APART = 0.2
"""A mark nearer to 1 than this share of the way to the edge would run into its label on a narrow screen."""

FEW = 7
"""More marks than this crowd a narrow screen."""


def colours(frameworks: Iterable[str]) -> dict[str, str]:
    """Return a colour for each framework, by id and not by result."""
    return {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(sorted(frameworks))}


@dataclass(frozen=True)
class Bar:
    """What a criterion adds to a framework's utility; ``width`` in percent of the longest."""

    framework: str
    colour: str
    width: float
    value: float


@dataclass(frozen=True)
class CriterionBars:
    """A criterion's bars, one a framework."""

    name: str
    bars: list[Bar]


@dataclass(frozen=True)
class Span:
    """A stretch of the axis, in percent of its width."""

    left: float
    width: float


@dataclass(frozen=True)
class RatioBar(Span):
    """A ratio's interval, and where the ratio itself stands."""

    dot: float


@dataclass(frozen=True)
class Tick:
    """A mark of the axis."""

    left: float
    label: str


@dataclass(frozen=True)
class RatioChart:
    """Ratios on one axis; ``band``: where the difference means nothing to a project."""

    band: Span
    bars: list[RatioBar]
    ticks: list[Tick]


def contributions(rows: Sequence[CriterionRow], frameworks: Sequence[str]) -> list[CriterionBars]:
    """Return each criterion's bars, one a framework; the longest fills the width."""
    paint = colours(frameworks)
    largest = max((value for row in rows for value in row.contribution.values()), default=0.0)
    if largest <= 0:
        return []
    return [
        CriterionBars(
            row.name,
            [
                Bar(
                    framework=name,
                    colour=paint[name],
                    width=round(100 * row.contribution.get(name, 0.0) / largest, 2),
                    value=row.contribution.get(name, 0.0),
                )
                for name in frameworks
            ],
        )
        for row in rows
    ]


def ratios(shown: Sequence[Mapping[str, Any]]) -> RatioChart | None:
    """Return ratios with their intervals on one logarithmic axis with 1 in the middle, None where there are none.

    Args:
        shown: ``value``, ``low`` and ``high`` of each, as a document holds them.
    """
    if not shown:
        return None
    ends = [abs(math.log(ratio[key])) for ratio in shown for key in ("low", "high", "value")]
    reach = max([*ends, REACH]) * 1.1

    def at(ratio: float) -> float:
        return round(50 * (1 + math.log(ratio) / reach), 2)

    def span(low: float, high: float) -> tuple[float, float]:
        return at(low), round(at(high) - at(low), 2)

    return RatioChart(
        band=Span(*span(1 / WIN, WIN)),
        bars=[RatioBar(*span(ratio["low"], ratio["high"]), dot=at(ratio["value"])) for ratio in shown],
        ticks=[Tick(at(tick), f"{max(tick, 1 / tick):g}" + (" ×" if tick != 1 else "")) for tick in ticks(reach)],
    )


def ticks(reach: float) -> list[float]:
    """Return round ratios that lie within exp(+-reach), few enough to stand side by side, the same to either side."""
    inside = [mark for mark in AHEAD if APART * reach <= math.log(mark) <= reach]
    for fewer in ((1.25, 2.0, 3.0, 5.0, 10.0, 100.0), (2.0, 5.0, 10.0, 100.0), (2.0, 10.0, 100.0), (10.0, 100.0)):
        if len(inside) > FEW // 2:
            inside = [mark for mark in inside if mark in fewer]
    return [*(1 / mark for mark in reversed(inside)), 1.0, *inside]


# ---------------------------------------------------------------- routes


WIDTH, HEIGHT = 540.0, 340.0
LEFT, RIGHT, TOP, BOTTOM = 66.0, 468.0, 26.0, 296.0
"""Of the picture and of the area inside its axes, in its own units; to the right stands the target of the times."""

ROOM = 1.35
"""Factor by which an axis reaches beyond what is shown."""

FAR = 20.0
"""A target more than this many times beyond every point is not drawn: it would press the points together."""

NEAR = 13.0
"""Two numbers nearer to each other than this cannot be read."""

BESIDE = ((12, 4), (-12, 4), (10, -8), (-10, -8), (10, 17), (-10, 17), (0, -13), (0, 22), (28, 4), (-28, 4))
"""Where a number may stand beside its point, the best first."""

MARKS = 5
"""More marks than this on an axis run into each other."""


@dataclass(frozen=True)
class RoutePoint:
    """A route as the chart takes it: its number, whose colour, which shape, bytes, and milliseconds."""

    number: int
    framework: str
    precision: str
    size: int
    p95: Interval


@dataclass(frozen=True)
class Dot:
    """A point of the picture: its middle, the ends of its interval, and where its number stands."""

    number: int
    colour: str
    square: bool
    x: float
    y: float
    low: float
    high: float
    label_x: float
    label_y: float


@dataclass(frozen=True)
class Mark:
    """A mark of an axis, or a target's line: where, and the value that is written there."""

    at: float
    value: float


@dataclass(frozen=True)
class RoutesChart:
    """Routes by size and latency; ``sizes`` and ``times`` are the axes' marks, ``size`` and ``time`` the targets."""

    dots: list[Dot]
    sizes: list[Mark]
    times: list[Mark]
    size: Mark | None
    time: Mark | None


def sizes_and_times(
    points: Sequence[RoutePoint], *, most_mb: float | None, most_ms: float | None, paint: Mapping[str, str]
) -> RoutesChart | None:
    """Return routes by size and p95 latency on logarithmic axes, None where there are none.

    Args:
        points: the routes. most_mb, most_ms: the targets, None where there is none.
        paint: colour by framework.
    """
    if not points:
        return None
    size = most_mb and shown_target(1e6 * most_mb, [point.size for point in points])
    time = most_ms and shown_target(most_ms, [point.p95.value for point in points])
    across = _axis([point.size for point in points], size, LEFT, RIGHT)
    up = _axis([end for point in points for end in (point.p95.low, point.p95.high)], time, BOTTOM, TOP)
    dots: list[Dot] = []
    for point in sorted(points, key=lambda point: point.number):
        x, y = across(point.size), up(point.p95.value)
        label_x, label_y = _free(x, y, dots)
        dots.append(
            Dot(
                number=point.number,
                colour=paint.get(point.framework, COLOURS[-1]),
                square=point.precision != "fp32",
                x=x,
                y=y,
                low=up(point.p95.low),
                high=up(point.p95.high),
                label_x=label_x,
                label_y=label_y,
            )
        )
    return RoutesChart(
        dots=dots,
        sizes=[Mark(across(value), value) for value in round_values(across.low, across.high)],
        times=[Mark(up(value), value) for value in round_values(up.low, up.high)],
        size=Mark(across(size), size) if size else None,
        time=Mark(up(time), time) if time else None,
    )


def shown_target(asked: float, values: Sequence[float]) -> float | None:
    """Return a target that can be drawn beside these values, None where it lies far beyond all of them."""
    return asked if min(values) / FAR <= asked <= max(values) * FAR else None


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return round(self.start + share * (self.end - self.start), 1)


def _axis(values: Sequence[float], target: float | None, start: float, end: float) -> _Axis:
    held = [*values, *([target] if target else [])]
    return _Axis(min(held) / ROOM, max(held) * ROOM, start, end)


def round_values(low: float, high: float) -> list[float]:
    """Return round values between two, few enough to stand side by side: 1, 2 and 5 of each decade, or fewer."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    found: list[float] = []
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [step * 10.0**power for power in range(first, last + 1) for step in steps]
        found = [value for value in found if low <= value <= high]
        if len(found) <= MARKS:
            return found
    return found[:: math.ceil(len(found) / MARKS)]


def _free(x: float, y: float, dots: Sequence[Dot]) -> tuple[float, float]:
    """Return where a point's number stands: the first place beside it that no other number or point takes."""
    places = [(x + across, y + up) for across, up in BESIDE]
    taken = [(dot.label_x, dot.label_y) for dot in dots] + [(dot.x, dot.y + 4) for dot in dots]
    return max(places, key=lambda place: min([NEAR, *(math.dist(place, other) for other in taken)]))
