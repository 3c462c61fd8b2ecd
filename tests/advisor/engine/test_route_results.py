"""What tables of routes do to a recommendation: confirm, close, compare, and hold to targets."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from advisor.engine import compilation, route_results
from advisor.knowledge.loading import load_knowledge
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import MeasuredPair, Recommendation
from advisor.recommendation import recommend
from probes.types import Evidence, Interval, RouteRow, Routes, Status

MACHINE = {"cpu": "A", "cores": 2, "arch": "x86_64", "gpus": []}
OTHER = {"cpu": "B", "cores": 8, "arch": "arm64", "gpus": []}
TODAY = date(2026, 11, 28)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


def row(route: str, **found: Any) -> RouteRow:
    framework, _, runtime = route.partition("-")
    made: dict[str, Any] = {
        "status": Status.OK,
        "artifact_bytes": 200_000,
        "p50_ms": Interval(0.2, 0.19, 0.21),
        "p95_ms": Interval(0.3, 0.28, 0.32),
        "parity": {"max_abs": 3e-7, "relative": 1e-7, "bound": 1e-3},
    }
    return RouteRow(route=route, framework=framework, runtime=runtime, precision="fp32", **{**made, **found})


def session(*rows: RouteRow, machine: Mapping[str, Any] = MACHINE, kind: str = "workload") -> Evidence:
    table = Routes(
        machine=machine,
        source={"kind": kind, "name": "image_classifier"},
        targets={},
        rows=rows,
        threads=1,
        seed=0,
        grade="A",
        started="2026-11-27T10:00:00+00:00",
        finished="2026-11-27T10:05:00+00:00",
    )
    return Evidence(
        machine=machine,
        environments={},
        probes=(),
        selftest=None,
        grade="A",
        started=table.started,
        finished=table.finished,
        routes=table,
    )


def judged(knowledge: Knowledge, *sessions: Evidence, **needs: Any) -> Recommendation:
    said = Needs(**{"answers": {"deploy": ("mobile",)}, **needs})
    return recommend(said, knowledge, sessions, today=TODAY, machine=MACHINE)


def ways(found: Recommendation, framework: str, need: str = "deploy.mobile") -> dict[str, Any]:
    return {one.route: one for one in found.routes if (one.framework, one.need) == (framework, need)}


def value(found: Recommendation, criterion: str, framework: str) -> float:
    return next(one for one in found.criteria if one.id == criterion).value[framework]


TINY = {"answers": {"deploy": ("mobile",), "footprint": "tiny"}}


def shown_pair(found: Recommendation) -> MeasuredPair:
    """Return what was measured of the two frameworks' sizes."""
    measured = next(one for one in found.criteria if one.id == "small-artifact").measured
    assert measured is not None
    (pair,) = measured.pairs
    return pair


def test_a_route_that_works_is_shown_as_measured_and_the_others_as_they_were(knowledge: Knowledge) -> None:
    found = judged(knowledge, session(row("tensorflow-litert")))

    seen = ways(found, "tensorflow")["deploy-mobile-tensorflow-litert"].seen
    assert seen is not None
    assert (seen.state, seen.artifact_bytes, seen.indicative, seen.own) == ("works", 200_000, True, False)
    assert all(one.seen is None for one in ways(found, "pytorch").values())


def test_a_route_that_fails_is_not_the_plans(knowledge: Knowledge) -> None:
    before = judged(knowledge)
    planned = next(one for one in ways(before, "pytorch").values() if one.best)
    assert planned.route == "deploy-mobile-pytorch-executorch"

    found = judged(knowledge, session(row("pytorch-executorch", status=Status.FAILED, artifact_bytes=None)))

    after = ways(found, "pytorch")
    assert not after[planned.route].living
    assert not after[planned.route].best
    assert next(one for one in after.values() if one.best).route != planned.route


@pytest.mark.parametrize("status", [Status.NOT_INSTALLED, Status.TIMED_OUT, Status.CANCELLED, Status.SKIPPED])
def test_absence_tells_nothing_of_a_route(knowledge: Knowledge, status: Status) -> None:
    found = judged(knowledge, session(row("pytorch-executorch", status=status, artifact_bytes=None)))

    assert ways(found, "pytorch")["deploy-mobile-pytorch-executorch"].seen is None


