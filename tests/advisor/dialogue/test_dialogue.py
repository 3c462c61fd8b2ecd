"""The conversation: understanding shown, questions, contradictions, talk about the result, other subjects."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from advisor.dialogue import TARGETS, Action, Message, State, reply, start
from advisor.dialogue.messages import result, short, steps, why
from advisor.dialogue.types import Verb
from advisor.knowledge.loading import load_knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.recommendation import recommend

KNOWLEDGE = load_knowledge()
TODAY = date(2026, 11, 23)


def _judge(needs: Needs) -> Recommendation:
    return recommend(needs, KNOWLEDGE, today=TODAY)


def _talk(*said: str | Action, state: State | None = None) -> tuple[State, list[Message]]:
    state = state or start()[0]
    messages: list[Message] = []
    for line in said:
        state, messages = reply(state, line, KNOWLEDGE, _judge)
    return state, messages


DESCRIBED = "Object detection in our Android app; the team knows Keras."


def test_it_shows_what_it_understood_with_the_words_it_was_read_from() -> None:
    _, messages = _talk(DESCRIBED)
    assert messages[0].kind == "understood"
    quotes = {chip.action.option: chip.quote for chip in messages[0].chips}
    assert quotes["mobile"] == "Android app"
    assert {chip.state for chip in messages[0].chips} <= {"said", "excluded", "implied"}


def test_it_asks_the_most_valuable_open_question_with_its_options() -> None:
    state, messages = _talk("a tool for photos")
    question = messages[-1]
    assert question.kind == "question"
    assert state.asked == _judge(state.assumed(KNOWLEDGE)).next_questions[0].question
    options = [chip.action.option for chip in question.chips if chip.action.verb == "answer"]
    assert set(options) == {choice.id for choice in KNOWLEDGE.questions[state.asked].options}


def test_a_question_can_be_answered_by_number_name_or_chip_and_skipped() -> None:
    state, _ = _talk("a tool for photos")
    assert state.asked is not None
    first = KNOWLEDGE.questions[state.asked].options[0]
    for answer in ("1", first.name.en, first.id, Action(verb="answer", question=state.asked, option=first.id)):
        after, _ = _talk(answer, state=state)
        assert first.id in after.needs.options(state.asked)
    skipped, _ = _talk("I don't know", state=state)
    assert state.asked in skipped.skipped
    assert skipped.asked != state.asked


def test_a_chip_takes_a_fact_back_also_an_implied_one() -> None:
    state, messages = _talk("it runs on a Raspberry Pi")
    assert state.implied["hardware"] == ("cpu",)
    for chip in messages[0].chips:
        state, _ = _talk(chip.action, state=state)
    assert not state.needs.answers
    assert not state.implied


def test_what_is_implied_counts_half_until_it_is_said() -> None:
    state, _ = _talk("it runs on a Raspberry Pi")
    assert state.assumed(KNOWLEDGE).certainty["hardware"] == 0.5
    state, _ = _talk("CPU only", state=state)
    assert "hardware" not in state.implied
    assert state.needs.options("hardware") == ("cpu",)


@pytest.mark.parametrize(("answer", "stage"), [("yes", "production"), ("no", "learning")])
def test_a_contradiction_is_asked_about_and_never_overwritten(answer: str, stage: str) -> None:
    state, messages = _talk("it's my bachelor's thesis", "in fact it is already in production")
    assert messages[-1].kind == "conflict"
    assert state.needs.options("stage") == ("learning",)
    state, _ = _talk(answer, state=state)
    assert state.needs.options("stage") == (stage,)
    assert not state.conflicts


def test_ruling_out_what_was_wanted_is_a_contradiction() -> None:
    state, messages = _talk("for phones", "not on phones")
    assert messages[-1].kind == "conflict"
    assert state.needs.options("deploy") == ("mobile",)
    state, _ = _talk(Action(verb="replace"), state=state)
    assert state.needs.excluded["deploy"] == ("mobile",)
    assert not state.needs.options("deploy")


def test_it_recommends_when_settled_or_when_asked() -> None:
    _, messages = _talk(DESCRIBED, "so which framework should I take?")
    assert messages[-1].kind == "result"
    assert "**" in messages[-1].text


def test_why_cites_claims_with_their_sources() -> None:
    _, messages = _talk(DESCRIBED, "why?")
    assert messages[-1].citations
    assert all(url.startswith("http") for cited in messages[-1].citations for *_, url in cited.sources)


def test_why_not_speaks_of_the_other_framework() -> None:
    state, _ = _talk(DESCRIBED)
    best = _judge(state.assumed(KNOWLEDGE)).recommended
    other = next(name for name in ("pytorch", "tensorflow") if name != best)
    _, messages = _talk(f"why not {other}?", state=state)
    assert KNOWLEDGE.frameworks[other].name.en in messages[-1].text


def test_the_recommended_framework_is_not_compared_with_one_that_is_ruled_out() -> None:
    found = _judge(Needs())
    first, second, third = KNOWLEDGE.frameworks
    reason = {"en": "no way onto the device", "zh": "无法部署到该设备"}
    ranked = Recommendation.model_validate(
        found.document()
        | {
            "recommended": first,
            "utility": {first: 0.9, second: 0.8, third: 0.1},
            "excluded": [{"framework": second, "reason": reason["en"], "claims": [], "text": reason}],
        }
    )
    offered = next(chip for chip in steps(State(), ranked, KNOWLEDGE) if chip.action.verb == "why-not")
    assert offered.action.option == third
    assert KNOWLEDGE.frameworks[third].name.en in why(State(), ranked, KNOWLEDGE).text


def test_what_if_changes_nothing_until_it_is_adopted() -> None:
    state, messages = _talk(DESCRIBED, "and what if we also ship to the browser?")
    assert state.needs.options("deploy") == ("mobile",)
    assert [chip.action.verb for chip in messages[-1].chips] == ["adopt", "result"]
    state, _ = _talk(Action(verb="adopt"), state=state)
    assert set(state.needs.options("deploy")) == {"mobile", "web"}


@pytest.mark.parametrize("wish", ["smaller", "更小", "faster please", "更容易"])
def test_a_critique_moves_one_priority_by_one(wish: str) -> None:
    state, messages = _talk(DESCRIBED, wish)
    assert state.proposed is not None
    assert list(state.proposed.priorities.values()) == [1.0]
    assert not state.needs.priorities
    assert messages[-1].chips[0].action.verb == "adopt"


def test_how_do_you_know_answers_with_sources_on_what_is_named() -> None:
    _, messages = _talk(DESCRIBED, "is ExecuTorch ready for production?")
    assert messages[-1].citations
    assert all("executorch" in KNOWLEDGE.claims[cited.claim].tools for cited in messages[-1].citations)


@pytest.mark.parametrize(("said", "do"), [("measure it", "measure"), ("测一下", "measure"), ("生成报告", "report")])
def test_it_asks_the_caller_to_measure_and_to_report(said: str, do: str) -> None:
    _, messages = _talk(DESCRIBED, said)
    assert messages[-1].do == do


@pytest.mark.parametrize(("share", "shown"), [(0.9979, "> 99 %"), (1.0, "100 %"), (0.731, "73 %")])
def test_what_is_not_quite_certain_is_not_told_as_certain(share: float, shown: str) -> None:
    found = _judge(Needs())
    best = found.recommended or "pytorch"
    sure = found.model_copy(update={"recommended": best, "acceptability": {**found.acceptability, best: share}})
    assert shown in short(sure, KNOWLEDGE, "en")
    assert shown in result(State(), sure.model_copy(update={"strength": "clear"}), KNOWLEDGE).text


def test_a_number_of_many_digits_is_no_option() -> None:
    state, _ = _talk("a tool for photos")
    after, messages = _talk("0010", state=state)
    assert messages
    assert after.needs == state.needs


def test_every_action_is_answered() -> None:
    for verb in get_args(Verb):
        _, messages = _talk(DESCRIBED, Action(verb=verb))
        assert messages, verb


def test_without_facts_there_is_nothing_to_measure_or_explain() -> None:
    for said in ("measure it", "why?", "give me the report"):
        _, messages = _talk(said)
        assert all(message.do is None for message in messages)
        assert messages[-1].kind == "question"


def test_outside_the_subject_it_says_so_and_returns() -> None:
    state, before = _talk("a tool for photos")
    after, messages = _talk("who won the match last night?", state=state)
    assert messages[0].kind == "off-topic"
    assert messages[-1].kind == "question"
    assert after.asked == state.asked
    assert after.needs == state.needs
    assert before[-1].chips == messages[-1].chips


def test_it_answers_in_the_language_it_is_spoken_to() -> None:
    state, messages = _talk("在浏览器里做人脸识别")
    assert state.lang == "zh"
    assert "理解" in messages[0].text
    state, messages = _talk("it also has to run on phones", state=state)
    assert state.lang == "en"


def test_restart_forgets_everything() -> None:
    state, messages = _talk(DESCRIBED, "start over")
    assert state.needs == Needs()
    assert messages[-1].kind == "greeting"


def test_a_state_survives_being_kept() -> None:
    state, _ = _talk(DESCRIBED, "not on servers")
    assert State.model_validate(state.model_dump(mode="json")) == state


def test_the_users_words_never_stand_in_a_message() -> None:
    _, messages = _talk("<b>Android</b> **app** for [photos](javascript:alert(1))")
    assert not any("javascript" in message.text or "<b>" in message.text for message in messages)


@pytest.mark.parametrize(
    "said", ["", "\x00", "🙂", "x" * 5000, "2", "99999999999999999999", "不", Action(verb="adopt")]
)
def test_odd_lines_are_answered(said: str | Action) -> None:
    _, messages = _talk(said)
    assert messages


@pytest.mark.parametrize(
    "action",
    [
        Action(verb="answer", question="nonsense", option="x"),
        Action(verb="answer", question="deploy", option="moon"),
        Action(verb="why-not", option="caffe"),
        Action(verb="critique", option="prettier"),
        Action(verb="what-if"),
        Action(verb="keep"),
    ],
)
def test_actions_that_name_nothing_known_are_answered(action: Action) -> None:
    _, messages = _talk(DESCRIBED, action)
    assert messages


def test_numbers_that_are_told_are_shown_kept_renewed_and_taken_back() -> None:
    state, messages = _talk("An Android app, must fit into 512 KB and answer in under 20 ms.")
    quotes = {chip.action.option: (chip.label, chip.quote) for chip in messages[0].chips}
    assert quotes["latency_p95_ms"] == ("p95 latency ≤ 20 ms", "under 20 ms")
    assert quotes["artifact_mb"] == ("size ≤ 512 KB", "fit into 512 KB")
    state, _ = _talk("Latency must be below 8 ms.", state=state)
    assert state.needs.targets == {"latency_p95_ms": 8, "artifact_mb": 0.512}
    state, _ = _talk(Action(verb="remove", question=TARGETS, option="artifact_mb"), state=state)
    assert state.needs.targets == {"latency_p95_ms": 8}
    assert State.model_validate(state.model_dump(mode="json")) == state
