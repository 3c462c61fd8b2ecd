"""A saved decision computes again to itself, and says what is different when something is."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from advisor.analysis.method_comparison import compare_methods
from advisor.decisions.diff import compare_decisions
from advisor.decisions.document import build_decision
from advisor.decisions.recheck import recheck
from advisor.decisions.seals import seals
from advisor.decisions.verification import verify
from advisor.errors import InputError
from advisor.model.needs import Needs
from advisor.recommendation import recommend
from tests.advisor import small
from tests.advisor.evidence import HERE
from tests.advisor.small import TODAY, claim, criterion, question

KNOWLEDGE = small.knowledge(
    ["a", "b"],
    [criterion("x"), criterion("y")],
    [question("goal", {"both": {"x": 2, "y": 1}, "only": {"y": 1}})],
    [claim("c", "x", {"a": 1, "b": 0}, versions={"a": "<3"}), claim("d", "y", {"b": 2, "a": 0})],
)


def saved(needs: Needs | None = None) -> dict[str, Any]:
    asked = needs or Needs(answers={"goal": "both"})
    found = recommend(asked, KNOWLEDGE, today=TODAY, random_seed=7, versions={"a": "2.0"})
    decision = build_decision(asked, found, (), KNOWLEDGE, made_on=TODAY, versions={"a": "2.0"})
    document: dict[str, Any] = json.loads(json.dumps(decision.document()))
    return document


def test_a_decision_computes_to_itself() -> None:
    found = verify(saved())
    assert (found.same, found.differences, found.basis) == (True, (), "document")


def test_a_figure_changed_by_hand_is_found() -> None:
    document = saved()
    document["recommendation"]["utility"]["a"] += 0.1
    (difference,) = verify(document).differences
    assert difference.place == "recommendation.utility.a"


def test_a_claim_edited_after_the_decision_is_found() -> None:
    document = saved()
    document["claims"]["c"]["value"]["a"] = 2
    (difference,) = verify(document).differences
    assert difference.place == "claims.c.value.a"
    document = saved()
    document["basis"]["claims"]["c"]["value"]["a"] = -2
    assert not verify(document).same


def test_without_its_basis_it_is_computed_from_the_knowledge_installed() -> None:
    document = saved() | {"basis": {}}
    document["seals"] = seals(document)
    assert verify(document, KNOWLEDGE).same
    newer = KNOWLEDGE.model_copy(update={"sha256": "1" * 64})
    places = [difference.place for difference in verify(document, newer).differences]
    assert "recommendation.knowledge.sha256" in places
    with pytest.raises(InputError):
        verify(document)


@pytest.mark.parametrize(
    "broken",
    [
        {"schema": "evidence/1"},
        {"made_on": "yesterday"},
        {"random_seed": -1},
        {"needs": None},
        {"evidence": [{"schema": "other/1"}]},
        {"basis": {"version": 1}},
        {"recommendation": None},
    ],
)
def test_what_is_no_decision_is_refused_with_its_place(broken: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        verify(saved() | broken, KNOWLEDGE)


def test_a_decision_stands_while_nothing_has_changed() -> None:
    found = recheck(saved(), KNOWLEDGE, today=TODAY, versions={"a": "2.0"}, machine=HERE)
    assert (found.stands, found.changes) == (True, ())


def test_a_newer_version_and_a_changed_claim_are_named() -> None:
    changed = KNOWLEDGE.claims["c"].model_copy(update={"value": {"a": -2, "b": 0}})
    newer = KNOWLEDGE.model_copy(update={"sha256": "1" * 64, "claims": {**KNOWLEDGE.claims, "c": changed}})
    found = recheck(saved(), newer, today=TODAY, versions={"a": "3.1"})
    assert not found.stands
    assert [change.what for change in found.changes][:2] == ["knowledge", "claims.c.value"]
    assert {"versions.a", "recommended"} <= {change.what for change in found.changes}
    assert all(change.text.en and change.text.zh for change in found.changes)


def test_a_decision_ages_with_its_claims() -> None:
    now = recheck(saved(), KNOWLEDGE, today=TODAY, versions={"a": "2.0"})
    later = recheck(saved(), KNOWLEDGE, today=date(2032, 1, 1), versions={"a": "2.0"})
    assert max(later.now.acceptability.values()) < max(now.now.acceptability.values())


def test_two_decisions_differ_where_they_do() -> None:
    found = compare_decisions(saved(), saved(Needs(answers={"goal": "only"})))
    what = [difference.what for difference in found.differences]
    assert what[0] == "result: recommended"
    assert "answers: goal" in what
    assert "weights: x" in what
    assert compare_decisions(saved(), saved()).document() == {"same": True, "differences": []}
    with pytest.raises(InputError):
        compare_decisions(saved(), {"schema": "needs/1"})


# ---------------------------------------------------------------- the method audit


def test_the_audit_shows_ranking_methods_turned_round_by_trifles() -> None:
    """Values (.90, .50, .52) and (.10, .51, .53), weights .3, .35, .35: .627 to .394 on fixed scales, and yet."""
    rows = [
        {"id": name, "weight": weight, "value": {"a": a, "b": b}, "contribution": {}, "claims": ()}
        for name, weight, a, b in (("x", 0.3, 0.9, 0.1), ("y", 0.35, 0.5, 0.51), ("z", 0.35, 0.52, 0.53))
    ]
    base = recommend(Needs(answers={"goal": "both"}), KNOWLEDGE, today=TODAY).document()
    recommendation = type(recommend(Needs(), KNOWLEDGE, today=TODAY)).model_validate(
        base | {"criteria": rows, "utility": {"a": 0.627, "b": 0.394}}
    )
    found = compare_methods(recommendation)
    agreeing = {method.method: method.agrees for method in found.methods}
    assert found.ours == ("a", "b")
    assert agreeing == {"TOPSIS": False, "VIKOR": False, "PROMETHEE II": False, "MABAC": False, "SPOTIS": True}
    turned = {method.method for method in found.methods if method.turned_by_irrelevant}
    assert turned == {"TOPSIS", "VIKOR", "MABAC"}
    assert "do not decide" in found.document()["why_not"]["en"]


def test_the_audit_needs_something_to_rank() -> None:
    with pytest.raises(InputError):
        compare_methods(recommend(Needs(), KNOWLEDGE, today=TODAY))
