"""From answers to utilities: weights, values, requirements.

``prepare`` compiles a knowledge base once; the ``Problem`` it returns judges many sets of answers at a time, so
that what is shown and every "what if" come from the same arithmetic. Pure: no files, no clock.

The model is additive on absolute scales (see the design): U_a = sum_j w_j v_j(a), v in [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from advisor.engine import observations, pooling
from advisor.engine.arrays import leaders, observe, patterns, product
from advisor.engine.conditions import Bools, Condition, Spelling, compiled, spelled, truths
from advisor.engine.pooling import EvidenceGroup, Floats, Item, NeedRoutes
from advisor.model.knowledge import LIVING_ROUTE, Answers, Claim, Knowledge, Route, split_need
from advisor.model.needs import Needs

MANY = 256
"""Rows from which on it pays to look for those that are alike."""

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


@dataclass(frozen=True)
class RouteOption:
    """A route to a need, with the condition under which it is open."""

    route: Route
    condition: int

    @property
    def living(self) -> bool:
        """Whether its tools are alive: a dead one is shown and reaches nothing."""
        return self.route.status in LIVING_ROUTE


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
        without = chosen[:, :, None] & ~np.array(reached).transpose(2, 0, 1)  # (K, needs, n)
        if self.mode == "any":
            without &= (without | ~chosen[:, :, None]).all(axis=1, keepdims=True)
        return without


@dataclass
class Problem:
    """A knowledge base made ready: options, conditions and what speaks about each criterion.

    Attributes:
        options: (question, option) per column of an answers matrix; ``column`` is its inverse.
        emphasis: (options, J).
        conditions: per index, what answers must be like; index 0 always holds.
        claims: those alive, by criterion. routes: by (need, framework), living before dead, best first in each.
        voices: [j][a]. moving: [j] those of them that answers can change, with their a.
        fixed: (2, J, n) precision and moment of the prior and of the voices that no answer can change.
        requirements: by question.
        ratios: j -> measured (a, b, difference of values, its variance).
    """

    knowledge: Knowledge
    finding: observations.Finding
    today: date
    versions: Mapping[str, str]
    frameworks: tuple[str, ...]
    criteria: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    column: dict[tuple[str, str], int]
    emphasis: Floats
    claims: dict[str, list[Claim]]
    routes: dict[tuple[str, str], list[RouteOption]] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=lambda: [Condition()])
    condition_index: dict[Condition, int] = field(default_factory=lambda: {Condition(): pooling.ALWAYS})
    voices: list[list[list[EvidenceGroup]]] = field(default_factory=list)
    moving: list[list[tuple[int, EvidenceGroup]]] = field(default_factory=list)
    fixed: Floats = field(default_factory=lambda: np.zeros((2, 0, 0)))
    requirements: dict[str, Requirement] = field(default_factory=dict)
    ratios: dict[int, list[tuple[int, int, float, float]]] = field(default_factory=dict)
    _spelled: dict[tuple[Spelling, tuple[Spelling, ...]], int] = field(default_factory=dict)
    _heard: dict[int, list[int]] = field(default_factory=dict)

    # ------------------------------------------------------------ answers and conditions

    def answers(self, needs: Needs) -> Bools:
        """Return the answers as one row over all options."""
        row = np.zeros(len(self.options), dtype=np.bool_)
        for question in needs.answers:
            for option in needs.options(question):
                if (question, option) in self.column:
                    row[self.column[question, option]] = True
        return row

    def condition(self, when: Answers, *, unless: Sequence[Answers] = ()) -> int:
        """Return the index of a condition, made when new."""
        if not when and not unless:
            return pooling.ALWAYS
        said = (spelled(when), tuple(map(spelled, unless)))
        if said not in self._spelled:
            key = compiled(when, unless, options=self.options)
            if key not in self.condition_index:
                self.condition_index[key] = len(self.conditions)
                self.conditions.append(key)
            self._spelled[said] = self.condition_index[key]
        return self._spelled[said]

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
        precision = np.broadcast_to(self.fixed[0], shape).copy()
        moment = np.broadcast_to(self.fixed[1], shape).copy()
        for j in range(len(self.criteria)):
            self._add_voices(j, held, precision[:, j], moment[:, j])
        return moment / precision, 1.0 / precision

    def values_on(self, j: int, held: Bools) -> Floats:
        """Return the values (K, n) on one criterion, measurement included."""
        precision = np.broadcast_to(self.fixed[0, j], (len(held), len(self.frameworks))).copy()
        moment = np.broadcast_to(self.fixed[1, j], precision.shape).copy()
        self._add_voices(j, held, precision, moment)
        mean, _ = self.fused_criterion(j, moment / precision, 1.0 / precision)
        return mean

    def _add_voices(self, j: int, held: Bools, precision: Floats, moment: Floats) -> None:
        """Add, in place, what the voices that hang on answers say about a criterion; (K, n) arrays."""
        if not self.moving[j]:
            return
        if len(held) == 1:
            # one row is common and an array of one is slow; both ways give the same bits
            for a, voice in self.moving[j]:
                surest, says = pooling.pool(pooling.active(voice, held[0]))
                precision[:, a] += surest
                moment[:, a] += surest * says
            return
        every = slice(None)
        different, row_of = patterns(held[:, self._listened_to(j)]) if len(held) >= MANY else (every, every)
        told = held[different]
        for a, voice in self.moving[j]:
            added, mean = pooling.pool_rows(voice, told)
            precision[:, a] += added[row_of]
            moment[:, a] += (added * mean)[row_of]

    def _listened_to(self, j: int) -> list[int]:
        """Return the conditions that what is said about a criterion hangs on."""
        if j not in self._heard:
            found = {condition for _, voice in self.moving[j] for condition in pooling.conditions(voice)}
            self._heard[j] = sorted(found - {pooling.ALWAYS})
        return self._heard[j]

    def fused(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats, dict[int, Floats]]:
        """Let the measured ratios speak: means, variances, and the covariance (K, n, n) of measured criteria.

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
        for a, b, gap, noise in self.ratios.get(j, ()):
            mean, covariance = observe(mean, covariance, pair=(a, b), gap=gap, noise=noise)
        return np.clip(mean, 0.0, 1.0), covariance

    # ------------------------------------------------------------ requirements

    def allowed(self, answers: Bools, held: Bools) -> Bools:
        """Return which frameworks meet every requirement, (K, n)."""
        allowed = np.ones((len(answers), len(self.frameworks)), dtype=np.bool_)
        for requirement in self.requirements.values():
            allowed &= ~requirement.missed(answers, held).any(axis=1)
        return allowed

    def living(self, need: str, framework: str) -> list[RouteOption]:
        """Return the living routes to a need from a framework, best first, whatever is answered."""
        return [option for option in self.routes.get((need, framework), ()) if option.living]

    # ------------------------------------------------------------ all together

    def judge(self, answers: Bools, priorities: Mapping[str, float]) -> Judged:
        """Judge K sets of answers, (K, options), under the stated priorities."""
        held = self.truths(answers)
        mean, variance, _ = self.fused(*self.values(held))
        return assemble(self.raw_weights(answers, priorities), mean, variance, allowed=self.allowed(answers, held))

    def needs_of(self, criterion: str) -> tuple[str, ...]:
        """Return the needs whose routes place a criterion, those that can be answered."""
        return tuple(n for n in self.knowledge.criteria[criterion].needs if split_need(n) in self.column)


