"""The order of reviews: what falls due, and how far a decision moves where a claim is left out."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings

from advisor.curation.review_order import influences, review_order
from advisor.engine import scoring
from advisor.knowledge.loading import load_knowledge
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from tests.advisor import small, worlds
from tests.advisor.small import TODAY, claim, criterion, question, route

ASKED = (Needs(answers={"goal": "speed"}), Needs(answers={"goal": "both"}), Needs(answers={"deploy": ("phone",)}))
WORLD = small.knowledge(
    ["a", "b", "c"],
    [criterion("x"), criterion("y"), criterion("m", needs=("deploy.phone",))],
    [
        question("goal", {"speed": {"x": 1}, "both": {"x": 1, "y": 3}}),
        question("deploy", {"phone": {"m": 2}}, kind="many", requires="all"),
    ],
    [
        claim("plain", "x", {"a": 2}),
        claim("second", "x", {"a": 1, "b": -1}, grade="moderate"),
        claim("restated", "x", {"b": 2}, same_as="second"),
        claim("sometimes", "y", {"c": 2}, when={"goal": ("both",)}),
        claim("never", "y", {"b": 2}, unless={"goal": ("speed", "both")}),
        claim("gone", "y", {"a": 2}, truth="outdated"),
        claim("behind", "m", {"a": 1}),
    ],
    routes=[
        route("r", "deploy.phone", "a", effect=2, claims=("behind",)),
        route("s", "deploy.phone", "b", effect=-1),
    ],
)


def by_compiling_anew(knowledge: Knowledge, asked: tuple[Needs, ...]) -> dict[str, float]:
    """Return the same by its definition: a base without the claim, judged from the start."""
    largest = {}
    for name in knowledge.claims:
        rest = {key: value for key, value in knowledge.claims.items() if key != name}
        without = knowledge.model_copy(update={"claims": rest})
        pairs = [
            (scoring.score(needs, knowledge, today=TODAY), scoring.score(needs, without, today=TODAY))
            for needs in asked
        ]
        largest[name] = max(abs(one.utility[f] - two.utility[f]) for one, two in pairs for f in one.utility)
    return largest


def test_leaving_a_claim_out_moves_utilities_as_a_base_without_it_would() -> None:
    found = influences(scoring.prepare(WORLD, today=TODAY), ASKED)
    expected = by_compiling_anew(WORLD, ASKED)
    assert {name: found.get(name, 0.0) for name in WORLD.claims} == pytest.approx(expected, abs=1e-12)
    assert {name for name, moved in expected.items() if moved == 0} == {"never", "gone"}


def joins_others(knowledge: Knowledge, name: str) -> bool:
    """Return whether evidence may count once because of this claim: left out, it is silent and still joins the rest."""
    claim_ = knowledge.claims[name]
    origins = {knowledge.sources[key].origin_group for key in claim_.sources if key in knowledge.sources}
    cited = {key for route_ in knowledge.routes for key in route_.claims}
    restated = {other.same_as for other in knowledge.claims.values()}
    return claim_.same_as is not None or name in cited | restated or len(origins) > 1


@settings(max_examples=25, deadline=None)
@given(worlds.knowledges(), worlds.needs())
def test_so_it_is_in_any_world(knowledge: Knowledge, needs: Needs) -> None:
    found = influences(scoring.prepare(knowledge, today=TODAY), [needs])
    expected = by_compiling_anew(knowledge, (needs,))
    single = [name for name in knowledge.claims if not joins_others(knowledge, name)]
    assert [found.get(name, 0.0) for name in single] == pytest.approx([expected[name] for name in single], abs=1e-12)


def test_what_falls_due_comes_first_and_the_most_influential_of_it_before_the_rest() -> None:
    known = load_knowledge()
    day = date(2027, 3, 1)
    rows = review_order(known, today=day)
    assert rows
    assert [row["influence"] for row in rows] == sorted((row["influence"] for row in rows), reverse=True)
    assert all(known.claims[row["id"]].truth in ("current", "contested") for row in rows)
    assert all(row["days"] == (known.claims[row["id"]].review_by - day).days for row in rows)
