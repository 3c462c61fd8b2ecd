"""PyTorch's models taken out: what each route makes computes the same in a process that holds nothing else.

Routes with an environment of their own (ExecuTorch, LiteRT Torch) are tried where that is: their packages do not live
beside TensorFlow's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.frameworks

ROOT = Path(__file__).parents[3]
WEIGHTS = 4 * 77_706
"""Bytes of the small residual net's kernels, of one shift a channel (the rest of a normalisation may be folded into the
kernels) and of its head: 76,720 + 336 + 650 numbers, counted by hand."""


def taken_out(folder: Path, route: str, precision: str, *models: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.probes.routes.pytorch_taken_out", route, precision, str(folder), *models],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("route", ["pytorch-torchscript", "pytorch-torch-export", "pytorch-openvino"])
def test_every_float_route_gives_the_same_answers(route: str, tmp_path: Path) -> None:
    found = taken_out(tmp_path, route, "fp32", "convnet", "recommender")

    assert max(seen["far"] for seen in found.values()) < 1e-5
    assert WEIGHTS <= found["convnet"]["bytes"] < 1.5 * WEIGHTS
    assert [seen["beforehand"] for seen in found.values()] == [[], []]


def test_compiled_code_gives_the_same_answers(tmp_path: Path) -> None:
    found = taken_out(tmp_path, "pytorch-aotinductor", "fp32", "mlp", "custom-operator")

    assert found["mlp"]["far"] < 1e-5
    assert found["custom-operator"]["beforehand"] == ["tests.doubled.default"]


def test_openvino_in_int8_is_near_and_less_than_half_as_large(tmp_path: Path) -> None:
    small = taken_out(tmp_path / "int8", "pytorch-openvino", "int8", "convnet")["convnet"]

    assert 1e-4 < small["far"] < 0.2
    assert small["bytes"] < 0.5 * WEIGHTS


def test_torch_export_names_beforehand_what_it_will_not_take(tmp_path: Path) -> None:
    found = taken_out(tmp_path, "pytorch-torch-export", "fp32", "custom-operator", "data-dependent-branch")

    assert found["custom-operator"]["beforehand"] == ["tests.doubled.default"]
    (named,) = found["data-dependent-branch"]["beforehand"]
    assert "x.sum() > 0" in named
    assert all("failed" in seen for seen in found.values())


def test_openvino_names_the_operators_it_has_no_rule_for(tmp_path: Path) -> None:
    found = taken_out(tmp_path, "pytorch-openvino", "fp32", "custom-operator", "rare-operator")

    assert found["custom-operator"]["beforehand"] == found["custom-operator"]["refused"] == ["tests::doubled"]
    assert found["rare-operator"]["refused"] == ["aten::special_bessel_j0"]


def test_a_traced_branch_is_caught_by_its_answers(tmp_path: Path) -> None:
    """A tracer takes the branch that its example took, and says nothing: only other data show it."""
    found = taken_out(tmp_path, "pytorch-torchscript", "fp32", "data-dependent-branch")

    assert found["data-dependent-branch"]["beforehand"] == []
    assert found["data-dependent-branch"]["far"] > 0.1
