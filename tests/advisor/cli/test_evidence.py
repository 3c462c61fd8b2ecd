"""``framework-advisor evidence``: what goes in comes out, what is damaged is named, what is removed was asked for."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from advisor.cli import main
from advisor.decisions import store
from probes.evidence.documents import write_evidence
from tests import golden
from tests.advisor.decisions.test_store import decision
from tests.advisor.evidence import paired, session

ROOT = Path(__file__).resolve().parents[3]
DECISIONS = [json.loads(gzip.decompress(path.read_bytes())) for path in sorted(golden.HERE.glob("decisions/*.json.gz"))]
Called = tuple[int, str, str]


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("FRAMEWORK_ADVISOR_DATABASE", raising=False)
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Called]:
    """Run ``framework-advisor evidence`` here; gives status, output and errors."""

    def call(*argv: object, stdin: bytes = b"") -> Called:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        with pytest.raises(SystemExit) as left:
            main(["evidence", *map(str, argv)])
        out, err = capsys.readouterr()
        assert "fault of the program" not in err
        return int(left.value.code or 0), out, err

    return call


def measured(folder: Path, count: int, *, begin: int = 0) -> Path:
    """Write evidence files, each of another machine."""
    folder.mkdir(exist_ok=True)
    made = session(paired("training-mlp-eager", scenario="training_step", workload="mlp"), machine={"cpu": "another"})
    first = folder / f"{begin:05}.json"
    write_evidence(made, first)
    written = first.read_text(encoding="utf-8")
    for i in range(begin, begin + count):
        (folder / f"{i:05}.json").write_text(written.replace('"another"', f'"m{i}"'), encoding="utf-8")
    return folder


def everything() -> dict[tuple[str, str], Any]:
    """Return every document that is kept, by kind and by what it is."""
    found = {(kind, json.dumps(held, sort_keys=True)): held for _, kind, held in store.documents(store.KINDS)}
    assert len(found) == store.usage().decisions + store.usage().evidence
    return found


def test_a_folder_is_imported_and_what_is_no_document_is_named(call: Callable[..., Called], tmp_path: Path) -> None:
    folder = measured(tmp_path / "in", 3)
    (folder / "inner").mkdir()
    (folder / "inner" / "decision.json").write_text(json.dumps(DECISIONS[0]))
    (folder / "broken.json").write_text("{")
    (folder / "other.json").write_text('{"schema": "needs/1"}')
    (folder / "notes.txt").write_text("not taken")

    status, out, err = call("import", folder)

    assert status == 3
    assert out == "4 added, 0 kept already, 2 refused\n"
    assert "broken.json: not JSON" in err
    assert "other.json: schema" in err
    assert "6 of 6 files" in err
    assert (store.usage().evidence, store.usage().decisions) == (3, 1)
    assert store.decision_list()[0]["recommended"] == DECISIONS[0]["recommendation"]["recommended"]


def test_importing_again_adds_nothing(call: Callable[..., Called], tmp_path: Path) -> None:
    folder = measured(tmp_path / "in", 3)
    call("import", folder)

    status, out, _ = call("import", folder, "--json")

    assert status == 0
    assert [entry["new"] for entry in json.loads(out)["imported"]] == [False] * 3
    assert [entry["id"] for entry in json.loads(out)["imported"]] == [1, 2, 3]


def test_where_every_file_is_refused_nothing_is_kept(call: Callable[..., Called], tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text("[]")

    status, out, err = call("import", "a.json", "b.json", "no.json")

    assert (status, out) == (2, "")
    assert all(name in err for name in ("a.json", "b.json", "no.json"))
    assert store.evidence_list() == []


def test_a_probe_that_nobody_knows_is_told_once(call: Callable[..., Called], tmp_path: Path) -> None:
    for i in range(3):
        write_evidence(session(paired("no-such-probe"), machine={"cpu": str(i)}), tmp_path / f"{i}.json")

    _, _, err = call("import", "0.json", "1.json", "2.json")

    assert err.count("no-such-probe") == 1


def test_an_interrupt_keeps_what_was_acknowledged(tmp_path: Path, own_home: Path) -> None:
    folder = measured(tmp_path / "in", 900)
    argv = [sys.executable, "-m", "advisor", "evidence", "import", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        argv, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as importer:
        assert importer.stderr is not None
        told = importer.stderr.readline()
        importer.send_signal(signal.SIGINT)
        told += importer.stderr.read()

    done = max(int(count) for count in re.findall(r"^(\d+) of 900 files$", told, re.MULTILINE))
    assert importer.returncode in (0, 130)
    assert done >= 500
    assert len(store.evidence_list()) >= done
    assert store.damage() == ([], [])


def importing(folder: Path) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """Begin to import a folder; gives the process, and those of its own that read the files, once they run."""
    argv = [sys.executable, "-m", "advisor", "evidence", "import", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    importer = subprocess.Popen(argv, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    readers: list[psutil.Process] = []
    while importer.poll() is None and not readers:
        readers = psutil.Process(importer.pid).children()
    return importer, readers


several_cores = pytest.mark.skipif(psutil.cpu_count() == 1, reason="on one core the files are read by the importer")


@several_cores
def test_a_reading_process_that_dies_costs_no_file(tmp_path: Path) -> None:
    importer, readers = importing(measured(tmp_path / "in", 100 * len(os.sched_getaffinity(0))))
    readers[0].kill()
    out, _ = importer.communicate(timeout=120)

    assert importer.returncode == 0
    assert out.startswith(f"{100 * len(os.sched_getaffinity(0))} added, 0 kept already, 0 refused")


@several_cores
def test_an_importer_that_is_killed_leaves_no_process_and_a_whole_store(tmp_path: Path) -> None:
    importer, readers = importing(measured(tmp_path / "in", 600))
    importer.kill()
    importer.communicate(timeout=60)

    _, alive = psutil.wait_procs(readers, timeout=60)
    assert not alive
    assert store.damage() == ([], [])
    assert len(store.evidence_list()) in (0, 500, 600)


def test_two_importers_at_once_lose_nothing(tmp_path: Path) -> None:
    folders = [measured(tmp_path / "one", 600), measured(tmp_path / "two", 600, begin=300)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    importers = [
        subprocess.Popen(
            [sys.executable, "-m", "advisor", "evidence", "import", str(folder), "--json"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for folder in folders
    ]
    told = [importer.communicate(timeout=300) for importer in importers]

    assert [importer.returncode for importer in importers] == [0, 0], told
    new = [entry["id"] for out, _ in told for entry in json.loads(out)["imported"] if entry["new"]]
    assert sorted(new) == list(range(1, 901))
    assert len(store.evidence_list()) == 900


def test_everything_goes_to_a_server_and_back_and_nothing_is_lost(
    call: Callable[..., Called], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for document in DECISIONS:
        store.add_decision(document)
    call("import", measured(tmp_path / "in", 5))
    store.add_evidence(session(paired("training-mlp-eager"), machine={"cpu": "中文 🦊 \x00"}))
    before = everything()

    assert call("export", "--all", "-o", "out")[0] == 0
    request.getfixturevalue("on_server")
    assert everything() == {}
    assert call("import", "out")[0] == 0
    on_the_server = everything()
    assert call("export", "--all", "-o", "back")[0] == 0
    monkeypatch.delenv("FRAMEWORK_ADVISOR_DATABASE")
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "another"))
    assert call("import", "back")[0] == 0

    assert before == on_the_server == everything()
    assert len(before) == len(DECISIONS) + 6
    assert call("check")[:2] == (0, f"{len(before)} of {len(before)} documents are as they were added\n")


def test_a_list_says_how_much_is_kept_and_what_removes_it(call: Callable[..., Called], tmp_path: Path) -> None:
    call("import", measured(tmp_path / "in", 3))
    store.add_decision(DECISIONS[0])

    _, out, _ = call("list", "--kind", "all", "--limit", "2")
    _, chinese, _ = call("list", "--lang", "zh")
    _, documents, _ = call("list", "--kind", "all", "--json")

    *rows, last = out.splitlines()
    assert len(rows) == 3
    assert last.startswith("measuring sessions: 3, decisions: 1; ")
    assert " of at most 4 GB, in " in last
    assert "evidence remove" in last
    assert "已保存 3 次实测和 1 份决策" in chinese
    found = json.loads(documents)
    assert (len(found["evidence"]), len(found["decisions"])) == (3, 1)
    assert found["store"]["evidence"] == 3
    assert found["store"]["bytes"] > 0


@pytest.fixture
def damaged(call: Callable[..., Called], tmp_path: Path, own_home: Path) -> int:
    """Three sessions and a decision, of which session 2 was altered by hand; its number."""
    call("import", measured(tmp_path / "in", 3))
    store.add_decision(DECISIONS[0])
    with closing(sqlite3.connect(own_home / store.FILE_NAME)) as opened, opened:
        opened.execute("UPDATE document SET body = 'x' || body, summary = '' WHERE number = 2")
    return 2


def test_a_damaged_row_is_named_and_the_others_are_listed_and_shown(call: Callable[..., Called], damaged: int) -> None:
    status, out, err = call("list")
    _, chinese, told = call("list", "--lang", "zh")

    assert status == 0
    assert [line.split()[0] for line in out.splitlines()[:-1]] == ["3", "1"]
    assert "evidence 2 is damaged" in err
    assert "2 已损坏" in told
    assert "等级" in chinese
    assert json.loads(call("list", "--json")[1])["damaged"] == [{"id": 2, "kind": "evidence"}]
    assert [call("show", number)[0] for number in (1, 2, 3, 4)] == [0, 2, 0, 0]


def test_a_check_finds_a_damaged_row_by_its_hash(call: Callable[..., Called], damaged: int) -> None:
    status, out, _ = call("check")
    found = json.loads(call("check", "--json")[1])

    assert status == 1
    assert "evidence 2 is damaged" in out
    assert "3 of 4 documents" in out
    assert found["damaged"] == [{"id": 2, "kind": "evidence"}]


def test_an_export_leaves_out_what_is_damaged_and_says_so(
    call: Callable[..., Called], damaged: int, tmp_path: Path
) -> None:
    status, out, err = call("export", "--all", "-o", "out", "--json")

    assert status == 3
    assert "evidence 2 is damaged" in err
    assert json.loads(out)["damaged"] == [{"id": 2, "kind": "evidence"}]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "0000001-evidence.json",
        "0000003-evidence.json",
        "0000004-decision.json",
    ]


def test_importing_its_file_again_mends_a_damaged_row(
    call: Callable[..., Called], damaged: int, tmp_path: Path
) -> None:
    call("import", tmp_path / "in")

    assert call("check")[0] == 0


def test_removing_asks_first(call: Callable[..., Called], tmp_path: Path) -> None:
    call("import", measured(tmp_path / "in", 3))

    refused = call("remove", "1", stdin=b"n\n")
    nobody = call("remove", "1")
    agreed = call("remove", "1", stdin=b"y\n")

    assert "Remove 1 of 3 kept documents (1)?" in refused[2]
    assert (refused[0], nobody[0], agreed[0]) == (1, 130, 0)
    assert "--yes" in nobody[2]
    assert [row["id"] for row in store.evidence_list()] == [3, 2]


def test_removing_by_number_digest_and_age(call: Callable[..., Called], tmp_path: Path) -> None:
    call("import", measured(tmp_path / "in", 3))
    numbers = [store.add_decision(decision(day)) for day in ("2020-01-01", "2020-01-02")]
    digest = next(row["sha256"] for row in store.evidence_list() if row["id"] == 2)

    assert json.loads(call("remove", "1", digest[:10], "--yes", "--json")[1]) == {"removed": [1, 2]}
    assert call("remove", "--older-than", "2020-01-02", "--yes")[1] == "nothing kept is that old\n"
    assert call("remove", "--older-than", "2020-01-02", "--kind", "decision", "--yes")[1] == "1 removed\n"
    assert [row["id"] for row in store.decision_list()] == numbers[1:]
    assert call("remove", "--older-than", "30", "--kind", "all", "--yes")[0] == 0


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("remove",), "name what to remove"),
        (("remove", "1", "--kind", "evidence", "--yes"), "no evidence 1 is kept"),
        (("remove", "1", "--older-than", "3", "--yes"), "one of both in a call"),
        (("remove", "7", "--yes"), "no document 7 is kept"),
        (("remove", "--older-than", "long", "--yes"), "expected a number of days"),
        (("remove", "--older-than", "2026-13-01", "--yes"), "expected a number of days"),
        (("remove", "--older-than", "99999999", "--yes"), "expected a number of days"),
        (("export",), "NUMBER"),
        (("export", "1", "--all"), "NUMBER"),
        (("export", "--all"), "name a folder"),
        (("export", "--all", "-o", "no/such/folder"), "cannot be made"),
        (("list", "--kind", "evidense"), "evidense"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_wrong_word_is_told_with_the_way_out(call: Callable[..., Called], argv: tuple[str, ...], told: str) -> None:
    store.add_decision(decision())
    status, _, err = call(*argv)

    assert status == 2
    assert told in err


@pytest.mark.parametrize("content", [b"", b"garbage" * 500, b"SQLite format 3\x00" + b"\x00" * 5000])
@pytest.mark.parametrize("argv", [("list",), ("show", "1"), ("check",), ("remove", "1", "--yes"), ("export", "1")])
def test_what_is_no_store_ends_no_command_in_a_fault(
    call: Callable[..., Called], own_home: Path, content: bytes, argv: tuple[str, ...]
) -> None:
    own_home.mkdir()
    (own_home / store.FILE_NAME).write_bytes(content)

    status, _, err = call(*argv)

    assert status in (0, 2)
    if status == 2 and content:
        assert "move the file away" in " ".join(err.split())


def test_a_store_of_a_later_program_is_refused_and_says_what_it_needs(
    call: Callable[..., Called], own_home: Path
) -> None:
    store.add_decision(decision())
    with closing(sqlite3.connect(own_home / store.FILE_NAME)) as opened:
        opened.execute("PRAGMA user_version = 99")

    for argv in (("list",), ("show", "1"), ("remove", "1", "--yes"), ("check",)):
        status, _, err = call(*argv)
        assert status == 2
        assert "needs one that knows stores of version 99" in err
