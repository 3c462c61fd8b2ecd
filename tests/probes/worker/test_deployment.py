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


class _Elsewhere:
    """What answers in another process: each block there lasts 0.1 s, of which another load took 30 ms."""

    seconds, took = 0.25, 0.004
    settings: dict[str, Any] = {"clock_us": 5}

    def __init__(self, *, tells: bool) -> None:
        self.tells, self.kept, self.asked = tells, 0, 0

    def __call__(self, arrays: Any) -> Any:
        return [arrays[0] * 2]

    def keep(self, samples: Any) -> None:
        self.kept = len(samples)

    def turn(self, *, blocks: int, loops: int, between: int, slowdown: float) -> Any:
        self.asked += 1
        # Stood ready for 30 ms in one go, of 100 ms in which the process used 50 ms of a CPU.
        reading = ([(1.0, 10), (5.0, 0), (2.0, 0)], [(1.03, 11), (5.1, 0), (2.05, 0)], 2)
        return [0.05] * blocks, [reading] * blocks if self.tells else None

    def batch(self, arrays: Any, least: int, most: int, enough: float) -> list[float]:
        return [0.5] * least

    def peak_memory(self) -> int:
        return 7


def elsewhere(*, tells: bool) -> tuple[_Elsewhere, deployment.LoadedApart]:
    run = _Elsewhere(tells=tells)
    held = {"x/x": np.ones((40, 3), np.float32)}
    request = {"inputs": ["x"], "outputs": ["y"], "layouts": {}, "dtypes": {}}
    return run, deployment.LoadedApart(run, held, request)


def test_what_answers_elsewhere_takes_its_own_times() -> None:
    run, loaded = elsewhere(tells=True)

    assert loaded.first() == {"load_ms": 250.0, "first_ms": 4.0}
    assert loaded.about() == {"peak_memory": 7, "settings": {"clock_us": 5}}
    assert loaded.throughput() == {"seconds": [0.5] * 5, "batch": 16}
    assert run.kept == deployment.CYCLE


def test_a_turn_elsewhere_that_was_held_up_goes_on_and_says_by_how_much() -> None:
    """30 ms less the 50 microseconds of one handover, over two answers."""
    run, loaded = elsewhere(tells=True)

    found = loaded.turn({"blocks": 5, "loops": 1, "most": 20}, slowdown=1.0)

    assert found["seconds"] == [0.05] * 20
    assert found["waited"] == found["surely"] == [0.014975] * 20
    assert run.asked == 4


def test_a_turn_elsewhere_of_which_nothing_is_told_is_taken_once() -> None:
    run, loaded = elsewhere(tells=False)

    found = loaded.turn({"blocks": 5, "loops": 1, "most": 20}, slowdown=1.0)

    assert (found["seconds"], found["waited"], run.asked) == ([0.05] * 5, None, 1)
