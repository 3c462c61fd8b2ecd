"""Files are written whole or not at all, and what killed processes leave is found and removed."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from probes.system import held
from probes.system.files import UNFINISHED, write_atomically
from probes.system.held import SCRATCH, sweep, temporary

ROOT = Path(__file__).resolve().parents[3]

WITHIN_A_WRITE = """
import os, sys
from probes.system import files
os.fsync = lambda handle: os.kill(os.getpid(), 9)
files.write_atomically(sys.argv[1] + "/report.html", b"new")
"""

WITHIN_A_SESSION = """
import os
from probes.system import held
with held.temporary() as folder:
    open(folder + "/arrays.npz", "w").close()
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The system's temporary folder, empty."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def killed(script: str, folder: Path) -> Path:
    """Run a script that ends itself by SIGKILL; return what it left, made a minute old."""
    before = {*folder.iterdir()}
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", script, str(folder)], env=environment)
    assert ended.returncode == -signal.SIGKILL
    (left,) = {*folder.iterdir()} - before
    old(left)
    return left


def old(path: Path) -> None:
    os.utime(path, (time.time() - 60, time.time() - 60), follow_symlinks=False)


def test_a_kill_within_a_write_leaves_the_old_file_and_the_next_write_removes_the_rest(folder: Path) -> None:
    (folder / "report.html").write_bytes(b"old")
    left = killed(WITHIN_A_WRITE, folder)
    assert left.name.startswith(UNFINISHED)
    assert (folder / "report.html").read_bytes() == b"old"

    write_atomically(folder / "other.html", b"other")

    assert {path.name for path in folder.iterdir()} == {"report.html", "other.html"}


def test_a_write_that_fails_leaves_the_old_file_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "report.html").write_bytes(b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(folder / "report.html", b"new")
    assert [path.read_bytes() for path in folder.iterdir()] == [b"old"]


def test_a_link_stays_one_and_a_file_keeps_its_rights(folder: Path) -> None:
    (folder / "report.html").write_bytes(b"old")
    (folder / "report.html").chmod(0o640)
    (folder / "latest").symlink_to("report.html")

    write_atomically(folder / "latest", b"new")

    assert (folder / "latest").is_symlink()
    assert (folder / "report.html").read_bytes() == b"new"
    assert (folder / "report.html").stat().st_mode & 0o777 == 0o640


def test_the_folder_of_a_killed_session_goes_when_the_next_one_begins(folder: Path) -> None:
    left = killed(WITHIN_A_SESSION, folder)

    with temporary() as made:
        assert not left.exists()
        assert [path.name for path in folder.iterdir()] == [Path(made).name]
    assert not list(folder.iterdir())


def test_what_others_made_stays(folder: Path) -> None:
    (folder / "tmpabc").mkdir()
    (folder / f"{SCRATCH}link").symlink_to(folder / "tmpabc")
    for path in folder.iterdir():
        old(path)

    sweep(folder, SCRATCH)

    assert (folder / f"{SCRATCH}link").is_symlink()
    assert (folder / "tmpabc").is_dir()


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root gives files to somebody else")
def test_what_belongs_to_another_user_stays(folder: Path) -> None:
    theirs = folder / f"{SCRATCH}theirs"
    theirs.mkdir()
    os.chown(theirs, 12345, 12345)
    old(theirs)

    sweep(folder, SCRATCH)

    assert theirs.is_dir()


def test_a_system_without_locks_writes_as_well_and_takes_nothing_for_left(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(held, "fcntl", None)
    theirs = folder / f"{UNFINISHED}theirs"
    theirs.write_text("")
    old(theirs)

    write_atomically(folder / "report.html", b"new")

    assert {path.name for path in folder.iterdir()} == {"report.html", theirs.name}


IN_WORKERS = ("backends", "scenarios", "user_model", "worker", "workloads")


def test_what_runs_in_workers_makes_temporary_files_in_the_folder_of_the_session_alone() -> None:
    """Elsewhere they would stay when a worker is killed; the session's folder is swept."""
    made = []
    for path in (path for part in IN_WORKERS for path in (ROOT / "probes" / part).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("tempfile."):
                made.append((path.name, "dir" in {keyword.arg for keyword in node.keywords}))
    assert made
    assert all(in_session for _, in_session in made), made
