"""Real PyTorch and TensorFlow in real workers: the same numbers, a verdict, honest absences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probes.catalog.loading import PATH, choose_for_user_model, choose_probes, load_catalog
from probes.evidence.documents import evidence_document, parse_evidence
from probes.session import runner
from probes.types import Status
from probes.user_model import reading
from tests.probes.arms import CALIBRATED

pytestmark = [pytest.mark.frameworks, pytest.mark.measures]

RUN = ("training-mlp-xla", "training-mlp-eager", "training-convnet-default", "inference-transformer-eager")


@pytest.fixture(scope="module")
def found():
    """One session on one pair of workers for all the tests of this file."""
    return runner.measure(choose_probes(RUN, load_catalog()), budget=120.0, selftest=CALIBRATED)


def by_id(found, name):
    return next(m for m in found.probes if m.probe == name)


@pytest.mark.parametrize("name", RUN[1:])
def test_both_sides_compute_the_same_and_get_a_ratio(found, name):
    measurement = by_id(found, name)
    assert measurement.status is Status.OK, measurement.reason
    assert measurement.parity["passed"]
    assert max(measurement.parity["reference"].values()) < 1e-9
    ratio = measurement.ratio
    assert (ratio.denominator, ratio.numerator) == ("pytorch", "tensorflow")
    assert 0 < ratio.low <= ratio.value <= ratio.high
    assert {len(costs) for costs in measurement.samples.values()} == {len(measurement.samples["pytorch"])}


def test_xla_without_torch_xla_is_not_supported(found):
    measurement = by_id(found, "training-mlp-xla")
    assert measurement.status is Status.NOT_SUPPORTED
    assert "torch_xla" in measurement.reason


def test_settings_are_read_back_from_inside(found):
    for framework, package in (("pytorch", "torch"), ("tensorflow", "tensorflow")):
        environment = found.environments[framework]
        assert environment["threads"] == 1
        assert environment["versions"][package]
        assert environment["flags"]["tf32"] is False


def test_no_side_beats_the_roof(found):
    for measurement in found.probes:
        for framework in measurement.samples:
            assert measurement.roof[framework]["limit"] != "bug"


def test_inference_tells_its_tail(found):
    facts = by_id(found, "inference-transformer-eager").facts["pytorch"]
    assert 0 < facts["p50_s"] <= facts["p95_s"] <= facts["p99_s"]


def test_the_example_of_an_own_model_passes_the_gate():
    path = PATH.parent / "user_model" / "example.py"
    (probe,) = choose_for_user_model(["training-mlp-default"], load_catalog())
    (measurement,) = runner.measure(
        [replace(probe, seconds=3.0)], workload_file=reading.read(str(path)), budget=60.0, selftest=CALIBRATED
    ).probes
    assert measurement.status is Status.OK, measurement.reason
    assert measurement.own_workload
    assert measurement.parity["passed"]


def test_the_document_is_evidence(found):
    assert parse_evidence(evidence_document(found)).grade == found.grade


def test_xla_is_measured_inside_the_framework_that_has_it():
    session = runner.measure(choose_probes(["xla-mlp"], load_catalog()), budget=60.0, selftest=CALIBRATED)
    (measurement,) = session.probes
    assert measurement.status is Status.OK, measurement.reason
    assert measurement.ratio is None
    assert measurement.facts["pytorch"]["status"] == "not-supported"
    inner = measurement.facts["tensorflow"]
    assert inner["low"] <= inner["times_as_fast"] <= inner["high"]
    assert inner["measurement"]["parity"]["passed"]
    assert set(measurement.facts["claims"]) == {"tf-xla-acceleration"}
    assert evidence_document(parse_evidence(evidence_document(session))) == evidence_document(session)
