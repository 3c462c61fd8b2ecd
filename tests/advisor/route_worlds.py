"""Small worlds in which routes were measured: documented ways, a table of them, numbers asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hypothesis import strategies as st

from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import MeasurableRoute, Recommendation
from advisor.recommendation import recommend
from probes.types import Evidence, Interval, RouteRow, Routes, Status
from tests.advisor import small

MACHINE = {"cpu": "A", "cores": 2, "arch": "x86_64", "gpus": []}
TODAY = date(2026, 11, 28)
FRAMEWORKS = ("a", "b", "c")
ROUTES = ("a-one", "a-two", "b-one", "b-two")
NEEDS = ("deploy.phone", "deploy.server")
MEASURABLE = tuple(MeasurableRoute(route=name, framework=name[0], seconds=5.0 + len(name)) for name in ROUTES)
SETTINGS = small.SETTINGS.model_copy(update={"draws": 200})


@dataclass(frozen=True)
class World:
    """A knowledge base, needs, a table of routes, and which routes can be measured."""

    knowledge: Knowledge
    needs: Needs
    rows: tuple[RouteRow, ...]
    measurable: tuple[MeasurableRoute, ...] = MEASURABLE

    def recommend(self, rows: Sequence[RouteRow] | None = None) -> Recommendation:
        """Return what is recommended with these rows, or others."""
        made = [session(self.rows if rows is None else rows)]
        return recommend(
            self.needs,
            self.knowledge,
            made,
            today=TODAY,
            machine=MACHINE,
            routes=self.measurable,
            measurable=FRAMEWORKS,
        )


def session(rows: Sequence[RouteRow], **source: Any) -> Evidence:
    """Return a session with a table of routes."""
    table = Routes(
        machine=MACHINE,
        source={"kind": "workload", "name": "net", "parameters": 50_000, **source},
        targets={},
        rows=tuple(rows),
        threads=1,
        seed=0,
        grade="A",
        started="2026-11-27T10:00:00+00:00",
        finished="2026-11-27T10:05:00+00:00",
    )
    ended = {"started": table.started, "finished": table.finished}
    return Evidence(machine=MACHINE, environments={}, probes=(), selftest=None, grade="A", routes=table, **ended)


def row(route: str, *, size: int = 200_000, p50: float = 0.2, p95: float = 0.3, **found: Any) -> RouteRow:
    """Return a row that works."""
    made: dict[str, Any] = {
        "framework": route.partition("-")[0],
        "runtime": route.partition("-")[2],
        "precision": "fp32",
        "status": Status.OK,
        "artifact_bytes": size,
        "p50_ms": Interval(p50, p50 * 0.97, p50 * 1.03),
        "p95_ms": Interval(p95, p95 * 0.9, p95 * 1.1),
        "parity": {"max_abs": 3e-7, "relative": 1e-7, "bound": 1e-3},
    }
    return RouteRow(route=route, **{**made, **found})


effects = st.integers(-2, 2)
grades = st.sampled_from(["high", "moderate", "low"])
sizes = st.integers(20_000, 900_000)
times = st.floats(0.02, 5.0, allow_nan=False)


@st.composite
def rows(draw: st.DrawFn) -> tuple[RouteRow, ...]:
    """Rows of some routes, one of which may have failed."""
    names = draw(st.sets(st.sampled_from(ROUTES), min_size=1))
    failed = draw(st.sampled_from([None, None, *ROUTES]))
    return tuple(
        row(name, size=draw(sizes), p50=draw(times), p95=draw(times))
        if name != failed
        else row(name, status=Status.FAILED, artifact_bytes=None, p50_ms=None, p95_ms=None)
        for name in sorted(names)
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Worlds in which size, latency and a place decide, among other things."""
    judged = [
        small.criterion("size", full_scale=10.0).model_copy(update={"route_figure": "artifact_bytes"}),
        small.criterion("latency", full_scale=2.0).model_copy(update={"route_figure": "p50_ms"}),
        small.criterion("place", needs=NEEDS),
        small.criterion("other"),
    ]
    ways = [
        small.route(
            f"{need.partition('.')[2]}-{name}",
            need,
            name[0],
            effect=draw(effects),
            grade=draw(grades),
            measured=(name,),
        )
        for need in NEEDS
        for name in ROUTES
    ]
    ways += [
        small.route(f"{need}-{f}-far".replace(".", "-"), need, f, effect=-1, grade="low")
        for need in NEEDS
        for f in "ac"
    ]
    deploy = small.question(
        "deploy",
        {"phone": {"place": 2.0, "size": 1.0}, "server": {"place": 1.0, "latency": draw(st.sampled_from([1.0, 3.0]))}},
        kind="many",
        requires=draw(st.sampled_from([None, "all"])),
    ).model_copy(update={"other_device": ("phone",)})
    goal = small.question("goal", {"any": {"other": draw(st.sampled_from([0.5, 2.0]))}})
    tested = draw(st.sampled_from([(), *(({"route": name},) for name in ROUTES)]))
    judged_so = {name: draw(effects) for name in FRAMEWORKS}
    claims = [small.claim("claim-0", "other", judged_so, grade=draw(grades), measured=tested)]
    knowledge = small.knowledge(FRAMEWORKS, judged, [deploy, goal], claims, routes=ways, settings=SETTINGS)
    asked: dict[str, float] = {}
    if draw(st.booleans()):
        asked["artifact_mb"] = draw(sizes) / 1e6
    if draw(st.booleans()):
        asked["latency_p95_ms"] = draw(times)
    places = draw(st.sampled_from([("phone",), ("server",), ("phone", "server")]))
    needs = Needs.model_validate({"answers": {"deploy": places, "goal": "any"}, "targets": asked})
    return World(knowledge, needs, draw(rows()))


def exchanged(world: World) -> World:
    """Return the world with everything said and measured of a and of b exchanged; routes keep their ids."""
    swap = {"a": "b", "b": "a"}

    def other(name: str) -> str:
        return swap.get(name, name)

    claims = {
        key: claim.model_copy(update={"value": {other(name): effect for name, effect in claim.value.items()}})
        for key, claim in world.knowledge.claims.items()
    }
    ways = tuple(way.model_copy(update={"framework": other(way.framework)}) for way in world.knowledge.routes)
    return World(
        world.knowledge.model_copy(update={"claims": claims, "routes": ways}),
        world.needs,
        tuple(dataclasses.replace(one, framework=other(one.framework)) for one in world.rows),
        tuple(one.model_copy(update={"framework": other(one.framework)}) for one in world.measurable),
    )
