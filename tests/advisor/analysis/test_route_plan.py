"""Which routes to measure next: each says truly what its outcome could change, and how it is measured."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings

from advisor.analysis import route_plan
from advisor.deployment.measurable_routes import measurable
from advisor.knowledge.loading import knowledge_folder, load_knowledge
from advisor.knowledge.needs_files import read_needs
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import MeasurableRoute, PlannedProbe, Recommendation
from advisor.recommendation import recommend
from probes.statistics import targets
from probes.types import Interval, RouteRow, Status
from tests.advisor.analysis.test_route_flips import ways
from tests.advisor.engine.test_route_results import MACHINE, TODAY, session
from tests.advisor.engine.test_route_results import row as measured
from tests.advisor.route_worlds import ROUTES, World, row, worlds

unhurried = settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck), derandomize=True)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


def steps(found: Recommendation) -> list[PlannedProbe]:
    return [step for step in found.probe_plan if step.command]


def failed(name: str) -> RouteRow:
    return row(name, status=Status.FAILED, artifact_bytes=None, p50_ms=None, p95_ms=None)


@unhurried
@given(worlds())
def test_a_route_whose_failing_is_said_to_change_something_does(world: World) -> None:
    found = world.recommend()
    for step in (one for one in steps(found) if one.reason and "if it fails" in one.reason.en):
        then = world.recommend([*world.rows, failed(step.probe)])
        if step.changes == "recommendation":
            assert then.recommended != found.recommended
        else:
            assert step.changes == "plan"
            assert ways(then, step.probe[0]) != ways(found, step.probe[0])


@unhurried
@given(worlds())
def test_a_route_that_is_said_to_change_nothing_changes_nothing_by_failing(world: World) -> None:
    found = world.recommend()
    for step in (one for one in steps(found) if not one.telling):
        then = world.recommend([*world.rows, failed(step.probe)])
        assert (then.recommended, ways(then, step.probe[0])) == (found.recommended, ways(found, step.probe[0]))
        assert step.value == 0


def of_size(name: str, step: PlannedProbe, times: float) -> RouteRow:
    """Return a row that works, of which the one figure that a step is about is ``times`` what others have."""
    exact = Interval(times, times, times)
    bare = {"artifact_bytes": None, "p50_ms": None, "p95_ms": None}
    figure = {"artifact_bytes": round(1e8 * times)} if step.criterion == "size" else {"p50_ms": exact}
    return row(name, **{**bare, **figure})


@unhurried
@given(worlds())
def test_at_the_ratio_that_it_says_the_answer_turns(world: World) -> None:
    """Once the route and all of the other framework's are measured and work: on one side of it, not on the other."""
    world = dataclasses.replace(world, rows=(), needs=world.needs.model_copy(update={"targets": {}}))
    found = world.recommend()
    for step in (one for one in steps(found) if one.criterion):
        assert step.would_flip_at is not None
        mine = step.probe[0]
        (other,) = {step.numerator, step.denominator} - {mine}
        turned = []
        for factor in (1.001, 0.999):
            ratio = step.would_flip_at * factor
            own = of_size(step.probe, step, ratio if step.numerator == mine else 1 / ratio)
            theirs = [of_size(name, step, 1.0) for name in ROUTES if name[0] == other]
            turned.append(world.recommend([own, *theirs]).recommended != found.recommended)
        assert sorted(turned) == [False, True], step


@unhurried
@given(worlds())
def test_the_plan_is_by_value_a_second_and_leaves_out_what_was_measured(world: World) -> None:
    found = steps(world.recommend())
    rates = [step.value / step.seconds for step in found]
    assert rates == sorted(rates, reverse=True)
    assert not {step.probe for step in found} & {one.route for one in world.rows}


def phone(knowledge: Knowledge, *rows: RouteRow, **asked: float) -> Recommendation:
    """Return what is recommended for the example of a phone app."""
    needs = read_needs(knowledge_folder() / "examples" / "phone-app.yaml", knowledge)
    needs = needs.model_copy(update={"targets": asked})
    made = [session(*rows)] if rows else []
    return recommend(needs, knowledge, made, today=TODAY, machine=MACHINE, routes=measurable())


def test_routes_stand_in_the_plan_with_the_command_that_measures_them(knowledge: Knowledge) -> None:
    found = {step.probe: step for step in steps(phone(knowledge))}

    litert, executorch = found["tensorflow-litert"], found["pytorch-executorch"]
    assert litert.command == "framework-advisor routes run --routes tensorflow-litert -o routes.json"
    assert executorch.command.startswith("framework-advisor routes add executorch && framework-advisor routes run")
    assert (litert.changes, litert.would_flip_at) == ("plan", None)
    assert litert.reason is not None
    assert "if it fails, the plan for “Phones and tablets” is" in litert.reason.en
    assert "若它失败" in litert.reason.zh


def test_a_number_that_was_asked_for_is_where_it_flips(knowledge: Knowledge) -> None:
    found = {step.probe: step for step in steps(phone(knowledge, agreement_drop_pct=1.0))}

    step = found["tensorflow-litert"]
    assert (step.figure, step.would_flip_at) == ("agreement_drop_pct", 1.0)
    assert step.reason is not None
    assert f"misses {targets.text({'agreement_drop_pct': 1.0}, 'en')}" in step.reason.en


def test_a_time_of_this_machine_is_no_number_for_a_phone(knowledge: Knowledge) -> None:
    assert not [step for step in steps(phone(knowledge, latency_p95_ms=1.0)) if step.figure]


def test_what_was_measured_is_planned_no_more(knowledge: Knowledge) -> None:
    found = steps(phone(knowledge, measured("tensorflow-litert")))
    assert found
    assert "tensorflow-litert" not in {step.probe for step in found}


def test_where_no_route_could_change_anything_it_says_so(knowledge: Knowledge) -> None:
    only = MeasurableRoute(route="pytorch-litert", framework="pytorch", seconds=6.0)
    needs = Needs(answers={"deploy": ("mobile",)})

    found = recommend(needs, knowledge, today=TODAY, machine=MACHINE, routes=(only,))

    (step,) = steps(found)
    assert (step.value, step.telling) == (0.0, False)
    assert "No measurement of a route could change" in found.notes[-1].en
    assert "测量任何路线都不会改变" in found.notes[-1].zh


def test_one_plan_of_probes_and_routes_is_by_value_a_second() -> None:
    def step(name: str, value: float, **more: str) -> PlannedProbe:
        return PlannedProbe(probe=name, value=value, seconds=10.0, would_flip_at=None, **more)  # type: ignore[arg-type]

    probes, routes = (step("p", 0.5), step("q", 0.1)), (step("r", 0.3, command="run"), step("s", 0.1, command="run"))
    assert [one.probe for one in route_plan.merged(probes, routes)] == ["p", "r", "q", "s"]
