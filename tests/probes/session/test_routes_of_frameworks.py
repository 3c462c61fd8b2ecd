"""A real model taken out of its framework, and files of the user's, end to end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from probes.session import interleaving, routing
from probes.session.routing import Source
from probes.statistics.targets import ENOUGH, undecided
from probes.types import RouteRow, Routes, Status, UserFile

pytestmark = [pytest.mark.frameworks, pytest.mark.measures]

TWO_INPUTS = """
INPUT = {"picture": (4, 8, 8, 3), "numbers": (4, 12)}

def pytorch():
    import torch
    from torch import nn

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.see = nn.Conv2d(3, 4, 3)
            self.end = nn.Linear(4 * 36 + 12, 5)

        def forward(self, picture, numbers):
            return self.end(torch.cat([self.see(picture).flatten(1), numbers], 1))

    return Both()
"""
REFUSED = """
INPUT = (4, 100)

def pytorch():
    import torch
    from torch import nn

    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.end = nn.Linear(100, 5)

        def forward(self, x):
            return self.end(torch.special.airy_ai(x))

    return Odd()
"""
KERAS = "import keras; keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(3)]).save('model.keras')"
ONNX = (
    "import torch; torch.onnx.export(torch.nn.Linear(6, 3), (torch.rand(1, 6),), dynamo=True)"
    ".save('model.onnx', external_data=False)"
)
PT2 = "import torch; torch.export.save(torch.export.export(torch.nn.Linear(6, 3), (torch.rand(1, 6),)), 'model.pt2')"


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interleaving, "TURN", 0.01)
    monkeypatch.setattr(routing, "LOOKS", (4,))


def rows(table: Routes) -> dict[str, RouteRow]:
    return {f"{row.route} {row.precision}": row for row in table.rows}


def made_by(program: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, capture_output=True)


def model(text: str, **options: Any) -> dict[str, RouteRow]:
    source = Source("model", "mine", UserFile("/models/mine.py", text))
    return rows(routing.measure(source, routes=["pytorch-onnx"], **options))


def test_a_workload_goes_through_onnx_in_both_precisions() -> None:
    found = rows(routing.measure(Source("workload", "mlp"), routes=["pytorch-onnx"]))

    assert {name: row.status for name, row in found.items()} == dict.fromkeys(
        ["own fp32", "pytorch-onnx fp32", "pytorch-onnx int8"], Status.OK
    ), [row.reason for row in found.values()]
    fp32, int8 = found["pytorch-onnx fp32"], found["pytorch-onnx int8"]
    weights = 256 * 512 + 512 * 512 + 512 * 10 + 512 + 512 + 10
    assert fp32.artifact_bytes == pytest.approx(4 * weights, rel=0.02)
    assert int8.artifact_bytes == pytest.approx(weights, rel=0.1)
    assert fp32.parity["relative"] < 1e-5 < int8.parity["relative"]
    assert fp32.ratio is not None
    assert fp32.settings["opset"]
    assert {"torch", "onnx", "onnxruntime"} <= set(fp32.versions)


def test_a_graph_of_one_sample_has_a_throughput_and_six_processes_decide_its_targets(tmp_path: Path) -> None:
    asked = {"latency_p95_ms": 0.2, "memory_mb": 80.0, "cold_start_s": 0.03}

    table = routing.measure(Source("workload", "mlp"), routes=["pytorch-onnx:fp32"], targets=asked, artifacts=tmp_path)
    row = rows(table)["pytorch-onnx fp32"]

    assert row.throughput_batch == 1  # the exporter fixes the batch that it was shown
    assert row.throughput_per_s is not None
    assert row.processes == ENOUGH or not undecided(asked, row)
    assert all(low < high for low, high in row.bounds.values())
    # What was converted stays where it was asked to, with what its runtime is asked to load.
    loaded = json.loads((tmp_path / "pytorch-onnx-fp32.json").read_text())
    assert Path(loaded["main"]).stat().st_size == row.artifact_bytes
    assert (tmp_path / "source-pytorch.npz").is_file()


def test_a_model_of_the_users_with_two_inputs_goes_through_onnx() -> None:
    found = model(TWO_INPUTS)

    assert {row.status for row in found.values()} == {Status.OK}, [row.reason for row in found.values()]


def test_an_operator_that_the_converter_has_not_is_named() -> None:
    found = model(REFUSED)

    assert found["own fp32"].status is Status.OK
    assert found["pytorch-onnx fp32"].status is Status.NOT_SUPPORTED
    assert "special_airy_ai" in found["pytorch-onnx fp32"].refused[0]


def test_an_onnx_file_is_run_as_it_is(tmp_path: Path) -> None:
    made_by(ONNX, tmp_path)

    table = routing.measure(Source("file", "model.onnx", tmp_path / "model.onnx"))
    (found,) = (row for row in table.rows if row.runtime == "onnx-runtime")

    assert (found.route, found.status) == ("as-is", Status.OK), found.reason
    assert found.p95_ms is not None


def test_a_saved_program_of_pytorch_goes_through_onnx(tmp_path: Path) -> None:
    made_by(PT2, tmp_path)

    found = rows(routing.measure(Source("file", "model.pt2", tmp_path / "model.pt2"), routes=["pytorch-onnx:fp32"]))

    assert found["own fp32"].status is Status.OK, found["own fp32"].reason
    assert found["pytorch-onnx fp32"].status is Status.OK, found["pytorch-onnx fp32"].reason
    assert found["own fp32"].load_ms is not None


def test_a_keras_file_is_answered_by_keras_itself(tmp_path: Path) -> None:
    made_by(KERAS, tmp_path)

    found = rows(routing.measure(Source("file", "model.keras", tmp_path / "model.keras"), routes=["pytorch-onnx"]))

    assert next(iter(found)) == "own fp32"
    assert found["own fp32"].framework == "tensorflow"
    assert found["own fp32"].status is Status.OK, found["own fp32"].reason
