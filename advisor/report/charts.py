"""Charts as plain geometry in percent of the width: the page draws them with boxes, so that they scale and print.

No script, no picture, no outside request. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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


def contributions(rows: Sequence[Mapping[str, Any]], frameworks: Sequence[str]) -> list[dict[str, Any]]:
    """Return each criterion's bars, one a framework; the longest fills the width.

    ``rows`` as ``View.criteria`` gives them.
    """
    paint = colours(frameworks)
    largest = max((value for row in rows for value in row["contribution"].values()), default=0.0)
    if largest <= 0:
        return []
    return [
        {
            "name": row["name"],
            "bars": [
                {
                    "framework": name,
                    "colour": paint[name],
                    "width": round(100 * row["contribution"].get(name, 0.0) / largest, 2),
                    "value": row["contribution"].get(name, 0.0),
                }
                for name in frameworks
            ],
        }
        for row in rows
    ]


def ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return ratios with their intervals on one logarithmic axis with 1 in the middle, None where there are none."""
    shown = [row["ratio"] for row in rows if row.get("ratio")]
    if not shown:
        return None
    ends = [abs(math.log(ratio[key])) for ratio in shown for key in ("low", "high", "value")]
    reach = max([*ends, REACH]) * 1.1

    def at(ratio: float) -> float:
        return round(50 * (1 + math.log(ratio) / reach), 2)

    return {
        "band": {"left": at(1 / WIN), "width": round(at(WIN) - at(1 / WIN), 2)},
        "bars": [
            {
                "left": at(ratio["low"]),
                "width": round(at(ratio["high"]) - at(ratio["low"]), 2),
                "dot": at(ratio["value"]),
            }
            for ratio in shown
        ],
        "ticks": [
            {"left": at(tick), "label": f"{max(tick, 1 / tick):g}" + (" ×" if tick != 1 else "")}
            for tick in ticks(reach)
        ],
    }


def ticks(reach: float) -> list[float]:
    """Return round ratios that lie within exp(+-reach), few enough to stand side by side, the same to either side."""
    inside = [mark for mark in AHEAD if APART * reach <= math.log(mark) <= reach]
    for fewer in ((1.25, 2.0, 3.0, 5.0, 10.0, 100.0), (2.0, 5.0, 10.0, 100.0), (2.0, 10.0, 100.0), (10.0, 100.0)):
        if len(inside) > FEW // 2:
            inside = [mark for mark in inside if mark in fewer]
    return [*(1 / mark for mark in reversed(inside)), 1.0, *inside]
