"""Commands of the program, run so that a call of theirs fails or a signal ends them: in a fork, or started anew.

A fork of a process that has imported everything takes its own work and no start of Python, so that hundreds of tries
take minutes; a command that is started anew shows what a signal does before its handlers are there. What is measured is
NumPy against itself. Linux with a C compiler.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.errors import InputError
from probes.system import data_folders

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).with_name("failing_calls.c")

KINDS = ("write", "print", "sync", "rename", "open", "mkdir", "fork", "exec", "pipe")
"""Kinds of calls that the library tells apart, in its order."""

PATIENCE = 120.0
"""Seconds after which a command counts as hanging."""

OUTLIVING = 1.0
"""Seconds within which what a command had started must be gone, however it ended."""

LOOK = 0.005
"""Seconds between two looks at whether a command has ended."""

PROBES = ("control-one", "control-two", "control-three")

STAND_IN = """
import functools, signal, sys
from probes.system import signals
for number in signals.NUMBERS:  # a shell has those ignored of what runs in its background
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)
signals.quiet_until_handled()
from probes.catalog import loading
from probes.session import interleaving, paired, runner, time_budget
from probes.session.arms import Arm
from probes.types import Probe
interleaving.TURN, paired.CAP, time_budget.ROUNDS = 0.01, 0.2, 1
paired._roofless = lambda *_: True
made = {n: Probe(n, {"en": "?", "zh": "?"}, "training_step", "control", "eager", "", seconds=SECONDS) for n in NAMES}
loading.load_catalog = lambda *_: made
runner.measure = functools.partial(runner.measure, arms=(Arm("a", "null"), Arm("b", "null")))
"""
"""Probes that take a moment: NumPy against itself, in few short turns of one pair of workers."""

SERVER = """
from advisor import cli
from advisor.curation import forked
forked.serve(cli.main, [f"advisor.cli.{name}" for name in cli.COMMANDS if name != "app"])
"""


def control(seconds: float = 0.1) -> str:
    """Return Python that is the command line as it is, but for what it measures.

    Args:
        seconds: that a probe says it takes.
    """
    return _stand_in(seconds) + "from advisor.cli import main\nmain(sys.argv[1:])\n"


def _stand_in(seconds: float) -> str:
    return STAND_IN.replace("NAMES", repr(PROBES)).replace("SECONDS", repr(seconds))


@dataclass(frozen=True)
class Place:
    """Where one command runs: its home, its folder for results, its temporary folder."""

    root: Path

    @property
    def home(self) -> Path:
        """The user's data folder."""
        return self.root / "home"

    @property
    def work(self) -> Path:
        """Where it is started and writes."""
        return self.root / "work"

    @property
    def temporary(self) -> Path:
        """Its temporary folder."""
        return self.root / "temporary"

    @property
    def printed(self) -> Path:
        """What it printed, on both streams."""
        return self.root / "printed"

    def variables(self) -> dict[str, str]:
        """Return the variables that keep a command in its place."""
        return {data_folders.VARIABLE: str(self.home), "TMPDIR": str(self.temporary)}


@dataclass(frozen=True)
class Failing:
    """Which call fails.

    Attributes:
        call: its kind. number: among the calls of its kind, from 1.
        how: an errno, or a signal's number with a minus before it.
    """

    call: str
    number: int
    how: int


