"""Whoever changes a decision after it was written is found out, and told apart from whoever computes otherwise."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.decisions.document import build_decision
from advisor.decisions.recheck import recheck
from advisor.decisions.seals import seals
from advisor.decisions.verification import TAKEN_AS_GIVEN, verify
from advisor.errors import InputError
from advisor.model.needs import Needs
from advisor.recommendation import recommend
from probes.types import Probe
from tests.advisor import small
from tests.advisor.evidence import HERE, paired, session
from tests.advisor.small import TODAY, claim, criterion, question

KNOWLEDGE = small.knowledge(
    ["pytorch", "tensorflow"],
    [criterion("x", full_scale=4.0), criterion("y")],
    [question("goal", {"both": {"x": 2, "y": 1}, "only": {"y": 1}}), question("more", {"p": {"y": 3}, "q": {"x": 1}})],
    [
        claim("c", "x", {"pytorch": 1, "tensorflow": 0}, versions={"pytorch": "<3"}),
        claim("d", "y", {"tensorflow": 2, "pytorch": 0}),
        claim("old", "x", {"pytorch": 2, "tensorflow": -2}, truth="outdated"),
    ],
)
PROBES = tuple(
    Probe(name, {"en": name, "zh": name}, "s", name, "eager", "x", claims=claims)
    for name, claims in (("p", ("c", "old")), ("q", ()))
)
Path_ = tuple[str | int, ...]


@cache
def written() -> str:
    """Return a decision with evidence, a transcript and everything that can stand in one, as JSON."""
    needs = Needs(answers={"goal": "both"}, priorities={"x": 1.0})
    measured = (session(paired("p")),)
    found = recommend(
        needs, KNOWLEDGE, measured, today=TODAY, random_seed=7, versions={"pytorch": "2.0"}, probes=PROBES, machine=HERE
    )
    said = ({"who": "user", "text": "both, please"},)
    decision = build_decision(
        needs, found, measured, KNOWLEDGE, made_on=TODAY, versions={"pytorch": "2.0"}, transcript=said, probes=PROBES
    )
    return json.dumps(decision.document())


def saved() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(written())
    return document


def leaves(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [place for key, part in inner for place in leaves(part, (*path, key))]
    yield from below or [path]


def other(value: Any) -> Any:
    """Return a value of the same kind that a reader would take for another one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else "x"


def changed(document: dict[str, Any], path: Path_) -> dict[str, Any]:
    made = copy.deepcopy(document)
    *parents, last = path
    holder: Any = made
    for key in parents:
        holder = holder[key]
    holder[last] = other(holder[last])
    return made


def says_no(document: dict[str, Any]) -> bool:
    """Say whether a document is refused, or computes to something else."""
    try:
        return not verify(document, KNOWLEDGE, probes=PROBES).same
    except InputError as refused:
        return bool(refused.problems)


def name(path: Path_) -> str:
    return ".".join(str(part) for part in path)


PLACES = sorted(leaves(saved()), key=name)
GIVEN = tuple(f"{part}." for part in TAKEN_AS_GIVEN)
some = settings(max_examples=60, deadline=None)


def test_a_decision_with_everything_in_it_computes_to_itself() -> None:
    found = verify(saved(), KNOWLEDGE, probes=PROBES)

    assert (found.same, found.why, found.differences, found.edited) == (True, "same", (), ())
    parts = saved()["recommendation"]
    assert all(parts[key] for key in ("flips", "next_questions", "probe_plan", "plans", "verdicts", "before"))


@some
@given(st.sampled_from(PLACES))
def test_whatever_one_thing_is_changed_the_document_does_not_verify(path: Path_) -> None:
    assert says_no(changed(saved(), path))


