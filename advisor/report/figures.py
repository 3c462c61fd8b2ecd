"""Figures as a reader wants them: a share, a cost with its unit. Pure."""

from __future__ import annotations

import math


def points(share: float) -> str:
    """Return a difference of utility in points of a hundred, with its sign."""
    return f"{100 * share:+.1f}".replace("-", "−")


def hundredth(share: float) -> str:
    """Return a utility, or a part of one, in points of a hundred."""
    return f"{100 * share:.1f}"


TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))
UNITS = {"zh": {"s": "秒", "ms": "毫秒", "µs": "微秒", "lines": "行"}}
"""Units by language; one that is missing is the same in it."""


def amount(value: float, unit: str, lang: str) -> str:
    """Return a cost with three significant figures in the unit that suits its size.

    Args:
        value: in ``unit``.
        unit: "s", "bytes", another noun, or "" for a bare number.
        lang: "en" or "zh".
    """
    scale = {"s": TIMES, "bytes": SIZES}.get(unit, ((1.0, unit),))
    factor, name = next((step for step in scale if abs(value) >= step[0]), scale[-1])
    return f"{_three(value / factor)} {UNITS.get(lang, {}).get(name, name)}".strip()


def milliseconds(value: float | None, lang: str) -> str:
    """Return a time in the unit that suits it, "" where it was not measured."""
    return "" if value is None or not math.isfinite(value) else amount(value / 1e3, "s", lang)


def _three(value: float) -> str:
    """Return three significant figures without an exponent for what people count."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
