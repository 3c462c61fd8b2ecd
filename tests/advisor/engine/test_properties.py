"""What must hold in every world, whatever is claimed and answered."""

from __future__ import annotations

import math
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.analysis.answer_changes import changed
from advisor.engine import scoring
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.recommendation import recommend, weigh
from tests.advisor import worlds
from tests.advisor.small import TODAY

SWAP = {"a": "b", "b": "a", "c": "c"}

many = settings(max_examples=40, deadline=None)
some = settings(max_examples=20, deadline=None)


@many
@given(worlds.knowledges(), worlds.needs())
def test_exchanging_two_frameworks_data_mirrors_the_result_exactly(knowledge: Knowledge, needs: Needs) -> None:
    one = recommend(needs, knowledge, today=TODAY)
    other = recommend(needs, worlds.exchanged(knowledge, "a", "b"), today=TODAY)
    assert other.recommended == (SWAP[one.recommended] if one.recommended else None)
    assert other.strength == one.strength
    assert other.settled == one.settled
    for name, mirrored in SWAP.items():
        assert other.utility[mirrored] == one.utility[name]
        assert other.acceptability[mirrored] == one.acceptability[name]
        assert other.confidence[mirrored] == one.confidence[name]


@many
@given(worlds.knowledges(), worlds.needs())
def test_a_third_framework_never_changes_the_order_of_the_others(knowledge: Knowledge, needs: Needs) -> None:
    three = scoring.score(needs, knowledge, today=TODAY)
    two = scoring.score(needs, worlds.without(knowledge, "c"), today=TODAY)
    assert two.utility == {name: three.utility[name] for name in ("a", "b")}
    assert set(two.allowed) == set(three.allowed) - {"c"}


@many
@given(worlds.knowledges(), worlds.needs())
def test_contributions_add_up_to_the_utility(knowledge: Knowledge, needs: Needs) -> None:
    found = recommend(needs, knowledge, today=TODAY)
    for name, utility in found.utility.items():
        assert math.isclose(sum(row.contribution[name] for row in found.criteria), utility, abs_tol=1e-12)
        assert 0.0 <= utility <= 1.0
    assert math.isclose(sum(row.weight for row in found.criteria), 1.0 if found.criteria else 0.0, abs_tol=1e-12)


@many
@given(worlds.knowledges(), worlds.needs())
def test_acceptabilities_are_shares_of_the_allowed(knowledge: Knowledge, needs: Needs) -> None:
    found = recommend(needs, knowledge, today=TODAY)
    out = {exclusion.framework for exclusion in found.excluded}
    assert all(found.acceptability[name] == 0.0 for name in out)
    expected = 0.0 if out == set(worlds.NAMES) else 1.0
    assert math.isclose(sum(found.acceptability.values()), expected, abs_tol=1e-9)


@many
@given(worlds.knowledges(), worlds.needs())
def test_who_is_at_least_as_good_everywhere_is_never_behind(knowledge: Knowledge, needs: Needs) -> None:
    found = scoring.score(needs, knowledge, today=TODAY)
    values = found.judged.values[0]
    for a, one in enumerate(found.problem.frameworks):
        for b, other in enumerate(found.problem.frameworks):
            if (values[:, a] >= values[:, b]).all():
                assert found.utility[one] >= found.utility[other]


@many
@given(worlds.knowledges(), worlds.needs(), st.data())
def test_a_better_effect_never_hurts_the_framework_it_is_about(
    knowledge: Knowledge, needs: Needs, data: st.DataObject
) -> None:
    raisable = [
        (key, name) for key, claim in knowledge.claims.items() for name, effect in claim.value.items() if effect < 2
    ]
    if not raisable:
        return
    key, name = data.draw(st.sampled_from(raisable))
    claim = knowledge.claims[key]
    better = claim.model_copy(update={"value": {**claim.value, name: claim.value[name] + 1}})
    raised = knowledge.model_copy(update={"claims": {**knowledge.claims, key: better}})
    before = scoring.score(needs, knowledge, today=TODAY)
    after = scoring.score(needs, raised, today=TODAY)
    assert after.utility[name] >= before.utility[name] - 1e-12
    for other in set(worlds.NAMES) - {name}:
        assert after.utility[other] == before.utility[other]


