"""What a worker can do wrong costs its probe alone, with the reason. Every worker here is a real process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from probes.session import runner
from probes.session.arms import Arm
from probes.session.worker_client import Client, Lost
from probes.types import Status
from probes.user_model import reading
from tests.probes.arms import measure, probe

pytestmark = pytest.mark.measures

ROOT = Path(__file__).resolve().parents[3]


def stepping(fault, **plant):
    """Plant a fault that one of two workers commits in a step; return the measurement."""
    (measurement,) = measure(second={"fault": fault, "at": "step", **plant}).probes
    return measurement


def test_a_crash_in_a_step_is_named():
    one = stepping("segv", after=20)
    assert one.status is Status.FAILED
    assert "SIGSEGV" in one.reason
    assert one.reason.startswith("b ")


def test_a_crash_leaves_the_next_probe_its_workers(tmp_path):
    # The fault comes back with every fresh worker of that arm, so the second probe uses what has no step to crash in.
    plant = {"fault": "segv", "at": "step", "after": 20}
    found = measure(second=plant, probes=[probe("one"), probe("two", scenario="inference")], budget=3.0)
    assert [m.status for m in found.probes] == [Status.FAILED, Status.OK]


def test_a_crash_at_import_is_a_failure():
    (measurement,) = measure(second={"fault": "segv", "at": "import"}).probes
    assert measurement.status is Status.FAILED
    assert "SIGSEGV" in measurement.reason
    assert "hello" in measurement.reason


def test_a_crash_at_exit_changes_nothing():
    (measurement,) = measure(second={"fault": "segv", "at": "exit"}).probes
    assert measurement.status is Status.OK


def test_a_missing_framework_says_what_adds_it():
    found = measure(second={"fault": "absent", "at": "import"}, probes=[probe("one"), probe("two")])
    assert {m.status for m in found.probes} == {Status.NOT_INSTALLED}
    assert "pip install" in found.probes[1].reason


def test_an_interpreter_that_is_not_there_is_not_installed():
    arms = (Arm("a", "null"), Arm("b", "null", "/nowhere/bin/python"))
    (measurement,) = runner.measure([probe()], arms=arms).probes
    assert measurement.status is Status.NOT_INSTALLED
    assert "--python null=PATH" in measurement.reason


def test_an_interpreter_that_is_none_fails():
    arms = (Arm("a", "null"), Arm("b", "null", "/bin/true"))
    (measurement,) = runner.measure([probe()], arms=arms).probes
    assert measurement.status is Status.FAILED


def test_an_import_that_fails_says_why():
    (measurement,) = measure(second={"fault": "import-error", "at": "import"}).probes
    assert measurement.status is Status.FAILED
    assert "libplanted.so" in measurement.reason


def test_an_unknown_framework_names_the_folder():
    (measurement,) = runner.measure([probe()], arms=(Arm("a", "null"), Arm("b", "nul"))).probes
    assert measurement.status is Status.NOT_SUPPORTED
    assert "probes/backends" in measurement.reason


def test_an_exception_in_a_step_leaves_the_worker_alive():
    starts = []
    found = measure(
        second={"fault": "raise", "at": "step", "message": "planted trouble"},
        probes=[probe("one"), probe("two", scenario="inference")],
        progress=lambda event: starts.append(event["text"]) if event["event"] == "note" else None,
        budget=3.0,
    )
    assert [m.status for m in found.probes] == [Status.FAILED, Status.OK]
    assert "RuntimeError: planted trouble" in found.probes[0].reason
    assert len([text for text in starts if "ready" in text]) == 2


def test_running_out_of_memory_is_a_failure():
    one = stepping("oom", bytes=1 << 30)
    assert one.status is Status.FAILED
    assert "memory" in one.reason.lower()


def test_a_hang_is_timed_out_and_its_children_ended(tmp_path):
    note = tmp_path / "pids"
    began = time.monotonic()
    (measurement,) = measure(
        second={"fault": "spawn-hang", "at": "step", "after": 5, "note": str(note)},
        probes=[probe(seconds=0.2)],
        patience=1.5,
    ).probes
    assert measurement.status is Status.TIMED_OUT
    assert "ended" in measurement.reason
    assert time.monotonic() - began < 30
    for pid in map(int, note.read_text().split()):
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_hang_at_import_is_timed_out():
    (measurement,) = measure(second={"fault": "hang", "at": "import"}, patience=1.0).probes
    assert measurement.status is Status.TIMED_OUT


def test_a_worker_that_reads_nothing_is_timed_out_however_long_the_request(tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    python.chmod(0o755)
    client = Client(Arm("a", "null", str(python)), settings="default", scratch=str(tmp_path))
    with pytest.raises(Lost) as lost:
        client.ask("hello", timeout=0.5, text="x" * (1 << 20))  # no pipe takes as much
    assert lost.value.status is Status.TIMED_OUT
    with pytest.raises(Lost):
        client.ask("hello", timeout=0.5)


def test_a_machine_that_is_short_of_descriptors_is_not_called_a_missing_framework(tmp_path):
    script = (
        "import resource, sys\n"
        "from probes.session.arms import Arm\n"
        "from probes.session.worker_client import Client, Lost\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]), 64))\n"
        "try:\n"
        "    Client(Arm('a', 'null'), settings='default', scratch=sys.argv[1])\n"
        "except Lost as lost:\n"
        "    print(lost.status.value, lost)\n"
    )
    for most in (3, 5, 7):
        asked = [sys.executable, "-c", script, str(tmp_path), str(most)]
        ran = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT)
        assert ran.stdout.startswith("failed cannot start"), ran.stderr
        assert "Too many open files" in ran.stdout


def test_garbage_on_the_standard_streams_changes_nothing():
    assert stepping("garbage").status is Status.OK


def test_a_second_answer_is_a_failure():
    one = stepping("twice", after=5)
    assert one.status is Status.FAILED
    assert "answer" in one.reason


def test_a_truncated_answer_is_a_failure():
    one = stepping("truncated", after=5)
    assert one.status is Status.FAILED
    assert "truncated" in one.reason


def test_a_late_answer_is_waited_for_within_the_patience():
    (measurement,) = measure(second={"fault": "slow-once", "at": "import", "seconds": 0.5}).probes
    assert measurement.status is Status.OK


def test_a_clock_that_jumps_ahead_spoils_no_verdict():
    (measurement,) = measure(second={"fault": "clock", "at": "step", "after": 3000, "seconds": 1000.0}).probes
    assert measurement.status is Status.OK
    assert max(measurement.samples["b"]) < 1.0


@contextlib.contextmanager
def crowded():
    """Put this process, its workers and three busy loops on one core, so that somebody always has to wait."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()
        os.sched_setaffinity(0, allowed)


