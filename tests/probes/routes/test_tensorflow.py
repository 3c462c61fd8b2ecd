"""TensorFlow's models taken out: what each route makes computes the same, from its files alone."""

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
WEIGHTS = 4 * 49_418
"""Bytes of the image classifier's: 16, 32, 64, 128 and 256 channels (counted by hand from its layers)."""

FLOAT = ["saved-model", "keras", "litert", "onnx", "openvino"]
INT8 = ["litert", "onnx", "openvino"]

ODD = """
import tensorflow as tf
from probes.types import Exportable

def exportable():
    @tf.function(autograph=False)
    def serve(x):
        return {"y": tf.math.erfinv(tf.tanh(x)) + tf.math.betainc(1.0 + x * x, 1.0 + x * x, tf.sigmoid(x))}

    traced = serve.get_concrete_function(x=tf.TensorSpec((1, 4), tf.float32, name="x"))
    return Exportable(tf.Module(), ("x",), ("y",), (tf.zeros((1, 4)),), traced, dtypes={"x": "float32"})
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("taken-out")
    odd = folder / "odd.py"
    odd.write_text(ODD)
    asked = [f"image_classifier=tensorflow-{route}:fp32" for route in FLOAT]
    asked += [f"image_classifier=tensorflow-{route}:int8" for route in INT8]
    asked += [f"recommender=tensorflow-{route}:fp32" for route in FLOAT]
    asked += [f"{odd}=tensorflow-{route}:fp32" for route in FLOAT]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.probes.routes.taken_out", "tensorflow", str(folder / "made"), *asked],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.mark.parametrize("route", FLOAT)
def test_every_float_route_gives_the_same_answers(route: str, found: dict[str, Any]) -> None:
    seen = found[f"image_classifier=tensorflow-{route}:fp32"]

    assert seen["far"] < 1e-4
    assert WEIGHTS < sum(seen["files"].values()) < 1.5 * WEIGHTS
    assert seen["versions"]


@pytest.mark.parametrize("route", INT8)
def test_int8_agrees_and_is_smaller_by_half_at_least(route: str, found: dict[str, Any]) -> None:
    whole, small = (found[f"image_classifier=tensorflow-{route}:{precision}"] for precision in ("fp32", "int8"))

    assert small["agree"] > 0.75
    assert small["far"] > whole["far"]
    assert sum(small["files"].values()) < 0.6 * sum(whole["files"].values())


@pytest.mark.parametrize("route", sorted({*FLOAT} - {"keras"}))
def test_two_inputs_keep_their_names_whatever_order_the_artifact_has(route: str, found: dict[str, Any]) -> None:
    """Constants around the function are in the file too, and are asked of nobody."""
    seen = found[f"recommender=tensorflow-{route}:fp32"]

    assert seen["far"] < 1e-5
    if seen["takes"]:
        assert seen["takes"] == {"dense": [[1, 13], "float32"], "categories": [[1, 8, 4], "int32"]}


def test_openvinos_weights_are_a_file_of_their_own_and_counted(found: dict[str, Any]) -> None:
    assert sorted(found["image_classifier=tensorflow-openvino:fp32"]["files"]) == ["model.bin", "model.xml"]


def test_a_model_of_a_class_of_its_own_makes_no_keras_file(found: dict[str, Any]) -> None:
    assert found["recommender=tensorflow-keras:fp32"] == {"unsupported": "keras-needs-code"}
    assert found["odd=tensorflow-keras:fp32"] == {"unsupported": "no-keras-model"}


@pytest.mark.parametrize("route", ["litert", "onnx", "openvino"])
def test_operators_that_a_converter_has_not_are_named(route: str, found: dict[str, Any]) -> None:
    assert "Betainc" in found[f"odd=tensorflow-{route}:fp32"]["refused"]


def test_tensorflow_refuses_none_of_its_own_operators(found: dict[str, Any]) -> None:
    assert found["odd=tensorflow-saved-model:fp32"]["far"] < 1e-6
