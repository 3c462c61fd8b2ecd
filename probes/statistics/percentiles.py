"""Percentiles of single answers with intervals, and shares with theirs. Pure: the randomness comes from a seed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from probes.statistics import ratios
from probes.types import Interval

RESAMPLES = 400
"""Of the turns: a standard error needs some hundred (Efron & Tibshirani 1993, chapter 6)."""


LARGEST = 700.0
"""Powers of e beyond which floating point ends; evidence comes from strangers too."""


def estimates(
    turns: Sequence[Sequence[float]], percents: Sequence[float], *, seed: int | Sequence[int]
) -> list[ratios.Estimate]:
    """Estimate ln(percentile) of single answers from their turns.

    Answers of one turn resemble each other, so whole turns are drawn again and again (a cluster bootstrap), and the
    scatter of the percentile among the draws is its standard error. By how much turns differ among themselves is added
    whole: a session is one stretch of a machine's time, and the next one may lie as far off as a turn.

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
    variances = errors**2 + _drift(arrays, percents)
    return [
        ratios.Estimate(float(value), math.sqrt(variance), count - 1, count)
        for value, variance in zip(values, variances, strict=True)
    ]


def _drift(arrays: Sequence[npt.NDArray[Any]], percents: Sequence[float]) -> npt.NDArray[Any]:
    """Return the variance of a turn's own percentile beyond its sampling: what moves turns moves sessions too.

    Another session meets the machine in another state. Every turn's answers are parted into every other one: what the
    two halves of a turn have in common, over all turns, is the turn's and not the draw's.
    """
    if min(len(array) for array in arrays) < 2:
        return np.zeros(len(percents))
    halves = np.stack([[np.percentile(array[i::2], percents) for array in arrays] for i in range(2)])
    one, other = halves - halves.mean(axis=1, keepdims=True)
    return np.asarray(np.maximum(0.0, (one * other).sum(axis=0) / (len(arrays) - 1)))


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


def over_processes(processes: Sequence[Sequence[Sequence[float]]], percents: Sequence[float]) -> list[ratios.Estimate]:
    """Estimate ln(percentile) from several fresh processes: where the percentile of all answers lies for the next one.

    Every process weighs alike. How far a fresh process may lie off is how far these lie from each other (a prediction
    interval, Student's t with one degree of freedom less than processes), and by how much turns differ among themselves
    comes on top as for one process: on a machine that drifts, processes taken one after the other are too much alike.

    Args:
        processes: of each its turns, of each turn the seconds of its answers; at least two processes.
        percents: e.g. 50, 95, 99.

    Raises:
        ValueError: fewer than two processes.
    """
    count = len(processes)
    if count < 2:
        raise ValueError(f"{count} processes give no spread; at least 2 are needed")
    arrays = [[np.log(np.asarray(turn, float)) for turn in turns] for turns in processes]
    answers = [np.concatenate(turns) for turns in arrays]
    seen = np.var([np.percentile(one, percents) for one in answers], axis=0, ddof=1) * (1 + 1 / count)
    drift = np.mean([_drift(turns, percents) for turns in arrays], axis=0)
    values = np.percentile(
        np.concatenate(answers),
        percents,
        weights=np.concatenate([np.full(len(one), 1 / len(one)) for one in answers]),
        method="inverted_cdf",
    )
    turns = sum(map(len, processes))
    alone = [
        ratios.Estimate(float(value), math.sqrt(variance), count - 1, count)
        for value, variance in zip(values, seen, strict=True)
    ]
    return [
        ratios.widened(one, process_sd=math.sqrt(variance), process_df=max(1, turns - count))
        for one, variance in zip(alone, drift, strict=True)
    ]


def pooled(
    processes: Sequence[Sequence[Sequence[float]]],
    percents: Sequence[float],
    *,
    process_sd: float,
    process_df: float,
    seed: int | Sequence[int],
) -> list[Interval]:
    """Return percentiles in seconds with intervals that hold for fresh processes, from one process or several."""
    if len(processes) == 1:
        return intervals(processes[0], percents, process_sd=process_sd, process_df=process_df, seed=seed)
    spread = {"process_sd": process_sd, "process_df": process_df}
    return [interval(ratios.widened(one, **spread)) for one in over_processes(processes, percents)]


def readings(values: Sequence[float]) -> Interval:
    """Return the geometric mean of one reading a process, and where the next process lies (a prediction interval).

    Args:
        values: positive, at least two.
    """
    logs = [math.log(value) for value in values]
    error = statistics.stdev(logs) * math.sqrt(1 + 1 / len(logs))
    return interval(ratios.Estimate(statistics.fmean(logs), error, len(logs) - 1, len(logs)))


def interval(estimate: ratios.Estimate) -> Interval:
    """Return an estimate of a logarithm as the figure with its interval."""
    value, low, high = (
        math.exp(min(LARGEST, max(-LARGEST, power)))
        for power in (estimate.mean, estimate.mean - estimate.half, estimate.mean + estimate.half)
    )
    return Interval(value, low, high)


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
