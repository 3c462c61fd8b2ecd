"""One retrieval for the conversation and the search of the knowledge page."""

from __future__ import annotations

import pytest

from advisor.dialogue.retrieval import closest, matching
from advisor.knowledge.loading import load_knowledge

KNOWLEDGE = load_knowledge()


def test_an_empty_search_finds_every_claim() -> None:
    assert set(matching(" ", KNOWLEDGE)) == set(KNOWLEDGE.claims)


@pytest.mark.parametrize("typed", ["TorchScript", "GPU memory", "显存"])
def test_a_search_finds_every_claim_that_holds_the_typed_words(typed: str) -> None:
    words = typed.lower().split()
    holding = {
        claim.id
        for claim in KNOWLEDGE.claims.values()
        if all(
            word in f"{claim.statement.en} {claim.finding.en} {claim.statement.zh} {claim.finding.zh}".lower()
            for word in words
        )
    }
    assert holding
    assert holding <= set(matching(typed, KNOWLEDGE))


def test_a_search_reads_the_titles_of_sources_and_the_names_of_criteria_too() -> None:
    for claim in KNOWLEDGE.claims.values():
        assert claim.id in matching(KNOWLEDGE.sources[claim.sources[0]].title, KNOWLEDGE)
        assert claim.id in matching(KNOWLEDGE.criteria[claim.criterion].name.zh, KNOWLEDGE)


def test_a_misspelt_word_finds_the_closest_claims() -> None:
    found = matching("torchscipt", KNOWLEDGE)
    assert any("torchscript" in KNOWLEDGE.claims[claim].tools for claim in found)


def test_words_of_another_subject_find_nothing() -> None:
    assert not matching("zebra", KNOWLEDGE)
    assert not closest("zebra", KNOWLEDGE)


def test_a_question_on_a_tool_is_answered_with_claims_about_it() -> None:
    found = closest("is ExecuTorch ready for production?", KNOWLEDGE)
    assert found
    assert all("executorch" in KNOWLEDGE.claims[claim].tools for claim in found)