def test_a_framework_whose_every_way_was_seen_to_fail_is_ruled_out_with_what_was_tried(knowledge: Knowledge) -> None:
    failing = {
        route
        for one in knowledge.routes
        if (one.need, one.framework) == ("deploy.microcontroller", "tensorflow")
        for route in one.measured
    }
    kept = [one for one in knowledge.routes if one.need != "deploy.microcontroller" or one.measured]
    narrowed = knowledge.model_copy(update={"routes": tuple(kept)})
    rows = [row(route, status=Status.NOT_COMPARABLE, reason="other answers") for route in sorted(failing)]

    found = recommend(
        Needs(answers={"deploy": ("microcontroller",)}), narrowed, [session(*rows)], today=TODAY, machine=MACHINE
    )

    (ruled_out,) = [one for one in found.excluded if one.framework == "tensorflow"]
    assert "other answers" in ruled_out.reason


def test_a_size_target_that_is_missed_closes_a_way_on_every_machine(knowledge: Knowledge) -> None:
    rows = [row("pytorch-onnx", artifact_bytes=237_000), row("tensorflow-litert", artifact_bytes=66_000)]

    found = judged(knowledge, session(*rows, machine=OTHER), targets={"artifact_mb": 0.1})

    onnx = ways(found, "pytorch")["deploy-mobile-pytorch-onnx"]
    litert = ways(found, "tensorflow")["deploy-mobile-tensorflow-litert"]
    assert onnx.seen is not None
    assert litert.seen is not None
    assert (onnx.seen.state, onnx.seen.targets) == ("misses", {"artifact_mb": "fails"})
    assert (litert.seen.state, litert.living) == ("works", True)


def test_a_time_on_this_machine_never_closes_a_way_to_a_phone(knowledge: Knowledge) -> None:
    found = judged(knowledge, session(row("tensorflow-litert")), targets={"latency_p95_ms": 0.01})

    seen = ways(found, "tensorflow")["deploy-mobile-tensorflow-litert"].seen
    assert seen is not None
    assert (seen.state, seen.targets) == ("works", {"latency_p95_ms": "indicative"})


def test_a_time_on_the_users_own_server_does(knowledge: Knowledge) -> None:
    found = judged(
        knowledge,
        session(row("pytorch-onnx")),
        answers={"deploy": ("server",)},
        targets={"latency_p95_ms": 0.01},
    )

    assert not ways(found, "pytorch", "deploy.server")["deploy-server-pytorch-onnx"].living


def test_int8_meets_a_size_that_fp32_misses(knowledge: Knowledge) -> None:
    rows = [
        row("tensorflow-litert", artifact_bytes=239_000),
        dataclasses.replace(row("tensorflow-litert", artifact_bytes=66_000), precision="int8"),
    ]

    found = judged(knowledge, session(*rows), targets={"artifact_mb": 0.1})

    seen = ways(found, "tensorflow")["deploy-mobile-tensorflow-litert"].seen
    assert seen is not None
    assert (seen.precision, seen.state) == ("int8", "works")


def test_the_smaller_file_moves_the_footprint_and_no_more_than_the_larger_one_could(knowledge: Knowledge) -> None:
    before = judged(knowledge, answers={"deploy": ("mobile",), "footprint": "tiny"})
    rows = [row("pytorch-onnx", artifact_bytes=2_000_000), row("tensorflow-litert", artifact_bytes=100_000)]

    found = judged(knowledge, session(*rows), answers={"deploy": ("mobile",), "footprint": "tiny"})

    gap = [
        value(one, "small-artifact", "tensorflow") - value(one, "small-artifact", "pytorch") for one in (before, found)
    ]
    assert gap[1] > gap[0]


def test_the_users_own_model_speaks_before_the_small_one(knowledge: Knowledge) -> None:
    works, fails = row("tensorflow-litert"), row("tensorflow-litert", status=Status.FAILED, artifact_bytes=None)

    found = judged(knowledge, session(works), session(fails, kind="model"))

    seen = ways(found, "tensorflow")["deploy-mobile-tensorflow-litert"].seen
    assert seen is not None
    assert (seen.own, seen.state) == (True, "fails")


def test_this_machine_speaks_before_another(knowledge: Knowledge) -> None:
    here, there = row("tensorflow-litert", artifact_bytes=1), row("tensorflow-litert", artifact_bytes=2)

    found = judged(knowledge, session(there, machine=OTHER), session(here))

    seen = ways(found, "tensorflow")["deploy-mobile-tensorflow-litert"].seen
    assert seen is not None
    assert (seen.elsewhere, seen.artifact_bytes) == (False, 1)


