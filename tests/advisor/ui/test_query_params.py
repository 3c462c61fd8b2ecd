"""A link restores the answers; what it holds that is unknown is left out and named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from advisor.knowledge.loading import load_knowledge
from advisor.knowledge.needs_files import parse_needs
from advisor.model.needs import Needs
from advisor.ui.query_params import alone, decode, encode
from probes.statistics.targets import NAMES

KNOWLEDGE = load_knowledge()


@st.composite
def needs(draw: st.DrawFn) -> Needs:
    answers: dict[str, str | tuple[str, ...]] = {}
    excluded: dict[str, tuple[str, ...]] = {}
    for question in KNOWLEDGE.questions.values():
        options = [choice.id for choice in question.options]
        chosen = draw(st.lists(st.sampled_from(options), unique=True, max_size=3))
        if chosen and question.kind == "one":
            answers[question.id] = chosen[0]
        elif chosen:
            answers[question.id] = alone(chosen)
        out = draw(st.lists(st.sampled_from(options), unique=True, max_size=2))
        if out:
            excluded[question.id] = tuple(out)
    levels = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0])
    priorities = draw(st.dictionaries(st.sampled_from(sorted(KNOWLEDGE.criteria)), levels, max_size=4))
    shares = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    certainty = draw(st.dictionaries(st.sampled_from(sorted(KNOWLEDGE.questions)), shares, max_size=3))
    targets = draw(st.dictionaries(st.sampled_from(NAMES), st.floats(1e-6, 100), max_size=3))
    return Needs(answers=answers, excluded=excluded, priorities=priorities, certainty=certainty, targets=targets)


@given(needs())
def test_a_link_restores_what_was_said(said: Needs) -> None:
    assert decode(encode(said), KNOWLEDGE) == (said, [])


words = st.text(max_size=12) | st.sampled_from(["stage", "deploy", "weigh", "unsure", "lang", "hardware", "target"])
odd = ["production", "mobile,none", "-cpu,cpu", "memory:2", "memory:9", "x:y", "artifact_mb:1", "artifact_mb:-1"]
values = st.text(max_size=20) | st.sampled_from(odd)


@given(st.dictionaries(words, values, max_size=5))
def test_whatever_stands_in_a_link_what_is_kept_is_valid(parameters: dict[str, str]) -> None:
    restored, _ = decode(parameters, KNOWLEDGE)

    assert parse_needs(restored.document(), KNOWLEDGE) == restored


def test_unknown_words_are_named_with_the_nearest_known_one() -> None:
    restored, problems = decode({"stag": "research", "deploy": "mobil,server", "weigh": "memry:2"}, KNOWLEDGE)

    assert restored == Needs(answers={"deploy": ("server",)})
    assert problems == [("stag", "stage"), ("deploy=mobil", "mobile"), ("weigh=memry:2", "memory")]


def test_a_second_answer_to_a_question_that_takes_one_is_named() -> None:
    restored, problems = decode({"stage": "research,production"}, KNOWLEDGE)

    assert restored.answers == {"stage": "research"}
    assert problems == [("stage=production", "")]


def test_numbers_out_of_range_are_named() -> None:
    restored, problems = decode({"weigh": "memory:7,training-speed:nan,export:2"}, KNOWLEDGE)

    assert restored.priorities == {"export": 2.0}
    assert [word for word, _ in problems] == ["weigh=memory:7", "weigh=training-speed:nan"]


def test_targets_that_are_none_are_named_with_the_nearest_known_one() -> None:
    restored, problems = decode({"target": "artifact_mb:10,artifact_md:1,memory_mb:nan,cold_start_s:0"}, KNOWLEDGE)

    assert restored.targets == {"artifact_mb": 10}
    assert problems == [
        ("target=artifact_md:1", "artifact_mb"),
        ("target=memory_mb:nan", ""),
        ("target=cold_start_s:0", ""),
    ]


def test_the_language_is_no_answer() -> None:
    assert decode({"lang": "zh"}, KNOWLEDGE) == (Needs(), [])
