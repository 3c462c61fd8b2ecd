"""Turns pairs of turns into a ratio, an interval and a verdict.

Everything happens on the log scale, where "twice as fast" and "half as fast" lie equally far from a tie.
Pure: no files, no clock, no randomness.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from probes.types import EQUIVALENT, INCONCLUSIVE, Ratio

WIN = 1.05
"""A framework wins when the whole interval lies beyond this ratio: less makes no difference to a project."""

TIE = 1.10
"""Both are equivalent when the whole interval lies inside [1/1.10, 1.10]: one of +-5 % never proves a +-5 % tie."""

LEVEL = 0.95
"""Coverage of every interval."""

PROCESS_SD = 0.03
"""Standard deviation of ln(ratio) between fresh pairs of processes, where this machine has not been calibrated.

Repeats of one probe with fresh processes were seen to differ by 5-8 % on small shared machines, which is a
standard deviation of about 3 %. ``selftest`` replaces it by this machine's own."""

PROCESS_DF = 8
"""Degrees of freedom granted to the documented default above."""


@dataclass(frozen=True)
class Estimate:
    """A mean of log ratios with its standard error and degrees of freedom.

    ``bias`` bounds what a disturbance may have moved all of them by: no number of turns averages it away.
    """

    mean: float
    error: float
    df: float
    count: int
    bias: float = 0.0

    @property
    def half(self) -> float:
        """Half the width of the interval, on the log scale."""
        if self.error == 0 or self.count < 1:
            return self.bias
        return t_quantile((1 + LEVEL) / 2, self.df) * self.error + self.bias


def t_quantile(probability: float, df: float) -> float:
    """Return the quantile of Student's t distribution; df may be fractional or infinite."""
    if math.isinf(df) or df > 1e6:
        return statistics.NormalDist().inv_cdf(probability)
    from scipy import special

    return float(special.stdtrit(df, probability))


def t_tail(value: float, df: float) -> float:
    """Return P(T > value)."""
    if math.isinf(df) or df > 1e6:
        return 1 - statistics.NormalDist().cdf(value)
    from scipy import special

    return float(special.stdtr(df, -value))


def within(log_ratios: Sequence[float]) -> Estimate:
    """Estimate the ratio of this very pair of processes from its turns.

    Raises:
        ValueError: fewer than two pairs.
    """
    count = len(log_ratios)
    if count < 2:
        raise ValueError(f"{count} pairs give no interval; at least 2 are needed")
    return Estimate(statistics.fmean(log_ratios), statistics.stdev(log_ratios) / math.sqrt(count), count - 1, count)


def widened(estimate: Estimate, *, process_sd: float, process_df: float) -> Estimate:
    """Widen an estimate from one pair of processes so that it holds for fresh pairs too.

    The variances add; the degrees of freedom follow Welch and Satterthwaite (Biometrics Bulletin 2, 1946).
    """
    inner, outer = estimate.error**2, process_sd**2
    if outer == 0:
        return estimate
    total = inner + outer
    df = total**2 / (inner**2 / estimate.df + outer**2 / process_df)
    return replace(estimate, error=math.sqrt(total), df=df)


def pooled(estimates: Sequence[Estimate], *, process_sd: float, process_df: float) -> Estimate:
    """Estimate from a few fresh pairs of processes, by what this machine's spread was and what these pairs show of it.

    Two or three pairs alone give no usable spread (Student's t on one degree of freedom is 12.7), and a spread known
    from earlier must not outweigh what is seen now: the two variances are pooled by their degrees of freedom.

    Args:
        estimates: one a pair of processes, at least one.
        process_sd: standard deviation of ln(ratio) between fresh pairs, known from earlier.
        process_df: its degrees of freedom.
    """
    alone = [widened(estimate, process_sd=process_sd, process_df=process_df) for estimate in estimates]
    if len(alone) == 1:
        return alone[0]
    count, means = len(alone), [estimate.mean for estimate in alone]
    known, seen = statistics.fmean(e.error**2 for e in alone), statistics.variance(means)
    known_df = statistics.fmean(e.df for e in alone)
    df = known_df + count - 1
    variance = (known_df * known + (count - 1) * seen) / df
    return Estimate(
        mean=statistics.fmean(means),
        error=math.sqrt(variance / count),
        df=df,
        count=sum(e.count for e in alone),
        bias=statistics.fmean(e.bias for e in alone),
    )


def between(estimates: Sequence[Estimate]) -> Estimate:
    """Estimate from restarts: the spread between pairs of processes, not within, gives the interval."""
    found = within([estimate.mean for estimate in estimates])
    bias = statistics.fmean(estimate.bias for estimate in estimates)
    return replace(found, count=sum(estimate.count for estimate in estimates), bias=bias)


def ratio(estimate: Estimate, *, numerator: str, denominator: str) -> Ratio:
    """Compute the interval and apply the band rule."""
    low, high = estimate.mean - estimate.half, estimate.mean + estimate.half
    return Ratio(
        value=math.exp(estimate.mean),
        low=math.exp(low),
        high=math.exp(high),
        pairs=estimate.count,
        favours=verdict(low, high, numerator=numerator, denominator=denominator),
        numerator=numerator,
        denominator=denominator,
    )


