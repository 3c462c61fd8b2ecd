"""From answers to utilities: weights, applicable claims, best living routes, values, requirements.

``prepare`` compiles a knowledge base once; the ``Problem`` it returns judges many sets of answers at a time, so
that what is shown and every "what if" come from the same arithmetic. Pure: no files, no clock.

The model is additive on absolute scales (see the design): U_a = sum_j w_j v_j(a), v in [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from advisor import measured as door
from advisor.types import LIVING_ROUTE, Claim, Grade, Knowledge, Needs, Route

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ALWAYS = 0
"""Index of the condition that holds under any answers."""

TIE = 1e-12
"""Utilities closer than this are equal: it is rounding, not evidence."""

PRIORITY_BASE = 3.0
"""Emphasis that priorities alone stand on: with no answer at all a stated priority still weighs."""

NO_ROUTE_GRADE: Grade = "moderate"
"""Grade of "no living route is known": nobody can list every tool."""

_ROUTE_ORDER = ("supported", "beta", "maintenance", "experimental")

_WEIGHING = frozenset({"current", "contested"})


def value_of(effect: float) -> float:
    """Return where an effect in -2..2 stands on the criterion's scale."""
    return 0.5 + 0.25 * effect


@lru_cache(maxsize=4096)
def outside(version: str, specifier: str) -> bool:
    """Return True where an installed version lies outside the range for which a claim was checked."""
    try:
        return not SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False  # the knowledge check refuses such ranges; a local build's odd version ages nothing


def growth(claim: Claim, framework: str, knowledge: Knowledge, *, today: date, versions: Mapping[str, str]) -> float:
    """Return the factor by which age and version widen a claim's uncertainty for a framework."""
    settings = knowledge.settings
    years = max(0.0, (today - claim.review_by).days / 365.25)
    factor = float(settings.overdue_growth**years)
    installed, checked = versions.get(framework), claim.versions.get(framework)
    if installed is not None and checked is not None and outside(installed, checked):
        factor *= settings.outside_version
    return factor


def holds(when: Mapping[str, Iterable[str]], needs: Needs) -> bool:
    """Return True where every question of ``when`` was answered with one of its options."""
    return all(set(needs.options(question)) & set(options) for question, options in when.items())


def applicable(needs: Needs, knowledge: Knowledge) -> tuple[Claim, ...]:
    """Return the claims that weigh under these answers, by id: alive, and their ``when`` holds."""
    return tuple(
        claim for _, claim in sorted(knowledge.claims.items()) if claim.truth in _WEIGHING and holds(claim.when, needs)
    )


def route_order(route: Route, knowledge: Knowledge) -> tuple[float, float, int, str]:
    """Sort key of routes to one need: best effect, surest grade, best status, then id."""
    status = _ROUTE_ORDER.index(route.status) if route.status in _ROUTE_ORDER else len(_ROUTE_ORDER)
    return (-route.effect, knowledge.settings.sd[route.grade], status, route.id)


@dataclass(frozen=True)
class Member:
    """One thing said about a criterion: active where its condition holds (and no better route does)."""

    condition: int
    mean: float
    precision: float
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Path:
    """A need's living routes from one framework, best first; ``relevant`` conditions open it."""

    need: str
    need_condition: int
    rivals: tuple[int, ...]
    routes: tuple[Member, ...]
    nothing: Member


@dataclass(frozen=True)
class Voice:
    """What counts once: a claim, copies of one origin, or a route with the claims it rests on."""

    members: tuple[Member, ...]
    paths: tuple[Path, ...] = ()


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


