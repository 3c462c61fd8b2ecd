"""An environment is there whole or not at all, and what kept it from being there is told with the way out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from probes import reasons
from probes.environments import ENVIRONMENTS, folders, installing, locks
from probes.types import Reason
from tests.probes.environments import stand_in

NAME = stand_in.NAME
ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for npm is a shell script")


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    yield stand_in.install(monkeypatch, tmp_path)
    locks.of.cache_clear()


def lying(home: Path) -> list[str]:
    """Return what lies where environments lie, but for the locks that keep two processes apart."""
    place = home / "environments"
    return sorted(path.name for path in place.iterdir() if path.suffix != ".lock") if place.exists() else []


def refused(name: str = NAME) -> Reason:
    with pytest.raises(installing.Failed) as failed:
        installing.add(name)
    return failed.value.reason


def test_an_environment_is_installed_whole_with_every_step_told(home: Path) -> None:
    told: list[str] = []

    made = installing.add(NAME, progress=lambda reason: told.append(reason.code))

    assert told == ["env-begin", "env-npm", "env-check", "env-done"]
    assert folders.installed(NAME) == made
    assert (made.folder / "node_modules" / "small").is_dir()
    assert made.python == "20.1.0"
    assert made.is_current(NAME)
    assert not (made.folder / "tmp").exists()


def test_what_is_there_is_not_installed_again(home: Path) -> None:
    first = installing.add(NAME)
    told: list[str] = []

    again = installing.add(NAME, progress=lambda reason: told.append(reason.code))

    assert again == first
    assert told == ["env-there"]


def test_a_changed_lock_replaces_what_was_installed(home: Path) -> None:
    first = installing.add(NAME)
    (file,) = locks.files(NAME)
    file.write_text(file.read_text().replace("1.0.0", "1.0.1"))
    locks.of.cache_clear()
    assert not first.is_current(NAME)

    second = installing.add(NAME)

    assert second.folder != first.folder
    assert second.folder.exists()
    assert not first.folder.exists()


def test_a_replacement_that_fails_leaves_the_earlier_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = installing.add(NAME)
    (file,) = locks.files(NAME)
    file.write_text(file.read_text().replace("1.0.0", "1.0.1"))
    locks.of.cache_clear()
    monkeypatch.setenv("STAND_IN", "odd")

    refused()

    assert folders.installed(NAME) == first


def test_a_new_day_in_the_head_makes_nothing_old(home: Path) -> None:
    made = installing.add(NAME)
    head = locks.FOLDER / NAME / locks.HEAD_FILE
    head.write_text(head.read_text().replace("2026-11-28", "2027-01-01"))
    locks.of.cache_clear()

    assert made.is_current(NAME)


@pytest.mark.parametrize(
    ("failure", "code", "says"),
    [
        ("offline", "env-no-network", "packages.example does not answer"),
        ("full", "env-no-room", "MB free"),
        ("odd", "env-failed", "the moon is in the wrong house"),
        ("lacking", "env-not-importable", "small"),
    ],
)
def test_what_fails_leaves_nothing_and_says_the_way_out(
    home: Path, monkeypatch: pytest.MonkeyPatch, failure: str, code: str, says: str
) -> None:
    monkeypatch.setenv("STAND_IN", failure)

    reason = refused()

    assert reason.code == code
    assert says in reasons.text(reason)
    assert reasons.text(reason, "zh") != reasons.text(reason)
    assert lying(home) == []
    assert folders.installed(NAME) is None


def test_too_little_room_is_told_before_anything_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = stand_in.install(monkeypatch, tmp_path, disk_mb=1e12)

    reason = refused()

    assert reason.code == "env-no-room"
    assert "FRAMEWORK_ADVISOR_HOME" in reasons.text(reason)
    assert not (tmp_path / "home" / "npm-ran").exists()
    assert lying(home) == []


def test_a_home_that_is_a_file_is_told(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "file"))

    assert refused().code == "env-unwritable"


def test_without_npm_the_way_to_it_is_told(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "none"))

    assert refused().code == "env-no-node"
    assert lying(home) == []


def test_two_do_not_install_at_once(home: Path) -> None:
    (home / "environments").mkdir()
    with FileLock(home / "environments" / f"{NAME}.lock"):
        assert refused().code == "env-busy"


def test_another_system_is_told_how_to_do_it_by_hand(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "here", lambda: "beos-ppc")

    reason = refused()

    assert reason.code == "env-system"
    assert "npm install --ignore-scripts small" in reasons.text(reason)


SLOW = """
import sys
from pathlib import Path
import pytest
from tests.probes.environments import stand_in
stand_in.install(pytest.MonkeyPatch(), Path(sys.argv[1]))
from advisor.cli import main
main(["routes", "add", "small"])
"""


def begun(tmp_path: Path) -> subprocess.Popen[str]:
    """Start an installation in a process of its own and return once npm is at it."""
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "STAND_IN": "slow", "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "npm packages" in line:
            break
    while not list((tmp_path / "home").rglob("half")):
        assert process.poll() is None
    return process


def test_ctrl_c_undoes_what_was_installed(tmp_path: Path) -> None:
    process = begun(tmp_path)

    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "removing what was installed of small so far" in said
    assert lying(tmp_path / "home") == []


def test_what_a_killed_process_left_counts_as_nothing_and_goes_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = begun(tmp_path / "child")
    process.kill()
    process.communicate(timeout=60)
    (left,) = (tmp_path / "child" / "home" / "environments" / NAME).iterdir()
    stand_in.install(monkeypatch, tmp_path)
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "child" / "home"))
    assert folders.installed(NAME) is None
    assert folders.half(NAME)

    made = installing.add(NAME)

    assert not left.exists()
    assert folders.installed(NAME) == made
    locks.of.cache_clear()


def test_removing_takes_everything_away_and_says_how_much(home: Path) -> None:
    made = installing.add(NAME)

    assert installing.remove(NAME) >= made.bytes
    assert lying(home) == []
    assert installing.remove(NAME) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"folder": "elsewhere"},
        {"bytes": "many"},
        {"lock": None, "folder": None},
    ],
)
def test_a_marker_that_speaks_of_nothing_whole_counts_for_nothing(home: Path, change: dict[str, object]) -> None:
    installing.add(NAME)
    marker = home / "environments" / NAME / folders.MARKER
    marker.write_text(json.dumps({**json.loads(marker.read_text()), **change}))

    assert folders.installed(NAME) is None
    assert folders.half(NAME)


def test_a_python_that_does_not_fit_is_refused_with_those_that_were_found(own_home: Path, tmp_path: Path) -> None:
    old = tmp_path / "python2"
    old.write_text("#!/bin/sh\necho 2.7.18\n")
    old.chmod(0o755)

    with pytest.raises(installing.Failed) as failed:
        installing.add("executorch", python=str(old))

    assert failed.value.reason.code in {"env-python", "env-system"}
    assert lying(own_home) == []


SAID = {
    "env-no-network": "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError("
    "\"HTTPSConnection(host='packages.example', port=443): Failed to establish a new connection\")'\n"
    "ERROR: No matching distribution found for numpy==2.4.6",
    "env-no-package": "ERROR: Could not find a version that satisfies the requirement numpy==9.9 (from versions: 1.0)\n"
    "ERROR: No matching distribution found for numpy==9.9",
    "env-no-room": "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
    "env-failed": "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
}
"""What pip prints (its own source, 23 to 26) -> what that means."""


@pytest.mark.parametrize("code", SAID)
def test_pips_words_are_understood(own_home: Path, code: str) -> None:
    reason = installing.explained("executorch", SAID[code], "pip")

    assert reason.code == code
    assert reasons.text(reason)


@pytest.mark.parametrize(
    ("proxy", "index", "said"),
    [
        ("http://me:secret@127.0.0.1:9/", "", "for HTTPS_PROXY 127.0.0.1:9 does not answer"),
        ("", "https://me:secret@packages.example/simple", "for packages.example does not answer"),
        ("", "", "for pypi.org does not answer"),
    ],
)
def test_who_does_not_answer_is_named_without_its_password(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, proxy: str, index: str, said: str
) -> None:
    for name, value in {"HTTPS_PROXY": proxy, "PIP_INDEX_URL": index}.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    printed = (
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'ProxyError('Cannot connect to proxy.', "
        "NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: refused'))'\n"
        "ERROR: Could not find a version that satisfies the requirement anyio==4.16.0 (from versions: 4.15.1)\n"
        "ERROR: No matching distribution found for anyio==4.16.0"
    )

    told = reasons.text(installing.explained("executorch", printed, "pip"))

    assert said in told
    assert "secret" not in told


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_environment_can_be_made_by_hand(name: str) -> None:
    assert " ".join(installing.by_hand(name)).count("install") >= 1
