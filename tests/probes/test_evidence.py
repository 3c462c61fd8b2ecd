"""The evidence document comes back as it went out, and nothing else comes in."""

from __future__ import annotations

import copy
import json
import math
import os
import resource
import subprocess
import sys

import pytest

from probes import evidence
from probes.types import Evidence, Measurement, Ratio, Status

RATIO = Ratio(value=1.3, low=1.2, high=1.4, pairs=9, favours="pytorch", numerator="tensorflow", denominator="pytorch")
OK = Measurement(
    probe="training-mlp-eager",
    scenario="training_step",
    workload="mlp",
    mode="eager",
    status=Status.OK,
    samples={"pytorch": (0.01, 0.011), "tensorflow": (0.013, 0.014)},
    ratio=RATIO,
    facts={"p": 0.001},
    seconds=5.0,
)
ABSENT = Measurement(
    probe="training-mlp-xla",
    scenario="training_step",
    workload="mlp",
    mode="xla",
    status=Status.NOT_SUPPORTED,
    reason="no torch_xla",
)
EVIDENCE = Evidence(
    machine={"cpu": "x"},
    environments={"pytorch": {"versions": {"torch": "2"}}},
    probes=(OK, ABSENT),
    selftest=None,
    grade="A",
    started="2026-01-01T00:00:00+00:00",
    finished="2026-01-01T00:01:00+00:00",
)


@pytest.fixture
def data():
    return json.loads(json.dumps(evidence.document(EVIDENCE)))


def test_a_document_reads_back_as_it_was(data):
    assert evidence.parse(data) == EVIDENCE


def test_a_file_reads_back_as_it_was(tmp_path):
    evidence.write(EVIDENCE, tmp_path / "e.json")
    assert evidence.read(tmp_path / "e.json") == EVIDENCE
    assert [p.name for p in tmp_path.iterdir()] == ["e.json"]


def spoilt(data, path, value):
    made = copy.deepcopy(data)
    place = made
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return made


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["schema"], "evidence/2", "schema"),
        (["probes", 0, "samples", "pytorch", 1], math.nan, "probes[0].samples.pytorch[1]: nan"),
        (["probes", 0, "samples", "pytorch", 1], math.inf, "inf is no finite number"),
        (["probes", 0, "samples", "pytorch", 1], -0.1, "not negative"),
        (["probes", 0, "samples", "pytorch", 1], "0.1", "finite number"),
        (["probes", 0, "samples", "pytorch"], [], "samples.pytorch: missing"),
        (["probes", 0, "samples"], ..., "samples: missing"),
        (["probes", 0, "samples", "pytorch"], ..., "samples"),
        (["probes", 0, "ratio", "value"], 0, "ratio.value"),
        (["probes", 0, "ratio", "low"], 2.0, "low <= value <= high"),
        (["probes", 0, "ratio", "favours"], "caffe", "favours: 'caffe'"),
        (["probes", 0, "ratio", "valu"], 1.0, "did you mean 'value'?"),
        (["probes", 0, "ratio", "pairs"], ..., "ratio.pairs"),
        (["probes", 0, "status"], "fine", "status: 'fine'"),
        (["probes", 0, "statsu"], "ok", "did you mean 'status'?"),
        (["probes", 1, "reason"], "", "says why"),
        (["probes", 0, "probe"], ..., "probes[0].probe"),
        (["probes", 0, "seconds"], -1, "seconds"),
        (["probes", 0], 3, "probes[0]: an object"),
        (["probes"], None, "probes: a list"),
        (["machine"], [], "machine: an object"),
        (["grade"], "E", "grade"),
        (["started"], 5, "started"),
        (["selftest"], 5, "selftest"),
        (["machine", "load"], math.nan, "machine.load"),
    ],
)
def test_bad_evidence_is_refused_with_its_place(data, path, value, said):
    with pytest.raises(evidence.EvidenceError) as caught:
        evidence.parse(spoilt(data, path, value))
    assert said in str(caught.value)


def test_all_problems_come_at_once(data):
    data["grade"] = "E"
    data["probes"][0]["status"] = "fine"
    data["probes"][1]["reason"] = ""
    with pytest.raises(evidence.EvidenceError) as caught:
        evidence.parse(data)
    assert len(caught.value.problems) >= 3


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"schema": "evidence/1", "schema": "evidence/1"}'])
def test_files_that_hold_no_evidence_are_refused(tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(evidence.EvidenceError, match=r"bad\.json"):
        evidence.read(path)


def test_a_file_that_is_not_there_and_one_that_is_no_text(tmp_path):
    (tmp_path / "b").write_bytes(b"\xff\xfe\x00")
    for name in ("a", "b"):
        with pytest.raises(evidence.EvidenceError, match=str(tmp_path / name)):
            evidence.read(tmp_path / name)


def test_a_folder_that_is_not_there_cannot_be_written(tmp_path):
    with pytest.raises(evidence.EvidenceError, match="cannot be written"):
        evidence.write(EVIDENCE, tmp_path / "none" / "e.json")


def test_a_full_disk_leaves_what_stood_there(tmp_path):
    path = tmp_path / "e.json"
    path.write_text("before")
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64));"
        "from probes import evidence; from tests.probes.test_evidence import EVIDENCE\n"
        "try:\n evidence.write(EVIDENCE, sys.argv[1])\n"
        "except evidence.EvidenceError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-B", "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert "cannot be written: File too large" in said.stdout
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["e.json"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 64


def test_standard_output_can_be_written():
    read, write = os.pipe()
    evidence.write(EVIDENCE, f"/dev/fd/{write}")
    os.close(write)
    with os.fdopen(read) as stream:
        assert evidence.parse(json.load(stream)) == EVIDENCE
