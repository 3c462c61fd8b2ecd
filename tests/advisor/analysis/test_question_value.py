"""When to stop asking, proved by trying every completion; what to ask first; contradictions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.analysis import question_value
from advisor.analysis.stopping import Bound, leader_pairs, open_questions, settled
from advisor.engine import scoring
from advisor.engine.conditions import Bools
from advisor.knowledge.loading import load_knowledge
from advisor.model.knowledge import Knowledge, Question
from advisor.model.needs import Needs
from advisor.recommendation import recommend
from tests.advisor import small, worlds
from tests.advisor.small import TODAY, claim, criterion, question, route


def every_answer(asked: Question, needs: Needs) -> list[str | tuple[str, ...] | None]:
    """Every way to answer a question, leaving it open included; what is ruled out is not chosen."""
    options = [choice.id for choice in asked.options if choice.id not in needs.excluded.get(asked.id, ())]
    if asked.kind == "one":
        return [None, *options]
    rest = [option for option in options if option != "none"]
    chosen: list[str | tuple[str, ...] | None] = [None, *([("none",)] if "none" in options else [])]
    return chosen + [c for size in range(1, len(rest) + 1) for c in itertools.combinations(rest, size)]


def every_completion(needs: Needs, problem: scoring.Problem) -> Bools:
    """Every way to answer all that is open: what was answered, with one way of each open question; (ways, options)."""
    rows = problem.answers(needs)[None, :]
    for asked in problem.knowledge.questions.values():
        if asked.id not in needs.answers:
            ways = [Needs(answers={} if way is None else {asked.id: way}) for way in every_answer(asked, needs)]
            each = np.stack([problem.answers(way) for way in ways])
            rows = (rows[:, None, :] | each[None, :, :]).reshape(-1, rows.shape[1])
    return rows


def outcomes(needs: Needs, knowledge: Knowledge) -> set[str | None]:
    problem = scoring.prepare(knowledge, today=TODAY)
    rows = every_completion(needs, problem)
    winners = problem.judge_rows(rows, needs.priorities).winner
    return {problem.frameworks[w] if w >= 0 else None for w in winners.tolist()}


@settings(max_examples=100, deadline=None)
@given(worlds.knowledges(), worlds.needs())
def test_the_bound_alone_is_sound(knowledge: Knowledge, needs: Needs) -> None:
    scored = scoring.score(needs, knowledge, today=TODAY)
    questions = open_questions(needs, scored.problem)
    if questions and Bound(scored, questions).holds():
        assert outcomes(needs, knowledge) == {scored.leader}


@settings(max_examples=150, deadline=None)
@given(worlds.knowledges(), worlds.needs())
def test_it_is_settled_exactly_where_no_completion_changes_the_recommendation(
    knowledge: Knowledge, needs: Needs
) -> None:
    scored = scoring.score(needs, knowledge, today=TODAY)
    assert settled(scored) == (outcomes(needs, knowledge) == {scored.leader})


LEAD = small.knowledge(
    ["a", "b"],
    [criterion("x"), criterion("y"), criterion("z")],
    [
        question("big", {"yes": {"x": 3}, "no": {"x": 1}}),
        question("small", {"yes": {"y": 1}, "no": {"z": 1}}),
        question("idle", {"yes": {"z": 2}, "no": {}}),
    ],
    [claim("c", "x", {"a": 2, "b": -2}), claim("d", "y", {"b": 1, "a": 0})],
)


def test_a_lead_that_no_answer_can_undo_is_settled() -> None:
    """x gives a lead of 3 * .96; all that is left is one unit of y against it."""
    found = recommend(Needs(answers={"big": "yes"}), LEAD, today=TODAY)
    assert found.settled
    assert found.next_questions == ()
    assert any("No remaining answer" in note.en for note in found.notes)


def test_what_tells_most_is_asked_first_and_what_tells_nothing_last() -> None:
    found = recommend(Needs(), LEAD, today=TODAY)
    assert [step.question for step in found.next_questions] == ["big", "small", "idle"]
    assert found.next_questions[-1].value == 0.0
    assert all(step.why is not None for step in found.next_questions)


def test_a_question_says_whether_it_can_change_the_answer_by_itself() -> None:
    found = {step.question: step for step in recommend(Needs(), LEAD, today=TODAY).next_questions}
    assert "100 % of its options would break the tie" in found["big"].why.en
    assert "By itself it does not change the answer" in found["idle"].why.en


def test_rivals_are_the_others_of_whoever_leads_and_everybody_in_a_tie() -> None:
    knowledge = small.knowledge(
        ["a", "b", "c"],
        [criterion("x")],
        [question("goal", {"x": {"x": 1}})],
        [claim("c", "x", {"a": 2})],
    )
    problem = scoring.prepare(knowledge, today=TODAY)
    assert leader_pairs(scoring.judge(problem, Needs(answers={"goal": "x"}))) == [(0, 1), (0, 2)]
    assert leader_pairs(scoring.judge(problem, Needs())) == [(0, 1), (0, 2), (1, 2)]


def test_effort_counts_against_a_question() -> None:
    dear = LEAD.questions["big"].model_copy(update={"cost": 1000.0})
    knowledge = LEAD.model_copy(update={"questions": {**LEAD.questions, "big": dear}})
    assert recommend(Needs(), knowledge, today=TODAY).next_questions[0].question == "small"


def test_a_question_that_may_exclude_the_leader_keeps_it_open() -> None:
    knowledge = small.knowledge(
        ["a", "b"],
        [criterion("x"), criterion("m", needs=("deploy.phone",))],
        [
            question("big", {"yes": {"x": 3}}),
            question("deploy", {"none": {}, "phone": {}}, kind="many", requires="all"),
        ],
        [claim("c", "x", {"a": 2, "b": -2})],
        routes=[route("r", "deploy.phone", "b")],
    )
    open_ = recommend(Needs(answers={"big": "yes"}), knowledge, today=TODAY)
    assert not open_.settled
    assert open_.next_questions[0].question == "deploy"
    ruled_out = Needs(answers={"big": "yes"}, excluded={"deploy": ("phone",)})
    assert recommend(ruled_out, knowledge, today=TODAY).settled


def test_a_claim_that_an_open_answer_would_wake_keeps_it_open() -> None:
    waking = claim("w", "x", {"b": 2, "a": -2}, when={"small": ("yes",)})
    knowledge = LEAD.model_copy(
        update={"claims": {**LEAD.claims, "w": waking, "v": waking.model_copy(update={"id": "v"})}}
    )
    assert not recommend(Needs(answers={"big": "yes"}), knowledge, today=TODAY).settled


def test_a_contradiction_is_named_kept_and_asked_about_first() -> None:
    needs = Needs(answers={"small": "yes"}, excluded={"small": ("yes",)})
    found = recommend(needs, LEAD, today=TODAY)
    assert found.next_questions[0].question == "small"
    assert "both chosen and ruled out" in found.notes[0].en
    assert found.needs["excluded"] == {"small": ["yes"]}


@settings(max_examples=20, deadline=None)
@given(st.floats(-1.0, 1.0), st.floats(0.05, 1.0))
def test_the_expected_loss_is_that_of_a_simulation(mean: float, sd: float) -> None:
    drawn = np.random.default_rng(5).normal(mean, sd, 400_000)
    expected = np.maximum(0.0, -drawn).mean()
    assert question_value.expected_loss(np.array(mean), np.array(sd)) == pytest.approx(expected, abs=0.004)


def test_a_question_that_is_nearly_always_answered_alike_is_worth_less() -> None:
    """Only the odds differ: with one sure answer nothing is left to learn, so its worth must fall with them."""
    real = load_knowledge()

    def worth(odds: float) -> float:
        first, *others = real.questions["training"].options
        options = (first.model_copy(update={"odds": odds}), *others)
        asked = real.questions["training"].model_copy(update={"options": options})
        base = real.model_copy(update={"questions": {**real.questions, "training": asked}})
        needs = Needs(answers={"deploy": ("web",), "stage": "prototype"})
        found = question_value.next_questions(scoring.score(needs, base, today=TODAY))
        return next(question.value for question in found if question.question == "training")

    assert worth(1.0) > worth(9.0) > worth(1000.0) >= 0.0
