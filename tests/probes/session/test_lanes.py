"""Threads that work side by side: what comes back, and what happens where the system gives none."""

from __future__ import annotations

import threading

import pytest

from probes.session.lanes import Lanes


def test_two_tasks_run_at_once_and_both_come_back() -> None:
    both = threading.Barrier(2, timeout=10.0)
    lanes: Lanes[int] = Lanes(2)

    for _ in range(2):
        lanes.begin(both.wait)

    assert not lanes.free()
    assert sorted([lanes.take(), lanes.take()]) == [0, 1]
    assert (lanes.working, lanes.free()) == (0, True)
    lanes.end()


def test_what_a_task_raises_is_raised_where_it_is_taken() -> None:
    lanes: Lanes[float] = Lanes(1)
    lanes.begin(lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        lanes.take()
    assert lanes.working == 0
    lanes.end()


def test_without_a_thread_a_task_is_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none)
    lanes: Lanes[str] = Lanes(2)
    lanes.begin(lambda: threading.current_thread().name)

    assert not lanes.free()
    assert lanes.take() == threading.current_thread().name
    lanes.end()


def test_the_threads_end() -> None:
    before = threading.active_count()
    lanes: Lanes[None] = Lanes(2)
    lanes.begin(lambda: None)
    lanes.end()
    lanes.take()

    for thread in threading.enumerate():
        if thread.name.endswith("(_serve)"):
            thread.join(10.0)
    assert threading.active_count() <= before
