"""Routes from the command line: what is here and what adds the rest, environments, and measuring a model's ways out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from advisor.cli import main, routes_shown
from advisor.report import route_rows
from advisor.report.route_words import ROUTES
from probes import routes
from probes.environments import ENVIRONMENTS, folders, locks
from probes.types import Status
from tests import measured_routes
from tests.probes.environments import stand_in

posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for npm is a shell script")


def status(*argv: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["routes", *argv])
    return int(left.value.code or 0)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    yield stand_in.install(monkeypatch, tmp_path)
    locks.of.cache_clear()


# ---------------------------------------------------------------- list


def test_every_route_is_listed_with_what_adds_it(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)

    assert {route["id"] for route in listed["routes"]} == set(routes.known())
    assert all(route["installed"] or route["add"] for route in listed["routes"])
    assert all(not (route["installed"] and route["add"]) for route in listed["routes"])
    assert {one["id"]: one["add"] for one in listed["environments"]} == {
        name: f"framework-advisor routes add {name}" for name in ENVIRONMENTS
    }


@pytest.mark.parametrize(("lang", "word"), [("en", "not installed"), ("zh", "未安装")])
def test_the_list_is_prose_in_both_languages(
    own_home: Path, capsys: pytest.CaptureFixture[str], lang: str, word: str
) -> None:
    assert status("list", "--lang", lang) == 0
    said = capsys.readouterr().out

    assert word in said
    for route in routes.known():
        assert route in said
        assert routes.route(route).NAME[lang] in said


# ---------------------------------------------------------------- add, remove


def test_unknown_environments_are_refused_together_with_the_nearest(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status("add", "executorc", "tensorflow-js") == 2

    said = capsys.readouterr().err
    assert "no environment 'executorc'; did you mean 'executorch'?" in said
    assert "no environment 'tensorflow-js'; did you mean 'tensorflowjs'?" in said


@posix
def test_an_environment_is_added_listed_and_removed(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("add", stand_in.NAME, "--json") == 0
    added = json.loads(capsys.readouterr().out)["environments"][0]
    assert added["installed"]
    assert Path(added["folder"]).is_dir()

    assert status("list") == 0
    assert f"in {added['folder']}" in capsys.readouterr().out

    assert status("remove", stand_in.NAME) == 0
    assert "small is removed" in capsys.readouterr().err
    assert folders.installed(stand_in.NAME) is None

    assert status("remove", stand_in.NAME, "--lang", "zh") == 0
    assert "small 未安装" in capsys.readouterr().err


@posix
def test_what_cannot_be_installed_is_status_1_with_the_way_out(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STAND_IN", "offline")

    assert status("add", stand_in.NAME, "--json") == 1

    out, err = capsys.readouterr()
    assert "packages.example does not answer; connect to a network" in err
    assert json.loads(out)["environments"][0]["reason_code"] == "env-no-network"


@posix
def test_one_that_fails_does_not_keep_the_other_from_being_removed(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status("add", stand_in.NAME)
    (small / "environments" / "executorch.lock").mkdir()

    assert status("remove", "executorch", stand_in.NAME) == 3
    assert folders.installed(stand_in.NAME) is None


# ---------------------------------------------------------------- run


@pytest.fixture
def kernel(tmp_path: Path) -> str:
    """A file that the control arm's runtime takes: one product, in NumPy."""
    path = tmp_path / "kernel.npz"
    np.savez(path, kernel=np.ones((8, 4), np.float32))
    return str(path)


