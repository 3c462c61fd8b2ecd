"""Ctrl-C, SIGTERM and a closed terminal mean the same: the end in order, with what is finished."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from advisor.curation.forked import PROBES, control
from probes.evidence.documents import read_evidence
from probes.system import signals
from probes.types import Status

ROOT = Path(__file__).resolve().parents[3]


def start(target: Path, **streams: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "FRAMEWORK_ADVISOR_HOME": str(target.parent / "home"), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", control(), "probe", "run", *PROBES, "--jsonl", "-o", str(target)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **streams,
    )


def until_done(process: subprocess.Popen[str], probe: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "done" and event["probe"] == probe:
            return
    raise AssertionError("the session ended before")


@pytest.mark.frameworks
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_keeps_what_is_finished_and_ends_with_130(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path / "e.json", stderr=subprocess.PIPE)
    until_done(process, PROBES[0])
    process.send_signal(number)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Traceback" not in said
    statuses = {m.probe: m.status for m in read_evidence(tmp_path / "e.json").probes}
    assert statuses[PROBES[0]] is Status.OK
    assert not list((tmp_path / "home" / "unfinished").glob("*"))


@pytest.mark.frameworks
def test_a_terminal_that_is_closed_loses_nothing(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = start(tmp_path / "e.json", stderr=theirs)
    os.close(theirs)
    until_done(process, PROBES[0])
    os.close(ours)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)

    assert process.returncode == 130
    assert read_evidence(tmp_path / "e.json").probes[0].status is Status.OK


@pytest.mark.frameworks
def test_what_a_killed_session_had_finished_is_kept_at_the_next_start(tmp_path: Path) -> None:
    process = start(tmp_path / "e.json", stderr=subprocess.DEVNULL)
    until_done(process, PROBES[0])
    process.kill()
    process.communicate()
    time.sleep(2.5)  # what was only just made is left alone
    again = start(tmp_path / "again.json", stderr=subprocess.PIPE)
    assert again.stdout is not None
    again.stdout.readline()
    again.terminate()
    _, said = again.communicate(timeout=60)

    assert "killed before its end" in said
    assert not list((tmp_path / "home" / "unfinished").glob("*"))


def test_the_first_signal_is_noted_and_the_second_ends() -> None:
    with signals.deferred():
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.received()
        with pytest.raises(signals.Ended):
            os.kill(os.getpid(), signal.SIGTERM)


def test_outside_of_measuring_a_signal_ends_at_once() -> None:
    with signals.handled(), pytest.raises(signals.Ended):
        os.kill(os.getpid(), signal.SIGTERM)


def test_what_a_shell_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.handled():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert not signals.received()


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in signals.NUMBERS]
    with signals.handled(), signals.deferred():
        assert [signal.getsignal(number) for number in signals.NUMBERS] != before
    assert [signal.getsignal(number) for number in signals.NUMBERS] == before


@pytest.mark.parametrize("module", ["advisor", "probes"])
def test_ctrl_c_while_a_program_imports_or_ends_shows_no_traceback(tmp_path: Path, module: str) -> None:
    """The first module that it imports, and what Python does at the very end, send it the signal."""
    sitting = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
    ending = "import atexit, os, signal\natexit.register(os.kill, os.getpid(), signal.SIGINT)\n"
    for name, text in (("click.py", sitting), ("sitecustomize.py", ending)):
        folder = tmp_path / name.partition(".")[0]
        folder.mkdir()
        (folder / name).write_text(text)
        ran = subprocess.run(
            [sys.executable, "-m", module, "--help"],
            env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
            capture_output=True,
            text=True,
        )
        assert ran.returncode == -signal.SIGINT
        assert ran.stderr == ""
