"""Tipping points: the smallest shift of weight, the one claim and the one measured ratio that would flip the result.

Each is recomputed before it is shown. Pure: no files, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from advisor.analysis import messages
from advisor.analysis.leave_one_out import Estimates, LeaveOneOut
from advisor.engine import observations, smaa
from advisor.engine.arrays import leaders, observe
from advisor.engine.pooling import Floats
from advisor.engine.scoring import Judged, Scored, assemble
from advisor.model.recommendation import Flip, PlannedProbe

BEYOND = 1e-6
"""How far past the point of balance a flip is taken, relative to the scale, so that it is a flip and no tie."""

CLEAR = 1e-9
"""A new leader leads by more than rounding."""

HALVINGS = 50
"""Bisection steps on a ratio's scale: well below rounding."""


def weight_flip(scored: Scored, *, random_seed: int) -> Flip | None:
    """Return the smallest transfer of weight between two criteria that changes the leader.

    With d_j the leader's advantage on criterion j and D = sum w_j d_j, moving tau = D / (d_i - d_k) from i to k
    balances the two; feasible where tau <= w_i. The smallest over all pairs and rivals is taken.
    """
    judged = scored.judged
    leader = int(judged.winner[0])
    weights = judged.weights[0]
    if leader < 0 or not weights.any():
        return None
    best: tuple[float, int, int] | None = None
    for rival in np.flatnonzero(judged.allowed[0]):
        if rival == leader:
            continue
        advantage = judged.values[0, :, leader] - judged.values[0, :, rival]  # (J,)
        lead = float(judged.utility[0, leader] - judged.utility[0, rival])
        slope = advantage[:, None] - advantage[None, :]  # (from, to)
        shift = np.divide(lead, slope, out=np.full_like(slope, np.inf), where=slope > 0) + BEYOND
        shift[shift > weights[:, None]] = np.inf
        shift[:, weights == 0] = np.inf  # to something that matters to the user
        place = int(shift.argmin())
        giver, taker = divmod(place, len(weights))
        if np.isfinite(shift[giver, taker]) and (best is None or shift[giver, taker] < best[0]):
            best = (float(shift[giver, taker]), giver, taker)
    if best is None:
        return None
    share, giver, taker = best
    moved = weights.copy()
    moved[giver] -= share
    moved[taker] += share
    after = assemble(
        moved[None, :], judged.values, judged.variance, allowed=judged.allowed, covariance=judged.covariance
    )
    criteria = scored.problem.criteria
    change = {"from": criteria[giver], "to": criteria[taker], "share": share}
    return _flip(scored, after, change, kind="weight", random_seed=random_seed)


def claim_flip(scored: Scored, left_out: LeaveOneOut, *, random_seed: int) -> Flip | None:
    """Return the one claim whose removal flips the result; where none does, whose effect needs to change least."""
    leader = int(scored.judged.winner[0])
    if leader < 0:
        return None
    claims = left_out.weighing()
    removals = [
        (_lead(scored, left_out.utilities(left_out.criterion(claim), estimates), leader), claim, estimates)
        for claim in claims
        for estimates in [left_out.without(claim)]
    ]
    for lead, claim, estimates in sorted(removals, key=lambda entry: (entry[0], entry[1])):
        if lead < 0:
            after = _revalued(scored, left_out, left_out.criterion(claim), estimates)
            flip = _flip(scored, after, {"claim": claim, "value": None}, kind="claim", random_seed=random_seed)
            if flip is not None:
                return flip
    return _effect_flip(scored, left_out, claims, random_seed=random_seed)


def _effect_flip(scored: Scored, left_out: LeaveOneOut, claims: Sequence[str], *, random_seed: int) -> Flip | None:
    """Return the smallest change of one effect of one claim that flips the result."""
    leader = int(scored.judged.winner[0])
    frameworks = scored.problem.frameworks
    tried: list[tuple[int, float, str, str, int, Estimates]] = []
    for claim in claims:
        for framework, effect in sorted(scored.problem.knowledge.claims[claim].value.items()):
            place = frameworks.index(framework) if framework in frameworks else -1
            # worse for the leader, better for a rival: the far end tells whether any effect would do
            step, end = (-1, -2) if place == leader else (1, 2)
            if place < 0 or effect == end:
                continue
            j = left_out.criterion(claim)
            if _lead(scored, left_out.utilities(j, left_out.with_effects(claim, {place: end})), leader) >= 0:
                continue
            for other in range(effect + step, end + step, step):
                estimates = left_out.with_effects(claim, {place: other})
                lead = _lead(scored, left_out.utilities(j, estimates), leader)
                if lead < 0:
                    tried.append((abs(other - effect), lead, claim, framework, other, estimates))
                    break
    for _, _, claim, framework, other, estimates in sorted(tried, key=lambda entry: entry[:5]):
        after = _revalued(scored, left_out, left_out.criterion(claim), estimates)
        change = {"claim": claim, "value": {framework: other}}
        flip = _flip(scored, after, change, kind="claim", random_seed=random_seed)
        if flip is not None:
            return flip
    return None


def _lead(scored: Scored, utility: Floats, leader: int) -> float:
    """Return the leader's lead over the best other framework that meets the requirements."""
    others = [utility[a] for a in np.flatnonzero(scored.judged.allowed[0]) if a != leader]
    return float(utility[leader] - max(others)) if others else math.inf