@dataclass
class Problem:
    """A knowledge base made ready: options, conditions and what is said about each criterion.

    Attributes:
        options: (question, option) per column of an answers matrix.
        emphasis: (options, J). conditions: per index, {question: columns}; index 0 always holds.
        voices: [j][a]; requirements: question -> ("all" | "any", {column: [a] -> route conditions}).
    """

    knowledge: Knowledge
    finding: door.Finding
    frameworks: tuple[str, ...]
    criteria: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    column: dict[tuple[str, str], int]
    emphasis: Floats
    conditions: list[tuple[tuple[int, ...], ...]] = field(default_factory=lambda: [()])
    condition_index: dict[tuple[tuple[int, ...], ...], int] = field(default_factory=lambda: {(): ALWAYS})
    voices: list[list[list[Voice]]] = field(default_factory=list)
    requirements: dict[str, tuple[str, dict[int, list[list[int]]]]] = field(default_factory=dict)
    ratios: dict[int, list[tuple[int, int, float, float]]] = field(default_factory=dict)

    # ------------------------------------------------------------ answers and conditions

    def answers(self, needs: Needs) -> Bools:
        """Return the answers as one row over all options."""
        row = np.zeros(len(self.options), dtype=np.bool_)
        for question in needs.answers:
            for option in needs.options(question):
                if (question, option) in self.column:
                    row[self.column[question, option]] = True
        return row

    def condition(self, when: Mapping[str, Iterable[str]]) -> int:
        """Return the index of a condition, made when new."""
        key = tuple(
            sorted(
                tuple(sorted(self.column[question, option] for option in options if (question, option) in self.column))
                for question, options in when.items()
            )
        )
        if key not in self.condition_index:
            self.condition_index[key] = len(self.conditions)
            self.conditions.append(key)
        return self.condition_index[key]

    def truths(self, answers: Bools) -> Bools:
        """Return which conditions hold, (K, conditions), for answers (K, options)."""
        held = np.ones((len(answers), len(self.conditions)), dtype=np.bool_)
        for index, questions in enumerate(self.conditions):
            for columns in questions:
                held[:, index] &= answers[:, columns].any(axis=1)
        return held

    # ------------------------------------------------------------ weights

    def raw_weights(self, answers: Bools, priorities: Mapping[str, float]) -> Floats:
        """Return the emphasis of the chosen options and the stated priorities, (K, J), not normalised.

        A priority p scales what the answers gave by min(1, p) and adds (p/3)^2 of all emphasis: 0 takes
        the criterion out, 3 gives it as much as everything else together. Affine in the answers, which the
        exact stop relies on.
        """
        given = answers.astype(np.float64) @ self.emphasis  # (K, J)
        return self.prioritised(given, priorities, PRIORITY_BASE)

    def prioritised(self, given: Floats, priorities: Mapping[str, float], base: float) -> Floats:
        """Apply stated priorities to rows of emphasis; ``base`` 0 gives the linear part alone."""
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
        rows, width, count = len(held), len(self.criteria), len(self.frameworks)
        prior = self.knowledge.settings.prior_sd**-2
        precision = np.full((rows, width, count), prior)
        moment = np.full((rows, width, count), 0.5 * prior)
        for j in range(width):
            for a in range(count):
                for voice in self.voices[j][a]:
                    added, mean = _speak(voice, held)
                    precision[:, j, a] += added
                    moment[:, j, a] += added * mean
        return moment / precision, 1.0 / precision

    def fused(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats, dict[int, Floats]]:
        """Let the measured ratios speak: means, variances, and the covariance (K, n, n) of measured criteria.

        The two values of a ratio are jointly normal; observing their difference updates both.
        """
        if not self.ratios:
            return mean, variance, {}
        mean, variance = mean.copy(), variance.copy()
        covariances: dict[int, Floats] = {}
        for j, observed in self.ratios.items():
            m = mean[:, j, :].copy()
            p = variance[:, j, :, None] * np.eye(len(self.frameworks))
            for better, worse, gap, noise in observed:
                m, p = observe(m, p, pair=(better, worse), gap=gap, noise=noise)
            mean[:, j, :] = np.clip(m, 0.0, 1.0)
            variance[:, j, :] = np.diagonal(p, axis1=1, axis2=2)
            covariances[j] = p
        return mean, variance, covariances

    # ------------------------------------------------------------ requirements

    def allowed(self, answers: Bools, held: Bools) -> Bools:
        """Return which frameworks meet every requirement, (K, n)."""
        allowed = np.ones((len(answers), len(self.frameworks)), dtype=np.bool_)
        for mode, needs in self.requirements.values():
            columns = list(needs)
            if not columns:
                continue
            chosen = answers[:, columns]  # (K, needs)
            for a in range(len(self.frameworks)):
                reached = np.stack([held[:, needs[column][a]].any(axis=1) for column in columns], axis=1)
                met = (~chosen | reached).all(axis=1)
                if mode == "any":
                    met = ~chosen.any(axis=1) | (chosen & reached).any(axis=1)
                allowed[:, a] &= met
        return allowed

    # ------------------------------------------------------------ all together

    def judge(self, answers: Bools, priorities: Mapping[str, float]) -> Judged:
        """Judge K sets of answers, (K, options), under the stated priorities."""
        held = self.truths(answers)
        mean, variance, _ = self.fused(*self.values(held))
        return self.assemble(self.raw_weights(answers, priorities), mean, variance, self.allowed(answers, held))

    def assemble(self, raw: Floats, mean: Floats, variance: Floats, allowed: Bools) -> Judged:
        """Join weights, values and requirements into utilities and winners."""
        total = raw.sum(axis=1, keepdims=True)
        weights = np.divide(raw, total, out=np.zeros_like(raw), where=total > 0)
        utility = (weights[:, :, None] * mean).sum(axis=1)
        return Judged(raw, weights, mean, variance, allowed, utility, leaders(utility, allowed))

    def covariance(self, answers: Bools) -> dict[int, Floats]:
        """Return the (n, n) covariance of each measured criterion for one row of answers."""
        _, _, found = self.fused(*self.values(self.truths(answers[None, :])))
        return {j: matrix[0] for j, matrix in found.items()}


