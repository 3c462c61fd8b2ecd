"""At which figure of a measured route the answer changes: just beyond it does, just short of it does not."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from advisor.deployment.measurable_routes import measurable
from advisor.engine.route_figures import FIGURES, with_figure
from advisor.knowledge.loading import load_knowledge
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import FigureFlip, Recommendation, RouteResult
from advisor.recommendation import recommend
from probes.types import RouteRow
from tests.advisor import route_worlds
from tests.advisor.engine.test_route_results import MACHINE, TODAY, row, session
from tests.advisor.route_worlds import World, exchanged, worlds

unhurried = settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck), derandomize=True)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


def flips(found: Recommendation) -> list[tuple[RouteResult, FigureFlip]]:
    return [(way, flip) for way in found.routes for flip in way.would_flip_at]


def ways(found: Recommendation, framework: str) -> dict[str, tuple[str, str]]:
    """Need -> the plan's way and the precision that was measured of it."""
    best = [one for one in found.routes if one.framework == framework and one.best]
    return {one.need: (one.route, one.seen.precision if one.seen else "") for one in best}


def with_figure_of(world: World, way: RouteResult, name: str, value: float) -> list[RouteRow]:
    assert way.seen is not None
    return [with_figure(name, one, value) if one.route == way.seen.route else one for one in world.rows]


def changed(found: Recommendation, then: Recommendation, way: RouteResult, flip: FigureFlip) -> bool:
    if flip.changes == "recommendation":
        return found.recommended != then.recommended
    return ways(found, way.framework).get(way.need) != ways(then, way.framework).get(way.need)


@unhurried
@given(worlds())
def test_just_beyond_it_the_answer_changes_and_just_short_of_it_it_does_not(world: World) -> None:
    found = world.recommend()
    for way, flip in flips(found):
        step = max(1e-6 * flip.would_flip_at, FIGURES[flip.figure].step)
        sign = 1 if flip.direction == "above" else -1
        beyond = world.recommend(with_figure_of(world, way, flip.figure, flip.would_flip_at + sign * step))
        short = world.recommend(with_figure_of(world, way, flip.figure, flip.would_flip_at - sign * step))
        assert changed(found, beyond, way, flip), flip
        assert not changed(found, short, way, flip), flip
        assert (flip.value < flip.would_flip_at) == (flip.direction == "above")


@unhurried
@given(worlds())
def test_exchanging_two_frameworks_mirrors_what_is_said_of_routes(world: World) -> None:
    swap = {"a": "b", "b": "a"}

    def said(found: Recommendation, names: dict[str, str]) -> tuple[Any, ...]:
        told = sorted(
            (
                way.route,
                names.get(way.framework, way.framework),
                flip.figure,
                flip.direction,
                flip.changes,
                flip.target,
                names.get(flip.to, flip.to),
                round(math.log(flip.would_flip_at), 4),
            )
            for way, flip in flips(found)
        )
        planned = [(s.probe, s.changes, s.figure, round(s.value, 9)) for s in found.probe_plan if s.command]
        by_route = [(one.change["route"], one.change["figure"]) for one in found.flips if one.kind == "route"]
        verdicts = [(verdict.claim, verdict.verdict, verdict.probe) for verdict in found.verdicts]
        return names.get(found.recommended or "", found.recommended), told, planned, by_route, verdicts

    assert said(world.recommend(), {}) == said(exchanged(world).recommend(), swap)


def asked(knowledge: Knowledge, *rows: RouteRow, known: bool = True, **needs: Any) -> Recommendation:
    said = Needs(**{"answers": {"deploy": ("mobile",)}, **needs})
    able = measurable() if known else ()
    return recommend(said, knowledge, [session(*rows)], today=TODAY, machine=MACHINE, routes=able)


SIZES = (row("pytorch-onnx", artifact_bytes=237_000), row("tensorflow-litert", artifact_bytes=66_000))


def test_a_number_asked_for_that_lies_between_two_files_is_told_to_decide(knowledge: Knowledge) -> None:
    found = asked(knowledge, *SIZES, targets={"artifact_mb": 0.1})

    way, flip = next((way, flip) for way, flip in flips(found) if flip.target)

    assert (way.route, flip.figure, flip.value) == ("deploy-mobile-tensorflow-litert", "artifact_mb", 0.066)
    assert (flip.would_flip_at, flip.direction) == (0.1, "above")
    for part in ("TensorFlow's", "66 KB", "PyTorch's best 237 KB", "your target ≤ 100 KB decides"):
        assert part in flip.text.en
    for part in ("66 KB", "PyTorch 最佳为 237 KB", "由你的目标“≤ 100 KB”决定"):
        assert part in flip.text.zh


def test_the_flip_of_the_recommendation_stands_among_what_would_change_it(knowledge: Knowledge) -> None:
    found = asked(knowledge, *SIZES, targets={"artifact_mb": 0.1})
    (flip,) = (one for one in found.flips if one.kind == "route")
    assert (found.recommended, flip.recommended) == ("tensorflow", "pytorch")
    assert sum(flip.acceptability.values()) == pytest.approx(1.0)

    larger = dataclasses.replace(SIZES[1], artifact_bytes=round(flip.change["above"] * 1e6) + 1)
    then = asked(knowledge, SIZES[0], larger, targets={"artifact_mb": 0.1})
    assert then.recommended == "pytorch"


def test_missing_what_is_asked_for_is_no_gain(knowledge: Knowledge) -> None:
    """A file that is too large is held against the other framework's none the less."""
    missed = asked(knowledge, *SIZES, targets={"artifact_mb": 0.1})
    met = asked(knowledge, *SIZES, targets={"artifact_mb": 1.0})
    assert missed.acceptability["pytorch"] <= met.acceptability["pytorch"]


def test_a_time_that_was_measured_elsewhere_than_it_must_hold_decides_nothing(knowledge: Knowledge) -> None:
    found = asked(knowledge, *SIZES, targets={"latency_p95_ms": 1.0})
    assert not [flip for _, flip in flips(found) if flip.figure == "latency_p95_ms"]


@unhurried
@given(worlds())
def test_no_figure_is_said_to_lose_by_getting_better_or_to_win_by_getting_worse(world: World) -> None:
    found = world.recommend()
    for way, flip in ((way, flip) for way, flip in flips(found) if flip.changes == "recommendation"):
        assert way.framework != (found.recommended if flip.direction == "below" else flip.to)


def test_an_interval_decides_once_all_of_it_lies_beyond(knowledge: Knowledge) -> None:
    found = asked(
        knowledge,
        row("pytorch-onnx", p95_ms=route_worlds.Interval(0.5, 0.4, 0.6)),
        answers={"deploy": ("server",)},
        targets={"latency_p95_ms": 1.0},
    )
    flip = next(flip for _, flip in flips(found) if flip.target)
    assert flip.would_flip_at == pytest.approx(
        2.5
    )  # 1 ms x .5 / .4, and twice that, since one process tells little of the next
    assert "≤ 1 ms decides: above 2.5 ms" in flip.text.en


def test_without_a_catalogue_of_routes_nothing_is_said_of_their_figures(knowledge: Knowledge) -> None:
    """So that decisions that were made without one compute to themselves."""
    found = asked(knowledge, *SIZES, known=False, targets={"artifact_mb": 0.1}).document()
    assert not any("would_flip_at" in way for way in found["routes"])
    assert not any("command" in step for step in found["probe_plan"])
    assert not any(flip["kind"] == "route" for flip in found["flips"])
