"""What measuring a documented route is worth: how unsure its effect is, by the weight of the need it leads to. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from advisor.model.knowledge import Knowledge
from advisor.model.recommendation import CriterionResult, Recommendation, RouteResult

SECOND = 0.25
"""What the next best route to a need is worth, as part of the best: it decides where the best one fails."""


def route_values(found: Recommendation, knowledge: Knowledge) -> dict[str, float]:
    """Return ``values_of`` what was recommended."""
    ruled_out = {exclusion.framework for exclusion in found.excluded}
    return values_of(found.routes, found.criteria, ruled_out, knowledge)


def values_of(
    routes: Sequence[RouteResult], criteria: Sequence[CriterionResult], ruled_out: Collection[str], knowledge: Knowledge
) -> dict[str, float]:
    """Return route of ``probes/routes`` -> what knowing it is worth, in units of utility; none where nothing weighs.

    The standard deviation of a documented route's effect, by the weight of the criterion that names its need; each
    further route to a need is worth a quarter of the one before, and one that was measured already nothing.
    """
    by_id = {route.id: route for route in knowledge.routes}
    rank: dict[tuple[str, str], int] = {}
    worth: dict[str, float] = {}
    for result in routes:  # living before dead, best first
        documented = by_id[result.route]
        if not documented.measured or not result.living or result.seen or result.framework in ruled_out:
            continue
        place = (result.need, result.framework)
        rank[place] = rank.get(place, -1) + 1
        weight = sum(row.weight for row in criteria if result.need in knowledge.criteria[row.id].needs)
        value = weight * knowledge.settings.sd[documented.grade] * SECOND ** rank[place]
        for name in documented.measured:
            worth[name] = max(worth.get(name, 0.0), value)
    return {name: value for name, value in worth.items() if value > 0}
