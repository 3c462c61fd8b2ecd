"""The compiled problem: weights, values and requirements for many sets of answers at a time.

What is shown and every "what if" come from this same arithmetic. The model is additive on absolute scales:
U_a = sum_j w_j v_j(a), v in [0, 1]. Immutable; ``advisor.engine.compilation`` makes it. Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from advisor.engine.arrays import leaders, observe, product
from advisor.engine.conditions import Bools, Condition, Pair, truths
from advisor.engine.moving_evidence import MovingEvidence
from advisor.engine.observations import Finding
from advisor.engine.pooling import EvidenceGroup, Floats
from advisor.model.knowledge import Knowledge, Route
from advisor.model.needs import Needs
from advisor.model.recommendation import RouteSeen, reaches

PRIORITY_BASE = 3.0
"""Emphasis that priorities alone stand on: with no answer at all a stated priority still weighs."""


@dataclass(frozen=True)
class Judged:
    """K sets of answers judged. K first, then criteria J, then frameworks n, all in the problem's order."""

    raw: Floats  # (K, J)
    weights: Floats  # (K, J), sum 1 or all 0
    values: Floats  # (K, J, n)
    variance: Floats  # (K, J, n)
    allowed: Bools  # (K, n)
    utility: Floats  # (K, n)
    winner: NDArray[np.int64]  # (K,), -1 where nothing can be told
    covariance: Mapping[int, Floats] = field(default_factory=dict)  # j -> (K, n, n), of the criteria with ratios

    def row(self, k: int) -> Judged:
        """Return one of the sets of answers alone, K = 1."""
        one = slice(k, k + 1)
        return Judged(
            self.raw[one],
            self.weights[one],
            self.values[one],
            self.variance[one],
            self.allowed[one],
            self.utility[one],
            self.winner[one],
            {j: matrix[one] for j, matrix in self.covariance.items()},
        )


@dataclass(frozen=True)
class RouteOption:
    """A route to a need, with the condition under which it is open, and what was seen of it."""

    route: Route
    condition: int
    seen: RouteSeen | None = None

    @property
    def living(self) -> bool:
        """Whether its tools are alive and it was not seen to fail: another is shown and reaches nothing."""
        return reaches(self.route.status, self.seen)


@dataclass(frozen=True)
class Requirement:
    """A question whose chosen options must be reached by a living route.

    Attributes:
        mode: whether "all" of those chosen must be reached, or "any" one of them.
        needs: those of its options that routes are about, "question.option"; ``columns`` are theirs.
        routes: [need][framework] -> conditions of the living routes.
    """

    mode: Literal["all", "any"]
    needs: tuple[str, ...]
    columns: tuple[int, ...]
    routes: tuple[tuple[tuple[int, ...], ...], ...]

    def missed(self, answers: Bools, held: Bools) -> Bools:
        """Return what excludes a framework, (K, needs, n): chosen needs it does not reach, where it should."""
        chosen = answers[:, list(self.columns)]  # (K, needs)
        reached = [[held[:, list(routes)].any(axis=1) for routes in of_need] for of_need in self.routes]
        without: Bools = chosen[:, :, None] & ~np.array(reached).transpose(2, 0, 1)  # (K, needs, n)
        if self.mode == "any":
            without &= (without | ~chosen[:, :, None]).all(axis=1, keepdims=True)
        return without


@dataclass(frozen=True)
class MeasuredGap:
    """A measured ratio on the value scale: v_a - v_b of the ``pair`` (a, b), with its variance."""

    pair: tuple[int, int]
    gap: float
    variance: float


