"""Threads in which workers are started and asked side by side; their owner takes what came of each task.

On Linux a process that is to end with its starter ends with the *thread* that started it (PR_SET_PDEATHSIG), so these
threads live as long as the workers that are started in them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Lanes(Generic[Made]):
    """So many threads; fewer where the system gives no more, and none means that tasks are done at once."""

    def __init__(self, count: int) -> None:
        self._tasks: SimpleQueue[Callable[[], Made] | None] = SimpleQueue()
        self._ended: SimpleQueue[Made | Exception] = SimpleQueue()
        self._threads = 0
        self._working = 0
        for _ in range(count):
            try:
                threading.Thread(target=self._serve, daemon=True).start()
            except RuntimeError:
                break
            self._threads += 1

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            self._do(task)

    def _do(self, task: Callable[[], Made]) -> None:
        try:
            self._ended.put(task())
        except Exception as error:  # it is raised in the thread that takes it
            self._ended.put(error)

    @property
    def working(self) -> int:
        """How many tasks have begun that were not taken."""
        return self._working

    def free(self) -> bool:
        """Return whether a task would begin at once."""
        return self._working < max(1, self._threads)

    def begin(self, task: Callable[[], Made]) -> None:
        """Begin a task."""
        self._working += 1
        if self._threads:
            self._tasks.put(task)
        else:
            self._do(task)

    def take(self) -> Made:
        """Wait for the next task that ends, and return what it made.

        Raises:
            Exception: what the task raised.
        """
        made = self._ended.get()
        self._working -= 1
        if isinstance(made, Exception):
            raise made
        return made

    def end(self) -> None:
        """End the threads after the tasks that have begun."""
        for _ in range(self._threads):
            self._tasks.put(None)
        self._threads = 0
