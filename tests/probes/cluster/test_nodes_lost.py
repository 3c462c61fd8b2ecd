"""On a real cluster of three nodes, the loss of a node or of the head, or Ctrl-C, costs no more than it must."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

import probes
from probes.cluster import gathering, node, trial, view
from probes.cluster.trial import Kill
from probes.evidence import unfinished
from probes.session import outcome
from probes.session.arms import Arm
from probes.system import exit_status, held
from probes.types import Status

pytestmark = [pytest.mark.cluster, pytest.mark.measures]

ROOT = str(Path(probes.__file__).resolve().parent)
PYTHON = "measuring-python"
"""Found on the path of every node but those that a test starts without it."""

INTERRUPTED = """
import json, sys
from probes.cluster import gathering, trial
from probes.evidence import unfinished
from probes.evidence.sets import set_document

def show(event):
    if event.get("news", {}).get("event") == "done":
        print("done", flush=True)

with unfinished.keeping_each() as keep:
    found = gathering.gather(trial.plan(), address=sys.argv[1], progress=show, keep=keep)
print(json.dumps({"interrupted": found.interrupted, "set": set_document(found.found)}))
"""


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[trial.Local]:
    """One cluster for all tests: the last of them ends its head."""
    folder = tmp_path_factory.mktemp("path")
    wrapper = folder / PYTHON
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    wrapper.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        patch.setenv("PYTHONPATH", str(Path(ROOT).parent))
        patch.setenv("FRAMEWORK_ADVISOR_HOME", str(folder / "home"))
        try:
            with trial.cluster() as made:
                yield made
        except trial.TooFewCores:
            pytest.skip("kinds of nodes are told apart by their cores, which takes two")


def workers() -> list[psutil.Process]:
    """The worker processes of this copy of the program."""
    return [found for found in psutil.process_iter(["cmdline"]) if ROOT in (found.info["cmdline"] or ())]


def test_when_a_kind_is_lost_the_others_are_measured_and_the_reason_is_told(local: trial.Local) -> None:
    found = trial.attempt(local, Kill("spare", "connected", 0.3), Kill("alone", "start", 0.1))

    assert not found.wrong
    assert found.gathered is not None
    (absent,) = (one for one in found.gathered.found.not_measured if one.machine)  # the other described nothing
    assert (absent.reason.code, absent.machine["cores"]) == ("node-lost", 2)
    assert view.status(found.gathered) == exit_status.PARTLY


def test_what_lost_nodes_had_finished_stands_unless_another_of_their_kind_is_measured(local: trial.Local) -> None:
    planned = trial.plan(budget=15.0)  # however busy the machine is, the second probe begins
    found = trial.attempt(local, Kill("spare", "done", 0.1), Kill("alone", "done", 0.1), planned=planned)

    assert not found.wrong
    assert found.gathered is not None
    by_cores = {session.machine["cores"]: session for session in found.sessions}
    first, second = by_cores[2].probes
    assert (first.status, second.status) == (Status.OK, Status.FAILED)
    assert second.reason_code == "node-lost"
    assert outcome.status(by_cores[1]) == exit_status.DONE
    assert view.status(found.gathered) == exit_status.PARTLY


def test_a_node_without_frameworks_is_told_and_of_a_kind_with_a_lost_node_another_is_measured(
    local: trial.Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.renew()
    local.kill("alone")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", os.environ["PATH"].partition(os.pathsep)[2])
        local.renew()
    arms = [Arm("a", "null", python=PYTHON), Arm("b", "null", python=PYTHON)]
    planned = node.plan(trial.PROBES, arms=arms, budget=trial.BUDGET)
    found = trial.attempt(local, Kill("spare", "measuring", 0.3), planned=planned)
    local.kill("alone")

    by_cores = {session.machine["cores"]: session for session in found.sessions}
    assert {probe.status for probe in by_cores[2].probes} == {Status.NOT_INSTALLED}
    assert PYTHON in by_cores[2].probes[0].reason
    assert outcome.status(by_cores[1]) == exit_status.DONE
    assert found.killed == [True]
    assert found.gathered is not None
    assert view.status(found.gathered) == exit_status.PARTLY


def sent(number: signal.Signals, local: trial.Local) -> str:
    """Send a signal to a run as soon as a probe is finished; return what it prints after that."""
    local.renew()
    command = [sys.executable, "-c", INTERRUPTED, local.address]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "done\n"
    process.send_signal(number)
    return process.communicate(timeout=60)[0]


def test_ctrl_c_keeps_the_probes_that_are_finished_and_leaves_no_process(local: trial.Local) -> None:
    *_, last = sent(signal.SIGINT, local).splitlines()

    found: Mapping[str, Any] = json.loads(last)
    ended = [probe["status"] for session in found["set"]["evidence"] for probe in session["probes"]]
    assert found["interrupted"]
    assert ended.count("ok") >= 1
    assert set(ended) <= {"ok", "cancelled"}
    psutil.wait_procs(workers(), timeout=10)
    assert not workers()
    assert not unfinished.left()


def test_what_is_finished_outlives_a_killed_command_which_leaves_no_process(local: trial.Local) -> None:
    sent(signal.SIGKILL, local)

    psutil.wait_procs(workers(), timeout=10)
    assert not workers()
    time.sleep(held.YOUNG)
    left = unfinished.left()
    assert sum(session.probes for session in left) >= 1
    for session in left:
        session.remove()


def test_what_has_arrived_is_kept_when_the_head_is_lost(local: trial.Local) -> None:
    local.renew()
    run = trial.Trial(())
    cores: dict[int, int] = {}

    def show(event: Mapping[str, Any]) -> None:
        if event["event"] == "kind":
            cores[event["kind"]] = event["machine"]["cores"]
        run.note(event, cores=cores.get(event.get("kind", -1)))
        if event.get("news", {}).get("event") == "done" and run.finished == 1:
            local.kill("head")

    found = run.gathered = gathering.gather(trial.plan(), address=local.address, progress=show)

    assert run.kept == run.finished >= 1
    assert len(found.found.sessions) + len(found.found.not_measured) == 2
    # A kind may still have ended well: its node speaks with the driver, not with the head.
    assert view.status(found) == (exit_status.INTERRUPTED if found.interrupted else exit_status.DONE)
