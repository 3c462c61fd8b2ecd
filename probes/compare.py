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
    """A mean of log ratios with its standard error and degrees of freedom."""

    mean: float
    error: float
    df: float
    count: int

    @property
    def half(self) -> float:
        """Half the width of the interval, on the log scale."""
        if self.error == 0 or self.count < 1:
            return 0.0
        return t_quantile((1 + LEVEL) / 2, self.df) * self.error


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
    """Let an estimate from one pair of processes speak for fresh pairs too.

    The variances add; the degrees of freedom follow Welch and Satterthwaite (Biometrics Bulletin 2, 1946).
    """
    inner, outer = estimate.error**2, process_sd**2
    if outer == 0:
        return estimate
    total = inner + outer
    df = total**2 / (inner**2 / estimate.df + outer**2 / process_df)
    return replace(estimate, error=math.sqrt(total), df=df)


def between(estimates: Sequence[Estimate]) -> Estimate:
    """Estimate from restarts: the spread between pairs of processes, not within, gives the interval."""
    found = within([estimate.mean for estimate in estimates])
    return replace(found, count=sum(estimate.count for estimate in estimates))


def ratio(estimate: Estimate, *, numerator: str, denominator: str) -> Ratio:
    """Give the interval and apply the band rule."""
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


def steady(costs: Sequence[float], *, window: int = 5, tolerance: float = 0.03) -> bool:
    """Say whether the last two windows of costs lie on one level.

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
