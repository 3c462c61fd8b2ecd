"""The one place where a knowledge base, and what was measured, become arrays: ``prepare`` compiles a ``Problem``.

Ids are sorted first, so that no result depends on the files' order. Pure: no files, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from advisor.engine import observations, pooling
from advisor.engine.conditions import Condition, Pair, Spelling, compiled, spelled
from advisor.engine.moving_evidence import moving_evidence
from advisor.engine.observations import Finding, Observation
from advisor.engine.pooling import EvidenceGroup, Floats, Item, NeedRoutes
from advisor.engine.problem import MeasuredGap, Problem, Requirement, RouteOption
from advisor.engine.reference_results import observations_of
from advisor.model.knowledge import Answers, Claim, Knowledge, Question, split_need
from advisor.model.recommendation import RouteSeen


def prepare(
    knowledge: Knowledge,
    *,
    today: date,
    versions: Mapping[str, str] | None = None,
    finding: Finding | None = None,
) -> Problem:
    """Return a knowledge base compiled; the last few without measurements are kept, for a batch asks again and again.

    Args:
        knowledge: the knowledge base.
        today: for ageing. versions: installed versions by framework, for the same.
        finding: what was measured (see ``observations.interpret``).
    """
    if finding is None or finding == Finding():
        return _unmeasured(_Base(knowledge), today, tuple(sorted((versions or {}).items())))
    return _Compiler(knowledge, finding, today=today, versions=versions or {}).problem()


def revised(problem: Problem, finding: Finding, *, today: date, versions: Mapping[str, str]) -> Problem:
    """Return a compiled problem with another finding: compiled anew only where routes open or close by it.

    The last few such problems are kept: what else might have been seen is asked again and again. Of the routes
    ``Problem.routes`` tells only whether they are open; the finding has what is seen of them.
    """
    if _compiled_from(problem.finding) != _compiled_from(finding):
        known = tuple(sorted(versions.items()))
        problem = _with_routes(_Base(problem.knowledge), today, known, *_compiled_from(finding))
    ratios = measured_gaps(
        (*finding.observations, *observations_of(finding.reference)),
        problem.knowledge,
        criteria=problem.criteria,
        frameworks=problem.frameworks,
    )
    return replace(problem, finding=finding, ratios=MappingProxyType(ratios))


def _compiled_from(finding: Finding) -> tuple[frozenset[str], frozenset[str], frozenset[tuple[str, bool]]]:
    """Return what of a finding is more than a ratio: which claims hold and do not, and which routes work."""
    working = frozenset((route, seen.state == "works") for route, seen in finding.routes.items())
    return finding.confirmed, finding.dropped, working


class _Base:
    """A knowledge base as a key: by identity, since it never changes and hashing it takes longer than compiling it."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def __hash__(self) -> int:
        return id(self.knowledge)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Base) and self.knowledge is other.knowledge


@lru_cache(maxsize=4)
def _unmeasured(base: _Base, today: date, versions: tuple[tuple[str, str], ...]) -> Problem:
    return _Compiler(base.knowledge, Finding(), today=today, versions=dict(versions)).problem()


@lru_cache(maxsize=32)
def _with_routes(
    base: _Base,
    today: date,
    versions: tuple[tuple[str, str], ...],
    confirmed: frozenset[str],
    dropped: frozenset[str],
    working: frozenset[tuple[str, bool]],
) -> Problem:
    seen = {route: RouteSeen.imagined("works" if works else "fails") for route, works in working}
    finding = Finding(confirmed=confirmed, dropped=dropped, routes=seen)
    return _Compiler(base.knowledge, finding, today=today, versions=dict(versions)).problem()


class _ConditionTable:
    """Conditions by index, each once; 0 is the one that always holds."""

    def __init__(self, options: Sequence[Pair]) -> None:
        self._options = options
        self._index: dict[Condition, int] = {Condition(): pooling.ALWAYS}
        self._spelled: dict[tuple[Spelling, tuple[Spelling, ...]], int] = {}

    def index(self, when: Answers, *, unless: Sequence[Answers] = ()) -> int:
        """Return the index of a condition, added where it is new."""
        if not when and not unless:
            return pooling.ALWAYS
        spelling = (spelled(when), tuple(map(spelled, unless)))
        if spelling not in self._spelled:
            condition = compiled(when, unless, options=self._options)
            self._spelled[spelling] = self._index.setdefault(condition, len(self._index))
        return self._spelled[spelling]

    def all(self) -> tuple[Condition, ...]:
        """Return the conditions in the order of their indices."""
        return tuple(self._index)


