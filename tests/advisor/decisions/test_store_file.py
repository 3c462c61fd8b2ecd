"""The store in a file, with what disks, folders, other programs and other users do to it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from advisor.decisions import database, store
from advisor.errors import InputError
from tests.advisor.decisions.test_store import decision, evidence

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("FRAMEWORK_ADVISOR_DATABASE", raising=False)
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def filled(own_home: Path) -> Path:
    """A store of forty decisions that nobody has open; its file."""
    store.add_all([store.decision_row(decision(f"2026-{1 + i // 28:02}-{1 + i % 28:02}")) for i in range(40)])
    path = own_home / store.FILE_NAME
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return path


def run(code: str, *, umask: int = 0o022, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in another process, as another user where this one is root."""
    asked = "import os, sys; from advisor.decisions import store; from advisor.errors import InputError\n"
    return subprocess.run(
        [sys.executable, "-B", "-c", asked + code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        umask=umask,
    )


@pytest.mark.parametrize(
    "name", ["a?b", "a%20b", "a%3Fb", "a#b", "a&mode=memory", "ein Zuhause", "家", ":memory:", "'"]
)
def test_a_home_of_any_name_is_the_folder_that_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / name))
    store.add_decision(decision())

    assert (tmp_path / name / store.FILE_NAME).is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert store.usage().place == str(tmp_path / name / store.FILE_NAME)


@pytest.mark.parametrize("name", ["a?b", "a%20b", "a#b", "家"])
def test_a_home_of_any_name_is_read_where_it_cannot_be_written(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with as_somebody_else(monkeypatch, name):
        assert [row["id"] for row in store.decision_list()] == [1]


@contextlib.contextmanager
def as_somebody_else(monkeypatch: pytest.MonkeyPatch, name: str, *, outside: int = 0o555) -> Iterator[Path]:
    """Keep a decision in a home of this name, then be somebody who may only read it, or what rights outside leave."""
    outer = Path(tempfile.mkdtemp())
    home = outer / name
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(home))
    store.add_decision(decision())
    for place, rights in ((home / store.FILE_NAME, 0o444), (home, 0o555), (outer, outside)):
        place.chmod(rights)
    root = hasattr(os, "setresuid") and os.geteuid() == 0
    if root:  # whom no permission stops
        os.setresuid(23456, 23456, 0)
    try:
        yield home
    finally:
        if root:
            os.setresuid(0, 0, 0)
        for place in (outer, home):
            place.chmod(0o755)
        shutil.rmtree(outer)


def test_a_store_that_is_read_only_is_listed_shown_checked_and_said_to_be_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with as_somebody_else(monkeypatch, "home"):
        assert store.decision_document(1) == decision()
        assert store.damage() == ([], [])
        assert store.usage().decisions == 1
        with pytest.raises(store.Unkept, match="cannot be written"):
            store.remove([1])


def test_a_place_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(blocked))
    with pytest.raises(InputError) as refused:
        store.add_decision(decision())
    assert "FRAMEWORK_ADVISOR_HOME" in refused.value.problems[0]


@pytest.mark.parametrize("calls", ["list", "add", "remove", "check"])
def test_a_file_that_is_no_store_is_said_and_left_alone(own_home: Path, calls: str) -> None:
    own_home.mkdir()
    (own_home / store.FILE_NAME).write_text("not a database" * 100, encoding="utf-8")
    call = {
        "list": store.decision_list,
        "add": lambda: store.add_decision(decision()),
        "remove": lambda: store.remove([1]),
        "check": store.damage,
    }[calls]
    with pytest.raises(InputError, match="move the file away"):
        call()
    assert (own_home / store.FILE_NAME).read_text(encoding="utf-8") == "not a database" * 100


def test_an_empty_file_becomes_a_store(own_home: Path) -> None:
    own_home.mkdir()
    (own_home / store.FILE_NAME).touch()

    assert store.decision_list() == []
    assert store.decision_document(store.add_decision(decision())) == decision()


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.99])
def test_a_truncated_file_is_said_with_a_way_out_and_nothing_worse(filled: Path, share: float) -> None:
    content = filled.read_bytes()
    filled.write_bytes(content[: int(len(content) * share)])

    calls = (store.decision_list, lambda: store.decision_document(1), lambda: store.add_decision(decision("2027")))
    told = [str(refused) for refused in map(refusal, calls) if refused]  # what lies in the pages left is had
    ways = ("evidence export --all", "import its file again", "restore a copy")
    assert all(any(way in line for way in ways) for line in told)
    assert refusal(store.damage) or any(store.damage())


def long_documents(path: Path) -> bytes:
    """Keep three documents, each longer than a page; return the file that nobody has open."""
    store.add_all([store.evidence_row(evidence(machine={"cpu": f"{i}" * 9_000})) for i in range(3)])
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return path.read_bytes()


def test_a_file_that_lost_its_last_page_costs_the_document_on_it(own_home: Path) -> None:
    path = own_home / store.FILE_NAME
    path.write_bytes(long_documents(path)[:-4096])

    assert {row["id"] for row in store.evidence_list()} == {1, 2}
    assert [number for number, _, document in store.documents(["evidence"]) if document] == [1, 2]
    damaged, faults = store.damage()
    assert damaged == [(3, "evidence")]
    assert faults
    with pytest.raises(InputError, match="evidence export --all"):
        store.add_decision(decision())
    assert len(path.read_bytes()) % 4096 == 0
    assert store.usage().evidence == 3


