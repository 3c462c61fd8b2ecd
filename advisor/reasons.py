"""Why: what each criterion contributes, which claims speak for and against, what the measurement moved.

Pure: no files, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor import measured as door
from advisor.robustness import Robustness
from advisor.scoring import Problem, Scored, Voice
from advisor.types import CriterionResult, Needs


@dataclass(frozen=True)
class Shares:
    """SMAA's results by name; a framework that is excluded takes no rank."""

    acceptability: dict[str, float]
    confidence: dict[str, float]
    pairwise: dict[str, dict[str, float]]
    central: dict[str, dict[str, float]]


def by_framework(problem: Problem, allowed: Sequence[str], firm: Robustness) -> Shares:
    """Name the rows and columns of SMAA's arrays."""
    place = {framework: index for index, framework in enumerate(allowed)}
    return Shares(
        acceptability={f: float(firm.acceptability[place[f], 0]) if f in place else 0.0 for f in problem.frameworks},
        confidence={f: float(firm.confidence[place[f]]) if f in place else 0.0 for f in problem.frameworks},
        pairwise={a: {b: float(firm.pairwise[place[a], place[b]]) for b in allowed if b != a} for a in allowed},
        central={
            f: {
                criterion: float(weight)
                for criterion, weight in zip(problem.criteria, firm.central[place[f]], strict=True)
                if weight > 0
            }
            for f in allowed
        },
    )


def spoken(voice: Voice, held: Any) -> tuple[set[str], set[str]]:
    """Return the claims a voice rests on under one row of conditions, and the needs whose route it uses."""
    claims = {claim for member in voice.members if held[member.condition] for claim in member.claims}
    needs: set[str] = set()
    for path in voice.paths:
        if not (held[path.need_condition] or not any(held[other] for other in path.rivals)):
            continue
        needs.add(path.need)
        for member in path.routes:
            if held[member.condition]:
                claims.update(member.claims)
                break
    return claims, needs


def criteria(problem: Problem, scored: Scored, needs: Needs) -> tuple[CriterionResult, ...]:
    """Return each criterion that weighs, heaviest first; contributions add up to the utility exactly."""
    judged = scored.judged
    held = problem.truths(problem.answers(needs)[None, :])
    prior_mean, prior_variance = problem.values(held)
    found = []
    for j in np.argsort(-judged.weights[0], kind="stable"):
        weight = float(judged.weights[0, j])
        if weight <= 0:
            continue
        values = judged.values[0, j]
        claims = set().union(*(spoken(v, held[0])[0] for voices in problem.voices[j] for v in voices))
        found.append(
            CriterionResult(
                id=problem.criteria[j],
                weight=weight,
                value=dict(zip(problem.frameworks, values.tolist(), strict=True)),
                contribution=dict(zip(problem.frameworks, (weight * values).tolist(), strict=True)),
                claims=tuple(sorted(claims)),
                sd=dict(zip(problem.frameworks, np.sqrt(judged.variance[0, j]).tolist(), strict=True)),
                measured=_measured(problem, int(j), prior_mean[0, j], prior_variance[0, j]),
            )
        )
    return tuple(found)


def _measured(problem: Problem, j: int, mean: Any, variance: Any) -> dict[str, Any] | None:
    """Return what the documents say and what was measured, both as ratios with 95 % intervals, and the conflict."""
    seen = [o for o in problem.finding.observations if o.criterion == problem.criteria[j]]
    if not seen:
        return None
    span = door.scale(problem.knowledge.criteria[problem.criteria[j]])
    pairs = []
    for numerator, denominator in sorted({(o.numerator, o.denominator) for o in seen}):
        ours = [o for o in seen if (o.numerator, o.denominator) == (numerator, denominator)]
        a, b = problem.frameworks.index(denominator), problem.frameworks.index(numerator)
        documented = span * float(mean[a] - mean[b])
        spread = span * math.sqrt(float(variance[a] + variance[b]))
        weight = sum(1.0 / o.variance for o in ours)
        observed = sum(o.mean / o.variance for o in ours) / weight
        after, after_sd, z = door.fuse(documented, spread, observed=observed, variance=1.0 / weight)
        pairs.append(
            {
                "numerator": numerator,
                "denominator": denominator,
                "documented": _interval(documented, spread),
                "measured": _interval(observed, math.sqrt(1.0 / weight)),
                "together": _interval(after, after_sd),
                "z": z,
                "conflict": abs(z) > door.CONFLICT,
                "probes": list(dict.fromkeys(probe for o in ours for probe in o.probes)),
                "other_machine": any(o.other_machine for o in ours),
            }
        )
    return {"pairs": pairs}


def _interval(mean: float, sd: float) -> dict[str, float]:
    half = door.QUANTILE_95 * sd
    return {"ratio": math.exp(mean), "low": math.exp(mean - half), "high": math.exp(mean + half)}