def _revalued(scored: Scored, left_out: LeaveOneOut, j: int, estimates: Estimates) -> Judged:
    judged = scored.judged
    values, variance = judged.values.copy(), judged.variance.copy()
    values[0, j], covariance = left_out.values(j, estimates)
    variance[0, j] = np.diagonal(covariance)
    return assemble(judged.raw, values, variance, allowed=judged.allowed, covariance=judged.covariance)


# ---------------------------------------------------------------- a measured ratio


def shifted(scored: Scored, j: int, *, pair: tuple[int, int], gap: float, noise: float) -> Judged:
    """Return the result after one more observation of v_a - v_b on criterion j with variance ``noise``."""
    judged, covariance = scored.judged, scored.covariance_on(j)
    mean, after = observe(judged.values[:, j, :], covariance[None, :, :], pair=pair, gap=gap, noise=noise)
    values, variance = judged.values.copy(), judged.variance.copy()
    values[0, j] = np.clip(mean[0], 0.0, 1.0)
    variance[0, j] = np.diagonal(after[0])
    return assemble(judged.raw, values, variance, allowed=judged.allowed, covariance=judged.covariance)


def balance(lead: Callable[[float], float], *, start: float) -> float | None:
    """Return where in [-1, 1] a monotone ``lead``, positive at ``start``, falls clearly below 0; None where nowhere."""
    for end in (-1.0, 1.0):
        if lead(end) < -CLEAR:
            return boundary(lambda gap: lead(gap) < -CLEAR, inside=start, outside=end)
    return None


def boundary(changed: Callable[[float], bool], *, inside: float, outside: float, apart: float = 0.0) -> float:
    """Return where ``changed``, False ``inside`` and True ``outside``, turns: a place at which it is True.

    Args:
        apart: how near to it a place at which it is still False is to be found; 0 = as near as rounding lets.
    """
    for _ in range(HALVINGS):
        if abs(outside - inside) <= apart:
            break
        middle = (inside + outside) / 2.0
        inside, outside = (inside, middle) if changed(middle) else (middle, outside)
    return outside


def ratio_that_flips(scored: Scored, criterion: str, *, pair: tuple[str, str], transfer: float) -> float | None:
    """Return the ratio cost(numerator)/cost(denominator) at which one more probe would change the leader.

    Args:
        criterion: one with a ``full_scale``. pair: (numerator, denominator).
        transfer: sd of the probe's word about the real job, on the log ratio.
    """
    problem, judged = scored.problem, scored.judged
    leader = int(judged.winner[0])
    j = problem.criteria.index(criterion)
    if leader < 0 or judged.weights[0, j] <= 0:
        return None
    span = observations.scale(problem.knowledge.criteria[criterion])
    a, b = problem.frameworks.index(pair[1]), problem.frameworks.index(pair[0])
    covariance = scored.covariance_on(j)
    values, weight, rest = judged.values[0, j], judged.weights[0, j], judged.utility[0]
    noise = (transfer / span) ** 2

    def lead(gap: float) -> float:
        mean, _ = observe(values[None, :], covariance[None, :, :], pair=(a, b), gap=gap, noise=noise)
        return _lead(scored, rest + weight * (np.clip(mean[0], 0.0, 1.0) - values), leader)

    gap = balance(lead, start=float(values[a] - values[b]))
    if gap is None:
        return None
    after = shifted(scored, j, pair=(a, b), gap=gap, noise=noise)
    return math.exp(gap * span) if leaders(after.utility, after.allowed)[0] != leader else None


def probe_flip(scored: Scored, plan: Sequence[PlannedProbe], *, random_seed: int) -> Flip | None:
    """Return the flip of the planned probe whose result has least to differ from a ratio of 1."""
    able = [(abs(math.log(p.would_flip_at)), p.would_flip_at, p) for p in plan if p.would_flip_at is not None]
    if not able:
        return None
    _, ratio, nearest = min(able, key=lambda entry: (entry[0], entry[2].probe))
    problem = scored.problem
    span = observations.scale(problem.knowledge.criteria[nearest.criterion])
    after = shifted(
        scored,
        problem.criteria.index(nearest.criterion),
        pair=(problem.frameworks.index(nearest.denominator), problem.frameworks.index(nearest.numerator)),
        gap=math.log(ratio) / span,
        noise=(problem.knowledge.settings.transfer / span) ** 2,
    )
    change = {
        "probe": nearest.probe,
        "ratio": ratio,
        "numerator": nearest.numerator,
        "denominator": nearest.denominator,
        "criterion": nearest.criterion,
    }
    return _flip(scored, after, change, kind="probe", random_seed=random_seed)


# ---------------------------------------------------------------- showing


def _flip(scored: Scored, after: Judged, change: Mapping[str, object], *, kind: str, random_seed: int) -> Flip | None:
    """Return the flip with the acceptability it leads to, or None where it does not flip after all."""
    problem = scored.problem
    winner = int(after.winner[0])
    if winner == scored.judged.winner[0]:
        return None
    name = problem.frameworks[winner] if winner >= 0 else None
    trial = smaa.trial_of(scored, random_seed=random_seed, judged=after)
    return Flip.model_validate(
        {
            "change": change,
            "recommended": name,
            "acceptability": smaa.acceptability(trial),
            "kind": kind,
            "text": messages.other_flip(problem.knowledge, change, kind=kind, winner=name),
        }
    )