class _Compiler:
    """Everything that is known while a problem is made, and is no part of it."""

    def __init__(self, knowledge: Knowledge, finding: Finding, *, today: date, versions: Mapping[str, str]) -> None:
        self.knowledge = knowledge
        self.finding = finding
        self.today = today
        self.versions = versions
        self.frameworks = tuple(sorted(knowledge.frameworks))
        self.criteria = tuple(sorted(knowledge.criteria))
        self.questions = [question for _, question in sorted(knowledge.questions.items())]
        self.options = tuple((question.id, choice.id) for question in self.questions for choice in question.options)
        self.column = {pair: index for index, pair in enumerate(self.options)}
        self.table = _ConditionTable(self.options)
        self.routes = self._routes()
        self.claims = self._claims()

    def problem(self) -> Problem:
        """Return the compiled problem; every condition is in the table before it is read."""
        groups = tuple(
            tuple(self._groups_on(criterion, framework) for framework in self.frameworks) for criterion in self.criteria
        )
        moving = tuple(
            tuple(
                (a, group) for a, of_framework in enumerate(of_criterion) for group in of_framework if not group.fixed
            )
            for of_criterion in groups
        )
        n = len(self.frameworks)
        requirements = {
            question.id: requirement
            for question in self.questions
            if (requirement := self._requirement(question)) is not None
        }
        return Problem(
            knowledge=self.knowledge,
            finding=self.finding,
            frameworks=self.frameworks,
            criteria=self.criteria,
            options=self.options,
            column=MappingProxyType(self.column),
            emphasis=_read_only(self._emphasis()),
            conditions=self.table.all(),
            routes=MappingProxyType(self.routes),
            groups=groups,
            moving=moving_evidence(
                [(j * n + a, group) for j, of_criterion in enumerate(moving) for a, group in of_criterion]
            ),
            moving_on=tuple(map(moving_evidence, moving)),
            hangs_on=tuple(_hangs_on(group for _, group in of_criterion) for of_criterion in moving),
            fixed=_read_only(self._fixed(groups)),
            requirements=MappingProxyType(requirements),
            ratios=MappingProxyType(
                measured_gaps(
                    (*self.finding.observations, *observations_of(self.finding.reference)),
                    self.knowledge,
                    criteria=self.criteria,
                    frameworks=self.frameworks,
                )
            ),
        )

    # ------------------------------------------------------------ by id

    def _claims(self) -> dict[str, list[Claim]]:
        """Return the claims that weigh, by criterion."""
        claims: dict[str, list[Claim]] = {criterion: [] for criterion in self.criteria}
        for _, claim in sorted(self.knowledge.claims.items()):
            if claim.weighs and claim.criterion in claims and claim.id not in self.finding.dropped:
                claims[claim.criterion].append(claim)
        return claims

    def _routes(self) -> dict[tuple[str, str], tuple[RouteOption, ...]]:
        routes: dict[tuple[str, str], list[RouteOption]] = {}
        for route in sorted(self.knowledge.routes, key=lambda route: pooling.route_order(route, self.knowledge)):
            seen = self.finding.routes.get(route.id)
            option = RouteOption(route, self.table.index(route.when, unless=route.unless), seen)
            routes.setdefault((route.need, route.framework), []).append(option)
        return {key: tuple(sorted(options, key=lambda option: not option.living)) for key, options in routes.items()}

    def _living(self, need: str, framework: str) -> list[RouteOption]:
        return [option for option in self.routes.get((need, framework), ()) if option.living]

    def _requirement(self, question: Question) -> Requirement | None:
        """Return what a question requires; None where it requires nothing that routes are about."""
        known = {need for criterion in self.knowledge.criteria.values() for need in criterion.needs}
        needs = tuple(need for choice in question.options if (need := f"{question.id}.{choice.id}") in known)
        if question.requires is None or not needs:
            return None
        return Requirement(
            mode=question.requires,
            needs=needs,
            columns=tuple(self.column[split_need(need)] for need in needs),
            routes=tuple(
                tuple(tuple(o.condition for o in self._living(need, framework)) for framework in self.frameworks)
                for need in needs
            ),
        )

    # ------------------------------------------------------------ evidence

    def _groups_on(self, criterion: str, framework: str) -> tuple[EvidenceGroup, ...]:
        """Return the evidence about a framework on a criterion."""
        claims = [
            (claim, self._items(claim, framework)) for claim in self.claims[criterion] if framework in claim.value
        ]
        needs = self.knowledge.criteria[criterion].needs
        if not claims and not needs:
            return ()
        answerable = [need for need in needs if split_need(need) in self.column]
        paths = [self._path(need, framework, among=answerable) for need in answerable]
        return tuple(pooling.grouped(claims, paths, self.knowledge))

    def _items(self, claim: Claim, framework: str) -> list[Item]:
        """Return what a claim adds: itself, and once more, surely, where facts of this machine confirm it."""
        sds = self.knowledge.settings.sd
        condition = self.table.index(claim.when, unless=claim.unless)
        mean = pooling.value_of(claim.value[framework])
        growth = pooling.uncertainty_growth(claim, framework, self.knowledge, today=self.today, versions=self.versions)
        items = [Item(condition, mean, (sds[claim.grade] * growth) ** -2, (claim.id,))]
        if claim.id in self.finding.confirmed:
            items.append(Item(condition, mean, sds["high"] ** -2, (claim.id,)))
        return items

    def _path(self, need: str, framework: str, *, among: Sequence[str]) -> NeedRoutes:
        """Return the living routes to one of a criterion's needs, ``among`` all those that can be answered."""
        sds = self.knowledge.settings.sd
        several = len(among) > 1
        return NeedRoutes(
            need=need,
            need_condition=self._chosen(need) if several else pooling.ALWAYS,
            rivals=tuple(self._chosen(other) for other in among) if several else (),
            routes=tuple(
                Item(
                    option.condition,
                    pooling.value_of(option.route.effect),
                    sds[option.route.grade if option.seen is None else "high"] ** -2,
                    option.route.claims,
                )
                for option in self._living(need, framework)
            ),
            nothing=Item(pooling.ALWAYS, 0.0, sds[pooling.NO_ROUTE_GRADE] ** -2, ()),
        )

    def _chosen(self, need: str) -> int:
        question, option = split_need(need)
        return self.table.index({question: (option,)})

    # ------------------------------------------------------------ arrays

    def _emphasis(self) -> Floats:
        rows = [
            [o.emphasis.get(c, 0.0) for c in self.criteria] for question in self.questions for o in question.options
        ]
        return np.array(rows, dtype=np.float64).reshape(len(self.options), len(self.criteria))

    def _fixed(self, groups: Sequence[Sequence[Sequence[EvidenceGroup]]]) -> Floats:
        """Return precision and moment, (2, J, n), of the prior and of all that no answer can change."""
        prior = self.knowledge.settings.prior_sd**-2
        held = np.ones(1, dtype=np.bool_)  # only what always holds is asked for
        totals = np.empty((2, len(self.criteria), len(self.frameworks)))
        totals[0], totals[1] = prior, 0.5 * prior
        for j, of_criterion in enumerate(groups):
            for a, of_framework in enumerate(of_criterion):
                for group in of_framework:
                    if group.fixed:
                        precision, mean = pooling.pool(pooling.active(group, held))
                        totals[:, j, a] += precision, precision * mean
        return totals


