"""From answers to utilities: one needs document judged, by name. Pure: no files, no clock.

``prepare`` compiles a knowledge base once; the ``Problem`` it returns judges many sets of answers at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from advisor.engine.compilation import prepare
from advisor.engine.conditions import Bools
from advisor.engine.observations import Finding
from advisor.engine.pooling import Floats
from advisor.engine.problem import Judged, Problem, assemble
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs

__all__ = ["Judged", "Problem", "Scored", "assemble", "judge", "prepare", "score"]


@dataclass(frozen=True)
class Scored:
    """One set of answers judged, by name.

    ``answers``: (options,); ``held``: (conditions,) which hold; ``judged`` has K = 1.
    """

    problem: Problem
    needs: Needs
    answers: Bools
    held: Bools
    judged: Judged
    utility: dict[str, float]
    allowed: tuple[str, ...]
    leader: str | None

    @property
    def excluded(self) -> frozenset[str]:
        """The frameworks that miss a requirement."""
        return frozenset(self.problem.frameworks) - frozenset(self.allowed)

    def covariance_on(self, j: int) -> Floats:
        """Return the (n, n) covariance of the values on a criterion."""
        found = self.judged.covariance.get(j)
        return found[0] if found is not None else np.diag(self.judged.variance[0, j])


def score(
    needs: Needs,
    knowledge: Knowledge,
    *,
    today: date,
    versions: Mapping[str, str] | None = None,
    finding: Finding | None = None,
) -> Scored:
    """Judge one needs document."""
    return judge(prepare(knowledge, today=today, versions=versions, finding=finding), needs)


def judge(problem: Problem, needs: Needs) -> Scored:
    """Judge one needs document with a prepared knowledge base."""
    answers = problem.answers(needs)
    held = problem.truths(answers[None, :])
    judged = problem.judge_held(answers[None, :], held, needs.priorities)
    winner = int(judged.winner[0])
    return Scored(
        problem=problem,
        needs=needs,
        answers=answers,
        held=held[0],
        judged=judged,
        utility=dict(zip(problem.frameworks, judged.utility[0].tolist(), strict=True)),
        allowed=tuple(f for f, ok in zip(problem.frameworks, judged.allowed[0], strict=True) if ok),
        leader=problem.frameworks[winner] if winner >= 0 else None,
    )