def assemble(raw: Floats, mean: Floats, variance: Floats, *, allowed: Bools) -> Judged:
    """Join weights, values and requirements into utilities and winners."""
    total = raw.sum(axis=1, keepdims=True)
    weights = np.divide(raw, total, out=np.zeros_like(raw), where=total > 0)
    utility = (weights[:, :, None] * mean).sum(axis=1)
    return Judged(raw, weights, mean, variance, allowed, utility, leaders(utility, allowed))


# ---------------------------------------------------------------- compiling


def prepare(
    knowledge: Knowledge,
    *,
    today: date,
    versions: Mapping[str, str] | None = None,
    finding: observations.Finding | None = None,
) -> Problem:
    """Compile a knowledge base; ids are sorted first, so that no result depends on the files' order.

    Args:
        knowledge: the knowledge base.
        today: for ageing. versions: installed versions by framework, for the same.
        finding: what was measured (see ``measured.find``).
    """
    finding = finding or observations.Finding()
    questions = [question for _, question in sorted(knowledge.questions.items())]
    options = tuple((question.id, choice.id) for question in questions for choice in question.options)
    criteria = tuple(sorted(knowledge.criteria))
    claims: dict[str, list[Claim]] = {criterion: [] for criterion in criteria}
    for _, claim in sorted(knowledge.claims.items()):
        if claim.truth in pooling.WEIGHING and claim.criterion in claims and claim.id not in finding.dropped:
            claims[claim.criterion].append(claim)
    problem = Problem(
        knowledge=knowledge,
        finding=finding,
        today=today,
        versions=versions or {},
        frameworks=tuple(sorted(knowledge.frameworks)),
        criteria=criteria,
        options=options,
        column={pair: index for index, pair in enumerate(options)},
        emphasis=np.array(
            [[choice.emphasis.get(c, 0.0) for c in criteria] for question in questions for choice in question.options]
        ).reshape(len(options), len(criteria)),
        claims=claims,
    )
    for route in sorted(knowledge.routes, key=lambda route: pooling.route_order(route, knowledge)):
        condition = problem.condition(route.when, unless=route.unless)
        problem.routes.setdefault((route.need, route.framework), []).append(RouteOption(route, condition))
    problem.voices = [
        [groups_on(problem, criterion, framework, claims=claims[criterion]) for framework in problem.frameworks]
        for criterion in criteria
    ]
    problem.moving = [
        [(a, voice) for a, heard in enumerate(of_criterion) for voice in heard if not voice.fixed]
        for of_criterion in problem.voices
    ]
    problem.fixed = _fixed(problem)
    _add_requirements(problem)
    _add_ratios(problem)
    return problem


