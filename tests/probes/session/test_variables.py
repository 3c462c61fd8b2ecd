"""Variables that a user passes to one side."""

from __future__ import annotations

import sys

import pytest

from probes import types
from probes.session import runner
from probes.session.arms import Arm
from probes.session.variables import parse_variables
from probes.session.worker_client import environment
from tests.probes.arms import measure, probe

KNOWN = ("pytorch", "tensorflow")


def test_a_variable_goes_to_the_side_that_is_named():
    found, problems = parse_variables(["tensorflow:TF_ENABLE_ONEDNN_OPTS=0", "pytorch:A=b=c", "pytorch:EMPTY="], KNOWN)

    assert not problems
    assert found == {"tensorflow": {"TF_ENABLE_ONEDNN_OPTS": "0"}, "pytorch": {"A": "b=c", "EMPTY": ""}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TF_ENABLE_ONEDNN_OPTS=0", "FRAMEWORK:NAME=VALUE"),
        ("tensorflow:NAME", "FRAMEWORK:NAME=VALUE"),
        ("tensorflow:a b=1", "FRAMEWORK:NAME=VALUE"),
        ("tensorflw:A=1", "did you mean 'tensorflow'"),
        ("pytorch:OMP_NUM_THREADS=4", "--threads"),
        ("tensorflow:KERAS_BACKEND=torch", "its own framework"),
    ],
)
def test_what_cannot_be_passed_is_refused_with_the_way_out(text, said):
    _, problems = parse_variables([text], KNOWN)

    assert len(problems) == 1
    assert said in problems[0]


def test_all_problems_are_told_at_once():
    _, problems = parse_variables(["x", "jax:A=1", "pytorch:A=1", "pytorch:A=2"], KNOWN)

    assert len(problems) == 3


def test_a_worker_gets_its_own_variables_and_no_others_of_the_users(monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")

    assert "TF_ENABLE_ONEDNN_OPTS" not in environment(sys.executable, settings="default")
    given = environment(sys.executable, settings="default", variables={"TF_ENABLE_ONEDNN_OPTS": "0"})
    assert given["TF_ENABLE_ONEDNN_OPTS"] == "0"


@pytest.mark.frameworks
def test_defaults_that_differ_are_told_beside_the_ratio_and_refuse_nothing():
    arms = (
        Arm("a", "null", variables={"MARK": "1"}),
        Arm("b", "null", plant={"fault": "onednn"}),
    )

    found = measure(arms=arms)

    assert found.probes[0].status is types.Status.OK, found.probes[0].reason
    assert found.probes[0].facts["defaults"] == {"onednn": {"a": False, "b": True}}
    assert found.environments["a"]["set"] == {"MARK": "1"}
    assert found.environments["b"]["set"] == {}


@pytest.mark.frameworks
@pytest.mark.measures
def test_a_processor_on_which_tensorflow_leaves_onednn_off_gives_a_ratio_all_the_same():
    found = runner.measure([probe(workload="mlp")], variables={"tensorflow": {"TF_ENABLE_ONEDNN_OPTS": "0"}}, budget=8)

    measured = found.probes[0]
    assert measured.status is types.Status.OK, measured.reason
    assert measured.ratio is not None
    assert measured.facts["defaults"]["onednn"] == {"pytorch": True, "tensorflow": False}
    assert found.environments["tensorflow"]["set"] == {"TF_ENABLE_ONEDNN_OPTS": "0"}
