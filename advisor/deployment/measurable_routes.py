"""The routes that a recommendation can plan to measure: what each takes, wherever the program runs."""

from __future__ import annotations

from functools import lru_cache

from advisor.model.recommendation import MeasurableRoute
from probes import routes
from probes.session.routing_plan import RUN_SECONDS


@lru_cache(maxsize=1)
def measurable() -> tuple[MeasurableRoute, ...]:
    """Return every route, by its id; looks for nothing on this machine."""
    return tuple(
        MeasurableRoute(
            route=name, framework=found.FRAMEWORK, seconds=found.SECONDS + RUN_SECONDS, environment=found.ENVIRONMENT
        )
        for name in routes.known()
        if (found := routes.route(name))
    )