@pytest.mark.parametrize("length", [100, 4096, 8192, 20_000])
def test_a_file_of_which_too_little_is_left_to_export_sends_nobody_to_export(own_home: Path, length: int) -> None:
    path = own_home / store.FILE_NAME
    path.write_bytes(long_documents(path)[:length])

    for call in (store.evidence_list, store.damage, lambda: list(store.documents(["evidence"]))):
        with pytest.raises(InputError, match="restore a copy, move the file away") as refused:
            call()
        assert "export" not in str(refused.value)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_regular_file_in_the_store_s_place_is_told(own_home: Path, make: Callable[[Path], None]) -> None:
    own_home.mkdir()
    make(own_home / store.FILE_NAME)

    for call in (store.evidence_list, lambda: store.add_decision(decision())):
        with pytest.raises(InputError, match="is no regular file, which the store is; move it away"):
            call()


def test_a_home_that_may_not_be_entered_keeps_nothing_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with as_somebody_else(monkeypatch, "home", outside=0o000):
        assert store.decision_list() == []
        assert store.usage().decisions == 0
        assert store.damage() == ([], [])
        assert "cannot be written (Permission denied)" in str(store.refusal())
        with pytest.raises(store.Unkept, match="Permission denied"):
            store.add_decision(decision())


def refusal(call: Callable[[], object]) -> InputError | None:
    try:
        call()
    except InputError as refused:
        return refused
    return None


def test_a_damaged_page_costs_its_rows_and_the_others_are_listed(own_home: Path) -> None:
    """Long documents, so that each lies on pages of its own; then one page is overwritten."""
    added = [store.evidence_row(evidence(machine={"cpu": f"{i}" * 9_000})) for i in range(20)]
    store.add_all(added)
    path = own_home / store.FILE_NAME
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    content = bytearray(path.read_bytes())
    at = content.index(b"7" * 200)
    page = at - at % 4096
    content[page : page + 4096] = b"\xff" * 4096
    path.write_bytes(content)

    listed = store.listing("evidence")
    damaged, _ = store.damage()

    assert damaged
    assert len(damaged) < 20
    readable = {number for number, _, document in store.documents(["evidence"]) if document is not None}
    assert readable == set(range(1, 21)) - {number for number, _ in damaged}
    assert readable <= {row["id"] for row in listed.rows} | set(listed.damaged)


def test_letters_that_are_no_utf_8_cost_their_row(filled: Path) -> None:
    with contextlib.closing(sqlite3.connect(filled)) as connection, connection:
        connection.execute("UPDATE document SET body = CAST(x'ff00fe' AS TEXT), summary = x'ff' WHERE number = 7")

    listed = store.listing("decision")

    assert listed.damaged == (7,)
    assert len(listed.rows) == 39


def test_a_store_that_another_process_writes_to_is_said_to_be_locked(
    monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    number = store.add_decision(decision())
    with contextlib.closing(sqlite3.connect(own_home / store.FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store.decision_document(number) == decision()
        with pytest.raises(InputError, match=r"not written .*another program .* try again"):
            store.add_decision(decision("2026-11-21"))
    assert [row["id"] for row in store.decision_list()] == [number]


def test_a_store_that_is_full_says_what_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LIMIT", 300_000)
    number = store.add_evidence(evidence(machine={"cpu": "x" * 400_000}))

    with pytest.raises(InputError, match="evidence remove --older-than"):
        store.add_decision(decision())
    assert store.remove([number]) == 1
    assert store.decision_document(store.add_decision(decision())) == decision()


def test_a_file_gives_back_the_room_of_what_is_removed(own_home: Path) -> None:
    number = store.add_evidence(evidence(machine={"cpu": "x" * 3_000_000}))
    with contextlib.closing(sqlite3.connect(own_home / store.FILE_NAME)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (own_home / store.FILE_NAME).stat().st_size > 3_000_000

    store.remove([number])

    assert store.usage().bytes < 100_000
    assert (own_home / store.FILE_NAME).stat().st_size < 100_000


def test_a_full_disk_keeps_what_was_acknowledged(own_home: Path) -> None:
    """A file system of 300 kB, mounted for one process."""
    own_home.mkdir()
    code = """
import itertools
kept = 0
try:
    for i in itertools.count():
        store.add_evidence({**EVIDENCE, "machine": {"cpu": str(i), "x": "y" * 5000}})
        kept += 1
except InputError as error:
    print(error)
print(kept, len(store.evidence_list()), store.damage())
"""
    script = f"EVIDENCE = {evidence()!r}\n" + code
    asked = "from advisor.decisions import store; from advisor.errors import InputError\n"
    mounted = 'mount -t tmpfs -o size=300k none "$1" && exec "$2" -B -c "$3"'
    way = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-r", "-m"]
    if subprocess.run([*way, "mount", "-t", "tmpfs", "none", own_home], capture_output=True, check=False).returncode:
        pytest.skip("this user may mount nothing")
    argv = [*way, "sh", "-c", mounted, "sh", own_home, sys.executable, asked + script]
    found = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)

    refused, told = found.stdout.splitlines()
    kept, listed, rest = told.split(" ", 2)
    assert "disk may be full" in refused
    assert "evidence remove" in refused
    assert int(kept) == int(listed) > 5
    assert rest == "([], [])"


def test_a_home_without_a_home_folder_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", "~nosuchuser/x")

    assert store.decision_list() == []
    assert store.damage() == ([], [])
    assert store.usage().decisions == 0
    with pytest.raises(store.Unkept, match="~nosuchuser"):
        store.add_decision(decision())
    with pytest.raises(store.Unkept, match="~nosuchuser"):
        store.remove([1])
