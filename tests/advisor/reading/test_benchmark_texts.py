"""The reader on whole descriptions of projects. The floors are what it reaches, less a little; see the model card."""

from __future__ import annotations

import pytest

from advisor import reading
from advisor.knowledge.loading import knowledge_folder, load_knowledge
from advisor.reading import benchmark_texts
from advisor.reading.benchmark_texts import HALVES, Tally

KNOWLEDGE = load_knowledge()
READER = reading.load_model()
DESCRIBED = benchmark_texts.load(knowledge_folder() / "descriptions")


def _reached(half: str, lang: str) -> Tally:
    own = [one for one in DESCRIBED if one.half == half and one.lang == lang]
    return benchmark_texts.total(benchmark_texts.tally(own, READER, KNOWLEDGE))


@pytest.mark.parametrize(
    ("half", "lang", "precision", "recall"),
    [
        ("tune", "en", 0.96, 0.92),
        ("tune", "zh", 0.94, 0.90),
        ("blind", "en", 0.90, 0.83),
        ("blind", "zh", 0.87, 0.84),
    ],
)
def test_most_of_a_description_is_read_and_little_else(half: str, lang: str, precision: float, recall: float) -> None:
    reached = _reached(half, lang)
    assert reached.precision >= precision
    assert reached.recall >= recall


def test_what_a_description_rules_out_is_hardly_ever_read_as_wanted() -> None:
    reached = [_reached(half, lang) for half in HALVES for lang in ("en", "zh", "mixed")]
    assert sum(one.reversed_ for one in reached) <= 2
    assert sum(one.ruled_out_found for one in reached) >= 0.8 * sum(one.ruled_out for one in reached)


def test_descriptions_name_known_options() -> None:
    known = {name: {choice.id for choice in question.options} for name, question in KNOWLEDGE.questions.items()}
    for one in DESCRIBED:
        for part in (one.wanted, one.excluded, one.maybe):
            for question, options in part.items():
                assert {option for either in options for option in either.split("|")} <= known[question], one.id


def test_there_are_enough_of_them_and_no_story_is_in_both_halves() -> None:
    assert sum(one.lang == "en" for one in DESCRIBED) >= 80
    assert sum(one.lang == "zh" for one in DESCRIBED) >= 70
    assert sum(one.lang == "mixed" for one in DESCRIBED) >= 10
    assert len({one.id for one in DESCRIBED}) == len({one.text for one in DESCRIBED}) == len(DESCRIBED)
    assert all(one.story in {other.id for other in DESCRIBED} for one in DESCRIBED if one.story)
    assert {one.half for one in DESCRIBED} == set(HALVES)


def test_no_description_is_taught() -> None:
    from advisor.reading import phrases

    taught = {phrase.text for phrase in phrases.load(knowledge_folder() / "phrases")}
    assert not taught & {one.text for one in DESCRIBED}
