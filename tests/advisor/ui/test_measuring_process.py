"""A measuring session of the app runs beside it, says how far it is, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from advisor.ui import measuring_process
from probes.types import Evidence, Status

pytestmark = pytest.mark.measures

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def run() -> Iterator[measuring_process.Run]:
    started = measuring_process.start(["training-mlp-eager"], budget=30)
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
    run = measuring_process.start(["no-such-probe"], budget=None)

    assert until(lambda: not run.running)
    assert run.evidence() is None
    assert "no-such-probe" in run.problem()


@pytest.mark.frameworks
def test_it_reports_while_it_runs_and_a_cancelled_run_leaves_no_process(run: measuring_process.Run) -> None:
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
def test_a_page_that_looks_no_more_ends_the_run(run: measuring_process.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert until(lambda: bool(run.look()))
    processes = family(run.pid)

    monkeypatch.setattr(measuring_process, "HEARTBEAT_LIMIT", 0.5)

    assert until(lambda: gone(processes))
    assert run.cancelled


@pytest.mark.frameworks
def test_a_run_whose_page_is_loaded_anew_goes_on_and_keeps_what_it_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring_process, "REFRESH", 5.0)
    kept: list[Evidence] = []
    run = measuring_process.start(["inference-mlp-eager"], budget=1, keep=kept.append)
    try:
        assert measuring_process.busy()
        run.leave()
        assert measuring_process.left_behind() is run
        run.look()
        assert measuring_process.left_behind() is None
        assert until(run.ended.is_set)
        assert not run.cancelled
        assert [session.finished for session in kept] == [run.evidence().finished]
    finally:
        run.end()


@pytest.mark.frameworks
def test_the_frameworks_that_the_page_plans_are_those_that_run() -> None:
    run = measuring_process.start(["training-mlp-eager"], budget=1, frameworks=("null", "pytorch"))
    try:
        assert until(run.ended.is_set)
        assert set(run.evidence().environments) == {"null", "pytorch"}
    finally:
        run.end()


@pytest.mark.frameworks
def test_a_run_that_nobody_looks_at_again_ends_and_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring_process, "REFRESH", 0.5)
    kept: list[Evidence] = []
    run = measuring_process.start(["training-mlp-eager"], budget=30, keep=kept.append)
    try:
        assert until(lambda: bool(run.look()))
        run.leave()
        assert until(run.ended.is_set)
        assert run.cancelled
        assert len(kept) == 1
    finally:
        run.end()


def test_the_self_test_reports_pair_by_pair_and_keeps_its_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path))
    run = measuring_process.selftest(quick=True)
    try:
        assert until(lambda: "same framework in both arms" in run.problem())
        run.cancel()
        assert until(run.ended.is_set)
        assert not measuring_process.busy()
    finally:
        run.end()
    assert not list(tmp_path.glob("selftest*")), "a test cut short leaves no calibration"


@pytest.mark.frameworks
@pytest.mark.parametrize("way", ["terminate", "kill"])
def test_when_the_app_ends_the_measurement_ends_and_leaves_no_folder(way: str, tmp_path: Path) -> None:
    app = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time, signal\n"
            "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
            "from advisor.ui import measuring_process\n"
            "run = measuring_process.start(['training-mlp-eager'], budget=30)\n"
            "print(run.pid, flush=True)\n"
            "time.sleep(600)\n",
        ],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert app.stdout is not None
    pid = int(app.stdout.readline())
    assert until(lambda: len(family(pid)) > 1)
    processes = family(pid)

    getattr(app, way)()
    app.wait()

    began = time.monotonic()
    assert until(lambda: gone(processes))
    print(f"gone {time.monotonic() - began:.1f} s after the app")
    assert not list(tmp_path.iterdir())


@pytest.mark.frameworks
def test_routes_are_measured_in_a_process_of_their_own_and_what_came_of_each_is_kept() -> None:
    kept: list[Evidence] = []
    run = measuring_process.start_routes([], targets={"artifact_mb": 1.0}, budget=1.0, keep=kept.append)
    try:
        assert until(run.ended.is_set)
    finally:
        run.end()

    # A second is too short for all but the frameworks' own inference, which is always taken along.
    assert [event["event"] for event in run.events][:1] == ["plan"]
    (session,) = kept
    assert session.routes is not None
    assert session.routes.targets == {"artifact_mb": 1.0}
    others = {row.status for row in session.routes.rows if row.route != "own"}
    assert others <= {Status.SKIPPED, Status.NOT_INSTALLED}