@some
@given(st.sampled_from([path for path in PLACES if not f"{name(path)}.".startswith((*GIVEN, "schema.", "seals."))]))
def test_what_is_computed_is_found_even_where_the_seals_were_made_anew(path: Path_) -> None:
    """What is left out went in and nobody can compute it again: ``verification.TAKEN_AS_GIVEN`` names it."""
    document = changed(saved(), path)
    document["seals"] = seals(document)

    assert says_no(document)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("recommendation", "flips", 0, "text", "en"), "recommendation.flips[0].text.en"),
        (("recommendation", "next_questions", 0, "value"), "recommendation.next_questions[0].value"),
        (("recommendation", "probe_plan", 0, "seconds"), "recommendation.probe_plan[0].seconds"),
        (("recommendation", "verdicts", 0, "verdict"), "recommendation.verdicts[0].verdict"),
        (("recommendation", "plans", 0, "framework"), "recommendation.plans[0].framework"),
        (("claims", "c", "statement", "en"), "claims.c.statement.en"),
        (("transcript", 0, "text"), "transcript"),
        (("evidence", 0, "machine", "cpu"), "evidence"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_edit_is_named_with_its_place_and_both_values(path: Path_, place: str) -> None:
    document = changed(saved(), path)

    found = verify(document, KNOWLEDGE, probes=PROBES)

    assert found.why == "edited"
    assert found.edited == (path[0],)
    assert place in [difference.place for difference in found.differences]
    assert all(difference.text.en and difference.text.zh for difference in found.differences)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (("basis", "claims", "d", "id"), "basis.claims.d: holds the entry of 'dx'"),
        (("basis", "settings", "prior_sd"), None),
        (("probes", "p", "seconds"), None),
        (("needs", "answers", "goal"), "goal"),
        (("recommendation", "before", "strength"), "recommendation.before.strength"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)
def test_a_part_that_cannot_be_computed_with_is_refused_with_its_place(path: Path_, told: str | None) -> None:
    document = changed(saved(), path)
    *parents, last = path
    holder: Any = document
    for key in parents:
        holder = holder[key]
    if told is None:
        holder[last] = 0 if last == "prior_sd" else "soon"
    with pytest.raises(InputError) as refused:
        verify(document, KNOWLEDGE, probes=PROBES)

    assert (told or path[0]) in refused.value.problems[0]


def test_a_part_added_or_taken_away_is_an_edit() -> None:
    without = saved()
    del without["transcript"]
    bare = saved()
    del bare["seals"]

    assert verify({**saved(), "approved_by": "nobody"}).edited == ("approved_by",)
    assert verify(without).edited == ("transcript",)
    assert verify(bare).edited == ("seals",)


@pytest.mark.parametrize("program", [{"name": "framework-advisor", "version": "0.1.0"}, None])
def test_without_seals_an_edit_of_what_went_in_is_no_same_result(program: dict[str, str] | None) -> None:
    """What went in cannot be computed again, so only its seal vouches for it."""
    document = saved()
    document["recommendation"]["machine"]["cpu"] = "another"
    document["transcript"][0]["text"] = "never said"
    document["evidence"][0]["probes"][0]["facts"]["noted"] = "never seen"
    document["program"] = program or document["program"]
    del document["seals"]

    found = verify(document, KNOWLEDGE, probes=PROBES)

    assert (found.same, found.why) == (False, "unsealed" if program else "edited")
    told = {difference.place: difference.text for difference in found.differences}
    # neither measurements of other machines nor routes went into this one
    assert {part for part in TAKEN_AS_GIVEN if part in told} == set(TAKEN_AS_GIVEN) - {"reference", "routes"}
    assert "without seals nobody can tell" in told["transcript"].en
    assert "没有封记" in told["transcript"].zh


def test_a_decision_that_names_no_program_is_refused() -> None:
    document = saved() | {"program": {}}
    del document["seals"]
    with pytest.raises(InputError, match=r"program\.version: 'version' is missing"):
        verify(document, KNOWLEDGE, probes=PROBES)


def test_a_document_written_again_by_another_json_writer_is_not_edited() -> None:
    """Some writers sort the keys and write 2.0 as 2."""
    again = json.loads(
        json.dumps(saved(), sort_keys=True),
        parse_float=lambda text: int(float(text)) if float(text).is_integer() else float(text),
    )

    assert verify(again, KNOWLEDGE).same


def by_another(**maker: str) -> dict[str, Any]:
    """Return the decision another program would have written: other figures and words, and its own seals."""
    document = saved()
    document["program"].update(maker)
    document["recommendation"]["utility"]["pytorch"] += 0.01
    document["recommendation"]["notes"] = [{"en": "worded otherwise", "zh": "措辞不同"}]
    document["seals"] = seals(document)
    return document


@pytest.mark.parametrize(
    ("maker", "why"),
    [
        ({"engine": "9", "version": "9.9"}, "another program"),
        ({"numpy": "9.9"}, "another NumPy"),
        ({}, "differs"),
    ],
)
def test_another_maker_is_told_from_an_edit(maker: dict[str, str], why: str) -> None:
    found = verify(by_another(**maker), KNOWLEDGE, probes=PROBES)

    assert (found.same, found.why, found.edited) == (False, why, ())
    assert "recommendation.utility.pytorch" in [difference.place for difference in found.differences]
    assert found.program.same == (why != "another program")


def test_other_words_of_another_program_are_no_other_result() -> None:
    document = saved()
    document["program"]["version"] = "9.9"
    document["recommendation"]["flips"][0]["text"]["en"] = "Said otherwise."
    document["seals"] = seals(document)

    found = verify(document, KNOWLEDGE, probes=PROBES)

    assert (found.same, found.differences) == (True, ())
    assert [entry.place for entry in found.wording] == ["recommendation.flips[0].text.en"]


def test_another_knowledge_base_is_named_where_the_document_holds_none() -> None:
    document = saved() | {"basis": {}}
    document["seals"] = seals(document)
    newer = KNOWLEDGE.model_copy(update={"sha256": "1" * 64})

    found = verify(document, newer, probes=PROBES)

    assert (found.why, found.basis) == ("another knowledge base", "installed")


def test_a_basis_that_is_not_the_knowledge_base_it_names_is_found() -> None:
    document = saved()
    document["basis"]["questions"]["goal"]["text"]["en"] = "Reworded?"
    document["seals"] = seals(document)

    found = verify(document, KNOWLEDGE, probes=PROBES).differences

    assert "basis.questions.goal.text.en" in [difference.place for difference in found]


def test_a_recheck_names_another_program_and_an_edit() -> None:
    document = saved()
    document["program"]["engine"] = "9"

    found = recheck(document, KNOWLEDGE, today=TODAY, versions={"pytorch": "2.0"}, machine=HERE, probes=PROBES)

    assert [change.what for change in found.changes] == ["program.engine"]
    assert (found.stands, found.edited) == (True, ("program",))