def verdict(low: float, high: float, *, numerator: str, denominator: str) -> str:
    """Name the cheaper framework, a tie, or neither, from an interval on the log scale."""
    if low > math.log(WIN):
        return denominator
    if high < -math.log(WIN):
        return numerator
    if -math.log(TIE) < low and high < math.log(TIE):
        return EQUIVALENT
    return INCONCLUSIVE


def p_value(estimate: Estimate, favours: str) -> float:
    """Return the one-sided p value of a verdict against the edge of the band that it claims to have passed.

    1.0 for ``inconclusive``, which claims nothing; for a tie the larger of the two one-sided tests (TOST,
    Schuirmann 1987).
    """
    if favours == INCONCLUSIVE:
        return 1.0
    if estimate.error == 0:
        return 0.0
    distance = math.log(TIE) - abs(estimate.mean) if favours == EQUIVALENT else abs(estimate.mean) - math.log(WIN)
    distance -= estimate.bias
    return t_tail(distance / estimate.error, estimate.df)


def holm(p_values: Mapping[str, float]) -> frozenset[str]:
    """Return the keys whose claims stand when all are made at once (Holm 1979), at the level of one interval's side."""
    alpha, standing = (1 - LEVEL) / 2, set()
    claims = sorted((p, key) for key, p in p_values.items() if p < 1.0)
    for rank, (p, key) in enumerate(claims):
        if p > alpha / (len(claims) - rank):
            break
        standing.add(key)
    return frozenset(standing)


def turn_cost(seconds: Sequence[float]) -> float:
    """Return what one turn says: the median of its iterations, which one interruption does not move.

    Raises:
        ValueError: an iteration did not take a positive, finite time.
    """
    if not seconds or not all(math.isfinite(s) and s > 0 for s in seconds):
        raise ValueError("an iteration took no positive, finite time")
    return statistics.median(seconds)


CLEAN = 0.03
"""Share of a block that its threads may have been kept waiting for it to count as one that nothing held up."""

CLEAN_BLOCKS = 2
"""Blocks of a turn that nothing held up, from which they speak for it."""

CACHES = 0.3
"""Part of its waiting share by which a block that was held up may still be too long when the waiting is taken out: its
caches come back cold. Blocks half of which was waiting were seen 6 to 20 % longer than the clean ones beside them."""


def clean_blocks(seconds: Sequence[float], waited: Sequence[float]) -> list[float]:
    """Return the blocks that no other load held up."""
    return [second for second, wait in zip(seconds, waited, strict=True) if wait <= CLEAN * second]


def enough_clean(seconds: Sequence[float], waited: Sequence[float] | None) -> bool:
    """Return whether a turn's clean blocks speak for it; where the system does not tell waiting, all count as clean."""
    return not waited or len(clean_blocks(seconds, waited)) >= min(CLEAN_BLOCKS, len(seconds))


def block_cost(
    seconds: Sequence[float], waited: Sequence[float] | None, surely: Sequence[float] | None = None
) -> tuple[float, float]:
    """Return what one turn cost, and how far off, on the log scale, another load may have put it.

    A turn is many short blocks, so that on a busy machine too some of them are run through: their median is the cost.
    Where too few are, waiting is taken out. How much of it lay on the way is known within bounds only where several
    threads work: the middle is taken, and half the gap is doubt.

    Args:
        seconds: wall time of an iteration, one entry a block.
        waited: the part of each that other load held up at most; None where the system does not tell.
        surely: the part that it held up at least; none where nothing is given.

    Raises:
        ValueError: a block did not take a positive, finite time.
    """
    wall = turn_cost(seconds)
    if not waited:
        return wall, 0.0
    if enough_clean(seconds, waited):
        return statistics.median(clean_blocks(seconds, waited)), 0.0
    least, most = (turn_cost(without(seconds, waits)) for waits in (waited, surely or [0.0] * len(seconds)))
    doubt = math.log(most / least) / 2 + CACHES * (1 - math.sqrt(least * most) / wall)
    return math.sqrt(least * most), doubt


def without(seconds: Sequence[float], waited: Sequence[float]) -> list[float]:
    """Subtract the waiting from wall times; a tenth is left in any case, as no reading is that exact."""
    return [max(second - wait, second / 10) for second, wait in zip(seconds, waited, strict=True)]


def steady(costs: Sequence[float], *, window: int = 5, tolerance: float = 0.03) -> bool:
    """Return whether the last two windows of costs lie on one level.

    They do when their medians differ by less than the tolerance, or by less than the scatter inside them
    (median absolute deviation), so that a noisy machine is not taken for a warming one.
    """
    if len(costs) < 2 * window:
        return False
    older, newer = costs[-2 * window : -window], costs[-window:]
    level = statistics.median(older)
    scatter = statistics.median(abs(cost - level) for cost in older) / level
    return abs(statistics.median(newer) / level - 1) < max(tolerance, scatter)


def break_even(cold: float, step: float, other_cold: float, other_step: float) -> float | None:
    """Return after how many steps the side that starts slower has caught up; None where it never does.

    Args:
        cold: seconds before the first side's first step.
        step: seconds a step of it.
        other_cold: the same of the other side.
        other_step: the same of the other side.
    """
    saved, debt = other_step - step, cold - other_cold
    if debt * saved <= 0:
        return None
    return debt / saved
