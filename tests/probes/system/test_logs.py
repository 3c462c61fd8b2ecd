"""What is logged, where to, and what never is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probes.system import logs


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    logs.close()


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_nothing_is_logged_or_printed_unless_asked_for(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(logs.VARIABLE, raising=False)

    assert logs.configure() is None
    logs.event("store broken", level=40)

    assert list(own_home.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_a_phase_is_one_line_of_json_with_its_seconds(tmp_path: Path) -> None:
    logs.configure(file=tmp_path / "log.jsonl")
    with logs.phase("knowledge read", claims=3):
        pass

    (record,) = records(tmp_path / "log.jsonl")

    assert record.items() >= {"event": "knowledge read ended", "claims": 3, "status": 0, "level": "info"}.items()
    assert record["seconds"] >= 0
    assert record["time"].endswith("+00:00")


def test_a_phase_that_fails_names_the_kind_of_error_and_none_of_its_words(tmp_path: Path) -> None:
    logs.configure(file=tmp_path / "log.jsonl")
    with pytest.raises(ValueError, match="what I wrote"), logs.phase("recommend"):
        raise ValueError("what I wrote")

    assert records(tmp_path / "log.jsonl")[0]["error"] == "ValueError"
    assert "wrote" not in (tmp_path / "log.jsonl").read_text(encoding="utf-8")


def test_the_home_folder_stands_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    logs.configure(file=tmp_path / "log.jsonl")
    logs.event("file write", place="/home/ada/project/x", all=["/home/ada"], inside={"at": Path("/home/ada/y")})

    (record,) = records(tmp_path / "log.jsonl")

    assert record["place"] == "~/project/x"
    assert "ada" not in json.dumps(record)


def test_letters_that_would_move_the_cursor_or_break_a_line_are_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(file=tmp_path / "log.jsonl", verbose=True)
    logs.event("told", word="\x1b]0;x\x07\n\ud800")

    assert len((tmp_path / "log.jsonl").read_bytes().splitlines()) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_a_full_file_is_put_aside_and_the_oldest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LARGEST", 1_000)
    logs.configure(file=tmp_path / "log.jsonl")
    for number in range(200):
        logs.event("probe started", probe=f"p{number}")

    names = sorted(path.name for path in tmp_path.iterdir())

    assert names == ["log.jsonl", *(f"log.jsonl.{number}" for number in range(1, logs.KEPT + 1))]
    assert all(path.stat().st_size <= 1_000 for path in tmp_path.iterdir())


def test_the_variable_names_the_file_and_1_the_one_in_the_data_folder(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(logs.VARIABLE, "1")
    assert logs.configure() == own_home / "log.jsonl"
    monkeypatch.setenv(logs.VARIABLE, str(tmp_path / "mine.jsonl"))
    assert logs.configure() == tmp_path / "mine.jsonl"
    monkeypatch.setenv(logs.VARIABLE, "0")
    assert logs.configure() is None


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(logs.Unwritable, match=r"nowhere/log\.jsonl: cannot be written: No such file"):
        logs.configure(file=tmp_path / "nowhere" / "log.jsonl")


def test_of_a_session_ids_codes_and_seconds_are_logged_and_no_sentence(tmp_path: Path) -> None:
    logs.configure(file=tmp_path / "log.jsonl")
    seen: list[Any] = []
    show = logs.following(seen.append)
    done = {"event": "done", "probe": "p", "status": "failed", "reason": "it broke at /x", "reason_code": "ended"}

    show({"event": "start", "probe": "p", "index": 1, "of": 2})
    show({**done, "seconds": 1.5, "reason_params": {"printed": "secret"}})
    show({"event": "turn", "probe": "p", "cost": 0.1})

    started, ended_ = records(tmp_path / "log.jsonl")
    assert (started["event"], started["index"]) == ("probe started", 1)
    assert (ended_["event"], ended_["status"], ended_["reason_code"]) == ("probe ended", "failed", "ended")
    assert "broke" not in str(ended_)
    assert len(seen) == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_ends_the_log_with_one_line_and_not_the_command(capfd: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    logs.configure(file="/dev/full", tell=told.append)

    with logs.phase("command"):
        logs.event("store read")
    logs.close()

    assert told == ["/dev/full: cannot be written: No space left on device; nothing more is logged there"]
    assert capfd.readouterr() == ("", "")
