"""No home folder, or one that cannot be written: everything works, nothing is kept, and one line says so."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.decisions import store
from probes.calibration import self_test
from probes.system import data_folders
from tests.advisor.decisions.test_store import decision

ROOT = Path(__file__).resolve().parents[3]
PHONE = str(ROOT / "knowledge/examples/phone-app.yaml")

STRANGER = """
import pwd, sys
def unknown(uid):
    raise KeyError(f"getpwuid(): uid not found: {uid}")
pwd.getpwuid = unknown
from advisor.cli import main
if sys.argv[1] != "in-turn":
    main(sys.argv[1:])
import json
for argv in json.loads(sys.argv[2]):
    try:
        main(argv)
    except SystemExit as left:
        print("left", left.code or 0, file=sys.stderr)
"""
"""The command line under a user id that the system's list of users does not hold, as containers have it."""


def homeless(*argv: str, said: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", STRANGER, *argv],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **more},
        input=said,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )


@pytest.mark.parametrize(
    "argv",
    [
        ("recommend", "--needs", PHONE),
        ("ask", "--answers", PHONE),
        ("evidence", "list"),
        ("evidence", "check"),
        ("knowledge", "list"),
    ],
    ids=" ".join,
)
def test_what_keeps_nothing_needs_no_home(argv: tuple[str, ...]) -> None:
    found = homeless(*argv)

    assert found.returncode == 0, found.stderr
    assert found.stdout


def test_free_text_and_a_conversation_need_no_home() -> None:
    """One process, which learns to read once: nothing that it learned can be kept for the next."""
    commands = [["understand", "a phone app"], ["recommend", "--text", "a phone app"], ["chat"]]

    found = homeless("in-turn", json.dumps(commands), said="a phone app\n\n")

    assert found.returncode == 0, found.stderr
    assert found.stderr.count("left 0") == len(commands)


@pytest.mark.parametrize("form", ["html", "md", "json", "pdf"])
def test_a_report_is_written_without_a_home(tmp_path: Path, form: str) -> None:
    target = tmp_path / f"decision.{form}"

    found = homeless("report", "--needs", PHONE, "-o", str(target))

    assert found.returncode == 0, found.stderr
    assert target.stat().st_size
    (line,) = [line for line in found.stderr.splitlines() if "Not kept" in line]
    assert line.startswith("Not kept: there is no home folder. To keep results, set FRAMEWORK_ADVISOR_HOME to a folder")


@pytest.mark.parametrize(
    ("named", "why"),
    [("~nosuchuser/kept", "knows no ~nosuchuser"), ("/proc/none", "/proc/none cannot be written")],
)
def test_a_named_folder_that_cannot_be_had_is_told_and_the_report_written(tmp_path: Path, named: str, why: str) -> None:
    target = tmp_path / "decision.md"

    found = homeless("report", "--needs", PHONE, "-o", str(target), FRAMEWORK_ADVISOR_HOME=named)

    assert found.returncode == 0, found.stderr
    assert why in found.stderr
    assert target.is_file()


def test_the_line_is_in_the_readers_language(tmp_path: Path) -> None:
    found = homeless("report", "--needs", PHONE, "--lang", "zh", "-o", str(tmp_path / "decision.md"))

    assert "未保存：没有主目录" in found.stderr
    assert "Not kept" not in found.stderr


def test_the_selftest_tells_its_result_without_a_home() -> None:
    found = homeless("probe", "selftest", "--quick")

    assert found.returncode == 0, found.stderr
    assert "Not kept" in found.stderr
    assert found.stdout


def test_what_was_kept_is_where_it_is_looked_for(own_home: Path) -> None:
    self_test.save_calibration({"cpu": self_test._cpu()})
    store.add_decision(decision())

    assert {path.name for path in own_home.iterdir()} >= {"selftest.json", store.FILE_NAME}
    assert data_folders.data() == own_home
    assert data_folders.cache().parent == own_home


@pytest.fixture(params=["at rest", "open elsewhere"])
def closed(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A store that holds a decision, in a folder that this process can read and not write."""
    place = Path(tempfile.mkdtemp())
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(place))
    other = sqlite3.connect(place / store.FILE_NAME)
    if request.param == "open elsewhere":
        store.refusal()
        other.execute("SELECT * FROM document").fetchall()
    store.add_decision(decision())
    assert (place / f"{store.FILE_NAME}-wal").exists() == (request.param == "open elsewhere")
    place.chmod(0o555)
    for file in place.iterdir():
        file.chmod(0o444)
    root = hasattr(os, "setresuid") and os.geteuid() == 0
    if root:  # whom no permission stops
        os.setresuid(23456, 23456, 0)
    yield place
    if root:
        os.setresuid(0, 0, 0)
    other.close()
    place.chmod(0o755)
    shutil.rmtree(place)


def test_what_is_kept_in_a_closed_folder_is_read(closed: Path) -> None:
    assert [row["id"] for row in store.decision_list()] == [1]
    assert store.decision_document(1) == decision()


def test_a_closed_folder_takes_nothing_and_says_where(closed: Path) -> None:
    with pytest.raises(store.Unkept, match=r"cannot be written \(Permission denied\)"):
        store.add_decision(decision("2026-11-21"))
    assert store.refusal() is not None
