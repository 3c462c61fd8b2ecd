"""What a model is trained on is not what its artifacts' answers are compared on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from probes.worker import deployment


class _Recorded:
    """A workload's data, which keeps the seeds that it was drawn with."""

    def __init__(self) -> None:
        self.seed = 7
        self.seeds: list[int] = []

    def data(self, *, seed: int) -> dict[str, Any]:
        self.seeds.append(seed)
        return {"x": np.zeros((32, 3), np.float32)}

    def twin(self) -> Any:
        return SimpleNamespace(place=lambda batch: batch, step=lambda batch: None)


def test_no_batch_that_was_trained_on_is_compared_on() -> None:
    training, comparing = _Recorded(), _Recorded()

    deployment._trained(training)  # type: ignore[arg-type]
    deployment._batches(comparing)  # type: ignore[arg-type]

    assert len(training.seeds) > 1
    assert len(comparing.seeds) > 1
    assert not set(training.seeds) & set(comparing.seeds)
