"""When a claim or a route applies: what it asks to be answered, and what it excepts."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engine import conditions, scoring
from advisor.model.knowledge import Claim
from advisor.model.needs import Needs
from tests.advisor import small, worlds

WORLD = small.knowledge(
    [*worlds.NAMES],
    [small.criterion("x")],
    [small.question(q, {key: {} for key in o}) for q, o in worlds.OPTIONS.items()],
)
COLUMNS = [(question, option) for question, options in worlds.OPTIONS.items() for option in options]
ON_CARDS = small.claim("on-cards", "x", {"a": 1}, unless={"device": ("gpu",)})


def applies(claim: Claim, needs: Needs) -> bool:
    """Return whether a claim moves the value that it speaks of."""
    world = WORLD.model_copy(update={"claims": {claim.id: claim}})
    return bool(scoring.score(needs, world, today=small.TODAY).judged.values.max() > 0.5)


def defined(when: Mapping[str, tuple[str, ...]], unless: Sequence[Mapping[str, tuple[str, ...]]], needs: Needs) -> bool:
    """Return what knowledge/README.md says: every question of ``when`` has one of its options; of no group of
    ``unless`` all the questions are answered, each with none but its options."""
    return all(set(needs.options(q)) & set(options) for q, options in when.items()) and not any(
        all(needs.options(q) and set(needs.options(q)) <= set(options) for q, options in group.items())
        for group in unless
    )


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
    assert applies(ON_CARDS, Needs(answers=answers)) is speaks


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
    assert applies(claim, Needs(answers=answers)) is speaks


@given(worlds.conditions, worlds.exceptions, worlds.needs())
def test_a_condition_holds_where_its_definition_says_so(
    when: dict[str, tuple[str, ...]], unless: list[dict[str, tuple[str, ...]]], needs: Needs
) -> None:
    condition = conditions.compiled(when, unless, options=COLUMNS)
    assert conditions.truths([condition], row(needs)[None, :])[0, 0] == defined(when, unless, needs)


@given(worlds.needs(), st.sampled_from(sorted(worlds.OPTIONS)), st.data())
def test_a_probe_is_about_a_project_unless_an_answer_says_otherwise(
    needs: Needs, question: str, data: st.DataObject
) -> None:
    named = data.draw(st.sets(st.sampled_from(worlds.OPTIONS[question]), min_size=1).map(sorted))
    condition = conditions.unless_elsewhere({question: named}, options=COLUMNS)
    expected = not needs.options(question) or bool(set(named) & set(needs.options(question)))
    assert conditions.truths([condition], row(needs)[None, :])[0, 0] == expected


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
