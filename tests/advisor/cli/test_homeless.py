"""No home folder, or one that cannot be written: everything works, nothing is kept, and one line says so."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from advisor.cli import app, main
from advisor.decisions import store
from probes.calibration import self_test
from probes.system import data_folders
from tests import in_turn
from tests.advisor.decisions.test_store import decision
from tests.in_turn import Command, Ended
from tests.probes.arms import brief_self_test

ROOT = Path(__file__).resolve().parents[3]
PHONE = str(ROOT / "knowledge/examples/phone-app.yaml")

UNKNOWN = """
import pwd
def unknown(uid):
    raise KeyError(f"getpwuid(): uid not found: {uid}")
pwd.getpwuid = unknown
"""
"""Run first, it gives a process a user id that the system's list of users does not hold, as containers have it."""

STRANGER = f"""{UNKNOWN}
import sys
from advisor.cli import main
main(sys.argv[1:])
"""
"""The command line under such a user id."""

KEPT_BY_NONE: list[tuple[str, ...]] = [
    ("recommend", "--needs", PHONE),
    ("ask", "--answers", PHONE),
    ("evidence", "list"),
    ("evidence", "check"),
    ("knowledge", "list"),
    ("understand", "a phone app"),
    ("recommend", "--text", "a phone app"),
]
FORMS = ("html", "md", "json", "pdf")
NAMED = {"~nosuchuser/kept": "knows no ~nosuchuser", "/proc/none": "/proc/none cannot be written"}
"""A folder that cannot be had -> what is told of it."""


def report(target: Path, *more: str, **variables: str) -> Command:
    return Command(("report", "--needs", PHONE, "-o", str(target), *more), variables=variables)


@dataclass(frozen=True)
class Homeless:
    """What a process without a home was asked, how each command ended, and where it wrote."""

    folder: Path
    ended: dict[str, Ended]


@pytest.fixture(scope="module")
def homeless(tmp_path_factory: pytest.TempPathFactory) -> Homeless:
    """One process, which learns to read once: nothing that it learned can be kept for another."""
    folder = tmp_path_factory.mktemp("written")
    asked = {" ".join(argv): Command(argv) for argv in KEPT_BY_NONE}
    asked["chat"] = Command(("chat",), said="a phone app\n\n")
    asked |= {form: report(folder / f"decision.{form}") for form in FORMS}
    asked["zh"] = report(folder / "decision-zh.md", "--lang", "zh")
    for number, named in enumerate(NAMED):
        asked[named] = report(folder / f"named-{number}.md", FRAMEWORK_ADVISOR_HOME=named)
    ended = in_turn.run([*asked.values()], before=UNKNOWN, cwd=ROOT, env={"LC_ALL": "C.UTF-8"})
    return Homeless(folder, dict(zip(asked, ended, strict=True)))


@pytest.mark.parametrize("asked", [*map(" ".join, KEPT_BY_NONE), "chat"])
def test_what_keeps_nothing_needs_no_home(homeless: Homeless, asked: str) -> None:
    found = homeless.ended[asked]

    assert found.status == 0, found.err
    assert found.out


@pytest.mark.parametrize("form", FORMS)
def test_a_report_is_written_without_a_home(homeless: Homeless, form: str) -> None:
    found = homeless.ended[form]

    assert found.status == 0, found.err
    assert (homeless.folder / f"decision.{form}").stat().st_size
    (line,) = [line for line in found.err.splitlines() if "Not kept" in line]
    assert line.startswith("Not kept: there is no home folder. To keep results, set FRAMEWORK_ADVISOR_HOME to a folder")


@pytest.mark.parametrize("number", range(len(NAMED)), ids=NAMED)
def test_a_named_folder_that_cannot_be_had_is_told_and_the_report_written(homeless: Homeless, number: int) -> None:
    named, why = [*NAMED.items()][number]
    found = homeless.ended[named]

    assert found.status == 0, found.err
    assert why in found.err
    assert (homeless.folder / f"named-{number}.md").is_file()


def test_the_line_is_in_the_readers_language(homeless: Homeless) -> None:
    found = homeless.ended["zh"]

    assert "未保存：没有主目录" in found.err
    assert "Not kept" not in found.err


@pytest.mark.frameworks
def test_the_selftest_tells_its_result_without_a_home(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pwd = pytest.importorskip("pwd", reason="a list of users that may lack one is POSIX's")

    def unknown(uid: int) -> NoReturn:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "FRAMEWORK_ADVISOR_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)

    with brief_self_test(), pytest.raises(SystemExit) as left:
        main(["probe", "selftest", "--quick", "--lang", "en"])

    found = capsys.readouterr()
    assert not left.value.code, found.err
    assert "Not kept: there is no home folder" in found.err
    assert found.out


@pytest.mark.parametrize("rights", [0o000, 0o755])
def test_the_front_end_is_given_another_home_where_its_own_may_not_be_entered(
    monkeypatch: pytest.MonkeyPatch, own_home: Path, rights: int
) -> None:
    place = Path(tempfile.mkdtemp())
    monkeypatch.setenv("HOME", str(place))
    place.chmod(rights)
    root = hasattr(os, "setresuid") and os.geteuid() == 0
    if root:  # whom no permission stops
        os.setresuid(23456, 23456, 0)
    try:
        app._without_home()
    finally:
        if root:
            os.setresuid(0, 0, 0)
        place.rmdir()

    assert os.environ["HOME"] == (str(place) if rights else app.NO_HOME)


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