def test_the_later_of_two_tables_speaks_first(knowledge: Knowledge) -> None:
    first, last = session(row("tensorflow-litert")).routes, session(row("tensorflow-onnx")).routes
    assert first is not None
    assert last is not None
    first = dataclasses.replace(first, finished="2026-11-26T10:05:00+00:00")

    for measured in ((first, last), (last, first)):
        assert [table.routes for table in route_results.trusted(measured, MACHINE)] == [last, first]


@pytest.mark.parametrize(("kind", "transfer"), [("workload", "transfer"), ("model", "own_transfer")])
def test_sizes_are_known_exactly_and_only_their_transfer_to_the_job_is_not(
    knowledge: Knowledge, kind: str, transfer: str
) -> None:
    rows = [row("pytorch-onnx", artifact_bytes=200_000), row("tensorflow-litert", artifact_bytes=100_000)]

    pair = shown_pair(judged(knowledge, session(*rows, kind=kind), **TINY))

    sd = getattr(knowledge.settings, transfer)
    assert pair.measured.ratio == pytest.approx(0.5)
    assert pair.measured.high / pair.measured.ratio == pytest.approx(math.exp(1.959964 * sd))


def test_the_smallest_file_of_each_framework_is_compared_where_several_ways_work(knowledge: Knowledge) -> None:
    rows = [
        row("pytorch-executorch", artifact_bytes=800_000),
        row("pytorch-onnx", artifact_bytes=400_000),
        row("tensorflow-onnx", artifact_bytes=300_000),
        row("tensorflow-litert", artifact_bytes=100_000),
    ]

    pair = shown_pair(judged(knowledge, session(*rows), **TINY))

    assert pair.measured.ratio == pytest.approx(0.25)
    assert pair.probes == ("pytorch-onnx", "tensorflow-litert")


def test_where_no_size_is_asked_for_the_fastest_way_speaks(knowledge: Knowledge) -> None:
    small = row("tensorflow-litert", artifact_bytes=66_000, p50_ms=Interval(0.9, 0.8, 1.0))
    fast = dataclasses.replace(row("tensorflow-litert", artifact_bytes=239_000), precision="int8")

    for targets, precision in (({}, "int8"), ({"artifact_mb": 1.0}, "fp32")):
        seen = ways(judged(knowledge, session(small, fast), targets=targets), "tensorflow")[
            "deploy-mobile-tensorflow-litert"
        ].seen
        assert seen is not None
        assert seen.precision == precision


def test_times_of_another_machine_are_less_sure_by_what_another_machine_adds(knowledge: Knowledge) -> None:
    rows = [
        row("pytorch-onnx", p50_ms=Interval(0.4, 0.4, 0.4)),
        row("tensorflow-litert", p50_ms=Interval(0.2, 0.2, 0.2)),
    ]
    needs = Needs(answers={"deploy": ("mobile",)})
    bare = compilation.prepare(knowledge, today=TODAY)

    found = route_results.with_routes(
        bare, needs, route_results.tables([session(*rows, machine=OTHER)], MACHINE), today=TODAY, versions={}
    ).finding.observations

    time = next(one for one in found if knowledge.criteria[one.criterion].route_figure == "p50_ms")
    assert time.mean == pytest.approx(math.log(0.5))
    assert time.variance == pytest.approx(knowledge.settings.transfer**2 + knowledge.settings.other_machine**2)
    assert (time.device, time.other_machine) == ("cpu", True)


def test_exchanging_the_figures_of_two_frameworks_mirrors_what_they_do(knowledge: Knowledge) -> None:
    needs = {"answers": {"deploy": ("mobile",), "footprint": "tiny"}}
    one = [row("pytorch-onnx", artifact_bytes=900_000), row("tensorflow-onnx", artifact_bytes=100_000)]
    other = [row("pytorch-onnx", artifact_bytes=100_000), row("tensorflow-onnx", artifact_bytes=900_000)]

    first, second = (
        next(c for c in judged(knowledge, session(*rows), **needs).criteria if c.id == "small-artifact").measured
        for rows in (one, other)
    )

    assert first is not None
    assert second is not None
    assert first.pairs[0].measured.ratio == pytest.approx(1 / second.pairs[0].measured.ratio)


def test_without_tables_nothing_changes(knowledge: Knowledge) -> None:
    bare = dataclasses.replace(session(), routes=None)

    assert judged(knowledge, bare).document()["routes"] == judged(knowledge).document()["routes"]
