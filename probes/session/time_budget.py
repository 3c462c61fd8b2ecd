"""Which probe gets how much of the time, and what fresh workers are worth starting for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

ENOUGH = 0.8
"""Share of a probe's expected seconds that must be left of the budget for it to begin."""

ROUNDS = 3
"""Fresh pairs of workers a probe gets at most in a quick session, the first one counted."""

EXTRA = (40.0, 0.5)
"""Seconds, and share of what the first pair of workers took, that further ones may take where no budget is given."""


TAIL = 1.0
"""Seconds before the end of a budget at which further pairs stop: their facts are asked for, and they are ended."""


def fits(seconds: float, left: float | None) -> bool:
    """Return whether a probe of so many expected seconds may begin; always, where no time is set."""
    return left is None or left >= ENOUGH * seconds


def share(deadline: float | None, seconds: Sequence[float], *, now: float) -> float | None:
    """Return the share of what is left for the next probe, by expected seconds; half as much again, as some end early.

    Only probes that still fit count: one that will be left out for the budget must not starve the others.

    Args:
        deadline: monotonic time of the end, or None.
        seconds: expected, of the next probe and those after it.
        now: monotonic time.

    Returns:
        Monotonic time until which the next probe may run, or None.
    """
    if deadline is None:
        return None
    left = max(0.0, deadline - now)
    fitting, room = 0.0, left
    for expected in seconds:
        if fits(expected, room):
            fitting, room = fitting + expected, room - expected
    return now + min(left, 1.5 * left * seconds[0] / max(fitting, seconds[0]))


def until(deadline: float | None, *, spent: float, now: float) -> float:
    """Return the monotonic time until which further pairs of workers may be measured."""
    return deadline - TAIL if deadline is not None else now + max(EXTRA[0], EXTRA[1] * spent)
