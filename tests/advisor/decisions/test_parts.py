"""Whatever stands in a decision that somebody hands in, it is refused with its place, or every report can be drawn."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import pytest

from advisor import report
from advisor.decisions import schemas
from advisor.decisions.document import read_decision
from advisor.errors import InputError
from tests import golden

MEASURED = golden.HERE / "decisions" / "research-lab-measured.json.gz"
WRONG = (None, 3, -1.5, 1e308, "x", "", [], {}, True, [1], {"a": 1}, [{}], {"a": {"b": [None]}})
Place = tuple[str | int, ...]


@cache
def written() -> str:
    return gzip.decompress(MEASURED.read_bytes()).decode()


def saved() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(written())
    return document


def put(document: dict[str, Any], place: Place, value: Any) -> None:
    *parents, last = place
    holder: Any = document
    for key in parents:
        holder = holder[key]
    holder[last] = value


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*place, key)
        yield from places(part, (*place, key))


def kind(place: Place) -> Place:
    """Return what a place has in common with its like: entries of a list or of a section are alike."""
    below = {"claims": 1, "sources": 1, "probes": 1, "basis": 2}.get(str(place[0]))
    return tuple("*" if isinstance(key, int) or i == below else key for i, key in enumerate(place))


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("claims", "jax-has-no-mobile-runtime-of-its-own"), {}, "is missing"),
        (("needs", "answers", "scale"), True, "needs.answers.scale"),
        (("evidence", 0, "probes"), "x", "evidence[0].probes: a list is needed"),
        (("evidence", 0, "machine", "gpus"), 3, "evidence[0].machine: gpus: a list of objects is needed"),
        (("evidence", 0, "environments", "pytorch", "flags"), [1], "flags: an object is needed"),
        (("evidence", 0, "selftest"), {"resolves": "x"}, "resolves: a number or null is needed"),
        (("basis", "settings"), {}, "basis.settings.draws"),
        (("program",), {}, "program.version: 'version' is missing"),
        (("recommendation", "recommended"), "mxnet", "has no 'mxnet'"),
        (("recommendation", "utility"), {}, "recommendation.utility"),
        (("recommendation", "for"), ["no-such-claim"], "claim 'no-such-claim' does not stand under claims"),
        (("probes", "training-mlp-default", "question"), 3, "probes.training-mlp-default.question"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(place: Place, value: Any, said: str) -> None:
    document = saved()
    put(document, place, value)
    with pytest.raises(InputError) as refused:
        read_decision(document)
    assert said in str(refused.value)


def test_a_status_of_a_claim_that_there_is_not_is_refused() -> None:
    document = saved()
    name = next(iter(document["claims"]))
    document["claims"][name]["status"] = "actve"
    with pytest.raises(InputError, match=rf"claims\.{name}\.status: unknown word 'actve'; did you mean 'active'"):
        read_decision(document)


def test_the_schema_refuses_what_the_reader_refuses_and_takes_what_it_takes() -> None:
    """Every kind of place is as likely, with a seed; whether the parts fit together is beyond a schema."""
    described = jsonschema.Draft202012Validator(
        schemas.schema("decision"), format_checker=jsonschema.FormatChecker(["date"])
    )
    small = saved()
    small["basis"] |= {"claims": {}, "routes": [], "sources": {}}
    small["evidence"][0]["probes"] = small["evidence"][0]["probes"][:2]
    written_small = json.dumps(small)
    chance = random.Random(13)
    kinds: dict[Place, list[Place]] = {}
    for place in places(small):
        kinds.setdefault(kind(place), []).append(place)
    taken = 0
    for some in chance.sample(sorted(kinds.values(), key=str), 60):
        document, place, value = json.loads(written_small), chance.choice(some), chance.choice(WRONG)
        put(document, place, value)
        wrong = unread(document)
        fits = not [problem for problem in wrong if not any(words in problem for words in BEYOND)]
        assert described.is_valid(document) == fits, (place, value, wrong)
        taken += fits
    assert 10 < taken < 50


BEYOND = ("holds the entry of", "of which the rest speaks", "do not both hold", "does not stand under claims")
"""What no schema can say; its description does."""


def unread(document: dict[str, Any]) -> list[str]:
    try:
        read_decision(document)
    except InputError as error:
        return error.problems
    return []


def test_keys_of_a_later_version_are_no_problem() -> None:
    document = saved()
    for part in ("recommendation", "basis", "needs"):
        document[part]["later"] = {"a": 1}
    document["basis"]["settings"]["later"] = 1
    assert read_decision(document).recommendation.model_extra == {"later": {"a": 1}}


def test_a_decision_that_is_read_can_be_shown() -> None:
    """Every kind of place once, with a seed; a longer run belongs to the fuzz command."""
    chance = random.Random(2026)
    kinds: dict[Place, list[Place]] = {}
    for place in places(saved()):
        if place[0] != "basis" or len(place) < 4:
            kinds.setdefault(kind(place), []).append(place)
    shown = refused = 0
    for some in chance.sample(sorted(kinds.values(), key=str), 30):
        document = saved()
        put(document, chance.choice(some), chance.choice(WRONG))
        try:
            made = read_decision(document)
        except InputError as error:
            refused += bool(error.problems)
            continue
        shown += all(report.formats()[form].render(made, lang) for form, lang in (("html", "en"), ("md", "zh")))
    assert shown + refused == 30
    assert refused > 10
