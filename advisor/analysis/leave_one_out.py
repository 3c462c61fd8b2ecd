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
    """A voice and what it says under the present answers; ``own``: the claims of each of its members."""

    voice: EvidenceGroup
    members: tuple[Item, ...]
    precision: float
    mean: float
    own: frozenset[tuple[str, ...]]


class LeaveOneOut:
    """The present answers' voices, criterion by criterion, ready to be recounted without one of them.

    Attributes:
        said: j -> [a] -> what was said; only for criteria that weigh.
    """

    def __init__(self, scored: Scored) -> None:
        self.scored = scored
        self.problem: Problem = scored.problem
        self.held = scored.held
        self.said: dict[int, list[list[GroupEstimate]]] = {
            int(j): [[self._said(voice) for voice in heard] for heard in self.problem.voices[j]]
            for j in np.flatnonzero(scored.judged.weights[0] > 0)
        }
        self._without: dict[str, list[list[GroupEstimate]]] = {}

    def _said(self, voice: EvidenceGroup) -> GroupEstimate:
        said = pooling.active(voice, self.held)
        return GroupEstimate(
            voice, tuple(said), *pooling.pool(said), frozenset(member.claims for member in voice.members)
        )

    def recounted(self, j: int, heard: list[list[GroupEstimate]]) -> tuple[Floats, Floats]:
        """Return the values (n,) and their covariance (n, n) on criterion j, were ``heard`` all that is said."""
        prior = self.problem.knowledge.settings.prior_sd**-2
        precision = np.array([prior + sum(s.precision for s in of_framework) for of_framework in heard])
        moment = np.array([0.5 * prior + sum(s.precision * s.mean for s in of_framework) for of_framework in heard])
        mean, covariance = self.problem.fused_criterion(j, (moment / precision)[None, :], (1.0 / precision)[None, :])
        return mean[0], covariance[0]

    def utilities(self, j: int, heard: list[list[GroupEstimate]]) -> Floats:
        """Return the utilities (n,) were ``heard`` all that is said about criterion j."""
        judged = self.scored.judged
        if j in self.problem.ratios:
            values, _ = self.recounted(j, heard)
        else:
            prior = self.problem.knowledge.settings.prior_sd**-2
            values = np.array(
                [
                    (0.5 * prior + sum(s.precision * s.mean for s in said)) / (prior + sum(s.precision for s in said))
                    for said in heard
                ]
            )
        return np.asarray(judged.utility[0] + judged.weights[0, j] * (values - judged.values[0, j]))

    def criterion(self, claim: str) -> int:
        """Return the place of the criterion a claim speaks to."""
        return self.problem.criteria.index(self.problem.knowledge.claims[claim].criterion)

    def without(self, claim: str) -> list[list[GroupEstimate]]:
        """Return what is said about a claim's criterion with the claim left out; kept, for it is asked for twice."""
        if claim not in self._without:
            self._without[claim] = [
                [self._altered(said, claim, effect=None) for said in heard]
                for heard in self.said[self.criterion(claim)]
            ]
        return self._without[claim]

    def saying(self, claim: str, effects: Mapping[int, int]) -> list[list[GroupEstimate]]:
        """Return what is said about a claim's criterion were its effects those given by framework place."""
        return [
            [self._altered(said, claim, effect=effects[a]) if a in effects else said for said in heard]
            for a, heard in enumerate(self.said[self.criterion(claim)])
        ]

    def _altered(self, said: GroupEstimate, claim: str, *, effect: int | None) -> GroupEstimate:
        """Return a voice with a claim's members saying something else, or nothing."""
        if (claim,) not in said.own:
            return said
        members: list[Item] = []
        for member in said.voice.members:
            if member.claims != (claim,):
                members.append(member)
            elif effect is not None:
                members.append(replace(member, mean=pooling.value_of(effect)))
        return self._said(EvidenceGroup(tuple(members), said.voice.paths))

    def weighing(self) -> tuple[str, ...]:
        """Return the claims that speak for themselves about a criterion that weighs, by id."""
        found = {
            member.claims[0]
            for heard in self.said.values()
            for of_framework in heard
            for said in of_framework
            for member in said.voice.members
            if self.held[member.condition]
        }
        return tuple(sorted(found))

    def influence(self, leader: int, rival: int) -> dict[str, float]:
        """Return by how much each claim widens the leader's lead over a rival, in utility.

        A claim that a route in use rests on takes an equal part of what that route does.
        """
        present = self.scored.judged.utility[0]
        gap = float(present[leader] - present[rival])
        found: dict[str, float] = {}
        for claim in self.weighing():
            other = self.utilities(self.criterion(claim), self.without(claim))
            found[claim] = gap - float(other[leader] - other[rival])
        for j, heard in self.said.items():
            for a in (leader, rival):
                for place, said in enumerate(heard[a]):
                    own = said.own
                    cited = [c for member in said.members if member not in said.voice.members for c in member.claims]
                    cited = [claim for claim in cited if (claim,) not in own]
                    if not cited:
                        continue
                    silent = list(heard)
                    silent[a] = [s for i, s in enumerate(heard[a]) if i != place]
                    other = self.utilities(j, silent)
                    part = (gap - float(other[leader] - other[rival])) / len(cited)
                    for claim in cited:
                        found[claim] = found.get(claim, 0.0) + part
        return found