def observe(
    mean: Floats, covariance: Floats, *, pair: tuple[int, int], gap: float, noise: float
) -> tuple[Floats, Floats]:
    """Condition jointly normal values on a noisy difference of two of them (a Kalman update).

    Args:
        mean: (K, n). covariance: (K, n, n).
        pair: (a, b); ``gap`` observes v_a - v_b with variance ``noise``.
    """
    a, b = pair
    cross = covariance[:, :, a] - covariance[:, :, b]  # (K, n)
    total = cross[:, a] - cross[:, b] + noise
    gain = cross / total[:, None]
    moved = mean + gain * (gap - (mean[:, a] - mean[:, b]))[:, None]
    return moved, covariance - gain[:, :, None] * cross[:, None, :]


def leaders(utility: Floats, allowed: Bools) -> NDArray[np.int64]:
    """Return the index of the best allowed framework per row; -1 on a tie or where none is allowed."""
    masked = np.where(allowed, utility, -np.inf)
    best = masked.argmax(axis=1)
    top = masked.max(axis=1)
    level = (masked >= top[:, None] - TIE) & allowed
    return np.where(level.sum(axis=1) == 1, best, -1)


def _speak(voice: Voice, held: Bools) -> tuple[Floats, Floats]:
    """Return the precision and mean, (K,) each, with which a voice speaks; precision 0 = silent.

    Members of one voice count once: the precision of the surest, the precision-weighted mean of all.
    """
    rows = len(held)
    surest, total, moment = np.zeros(rows), np.zeros(rows), np.zeros(rows)

    def add(member: Member, active: Bools) -> None:
        nonlocal surest, total, moment
        speaking = active * member.precision
        surest = np.maximum(surest, speaking)
        total = total + speaking
        moment = moment + speaking * member.mean

    for member in voice.members:
        add(member, held[:, member.condition])
    for path in voice.paths:
        # a criterion's own need, or any of its needs where the user named none of them
        open_ = held[:, path.need_condition] | ~held[:, path.rivals].any(axis=1)
        for member in path.routes:
            active = open_ & held[:, member.condition]
            add(member, active)
            open_ = open_ & ~active
        add(path.nothing, open_)
    return surest, np.divide(moment, total, out=np.full(rows, 0.5), where=total > 0)