def groups_on(problem: Problem, criterion: str, framework: str, *, claims: Sequence[Claim]) -> list[EvidenceGroup]:
    """Return what speaks about a framework on a criterion, were ``claims`` all there is about the criterion."""
    said = [(claim, _members(problem, claim, framework)) for claim in claims if framework in claim.value]
    if not said and not problem.knowledge.criteria[criterion].needs:
        return []
    paths = [_path(problem, criterion, need, framework) for need in problem.needs_of(criterion)]
    return pooling.grouped(said, paths, problem.knowledge)


def _members(problem: Problem, claim: Claim, framework: str) -> list[Item]:
    sds = problem.knowledge.settings.sd
    condition = problem.condition(claim.when, unless=claim.unless)
    mean = pooling.value_of(claim.value[framework])
    older = pooling.uncertainty_growth(
        claim, framework, problem.knowledge, today=problem.today, versions=problem.versions
    )
    found = [Item(condition, mean, (sds[claim.grade] * older) ** -2, (claim.id,))]
    if claim.id in problem.finding.confirmed:
        found.append(Item(condition, mean, sds["high"] ** -2, (claim.id,)))
    return found


def _path(problem: Problem, criterion: str, need: str, framework: str) -> NeedRoutes:
    def chosen(name: str) -> int:
        question, option = split_need(name)
        return problem.condition({question: (option,)})

    sds = problem.knowledge.settings.sd
    others = problem.needs_of(criterion)
    return NeedRoutes(
        need=need,
        need_condition=chosen(need) if len(others) > 1 else pooling.ALWAYS,
        rivals=tuple(chosen(other) for other in others) if len(others) > 1 else (),
        routes=tuple(
            Item(
                option.condition,
                pooling.value_of(option.route.effect),
                sds[option.route.grade] ** -2,
                option.route.claims,
            )
            for option in problem.living(need, framework)
        ),
        nothing=Item(pooling.ALWAYS, 0.0, sds[pooling.NO_ROUTE_GRADE] ** -2, ()),
    )


