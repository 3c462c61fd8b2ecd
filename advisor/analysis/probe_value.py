"""Which probes to run: the expected value of what each would tell, per second.

Knowledge gradient of a normal observation (Frazier, Powell & Dayanik, "The knowledge-gradient policy for
correlated normal beliefs", INFORMS Journal on Computing 21, 2009). Knows probes by their types alone.
Pure: no files, no clock.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from advisor.analysis import messages, tipping_points
from advisor.engine import observations
from advisor.engine.arrays import observe
from advisor.engine.conditions import spelled, truths, unless_elsewhere
from advisor.engine.pooling import Floats
from advisor.engine.scoring import Scored
from advisor.model.recommendation import PlannedProbe
from probes.types import Probe

Done = tuple[str, frozenset[str]]
"""A probe and the two frameworks it was run on, by their ids."""

NEGLIGIBLE = 1e-9
"""A gain in utility below this is no reason to prefer one probe to another: tails of a normal, not knowledge."""


FAR = 38.0
"""Standard deviations beyond which a normal's tail is 0 in floating point."""


def evsi(means: Sequence[float], slopes: Sequence[float]) -> float:
    """Return E[max_a (means_a + slopes_a Z)] - max_a means_a for Z ~ N(0, 1), in closed form.

    For two alternatives this is s [phi(z) - z Phi(-z)] with s the difference of slopes and z = |mu| / s.
    """
    envelope = _upper_envelope(sorted(zip(slopes, means, strict=True)))
    value = 0.0
    for (slope, mean), (next_slope, next_mean) in itertools.pairwise(envelope):
        crossing = min(FAR, abs((mean - next_mean) / (next_slope - slope)))
        density = math.exp(-0.5 * crossing**2) / math.sqrt(2.0 * math.pi)
        tail = 0.5 * math.erfc(crossing / math.sqrt(2.0))
        value += (next_slope - slope) * (density - crossing * tail)
    return max(0.0, value)


