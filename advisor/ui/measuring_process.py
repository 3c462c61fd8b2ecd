"""A measuring session in a process of its own: started, listened to, ended. Knows nothing of the page.

The app's own process never imports a framework: it starts ``python -m probes`` and reads its progress, one JSON object
a line, and at the end its evidence, by pipes alone: nothing is left on the disk, however the app ends. The process
ends with the page that started it and with the app; what it had finished by then is handed to ``keep`` even where no
page looks any more.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from probes.evidence.documents import EvidenceError, parse_evidence
from probes.system import json_reading
from probes.types import Evidence

HEARTBEAT_LIMIT = 90.0
"""Seconds without a look from the page after which the run ends itself. A hidden tab's timers are slowed to
one a minute by browsers; a closed tab ends the run much sooner by another way."""

REFRESH = 10.0
"""Seconds that a run waits for its page to come back: a page that is loaded anew is a new session."""

GRACE = 15.0
"""Seconds between the polite signal (what is finished is kept) and the end by force."""

LAST = 3.0
"""Seconds that the app's own end waits for what is finished."""

WORDS = 2000
"""Letters kept of what it wrote to its error stream, the last."""

TO_US = ("-o", "-")
"""Has the evidence follow the progress, as lines of an indented document whose first is a brace alone."""

ROUTES = "routes"
"""First word for ``measuring_child`` in place of a command of the instrument's."""

_alive: weakref.WeakSet[Run] = weakref.WeakSet()


class Run:
    """One ``python -m probes`` command and what it has said so far. All methods return at once."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        probes: Sequence[str] = (),
        keep: Callable[[Evidence], None] = lambda evidence: None,
    ) -> None:
        """Start ``python -m probes`` with ``arguments``.

        Args:
            arguments: of the command line.
            probes: ids of what it will measure, in order, for whoever shows it.
            keep: called once with what it measured, from a thread of its own, when it has ended.
        """
        self._document, self._said = "", ""
        self._keep = keep
        self.probes = list(probes)
        self.events: list[dict[str, Any]] = []
        self.started = time.monotonic()
        self.cancelled = False
        self.ended = threading.Event()
        self.left = False
        self._last_look = self.started
        self._process = subprocess.Popen(
            [sys.executable, "-m", "advisor.ui.measuring_child", *arguments],
            # Its end tells the child that this process has ended.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            # Ctrl-C in the app's terminal must reach the app alone, which then ends the run in order.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        _alive.add(self)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._listeners = [
            threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._hear, args=(self._process.stderr,), daemon=True),
        ]
        for thread in (*self._listeners, threading.Thread(target=self._watch, daemon=True)):
            thread.start()

    def _listen(self, channel: IO[str]) -> None:
        for line in channel:
            if line == "{\n":
                self._document = line + channel.read()
                return
            with contextlib.suppress(json_reading.Refused):
                event = json_reading.loads(line)
                if isinstance(event, dict):
                    self.events.append(event)

    def _hear(self, channel: IO[str]) -> None:
        for line in channel:
            self._said = (self._said + line)[-WORDS:]

    def _watch(self) -> None:
        while self.running:
            if time.monotonic() - self._last_look > (REFRESH if self.left else HEARTBEAT_LIMIT):
                self.cancel()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
        self._heard_out()
        for channel in (self._process.stdin, self._process.stdout, self._process.stderr):
            if channel is not None:
                with contextlib.suppress(OSError):  # the other end is gone
                    channel.close()
        with contextlib.suppress(EvidenceError):
            # A file that is no evidence is told by whoever looks at the run.
            found = self.evidence()
            if found is not None:
                self._keep(found)
        self.ended.set()

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Return whether it still measures."""
        return self._process.poll() is None

    @property
    def status(self) -> int:
        """Return the exit status, 0 while it still measures."""
        return self._process.returncode or 0

    @property
    def seconds(self) -> float:
        """Return how long it has been since the start."""
        return time.monotonic() - self.started

    def look(self) -> list[dict[str, Any]]:
        """Return the events so far and let the run know that somebody watches."""
        self._last_look = time.monotonic()
        self.left = False
        return list(self.events)

    def leave(self) -> None:
        """Note that the page is gone; unless a page looks again soon, the run ends and keeps what is finished."""
        self._last_look = time.monotonic()
        self.left = True

    def cancel(self) -> None:
        """Ask it to end and keep what is finished; after a grace period it is ended, and its workers with it."""
        if self.cancelled or not self.running:
            return
        self.ask()
        threading.Thread(target=self._end_after_grace, daemon=True).start()

    def ask(self) -> None:
        """Ask it to end in order, and leave it at that."""
        self.cancelled = True
        # To end a process in order takes Ctrl-Break on Windows, where terminating it would lose what is finished.
        self._process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))

    def end(self) -> None:
        """End it now; its workers end themselves when it is gone."""
        self.cancelled = True
        self._process.kill()

    def _end_after_grace(self) -> None:
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def evidence(self) -> Evidence | None:
        """Return what it measured once it has ended, or None where it wrote nothing or was killed while it wrote.

        Raises:
            EvidenceError: what it wrote is not valid.
        """
        if self.running:
            return None
        self._heard_out()
        try:
            found = json_reading.loads(self._document)
        except json_reading.Refused:
            return None
        return parse_evidence(found)

    def problem(self) -> str:
        """Return the last words it wrote to its error stream."""
        if not self.running:
            self._heard_out()
        return self._said.strip()

    def _heard_out(self) -> None:
        """Wait until everything is read that was written before the end."""
        for thread in self._listeners:
            thread.join(GRACE)


