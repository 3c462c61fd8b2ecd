"""The store keeps documents whole, by content, and says what it refuses."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from pathlib import Path

import pytest

from advisor.decisions import store
from advisor.errors import InputError
from probes.evidence.documents import parse_evidence


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


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
    "document", [{}, {"schema": "needs/1"}, {"schema": "decision/1"}, {**decision(), "random_seed": math.nan}]
)
def test_what_is_no_decision_is_refused_and_nothing_is_kept(document: dict[str, object]) -> None:
    with pytest.raises(InputError):
        store.add_decision(document)
    assert store.decision_list() == []


def test_evidence_that_its_schema_refuses_is_not_kept() -> None:
    with pytest.raises(InputError):
        store.add_evidence(evidence(schema="evidence/9"))
    assert store.evidence_list() == []


def test_a_place_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(blocked))
    with pytest.raises(InputError) as refused:
        store.add_decision(decision())
    assert "FRAMEWORK_ADVISOR_HOME" in refused.value.problems[0]


def test_a_file_that_is_no_store_is_said_and_left_alone(own_home: Path) -> None:
    own_home.mkdir()
    (own_home / store.FILE_NAME).write_text("not a database" * 100, encoding="utf-8")
    with pytest.raises(InputError):
        store.decision_list()
    assert (own_home / store.FILE_NAME).read_text(encoding="utf-8") == "not a database" * 100


def test_forgetting_takes_one_away() -> None:
    number = store.add_decision(decision())
    store.add_decision(decision("2026-11-21"))
    store.remove("evidence", number)
    store.remove("decision", number)
    store.remove("decision", number)
    assert [row["made_on"] for row in store.decision_list()] == ["2026-11-21"]


def test_the_environment_names_the_place(own_home: Path) -> None:
    assert store.home() == own_home


def test_a_store_that_another_process_writes_to_is_said_to_be_locked(
    monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    monkeypatch.setattr(store, "PATIENCE", 0.05)
    number = store.add_decision(decision())
    with contextlib.closing(sqlite3.connect(own_home / store.FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store.decision_document(number) == decision()
        with pytest.raises(InputError, match="not written"):
            store.add_decision(decision("2026-11-21"))
    assert [row["id"] for row in store.decision_list()] == [number]