def _fixed(problem: Problem) -> Floats:
    """Return precision and moment, (2, J, n), of the prior and of all that no answer can change."""
    prior = problem.knowledge.settings.prior_sd**-2
    held = np.ones(1, dtype=np.bool_)  # only what always holds is asked for
    found = np.empty((2, len(problem.criteria), len(problem.frameworks)))
    found[0], found[1] = prior, 0.5 * prior
    for j, of_criterion in enumerate(problem.voices):
        for a, of_framework in enumerate(of_criterion):
            for voice in of_framework:
                if voice.fixed:
                    precision, mean = pooling.pool(pooling.active(voice, held))
                    found[0, j, a] += precision
                    found[1, j, a] += precision * mean
    return found


def _add_requirements(problem: Problem) -> None:
    known = {need for criterion in problem.knowledge.criteria.values() for need in criterion.needs}
    for _, question in sorted(problem.knowledge.questions.items()):
        needs = tuple(need for choice in question.options if (need := f"{question.id}.{choice.id}") in known)
        if question.requires is None or not needs:
            continue
        problem.requirements[question.id] = Requirement(
            mode=question.requires,
            needs=needs,
            columns=tuple(problem.column[split_need(need)] for need in needs),
            routes=tuple(
                tuple(
                    tuple(option.condition for option in problem.living(need, framework))
                    for framework in problem.frameworks
                )
                for need in needs
            ),
        )


def _add_ratios(problem: Problem) -> None:
    """Put measured log ratios on the value scale: cheaper = better, full_scale = half the scale."""
    for observation in problem.finding.observations:
        span = observations.scale(problem.knowledge.criteria[observation.criterion])
        gap = math.copysign(min(1.0, abs(observation.mean) / span), observation.mean)
        problem.ratios.setdefault(problem.criteria.index(observation.criterion), []).append(
            (
                problem.frameworks.index(observation.denominator),
                problem.frameworks.index(observation.numerator),
                gap,
                observation.variance / span**2,
            )
        )


# ---------------------------------------------------------------- one needs document


@dataclass(frozen=True)
class Scored:
    """One set of answers judged, by name.

    ``answers``: (options,); ``held``: (conditions,) which hold; ``judged`` has K = 1; ``covariance``: (n, n) by
    measured criterion.
    """

    problem: Problem
    needs: Needs
    answers: Bools
    held: Bools
    judged: Judged
    covariance: dict[int, Floats]
    utility: dict[str, float]
    allowed: tuple[str, ...]
    leader: str | None

    def covariance_on(self, j: int) -> Floats:
        """Return the (n, n) covariance of the values on a criterion."""
        return self.covariance[j] if j in self.covariance else np.diag(self.judged.variance[0, j])


def score(
    needs: Needs,
    knowledge: Knowledge,
    *,
    today: date,
    versions: Mapping[str, str] | None = None,
    finding: observations.Finding | None = None,
) -> Scored:
    """Judge one needs document."""
    return judge(prepare(knowledge, today=today, versions=versions, finding=finding), needs)


def judge(problem: Problem, needs: Needs) -> Scored:
    """Judge one needs document with a prepared knowledge base."""
    answers = problem.answers(needs)
    held = problem.truths(answers[None, :])
    mean, variance, covariance = problem.fused(*problem.values(held))
    raw = problem.raw_weights(answers[None, :], needs.priorities)
    judged = assemble(raw, mean, variance, allowed=problem.allowed(answers[None, :], held))
    winner = int(judged.winner[0])
    return Scored(
        problem=problem,
        needs=needs,
        answers=answers,
        held=held[0],
        judged=judged,
        covariance={j: matrix[0] for j, matrix in covariance.items()},
        utility=dict(zip(problem.frameworks, judged.utility[0].tolist(), strict=True)),
        allowed=tuple(f for f, ok in zip(problem.frameworks, judged.allowed[0], strict=True) if ok),
        leader=problem.frameworks[winner] if winner >= 0 else None,
    )
