"""Three frameworks in one session: every two of them are paired, judged together and written down."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.engine import observations
from advisor.knowledge.loading import load_knowledge
from probes.catalog.loading import choose_for_user_model, load_catalog
from probes.evidence.documents import evidence_document, parse_evidence
from probes.session import runner
from probes.statistics import ratios
from probes.types import INCONCLUSIVE, Evidence, Status
from probes.user_model import reading

pytestmark = [pytest.mark.frameworks, pytest.mark.measures]

LINEAR = """
import numpy as np

SIZE = {"batch": 64, "features": 128, "classes": 32}
SIZES = {"small": SIZE}

def data(size, seed):
    from probes.workloads import control
    return control.data(size, seed)

def weights(size, seed):
    from probes.workloads import control
    return control.weights(size, seed)

def null(build):
    from probes.workloads import control
    return control.null(build)

def pytorch(build):
    import torch
    from torch import nn
    from probes.backends.pytorch import supervised
    layer = nn.Linear(128, 32, bias=False)
    return supervised(
        build, layer, tensors={"kernel": (layer.weight, (1, 0))},
        call=lambda model, batch: {"y": model(batch["x"])},
        loss=lambda outputs, batch: nn.functional.mse_loss(outputs["y"], batch["y"]),
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=0.1),
    )

def tensorflow(build):
    import tensorflow as tf
    from probes.backends.tensorflow import supervised
    layer = tf.keras.layers.Dense(32, use_bias=False, dtype=build.dtype)
    model = tf.keras.Sequential([layer])
    model.build((64, 128))
    squared = tf.keras.losses.MeanSquaredError(dtype=build.dtype)
    return supervised(
        build, model, tensors={"kernel": layer.kernel},
        call=lambda model, batch, training: {"y": model(batch["x"], training=training)},
        loss=lambda outputs, batch: squared(batch["y"], outputs["y"]),
        optimiser=tf.keras.optimizers.SGD(0.1),
    )
"""

PAIRS = [{"null", "pytorch"}, {"null", "tensorflow"}, {"pytorch", "tensorflow"}]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    path: Path = tmp_path_factory.mktemp("three") / "linear.py"
    path.write_text(LINEAR)
    probes = choose_for_user_model(["training-mlp-eager", "inference-mlp-eager"], load_catalog())
    names = ("tensorflow", "null", "pytorch")
    return runner.measure(probes, frameworks=names, workload_file=reading.read(str(path)), budget=24.0)


def test_every_two_are_paired_on_every_probe(found: Evidence) -> None:
    assert [m.status for m in found.probes] == [Status.OK] * 6, [m.reason for m in found.probes]
    for probe in ("training-own-eager", "inference-own-eager"):
        assert [set(m.samples) for m in found.probes if m.probe == probe] == PAIRS
    for measurement in found.probes:
        assert measurement.ratio is not None
        assert measurement.ratio.denominator < measurement.ratio.numerator
        assert measurement.parity is not None
        assert measurement.parity["passed"]


def test_all_environments_are_written_down(found: Evidence) -> None:
    assert set(found.environments) == {"null", "pytorch", "tensorflow"}
    assert {environment["threads"] for environment in found.environments.values()} == {1}


def test_verdicts_stand_among_all_pairs_together(found: Evidence) -> None:
    standing = ratios.holm({str(i): m.facts["p"] for i, m in enumerate(found.probes)})
    for i, measurement in enumerate(found.probes):
        assert measurement.ratio is not None
        assert measurement.ratio.favours == INCONCLUSIVE or str(i) in standing


def test_ratios_of_three_pairs_close_the_triangle(found: Evidence) -> None:
    """cost(T)/cost(N) is cost(T)/cost(P) times cost(P)/cost(N), within what three intervals allow."""
    training = [m.ratio for m in found.probes if m.probe == "training-own-eager" and m.ratio is not None]
    by_pair = {(ratio.numerator, ratio.denominator): ratio for ratio in training}
    whole, inner = by_pair["tensorflow", "null"], by_pair["pytorch", "null"]
    outer = by_pair["tensorflow", "pytorch"]
    assert inner.low * outer.low <= whole.high * 1.2
    assert whole.low <= inner.high * outer.high * 1.2


def test_the_document_is_read_and_a_framework_without_claims_is_left_out_of_the_decision(found: Evidence) -> None:
    parsed = parse_evidence(json.loads(json.dumps(evidence_document(found))))
    as_default = replace(parsed, probes=tuple(replace(m, mode="default") for m in parsed.probes))
    said = observations.interpret([as_default], load_knowledge(), probes=tuple(load_catalog().values()))
    assert {(o.numerator, o.denominator) for o in said.observations} == {("tensorflow", "pytorch")}
    assert {o.criterion for o in said.observations} == {"training-speed", "inference-latency"}
