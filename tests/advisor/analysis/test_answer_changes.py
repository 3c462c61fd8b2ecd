"""The answers shown as what would change the result are all that do, and no others: tried one by one here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import given, settings

from advisor.analysis.answer_changes import answer_flips
from advisor.engine import scoring
from advisor.model.knowledge import Knowledge, Question
from advisor.model.needs import Needs
from tests.advisor import small, worlds
from tests.advisor.small import TODAY, claim, criterion, question

Chosen = frozenset[str]
Change = tuple[str, Chosen]
"""A question, and everything that is chosen of it afterwards."""


def added(asked: Question, chosen: Chosen, option: str) -> Chosen:
    """One option more: instead of the other where one may be chosen; "none" stands alone."""
    if asked.kind == "one" or option == "none":
        return frozenset({option})
    return (chosen - {"none"}) | {option}


def steps(asked: Question, needs: Needs) -> Iterator[Change]:
    chosen = frozenset(needs.options(asked.id))
    for choice in asked.options:
        if choice.id in chosen:
            yield asked.id, chosen - {choice.id}
        elif choice.id not in needs.excluded.get(asked.id, ()):
            yield asked.id, added(asked, chosen, choice.id)


def leader(knowledge: Knowledge, needs: Needs, changes: frozenset[Change]) -> str | None:
    answers = {q: a for q, a in needs.answers.items() if q not in dict(changes)}
    for asked, chosen in changes:
        if chosen:
            answers[asked] = next(iter(chosen)) if knowledge.questions[asked].kind == "one" else tuple(sorted(chosen))
    changed = needs.model_copy(update={"answers": answers})
    return scoring.judge(scoring.prepare(knowledge, today=TODAY), changed).leader


def every_flip(knowledge: Knowledge, needs: Needs) -> set[frozenset[Change]]:
    """Single changes that flip, and pairs that do where neither change does alone; an exchange is a pair too."""
    now = leader(knowledge, needs, frozenset())
    single = [step for _, asked in sorted(knowledge.questions.items()) for step in steps(asked, needs)]
    flipping = {step for step in single if leader(knowledge, needs, frozenset({step})) != now}
    found = {frozenset({step}) for step in flipping}
    idle = [step for step in single if step not in flipping]
    for pair in itertools.combinations(idle, 2):
        if pair[0][0] != pair[1][0] and leader(knowledge, needs, frozenset(pair)) != now:
            found.add(frozenset(pair))
    for asked in (asked for asked in knowledge.questions.values() if asked.kind == "many"):
        chosen = frozenset(needs.options(asked.id))
        for gone, more in itertools.product(chosen, steps(asked, needs)):
            if more[1] <= chosen or more in flipping or (asked.id, chosen - {gone}) in flipping:
                continue
            (new,) = more[1] - chosen
            exchange = frozenset({(asked.id, added(asked, chosen - {gone}, new))})
            if leader(knowledge, needs, exchange) != now:
                found.add(exchange)
    return found


def shown(knowledge: Knowledge, needs: Needs) -> list[frozenset[Change]]:
    scored = scoring.judge(scoring.prepare(knowledge, today=TODAY), needs)
    return [
        frozenset(
            (asked, frozenset([answer] if isinstance(answer, str) else answer or ()))
            for asked, answer in flip.change.items()
        )
        for flip in answer_flips(scored, random_seed=0, shown=10_000)
    ]


@settings(max_examples=15, deadline=None)
@given(worlds.decided())
def test_every_answer_that_flips_is_found_and_no_other(world: tuple[Knowledge, Needs]) -> None:
    assert set(shown(*world)) == every_flip(*world)


def test_an_exchange_of_options_is_found_where_neither_half_flips() -> None:
    knowledge = small.knowledge(
        ["a", "b"],
        [criterion("x"), criterion("y"), criterion("z")],
        [question("goal", {"p": {"x": 2}, "q": {"y": 2}, "r": {"z": 2.5}}, kind="many")],
        [claim("c", "x", {"a": 2}), claim("d", "y", {"a": 1}), claim("e", "z", {"b": 2})],
    )
    needs = Needs(answers={"goal": ("p", "q")})
    # with all three a leads by 2 x 0.48 + 2 x 0.24 against 2.5 x 0.48; with p or q alone as well, with q and r b does
    assert frozenset({("goal", frozenset({"q", "r"}))}) in shown(knowledge, needs)
    assert frozenset({("goal", frozenset({"p"}))}) not in shown(knowledge, needs)


def test_an_exchange_of_which_one_half_flips_alone_is_not_shown_beside_it() -> None:
    knowledge = small.knowledge(
        ["a", "b"],
        [criterion("x"), criterion("y"), criterion("z")],
        [question("goal", {"p": {"x": 1}, "q": {"y": 3}, "r": {"z": 1}}, kind="many")],
        [claim("c", "x", {"b": 2}), claim("d", "y", {"a": 2}), claim("e", "z", {"b": 2})],
    )
    found = shown(knowledge, Needs(answers={"goal": ("p", "q")}))
    # without q b leads; what then takes its place does not matter
    assert frozenset({("goal", frozenset({"p"}))}) in found
    assert frozenset({("goal", frozenset({"p", "r"}))}) not in found


def test_a_flip_says_in_both_languages_what_would_have_to_change() -> None:
    knowledge = small.knowledge(
        ["a", "b"],
        [criterion("x"), criterion("y")],
        [question("goal", {"p": {"x": 1}, "q": {"y": 1}})],
        [claim("c", "x", {"a": 2}), claim("d", "y", {"b": 2})],
    )
    scored = scoring.judge(scoring.prepare(knowledge, today=TODAY), Needs(answers={"goal": "p"}))
    first = answer_flips(scored, random_seed=0, shown=1)[0]
    assert first.text is not None
    assert "q" in first.text.en
    assert "q" in first.text.zh


def test_what_leads_to_another_framework_comes_before_what_leads_to_none() -> None:
    knowledge = small.knowledge(
        ["a", "b"],
        [criterion("x"), criterion("y")],
        [question("goal", {"p": {"x": 1}, "q": {"y": 1}})],
        [claim("c", "x", {"a": 2}), claim("d", "y", {"b": 2})],
    )
    assert shown(knowledge, Needs(answers={"goal": "p"})) == [
        frozenset({("goal", frozenset({"q"}))}),
        frozenset({("goal", frozenset())}),
    ]
