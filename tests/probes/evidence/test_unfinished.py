"""What a session has finished outlives whatever ends it: kept after every probe, found at the next start."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from probes.evidence import unfinished
from probes.system import data_folders, held
from probes.types import Status
from tests.probes.arms import measure, probe


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv(data_folders.VARIABLE, str(tmp_path))
    return tmp_path


def old(folder: Path) -> None:
    """As it is some seconds later: what was only just made is left alone."""
    before = time.time() - 60
    os.utime(folder, (before, before))


@pytest.mark.frameworks
def test_after_every_probe_the_session_so_far_is_given_with_the_rest_as_cancelled() -> None:
    sofar = []

    measure(probes=[probe("one"), probe("two")], keep=sofar.append, budget=None)

    first, last = ({m.probe: m.status for m in session.probes} for session in (sofar[0], sofar[-1]))
    assert first == {"one": Status.OK, "two": Status.CANCELLED}
    assert last == {"one": Status.OK, "two": Status.OK}


@pytest.mark.frameworks
def test_a_session_that_ends_in_order_leaves_nothing(home: Path) -> None:
    with unfinished.keeping() as keep:
        measure(keep=keep)
        assert list(home.glob("unfinished/*/evidence.json"))

    assert not list(home.glob("unfinished/*"))
    assert unfinished.left() == []


@pytest.mark.frameworks
def test_several_sessions_are_kept_at_once_and_each_goes_when_it_has_ended(home: Path) -> None:
    session = measure()

    def killed() -> None:
        with unfinished.keeping_each() as keep:
            for number in (0, 1, 1):
                keep(number, session)
            assert len(list(home.glob("unfinished/*/evidence.json"))) == 2
            keep(0, None)
            keep(2, None)  # of which nothing was ever kept
            assert len(list(home.glob("unfinished/*/evidence.json"))) == 1
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        killed()
    (folder,) = home.glob("unfinished/*")
    old(folder)

    (left,) = unfinished.left()
    assert len(left.evidence.probes) == len(session.probes)


@pytest.mark.frameworks
def test_what_a_dead_session_left_is_found_with_what_it_had_finished(home: Path) -> None:
    def killed() -> None:
        with unfinished.keeping() as keep:
            measure(probes=[probe("one"), probe("two")], keep=keep, budget=None)
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        killed()
    (folder,) = home.glob("unfinished/*")
    old(folder)

    (left,) = unfinished.left()

    assert left.probes == 2
    assert {m.status for m in left.evidence.probes} == {Status.OK}
    left.remove()
    assert unfinished.left() == []


@pytest.mark.frameworks
def test_a_session_that_still_runs_is_nobodys_business(home: Path) -> None:
    with unfinished.keeping() as keep:
        measure(keep=keep)
        (folder,) = home.glob("unfinished/*")
        old(folder)
        assert unfinished.left() == []


@pytest.mark.frameworks
def test_where_nothing_can_be_kept_that_is_said_and_the_session_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(data_folders.VARIABLE, "/proc/none")
    said: list[str] = []

    with unfinished.keeping(said.append) as keep:
        measure(keep=keep)

    assert len(said) == 1
    assert "not kept" in said[0]


def test_an_unreadable_one_is_not_thrown_away(home: Path) -> None:
    folder = home / "unfinished" / "20261128T000000-1"
    folder.mkdir(parents=True)
    (folder / "evidence.json").write_text('{"schema": "evidence/9"}')
    old(folder)

    assert unfinished.left() == []
    assert folder.exists()


def test_temporary_folders_of_dead_processes_go_and_those_in_use_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead, strange = tmp_path / "mine-dead", tmp_path / "other"
    for folder in (dead, strange):
        folder.mkdir()
        (folder / "file").write_text("x")
        old(folder)

    with held.temporary("mine-") as first:
        old(Path(first))
        with held.temporary("mine-") as second:
            assert Path(first).exists()
            assert Path(second).exists()

    assert [path.name for path in tmp_path.iterdir()] == ["other"]
