"""One worker process seen from the manager: started, asked, timed out, ended with all its children.

Whatever a worker does wrong surfaces here as ``Lost`` with a status and a reason, never as a hang.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from probes import reasons
from probes.session.arms import Arm
from probes.system import families, json_reading, machine
from probes.types import Reason, Status

_BOOT = """
import sys, os, importlib.util as util
sys.path[:] = [p for p in sys.path if p]
root = sys.argv[1]
spec = util.spec_from_file_location("probes", os.path.join(root, "__init__.py"), submodule_search_locations=[root])
package = util.module_from_spec(spec)
sys.modules["probes"] = package
spec.loader.exec_module(package)
from probes.worker.manager import die_with_manager
die_with_manager(int(sys.argv[5]))
from probes.worker.main import main
main(sys.argv[2:])
"""
"""Makes ``probes`` importable from its own folder in any interpreter, with nothing else of ours on the path."""

_PASSED = (  # noqa: SIM905 - a list of one word a line would be a page
    "PATH HOME USER USERPROFILE SYSTEMROOT APPDATA LOCALAPPDATA TEMP TMP TMPDIR LANG LC_ALL CC CXX LD_LIBRARY_PATH "
    "CUDA_HOME CUDA_PATH CUDA_VISIBLE_DEVICES HIP_VISIBLE_DEVICES ROCR_VISIBLE_DEVICES HSA_OVERRIDE_GFX_VERSION "
    "ONEAPI_ROOT ZE_AFFINITY_MASK XDG_CACHE_HOME PATHEXT COMSPEC LOGNAME USERNAME PROCESSOR_ARCHITECTURE INCLUDE LIB "
    "SDKROOT DEVELOPER_DIR TF_FORCE_GPU_ALLOW_GROWTH"
).split()
"""Variables of the user's that a worker sees; all others could change a framework unseen."""

_TUNED = {"MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_MMAP_THRESHOLD_": "4000000000"}
"""glibc keeps freed memory instead of giving it back every step; it must be set before the process starts."""

_NO_PROGRAM = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ENOEXEC)
"""Why a program does not start that is not there; other reasons are this machine's, which may be short of something."""

_QUANTUM = 0.25
"""Seconds between two looks at whether the user has cancelled."""


class Lost(Exception):
    """A worker did not answer, or answered that it cannot.

    Attributes:
        status: what the probe's status becomes.
        reason: why; its words are those of the exception.
        alive: True where the worker itself still serves (it answered; the request failed).
    """

    def __init__(self, status: Status, reason: Reason, *, alive: bool = False) -> None:
        super().__init__(reasons.text(reason))
        self.status, self.reason, self.alive = status, reason, alive


class Cancelled(Exception):
    """The user wants no more."""


