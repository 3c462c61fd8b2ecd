"""Guided asking with the real knowledge base: the exact stop never costs the right answer."""

from __future__ import annotations

import random
import statistics
from datetime import date

import pytest

from advisor.curation import engine_benchmark
from advisor.engine import scoring
from advisor.engine.scoring import Problem
from advisor.knowledge.loading import load_knowledge
from advisor.model.knowledge import Knowledge


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture(scope="module")
def problem(knowledge: Knowledge) -> Problem:
    return scoring.prepare(knowledge, today=date(2026, 11, 23))


def test_every_example_ends_as_its_full_questionnaire(knowledge: Knowledge, problem: Problem) -> None:
    for name, full in engine_benchmark.examples(knowledge).items():
        leader, _ = engine_benchmark.guided(problem, full)
        assert leader == scoring.judge(problem, full).leader, name


def test_random_full_answers_end_the_same_within_eight_questions_in_the_median(
    knowledge: Knowledge, problem: Problem
) -> None:
    chance = random.Random(11)
    asked = []
    for _ in range(40):
        full = engine_benchmark.random_answers(knowledge, chance)
        leader, count = engine_benchmark.guided(problem, full)
        assert leader == scoring.judge(problem, full).leader
        asked.append(count)
    assert statistics.median(asked) <= 8
