"""The value of probes against simulation; the ratio that would flip, really measured."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from advisor.analysis import probe_value
from advisor.engine import scoring
from advisor.model.needs import Needs
from advisor.recommendation import recommend
from probes.types import Probe
from tests.advisor import small
from tests.advisor.evidence import measurement, session
from tests.advisor.small import TODAY, claim, criterion, question


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0.4, 0.6), min_size=2, max_size=4),
    st.lists(st.floats(-0.2, 0.2), min_size=4, max_size=4),
)
def test_evsi_is_within_one_percent_of_simulation(means: list[float], slopes: list[float]) -> None:
    slopes = slopes[: len(means)]
    z = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)  # stratified: no noise of its own
    best = np.max([mean + slope * z for mean, slope in zip(means, slopes, strict=True)], axis=0)
    simulated = best.mean() - max(means)
    assert probe_value.evsi(means, slopes) == pytest.approx(simulated, rel=0.01, abs=2e-6)


def test_evsi_of_two_is_the_textbook_form() -> None:
    """s [phi(z) - z Phi(-z)], z = |mu| / s, with mu = .03 and s = .05."""
    z = 0.03 / 0.05
    expected = 0.05 * (stats.norm.pdf(z) - z * stats.norm.cdf(-z))
    assert probe_value.evsi([0.53, 0.5], [0.05, 0.0]) == pytest.approx(expected)


def test_what_cannot_change_the_choice_has_no_value() -> None:
    assert probe_value.evsi([0.9, 0.1], [0.0, 0.0]) == 0.0
    assert probe_value.evsi([0.5], [0.3]) == 0.0


KNOWLEDGE = small.knowledge(
    ["a", "b"],
    [criterion("speed", full_scale=2.0), criterion("memory", full_scale=2.0), criterion("x")],
    [
        question("goal", {"both": {"speed": 2, "x": 1, "memory": 1}, "fast": {"speed": 1}}),
        question("os", {"linux": {}}),
    ],
    [claim("c", "speed", {"a": 1, "b": 0}, grade="moderate"), claim("d", "x", {"b": 1, "a": 0}, grade="low")],
)
BOTH = Needs(answers={"goal": "both"})


def probe(name: str, on: str, **more: object) -> Probe:
    given_ = {"seconds": 10.0, "question": {"en": "", "zh": ""}, "scenario": "s", "workload": name, "mode": "eager"}
    return Probe(id=name, criterion=on, **{**given_, **more})  # type: ignore[arg-type]


PROBES = (probe("p-speed", "speed"), probe("p-memory", "memory"), probe("p-x", "x"))


def test_the_plan_holds_what_can_be_measured_best_value_per_second_first() -> None:
    plan = recommend(BOTH, KNOWLEDGE, today=TODAY, probes=PROBES).probe_plan
    assert {planned.probe for planned in plan} == {"p-speed", "p-memory"}
    rates = [planned.value / planned.seconds for planned in plan]
    assert rates == sorted(rates, reverse=True)


def test_a_quicker_probe_of_the_same_thing_comes_first() -> None:
    probes = (probe("slow", "speed", seconds=40.0), probe("quick", "speed", seconds=4.0))
    plan = recommend(BOTH, KNOWLEDGE, today=TODAY, probes=probes).probe_plan
    assert [planned.probe for planned in plan] == ["quick", "slow"]
    assert plan[1].value < plan[0].value  # it would tell again what the first told


@pytest.mark.parametrize(
    "left_out",
    [
        probe("p", "speed", relevant={"goal": ("fast",)}),
        probe("p", "unknown"),
        probe("p", "speed", settings="tuned"),
        probe("p", "speed", mode="compiled", baseline="eager"),
    ],
)
def test_what_is_about_something_else_is_not_planned(left_out: Probe) -> None:
    assert recommend(BOTH, KNOWLEDGE, today=TODAY, probes=(left_out,)).probe_plan == ()


def test_a_probe_about_a_question_not_answered_is_planned() -> None:
    about_os = probe("p", "speed", relevant={"os": ("linux",)})
    assert recommend(BOTH, KNOWLEDGE, today=TODAY, probes=(about_os,)).probe_plan


def test_what_was_measured_is_not_planned_again() -> None:
    done = session(measurement("p-speed", ratio=1.0, half_width=0.01))
    plan = recommend(BOTH, KNOWLEDGE, (done,), today=TODAY, probes=PROBES).probe_plan
    assert {planned.probe for planned in plan} == {"p-memory"}


def test_only_frameworks_that_can_be_measured_are_planned_for() -> None:
    plan = recommend(BOTH, KNOWLEDGE, today=TODAY, probes=PROBES, measurable=("a",)).probe_plan
    assert plan == ()


def test_measuring_the_ratio_that_would_flip_flips() -> None:
    found = recommend(BOTH, KNOWLEDGE, today=TODAY, probes=PROBES)
    threshold = next(p for p in found.probe_plan if p.probe == "p-speed").would_flip_at
    assert found.recommended == "a"
    assert threshold is not None
    assert threshold < 1.0  # b, the numerator, would have to be the cheaper one
    for factor, leader in ((0.98, "b"), (1.02, "a")):
        measured = session(measurement("p-speed", ratio=threshold * factor, half_width=1e-6))
        assert recommend(BOTH, KNOWLEDGE, (measured,), today=TODAY, probes=PROBES).recommended == leader


def test_the_probe_flip_says_the_ratio_and_leads_elsewhere() -> None:
    found = recommend(BOTH, KNOWLEDGE, today=TODAY, probes=PROBES)
    flip = next(flip for flip in found.flips if flip.kind == "probe")
    assert flip.recommended == "b"
    assert flip.change["probe"] in {"p-speed", "p-memory"}


def test_slopes_are_what_an_observation_moves() -> None:
    """Values N(., .3^2) each, noise .4^2 on the difference: each moves by .3^2 / sqrt(2 * .3^2 + .4^2)."""
    belief = probe_value.Belief(np.diag([0.09, 0.09]))
    expected = 0.09 / math.sqrt(0.18 + 0.16)
    assert belief.slopes((0, 1), 0.16).tolist() == pytest.approx([expected, -expected])
    belief.narrowed((0, 1), 0.16)
    assert belief.covariance[0, 0] == pytest.approx(0.09 - expected**2)


def test_compared_takes_the_best_two_in_alphabetical_order() -> None:
    scored = scoring.score(BOTH, KNOWLEDGE, today=TODAY)
    assert probe_value.compared(scored, ("a", "b")) == (0, 1)
    assert probe_value.compared(scored, ("b",)) is None
