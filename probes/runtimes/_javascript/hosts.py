"""Where JavaScript runs: Node, and a page of headless Chromium. Each is a child, asked in JSON, which ends with us."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, ClassVar, Protocol

from probes.runtimes import NotRunning
from probes.runtimes._javascript.serving import Server
from probes.types import Reason

FOLDER = Path(__file__).parent

OPENING = 60.0
"""Seconds within which a browser must have opened its page: a cold disk, a busy machine."""

ENDING = 3.0
"""Seconds a program may take to end when asked to."""

_QUANTUM = 0.25
"""Seconds between two looks at whether the program still runs."""

_ERROR = re.compile(r"FATAL|^\w*Error\b|Unhandled|No usable sandbox")
"""What a last word of Node's or Chromium's looks like; both print other lines after it."""


class Host(Protocol):
    """A program that runs JavaScript."""

    NAME: ClassVar[str]
    """What its makers call it."""

    ADD: ClassVar[Mapping[str, str]]
    """Platform (``sys.platform``) -> the command that adds it."""

    def __init__(self, program: str, packages: Path) -> None: ...

    @staticmethod
    def program() -> str | None:
        """Return where it is on this machine, None where it is not."""

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request and wait for its answer.

        Raises:
            NotRunning: it has ended, or does not open.
        """

    def show(self, folder: Path) -> None:
        """Open an artifact's folder to it."""

    def fetched(self) -> int:
        """Return the bytes of packages that it has fetched; 0 where it reads them from the disk."""

    def peak_memory(self) -> int | None:
        """Return the peak resident bytes of the process that answers, where it cannot tell by itself."""

    def end(self) -> None:
        """End it."""


class _Child:
    """A child process that ends with this one, however this one ends; what it prints is kept for its last words."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        streams: int = subprocess.DEVNULL,
        folder: str = ".",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._printed: IO[bytes] = tempfile.TemporaryFile(dir=Path.cwd())  # noqa: SIM115 - lives as long as the child
        self.process = subprocess.Popen(
            command,
            stdin=streams,
            stdout=streams,
            stderr=self._printed,
            env={**os.environ, **(variables or {})},
            cwd=folder,
            preexec_fn=_bind,  # one system call: no other thread holds anything that it needs
        )
        atexit.register(self.end)

    def gone(self) -> NotRunning:
        """Return how it ended, with the last it printed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        status = self.process.poll()
        self.end()
        if status is None:
            return NotRunning(Reason("page-ended", program=self.name, printed=self.printed()))
        how = signal.Signals(-status).name if status < 0 else str(status)
        return NotRunning(Reason("program-ended", program=self.name, how=how, printed=self.printed()))

    def printed(self) -> str:
        """Return the last line in which it printed an error, else the last, cut to 300 characters."""
        self._printed.seek(max(0, self._printed.seek(0, os.SEEK_END) - 4000))
        lines = self._printed.read().decode("utf-8", "replace").splitlines()
        shown = ["".join(c for c in line if c.isprintable()).strip() for line in lines]
        errors = [line for line in shown if _ERROR.search(line)]
        return next((line[:300] for line in reversed(errors or shown) if line), "-")

    def end(self) -> None:
        """End it, by force where it does not when asked."""
        atexit.unregister(self.end)
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(ENDING)
            self.process.kill()
            self.process.wait()


def _bound() -> Any:
    """Return what has the kernel end a process with its parent, None where there is no such call."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(1, int(signal.SIGKILL))


_bind = _bound()


class Node:
    """Node: requests by its standard streams."""

    NAME: ClassVar[str] = "Node"
    ADD: ClassVar[Mapping[str, str]] = {
        "linux": "sudo apt-get install nodejs npm",
        "darwin": "brew install node",
        "win32": "winget install OpenJS.NodeJS",
    }

    def __init__(self, program: str, packages: Path) -> None:
        command = [program, str(FOLDER / "node.mjs"), str(packages)]
        self._child = _Child(self.NAME, command, streams=subprocess.PIPE)
        assert self._child.process.stdin is not None
        assert self._child.process.stdout is not None
        self._requests, self._answers = self._child.process.stdin, self._child.process.stdout

    @staticmethod
    def program() -> str | None:
        """Return where Node is on this machine."""
        return shutil.which("node")

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request and wait for its answer."""
        line = b""
        with contextlib.suppress(OSError):  # a pipe that nobody reads
            self._requests.write(json.dumps(request).encode() + b"\n")
            self._requests.flush()
            line = self._answers.readline()
        if not line.endswith(b"\n"):
            raise self._child.gone()
        found: dict[str, Any] = json.loads(line)
        return found

    def show(self, folder: Path) -> None:
        """Do nothing: it reads files."""

    def fetched(self) -> int:
        """Return 0: it reads packages from the disk."""
        return 0

    def peak_memory(self) -> int | None:
        """Return None: it tells by itself."""
        return None

    def end(self) -> None:
        """End it."""
        self._child.end()


