"""Why: what each criterion contributes, which claims speak for and against, what the measurement moved.

Pure: no files, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from advisor.analysis import messages
from advisor.analysis.leave_one_out import LeaveOneOut
from advisor.engine import observations
from advisor.engine.observations import Observation
from advisor.engine.pooling import Floats
from advisor.engine.reference_results import observations_of
from advisor.engine.scoring import Problem, Scored
from advisor.engine.smaa import Shares, strength_of
from advisor.model.recommendation import (
    BeforeMeasuring,
    Contradiction,
    CriterionResult,
    Interval,
    MeasuredCriterion,
    MeasuredPair,
    MovedCriterion,
    closest_rival,
)

TRIFLE = 1e-9
"""A claim that moves the lead by less than this is no reason."""


def behind(left_out: LeaveOneOut, j: int) -> tuple[str, ...]:
    """Return the claims that a criterion's values rest on under the present answers."""
    items = (item for about in left_out.estimates[j] for estimate in about for item in estimate.items)
    return tuple(sorted({claim for item in items for claim in item.claims}))


def for_and_against(scored: Scored, left_out: LeaveOneOut) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the claims that widen the leader's lead over its closest rival, and those that narrow it.

    Most decisive first; what a claim does is found by leaving it out. A claim that says one thing and does the
    other (one that only adds precision to a value, or stands behind a route) is no reason a reader would accept:
    it counts in the values and is not listed.
    """
    rival = closest_rival(scored.utility, leader=scored.leader, excluded=scored.excluded)
    if scored.leader is None or rival is None:
        return (), ()
    frameworks = scored.problem.frameworks
    found = left_out.influence(frameworks.index(scored.leader), frameworks.index(rival))
    order = sorted(found, key=lambda claim: (-abs(found[claim]), claim))
    claims = scored.problem.knowledge.claims
    # A route may cite a claim that the base no longer holds; what the route does then speaks for it.
    says = {c: _says(claims[c].value, scored.leader, rival) if c in claims else found[c] for c in order}
    return (
        tuple(c for c in order if found[c] > TRIFLE and says[c] > 0),
        tuple(c for c in order if found[c] < -TRIFLE and says[c] < 0),
    )


def _says(value: Mapping[str, int], leader: str, rival: str) -> int:
    """Return for whom a claim's effects speak: above 0 the leader, below 0 the rival."""
    return value.get(leader, 0) - value.get(rival, 0)


def criteria(scored: Scored, left_out: LeaveOneOut) -> tuple[CriterionResult, ...]:
    """Return each criterion that weighs, heaviest first; contributions add up to the utility exactly."""
    problem, judged = scored.problem, scored.judged
    prior_mean, prior_variance = problem.values(left_out.held[None, :])
    found = []
    for j in np.argsort(-judged.weights[0], kind="stable"):
        weight = float(judged.weights[0, j])
        if weight <= 0:
            continue
        values = judged.values[0, j]
        found.append(
            CriterionResult(
                id=problem.criteria[j],
                weight=weight,
                value=dict(zip(problem.frameworks, values.tolist(), strict=True)),
                contribution=dict(zip(problem.frameworks, (weight * values).tolist(), strict=True)),
                claims=behind(left_out, int(j)),
                sd=dict(zip(problem.frameworks, np.sqrt(judged.variance[0, j]).tolist(), strict=True)),
                measured=_measured(problem, int(j), prior_mean[0, j], prior_variance[0, j]),
            )
        )
    return tuple(found)


