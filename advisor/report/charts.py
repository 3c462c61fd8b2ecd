"""Charts as inline SVG strings: no script, no outside request, readable in print. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

COLOURS = ("#2f6f9f", "#c4711a", "#6a7f3c", "#8b5a8c", "#777777")
"""Told apart by colour-blind readers and in grey; assigned in the order of the names, so no framework owns one."""

LABEL = 190
ROW = 26


def colours(frameworks: Sequence[str]) -> dict[str, str]:
    """Return a colour for each framework, by name and not by result."""
    return {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(sorted(frameworks))}


def contributions(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], *, width: int = 720) -> str:
    """Draw each criterion's contribution a framework as bars; ``rows`` as ``View.criteria`` gives them."""
    shown = [row for row in rows if any(row["contribution"].values())]
    if not shown:
        return ""
    frameworks = sorted(names)
    paint = colours(frameworks)
    bar = 9
    row_height = bar * len(frameworks) + 12
    largest = max(max(row["contribution"].values()) for row in shown)
    room = width - LABEL - 60
    parts = []
    for place, row in enumerate(shown):
        top = place * row_height + 6
        middle = top + bar * len(frameworks) / 2 + 4
        parts.append(f'<text x="{LABEL - 8}" y="{middle:.1f}" text-anchor="end">{escape(shorten(row["name"]))}</text>')
        for line, framework in enumerate(frameworks):
            value = row["contribution"].get(framework, 0.0)
            length = room * value / largest
            y = top + line * bar
            parts.append(
                f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{bar - 2}" fill="{paint[framework]}"/>'
                f'<text class="small" x="{LABEL + length + 4:.1f}" y="{y + bar - 2}">{value:.3f}</text>'
            )
    return svg(parts, width, len(shown) * row_height + 8) + legend(names, paint)


def ratios(rows: Sequence[Mapping[str, Any]], *, width: int = 720) -> str:
    """Draw ratios with their intervals on a log axis, the equivalence band shaded."""
    shown = [row for row in rows if row.get("ratio")]
    if not shown:
        return ""
    ends = [abs(math.log(row["ratio"][key])) for row in shown for key in ("low", "high", "value")]
    reach = max([*ends, math.log(1.25)]) * 1.1
    room = width - LABEL - 20

    def x(ratio: float) -> float:
        return LABEL + room * (math.log(ratio) + reach) / (2 * reach)

    height = ROW * len(shown)
    band = f'<rect class="band" x="{x(1 / 1.05):.1f}" y="0" width="{x(1.05) - x(1 / 1.05):.1f}" height="{height}"/>'
    parts = [band, f'<line class="axis" x1="{x(1):.1f}" y1="0" x2="{x(1):.1f}" y2="{height}"/>']
    for place, row in enumerate(shown):
        ratio = row["ratio"]
        y = place * ROW + ROW / 2
        parts.append(f'<text x="{LABEL - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(shorten(row["probe"]))}</text>')
        parts.append(
            f'<line class="bar" x1="{x(ratio["low"]):.1f}" y1="{y}" x2="{x(ratio["high"]):.1f}" y2="{y}"/>'
            f'<circle class="dot" cx="{x(ratio["value"]):.1f}" cy="{y}" r="4"/>'
        )
    for tick in ticks(reach):
        parts.append(f'<text class="small" x="{x(tick):.1f}" y="{height + 14}" text-anchor="middle">{tick:g}</text>')
    return svg(parts, width, height + 20)


def ticks(reach: float) -> list[float]:
    """Return round ratios that lie within exp(+-reach)."""
    known = (0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
    inside = [tick for tick in known if abs(math.log(tick)) <= reach]
    return inside if len(inside) <= 7 else [tick for tick in inside if tick in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)]


def svg(parts: Sequence[str], width: float, height: float) -> str:
    """Wrap shapes into a picture that scales with the page."""
    return f'<svg viewBox="0 0 {width} {height}" role="img" class="chart">{"".join(parts)}</svg>'


def legend(names: Mapping[str, str], paint: Mapping[str, str]) -> str:
    """Return the key to the colours."""
    items = "".join(
        f'<span><i style="background:{paint[key]}"></i>{escape(name)}</span>' for key, name in sorted(names.items())
    )
    return f'<p class="legend">{items}</p>'


def shorten(text: str, *, most: int = 30) -> str:
    """Cut a label to what the margin holds; wide characters count twice."""
    room = most
    for place, letter in enumerate(text):
        room -= 2 if ord(letter) > 0x2E7F else 1
        if room < 0:
            return text[:place].rstrip() + "…"
    return text
