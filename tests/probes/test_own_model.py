"""A model of the user's, of two functions: matched by itself where that can be done, else told what differs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from probes import catalog, own, parity
from probes.process import Arm, Client, Lost
from probes.scenarios import Unsupported

FRAMEWORKS = ("pytorch", "tensorflow")
PARTS = ["outputs", "loss", "gradients", "weights"]

Gate = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """One process a framework; ``gate(text)`` puts a model file through the parity gate."""
    folder = tmp_path_factory.mktemp("own")
    clients = {name: Client(Arm(name, name), settings="default", scratch=str(folder)) for name in FRAMEWORKS}
    for name, client in clients.items():
        client.ask("hello", timeout=120, framework=name, threads=1, settings="default", plant={})
        client.ask("use", timeout=60, kind="cpu")
    made = iter(range(1000))

    def judge(text: str, mode: str = "eager") -> dict[str, Any]:
        path = folder / f"mine{next(made)}.py"
        path.write_text(text)
        request: dict[str, Any] = {
            "workload": "own",
            "workload_file": str(path),
            "size": "small",
            "seed": 0,
            "scratch": str(folder),
        }
        found: dict[str, dict[str, Any]] = {"float32": {}, "float64": {}}
        for name, client in clients.items():
            described = client.ask("describe", timeout=60, scenario="training_step", **request)
            for dtype, sides in found.items():
                options: dict[str, Any] = {
                    "dtype": dtype,
                    "reference": dtype == "float64",
                    "parity": PARTS,
                    "mode": mode,
                }
                with np.load(client.ask("parts", timeout=60, **options, **request)["arrays"]) as held:
                    sides[name] = dict(held)
        exemptions = described["exemptions"]
        return parity.gate(
            found["float32"], found["float64"], parts=PARTS, exemptions=exemptions, bound=parity.OWN_REFERENCE
        )

    yield judge
    for client in clients.values():
        client.close()


IMAGES = """
INPUT = (8, 16, 16, 3)
LOSS = "cross-entropy"

def pytorch():
    from torch import nn
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5),
    )

def tensorflow():
    from keras import Sequential, layers
    return Sequential([
        layers.Conv2D(8, 3, padding="same"), layers.BatchNormalization(momentum=0.9, epsilon=1e-5), layers.ReLU(),
        layers.MaxPool2D(2), layers.Conv2D(8, 3), layers.ReLU(), layers.GlobalAveragePooling2D(), layers.Dense(5),
    ])
"""

WORDS = """
INPUT, TOKENS, LOSS = (4, 12), 50, "cross-entropy"

def pytorch():
    from torch import nn
    return nn.Sequential(nn.Embedding(50, 16), nn.LayerNorm(16), nn.Linear(16, 16), nn.GELU(), nn.Linear(16, 50))

def tensorflow():
    from keras import Sequential, layers
    return Sequential([
        layers.Embedding(50, 16), layers.LayerNormalization(epsilon=1e-5), layers.Dense(16, activation="gelu"),
        layers.Dense(50),
    ])
"""

SEGMENTS = """
INPUT = (4, 12, 12, 2)

def pytorch():
    from torch import nn
    return nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), nn.Tanh(), nn.Conv2d(6, 1, 1))

def tensorflow():
    from keras import Sequential, layers
    return Sequential([layers.Conv2D(6, 3, padding="same", activation="tanh"), layers.Conv2D(1, 1)])
"""

BACKWARDS = """
INPUT = (8, 10)

def pytorch():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Linear(10, 10)
            self.first = nn.Linear(10, 10)

        def forward(self, x):
            return self.last(torch.tanh(self.first(x)))

    return Net()

def tensorflow():
    from keras import Sequential, layers
    return Sequential([layers.Dense(10, activation="tanh", name="first"), layers.Dense(10, name="last")])
"""

STATED = """
WEIGHTS = {
    "pytorch": ["first.weight", "first.bias", "last.weight", "last.bias"],
    "tensorflow": ["first/kernel", "first/bias", "last/kernel", "last/bias"],
}
"""


@pytest.mark.frameworks
class TestRealFrameworks:
    def test_the_printed_example_agrees(self, gate: Gate) -> None:
        found = gate(catalog.PATH.with_name("own_model.py").read_text(encoding="utf-8"))

        assert found["passed"], found["reason"]

    @pytest.mark.parametrize("text", [IMAGES, WORDS, SEGMENTS], ids=["images", "words", "segments"])
    @pytest.mark.parametrize("mode", ["eager", "default"])
    def test_weights_are_matched_by_shape_and_order(self, gate: Gate, text: str, mode: str) -> None:
        found = gate(text, mode)

        assert found["passed"], found["reason"]

    def test_weights_of_one_shape_in_another_order_are_named(self, gate: Gate) -> None:
        found = gate(BACKWARDS)

        assert not found["passed"]
        assert re.search(r"pytorch: (first|last)\.\w+, tensorflow: (last|first)/", found["reason"])

    def test_an_order_that_is_stated_is_kept(self, gate: Gate) -> None:
        found = gate(BACKWARDS + STATED)

        assert found["passed"], found["reason"]

    def test_a_weight_without_counterpart_is_named_on_both_sides(self, gate: Gate) -> None:
        found = gate(WORDS.replace("layers.Dense(16,", "layers.Dense(24,"))

        assert not found["passed"]
        assert re.search(r"pytorch has .*16x16 #1 \(2\.weight\).* tensorflow has no counterpart", found["reason"])
        assert re.search(r"tensorflow has .*16x24 #1 \(dense\w*/kernel\)", found["reason"])

    def test_another_function_is_found_before_any_time_is_taken(self, gate: Gate) -> None:
        found = gate(SEGMENTS.replace('activation="tanh"', 'activation="sigmoid"'))

        assert not found["passed"]
        assert "in float64 pytorch and tensorflow differ in outputs y" in found["reason"]

    def test_a_stated_weight_that_is_not_there_is_named(self, gate: Gate) -> None:
        with pytest.raises(Lost) as caught:
            gate(BACKWARDS + STATED.replace("first/kernel", "frist/kernel"))

        assert "tensorflow has no weight frist/kernel; tensorflow also has first/kernel" in caught.value.reason


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({}, "INPUT, the shape of one batch"),
        ({"INPUT": 64}, "INPUT, the shape of one batch"),
        ({"INPUT": (64, 10), "LOSS": "mse"}, "LOSS as one of mean-squared-error, cross-entropy, not 'mse'"),
        ({"INPUT": (64, 10), "RATE": 0}, "RATE as a number above 0"),
        ({"INPUT": (64, 10), "TOKENS": "many"}, "TOKENS as a whole number"),
        ({"INPUT": (64, 10), "WEIGHTS": {"pytorch": "0.weight"}}, "WEIGHTS as {framework: [names"),
    ],
)
def test_a_file_that_lacks_something_says_what(held: dict[str, Any], said: str) -> None:
    with pytest.raises(Unsupported, match="python -m probes example") as caught:
        own.adapt(SimpleNamespace(__name__="mine", **held), "pytorch", None)  # type: ignore[arg-type]

    assert said in str(caught.value)


def test_a_file_of_four_functions_is_taken_as_it_is() -> None:
    module: Any = SimpleNamespace(weights=lambda size, seed: {})

    assert own.adapt(module, "pytorch", None) is module


def test_the_example_is_short(tmp_path: Path) -> None:
    text = catalog.PATH.with_name("own_model.py").read_text(encoding="utf-8")

    assert len([line for line in text.split('"""')[2].splitlines() if line.strip()]) <= 12
