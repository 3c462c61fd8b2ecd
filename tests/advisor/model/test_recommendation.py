"""Whom the recommended framework is compared with, whoever asks."""

from __future__ import annotations

from datetime import date

import pytest

from advisor.decisions.document import build_decision
from advisor.dialogue import messages
from advisor.dialogue.types import State
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation, closest_rival, runner_up
from advisor.recommendation import recommend
from advisor.report.view import View
from tests.advisor import small
from tests.advisor.small import TODAY, claim, criterion, question, route

NEEDS = Needs(answers={"deploy": ("phone",), "goal": "speed"})
KNOWLEDGE = small.knowledge(
    ["a", "b", "c"],
    [criterion("speed"), criterion("m", needs=("deploy.phone",))],
    [
        question("deploy", {"phone": {"m": 0.1}}, kind="many", requires="all"),
        question("goal", {"speed": {"speed": 3}}),
    ],
    [claim("fast", "speed", {"a": 1, "b": 2, "c": 0})],
    routes=[route("r", "deploy.phone", "a", effect=2), route("s", "deploy.phone", "c", effect=1)],
)


@pytest.fixture(scope="module")
def excluding_the_second() -> Recommendation:
    found = recommend(NEEDS, KNOWLEDGE, today=TODAY)
    assert (found.recommended, [row.framework for row in found.excluded]) == ("a", ["b"])
    assert found.utility["b"] > found.utility["c"]
    return found


def test_the_rival_is_the_best_that_meets_the_requirements(excluding_the_second: Recommendation) -> None:
    assert excluding_the_second.closest_rival == excluding_the_second.runner_up == "c"
    assert [plan.framework for plan in excluding_the_second.plans] == ["a", "c"]


def test_the_chat_and_the_report_compare_with_the_same_one(excluding_the_second: Recommendation) -> None:
    chips = messages.steps(State(), excluding_the_second, KNOWLEDGE)
    decision = build_decision(NEEDS, excluding_the_second, (), KNOWLEDGE, made_on=date(2026, 11, 1))
    assert [chip.action.option for chip in chips if chip.action.verb == "why-not"] == ["c"]
    assert View(decision, "en").rival() == "c"


def test_where_all_others_are_excluded_the_best_of_them_is_the_rival_and_nobody_the_runner_up() -> None:
    utility = {"a": 0.5, "b": 0.9, "c": 0.7}
    assert runner_up(utility, leader="a", excluded={"b", "c"}) is None
    assert closest_rival(utility, leader="a", excluded={"b", "c"}) == "b"
    assert closest_rival({"a": 0.5}, leader="a", excluded=()) is None


def test_a_need_is_called_by_its_option_and_an_unknown_one_by_its_id() -> None:
    assert KNOWLEDGE.need_name("deploy.phone").en == "phone"
    assert KNOWLEDGE.need_name("plan.training").en == "How the training is written"
    assert KNOWLEDGE.need_name("deploy.moon").en == "deploy.moon"


def test_the_criteria_as_a_table_add_up_to_the_utilities(excluding_the_second: Recommendation) -> None:
    table = excluding_the_second.to_frame()
    sums = table.groupby("framework")["contribution"].sum()
    assert sums.to_dict() == pytest.approx(excluding_the_second.utility)
    assert len(table) == len(excluding_the_second.criteria) * 3
    assert table["weight"].is_monotonic_decreasing
    assert table["value"].between(0, 1).all()
    assert not table["measured"].any()
    assert recommend(Needs(), KNOWLEDGE, today=TODAY).to_frame().empty