def _upper_envelope(lines: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the lines (slope, mean), sorted by slope, that are on top somewhere."""
    kept: list[tuple[float, float]] = []
    for line in lines:
        if kept and kept[-1][0] == line[0]:
            kept.pop()  # sorted: the later of two parallel lines is the higher
        while len(kept) >= 2 and _crossing(kept[-2], line) <= _crossing(kept[-2], kept[-1]):
            kept.pop()
        kept.append(line)
    return kept


def _crossing(one: tuple[float, float], other: tuple[float, float]) -> float:
    return (one[1] - other[1]) / (other[0] - one[0])


@dataclass
class Belief:
    """Covariance of the values on one criterion as the planned probes narrow it; the means stay."""

    covariance: Floats  # (n, n)

    def slopes(self, pair: tuple[int, int], noise: float) -> Floats:
        """Return by how much each value moves per standard deviation of what a probe of the pair would say."""
        a, b = pair
        cross = self.covariance[:, a] - self.covariance[:, b]
        return np.asarray(cross / math.sqrt(cross[a] - cross[b] + noise))

    def narrowed(self, pair: tuple[int, int], noise: float) -> None:
        """Return the belief once a probe of the pair is done."""
        nowhere = np.zeros((1, len(self.covariance)))
        _, after = observe(nowhere, self.covariance[None, :, :], pair=pair, gap=0.0, noise=noise)
        self.covariance = after[0]


@dataclass(frozen=True)
class _Candidate:
    probe: Probe
    j: int
    pair: tuple[int, int]  # (denominator, numerator) places: v_a - v_b is positive where the ratio is above 1
    noise: float


def probe_plan(
    scored: Scored, probes: Sequence[Probe], *, measurable: Collection[str], done: Collection[Done] = ()
) -> tuple[PlannedProbe, ...]:
    """Return the probes worth running, most value per second first; by what would be learnt where none has a value.

    Greedy: each takes what the earlier ones would tell for granted, so that the plan spreads over criteria.
    A probe is left out where its criterion has no ratio scale, where the user's answers say it is about
    something else, where it was measured on this pair already, or where the pair it compares is not both in the choice.

    Args:
        scored: the present result.
        probes: the catalogue.
        measurable: frameworks that probes can run. done: what was measured already.
    """
    pair = compared(scored, measurable)
    if pair is None:
        return ()
    candidates = _candidates(scored, probes, pair=pair, done=done)
    beliefs = {c.j: Belief(scored.covariance_on(c.j)) for c in candidates}
    flips: dict[str, float | None] = {}
    names = (scored.problem.frameworks[pair[1]], scored.problem.frameworks[pair[0]])  # numerator, denominator
    planned: list[PlannedProbe] = []
    # what a probe would tell hangs on its criterion alone, and changes only when one on that criterion is planned
    worth = {c.j: _value(scored, c, beliefs[c.j]) for c in candidates}
    learnt = {c.j: _learnt(scored, c, beliefs[c.j]) for c in candidates}
    while candidates:
        best = max(
            range(len(candidates)),
            key=lambda i: (
                worth[candidates[i].j] / candidates[i].probe.seconds,
                learnt[candidates[i].j] / candidates[i].probe.seconds,
            ),
        )
        chosen = candidates.pop(best)
        criterion = chosen.probe.criterion
        if criterion not in flips:
            transfer = scored.problem.knowledge.settings.transfer
            flips[criterion] = tipping_points.ratio_that_flips(scored, criterion, pair=names, transfer=transfer)
        planned.append(
            PlannedProbe(
                probe=chosen.probe.id,
                value=worth[chosen.j],
                seconds=chosen.probe.seconds,
                would_flip_at=flips[criterion],
                criterion=criterion,
                numerator=names[0],
                denominator=names[1],
                reason=messages.planned_probe(
                    scored.problem.knowledge,
                    criterion,
                    pair=names,
                    ratio=flips[criterion],
                    asked_only=chosen.probe.asked_only,
                ),
            )
        )
        beliefs[chosen.j].narrowed(chosen.pair, chosen.noise)
        worth[chosen.j] = _value(scored, chosen, beliefs[chosen.j])
        learnt[chosen.j] = _learnt(scored, chosen, beliefs[chosen.j])
    return tuple(planned)


def pair_of(plan: Sequence[PlannedProbe]) -> tuple[str, ...]:
    """Return the two frameworks that a plan compares, none where it is empty."""
    return (plan[0].denominator, plan[0].numerator) if plan else ()


def compared(scored: Scored, measurable: Collection[str]) -> tuple[int, int] | None:
    """Return the places (denominator, numerator) of the pair a session would compare, None where there is none.

    Of the frameworks that can be measured and meet the requirements, the best two; where requirements leave
    fewer, nothing that is measured can change the choice.
    """
    able = [framework for framework in scored.allowed if framework in measurable]
    if len(able) < 2:
        return None
    first, second = sorted(sorted(able, key=lambda f: (-scored.utility[f], f))[:2])
    return scored.problem.frameworks.index(first), scored.problem.frameworks.index(second)


def _candidates(
    scored: Scored, probes: Sequence[Probe], *, pair: tuple[int, int], done: Collection[Done]
) -> list[_Candidate]:
    problem = scored.problem
    couple = frozenset(problem.frameworks[place] for place in pair)
    found = []
    for probe in sorted(_relevant(scored, probes), key=lambda probe: probe.id):
        criterion = problem.knowledge.criteria.get(probe.criterion)
        if criterion is None or criterion.full_scale is None or probe.settings != "default":
            continue
        if (probe.id, couple) in done or probe.baseline:
            continue  # a baseline: modes of one framework are compared, which is no observation of a pair
        j = problem.criteria.index(probe.criterion)
        if scored.judged.weights[0, j] <= 0:
            continue
        noise = (problem.knowledge.settings.transfer / observations.scale(criterion)) ** 2
        found.append(_Candidate(probe, j, pair, noise))
    return found


def _relevant(scored: Scored, probes: Sequence[Probe]) -> list[Probe]:
    """Return the probes that are about this project: no answered question says otherwise."""
    options, spellings = scored.problem.options, [spelled(probe.relevant) for probe in probes]
    conditions = {spelling: unless_elsewhere(dict(spelling), options=options) for spelling in spellings}
    held = truths(list(conditions.values()), scored.answers[None, :])[0]
    about = dict(zip(conditions, held.tolist(), strict=True))
    return [probe for probe, spelling in zip(probes, spellings, strict=True) if about[spelling]]


def _learnt(scored: Scored, candidate: _Candidate, belief: Belief) -> float:
    """Return what would be learnt where nothing can change the choice: by how much the weighed values would move."""
    a, b = candidate.pair
    slopes = belief.slopes(candidate.pair, candidate.noise)
    return float(scored.judged.weights[0, candidate.j] * (slopes[a] - slopes[b]))


def _value(scored: Scored, candidate: _Candidate, belief: Belief) -> float:
    """Return the expected gain in utility from running one more probe, on what is believed by then."""
    judged = scored.judged
    allowed = np.flatnonzero(judged.allowed[0])
    slopes = judged.weights[0, candidate.j] * belief.slopes(candidate.pair, candidate.noise)
    gain = evsi(judged.utility[0, allowed].tolist(), slopes[allowed].tolist())
    return gain if gain > NEGLIGIBLE else 0.0
