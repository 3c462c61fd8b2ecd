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

COLOURS = ("#2f6f9f", "#c4711a", "#6a7f3c", "#8b5a8c", "#777777")
"""Told apart by colour-blind readers and in grey; assigned in the order of the ids, so no framework owns one."""

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