def measured_gaps(
    seen: Iterable[Observation], knowledge: Knowledge, *, criteria: Sequence[str], frameworks: Sequence[str]
) -> dict[int, tuple[MeasuredGap, ...]]:
    """Return measured log ratios on the value scale: cheaper = better, full_scale = half the scale.

    Args:
        seen: what was measured. knowledge: the knowledge base.
        criteria, frameworks: in the order of the problem.
    """
    ratios: dict[int, list[MeasuredGap]] = {}
    for observation in seen:
        span = observations.scale(knowledge.criteria[observation.criterion])
        ratios.setdefault(criteria.index(observation.criterion), []).append(
            MeasuredGap(
                pair=(frameworks.index(observation.denominator), frameworks.index(observation.numerator)),
                gap=math.copysign(min(1.0, abs(observation.mean) / span), observation.mean),
                variance=observation.variance / span**2,
            )
        )
    return {j: tuple(gaps) for j, gaps in ratios.items()}


def _hangs_on(groups: Iterable[EvidenceGroup]) -> tuple[int, ...]:
    conditions = {condition for group in groups for condition in pooling.conditions_of(group)}
    return tuple(sorted(conditions - {pooling.ALWAYS}))


def _read_only(array: Floats) -> Floats:
    array.flags.writeable = False
    return array