# ---------------------------------------------------------------- compiling


def prepare(
    knowledge: Knowledge,
    *,
    today: date,
    versions: Mapping[str, str] | None = None,
    finding: door.Finding | None = None,
) -> Problem:
    """Compile a knowledge base; ids are sorted first, so that no result depends on the files' order.

    Args:
        knowledge: the knowledge base.
        today: for ageing. versions: installed versions by framework, for the same.
        finding: what was measured (see ``measured.find``).
    """
    options = tuple((q.id, o.id) for _, q in sorted(knowledge.questions.items()) for o in q.options)
    criteria = tuple(sorted(knowledge.criteria))
    problem = Problem(
        knowledge=knowledge,
        finding=finding or door.Finding(),
        frameworks=tuple(sorted(knowledge.frameworks)),
        criteria=criteria,
        options=options,
        column={pair: index for index, pair in enumerate(options)},
        emphasis=np.array(
            [
                [choice.emphasis.get(criterion, 0.0) for criterion in criteria]
                for _, question in sorted(knowledge.questions.items())
                for choice in question.options
            ]
        ).reshape(len(options), len(criteria)),
    )
    problem.voices = _voices(problem, today=today, versions=versions or {})
    _add_requirements(problem)
    _add_ratios(problem)
    return problem


def _voices(problem: Problem, *, today: date, versions: Mapping[str, str]) -> list[list[list[Voice]]]:
    knowledge = problem.knowledge
    claims: dict[str, list[Claim]] = {criterion: [] for criterion in problem.criteria}
    for _, claim in sorted(knowledge.claims.items()):
        if claim.truth in _WEIGHING and claim.criterion in claims and claim.id not in problem.finding.dropped:
            claims[claim.criterion].append(claim)
    routes: dict[tuple[str, str], list[Route]] = {}
    for route in sorted(knowledge.routes, key=lambda route: route_order(route, knowledge)):
        if route.status in LIVING_ROUTE:
            routes.setdefault((route.need, route.framework), []).append(route)

    def members(claim: Claim, framework: str) -> list[Member]:
        condition = problem.condition(claim.when)
        mean = value_of(claim.value[framework])
        sd = knowledge.settings.sd[claim.grade] * growth(claim, framework, knowledge, today=today, versions=versions)
        found = [Member(condition, mean, sd**-2, (claim.id,))]
        if claim.id in problem.finding.confirmed:
            found.append(Member(condition, mean, knowledge.settings.sd["high"] ** -2, (claim.id,)))
        return found

    return [
        [
            _joined(
                [(claim, members(claim, framework)) for claim in claims[criterion] if framework in claim.value],
                [
                    _path(problem, criterion, need, routes.get((need, framework), ()))
                    for need in needs_of(problem, criterion)
                ],
                knowledge,
            )
            for framework in problem.frameworks
        ]
        for criterion in problem.criteria
    ]


def needs_of(problem: Problem, criterion: str) -> tuple[str, ...]:
    """Return the needs ("question.option") whose routes place a criterion, those that can be answered."""
    return tuple(need for need in problem.knowledge.criteria[criterion].needs if split(need) in problem.column)


def split(need: str) -> tuple[str, str]:
    """Return question and option of a need."""
    question, _, option = need.partition(".")
    return question, option


def _path(problem: Problem, criterion: str, need: str, routes: Sequence[Route]) -> Path:
    sd = problem.knowledge.settings.sd

    def chosen(name: str) -> int:
        question, option = split(name)
        return problem.condition({question: (option,)})

    return Path(
        need=need,
        need_condition=chosen(need),
        rivals=tuple(chosen(other) for other in needs_of(problem, criterion)),
        routes=tuple(
            Member(problem.condition(route.when), value_of(route.effect), sd[route.grade] ** -2, route.claims)
            for route in routes
        ),
        nothing=Member(ALWAYS, 0.0, sd[NO_ROUTE_GRADE] ** -2, ()),
    )


