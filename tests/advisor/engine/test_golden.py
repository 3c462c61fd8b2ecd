"""The engine answers as it did when its version was last raised, and decisions of 0.1.0 still verify."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from advisor.decisions.provenance import ENGINE
from advisor.decisions.verification import verify
from advisor.model.knowledge import Knowledge
from tests import golden

SHARE = 0.005
"""Half a point: what another NumPy's draws may move of 10,000."""


@pytest.fixture(scope="module")
def held() -> dict[str, Any]:
    return golden.held()


@pytest.fixture(scope="module")
def knowledge(held: dict[str, Any]) -> Knowledge:
    return golden.knowledge_of(held)


def test_the_golden_results_are_those_of_this_engine(held: dict[str, Any]) -> None:
    assert held["engine"] == ENGINE


@pytest.mark.parametrize("part", range(4))
def test_the_engine_answers_as_it_did(held: dict[str, Any], knowledge: Knowledge, part: int) -> None:
    for case in held["cases"][part::4]:
        found, was = golden.answer(case["needs"], knowledge, held["day"]), case["result"]
        for key in ("acceptability", "utility"):
            near = {"acceptability": SHARE, "utility": 1e-9}[key]
            assert found.pop(key) == pytest.approx(was.pop(key), abs=near), (case["id"], key)
        assert found == was, case["id"]


def decision(name: str) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(gzip.decompress((golden.HERE / "decisions" / f"{name}.json.gz").read_bytes()))
    return kept


@pytest.mark.parametrize("name", ["llm-fine-tuning", "phone-app", "research-lab-measured"])
def test_a_decision_of_0_1_0_computes_to_itself(name: str) -> None:
    found = verify(decision(name))
    assert (found.same, found.why, found.edited) == (True, "same", ())


@pytest.mark.parametrize("name", ["phone-app-routes", "research-lab-two-machines"])
def test_a_decision_of_this_engine_computes_to_itself(name: str) -> None:
    """One with routes, its machine's reference and a target; one with sessions of a machine named and of another."""
    found = verify(decision(name))
    assert (found.same, found.why, found.edited, found.program.same) == (True, "same", (), True)


def test_what_another_engine_weighed_otherwise_is_laid_to_the_engine() -> None:
    """0.2.0 did not ask which of two machines the needs name."""
    found = verify(decision("research-lab-two-machines-0.2.0"))
    assert (found.same, found.why, found.edited, found.program.same) == (False, "another program", (), False)
