"""Targets in the needs: within reach, and sharper than the answers that they give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from advisor.decisions.schemas import schema
from advisor.knowledge.loading import load_knowledge
from advisor.model.needs import Needs
from probes.statistics.targets import NAMES

QUESTIONS = load_knowledge().questions


def counted(**targets: float) -> dict[str, object]:
    return dict(Needs.model_validate({"targets": targets}).sharpened(QUESTIONS).answers)


def test_needs_without_targets_are_written_as_they_always_were() -> None:
    assert Needs(answers={"stage": "research"}).document() == {"schema": "needs/1", "answers": {"stage": "research"}}


def test_the_schema_names_every_target() -> None:
    described = schema("needs")
    assert described is not None
    assert list(described["properties"]["targets"]["properties"]) == list(NAMES)


@pytest.mark.parametrize("value", [-1.0, 0.0, float("inf"), float("nan"), 1e12])
def test_what_no_number_can_reach_is_no_target(value: float) -> None:
    with pytest.raises(ValidationError):
        Needs.model_validate({"targets": {"artifact_mb": value}})


@pytest.mark.parametrize(
    ("target", "value", "answer"),
    [
        ("latency_p95_ms", 10, {"latency": "real-time"}),
        ("latency_p95_ms", 10.1, {"latency": "interactive"}),
        ("latency_p95_ms", 101, {"latency": "any"}),
        ("artifact_mb", 1, {"footprint": "tiny"}),
        ("artifact_mb", 50, {"footprint": "small"}),
        ("artifact_mb", 51, {"footprint": "any"}),
        ("memory_mb", 1, {}),
        ("throughput_per_s", 1000, {}),
    ],
)
def test_a_number_counts_as_the_option_that_its_limits_name(target: str, value: float, answer: dict[str, str]) -> None:
    assert counted(**{target: value}) == answer


def test_a_number_replaces_an_answer_and_its_doubt() -> None:
    said = Needs(answers={"latency": "any", "stage": "research"}, certainty={"latency": 0.5, "stage": 0.5})
    found = said.model_copy(update={"targets": {"latency_p95_ms": 5.0}}).sharpened(QUESTIONS)
    assert found.answers == {"latency": "real-time", "stage": "research"}
    assert found.certainty == {"stage": 0.5}


def test_without_targets_nothing_is_changed() -> None:
    said = Needs(answers={"latency": "any"})
    assert said.sharpened(QUESTIONS) is said


@given(st.floats(0.01, 1e5), st.floats(0.01, 1e5), st.sampled_from(["latency_p95_ms", "artifact_mb"]))
def test_a_harder_number_never_counts_as_an_easier_option(one: float, other: float, target: str) -> None:
    (question,) = (q for q in QUESTIONS.values() if q.sharpened_by is not None and q.sharpened_by.target == target)
    order = [choice.id for choice in question.options]
    hard, easy = sorted((one, other))
    assert question.sharpened_by is not None
    assert order.index(question.sharpened_by.option(hard)) >= order.index(question.sharpened_by.option(easy))
