"""Percentiles of single answers with intervals, and shares with theirs. Pure: the randomness comes from a seed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from probes.statistics import ratios
from probes.types import Interval

RESAMPLES = 400
"""Of the turns: a standard error needs some hundred (Efron & Tibshirani 1993, chapter 6)."""


def estimates(
    turns: Sequence[Sequence[float]], percents: Sequence[float], *, seed: int | Sequence[int]
) -> list[ratios.Estimate]:
    """Estimate ln(percentile) of single answers from their turns.

    Answers of one turn resemble each other, so whole turns are drawn again and again (a cluster bootstrap), and the
    scatter of the percentile among the draws is its standard error.

    Args:
        turns: seconds of the single answers, turn by turn; at least two turns.
        percents: e.g. 50, 95, 99.
        seed: of the draws.

    Raises:
        ValueError: fewer than two turns.
    """
    count = len(turns)
    if count < 2:
        raise ValueError(f"{count} turns give no interval; at least 2 are needed")
    arrays = [np.log(np.asarray(turn, float)) for turn in turns]
    draws = np.random.default_rng(seed).integers(count, size=(RESAMPLES, count))
    if len({len(array) for array in arrays}) == 1:
        drawn = np.percentile(np.stack(arrays)[draws].reshape(RESAMPLES, -1), percents, axis=1).T
    else:
        drawn = np.stack([np.percentile(np.concatenate([arrays[i] for i in draw]), percents) for draw in draws])
    # The draws' scatter falls short of that of fresh turns by (count - 1) / count.
    errors = np.std(drawn, axis=0, ddof=1) * math.sqrt(count / (count - 1))
    values = np.percentile(np.concatenate(arrays), percents)
    return [
        ratios.Estimate(float(value), float(error), count - 1, count)
        for value, error in zip(values, errors, strict=True)
    ]


def intervals(
    turns: Sequence[Sequence[float]],
    percents: Sequence[float],
    *,
    process_sd: float,
    process_df: float,
    seed: int | Sequence[int],
) -> list[Interval]:
    """Return percentiles in seconds with intervals that hold for fresh processes too.

    They are widened by the whole spread of a ratio between pairs of processes, although one process has but half its
    variance: what moves a machine as a whole from one session to the next cancels in a ratio and does not here.
    """
    spread = {"process_sd": process_sd, "process_df": process_df}
    return [interval(ratios.widened(one, **spread)) for one in estimates(turns, percents, seed=seed)]


def interval(estimate: ratios.Estimate) -> Interval:
    """Return an estimate of a logarithm as the figure with its interval."""
    low, high = estimate.mean - estimate.half, estimate.mean + estimate.half
    return Interval(math.exp(estimate.mean), math.exp(low), math.exp(high))


def share(hits: float, count: int) -> Interval:
    """Return a share with Wilson's interval (Journal of the American Statistical Association 22, 1927).

    Args:
        hits: of ``count``; a sample that agrees in part counts in part.
        count: at least one.
    """
    z = ratios.t_quantile((1 + ratios.LEVEL) / 2, math.inf)
    found = hits / count
    middle = (found + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * math.sqrt(found * (1 - found) / count + z**2 / (4 * count**2))
    return Interval(found, min(found, max(0.0, middle - half)), max(found, min(1.0, middle + half)))
