"""The gate lets equal sides through and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.statistics import parity

PARTS = ("outputs", "loss", "gradients", "weights")


def arrays(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    start = rng.standard_normal((6, 4)).astype(np.float32)
    gradient = rng.standard_normal((6, 4)) * 0.1
    made = {
        "start/kernel": start,
        "outputs/logits": rng.standard_normal((3, 4)),
        "loss/loss": np.array(1.5),
        "gradients/kernel": gradient,
        "weights/kernel": start - 0.01 * gradient,
    }
    return {name: array.astype(dtype) for name, array in made.items()}


def judge(one, other, **more):
    references = {"a": arrays(), "b": arrays()}
    return parity.gate({"a": one, "b": other}, references, parts=PARTS, **more)


def test_equal_sides_pass_and_the_distances_are_given():
    report = judge(arrays(dtype=np.float32), arrays(dtype=np.float32))
    assert report["passed"]
    assert report["reason"] == ""
    assert 0 < report["outputs"]["a"]["distance"] < 1e-6
    assert report["reference"]["gradients"] == 0


@pytest.mark.parametrize("name", ["outputs/logits", "loss/loss", "gradients/kernel", "weights/kernel"])
def test_each_part_is_gated(name):
    wrong = arrays(dtype=np.float32)
    wrong[name] = wrong[name] * np.float32(1.2)
    report = judge(arrays(dtype=np.float32), wrong)
    assert not report["passed"]
    assert "b is off the float64 reference in " + name.split("/")[0] in report["reason"]


def test_half_precision_in_disguise_is_refused():
    rounded = {name: array.astype(np.float16).astype(np.float32) for name, array in arrays().items()}
    report = judge(arrays(dtype=np.float32), rounded)
    assert "outputs" in report["reason"]


@pytest.mark.parametrize("spoil", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(spoil):
    wrong = arrays(dtype=np.float32)
    wrong["outputs/logits"] = np.full((3, 4), spoil, np.float32)
    report = judge(wrong, arrays(dtype=np.float32))
    assert not report["passed"]
    assert report["outputs"]["a"]["distance"] is None


def test_a_missing_gradient_and_another_shape_are_refused():
    missing, bent = arrays(dtype=np.float32), arrays(dtype=np.float32)
    del missing["gradients/kernel"]
    bent["outputs/logits"] = bent["outputs/logits"].T
    report = judge(missing, bent)
    assert "a is off the float64 reference in gradients kernel" in report["reason"]
    assert "b is off the float64 reference in outputs logits" in report["reason"]


def test_float64_twins_that_are_not_the_same_graph_are_refused():
    other = arrays()
    other["outputs/logits"] = other["outputs/logits"] * (1 + 1e-7)
    sides = {"a": arrays(dtype=np.float32), "b": arrays(dtype=np.float32)}
    report = parity.gate(sides, {"a": arrays(), "b": other}, parts=PARTS)
    assert "in float64 a and b differ in outputs" in report["reason"]


def test_an_exemption_names_its_arrays_and_keeps_their_distance():
    wrong = arrays(dtype=np.float32)
    wrong["weights/kernel"] = wrong["weights/kernel"] * np.float32(1.2)
    report = judge(arrays(dtype=np.float32), wrong, exemptions=["weights:ker*: on purpose"])
    assert report["passed"]
    assert report["weights"]["b"]["exempt"]["kernel"] > 1


def test_a_part_with_no_arrays_at_all_is_refused():
    report = parity.gate({"a": {}, "b": {}}, {"a": {}, "b": {}}, parts=("outputs",))
    assert not report["passed"]


@given(st.floats(1e-3, 1e3))
def test_distances_do_not_depend_on_the_unit(scale):
    one, reference = arrays(dtype=np.float32), arrays()
    first = parity.distances(one, reference, part="outputs")["logits"]
    scaled = {name: array.astype(np.float64) * scale for name, array in one.items()}
    again = parity.distances(scaled, {n: a * scale for n, a in reference.items()}, part="outputs")["logits"]
    assert again == pytest.approx(first, rel=1e-6)