def _joined(claims: Sequence[tuple[Claim, list[Member]]], paths: Sequence[Path], knowledge: Knowledge) -> list[Voice]:
    """Join what counts once: restatements, copies of one origin, and a route with the claims it rests on."""
    parent = list(range(len(claims) + len(paths)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    keys: dict[str, int] = {}
    for index, (claim, _) in enumerate(claims):
        for key in (claim.id, *_origins(claim, knowledge)):
            parent[root(index)] = root(keys.setdefault(key, index))
    for index, path in enumerate(paths, start=len(claims)):
        for member in path.routes:
            for cited in member.claims:
                if cited in keys:
                    parent[root(index)] = root(keys[cited])
    groups: dict[int, tuple[list[Member], list[Path]]] = {}
    for index in range(len(parent)):
        inside, along = groups.setdefault(root(index), ([], []))
        if index < len(claims):
            inside.extend(claims[index][1])
        else:
            along.append(paths[index - len(claims)])
    return [Voice(tuple(inside), tuple(along)) for inside, along in groups.values()]


def _origins(claim: Claim, knowledge: Knowledge) -> list[str]:
    """Return what a claim is a copy of: the claim it restates; its origins where all its sources are copies."""
    found = [claim.same_as] if claim.same_as is not None else []
    origins = [knowledge.sources[s].origin_group if s in knowledge.sources else None for s in claim.sources]
    if origins and all(origin is not None for origin in origins):
        found.extend(f"origin {origin}" for origin in origins)
    return found


def _add_requirements(problem: Problem) -> None:
    known = {need for criterion in problem.knowledge.criteria.values() for need in criterion.needs}
    for _, question in sorted(problem.knowledge.questions.items()):
        if question.requires is None:
            continue
        needs: dict[int, list[list[int]]] = {}
        for choice in question.options:
            need = f"{question.id}.{choice.id}"
            if need in known:
                needs[problem.column[question.id, choice.id]] = [
                    [
                        problem.condition(route.when)
                        for route in problem.knowledge.routes
                        if route.need == need and route.framework == framework and route.status in LIVING_ROUTE
                    ]
                    for framework in problem.frameworks
                ]
        problem.requirements[question.id] = (question.requires, needs)


def _add_ratios(problem: Problem) -> None:
    """Put measured log ratios on the value scale: cheaper = better, full_scale = half the scale."""
    for observation in problem.finding.observations:
        span = door.scale(problem.knowledge.criteria[observation.criterion])
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
    """One set of answers judged, by name."""

    problem: Problem
    judged: Judged
    utility: dict[str, float]
    weights: dict[str, float]
    allowed: tuple[str, ...]
    leader: str | None


def score(
    needs: Needs,
    knowledge: Knowledge,
    *,
    today: date,
    versions: Mapping[str, str] | None = None,
    finding: door.Finding | None = None,
) -> Scored:
    """Judge one needs document."""
    return judge(prepare(knowledge, today=today, versions=versions, finding=finding), needs)


def judge(problem: Problem, needs: Needs) -> Scored:
    """Judge one needs document with a prepared knowledge base."""
    judged = problem.judge(problem.answers(needs)[None, :], needs.priorities)
    winner = int(judged.winner[0])
    return Scored(
        problem=problem,
        judged=judged,
        utility=dict(zip(problem.frameworks, judged.utility[0].tolist(), strict=True)),
        weights=dict(zip(problem.criteria, judged.weights[0].tolist(), strict=True)),
        allowed=tuple(f for f, ok in zip(problem.frameworks, judged.allowed[0], strict=True) if ok),
        leader=problem.frameworks[winner] if winner >= 0 else None,
    )
