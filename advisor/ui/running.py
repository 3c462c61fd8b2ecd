"""A measuring session in a process of its own: started, listened to, ended. Knows nothing of the page.

The app's own process never imports a framework: it starts ``python -m probes`` and reads its progress,
one JSON object a line. The process ends with the page that started it and with the app.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from probes.evidence import EvidenceError, read
from probes.types import Evidence

HEARTBEAT_LIMIT = 90.0
"""Seconds without a look from the page after which the run ends itself. A hidden tab's timers are slowed to
one a minute by browsers; a closed tab ends the run at once by another way."""

GRACE = 15.0
"""Seconds between the polite signal (what is finished is kept) and the end by force."""

_alive: weakref.WeakSet[Run] = weakref.WeakSet()


class Run:
    """One ``python -m probes run`` and what it has said so far. All methods return at once."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """Start measuring; ``arguments`` stand behind ``python -m probes run``."""
        self._folder = tempfile.TemporaryDirectory(prefix="framework-advisor-")
        self._file = Path(self._folder.name) / "evidence.json"
        self._errors = Path(self._folder.name) / "errors.txt"
        self.events: list[dict[str, Any]] = []
        self.started = time.monotonic()
        self.cancelled = False
        self._last_look = self.started
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "probes", "run", *arguments, "--jsonl", "-o", str(self._file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                # Ctrl-C in the app's terminal must reach the app alone, which then ends the run in order.
                start_new_session=True,
            )
        _alive.add(self)
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with contextlib.suppress(json.JSONDecodeError):
                event = json.loads(line)
                if isinstance(event, dict):
                    self.events.append(event)

    def _watch(self) -> None:
        while self.running:
            if time.monotonic() - self._last_look > HEARTBEAT_LIMIT:
                self.cancel()
                return
            time.sleep(1.0)

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Say whether it still measures."""
        return self._process.poll() is None

    @property
    def seconds(self) -> float:
        """Return how long it has been since the start."""
        return time.monotonic() - self.started

    def look(self) -> list[dict[str, Any]]:
        """Return the events so far and let the run know that somebody watches."""
        self._last_look = time.monotonic()
        return list(self.events)

    def cancel(self) -> None:
        """Ask it to end and keep what is finished; after a grace period it is ended, and its workers with it."""
        if self.cancelled or not self.running:
            return
        self.cancelled = True
        self._process.terminate()
        threading.Thread(target=self._end_after_grace, daemon=True).start()

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
        """Return what it measured once it has ended, or None where it wrote nothing.

        Raises:
            EvidenceError: the file it wrote is not valid.
        """
        if self.running or not self._file.is_file():
            return None
        return read(self._file)

    def problem(self) -> str:
        """Return the last words it wrote to its error stream."""
        try:
            return self._errors.read_text(encoding="utf-8", errors="replace").strip()[-2000:]
        except OSError:
            return ""


def start(probes: Sequence[str], *, budget: float | None, options: Mapping[str, str] | None = None) -> Run:
    """Start measuring ``probes`` within ``budget`` seconds; ``options`` are further flags with their values."""
    arguments = list(probes)
    if budget is not None:
        arguments += ["--budget", f"{budget:g}"]
    for flag, value in (options or {}).items():
        arguments += [flag, value]
    return Run(arguments)


@atexit.register
def _end_all() -> None:
    for run in list(_alive):
        run.end()


__all__ = ["EvidenceError", "Run", "start"]