@many
@given(worlds.knowledges(), worlds.needs(), st.randoms(use_true_random=False))
def test_no_result_depends_on_the_files_order(knowledge: Knowledge, needs: Needs, shuffle: random.Random) -> None:
    def shuffled(entries: dict[str, object]) -> dict[str, object]:
        keys = list(entries)
        shuffle.shuffle(keys)
        return {key: entries[key] for key in keys}

    routes = list(knowledge.routes)
    shuffle.shuffle(routes)
    other = knowledge.model_copy(
        update={
            "frameworks": shuffled(dict(knowledge.frameworks)),
            "criteria": shuffled(dict(knowledge.criteria)),
            "questions": shuffled(dict(knowledge.questions)),
            "claims": shuffled(dict(knowledge.claims)),
            "routes": tuple(routes),
        }
    )
    one, two = recommend(needs, knowledge, today=TODAY), recommend(needs, other, today=TODAY)
    assert one.utility == two.utility
    assert one.acceptability == two.acceptability
    assert (one.recommended, one.for_, one.against) == (two.recommended, two.for_, two.against)
    assert one.flips == two.flips
    assert one.next_questions == two.next_questions


@some
@given(worlds.decided())
def test_every_answer_flip_flips_and_gives_what_asking_anew_gives(world: tuple[Knowledge, Needs]) -> None:
    knowledge, needs = world
    found = recommend(needs, knowledge, today=TODAY)
    for flip in found.flips:
        if flip.kind == "answer":
            change = {q: tuple(a) if isinstance(a, list) else a for q, a in flip.change.items()}
            anew = weigh(scoring.prepare(knowledge, today=TODAY), changed(needs, change), random_seed=0)
            assert anew.scored.leader == flip.recommended != found.recommended
            assert anew.acceptability == flip.acceptability


@some
@given(worlds.decided())
def test_every_claim_flip_flips(world: tuple[Knowledge, Needs]) -> None:
    knowledge, needs = world
    found = recommend(needs, knowledge, today=TODAY)
    for flip in found.flips:
        if flip.kind == "claim":
            key = flip.change["claim"]
            claims = dict(knowledge.claims)
            if flip.change["value"] is None:
                del claims[key]
            else:
                claims[key] = claims[key].model_copy(update={"value": {**claims[key].value, **flip.change["value"]}})
            without = knowledge.model_copy(update={"claims": claims})
            anew = weigh(scoring.prepare(without, today=TODAY), needs, random_seed=0)
            assert anew.scored.leader == flip.recommended != found.recommended
            assert anew.acceptability == flip.acceptability


@some
@given(worlds.decided())
def test_every_weight_flip_flips_and_a_smaller_one_does_not(world: tuple[Knowledge, Needs]) -> None:
    knowledge, needs = world
    found = recommend(needs, knowledge, today=TODAY)
    out = {exclusion.framework for exclusion in found.excluded}
    rows = {row.id: row for row in found.criteria}
    for flip in found.flips:
        if flip.kind != "weight":
            continue

        def leader(share: float, change: dict[str, str] = flip.change) -> str | None:
            moved = {change["from"]: -share, change["to"]: share}
            utility = {
                name: sum((row.weight + moved.get(row.id, 0.0)) * row.value[name] for row in rows.values())
                for name in worlds.NAMES
                if name not in out
            }
            best = [name for name, value in utility.items() if value >= max(utility.values()) - 1e-12]
            return best[0] if len(best) == 1 else None  # two that overtake together lead together

        assert leader(flip.change["share"]) == flip.recommended
        assert leader(flip.change["share"] * 0.99 - 1e-5) == found.recommended
