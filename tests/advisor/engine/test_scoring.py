"""Weights, values, requirements: expected figures are worked out by hand from the model's definition."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings

from advisor.engine import pooling, scoring
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.recommendation import recommend
from tests.advisor import small, worlds
from tests.advisor.small import TODAY, claim, criterion, question, route, source

HIGH, MODERATE, PRIOR = 100.0, 16.0, 4.0  # precisions: 1 / .10^2, 1 / .25^2, 1 / .5^2

ASKED = Needs(answers={"goal": "speed"})


def world(claims: list[object] = [], **more: object) -> Knowledge:  # noqa: B006 - never changed
    return small.knowledge(
        ["a", "b"],
        [criterion("x"), criterion("y")],
        [question("goal", {"speed": {"x": 1}, "both": {"x": 1, "y": 3}})],
        claims,  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def value(knowledge: Knowledge, needs: Needs = ASKED, *, on: str = "x", of: str = "a", **more: object) -> float:
    scored = scoring.score(needs, knowledge, today=TODAY, **more)  # type: ignore[arg-type]
    problem = scored.problem
    return float(scored.judged.values[0, problem.criteria.index(on), problem.frameworks.index(of)])


def test_a_claim_pulls_the_prior_by_its_precision() -> None:
    assert value(world([claim("c", "x", {"a": 2})])) == pytest.approx((PRIOR * 0.5 + HIGH * 1.0) / (PRIOR + HIGH))


def test_a_framework_nobody_judges_stays_at_the_prior() -> None:
    assert value(world([claim("c", "x", {"a": 2})]), of="b") == 0.5


def test_independent_claims_add_up() -> None:
    both = world([claim("c", "x", {"a": 2}), claim("d", "x", {"a": 1}, grade="moderate")])
    expected = (PRIOR * 0.5 + HIGH * 1.0 + MODERATE * 0.75) / (PRIOR + HIGH + MODERATE)
    assert value(both) == pytest.approx(expected)


def test_copies_of_one_origin_count_once() -> None:
    copies = [claim("c", "x", {"a": 2}, sources=("one",)), claim("d", "x", {"a": 2}, sources=("two",))]
    sources = [source("one", origin_group="press"), source("two", origin_group="press")]
    assert value(world(copies, sources=sources)) == pytest.approx(value(world(copies[:1], sources=sources)))


def test_a_copy_with_a_source_of_its_own_counts() -> None:
    claims = [claim("c", "x", {"a": 2}, sources=("one",)), claim("d", "x", {"a": 2}, sources=("two", "source"))]
    sources = [source("one", origin_group="press"), source("two", origin_group="press")]
    assert value(world(claims, sources=sources)) > value(world(claims[:1], sources=sources))


def test_a_restatement_counts_once() -> None:
    claims = [claim("c", "x", {"a": 2}), claim("d", "x", {"a": 2}, same_as="c")]
    assert value(world(claims)) == pytest.approx(value(world(claims[:1])))


@pytest.mark.parametrize("truth", ["outdated", "wrong"])
def test_what_no_longer_holds_weighs_nothing(truth: str) -> None:
    assert value(world([claim("c", "x", {"a": 2}, truth=truth)])) == 0.5


def test_a_contested_claim_keeps_its_effects() -> None:
    contested = world([claim("c", "x", {"a": 1, "b": 1}, truth="contested")])
    assert value(contested) == value(contested, of="b") > 0.5


def test_a_claim_applies_only_under_its_answers() -> None:
    knowledge = world([claim("c", "x", {"a": 2}, when={"goal": ("both",)})])
    assert value(knowledge) == 0.5
    assert value(knowledge, Needs(answers={"goal": "both"})) > 0.5


@pytest.mark.parametrize(
    ("truth", "weighs"), [("current", True), ("contested", True), ("outdated", False), ("wrong", False)]
)
def test_living_claims_weigh_and_dead_ones_do_not(truth: str, weighs: bool) -> None:
    assert (value(world([claim("c", "x", {"a": 2}, truth=truth)])) > 0.5) == weighs


def test_uncertainty_doubles_for_each_year_overdue() -> None:
    overdue = claim("c", "x", {"a": 2}, review_by=date(2025, 11, 1), grade="moderate")
    years = (TODAY - date(2025, 11, 1)).days / 365.25
    precision = (0.25 * 2.0**years) ** -2
    assert value(world([overdue])) == pytest.approx((PRIOR * 0.5 + precision) / (PRIOR + precision))


def test_uncertainty_doubles_outside_the_versions_checked() -> None:
    knowledge = world([claim("c", "x", {"a": 2}, versions={"a": ">=2,<3"})])
    precision = 0.2**-2
    assert value(knowledge, versions={"a": "2.9"}) == value(knowledge)
    assert value(knowledge, versions={"a": "3.1"}) == pytest.approx((PRIOR * 0.5 + precision) / (PRIOR + precision))


# ---------------------------------------------------------------- weights


def test_weights_are_the_normalised_emphasis() -> None:
    scored = scoring.score(Needs(answers={"goal": "both"}), world(), today=TODAY)
    assert scored.judged.weights[0].tolist() == [0.25, 0.75]


@pytest.mark.parametrize(
    ("priority", "share"),
    [(0.0, 0.0), (1.0, (1 + 7 / 9) / (4 + 7 / 9)), (3.0, (1 + 7) / (4 + 7))],
)
def test_a_priority_takes_out_or_matches_everything_else(priority: float, share: float) -> None:
    """Emphasis is x 1, y 3, total 4, on a base of 3: a priority p adds (p / 3)^2 of 7."""
    needs = Needs(answers={"goal": "both"}, priorities={"x": priority})
    scored = scoring.score(needs, world(), today=TODAY)
    assert scored.judged.weights[0, 0] == pytest.approx(share)


def test_a_priority_alone_decides() -> None:
    found = recommend(Needs(priorities={"y": 2.0}), world([claim("c", "y", {"b": 2})]), today=TODAY)
    assert found.recommended == "b"


# ---------------------------------------------------------------- routes and requirements


def routed(*routes: object, requires: str | None = "all", claims: list[object] | None = None) -> Knowledge:
    return small.knowledge(
        ["a", "b"],
        [criterion("x"), criterion("m", needs=("deploy.phone",)), criterion("n", needs=("deploy.web",))],
        [question("deploy", {"none": {}, "phone": {"m": 1}, "web": {"n": 1}}, kind="many", requires=requires)],
        claims or [],  # type: ignore[arg-type]
        routes=routes,  # type: ignore[arg-type]
    )


PHONE = Needs(answers={"deploy": ("phone",)})


def test_the_best_living_route_gives_the_value() -> None:
    knowledge = routed(
        route("r1", "deploy.phone", "a", effect=2, status="dead"),
        route("r2", "deploy.phone", "a", effect=1),
        route("r3", "deploy.phone", "a", effect=-1),
    )
    assert value(knowledge, PHONE, on="m") == pytest.approx((PRIOR * 0.5 + HIGH * 0.75) / (PRIOR + HIGH))


def test_a_route_and_the_claims_it_rests_on_count_once() -> None:
    claims: list[object] = [claim("c", "m", {"a": 2})]
    one = routed(route("r", "deploy.phone", "a", effect=2, claims=("c",)), claims=claims)
    assert value(one, PHONE, on="m") == pytest.approx((PRIOR * 0.5 + HIGH) / (PRIOR + HIGH))


def test_a_framework_without_a_living_route_is_excluded_with_its_dead_ones() -> None:
    knowledge = routed(
        route("r1", "deploy.phone", "a", status="dead", claims=("c",)), route("r2", "deploy.phone", "b", effect=-2)
    )
    found = recommend(PHONE, knowledge, today=TODAY)
    assert found.recommended == "b"
    assert [(e.framework, e.requirement, e.claims) for e in found.excluded] == [("a", "deploy.phone", ("c",))]
    assert "phone" in found.excluded[0].reason
    assert "r1" in found.excluded[0].reason
    dead = [r for r in found.routes if r.framework == "a"]
    assert [(r.status, r.best) for r in dead] == [("dead", False)]


def test_a_route_counts_only_under_its_answers() -> None:
    knowledge = routed(route("r1", "deploy.phone", "a", when={"deploy": ("web",)}), route("r2", "deploy.phone", "b"))
    assert recommend(PHONE, knowledge, today=TODAY).recommended == "b"


def test_any_of_the_chosen_needs_is_enough_where_the_question_says_any() -> None:
    routes = [route("r1", "deploy.phone", "a"), route("r2", "deploy.web", "b"), route("r3", "deploy.phone", "b")]
    both = Needs(answers={"deploy": ("phone", "web")})
    assert scoring.score(both, routed(*routes, requires="any"), today=TODAY).allowed == ("a", "b")
    assert scoring.score(both, routed(*routes, requires="all"), today=TODAY).allowed == ("b",)


def test_any_is_judged_for_each_framework_by_itself() -> None:
    routes = [route("r1", "deploy.phone", "a"), route("r2", "deploy.web", "a")]
    both = Needs(answers={"deploy": ("phone", "web")})
    assert scoring.score(both, routed(*routes, requires="any"), today=TODAY).allowed == ("a",)


def test_none_requires_nothing() -> None:
    assert scoring.score(Needs(answers={"deploy": ("none",)}), routed(), today=TODAY).allowed == ("a", "b")


def test_when_all_are_excluded_it_says_what_to_give_up() -> None:
    knowledge = routed(route("r1", "deploy.phone", "a"))
    found = recommend(Needs(answers={"deploy": ("phone", "web")}), knowledge, today=TODAY)
    assert found.recommended is None
    assert {e.framework for e in found.excluded} == {"a", "b"}
    assert any("Give up web and a is possible" in note.en for note in found.notes)
    assert set(found.acceptability.values()) == {0.0}


# ---------------------------------------------------------------- ties


def test_no_evidence_is_a_tie() -> None:
    found = recommend(ASKED, world(), today=TODAY)
    assert found.recommended is None
    assert found.strength == "either"
    assert found.acceptability == {"a": 0.5, "b": 0.5}


def test_no_answers_is_a_tie_with_a_first_question() -> None:
    found = recommend(Needs(), world([claim("c", "x", {"a": 2})]), today=TODAY)
    assert found.recommended is None
    assert not found.settled
    assert found.next_questions[0].question == "goal"


def test_equal_evidence_is_a_tie() -> None:
    found = recommend(ASKED, world([claim("c", "x", {"a": 1}), claim("d", "x", {"b": 1})]), today=TODAY)
    assert found.recommended is None
    assert found.acceptability == {"a": 0.5, "b": 0.5}


def test_reasons_stand_on_the_side_they_speak_for() -> None:
    claims: list[object] = [claim("pro", "x", {"a": 2}), claim("con", "y", {"b": 1}), claim("idle", "x", {"a": 1})]
    found = recommend(Needs(answers={"goal": "both"}, priorities={"x": 3.0}), world(claims), today=TODAY)
    assert found.recommended == "a"
    assert found.for_[0] == "pro"
    assert "con" in found.against


# ---------------------------------------------------------------- the published example


def test_the_fighter_aircraft_example_of_hwang_and_yoon() -> None:
    """Hwang & Yoon, Multiple Attribute Decision Making (1981): simple additive weighting of four aircraft.

    Speed, range, payload, cost (less is better), reliability, manoeuvrability, scaled by the best of each. The
    book rounds the scaled values to two places.
    """
    speed, reach, load = [2.0, 2.5, 1.8, 2.2], [1500, 2700, 2000, 1800], [20000, 18000, 21000, 20000]
    cost, reliable, agile = [5.5, 6.5, 4.5, 5.0], [5, 3, 7, 5], [9, 5, 7, 5]
    columns = [np.array(c, dtype=float) for c in (speed, reach, load, cost, reliable, agile)]
    scaled = np.stack([c / c.max() if place != 3 else c.min() / c for place, c in enumerate(columns)])  # (6, 4)
    weights = np.array([[0.2, 0.1, 0.1, 0.1, 0.2, 0.3]])
    judged = scoring.assemble(weights, scaled[None], np.zeros((1, 6, 4)), allowed=np.ones((1, 4), dtype=bool))
    assert judged.utility[0] == pytest.approx([0.835, 0.709, 0.853, 0.738], abs=0.002)
    assert judged.winner[0] == 2


# ---------------------------------------------------------------- one arithmetic


@settings(max_examples=40, deadline=None)
@given(worlds.knowledges(), worlds.needs())
def test_many_answers_at_once_give_what_each_gives_alone(knowledge: Knowledge, needs: Needs) -> None:
    problem = scoring.prepare(knowledge, today=TODAY)
    rows = np.stack([problem.answers(needs), problem.answers(Needs()), problem.answers(needs)])
    together, alone = problem.judge_rows(rows, needs.priorities), scoring.judge(problem, needs)
    assert together.utility[0].tolist() == together.utility[2].tolist() == alone.judged.utility[0].tolist()


@settings(max_examples=40, deadline=None)
@given(worlds.knowledges(), worlds.needs())
def test_evidence_pools_the_same_alone_and_among_many(knowledge: Knowledge, needs: Needs) -> None:
    problem = scoring.prepare(knowledge, today=TODAY)
    held = problem.truths(np.stack([problem.answers(Needs()), problem.answers(needs)]))
    for of_criterion in problem.groups:
        for of_framework in of_criterion:
            for group in of_framework:
                precision, mean = pooling.pool_rows(group, held)
                assert (precision[1], mean[1]) == pytest.approx(pooling.pool(pooling.active(group, held[1])))


@settings(max_examples=60, deadline=None)
@given(worlds.knowledges(), worlds.needs())
def test_a_value_is_the_prior_and_what_every_group_says_by_precision(knowledge: Knowledge, needs: Needs) -> None:
    problem = scoring.prepare(knowledge, today=TODAY)
    held = problem.truths(np.stack([problem.answers(Needs()), problem.answers(needs)]))
    mean, variance = problem.values(held)
    prior = knowledge.settings.prior_sd**-2
    for k, j, a in np.ndindex(mean.shape):
        said = [(prior, 0.5), *(pooling.pool(pooling.active(group, held[k])) for group in problem.groups[j][a])]
        precision = sum(part for part, _ in said)
        assert variance[k, j, a] == pytest.approx(1 / precision)
        assert mean[k, j, a] == pytest.approx(sum(part * value for part, value in said) / precision)
        assert problem.values_on(j, held)[k, a] == pytest.approx(mean[k, j, a])


def test_a_compiled_problem_cannot_be_changed() -> None:
    problem = scoring.prepare(world([claim("c", "x", {"a": 2}, when={"goal": ("both",)})]), today=TODAY)
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem.criteria = ()  # type: ignore[misc]
    with pytest.raises(TypeError):
        problem.requirements["goal"] = None  # type: ignore[index]
    for array in (problem.emphasis, problem.fixed):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0
