"""The store keeps documents whole, by content, and says what it refuses."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.decisions import store
from advisor.errors import InputError
from probes.evidence.documents import evidence_document, parse_evidence
from tests.advisor.decisions.conftest import Altered
from tests.advisor.evidence import paired, session

pytestmark = pytest.mark.usefixtures("place")


def decision(made_on: str = "2026-11-20", recommended: str | None = "pytorch") -> dict[str, object]:
    return {
        "schema": "decision/1",
        "needs": {"schema": "needs/1", "answers": {"stage": "research"}},
        "recommendation": {"recommended": recommended, "strength": "clear"},
        "made_on": made_on,
    }


def evidence(**changed: object) -> dict[str, object]:
    document: dict[str, object] = {
        "schema": "evidence/1",
        "machine": {"cpu": "Test CPU"},
        "environments": {},
        "probes": [],
        "selftest": None,
        "grade": "B",
        "started": "2026-11-20T10:00:00+00:00",
        "finished": "2026-11-20T10:01:00+00:00",
    }
    return document | changed


def test_what_is_added_comes_back_equal() -> None:
    assert store.decision_document(store.add_decision(decision())) == decision()
    assert store.evidence_document(store.add_evidence(evidence())) == evidence()


def test_evidence_is_kept_as_types_or_as_document_alike() -> None:
    assert store.add_evidence(parse_evidence(evidence())) == store.add_evidence(parse_evidence(evidence()))


def test_adding_twice_keeps_one() -> None:
    assert store.add_decision(decision()) == store.add_decision(decision())
    assert len(store.decision_list()) == 1


def test_the_list_is_newest_first_and_by_kind() -> None:
    for day in ("2026-11-02", "2026-11-21", "2026-10-30"):
        store.add_decision(decision(day))
    store.add_evidence(evidence())
    assert [row["made_on"] for row in store.decision_list()] == ["2026-11-21", "2026-11-02", "2026-10-30"]
    assert [row["grade"] for row in store.evidence_list()] == ["B"]


def test_a_number_of_the_other_kind_is_not_found_and_the_kept_are_named() -> None:
    number = store.add_decision(decision())
    with pytest.raises(InputError) as refused:
        store.evidence_document(number)
    assert "nothing yet" in refused.value.problems[0]
    with pytest.raises(InputError) as refused:
        store.decision_document(number + 5)
    assert str(number) in refused.value.problems[0]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"schema": "needs/1"},
        {"schema": "decision/1"},
        {**decision(), "random_seed": math.nan},
        {**decision(), "transcript": "half a letter: \ud800"},
        {**decision(), "needs": []},
    ],
)
def test_what_is_no_decision_is_refused_and_nothing_is_kept(document: dict[str, object]) -> None:
    with pytest.raises(InputError):
        store.add_decision(document)
    assert store.decision_list() == []


def test_evidence_that_its_schema_refuses_is_not_kept() -> None:
    with pytest.raises(InputError):
        store.add_evidence(evidence(schema="evidence/9"))
    assert store.evidence_list() == []


def test_removing_takes_one_away() -> None:
    number = store.add_decision(decision())
    store.add_decision(decision("2026-11-21"))
    assert store.remove([number + 7, 2**70]) == 0
    assert store.remove([number]) == 1
    assert store.remove([number]) == 0
    assert [row["made_on"] for row in store.decision_list()] == ["2026-11-21"]


def whole(made_on: str, basis: dict[str, object]) -> dict[str, object]:
    return {**decision(made_on), "basis": basis}


def test_a_basis_that_decisions_share_is_kept_once_and_as_long_as_one_needs_it(alter: Altered) -> None:
    documents = [whole("2026-11-20", {"claims": {"a": 1}}), whole("2026-11-21", {"claims": {"a": 1}})]
    documents.append(whole("2026-11-22", {}))
    numbers = [store.add_decision(document) for document in documents]
    bases = "SELECT count(*) FROM basis"

    assert [store.decision_document(number) for number in numbers] == documents
    assert alter(bases) == [(2,)]
    store.remove([numbers[0]])
    assert store.decision_document(numbers[1]) == documents[1]
    store.remove([numbers[1]])
    assert alter(bases) == [(1,)]


def test_letters_of_every_script_come_back(place: str) -> None:
    document = decision() | {"transcript": "中文 🦊 \x00 \u2028 ' \" :name %s $1"}
    assert store.decision_document(store.add_decision(document)) == document


def test_documents_are_named_by_number_or_digest_and_every_wrong_name_is_told() -> None:
    first, second = store.add_decision(decision()), store.add_evidence(evidence())
    digest = store.evidence_list()[0]["sha256"]

    assert store.named([str(first), digest[:12].upper()]) == [first, second]
    with pytest.raises(InputError) as refused:
        store.named(["99", digest[:2], "zzzz", "9" * 30])
    assert len(refused.value.problems) == 4


def test_the_old_are_those_made_before_a_day() -> None:
    old = store.add_evidence(evidence(started="2025-11-20", finished="2025-11-20T23:59:59+00:00"))
    store.add_evidence(evidence(started="2026-01-01", finished="2026-01-01T00:00:00+00:00"))
    older = store.add_decision(decision("2024-02-29"))

    assert store.older(["evidence"], "2026-01-01") == [old]
    assert store.older(["decision", "evidence"], "2026-01-01") == [old, older]


def test_how_much_is_kept_is_told() -> None:
    assert (store.usage().decisions, store.usage().evidence) == (0, 0)
    store.add_decision(decision())
    one = store.usage()
    store.add_evidence(evidence(machine={"cpu": "x" * 300_000}))

    assert (store.usage().decisions, store.usage().evidence) == (1, 1)
    assert one.bytes < 300_000
    assert one.place


# ---------------------------------------------------------------- damage

DAMAGE = {
    "no JSON": "UPDATE document SET body = 'x{' WHERE number = 2",
    "another list than object": "UPDATE document SET body = '[]' WHERE number = 2",
    "an edited figure": "UPDATE document SET body = replace(body, 'clear', 'vague') WHERE number = 2",
    "an edited basis": "UPDATE basis SET body = replace(body, '22', '23')",
    "a digest of something else": "UPDATE document SET sha256 = 'ab' WHERE number = 2",
    "nested without end": "UPDATE document SET body = '" + "[" * 100_000 + "' WHERE number = 2",
}


@pytest.fixture
def three() -> list[dict[str, object]]:
    """Three decisions that are kept, the second with a basis of its own."""
    documents = [decision("2026-11-20"), whole("2026-11-21", {"claims": 22}), decision("2026-11-22")]
    assert [store.add_decision(document) for document in documents] == [1, 2, 3]
    return documents


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_row_costs_that_row_and_is_named(
    three: list[dict[str, object]], alter: Altered, statement: str
) -> None:
    alter(statement)

    assert [row["id"] for row in store.decision_list()] == [3, 2, 1]
    assert [store.decision_document(number) for number in (1, 3)] == [three[0], three[2]]
    with pytest.raises(InputError, match=r"decision 2 is damaged: .*import its file again"):
        store.decision_document(2)
    assert store.damage() == ([(2, "decision")], [])
    assert [number for number, _, document in store.documents(store.KINDS) if document is None] == [2]


@pytest.mark.parametrize("summary", ["", "{", "null", "[1]", '{"made_on": 1}'])
def test_a_damaged_summary_is_made_anew_from_the_document(
    three: list[dict[str, object]], alter: Altered, summary: str
) -> None:
    before = store.decision_list()
    alter(f"UPDATE document SET summary = '{summary}' WHERE number = 2")

    assert store.decision_list() == before
    assert store.damage() == ([(2, "decision")], [])


def test_a_row_of_which_nothing_can_be_read_is_left_out_of_the_list_and_named(
    three: list[dict[str, object]], alter: Altered
) -> None:
    alter("UPDATE document SET summary = '{', body = '{' WHERE number = 2")

    found = store.listing("decision")

    assert [row["id"] for row in found.rows] == [3, 1]
    assert found.damaged == (2,)


def test_adding_a_document_again_mends_its_damaged_row(three: list[dict[str, object]], alter: Altered) -> None:
    alter("UPDATE document SET summary = '{', body = '{' WHERE number = 2")
    alter("UPDATE basis SET body = '{'")

    assert store.add_decision(three[1]) == 2
    assert store.decision_document(2) == three[1]
    assert store.damage() == ([], [])


def test_a_damaged_row_can_be_removed(three: list[dict[str, object]], alter: Altered) -> None:
    alter("UPDATE document SET body = '{', summary = '', kind = 'x' WHERE number = 2")

    assert store.damage() == ([(2, "x")], [])
    assert store.remove(store.named(["2"])) == 1
    assert store.damage() == ([], [])


def test_the_history_leaves_out_a_damaged_session_and_names_it(alter: Altered) -> None:
    for name in ("a", "b"):
        store.add_evidence(session(paired(name), machine={"cpu": name}))
    alter("UPDATE document SET body = replace(body, 'cpu', 'gpu') WHERE number = 1")

    found = store.evidence_history()

    assert [row["probe"] for row in found.rows] == ["b"]
    assert found.damaged == (1,)


# ---------------------------------------------------------------- many at once

WRITERS = """
import json, multiprocessing, os, sys
from advisor.decisions import database, store