def _measured(problem: Problem, j: int, mean: Floats, variance: Floats) -> MeasuredCriterion | None:
    """Return what the documents say and what was measured, both as ratios with 95 % intervals, and the conflict."""
    seen = [o for o in problem.finding.observations if o.criterion == problem.criteria[j]]
    if not seen:
        return None
    span = observations.scale(problem.knowledge.criteria[problem.criteria[j]])
    pairs = []
    for numerator, denominator in sorted({(o.numerator, o.denominator) for o in seen}):
        ours = [o for o in seen if (o.numerator, o.denominator) == (numerator, denominator)]
        a, b = problem.frameworks.index(denominator), problem.frameworks.index(numerator)
        documented = span * float(mean[a] - mean[b])
        spread = span * math.sqrt(float(variance[a] + variance[b]))
        weight = sum(1.0 / o.variance for o in ours)
        observed = sum(o.mean / o.variance for o in ours) / weight
        *_, z = observations.fuse(documented, spread, observed=observed, variance=1.0 / weight)
        after, after_sd = _together(problem, (documented, spread), ours)
        pairs.append(
            MeasuredPair(
                numerator=numerator,
                denominator=denominator,
                documented=_interval(documented, spread),
                measured=_interval(observed, math.sqrt(1.0 / weight)),
                together=_interval(after, after_sd),
                z=z,
                conflict=abs(z) > observations.CONFLICT,
                probes=tuple(dict.fromkeys(probe for o in ours for probe in o.probes)),
                other_machine=any(o.other_machine for o in ours),
            )
        )
    return MeasuredCriterion(pairs=tuple(pairs))


def _together(problem: Problem, documented: tuple[float, float], ours: Sequence[Observation]) -> tuple[float, float]:
    """Return mean and deviation of a log ratio from the documents, the user's measurements and the reference."""
    about = (ours[0].criterion, ours[0].numerator, ours[0].denominator)
    reference = observations_of(problem.finding.reference)
    every = [*ours, *(o for o in reference if (o.criterion, o.numerator, o.denominator) == about)]
    weight = sum(1.0 / o.variance for o in every)
    observed = sum(o.mean / o.variance for o in every) / weight
    mean, sd, _ = observations.fuse(*documented, observed=observed, variance=1.0 / weight)
    return mean, sd


def _interval(mean: float, sd: float) -> Interval:
    """Return a ratio with its 95 % interval from the mean and deviation of its logarithm."""
    half = observations.QUANTILE_95 * sd
    return Interval(ratio=math.exp(mean), low=math.exp(mean - half), high=math.exp(mean + half))


def contradictions(problem: Problem, results: Sequence[CriterionResult]) -> tuple[Contradiction, ...]:
    """Return where the machine and the documents disagree: both numbers stand, nothing is overwritten."""
    return tuple(
        Contradiction(
            criterion=result.id,
            numerator=pair.numerator,
            denominator=pair.denominator,
            expected=pair.documented.ratio,
            expected_interval=(pair.documented.low, pair.documented.high),
            measured=pair.measured.ratio,
            measured_interval=(pair.measured.low, pair.measured.high),
            z=pair.z,
            text=messages.conflict(problem.knowledge, result.id, pair),
        )
        for result in results
        if result.measured is not None
        for pair in result.measured.pairs
        if pair.conflict
    )


def before(undone: Scored, scored: Scored, *, shares: Mapping[str, Shares]) -> BeforeMeasuring:
    """Return the result as it was without the measurements, and what they moved, most first."""
    problem = scored.problem
    contribution = [judged.weights[0][:, None] * judged.values[0] for judged in (undone.judged, scored.judged)]
    change = contribution[1] - contribution[0]  # (J, n)
    order = np.argsort(-np.ptp(change, axis=1), kind="stable")
    leading = {f: shares[f].ranks[0] if f in shares else 0.0 for f in problem.frameworks}
    return BeforeMeasuring(
        recommended=undone.leader,
        strength=strength_of(leading.get(undone.leader or "", 0.0), problem.knowledge.settings),
        acceptability=leading,
        utility=undone.utility,
        changed=undone.leader != scored.leader,
        moved=tuple(
            MovedCriterion(
                criterion=problem.criteria[j],
                before=dict(zip(problem.frameworks, contribution[0][j].tolist(), strict=True)),
                after=dict(zip(problem.frameworks, contribution[1][j].tolist(), strict=True)),
            )
            for j in order
            if np.ptp(change[j]) > TRIFLE
        ),
    )
