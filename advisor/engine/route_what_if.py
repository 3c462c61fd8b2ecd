"""What a decision would be, had a route gone otherwise: another figure of a measured one, any outcome of another. Pure.

The same trials, compilation and judgement as for what was measured; only where routes open or close is anything
compiled anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from advisor.engine import compilation, machines, route_claims, route_results, scoring
from advisor.engine.observations import Finding
from advisor.engine.problem import Problem
from advisor.engine.route_results import Table, Tried
from advisor.engine.scoring import Scored
from advisor.model.knowledge import Knowledge, Route, split_need
from advisor.model.needs import Needs
from advisor.model.recommendation import RouteSeen
from probes.types import RouteRow

Place = tuple[str, str]
"""A need and a framework."""

Way = tuple[str, str]
"""A documented route, and the precision that was measured of it, "" where none was."""


@dataclass(frozen=True)
class Outcome:
    """Who is recommended, and by which way each framework reaches each named need; a need it misses is not in it."""

    scored: Scored
    leader: str | None
    ways: Mapping[Place, Way]


@dataclass(frozen=True)
class WhatIf:
    """Some needs with what is known of routes.

    Attributes:
        base: the problem without ways that tables of routes open or close, but with what they say of claims.
        finding: what is known without any table. tables: of routes. tried: what they say of ways.
        now: the outcome as it is.
    """

    base: Problem
    finding: Finding
    needs: Needs
    tables: tuple[Table, ...]
    today: date
    versions: Mapping[str, str]
    tried: tuple[Tried, ...]
    now: Outcome

    @property
    def knowledge(self) -> Knowledge:
        """The knowledge base."""
        return self.base.knowledge

    def open(self, route: Route) -> bool:
        """Return whether a documented route leads to a named need, under these answers."""
        options = self.now.scored.problem.routes[route.need, route.framework]
        condition = next(option.condition for option in options if option.route.id == route.id)
        return _named(route.need, self.needs) and bool(self.now.scored.held[condition])

    def with_row(self, row: RouteRow, other: RouteRow) -> Outcome:
        """Return the outcome, were ``other`` in the place of a row of a table."""
        made = [_exchanged(table, row, other) for table in self.tables]
        tried = route_results.trials(self.needs, made, self.knowledge)
        finding = route_claims.with_verdicts(self.finding, made, self.knowledge)
        return self._outcome(route_results.told_by(tried, finding, self.needs, self.knowledge))

    def with_working(self, ways: Iterable[str]) -> Outcome:
        """Return the outcome, had some documented routes been seen to work."""
        return self._with_state(ways, "works", self.base.finding)

    def with_failing(self, ways: Iterable[str], route: str) -> Outcome:
        """Return the outcome, had a route, and so the documented ones that it tries, been seen to fail."""
        made = [route_claims.failing(route, self.knowledge), *self.tables]
        return self._with_state(ways, "fails", route_claims.with_verdicts(self.finding, made, self.knowledge))

    def _with_state(self, ways: Iterable[str], state: Literal["works", "fails"], finding: Finding) -> Outcome:
        told = route_results.told_by(self.tried, finding, self.needs, self.knowledge)
        return self._outcome(replace(told, routes={**told.routes, **dict.fromkeys(ways, RouteSeen.imagined(state))}))

    def _outcome(self, finding: Finding) -> Outcome:
        problem = compilation.revised(self.now.scored.problem, finding, today=self.today, versions=self.versions)
        return outcome(machines.for_needs(problem, self.needs), self.needs)


def what_if(
    base: Problem,
    finding: Finding,
    needs: Needs,
    tables: Sequence[Table],
    scored: Scored,
    *,
    today: date,
    versions: Mapping[str, str],
) -> WhatIf:
    """Return what answers such questions; ``finding`` knows no table, ``scored`` comes of all."""
    tried = route_results.trials(needs, tables, base.knowledge)
    return WhatIf(base, finding, needs, tuple(tables), today, versions, tried, _of(scored))


def outcome(problem: Problem, needs: Needs) -> Outcome:
    """Return the outcome of a problem for some needs."""
    return _of(scoring.judge(problem, needs))


def _of(scored: Scored) -> Outcome:
    seen = scored.problem.finding.routes
    ways = {}
    for place, options in scored.problem.routes.items():
        best = next((option for option in options if scored.held[option.condition]), None)
        if best is not None and best.living and _named(place[0], scored.needs):
            ways[place] = (best.route.id, seen[best.route.id].precision if best.route.id in seen else "")
    return Outcome(scored, scored.leader, ways)


def _named(need: str, needs: Needs) -> bool:
    question, option = split_need(need)
    return option in needs.options(question)


def _exchanged(table: Table, row: RouteRow, other: RouteRow) -> Table:
    """Return a table with ``other`` in the place of ``row``, the same one where it does not hold it."""
    if not any(one is row for one in table.routes.rows):
        return table
    rows = tuple(other if one is row else one for one in table.routes.rows)
    return replace(table, routes=replace(table.routes, rows=rows))