def test_a_file_is_measured_and_its_table_written(
    own_home: Path, tmp_path: Path, kernel: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "routes.json"

    assert status("run", "--file", kernel, "--target", "size<=1MB", "-o", str(table)) == 0

    out, err = capsys.readouterr()
    document = json.loads(table.read_text())
    (row,) = document["rows"]
    assert row["status"] == "ok"
    assert row["artifact_bytes"] == Path(kernel).stat().st_size
    assert row["targets"] == {"artifact_mb": "meets"}
    assert "Plan: 1 rows" in err
    assert "meets" in out
    assert not list((own_home / "unfinished-routes").iterdir())


def test_an_earlier_table_is_taken_up_and_nothing_is_run_again(
    own_home: Path, tmp_path: Path, kernel: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    status("run", "--file", kernel, "-o", str(first))
    capsys.readouterr()

    assert status("run", "--file", kernel, "--resume", str(first), "-o", str(second), "--json") == 0

    assert json.loads(capsys.readouterr().out)["rows"] == json.loads(first.read_text())["rows"]


def test_everything_that_is_wrong_is_told_at_once(
    own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "data.npz", x=np.array([[1.0, np.nan]]), y=np.zeros(3))
    argv = ["--file", str(tmp_path / "model.tflite"), "--data", str(tmp_path / "data.npz"), "--target", "fast"]
    argv += ["--python", "pytorh=/bin/sh", "--threads", "none", "-o", str(tmp_path / "no" / "r.json")]

    assert status("run", *argv, "--routes", "pytorch-onx") == 2

    said = capsys.readouterr().err
    for part in ("model.tflite: no such file", "'x' has 1 entries", "first at [0, 1]", "unlike numbers of samples"):
        assert part in said
    for part in (
        "--target",
        "did you mean 'pytorch'?",
        "--threads none",
        "does not exist",
        "did you mean 'pytorch-onnx'?",
    ):
        assert part in said


@pytest.mark.parametrize("name", ["m.tflite", "m.keras", "m.pt2", "m.onnx"])
@pytest.mark.parametrize("content", [b"", b"not a model at all"])
def test_a_damaged_file_is_refused_before_anything_runs(
    own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)

    assert status("run", "--file", str(tmp_path / name)) == 2
    assert "export the model again" in capsys.readouterr().err


def test_a_file_of_no_known_kind_is_refused_with_the_known_ones(
    own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.h5").write_bytes(b"x")

    assert status("run", "--file", str(tmp_path / "model.h5")) == 2
    assert ".onnx" in capsys.readouterr().err


def test_two_models_are_one_too_many(own_home: Path, kernel: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("run", "--file", kernel, "--workload", "m.py") == 2
    assert "give one of them" in capsys.readouterr().err


def test_a_table_that_is_none_is_not_taken_up(
    own_home: Path, tmp_path: Path, kernel: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.json").write_text("{}")

    assert status("run", "--file", kernel, "--resume", str(tmp_path / "old.json")) == 2
    assert "--resume" in capsys.readouterr().err


def test_where_nothing_can_be_measured_the_status_is_1(
    own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "kernel.npz"
    np.savez(path, other=np.ones(3, np.float32))

    assert status("run", "--file", str(path)) == 1
    assert "Nothing was measured." in capsys.readouterr().out


# ---------------------------------------------------------------- the table in the terminal


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_terminal_shows_the_cells_of_the_report(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = replace(measured_routes.table(), targets={"artifact_mb": 0.1})
    said = route_rows.table(found, lang=lang, asked=found.targets, frameworks={}, moment="")

    routes_shown.table(found, lang=lang)
    printed = capsys.readouterr().out

    for line in said.measured:
        row = next(
            text
            for text in printed.splitlines()
            if f"{line.row.route}:{line.row.precision} " in text
            or (line.row.route == "own" and f"{line.row.p50_ms and line.p50} " in text)
        )
        for cell in (line.size, line.load, line.p50, line.p95, line.ratio, line.memory, line.answers):
            assert cell in row
        assert [verdict.text for verdict in line.verdicts if verdict.text not in row] == []
    assert "FlexErf" in printed
    assert "framework-advisor routes add executorch" in printed
    assert all(sentence in printed for sentence in said.summary[:1])


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("columns", [80, 100, 130])
def test_a_narrow_window_shows_whole_cells_and_names_the_columns_it_has_no_room_for(
    lang: str, columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(routes_shown, "WIDE", columns)
    found = replace(measured_routes.table(), targets={"artifact_mb": 0.1})
    said = route_rows.table(found, lang=lang, asked=found.targets, frameworks={}, moment="")

    routes_shown.table(found, lang=lang)
    printed = capsys.readouterr().out

    for line in said.measured:
        assert line.p95 in printed
    heads = [text for text in printed.splitlines() if "--json" in text]
    assert len(heads) == 1
    assert ROUTES[lang]["routes_answers"] in heads[0]


def test_what_ended_alike_is_told_once_with_all_its_routes(capsys: pytest.CaptureFixture[str]) -> None:
    found = measured_routes.table()
    ended = {"status": Status.FAILED, "reason": "NameError: no 'x'", "reason_code": "", "refused": (), "p50_ms": None}
    failed = [replace(row, **ended) for row in found.rows]

    routes_shown.table(replace(found, rows=tuple(failed)), lang="en")
    printed = capsys.readouterr().out

    assert printed.count("NameError") == 1
    assert "Nothing was measured." in printed
    (line,) = [text for text in printed.splitlines() if "NameError" in text]
    assert all(f"{row.route}:{row.precision}" in line for row in failed if row.route != "own")
