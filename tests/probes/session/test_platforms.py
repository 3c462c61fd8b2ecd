"""Windows, macOS and small systems, by hiding what only Linux or POSIX has. Nothing here was run on them."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from advisor.ui import measuring_process
from probes.session import runner, worker_client
from probes.session.arms import Arm
from probes.session.worker_client import Client, Lost, lodging
from probes.system import machine, process_readings
from probes.types import Status
from tests.probes.arms import measure, probe

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The manager takes its Windows ways: standard streams as the channel, no process groups."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "pwd", None)
    for name in ("killpg", "getuid", "geteuid"):
        monkeypatch.delattr(os, name)


# ---------------------------------------------------------------- workers


@pytest.mark.measures
@pytest.mark.usefixtures("windows")
def test_a_session_runs_over_the_standard_streams() -> None:
    found = measure(second={"fault": "garbage", "at": "step"}, probes=[probe("one"), probe("two")], budget=None)

    assert [m.status for m in found.probes] == [Status.OK, Status.OK]


@pytest.mark.frameworks
@pytest.mark.usefixtures("windows")
def test_without_process_groups_the_children_of_a_worker_are_ended_too(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    plant = {"fault": "spawn-hang", "at": "step", "after": 5, "note": str(note)}
    (measurement,) = measure(second=plant, probes=[probe(seconds=0.2)], patience=1.5).probes

    assert measurement.status is Status.TIMED_OUT
    for pid in map(int, note.read_text().split()):
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.usefixtures("windows")
def test_a_program_that_does_not_start_is_named_there_too() -> None:
    arms = (Arm("a", "null"), Arm("b", "null", "/nowhere/python.exe"))
    (measurement,) = runner.measure([probe()], arms=arms).probes

    assert measurement.status is Status.NOT_INSTALLED


@pytest.mark.parametrize(
    ("code", "name"),
    [(0xC000001D, "SIGILL"), (0xC0000005, "SIGSEGV"), (-11, "SIGSEGV"), (-99, "signal 99"), (3, ""), (0, "")],
)
def test_an_exit_status_tells_what_ended_a_process(code: int, name: str) -> None:
    assert worker_client._signal(code) == name


def test_a_status_of_windows_is_explained_as_a_signal_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(Arm("a", "null"), settings="default", scratch=str(tmp_path))
    client.end()
    monkeypatch.setattr(client._process, "returncode", 0xC000001D)

    with pytest.raises(Lost, match="this build needs instructions that this CPU does not have"):
        client.ask("hello", timeout=5)


ORPHAN = """
import ctypes, sys, time
from types import SimpleNamespace
from probes.worker import manager as worker

asked = []
kernel = SimpleNamespace(
    OpenProcess=lambda rights, inherit, pid: asked.append(pid) or {handle},
    WaitForSingleObject=lambda handle, milliseconds: print(asked, flush=True),
)
ctypes.windll = SimpleNamespace(kernel32=kernel)
sys.platform = "{platform}"
worker.die_with_manager(4711)
time.sleep({seconds})
"""


def orphan(platform: str, *, handle: int = 1, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
    code = ORPHAN.format(platform=platform, handle=handle, seconds=seconds)
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=50)


def test_a_worker_of_windows_waits_for_the_manager_by_its_number_and_ends_with_it() -> None:
    ended = orphan("win32")

    assert ended.returncode == 1, ended.stderr
    assert ended.stdout == "[4711]\n"


def test_a_manager_that_may_not_be_waited_for_ends_nobody() -> None:
    ended = orphan("win32", handle=0, seconds=0.2)

    assert ended.returncode == 0, ended.stderr


MANAGER = """
import subprocess, sys
code = '''
import sys, time
sys.platform = "darwin"
from probes.worker import manager as worker
sleep = time.sleep
time.sleep = lambda seconds: sleep(seconds if seconds > 2 else 0.1)  # it looks more often, to keep nobody waiting
worker.die_with_manager(0)
print("it watches", flush=True)
time.sleep(60)
'''
child = subprocess.Popen([sys.executable, "-c", code])
print(child.pid, flush=True)
child.wait()
"""


def test_a_worker_of_macos_ends_when_its_parent_is_gone() -> None:
    manager = subprocess.Popen([sys.executable, "-c", MANAGER], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert manager.stdout is not None
    child = psutil.Process(int(manager.stdout.readline()))
    assert manager.stdout.readline() == "it watches\n"
    manager.kill()
    manager.wait()
    manager.stdout.close()

    child.wait(timeout=20)
    assert not child.is_running()


def test_a_user_without_a_number_has_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(sys.modules, "pwd", None)
    monkeypatch.delattr(os, "getuid")

    assert lodging(str(tmp_path))["USER"] == "user"


@pytest.mark.parametrize("name", ["PROCESSOR_ARCHITECTURE", "USERNAME", "SYSTEMROOT", "INCLUDE", "LIB"])
def test_what_windows_itself_needs_reaches_a_worker(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "there")

    assert worker_client.environment(sys.executable, settings="default")[name] == "there"


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_glibcs_settings_are_not_given_to_another_allocator(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)

    assert not [
        name for name in worker_client.environment(sys.executable, settings="tuned") if name.startswith("MALLOC_")
    ]


# ---------------------------------------------------------------- readings


@pytest.fixture
def no_proc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No /proc, no /sys, and none of the calls that POSIX alone has."""
    real, listed = Path.read_text, os.listdir

    def read_text(self: Path, *arguments: Any, **options: Any) -> str:
        if str(self).startswith(("/proc", "/sys")):
            raise FileNotFoundError(str(self))
        return real(self, *arguments, **options)

    def listdir(path: Any = ".") -> list[str]:
        if str(path).startswith(("/proc", "/sys")):
            raise FileNotFoundError(str(path))
        found: list[str] = listed(path)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", read_text)
        patch.setattr(os, "listdir", listdir)
        for name in ("sched_getaffinity", "sysconf", "getloadavg"):
            patch.delattr(os, name)
        yield


