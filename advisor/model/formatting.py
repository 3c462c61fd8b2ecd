"""Figures as a reader wants them."""

from __future__ import annotations


def percent(share: float) -> str:
    """Return a share as a whole percentage; what is not quite all or nothing does not look like it."""
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        return "> 99 %"
    return "< 1 %" if rounded == 0 and share > 0 else f"{rounded} %"
