"""``python -m probes`` as a user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest
from click.testing import CliRunner

from probes.__main__ import main
from probes.calibration import self_test
from probes.evidence.documents import read_evidence
from probes.statistics import ratios
from probes.system import data_folders
from tests.probes.arms import brief_self_test

pytestmark = pytest.mark.measures

OWN = """
SIZES = {"small": {"batch": 4}}

def data(size, seed):
    import numpy as np
    return {"x": np.ones((size["batch"], 3), np.float32), "y": np.zeros((size["batch"], 2), np.float32)}

def weights(size, seed):
    import numpy as np
    return {"kernel": np.full((3, 2), 0.5, np.float32)}

def null(build):
    from probes.workloads import control
    from dataclasses import replace
    return control.null(replace(build, size={"batch": 4, "features": 3, "classes": 2}))
"""


def run(*arguments):
    return CliRunner().invoke(main, list(arguments))


def test_the_list_names_every_probe():
    listed = json.loads(run("list", "--json").output)["probes"]
    assert {"training-mlp-eager", "inference-transformer-default"} <= {probe["id"] for probe in listed}
    assert run("list", "--lang", "zh").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "trainng-mlp-eager"], "did you mean 'training-mlp-eager'?"),
        (["trainng-mlp-eager"], "did you mean 'training-mlp-eager'?"),
        (["run", "training-mlp-eager", "-o", "/nowhere/at/all.json"], "the directory /nowhere/at does not exist"),
        (["run", "training-mlp-eager", "-o", "/tmp"], "is a directory"),
        (["run", "training-mlp-eager", "--python", "tensorflow"], "FRAMEWORK=PATH"),
        (["run", "training-mlp-eager", "--python", "tensorflow=/no/python"], "no file /no/python"),
        (["run", "training-mlp-eager", "--threads", "many"], "'one', 'all' or a number"),
        (["run", "training-mlp-eager", "--budget", "0"], "budget"),
        (["run", "training-mlp-eager", "--workload", "/no/file.py"], "/no/file.py"),
        (["run", "training-mlp-eager", "--as-written"], "name it with --workload"),
    ],
)
def test_bad_input_is_named_and_ends_with_2(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return str(path)


def test_a_workload_of_ones_own_goes_through_gate_and_statistics(own, tmp_path):
    path = tmp_path / "e.json"
    result = run(
        "run", "training-mlp-eager", "--workload", own, "--framework", "null", "--framework", "pytorch", "-o", str(path)
    )
    found = read_evidence(path).probes[0]
    assert result.exit_code == 1
    assert found.status.value == "not-supported"
    assert "no side" in found.reason


def test_interrupting_writes_what_is_finished_and_leaves_no_process(tmp_path, own):
    path = tmp_path / "e.json"
    command = [sys.executable, "-m", "probes", "run", "training-mlp-eager", "inference-mlp-eager", "--jsonl"]
    command += ["--framework", "null", "--framework", "pytorch", "--workload", own, "-o", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    events = []
    for line in process.stdout:
        events.append(json.loads(line))
        if events[-1]["event"] == "start":
            os.kill(process.pid, signal.SIGTERM)
            break
    children = psutil.Process(process.pid).children(recursive=True)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert events[0]["event"] == "plan"
    assert {m.status.value for m in read_evidence(path).probes} == {"cancelled"}
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def test_the_selftest_is_kept_for_this_machine_only(monkeypatch, tmp_path):
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "home"))
    assert self_test.load_calibration() is None
    with brief_self_test():
        result = run("selftest", "--quick", "--json")
    assert result.exit_code == 0, result.output
    held = self_test.load_calibration()
    assert held["same_arm"]["runs"] >= 2
    assert held["process_sd"] > 0
    assert held["process_df"] == ratios.PROCESS_DF + held["same_arm"]["runs"]
    assert [planted["slowdown"] for planted in held["planted"]] == [1.05, 1.10, 1.20]
    (tmp_path / "home" / "selftest.json").write_text(json.dumps({**held, "cpu": "another"}))
    assert self_test.load_calibration() is None
    (tmp_path / "home" / "selftest.json").write_text("{")
    assert self_test.load_calibration() is None


def test_a_home_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "file"))
    with pytest.raises(data_folders.Nowhere, match="cannot be written"):
        self_test.save_calibration({})
