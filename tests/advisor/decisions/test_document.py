"""One model reads, checks and describes decision/1, those of earlier versions included."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisor.decisions import schemas
from advisor.decisions.document import read_decision
from advisor.errors import InputError
from tests import golden
from tests.advisor.decisions.test_verification import saved

OLD = sorted((golden.HERE / "decisions").glob("*.json.gz"))


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.name.partition(".")[0])
def test_a_decision_of_0_1_0_reads_back_as_it_is_and_fits_the_schema(path: Path) -> None:
    document = json.loads(gzip.decompress(path.read_bytes()))
    assert read_decision(document).document() == document
    jsonschema.validate(document, schemas.schema("decision"))


def test_every_problem_comes_at_once_with_its_place() -> None:
    document = saved()
    document["recommendation"]["strength"] = "cleer"
    document["recommendation"]["criteria"][1]["weight"] = "0.5"
    document["versions"] = {"a": 2}
    document["random_seed"] = True
    del document["needs"]
    with pytest.raises(InputError) as refused:
        read_decision(document, name="the first document")
    problems = refused.value.problems
    assert [problem.split(": ")[1] for problem in problems] == [
        "needs",
        "recommendation.strength",
        "recommendation.criteria[1].weight",
        "random_seed",
        "versions.a",
    ]
    assert all(problem.startswith("the first document: ") for problem in problems)
    assert "did you mean 'clear'?" in problems[1]


@pytest.mark.parametrize("strange", [None, [], 3, "decision/1", {}, {"schema": "needs/1"}])
def test_what_is_no_decision_is_refused(strange: Any) -> None:
    with pytest.raises(InputError, match="not a decision"):
        read_decision(strange)
