"""What one claim does to the result: utilities recomputed with it silent, or saying something else.

Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from advisor.engine import pooling
from advisor.engine.pooling import EvidenceGroup, Floats, Item
from advisor.engine.scoring import Problem, Scored


@dataclass(frozen=True)
class GroupEstimate:
    """A group of evidence and its estimate under the present answers.

    Attributes:
        items: those that are active. precision, mean: of them pooled.
        own: the claims of each of the group's own members.
    """

    group: EvidenceGroup
    items: tuple[Item, ...]
    precision: float
    mean: float
    own: frozenset[tuple[str, ...]]


Estimates = list[list[GroupEstimate]]
"""Of one criterion: [framework] -> the estimates of its groups."""


class LeaveOneOut:
    """The evidence under the present answers, criterion by criterion, ready to be pooled without one claim.

    Attributes:
        estimates: by criterion; only for criteria that weigh.
    """

    def __init__(self, scored: Scored) -> None:
        self.scored = scored
        self.problem: Problem = scored.problem
        self.held = scored.held
        self.estimates: dict[int, Estimates] = {
            int(j): [[self._estimate(group) for group in groups] for groups in self.problem.groups[j]]
            for j in np.flatnonzero(scored.judged.weights[0] > 0)
        }
        self._without: dict[str, Estimates] = {}

    def _estimate(self, group: EvidenceGroup) -> GroupEstimate:
        items = pooling.active(group, self.held)
        own = frozenset(member.claims for member in group.members)
        return GroupEstimate(group, tuple(items), *pooling.pool(items), own)

    def values(self, j: int, estimates: Estimates) -> tuple[Floats, Floats]:
        """Return the values (n,) and their covariance (n, n) on criterion j, were ``estimates`` all the evidence."""
        prior = self.problem.knowledge.settings.prior_sd**-2
        precision = np.array([prior + sum(e.precision for e in about) for about in estimates])
        moment = np.array([0.5 * prior + sum(e.precision * e.mean for e in about) for about in estimates])
        mean, covariance = self.problem.fused_criterion(j, (moment / precision)[None, :], (1.0 / precision)[None, :])
        return mean[0], covariance[0]

    def utilities(self, j: int, estimates: Estimates) -> Floats:
        """Return the utilities (n,) were ``estimates`` all the evidence on criterion j."""
        judged = self.scored.judged
        if j in self.problem.ratios:
            values, _ = self.values(j, estimates)
        else:
            prior = self.problem.knowledge.settings.prior_sd**-2
            values = np.array(
                [
                    (0.5 * prior + sum(e.precision * e.mean for e in about)) / (prior + sum(e.precision for e in about))
                    for about in estimates
                ]
            )
        return np.asarray(judged.utility[0] + judged.weights[0, j] * (values - judged.values[0, j]))

    def criterion(self, claim: str) -> int:
        """Return the place of the criterion a claim speaks to."""
        return self.problem.criteria.index(self.problem.knowledge.claims[claim].criterion)

    def without(self, claim: str) -> Estimates:
        """Return the evidence on a claim's criterion with the claim left out; kept, for it is asked for twice."""
        if claim not in self._without:
            self._without[claim] = [
                [self._altered(estimate, claim, effect=None) for estimate in about]
                for about in self.estimates[self.criterion(claim)]
            ]
        return self._without[claim]

    def with_effects(self, claim: str, effects: Mapping[int, int]) -> Estimates:
        """Return the evidence on a claim's criterion were its effects those given by framework place."""
        return [
            [self._altered(estimate, claim, effect=effects[a]) if a in effects else estimate for estimate in about]
            for a, about in enumerate(self.estimates[self.criterion(claim)])
        ]

    def _altered(self, estimate: GroupEstimate, claim: str, *, effect: int | None) -> GroupEstimate:
        """Return an estimate with a claim's effect replaced; None leaves the claim out."""
        if (claim,) not in estimate.own:
            return estimate
        members: list[Item] = []
        for member in estimate.group.members:
            if member.claims != (claim,):
                members.append(member)
            elif effect is not None:
                members.append(replace(member, mean=pooling.value_of(effect)))
        return self._estimate(EvidenceGroup(tuple(members), estimate.group.paths))

    def weighing(self) -> tuple[str, ...]:
        """Return the claims that speak for themselves about a criterion that weighs, by id."""
        return tuple(
            sorted(
                {
                    member.claims[0]
                    for of_criterion in self.estimates.values()
                    for about in of_criterion
                    for estimate in about
                    for member in estimate.group.members
                    if self.held[member.condition]
                }
            )
        )

    def influence(self, leader: int, rival: int) -> dict[str, float]:
        """Return by how much each claim widens the leader's lead over a rival, in utility.

        A claim that a route in use rests on takes an equal part of what that route does.
        """
        present = self.scored.judged.utility[0]
        lead = float(present[leader] - present[rival])

        def lost(j: int, estimates: Estimates) -> float:
            utility = self.utilities(j, estimates)
            return lead - float(utility[leader] - utility[rival])

        influence = {claim: lost(self.criterion(claim), self.without(claim)) for claim in self.weighing()}
        for j, estimates in self.estimates.items():
            for a in (leader, rival):
                for place, estimate in enumerate(estimates[a]):
                    cited = _cited_by_routes(estimate)
                    if not cited:
                        continue
                    silent = list(estimates)
                    silent[a] = [other for i, other in enumerate(estimates[a]) if i != place]
                    part = lost(j, silent) / len(cited)
                    for claim in cited:
                        influence[claim] = influence.get(claim, 0.0) + part
        return influence


def _cited_by_routes(estimate: GroupEstimate) -> list[str]:
    """Return the claims that a group's routes in use rest on and that do not speak for themselves in it."""
    routes = [item for item in estimate.items if item not in estimate.group.members]
    return [claim for route in routes for claim in route.claims if (claim,) not in estimate.own]
