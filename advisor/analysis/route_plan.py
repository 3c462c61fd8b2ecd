"""Which routes to measure next: what each outcome could change, the most value per second first. Pure.

A route can work, fail or miss a number that was asked for; and where a criterion compares the frameworks' figures, its
figure can be any. Each outcome is judged as if it had been measured.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from advisor.analysis import messages, route_messages, tipping_points
from advisor.analysis.route_flips import turned_need
from advisor.engine import route_figures
from advisor.engine.route_results import on_other_device
from advisor.engine.route_what_if import WhatIf
from advisor.engine.scoring import Scored
from advisor.model.knowledge import Route
from advisor.model.recommendation import MeasurableRoute, PlannedProbe
from advisor.model.text import Text
from probes.statistics.targets import TARGETS

RUN = "framework-advisor routes run --routes {route} -o routes.json"
ADD = "framework-advisor routes add {environment}"
"""Ends at once where the environment is there already."""


def route_plan(
    what_if: WhatIf, routes: Iterable[MeasurableRoute], values: Mapping[str, float]
) -> tuple[PlannedProbe, ...]:
    """Return the routes that are worth measuring, the most value a second first.

    One that could change nothing has no value; it stands last.

    Args:
        what_if: the needs, and what is known of routes.
        routes: those that can be measured. values: route -> what knowing it is worth.
    """
    able = {route.route: route for route in routes}
    planned = [
        _planned(what_if, able[name], ways, _rivals(what_if, able.values(), ways), worth)
        for name, worth in values.items()
        if name in able and (ways := _ways(what_if, able[name]))
    ]
    return tuple(sorted(planned, key=lambda step: (-step.value / step.seconds, step.seconds, step.probe)))


def merged(probes: Sequence[PlannedProbe], routes: Sequence[PlannedProbe]) -> tuple[PlannedProbe, ...]:
    """Return probes and routes as one plan, by value a second; each in the order it has, probes first where equal."""
    left, found = list(routes), []
    for probe in probes:
        while left and left[0].value / left[0].seconds > probe.value / probe.seconds:
            found.append(left.pop(0))
        found.append(probe)
    return (*found, *left)


def command(route: MeasurableRoute) -> str:
    """Return the command that measures a route, with what adds its environment before it."""
    run = RUN.format(route=route.route)
    return f"{ADD.format(environment=route.environment)} && {run}" if route.environment else run


def _ways(what_if: WhatIf, route: MeasurableRoute) -> list[Route]:
    """Return the ways to named needs that a route would try, and that nothing is known of by measurement."""
    seen = {one.route.id for one in what_if.tried}
    return [
        way
        for way in what_if.knowledge.routes
        if route.route in way.measured and way.framework == route.framework and way.id not in seen and what_if.open(way)
    ]


def _rivals(what_if: WhatIf, able: Collection[MeasurableRoute], ways: Collection[Route]) -> dict[str, list[Route]]:
    """Return the other frameworks of which ways to one of the same needs can be measured, with those ways."""
    names = {(route.route, route.framework) for route in able}
    mine, needs = next(iter(ways)).framework, {way.need for way in ways}
    found: dict[str, list[Route]] = {}
    for way in what_if.knowledge.routes:
        measurable = any((name, way.framework) in names for name in way.measured)
        if measurable and way.need in needs and way.framework != mine and what_if.open(way):
            found.setdefault(way.framework, []).append(way)
    return found


def _planned(
    what_if: WhatIf, route: MeasurableRoute, ways: Sequence[Route], rivals: Mapping[str, Sequence[Route]], worth: float
) -> PlannedProbe:
    turn = (
        _failing(what_if, ways, route.route)
        or _compared(what_if, ways, rivals)
        or _working(what_if, ways)
        or _turning(what_if, ways, route.route)
    )
    return PlannedProbe.model_validate(
        {
            "probe": route.route,
            "value": worth if turn else 0.0,
            "seconds": route.seconds,
            "would_flip_at": None,
            "command": command(route),
            "reason": route_messages.changes_nothing(ways[0]),
            **turn,
        }
    )


Turn = dict[str, object]
"""What an outcome would change, as fields of ``PlannedProbe``; empty where nothing."""


def _failing(what_if: WhatIf, ways: Sequence[Route], route: str) -> Turn:
    """Return the turn of the recommendation that failing brings."""
    failed = what_if.with_failing([way.id for way in ways], route)
    if failed.leader == what_if.now.leader:
        return {}
    name = _missing(what_if, ways)
    then = messages.outcome_text(what_if.knowledge, failed.leader)
    return {**_number(what_if, name), "changes": "recommendation", "reason": _if_it_fails(what_if, ways, name, then)}


def _turning(what_if: WhatIf, ways: Sequence[Route], route: str) -> Turn:
    """Return the turn of the plan that failing brings."""
    failed = what_if.with_failing([way.id for way in ways], route)
    framework = ways[0].framework
    need = turned_need(what_if.now, failed, framework)
    if need is None:
        return {}
    name = _missing(what_if, ways)
    then = route_messages.plan_text(what_if.knowledge, need, failed.ways.get((need, framework)))
    return {**_number(what_if, name), "changes": "plan", "reason": _if_it_fails(what_if, ways, name, then)}


def _working(what_if: WhatIf, ways: Sequence[Route]) -> Turn:
    """Return the turn of the recommendation that working brings: what was seen to work is surer."""
    worked = what_if.with_working([way.id for way in ways])
    if worked.leader == what_if.now.leader:
        return {}
    then = messages.outcome_text(what_if.knowledge, worked.leader)
    return {"changes": "recommendation", "reason": route_messages.if_it_works(ways[0], then)}


def _compared(what_if: WhatIf, ways: Sequence[Route], rivals: Mapping[str, Sequence[Route]]) -> Turn:
    """Return the turn of the recommendation that a ratio of two frameworks' figures brings, the nearest to 1.

    The ways of both are taken to work: without that there is nothing to compare.
    """
    seen = {one.route.id for one in what_if.tried}
    found: list[tuple[float, str, tuple[str, str], float]] = []
    for rival, theirs in sorted(rivals.items()):
        works = what_if.with_working([way.id for way in (*ways, *theirs) if way.id not in seen])
        if works.leader == what_if.now.leader and rival in works.scored.allowed:
            pair = (max(ways[0].framework, rival), min(ways[0].framework, rival))
            found.extend(_ratios(works.scored, pair, _other_device(what_if, ways)))
    if not found:
        return {}
    _, criterion, (numerator, denominator), ratio = min(found)
    return {
        "would_flip_at": ratio,
        "criterion": criterion,
        "numerator": numerator,
        "denominator": denominator,
        "changes": "recommendation",
        "reason": messages.planned_probe(
            what_if.knowledge, criterion, pair=(numerator, denominator), ratio=ratio, asked_only=False
        ),
    }


def _ratios(
    scored: Scored, pair: tuple[str, str], elsewhere: bool
) -> Iterator[tuple[float, str, tuple[str, str], float]]:
    """Yield the ratios at which figures of a pair change the leader: how far from 1, criterion, pair, ratio."""
    settings = scored.problem.knowledge.settings
    for criterion in scored.problem.criteria:
        figure = route_figures.name_of(scored.problem.knowledge.criteria[criterion])
        if figure is None:
            continue
        apart = elsewhere and not (figure in TARGETS and TARGETS[figure].travels)
        transfer = math.hypot(settings.transfer, settings.other_machine if apart else 0.0)
        ratio = tipping_points.ratio_that_flips(scored, criterion, pair=pair, transfer=transfer)
        if ratio is not None:
            yield abs(math.log(ratio)), criterion, pair, ratio


def _other_device(what_if: WhatIf, ways: Iterable[Route]) -> bool:
    """Return whether any of the ways leads to another kind of machine than those that measure."""
    return any(on_other_device(way.need, what_if.knowledge) for way in ways)


def _missing(what_if: WhatIf, ways: Sequence[Route]) -> str | None:
    """Return the first number asked for that a measurement here could show to be missed on every way."""
    asked = what_if.needs.targets
    elsewhere = _other_device(what_if, ways)
    return next((str(name) for name in asked if TARGETS[name].travels or not elsewhere), None)


def _number(what_if: WhatIf, name: str | None) -> Turn:
    asked = {str(one): value for one, value in what_if.needs.targets.items()}
    return {} if name is None else {"figure": name, "would_flip_at": asked[name]}


def _if_it_fails(what_if: WhatIf, ways: Sequence[Route], name: str | None, then: Text) -> Text:
    asked = {str(one): value for one, value in what_if.needs.targets.items()}
    return route_messages.if_it_fails(ways[0], None if name is None else {name: asked[name]}, then)