def test_another_load_lowers_the_grade_and_no_winner_is_named():
    with crowded():
        found = measure(budget=4.0)
    (measurement,) = found.probes
    assert measurement.status is Status.OK
    assert measurement.ratio.favours in ("equivalent", "inconclusive")
    assert found.grade in "BCD"


def test_disturbed_pairs_of_several_threads_are_kept_and_never_name_the_slower_side():
    with crowded():
        (measurement,) = measure(second={"slowdown": 3.0}, threads="2", budget=3.0).probes
    assert measurement.status is Status.OK
    assert measurement.ratio.favours in ("a", "inconclusive")
    assert measurement.facts["disturbed"]["pairs"] > 0
    assert measurement.facts["disturbed"]["of"] == measurement.ratio.pairs


def test_a_broken_own_workload_says_where(tmp_path):
    path = Path(tmp_path) / "own.py"
    path.write_text("def weights(size, seed):\n    return {}\ndef null(build):\n    return build.nothing\n")
    (measurement,) = measure(workload_file=reading.read(str(path))).probes
    assert measurement.status is Status.FAILED
    assert "nothing" in measurement.reason


@pytest.mark.parametrize("scenario", ["training_step", "inference"])
def test_faults_leave_nothing_behind(scenario):
    measure(second={"fault": "raise", "at": "step"}, probes=[probe(scenario=scenario)])
    assert not [p for p in psutil.Process().children(recursive=True) if "probes.worker" in " ".join(p.cmdline())]