class Chromium:
    """Headless Chromium: one page of a server on this machine alone, with its profile in the run's scratch folder."""

    NAME: ClassVar[str] = "Chromium"
    ADD: ClassVar[Mapping[str, str]] = {
        "linux": "sudo apt-get install chromium",
        "darwin": "brew install --cask chromium",
        "win32": "winget install Google.Chrome",
    }
    NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    PLACES = (
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    )
    FLAGS = (
        "--headless",
        "--disable-gpu",  # WebAssembly alone is measured; a rendering in software is no GPU
        "--disable-breakpad",
        "--disable-extensions",
        "--disable-sync",
        "--disable-component-update",
        "--disable-background-networking",
        "--disable-background-timer-throttling",
        "--disable-backgrounding-occluded-windows",
        "--disable-renderer-backgrounding",
        "--disable-dev-shm-usage",  # in a container it is often too small
        "--no-first-run",
        "--no-default-browser-check",
        "--no-proxy-server",
        "--password-store=basic",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # it speaks to nobody else
    )

    def __init__(self, program: str, packages: Path) -> None:
        self._server = Server(packages, pages=FOLDER)
        self._profile = tempfile.mkdtemp(prefix="chromium-", dir=Path.cwd())
        atexit.register(shutil.rmtree, self._profile, ignore_errors=True)
        flags = [*self.FLAGS, f"--user-data-dir={self._profile}", *_unboxed()]
        folders = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), self._profile)
        if sys.platform.startswith("linux"):  # by a short name: a path of a socket has room for 108 letters
            folders["TMPDIR"] = "/proc/self/cwd"
        command = [program, *flags, self._server.address + "page.html"]
        self._child = _Child(self.NAME, command, folder=self._profile, variables=folders)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @staticmethod
    def program() -> str | None:
        """Return where Chromium, or Chrome, is on this machine."""
        found = (shutil.which(name) for name in (*Chromium.NAMES, *Chromium.PLACES))
        return next((path for path in found if path), None)

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request and wait for its answer."""
        until = time.monotonic() + OPENING
        self._server.requests.put(json.dumps(request).encode())
        while True:
            with contextlib.suppress(queue.Empty):
                answer = self._server.answers.get(timeout=_QUANTUM)
                if answer is None:  # the page is gone
                    raise self._child.gone()
                found: dict[str, Any] = json.loads(answer)
                return found
            if self._child.process.poll() is not None:
                raise self._child.gone()
            if not self._server.opened.is_set() and time.monotonic() > until:
                params: dict[str, Any] = {"program": self.NAME, "seconds": OPENING, "printed": self._child.printed()}
                raise NotRunning(Reason("page-not-opened", **params))

    def show(self, folder: Path) -> None:
        """Serve an artifact's folder."""
        self._server.folders["artifact"] = folder

    def fetched(self) -> int:
        """Return the bytes of packages that the page has fetched."""
        return self._server.fetched

    def peak_memory(self) -> int | None:
        """Return the peak resident bytes of the page's own process; None where the system does not tell.

        The browser around it, one for all its pages, is not in it.
        """
        return max((found for found in map(_renderers_peak, Path("/proc").glob("[0-9]*"))), default=0) or None

    def end(self) -> None:
        """End it, the server and its profile."""
        self._child.end()
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self._profile, ignore_errors=True)


def _unboxed() -> list[str]:
    """Return the flag without which Chromium does not run as root."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def _renderers_peak(process: Path) -> int:
    """Return the peak of a process where it is a page of our browser, else 0: it is of the family of this one."""
    try:
        ours = os.getpgid(int(process.name)) == os.getpgrp()
        if not ours or b"--type=renderer" not in (process / "cmdline").read_bytes():
            return 0
        status = (process / "status").read_text()
    except OSError:  # it has ended, or is another's
        return 0
    return next((1024 * int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
