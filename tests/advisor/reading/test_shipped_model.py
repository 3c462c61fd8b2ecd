"""What was learned from the phrases lies beside them, so that the first reading is as quick as every later one."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.knowledge.loading import knowledge_folder
from advisor.reading import model
from advisor.reading.reader import made_from

FOLDER = knowledge_folder().resolve()


def test_the_shipped_model_is_of_these_phrases() -> None:
    """Where it is not: python -m advisor.reading model."""
    assert model.recall(made_from(FOLDER), beside=FOLDER / "phrases") is not None


def test_a_model_of_other_phrases_is_not_taken() -> None:
    assert model.recall("2-another", beside=FOLDER / "phrases") is None


@pytest.mark.parametrize("cut", [0, 10, 1_000, 100_000])
def test_a_damaged_model_counts_as_none(tmp_path: Path, cut: int) -> None:
    whole = (FOLDER / "phrases" / model.SHIPPED).read_bytes()
    (tmp_path / model.SHIPPED).write_bytes(whole[:cut])
    assert model.recall(made_from(FOLDER), beside=tmp_path) is None
