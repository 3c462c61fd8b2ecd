"""A store of an earlier program is taken over whole or left as it is; one of a later program is left alone."""

from __future__ import annotations

import contextlib
import gzip
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from advisor.decisions import store
from advisor.errors import InputError
from tests import golden
from tests.advisor.decisions.test_store import decision, evidence

Documents = dict[tuple[str, int], dict[str, Any]]


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A store that 0.1.0 wrote: three decisions and two measuring sessions."""
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path))
    path = tmp_path / store.FILE_NAME
    path.write_bytes(gzip.decompress((golden.HERE / "store-0.1.0.sqlite3.gz").read_bytes()))
    return path


def as_0_1_0_reads_it(path: Path, copy: Path) -> Documents:
    """Return every document by kind and number, read from a copy, so that the store itself is not touched."""
    shutil.copy(path, copy)
    with sqlite3.connect(copy) as opened:
        rows = opened.execute("SELECT kind, number, body FROM document").fetchall()
    return {(kind, number): json.loads(body) for kind, number, body in rows}


def as_kept() -> Documents:
    decisions = {("decision", row["id"]): store.decision_document(row["id"]) for row in store.decision_list()}
    return decisions | {("evidence", row["id"]): store.evidence_document(row["id"]) for row in store.evidence_list()}


def test_every_document_of_0_1_0_is_there_under_its_number(old: Path, tmp_path: Path) -> None:
    before = as_0_1_0_reads_it(old, tmp_path / "copy")
    assert len(before) == 5
    assert as_kept() == before


def test_the_lists_show_what_0_1_0_showed(old: Path, tmp_path: Path) -> None:
    before = as_0_1_0_reads_it(old, tmp_path / "copy")
    for row in store.decision_list():
        document = before["decision", row["id"]]
        assert row["recommended"] == document["recommendation"]["recommended"]
        assert (row["made_on"], row["answers"]) == (document["made_on"], document["needs"]["answers"])
    for row in store.evidence_list():
        document = before["evidence", row["id"]]
        assert (row["started"], row["probes"]) == (document["started"], len(document["probes"]))


def test_what_was_kept_by_0_1_0_keeps_its_number_when_added_again(old: Path, tmp_path: Path) -> None:
    for (kind, number), document in as_0_1_0_reads_it(old, tmp_path / "copy").items():
        assert (store.add_decision if kind == "decision" else store.add_evidence)(document) == number


def test_a_store_of_0_1_0_that_cannot_be_written_is_read(old: Path, tmp_path: Path) -> None:
    script = (
        "import os, sys; from advisor.decisions import store; os.chdir('/')\n"
        "if os.geteuid() == 0: os.setresuid(23456, 23456, 23456)\n"
        "print(len(store.decision_list()), len(store.evidence_list()), store.decision_document(1)['schema'])"
    )
    before = as_0_1_0_reads_it(old, tmp_path / "copy")
    ours = [place for place in tmp_path.parents if place.name.startswith(("pytest-", "popen-"))]
    for place in (*ours, tmp_path):
        place.chmod(0o755)
    tmp_path.chmod(0o555)
    old.chmod(0o444)
    found = subprocess.run([sys.executable, "-B", "-c", script], capture_output=True, text=True, check=False)
    tmp_path.chmod(0o755)
    assert found.stdout.split() == ["3", "2", "decision/1"], found.stderr
    assert as_0_1_0_reads_it(old, tmp_path / "copy") == before


def test_a_move_that_the_disk_interrupts_leaves_the_old_store(old: Path, tmp_path: Path) -> None:
    script = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from advisor.decisions import store; from advisor.errors import InputError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
        "try:\n store.decision_list()\n"
        "except InputError as error: print(error)"
    )
    before = as_0_1_0_reads_it(old, tmp_path / "copy")
    found = subprocess.run([sys.executable, "-B", "-c", script], capture_output=True, text=True, check=True)
    assert f"{old}: cannot keep documents here" in found.stdout
    assert as_0_1_0_reads_it(old, tmp_path / "copy") == before
    assert as_kept() == before


def test_a_store_of_a_later_program_is_refused_and_left_as_it_is(old: Path) -> None:
    with sqlite3.connect(old) as opened:
        opened.execute("PRAGMA journal_mode=DELETE")
        opened.execute("PRAGMA user_version = 99")
    opened.close()
    before = old.read_bytes()
    calls = (
        store.decision_list,
        store.evidence_list,
        lambda: store.add_decision(decision()),
        lambda: store.add_evidence(evidence()),
        lambda: store.remove([1]),
    )
    for call in calls:
        with pytest.raises(InputError, match="later version of framework-advisor"):
            call()
    assert old.read_bytes() == before


def test_a_list_may_be_cut(old: Path) -> None:
    assert store.decision_list(limit=2) == store.decision_list()[:2]
    assert store.evidence_list(limit=0) == []


def test_the_history_of_evidence_is_a_table_with_a_row_a_probe(old: Path) -> None:
    frame = store.evidence_history().to_frame()
    assert len(frame) == sum(row["probes"] for row in store.evidence_list())
    assert int(frame["value"].notna().sum()) == sum(row["ratios"] for row in store.evidence_list())
    assert set(frame["session"]) == {row["id"] for row in store.evidence_list() if row["probes"]}


def test_a_damaged_row_of_0_1_0_costs_itself_alone(old: Path, tmp_path: Path) -> None:
    before = as_0_1_0_reads_it(old, tmp_path / "copy")
    with contextlib.closing(sqlite3.connect(old)) as opened, opened:
        opened.execute("UPDATE document SET body = 'x{' || body WHERE kind = 'decision' AND number = 1")

    assert store.listing("decision").damaged == (1,)
    assert as_kept() == {name: document for name, document in before.items() if name != ("decision", 1)}
    assert store.damage() == ([(1, "decision")], [])
    assert store.add_decision(before["decision", 1]) == 1
    assert as_kept() == before