def write(writer, begin):
    begin.wait()
    for i in range(25):
        store.add_evidence({**shared, "machine": {"cpu": f"{writer}-{i}"}})
        store.add_evidence({**shared, "machine": {"cpu": f"shared-{i}"}})
        os.write(1, f"{writer}-{i}\\n".encode())  # whole, however many write to the pipe

shared = json.loads(sys.argv[1])
database.here()  # loads what a server takes, and asks nothing of it
forked = multiprocessing.get_context("fork")
begin = forked.Barrier(8)
writers = [forked.Process(target=write, args=(number, begin)) for number in range(8)]
for writer in writers:
    writer.start()
for writer in writers:
    writer.join()
sys.exit(any(writer.exitcode for writer in writers))
"""
"""Eight processes at once, which share what was loaded and no connection: each adds 25 sessions of its own, and 25 that
all of them add, one at a time."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork; eight that load alone take long")
def test_eight_writers_at_once_lose_nothing(place: str) -> None:
    """On a store that none of them finds made."""
    root = Path(__file__).resolve().parents[3]
    argv = [sys.executable, "-c", WRITERS, json.dumps(evidence())]
    ended = subprocess.run(argv, capture_output=True, text=True, cwd=root, timeout=300, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
    acknowledged = set(ended.stdout.split())
    assert len(acknowledged) == 200
    kept = [row["machine"] for row in store.evidence_list()]
    assert sorted(kept) == sorted(acknowledged | {f"shared-{i}" for i in range(25)})
    assert store.damage() == ([], [])


def test_many_are_added_whole_or_not_at_all(alter: Altered) -> None:
    rows = [store.evidence_row(evidence(machine={"cpu": str(i)})) for i in range(3)]
    added = store.add_all(rows)

    assert [new for _, new in added] == [True] * 3
    assert store.add_all([*rows, store.decision_row(decision())]) == [*((n, False) for n, _ in added), (4, True)]
    alter("DROP INDEX newest")
    alter("ALTER TABLE document RENAME COLUMN body TO other")
    with pytest.raises(InputError):
        store.add_all([store.decision_row(whole("2026-11-23", {"a": 1}))])
    assert alter("SELECT count(*) FROM basis") == [(0,)]


def test_evidence_as_it_is_measured_comes_back_equal() -> None:
    measured = session(paired("a"), paired("b"))
    assert store.evidence_document(store.add_evidence(measured)) == evidence_document(measured)