def start(
    probes: Sequence[str],
    *,
    budget: float | None,
    frameworks: Sequence[str] = (),
    options: Sequence[str] = (),
    shown: Sequence[str] = (),
    keep: Callable[[Evidence], None] = lambda evidence: None,
) -> Run:
    """Start measuring ``probes`` within ``budget`` seconds.

    Args:
        probes: ids; none means what the command measures of itself.
        budget: in seconds; None for as long as it takes.
        frameworks: which are compared; none means what the command compares of itself.
        options: further words of the command line.
        shown: ids under which it will report, where they are not ``probes``.
        keep: called once with what it measured.
    """
    limit = () if budget is None else ("--budget", f"{budget:g}")
    compared = ("--frameworks", ",".join(frameworks)) if frameworks else ()
    return Run(["run", *probes, *limit, *compared, *options, "--jsonl", *TO_US], probes=shown or probes, keep=keep)


def start_routes(
    labels: Sequence[str],
    *,
    targets: Mapping[str, float],
    budget: float,
    keep: Callable[[Evidence], None] = lambda evidence: None,
) -> Run:
    """Start measuring the routes of the program's small model within ``budget`` seconds.

    Args:
        labels: of the rows that it will report.
        targets: the numbers asked for.
        budget: in seconds.
        keep: called once with what it measured.
    """
    asked = json.dumps({"targets": dict(targets), "budget": budget})
    return Run([ROUTES, asked], probes=labels, keep=keep)


def selftest(*, quick: bool) -> Run:
    """Start the instrument's own test, which keeps its result itself."""
    return Run(["selftest", *(["--quick"] if quick else [])])


def busy() -> bool:
    """Return whether any page of this app measures now: two at once would disturb each other."""
    return any(run.running for run in _alive)


def left_behind() -> Run | None:
    """Return a measurement whose page has gone and that still runs, if there is one."""
    return next((run for run in _alive if run.left and run.running and not run.cancelled and run.probes), None)


@atexit.register
def _end_all() -> None:
    """End what still measures when the app ends in order, and keep what is finished; threads can no longer start."""
    measuring = [run for run in _alive if not run.ended.is_set()]
    for run in measuring:
        run.ask()
    until = time.monotonic() + LAST
    for run in measuring:
        if not run.ended.wait(max(0.0, until - time.monotonic())):
            run.end()


__all__ = ["EvidenceError", "Run", "busy", "left_behind", "selftest", "start", "start_routes"]
