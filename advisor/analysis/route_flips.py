"""At what value a figure of a measured route would change the recommendation, or the plan's row.

Each value is found by judging the needs with that figure in the table. Pure: no files, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from advisor.analysis import route_messages, tipping_points
from advisor.engine import route_figures, smaa
from advisor.engine.route_figures import FIGURES
from advisor.engine.route_results import Tried
from advisor.engine.route_what_if import Outcome, WhatIf
from advisor.model.recommendation import FigureFlip, Flip
from probes.types import Status

REACH = math.log(1e6)
"""How many times as large, or as small, a figure may become: far beyond where a ratio's effect ends."""

APART = 1e-7
"""How near, as a part of the figure, the last value that changes nothing is to one that does."""


@dataclass(frozen=True)
class FoundFlip:
    """A flip, and what it is of.

    ``need``: of the plan's row that it changes, "" where it changes the recommendation. ``distance``: the logarithm of
    how many times as large, or as small, the figure would be. ``outcome``: what it would be then.
    """

    tried: Tried
    need: str
    flip: FigureFlip
    distance: float
    outcome: Outcome


def figure_flips(what_if: WhatIf) -> tuple[FoundFlip, ...]:
    """Return every flip by one figure of a row that speaks for a way of the plan, in the order of the routes."""
    found: list[FoundFlip] = []
    done: set[tuple[int, str]] = set()
    for tried in what_if.tried:
        if tried.row.status is not Status.OK or not what_if.open(tried.route):
            continue
        for name in _figures(what_if, tried):
            if (id(tried.row), name) not in done:
                done.add((id(tried.row), name))
                found.extend(_Figure(what_if, tried, name).flips())
    return tuple(found)


def route_flip(found: Sequence[FoundFlip], *, random_seed: int) -> Flip | None:
    """Return the flip of the recommendation whose figure has least to differ from what was measured."""
    able = [one for one in found if one.flip.changes == "recommendation"]
    nearest = min(able, key=lambda one: (abs(one.distance), one.tried.row.route, one.flip.figure), default=None)
    if nearest is None:
        return None
    row, flip, then = nearest.tried.row, nearest.flip, nearest.outcome
    change = {
        "route": row.route,
        "precision": row.precision,
        "figure": flip.figure,
        "value": flip.value,
        flip.direction: flip.would_flip_at,
    }
    return Flip(
        change=change,
        recommended=then.leader,
        acceptability=smaa.acceptability(smaa.trial_of(then.scored, random_seed=random_seed)),
        kind="route",
        text=flip.text,
    )


def _figures(what_if: WhatIf, tried: Tried) -> list[str]:
    """Return the figures of a row that anything could hang on: those asked for, and those that criteria compare."""
    scored = what_if.now.scored
    compared = {
        route_figures.name_of(what_if.knowledge.criteria[criterion])
        for j, criterion in enumerate(scored.problem.criteria)
        if scored.judged.weights[0, j] > 0
    }
    asked = [name for name in FIGURES if name in what_if.needs.targets or name in compared]
    return [name for name in asked if FIGURES[name].value(tried.row)]


Changed = Callable[[Outcome], bool]


@dataclass(frozen=True)
class _Figure:
    """One figure of one row. Places are logarithms of how many times as large it is."""

    what_if: WhatIf
    tried: Tried
    name: str
    _outcomes: dict[float, Outcome] = field(default_factory=dict)

    @cached_property
    def value(self) -> float:
        """The figure as it was measured."""
        return FIGURES[self.name].value(self.tried.row) or math.nan

    @cached_property
    def limit(self) -> float | None:
        """The value beyond which it misses what is asked for, None where nothing is."""
        asked = self.what_if.needs.targets
        found = {
            str(name): route_figures.limit(name, self.tried.row, asked[name]) for name in asked if name == self.name
        }
        return found.get(self.name)

    def flips(self) -> Iterator[FoundFlip]:
        """Yield what growing, and what shrinking, would change: the recommendation, and the plan."""
        for sign in (1, -1):
            leader = self._nearest(self._turns_leader, sign)
            way = self._nearest(self._turns_way, sign)
            if leader is not None:
                yield self._found(leader, need="")
            if way is not None and way != leader and (need := self._turned(self._outcome(way[0]))) is not None:
                yield self._found(way, need=need)

    def _turns_leader(self, then: Outcome) -> bool:
        return then.leader != self.what_if.now.leader

    def _turns_way(self, then: Outcome) -> bool:
        return self._turned(then) is not None

    def _turned(self, then: Outcome) -> str | None:
        return turned_need(self.what_if.now, then, self.tried.route.framework)

    def _outcome(self, place: float) -> Outcome:
        if place not in self._outcomes:
            row = self.tried.row
            other = route_figures.with_figure(self.name, row, self.value * math.exp(place))
            self._outcomes[place] = self.what_if.with_row(row, other)
        return self._outcomes[place]

    def _nearest(self, turns: Changed, sign: int) -> tuple[float, bool] | None:
        """Return the nearest place on one side at which something turns, and whether what is asked for decides it."""

        def changed(place: float) -> bool:
            return turns(self._outcome(place))

        inside = 0.0
        if (
            self.limit is not None
            and 0 < self.limit < math.inf
            and sign * (asked := math.log(self.limit / self.value)) > 0
        ):
            step = sign * max(APART, math.log1p(FIGURES[self.name].step / self.limit))
            if changed(asked + step):
                if not changed(asked - step):
                    return asked + step, True
                return tipping_points.boundary(changed, inside=inside, outside=asked - step, apart=APART), False
            inside = asked + step
        end = sign * REACH
        if changed(end):
            return tipping_points.boundary(changed, inside=inside, outside=end, apart=APART), False
        return None

    def _found(self, turn: tuple[float, bool], *, need: str) -> FoundFlip:
        place, by_target = turn
        then, framework = self._outcome(place), self.tried.route.framework
        at = self.limit if by_target and self.limit is not None else self.value * math.exp(place)
        to = then.leader if not need else then.ways.get((need, framework), ("", ""))[0]
        known = {
            "figure": self.name,
            "value": self.value,
            "would_flip_at": at,
            "direction": "above" if place > 0 else "below",
            "changes": "plan" if need else "recommendation",
            "target": by_target,
            "to": to or "",
        }
        text = route_messages.figure_flip(
            self.what_if, self.tried, known, need=need, way=then.ways.get((need, framework))
        )
        return FoundFlip(self.tried, need, FigureFlip.model_validate({**known, "text": text}), place, then)


def turned_need(now: Outcome, then: Outcome, framework: str) -> str | None:
    """Return the first need that the plan of a framework would reach by another way, or no longer."""
    places = sorted(place for place in {**now.ways, **then.ways} if place[1] == framework)
    return next((need for need, one in places if now.ways.get((need, one)) != then.ways.get((need, one))), None)
