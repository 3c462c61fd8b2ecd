"""A few failures of each command, drawn by a fixed seed: nothing is lost, left behind or told wrongly."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.curation import faults
from advisor.curation.faults import Job, Outcome, Row, Tally, Trials
from advisor.curation.forked import Ended, Place

pytestmark = pytest.mark.measures

SEED = 14

needs_a_compiler = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not (shutil.which("cc") or shutil.which("gcc")),
    reason="calls are made to fail by a library of C that is preloaded",
)


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    with Trials(seed=SEED) as made:
        yield made


def whole(trials: Trials) -> dict[str, Row]:
    """Return the counts of what was tried, by kind; forget them."""
    tally, trials.tally = trials.tally, Tally()
    assert tally.faults == []
    return {kind: row for (_, kind), row in tally.rows.items()}


@needs_a_compiler
def test_a_write_that_fails_costs_nothing_that_was_there(trials: Trials) -> None:
    trials.fail_each_call("evidence import", most=2, kinds=("EIO",))
    assert {"write EIO", "sync EIO"} <= whole(trials).keys()


@needs_a_compiler
def test_a_store_that_is_brought_up_to_date_survives_a_kill_at_any_step(trials: Trials) -> None:
    trials.fail_each_call("migration", most=2, kinds=("SIGKILL",))
    assert {"write SIGKILL", "sync SIGKILL", "open SIGKILL"} <= whole(trials).keys()


@needs_a_compiler
def test_a_session_that_cannot_start_a_worker_ends_in_order(trials: Trials) -> None:
    trials.fail_each_call("probe run", most=2, kinds=("EAGAIN",))
    assert "fork EAGAIN" in whole(trials)


@needs_a_compiler
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_session_loses_no_finished_probe_whenever_it_is_ended(trials: Trials, number: signal.Signals) -> None:
    trials.end_at_random("probe run", number, runs=3)
    (row,) = whole(trials).values()
    assert row.tried == 3
    assert row.finished == row.kept


# ---------------------------------------------------------------- what the trial itself sees


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    for folder in (made.home / "unfinished", made.work, made.temporary):
        folder.mkdir(parents=True)
    return made


def job() -> Job:
    return Job("a job", (), lambda place: None, lambda place, status, output: [], writes=("out.json",))


def test_whatever_lies_about_and_has_no_use_is_seen(place: Place) -> None:
    (place.work / "out.json").write_text("{}")
    (place.home / "advisor.sqlite3-wal").write_text("")
    (place.temporary / "a1b2c3d4").write_text("")  # Python's own, to find a folder that can be written
    assert faults.left(job(), place) == []

    (place.work / ".unfinished-x").write_text("")
    (place.temporary / "advisor-probes-x").mkdir()
    (place.home / "unfinished" / "1").mkdir()
    assert faults.left(job(), place) == ["temporary/advisor-probes-x", "work/.unfinished-x", "home/unfinished/1"]


def test_a_probe_that_ended_and_is_nowhere_is_lost(place: Place) -> None:
    told = '{"event": "done", "probe": "one", "status": "ok"}\n{"event": "done", "probe": "two", "status": "failed"}\n3'
    assert faults.finished(told) == {"one"}
    measured = next(job for job in faults.jobs(Path(), Path()) if job.name == "probe run")
    assert measured.judge(place, 0, told) == ["finished and lost: one"]


@pytest.mark.parametrize(
    ("status", "output", "signalled", "wrong"),
    [
        (0, "", 0, False),
        (130, "", signal.SIGTERM, False),
        (-signal.SIGKILL, "", signal.SIGKILL, False),
        (-signal.SIGKILL, "", 0, True),
        (-signal.SIGSEGV, "", signal.SIGINT, True),
        (4, "", 0, True),
        (2, "This is a fault of the program.", 0, True),
        (1, f"Traceback (most recent call last):\n  File {faults.ROOT}/x.py", 0, True),
        (1, "Traceback (most recent call last):\n  File <frozen site>", signal.SIGINT, False),
    ],
)
def test_how_a_command_may_end(status: int, output: str, signalled: int, wrong: bool) -> None:
    ended = Ended(status, output, seconds=1.0, hung=False, outlived=0, calls={}, failed=True)
    assert bool(faults._ended_wrongly(ended, signalled)) is wrong


def test_a_command_that_hangs_or_leaves_a_process_is_wrong() -> None:
    hung = Ended(-9, "", seconds=120.0, hung=True, outlived=0, calls={}, failed=True)
    left = Ended(0, "", seconds=1.0, hung=False, outlived=1, calls={}, failed=True)
    assert faults._ended_wrongly(hung, signal.SIGKILL) == ["still running after 120 s"]
    assert faults._ended_wrongly(left, 0) == ["1 processes outlived it"]


def test_the_table_has_a_row_for_each_kind_and_their_sum() -> None:
    tally = Tally()
    tally.add("probe run", "SIGINT at random", "after 1 s", Outcome([], {"one", "two"}, {"one", "two"}))
    tally.add("probe run", "SIGINT at random", "after 2 s", Outcome(["lost: one"], {"one"}, set()))
    tally.add("verify", "write EIO", "at call 1", Outcome([]))
    head, *lines = (line.split() for line in faults.table(tally.rows))
    assert head == ["command", "failure", "tries", "wrong", "finished", "kept"]
    assert [line[-4:] for line in lines] == [["2", "1", "3", "2"], ["1", "0", "-", "-"], ["3", "1", "3", "2"]]
    assert tally.faults == ["probe run: SIGINT at random: after 2 s: lost: one"]