def environment(python: str, *, settings: str, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Make the environment of a worker: the whitelist, what the settings ask for, and what the user passes to it."""
    made = {name: os.environ[name] for name in _PASSED if name in os.environ}
    if python == sys.executable and "PYTHONPATH" in os.environ:
        made["PYTHONPATH"] = os.environ["PYTHONPATH"]
    made.update(PYTHONUNBUFFERED="1", PYTHONHASHSEED="0", PYTHONDONTWRITEBYTECODE="1", KMP_BLOCKTIME="0")
    if settings == "tuned" and sys.platform.startswith("linux"):
        made.update(_TUNED)
    made.update(variables or {})
    return made


def lodging(scratch: str) -> dict[str, str]:
    """Name a user and a home that can be written to, where this process has none: frameworks ask for both at import.

    Args:
        scratch: where the home is made, where none is usable.
    """
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # no variable names the user, nor does the system: "docker --user 23456"
        user = f"uid{os.getuid()}" if hasattr(os, "getuid") else "user"
    found = {"USER": user, "LOGNAME": user}
    try:
        home = Path.home()
        with tempfile.TemporaryFile(dir=home):  # rights alone do not tell: a file system may be mounted to be read
            pass
    except (RuntimeError, OSError):
        home = Path(scratch, "home")
        cache = str(home / ".cache")
        Path(cache).mkdir(parents=True, exist_ok=True)
        found.update(TORCHINDUCTOR_CACHE_DIR=cache, USERPROFILE=str(home))
        found["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME", cache)
    return {**found, "HOME": str(home)}


def temporary(scratch: str) -> dict[str, str]:
    """Name a temporary folder inside the scratch one, made here: frameworks leave empty folders in theirs.

    Args:
        scratch: removed with all that is in it when the session ends.
    """
    place = Path(scratch, "tmp")
    place.mkdir(parents=True, exist_ok=True)
    return dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(place))


class Client:
    """A live worker of one arm.

    Attributes:
        inside: seconds its worker has spent on requests, as the worker itself counted them.
    """

    def __init__(self, arm: Arm, *, settings: str, scratch: str) -> None:
        self.arm, self.settings = arm, settings
        self.facts: dict[str, Any] = {}
        self.ledger: dict[str, Any] = {}
        self.defaults: dict[str, Any] = {}
        self.devices: list[dict[str, str]] = []
        self.inside = 0.0
        self._number = 0
        self._asked_at = 0
        self._asked: queue.Queue[bytes | None] = queue.Queue()
        self._answers: queue.Queue[str | None] = queue.Queue()
        try:
            self._printed = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - lives as long as the worker
            self._start(scratch)
        except OSError as error:
            status = Status.NOT_INSTALLED if error.errno in _NO_PROGRAM else Status.FAILED
            raise Lost(status, self._not_started(error.strerror or str(error))) from None
        try:
            for task in (self._listen, self._tell):
                threading.Thread(target=task, daemon=True).start()
        except RuntimeError as error:  # the system gives no further thread
            self.end()
            raise Lost(Status.FAILED, self._not_started(str(error))) from None

    def _start(self, scratch: str) -> None:
        root = str(Path(__file__).resolve().parents[1])
        command = [self.arm.python, "-c", _BOOT, root]
        options: dict[str, Any] = {
            "cwd": scratch,
            "env": environment(
                self.arm.python,
                settings=self.settings,
                variables={**lodging(scratch), **temporary(scratch), **self.arm.variables},
            ),
            "stderr": self._printed,
        }
        try:
            if sys.platform == "win32":
                command += ["0", "1", str(time.monotonic()), str(os.getpid())]
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
                    **options,
                )
                assert self._process.stdin is not None
                assert self._process.stdout is not None
                self._requests: IO[bytes] = self._process.stdin
                self._channel: IO[bytes] = self._process.stdout
                return
            theirs_in, ours_out = os.pipe()
            ours_in, theirs_out = os.pipe()
            try:
                command += [str(theirs_in), str(theirs_out), str(time.monotonic()), str(os.getpid())]
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=self._printed,
                    pass_fds=(theirs_in, theirs_out),
                    start_new_session=True,
                    **options,
                )
            except OSError:
                os.close(ours_in)
                os.close(ours_out)
                raise
            finally:
                os.close(theirs_in)
                os.close(theirs_out)
        except OSError:
            self._printed.close()
            raise
        self._requests, self._channel = os.fdopen(ours_out, "wb"), os.fdopen(ours_in, "rb")

    def _not_started(self, why: str) -> Reason:
        needed = {"framework": self.arm.framework, "option": self.arm.framework}
        return Reason("cannot-start", python=self.arm.python, why=why, **needed)

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self._channel:
                self._answers.put(line.decode("utf-8", "replace"))
        self._answers.put(None)

    def _tell(self) -> None:
        """Send what is asked, beside the thread that asks: a worker that hangs may leave a long request unread."""
        with contextlib.suppress(OSError, ValueError), self._requests:  # gone: whoever waits for the answer is told
            while (line := self._asked.get()) is not None:
                self._requests.write(line)
                self._requests.flush()
        self._answers.put(None)

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    def ask(
        self, do: str, *, timeout: float, cancelled: Callable[[], bool] = lambda: False, **arguments: Any
    ) -> dict[str, Any]:
        """Send one request and wait for its answer.

        Raises:
            Lost: with the reason; the whole process tree has been ended unless ``alive``.
            Cancelled: the user wants no more; the worker has been ended.
        """
        self._number += 1
        request = {"id": self._number, "do": do, **arguments}
        with contextlib.suppress(OSError, ValueError):  # closed: the next lines find that out
            self._asked_at = os.fstat(self._printed.fileno()).st_size
        self._asked.put((json.dumps(request) + "\n").encode())
        line = self._wait(do, timeout=timeout, cancelled=cancelled)
        answer = self._parse(line, do)
        self.inside += answer.get("inside", 0.0)
        if answer["status"] != "ok":
            reason = Reason("side", side=self.arm.label, reason=Reason.of(answer["reason"]))
            raise Lost(Status(answer["status"]), reason, alive=True)
        return answer

    def _wait(self, do: str, *, timeout: float, cancelled: Callable[[], bool]) -> str:
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                last = self.printed()
                self.end()
                asked: dict[str, Any] = {"side": self.arm.label, "request": do, "seconds": timeout}
                reason = Reason("no-answer-printed", **asked, printed=last) if last else Reason("no-answer", **asked)
                raise Lost(Status.TIMED_OUT, reason)
            try:
                line = self._answers.get(timeout=min(left, _QUANTUM))
            except queue.Empty:
                if cancelled():
                    self.end()
                    raise Cancelled from None
                continue
            if line is None:
                self._answers.put(None)  # whoever asks it again finds the same
                raise self._died(do)
            return line

    def _parse(self, line: str, do: str) -> dict[str, Any]:
        fault = None
        try:
            answer = json_reading.loads(line, ours=True)
            if not _is_answer(answer):
                fault = Reason("answer-none")
            elif answer.get("id") != self._number:
                fault = Reason("answer-other", given=str(answer.get("id")), asked=self._number)
            elif not self._answers.empty() and self._answers.queue[0] is not None:
                fault = Reason("answer-twice")
        except (ValueError, RecursionError):
            fault = Reason("answer-no-json") if line.endswith("\n") else Reason("answer-truncated")
        if fault is not None:
            self.end()
            raise Lost(Status.FAILED, Reason("bad-answer", side=self.arm.label, fault=fault, request=do))
        found: dict[str, Any] = answer
        return found

    def _died(self, do: str) -> Lost:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        reason = self._end_of(self._process.poll(), do)
        last = "" if reason.code == "killed-instructions" else self.printed()
        self.end()
        return Lost(Status.FAILED, Reason("with-output", reason=reason, printed=last) if last else reason)

    def _end_of(self, code: int | None, do: str) -> Reason:
        """Return how the process ended, from its exit status, during a request."""
        during: dict[str, Any] = {"side": self.arm.label, "request": do}
        if code is None:
            return Reason("channel-closed", **during)
        name = _signal(code)
        if not name:
            return Reason("ended", **during, exit_status=code)
        if name == "SIGKILL":
            return Reason("killed-memory", **during, signal=name)
        if name == "SIGILL":
            needed = {"framework": self.arm.framework, "option": self.arm.framework}
            return Reason("killed-instructions", **during, signal=name, flags=machine.instructions(), **needed)
        return Reason("killed", **during, signal=name)

    def printed(self) -> str:
        """Return the last line it printed on its standard streams since it was last asked, cut to 300 characters."""
        try:
            size = self._printed.seek(0, os.SEEK_END)
            self._printed.seek(max(self._asked_at, size - 4000))
            lines = self._printed.read().decode("utf-8", "replace").splitlines()
        except (OSError, ValueError):  # closed
            return ""
        shown = ["".join(c for c in line if c.isprintable()).strip() for line in lines]
        return next((line[:300] for line in reversed(shown) if line), "")

    def close(self) -> None:
        """Wait for the worker to end by itself, then make sure."""
        with contextlib.suppress(Lost, Cancelled):
            self.ask("exit", timeout=2)
            self._asked.put(None)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)
        self.end()

    def end(self) -> None:
        """End the worker and everything it has started."""
        families.end(self._process)
        self._asked.put(None)
        with contextlib.suppress(OSError, ValueError):
            self._printed.close()


def _is_answer(said: Any) -> bool:
    """Return whether what a worker said has the form of an answer: a status, and the reason where it is not "ok"."""
    if not isinstance(said, dict) or said.get("status") not in [status.value for status in Status]:
        return False
    if said["status"] != Status.OK.value:
        try:
            reasons.text(Reason.of(said["reason"]))
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
            return False
    return json_reading.is_number(said.get("inside", 0.0))


_NT_STATUSES = {0xC000001D: "SIGILL", 0xC0000005: "SIGSEGV"}
"""How Windows, which has no signals, writes the same down as an exit status."""


def _signal(code: int) -> str:
    """Name the signal that an exit status tells of; empty where the process ended by itself."""
    try:
        return signal.Signals(-code).name if code < 0 else _NT_STATUSES.get(code, "")
    except ValueError:
        return f"signal {-code}"
