"""A measuring session of the app runs beside it, says how far it is, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from advisor.ui import running

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def run() -> Iterator[running.Run]:
    started = running.start(["training-mlp-eager"], budget=30)
    yield started
    started.end()


def family(pid: int) -> list[psutil.Process]:
    try:
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def gone(processes: list[psutil.Process]) -> bool:
    return not [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def test_an_unknown_probe_ends_with_its_reason() -> None:
    run = running.start(["no-such-probe"], budget=None)

    assert until(lambda: not run.running)
    assert run.evidence() is None
    assert "no-such-probe" in run.problem()


@pytest.mark.frameworks
def test_it_reports_while_it_runs_and_a_cancelled_run_leaves_no_process(run: running.Run) -> None:
    assert until(lambda: bool(run.look()))
    assert until(lambda: len(family(run.pid)) > 1)
    processes = family(run.pid)

    run.cancel()

    assert until(lambda: gone(processes))
    assert until(lambda: not run.running)
    session = run.evidence()
    assert session is not None
    assert {found.status.value for found in session.probes} <= {"cancelled", "ok"}


@pytest.mark.frameworks
def test_a_page_that_looks_no_more_ends_the_run(run: running.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert until(lambda: bool(run.look()))
    processes = family(run.pid)

    monkeypatch.setattr(running, "HEARTBEAT_LIMIT", 0.5)

    assert until(lambda: gone(processes))
    assert run.cancelled


@pytest.mark.frameworks
@pytest.mark.parametrize("way", ["terminate", "kill"])
def test_when_the_app_ends_the_measurement_ends(way: str) -> None:
    app = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time, signal\n"
            "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
            "from advisor.ui import running\n"
            "run = running.start(['training-mlp-eager'], budget=30)\n"
            "print(run.pid, flush=True)\n"
            "time.sleep(600)\n",
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert app.stdout is not None
    pid = int(app.stdout.readline())
    assert until(lambda: len(family(pid)) > 1)
    processes = family(pid)

    getattr(app, way)()
    app.wait()

    assert until(lambda: gone(processes))
