"""When a claim or a route applies: what it asks to be answered, and what it excepts."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engine import conditions, pooling
from advisor.model.needs import Needs
from tests.advisor import small, worlds

COLUMNS = [(question, option) for question, options in worlds.OPTIONS.items() for option in options]
ON_CARDS = small.claim("on-cards", "x", {"a": 1}, unless={"device": ("gpu",)})


def row(needs: Needs) -> conditions.Bools:
    return np.array([option in needs.options(question) for question, option in COLUMNS], dtype=np.bool_)


@pytest.mark.parametrize(
    ("answers", "speaks"),
    [
        ({}, True),
        ({"device": ("gpu",)}, False),
        ({"device": ("cpu",)}, True),
        ({"device": ("cpu", "gpu")}, True),
        ({"stage": "p"}, True),
    ],
)
def test_an_exception_silences_a_claim_only_where_nothing_else_was_answered(
    answers: dict[str, str | tuple[str, ...]], speaks: bool
) -> None:
    assert pooling.applies(ON_CARDS, Needs(answers=answers)) is speaks


@pytest.mark.parametrize(
    ("answers", "speaks"),
    [
        ({"device": ("gpu",)}, True),
        ({"device": ("gpu",), "stage": "p"}, False),
        ({"device": ("cpu", "gpu"), "stage": "p"}, True),
        ({"deploy": ("web",)}, False),
    ],
)
def test_of_a_group_all_must_hold_and_of_several_groups_one_suffices(
    answers: dict[str, str | tuple[str, ...]], speaks: bool
) -> None:
    groups = [{"device": ("gpu",), "stage": ("p",)}, {"deploy": ("web",)}]
    claim = small.claim("groups", "x", {"a": 1}, unless=groups)
    assert pooling.applies(claim, Needs(answers=answers)) is speaks


@given(worlds.conditions, worlds.exceptions, worlds.needs())
def test_the_matrix_and_the_words_say_the_same(
    when: dict[str, tuple[str, ...]], unless: list[dict[str, tuple[str, ...]]], needs: Needs
) -> None:
    condition = conditions.compiled(when, unless, options=COLUMNS)
    claim = small.claim("any", "x", {"a": 1}, when=when, unless=unless)
    assert conditions.truths([condition], row(needs)[None, :])[0, 0] == pooling.applies(claim, needs)


@given(worlds.conditions, worlds.exceptions, worlds.needs(), st.sets(st.sampled_from(sorted(worlds.OPTIONS))))
def test_what_surely_holds_holds_however_open_questions_are_answered_and_what_may_not_never_does(
    when: dict[str, tuple[str, ...]], unless: list[dict[str, tuple[str, ...]]], needs: Needs, asked: set[str]
) -> None:
    condition = conditions.compiled(when, unless, options=COLUMNS)
    answers = row(needs)
    open_ = [c for c, (question, _) in enumerate(COLUMNS) if question in asked and not needs.options(question)]
    possible = answers.copy()
    possible[open_] = True
    surely, maybe = conditions.reach([condition], answers, possible)
    later = np.repeat(answers[None, :], 2 ** len(open_), axis=0)
    later[:, open_] = list(itertools.product((False, True), repeat=len(open_)))
    held = conditions.truths([condition], later)[:, 0]
    assert not surely[0] or held.all()
    assert maybe[0] or not held.any()