@dataclass(frozen=True)
class Problem:
    """A knowledge base made ready: options, conditions and the evidence on each criterion.

    J criteria and n frameworks are in the order of ``criteria`` and ``frameworks``, both sorted by id.

    Attributes:
        finding: what was measured.
        options: (question, option) per column of an answers matrix; ``column`` is its inverse.
        emphasis: (options, J).
        conditions: per index, what answers must be like; index 0 always holds.
        routes: by (need, framework), living before dead, best first in each.
        groups: [j][a] the evidence. moving: what of it answers can change, cell j n + a; moving_on: [j], cell a.
        hangs_on: [j] the conditions that it hangs on, sorted.
        fixed: (2, J, n) precision and moment of the prior and of the groups that no answer can change.
        requirements: by question.
        ratios: j -> what was measured on the criterion.
    """

    knowledge: Knowledge
    finding: Finding
    frameworks: tuple[str, ...]
    criteria: tuple[str, ...]
    options: tuple[Pair, ...]
    column: Mapping[Pair, int]
    emphasis: Floats
    conditions: tuple[Condition, ...]
    routes: Mapping[tuple[str, str], tuple[RouteOption, ...]]
    groups: tuple[tuple[tuple[EvidenceGroup, ...], ...], ...]
    moving: MovingEvidence
    moving_on: tuple[MovingEvidence, ...]
    hangs_on: tuple[tuple[int, ...], ...]
    fixed: Floats
    requirements: Mapping[str, Requirement]
    ratios: Mapping[int, tuple[MeasuredGap, ...]]

    # ------------------------------------------------------------ answers and conditions

    def answers(self, needs: Needs) -> Bools:
        """Return the answers as one row over all options."""
        row = np.zeros(len(self.options), dtype=np.bool_)
        for question in needs.answers:
            for option in needs.options(question):
                if (question, option) in self.column:
                    row[self.column[question, option]] = True
        return row

    def truths(self, answers: Bools) -> Bools:
        """Return which conditions hold, (K, conditions), for answers (K, options)."""
        return truths(self.conditions, answers)

    # ------------------------------------------------------------ weights

    def raw_weights(self, answers: Bools, priorities: Mapping[str, float]) -> Floats:
        """Return the emphasis of the chosen options and the stated priorities, (K, J), not normalised.

        A priority p scales what the answers gave by min(1, p) and adds (p/3)^2 of all emphasis: 0 takes
        the criterion out, 3 gives it as much as everything else together. Affine in the answers, which the
        exact stop relies on.
        """
        return self.prioritised(product(answers.astype(np.float64), self.emphasis), priorities, base=PRIORITY_BASE)

    def prioritised(self, given: Floats, priorities: Mapping[str, float], *, base: float) -> Floats:
        """Apply stated priorities to rows of emphasis (K, J); with ``base`` 0 this is the linear part alone."""
        if not priorities:
            return given
        total = base + given.sum(axis=1)
        raw = given.copy()
        for j, criterion in enumerate(self.criteria):
            if criterion in priorities:
                stated = priorities[criterion]
                raw[:, j] = min(1.0, stated) * given[:, j] + (stated / 3.0) ** 2 * total
        return raw

    # ------------------------------------------------------------ values

    def values(self, held: Bools) -> tuple[Floats, Floats]:
        """Return means and variances, (K, J, n) each, from the conditions that hold, before measurement."""
        shape = (len(held), len(self.criteria), len(self.frameworks))
        mean, variance = _estimated(self.fixed.reshape(2, -1), self.moving, held)
        return mean.reshape(shape), variance.reshape(shape)

    def values_on(self, j: int, held: Bools) -> Floats:
        """Return the values (K, n) on one criterion, measurement included."""
        mean, _ = self.fused_criterion(j, *_estimated(self.fixed[:, j], self.moving_on[j], held))
        return mean

    def fused(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats, dict[int, Floats]]:
        """Return the values fused with measured ratios: means, variances, the covariance (K, n, n) of measured ones.

        The two values of a ratio are jointly normal; observing their difference updates both.
        """
        if not self.ratios:
            return mean, variance, {}
        mean, variance = mean.copy(), variance.copy()
        covariances: dict[int, Floats] = {}
        for j in self.ratios:
            mean[:, j, :], covariances[j] = self.fused_criterion(j, mean[:, j, :], variance[:, j, :])
            variance[:, j, :] = np.diagonal(covariances[j], axis1=1, axis2=2)
        return mean, variance, covariances

    def fused_criterion(self, j: int, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Return means (K, n) and covariance (K, n, n) of one criterion after what was measured on it."""
        covariance = variance[:, :, None] * np.eye(len(self.frameworks))
        for ratio in self.ratios.get(j, ()):
            mean, covariance = observe(mean, covariance, pair=ratio.pair, gap=ratio.gap, noise=ratio.variance)
        return np.clip(mean, 0.0, 1.0), covariance

    # ------------------------------------------------------------ requirements

    def allowed(self, answers: Bools, held: Bools) -> Bools:
        """Return which frameworks meet every requirement, (K, n)."""
        allowed = np.ones((len(answers), len(self.frameworks)), dtype=np.bool_)
        for requirement in self.requirements.values():
            allowed &= ~requirement.missed(answers, held).any(axis=1)
        return allowed

    # ------------------------------------------------------------ all together

    def judge_rows(self, answers: Bools, priorities: Mapping[str, float]) -> Judged:
        """Judge K sets of answers, (K, options), under the stated priorities."""
        return self.judge_held(answers, self.truths(answers), priorities)

    def judge_held(self, answers: Bools, held: Bools, priorities: Mapping[str, float]) -> Judged:
        """Judge K sets of answers whose conditions, (K, conditions), are known."""
        mean, variance, covariance = self.fused(*self.values(held))
        raw, allowed = self.raw_weights(answers, priorities), self.allowed(answers, held)
        return assemble(raw, mean, variance, allowed=allowed, covariance=covariance)


def _estimated(fixed: Floats, moving: MovingEvidence, held: Bools) -> tuple[Floats, Floats]:
    """Return means and variances, (K, cells), from precision and moment that are fixed, (2, cells), and what moves."""
    totals = np.repeat(fixed[:, :, None], len(held), axis=2)  # (2, cells, K)
    moving.add(held, totals[0], totals[1])
    precision, moment = np.ascontiguousarray(totals[0].T), np.ascontiguousarray(totals[1].T)
    return moment / precision, 1.0 / precision


def assemble(
    raw: Floats, mean: Floats, variance: Floats, *, allowed: Bools, covariance: Mapping[int, Floats] | None = None
) -> Judged:
    """Join weights, values and requirements into utilities and winners."""
    total = raw.sum(axis=1, keepdims=True)
    weights = np.divide(raw, total, out=np.zeros_like(raw), where=total > 0)
    utility = (weights[:, :, None] * mean).sum(axis=1)
    return Judged(raw, weights, mean, variance, allowed, utility, leaders(utility, allowed), covariance or {})