@pytest.mark.usefixtures("no_proc")
def test_readings_that_a_system_does_not_give_are_none() -> None:
    said = machine.system_noise()

    assert {name for name, value in said.items() if value is not None} <= {"clock", "wall", "battery"}
    assert process_readings.Waits().read() == []
    assert process_readings.allocator() is None
    assert process_readings.resident_memory() is None
    assert process_readings.quota() is None
    assert process_readings.held_back() is None


@pytest.mark.usefixtures("no_proc")
def test_the_cores_are_those_of_the_machine_where_affinity_is_not_told() -> None:
    assert process_readings.cores() == os.cpu_count()


@pytest.mark.measures
@pytest.mark.usefixtures("no_proc")
def test_a_session_needs_no_readings() -> None:
    (measurement,) = measure().probes

    assert measurement.status is Status.OK


@pytest.mark.usefixtures("no_proc")
def test_a_machine_is_described_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    found = machine.fingerprint()

    assert found["cpu"]
    assert found["cores"] >= 1
    assert json.dumps(found)


def test_macos_names_its_processor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sysctl = tmp_path / "sysctl"
    sysctl.write_text('#!/bin/sh\n[ "$*" = "-n machdep.cpu.brand_string" ] && echo Apple M2\n')
    sysctl.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine, "_read", lambda path: "")
    monkeypatch.setattr(sys, "platform", "darwin")

    assert machine._cpu_model() == "Apple M2"


@pytest.mark.usefixtures("no_proc")
def test_a_processor_without_a_name_is_named_by_its_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "darwin")

    assert machine._cpu_model() == (machine.platform.processor() or machine.platform.machine())


@pytest.mark.parametrize(("platform", "unit"), [("darwin", 1), ("freebsd14", 1024)])
def test_the_peak_of_memory_is_in_bytes_wherever_it_is_told(
    monkeypatch: pytest.MonkeyPatch, platform: str, unit: int
) -> None:
    import resource

    monkeypatch.setattr(resource, "getrusage", lambda who: SimpleNamespace(ru_maxrss=5000))
    monkeypatch.setattr(sys, "platform", platform)

    assert process_readings.peak_memory() == 5000 * unit


@pytest.mark.parametrize(("answer", "peak"), [(1, 123456789), (0, None)])
def test_windows_tells_the_peak_of_a_process(monkeypatch: pytest.MonkeyPatch, answer: int, peak: int | None) -> None:
    asked: list[Any] = []

    def tell(handle: Any, counters: Any, size: int) -> int:
        asked.append(handle.value)
        counters._obj.PeakWorkingSetSize = 123456789
        return answer

    library = SimpleNamespace(
        kernel32=SimpleNamespace(GetCurrentProcess=lambda: -1), psapi=SimpleNamespace(GetProcessMemoryInfo=tell)
    )
    monkeypatch.setattr(ctypes, "windll", library, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")

    assert process_readings.peak_memory() == peak
    assert asked == [(1 << 8 * ctypes.sizeof(ctypes.c_void_p)) - 1]  # -1, as wide as a pointer


def test_a_machine_that_has_no_battery_or_does_not_tell_is_not_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil, "sensors_battery", raising=False)

    assert machine.on_battery() is None


# ---------------------------------------------------------------- ending in order

ENDING = """
import signal, sys
signal.SIGBREAK = signal.SIGUSR1
from probes.__main__ import main
main(sys.argv[1:])
"""


@pytest.mark.measures
def test_ctrl_break_ends_a_run_in_order_where_there_is_no_sigterm(tmp_path: Path) -> None:
    import signal

    from probes.evidence.documents import read_evidence

    own = tmp_path / "own.py"
    own.write_text("from probes.workloads.control import SIZES, data, null, weights\npytorch = null\n")
    path = tmp_path / "e.json"
    command = [sys.executable, "-c", ENDING, "run", "training-mlp-eager", "--jsonl", "--workload", str(own)]
    command += ["--framework", "null", "--framework", "pytorch", "-o", str(path)]
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    for line in run.stdout:
        if json.loads(line)["event"] == "start":
            run.send_signal(signal.SIGUSR1)
            break
    run.communicate(timeout=60)

    assert run.returncode == 130
    assert {m.status for m in read_evidence(path).probes} == {Status.CANCELLED}


@pytest.mark.measures
def test_the_app_asks_for_the_end_by_ctrl_break_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    monkeypatch.setattr(signal, "CTRL_BREAK_EVENT", signal.SIGUSR2, raising=False)
    run = measuring_process.start(["training-mlp-eager"], budget=30)
    try:
        run.cancel()
        run.ended.wait(60)
        assert run.status == -signal.SIGUSR2
    finally:
        run.end()


GONE = """
import errno, sys
import advisor.cli
import advisor.cli.output

class Closed:
    encoding = "utf-8"
    def write(self, text): raise OSError(errno.EINVAL, "Invalid argument")
    def flush(self): pass
    def fileno(self): return 1
    def isatty(self): return False

sys.platform = "{platform}"
advisor.cli.cli.main = lambda **options: Closed().write("")
advisor.cli.main(["knowledge", "check"])
"""


@pytest.mark.parametrize(("platform", "status"), [("win32", 0), ("linux", 2)])
def test_a_pipe_that_nobody_reads_is_no_fault_on_windows_either(platform: str, status: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", GONE.format(platform=platform)], cwd=ROOT, capture_output=True, text=True
    )

    assert ran.returncode == status, ran.stderr
    assert "Traceback" not in ran.stderr
