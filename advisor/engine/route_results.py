"""What tables of routes say for some needs: which documented routes were seen to work or to fail, and ratios. Pure.

A documented route (``knowledge/routes.yaml``) names in ``measured`` the routes of ``probes/routes`` that try it. Trust
falls as for probes: the user's own model before the program's small one, this machine before others, later before
earlier. A route that was seen to fail, or whose figures miss a target, reaches nothing; one that was not measured stays
as it is documented.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from advisor.engine import compilation, observations
from advisor.engine.observations import Finding, Observation, same_machine
from advisor.engine.problem import Problem
from advisor.model.knowledge import Criterion, Knowledge, Route, split_need
from advisor.model.needs import Needs
from advisor.model.recommendation import RouteSeen
from probes.statistics import targets
from probes.types import Evidence, Interval, RouteRow, Routes, Status

FAILING = (Status.FAILED, Status.NOT_COMPARABLE, Status.NOT_SUPPORTED)
"""What tells of the route itself; what is absent, was cut off or left out tells nothing of it."""


@dataclass(frozen=True)
class Table:
    """One table of routes, and whether it was made on another machine than this one."""

    routes: Routes
    elsewhere: bool

    @property
    def own(self) -> bool:
        """Whether it is about a model of the user's."""
        return self.routes.source.get("kind") != "workload"


def tables(evidence: Sequence[Evidence], machine: Mapping[str, Any] | None) -> tuple[Table, ...]:
    """Return the tables of some sessions, the one that is trusted most first."""
    return trusted([session.routes for session in evidence if session.routes is not None], machine)


def trusted(measured: Iterable[Routes], machine: Mapping[str, Any] | None) -> tuple[Table, ...]:
    """Return tables in the order in which they are trusted, the most first."""
    found = [
        Table(routes, elsewhere=machine is not None and not same_machine(routes.machine, machine))
        for routes in measured
    ]
    found.sort(key=lambda table: table.routes.finished, reverse=True)
    return tuple(sorted(found, key=lambda table: (not table.own, table.elsewhere)))


@dataclass(frozen=True)
class Tried:
    """A documented route that was tried: its table, the row that speaks for it, and what is known of it by that."""

    route: Route
    table: Table
    row: RouteRow
    indicative: bool
    seen: RouteSeen


def with_routes(
    problem: Problem, needs: Needs, made: Sequence[Table], *, today: date, versions: Mapping[str, str]
) -> Problem:
    """Return the problem with what tables of routes say for these needs; without any it is the same."""
    tried = trials(needs, made, problem.knowledge)
    if not tried:
        return problem
    finding = told_by(tried, problem.finding, needs, problem.knowledge)
    return compilation.prepare(problem.knowledge, today=today, versions=versions, finding=finding)


def trials(needs: Needs, made: Sequence[Table], knowledge: Knowledge) -> tuple[Tried, ...]:
    """Return what tables say of each documented route that any of them tried."""
    if not made:
        return ()
    return tuple(found for route in knowledge.routes if (found := trial(route, needs, made, knowledge)) is not None)


def told_by(tried: Sequence[Tried], finding: Finding, needs: Needs, knowledge: Knowledge) -> Finding:
    """Return a finding without routes with what trials of them tell: which ways work, and the ratios."""
    return replace(
        finding,
        routes={found.route.id: found.seen for found in tried},
        observations=(*finding.observations, *_observations(tried, needs, knowledge)),
    )


def trial(route: Route, needs: Needs, made: Sequence[Table], knowledge: Knowledge) -> Tried | None:
    """Return what the most trusted table that tried a documented route says of it; None where none did."""
    if not route.measured:
        return None
    indicative = on_other_device(route.need, knowledge)
    asked = {str(name): value for name, value in needs.targets.items()}
    for table in made:
        rows = [r for r in table.routes.rows if r.route in route.measured and r.framework == route.framework]
        working = [row for row in rows if row.status is Status.OK]
        same_kind = not (table.elsewhere or indicative)
        judged = [(row, targets.judge(asked, row, same_kind)) for row in working]
        meeting = [(row, told) for row, told in judged if targets.FAILS not in told.values()]
        if meeting:
            row, told = min(meeting, key=lambda one: _order(one[0], needs))
            return Tried(route, table, row, indicative, _seen("works", table, row, told, indicative))
        if judged:
            row, told = min(judged, key=lambda one: (list(one[1].values()).count(targets.FAILS), _order(one[0], needs)))
            return Tried(route, table, row, indicative, _seen("misses", table, row, told, indicative))
        failing = [row for row in rows if row.status in FAILING]
        if failing and len(failing) == len(rows):
            return Tried(route, table, failing[0], indicative, _seen("fails", table, failing[0], {}, indicative))
    return None


def on_other_device(need: str, knowledge: Knowledge) -> bool:
    """Return whether a need is about another kind of machine than those that measure: a phone, a board, a browser."""
    question, option = split_need(need)
    return question in knowledge.questions and option in knowledge.questions[question].other_device


