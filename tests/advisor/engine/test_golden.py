"""The engine answers as it did when its version was last raised, and decisions of 0.1.0 still verify."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from advisor.decisions.provenance import ENGINE
from advisor.decisions.verification import verify
from advisor.model.knowledge import Knowledge
from tests import golden

DECISIONS = sorted((golden.HERE / "decisions").glob("*.json.gz"))
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


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name.partition(".")[0])
def test_a_decision_of_0_1_0_computes_to_itself(path: Path) -> None:
    document = json.loads(gzip.decompress(path.read_bytes()))
    found = verify(document)
    assert (found.same, found.why, found.edited, found.program.same) == (True, "same", (), True)
