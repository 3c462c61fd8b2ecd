"""Figures as a reader wants them: a share, a cost with its unit. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def points(share: float) -> str:
    """Return a difference of utility in points of a hundred, with its sign."""
    return f"{100 * share:+.1f}".replace("-", "−")


def hundredth(share: float) -> str:
    """Return a utility, or a part of one, in points of a hundred."""
    return f"{100 * share:.1f}"


def amount(value: float, unit: str, words: Mapping[str, str]) -> str:
    """Return a cost with three significant figures in the unit that suits its size.

    Args:
        value: in ``unit``.
        unit: "s", "bytes", another noun of ``words``, or "" for a bare number.
        words: of the report's language.
    """
    if unit == "s":
        for factor, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
            if abs(value) >= factor:
                return f"{_three(value / factor)} {name}"
        return f"{_three(value * 1e6)} µs"
    if unit == "bytes":
        for factor, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
            if abs(value) >= factor:
                return f"{_three(value / factor)} {name}"
        return f"{value:.0f} B"
    return f"{_three(value)} {words.get(f'unit_{unit}', unit)}".strip()


def _three(value: float) -> str:
    """Return three significant figures without an exponent for what people count."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