def indicative(row: RouteRow, table: Table, needs: Needs, knowledge: Knowledge) -> bool:
    """Return whether what does not travel is indicative alone: the model is to run on another kind of machine.

    Of the named needs those count that the row's route reaches; all of them, where it reaches none.
    """
    reached = {r.need for r in knowledge.routes if row.route in r.measured and r.framework == row.framework}
    asked = {
        f"{question.id}.{option}"
        for question in knowledge.questions.values()
        if question.other_device
        for option in needs.options(question.id)
    }
    named = asked & reached or asked
    return table.elsewhere or (bool(named) and all(on_other_device(need, knowledge) for need in named))


def _order(row: RouteRow, needs: Needs) -> tuple[float, str]:
    """Sort key of rows that all do: the smallest where a size is asked for, else the fastest."""
    size = math.inf if row.artifact_bytes is None else float(row.artifact_bytes)
    time = math.inf if row.p50_ms is None else row.p50_ms.value
    return (size if "artifact_mb" in needs.targets else time, row.precision)


def _seen(state: str, table: Table, row: RouteRow, told: Mapping[str, str], indicative: bool) -> RouteSeen:
    parity = row.parity or {}
    return RouteSeen(
        state=state,
        route=row.route,
        runtime=row.runtime,
        precision=row.precision,
        own=table.own,
        elsewhere=table.elsewhere,
        indicative=indicative,
        artifact_bytes=row.artifact_bytes,
        p50_ms=_value(row.p50_ms),
        p95_ms=_value(row.p95_ms),
        max_abs=parity.get("max_abs"),
        agreement=_value(row.agreement),
        targets=dict(told),
        reason=row.reason,
        reason_code=row.reason_code,
        reason_params=dict(row.reason_params),
        refused=row.refused,
    )


def _value(found: Interval | None) -> float | None:
    return None if found is None else found.value


# ------------------------------------------------------------ ratios


def _observations(tried: Sequence[Tried], needs: Needs, knowledge: Knowledge) -> Iterator[Observation]:
    """Return, for each criterion with a figure of routes, how the frameworks' best compare over the named needs."""
    for _, criterion in sorted(knowledge.criteria.items()):
        if criterion.route_figure is not None and criterion.full_scale is not None:
            yield from _on(criterion, tried, needs, knowledge)


def _on(criterion: Criterion, tried: Sequence[Tried], needs: Needs, knowledge: Knowledge) -> Iterator[Observation]:
    frameworks = sorted({found.route.framework for found in tried})
    for i, denominator in enumerate(frameworks):
        for numerator in frameworks[i + 1 :]:
            sides = [
                both
                for need in sorted({found.route.need for found in tried if _named(found.route.need, needs)})
                if (both := _both(criterion, tried, need, (denominator, numerator))) is not None
            ]
            if sides:
                yield _pooled(criterion, sides, knowledge)


def _named(need: str, needs: Needs) -> bool:
    question, option = split_need(need)
    return option in needs.options(question)


Figure = tuple[float, float]
"""The logarithm of a figure, and its variance."""


def _both(
    criterion: Criterion, tried: Sequence[Tried], need: str, pair: tuple[str, str]
) -> tuple[tuple[Tried, Figure], tuple[Tried, Figure]] | None:
    """Return the best of either framework on one need, of one table; None where one has none.

    One that misses a target counts as well: were it left out, missing could be a gain, and getting worse with it.
    """
    found = []
    for framework in pair:
        able = [
            (one, figure)
            for one in tried
            if (one.route.need, one.route.framework) == (need, framework)
            and one.seen.state != "fails"
            and (figure := _figure(criterion, one.row)) is not None
        ]
        if not able:
            return None
        found.append(min(able, key=lambda one: (one[1][0], one[0].route.id)))
    first, second = found
    return (first, second) if first[0].table is second[0].table else None


def _figure(criterion: Criterion, row: RouteRow) -> Figure | None:
    if criterion.route_figure == "artifact_bytes":
        return None if not row.artifact_bytes else (math.log(row.artifact_bytes), 0.0)
    found = row.p50_ms
    if found is None:
        return None
    return math.log(found.value), observations.standard_error(found.low, found.high) ** 2


def _pooled(
    criterion: Criterion, sides: Sequence[tuple[tuple[Tried, Figure], tuple[Tried, Figure]]], knowledge: Knowledge
) -> Observation:
    """Average over the needs; their common transfer to the real job counts once."""
    count, settings = len(sides), knowledge.settings
    mean = sum(second[1][0] - first[1][0] for first, second in sides) / count
    variance = sum(side[1][1] for both in sides for side in both) / count**2
    (one, _), (other, _) = sides[0]
    variance += (settings.own_transfer if one.table.own else settings.transfer) ** 2
    apart = any(side[0].table.elsewhere or side[0].indicative for both in sides for side in both)
    if apart and criterion.route_figure != "artifact_bytes":  # a file's size is the same everywhere
        variance += settings.other_machine**2
    return Observation(
        criterion=criterion.id,
        numerator=other.route.framework,
        denominator=one.route.framework,
        mean=mean,
        variance=variance,
        probes=tuple(dict.fromkeys(side[0].row.route for both in sides for side in both)),
        other_machine=one.table.elsewhere,
        machine=observations.place_of(one.table.routes.machine),
        device="cpu",
    )