@dataclass(frozen=True)
class Signalled:
    """A signal that comes some seconds after the start."""

    number: signal.Signals
    after: float


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        status: negative where a signal ended it.
        output: of both streams.
        seconds: that it took.
        hung: it had to be killed.
        outlived: processes that it had started and that did not end with it.
        calls: how many of each kind; none of a command that was started anew.
        failed: whether the call that was to fail was made.
    """

    status: int
    output: str
    seconds: float
    hung: bool
    outlived: int
    calls: Mapping[str, int]
    failed: bool


class Forks:
    """Runs commands in forks of one process; used as a context.

    Raises:
        InputError: no compiler, or a system other than Linux.
    """

    def __init__(self, folder: Path, *, seconds: float = 0.1) -> None:
        """Compile the library into ``folder``; a probe says it takes ``seconds``."""
        self._library, self._seconds = _compiled(folder), seconds
        self._server: subprocess.Popen[str] | None = None

    def __enter__(self) -> Forks:
        self._server = subprocess.Popen(
            [sys.executable, "-c", _stand_in(self._seconds) + SERVER],
            env=_environment({"LD_PRELOAD": str(self._library), "OPENBLAS_NUM_THREADS": "1"}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *error: object) -> None:
        assert self._server is not None
        self._server.communicate()

    def run(
        self, argv: Sequence[str], place: Place, *, failing: Failing | None = None, signalled: Signalled | None = None
    ) -> Ended:
        """Run a command to its end."""
        assert self._server is not None
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        place.printed.touch()  # a signal may come before the fork has come that far
        request = {
            "argv": list(argv),
            "work": str(place.work),
            "variables": place.variables(),
            "printed": str(place.printed),
            "failing": None if failing is None else (KINDS.index(failing.call), failing.number, failing.how),
            "signalled": None if signalled is None else (int(signalled.number), signalled.after),
        }
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        *calls, failed = answer.pop("calls")
        counted = dict(zip(KINDS, calls, strict=True))
        return Ended(**answer, **_after(place), calls=counted, failed=bool(failed))

    def anew(self, argv: Sequence[str], place: Place, signalled: Signalled) -> Ended:
        """Start a command from nothing, and run it to its end."""
        with place.printed.open("wb") as printed:
            process = subprocess.Popen(
                [sys.executable, "-c", control(self._seconds), *argv],
                cwd=place.work,
                env=_environment(place.variables()),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            found = _watched(process.pid, (int(signalled.number), signalled.after))
            process.returncode = found["status"]  # waited for already
        return Ended(**found, **_after(place), calls={}, failed=False)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **more}


def _compiled(folder: Path) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        raise InputError(["making calls fail needs Linux and a C compiler (cc)"])
    library = folder / "failing_calls.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    return library


def _watched(pid: int, signalled: Sequence[float] | None) -> dict[str, Any]:
    """Wait for a child, signal it when its time has come; return its status, how long it took and whether it hung."""
    began = time.monotonic()
    hung = False
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        taken = time.monotonic() - began
        if signalled is not None and taken >= signalled[1]:
            os.kill(pid, int(signalled[0]))
            signalled = None
        if taken >= PATIENCE and not hung:
            hung = True
            os.kill(pid, signal.SIGKILL)
        time.sleep(LOOK)
    return {"status": os.waitstatus_to_exitcode(ended[1]), "seconds": time.monotonic() - began, "hung": hung}


def _after(place: Place) -> dict[str, Any]:
    """Return what a command printed, and how many processes in its place outlived it; they are ended."""
    until = time.monotonic() + OUTLIVING
    while (living := _living(place.root)) and time.monotonic() < until:
        time.sleep(LOOK)
    for pid in living:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return {"output": place.printed.read_text(encoding="utf-8", errors="replace"), "outlived": len(living)}


def _living(root: Path) -> list[int]:
    """Return the processes whose working folder lies under ``root``; one that has ended has none any more."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(root):
                found.append(int(process.name))
    return found


# ---------------------------------------------------------------- the process that forks


def serve(main: Callable[[list[str]], None], modules: Sequence[str]) -> None:
    """Answer requests from standard input, each a line of JSON as its answer is, until there are no more.

    Args:
        main: the command line. modules: what its commands import.
    """
    library = ctypes.CDLL(None)  # what was preloaded belongs to the process
    library.failing_counts.restype = ctypes.POINTER(ctypes.c_long)
    counts = library.failing_counts()
    _import_all(modules)
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        request = json.loads(line)
        for number in range(len(KINDS) + 1):
            counts[number] = 0
        child = os.fork()
        if not child:
            _become(main, library, request)
        found = _watched(child, request["signalled"])
        answers.write(json.dumps({**found, "calls": [counts[number] for number in range(len(KINDS) + 1)]}) + "\n")
        answers.flush()


def _import_all(modules: Sequence[str]) -> None:
    """Import what commands need, and read once what they read of the program itself."""
    from importlib import import_module

    from advisor.knowledge.loading import load_knowledge

    for name in (*modules, "advisor.cli.measuring", "probes.calibration.self_test", "probes.evidence.unfinished"):
        import_module(name)
    load_knowledge()


def _become(main: Callable[[list[str]], None], library: ctypes.CDLL, request: Mapping[str, Any]) -> None:
    """Run the command that is tried, in this process; end with it.

    Raises:
        SystemExit: always.
    """
    os.setsid()
    os.chdir(request["work"])
    for path, flags, streams in (
        (os.devnull, os.O_RDONLY, (0,)),
        (request["printed"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, (1, 2)),
    ):
        opened = os.open(path, flags, 0o600)
        for stream in streams:
            os.dup2(opened, stream)
        os.close(opened)
    os.environ.update(request["variables"])
    del os.environ["LD_PRELOAD"]
    tempfile.tempdir = None
    library.failing_begin(*(request["failing"] or (-1, 0, 0)))
    main(request["argv"])
