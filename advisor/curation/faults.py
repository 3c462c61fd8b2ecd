"""What is lost when a call of the operating system fails, or the process is ended, at any step: counted.

A small library, loaded before everything else (``failing_calls.c``), makes the N-th call of one kind fail in one
process, or ends the process there; it reaches the database's own calls too. Linux with a C compiler.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advisor.decisions import store
from advisor.errors import InputError
from advisor.knowledge.loading import knowledge_folder
from probes.evidence.documents import EvidenceError, parse_evidence, read_evidence
from probes.system import data_folders
from probes.types import Status

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).with_name("failing_calls.c")
OLD_STORE = ROOT / "tests" / "golden" / "store-0.1.0.sqlite3.gz"

CALLS = {
    "write": (errno.ENOSPC, errno.EIO, errno.EINTR),
    "sync": (errno.EIO,),
    "rename": (errno.EPERM, errno.EIO),
    "exec": (errno.EPERM,),
    "pipe": (errno.EINTR, errno.EIO),
}
"""Kinds of calls, and how each may fail."""

SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

STATUSES = frozenset({0, 1, 2, 3, 130})
"""What a command may end with, however the system fails it."""

NEVER = ("Traceback (most recent call last)", "fault of the program")

PATIENCE = 120.0

PROBES = ("control-one", "control-two", "control-three")

CONTROL = """
import functools, sys
from probes.catalog import loading
from probes.session import runner
from probes.session.arms import Arm
from probes.types import Probe
made = {n: Probe(n, {"en": "?", "zh": "?"}, "training_step", "control", "eager", "", seconds=0.4) for n in NAMES}
loading.load_catalog = lambda *_: made
runner.measure = functools.partial(runner.measure, arms=(Arm("a", "null"), Arm("b", "null")))
from advisor.cli import main
main(sys.argv[1:])
""".replace("NAMES", repr(PROBES))
"""The command line as it is, but for what it measures: NumPy against itself, so that a session takes seconds."""


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


@dataclass(frozen=True)
class Job:
    """A command that is failed: its words, what lies there before, and what is wrong with what it left.

    Attributes:
        judge: (place, status, output) -> faults.
    """

    name: str
    argv: tuple[str, ...]
    prepare: Callable[[Place], None]
    judge: Callable[[Place, int, str], list[str]]


@dataclass
class Tally:
    """What was tried and what was wrong."""

    tried: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    finished: int = 0
    kept: int = 0


# ---------------------------------------------------------------- the jobs


def _empty(place: Place) -> None:
    for folder in (place.home, place.work, place.temporary):
        folder.mkdir(parents=True, exist_ok=True)


def _with_old_store(place: Place) -> None:
    _empty(place)
    (place.home / store.FILE_NAME).write_bytes(gzip.decompress(OLD_STORE.read_bytes()))


def finished(output: str) -> set[str]:
    """Return the probes that a session has said to have finished."""
    events = []
    for line in output.splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            events.append(json.loads(line))
    return {event["probe"] for event in events if event.get("event") == "done" and event["status"] == "ok"}


def kept(place: Place) -> set[str]:
    """Return the measured probes that can still be found: in the file asked for, in the store, or as unfinished."""
    files = [place.work / "out.json", *place.home.glob("unfinished/*/evidence.json")]
    sessions = [read_evidence(file) for file in files if file.exists()]
    with _home(place):
        sessions += [parse_evidence(store.evidence_document(row["id"])) for row in _rows(place)]
    return {probe.probe for session in sessions for probe in session.probes if probe.status is Status.OK}


def _rows(place: Place) -> list[Any]:
    return list(store.evidence_list()) if (place.home / store.FILE_NAME).exists() else []


def _judge_probes(place: Place, status: int, output: str) -> list[str]:
    try:
        lost = finished(output) - kept(place)
    except (EvidenceError, InputError) as error:
        return [f"unreadable: {error}"]
    return [f"finished and lost: {', '.join(sorted(lost))}"] if lost else []


def _judge_report(place: Place, status: int, output: str) -> list[str]:
    page = place.work / "out.html"
    whole = page.exists() and page.read_text(encoding="utf-8").rstrip().endswith("</html>")
    faults = ["the page is not whole"] if page.exists() and not whole else []
    return faults + (["done, and there is no page"] if status == 0 and not whole else [])


def _judge_import(place: Place, status: int, output: str) -> list[str]:
    with _home(place):
        return ["acknowledged, and not kept"] if status == 0 and not _rows(place) else []


def _judge_migration(place: Place, status: int, output: str) -> list[str]:
    with sqlite3.connect(place.home / store.FILE_NAME) as opened:
        (count,) = opened.execute("SELECT count(*) FROM document").fetchone()
    return [] if count == 5 else [f"{count} of 5 documents are left"]


def _judge_nothing(place: Place, status: int, output: str) -> list[str]:
    return []


def jobs(evidence: Path, decision: Path) -> tuple[Job, ...]:
    """Return the commands that are failed, given a session and a decision to work with."""
    needs = str(knowledge_folder() / "examples" / "research-lab.yaml")
    measured = ("probe", "run", *PROBES, "--budget", "3", "--jsonl", "-o", "out.json")
    return (
        Job("probe run", measured, _empty, _judge_probes),
        Job("report", ("report", "--needs", needs, "-o", "out.html"), _empty, _judge_report),
        Job("evidence import", ("evidence", "import", str(evidence)), _empty, _judge_import),
        Job("verify", ("verify", str(decision)), _empty, _judge_nothing),
        Job("migration", ("evidence", "list"), _with_old_store, _judge_migration),
    )


# ---------------------------------------------------------------- one run


@contextlib.contextmanager
def _home(place: Place) -> Iterator[None]:
    before = os.environ.get(data_folders.VARIABLE)
    os.environ[data_folders.VARIABLE] = str(place.home)
    try:
        yield
    finally:
        if before is None:
            del os.environ[data_folders.VARIABLE]
        else:
            os.environ[data_folders.VARIABLE] = before


def start(job: Job, place: Place, more: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a job's command in its place, in a session of its own."""
    environment = {
        **os.environ,
        data_folders.VARIABLE: str(place.home),
        "TMPDIR": str(place.temporary),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        **(more or {}),
    }
    return subprocess.Popen(
        [sys.executable, "-c", CONTROL, *job.argv],
        cwd=place.work,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a command; return its status and what it wrote."""
    try:
        output, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        return process.returncode, f"{output}\nstill running after {PATIENCE:.0f} s"
    return process.returncode, output


def wrong(job: Job, place: Place, status: int, output: str, *, killed: bool) -> list[str]:
    """Return what is wrong after a command ended, and after it was called once more."""
    faults = [f"says {text!r}" for text in NEVER if text in output]
    if not killed and status not in STATUSES:
        faults.append(f"ended with {status}")
    faults += job.judge(place, status, output)
    again, said = ended(start(job, place))
    if again not in (0, 1):
        faults.append(f"the next call ended with {again}: {said[-300:]}")
    faults += [f"next call: {fault}" for fault in job.judge(place, again, said)]
    left = (*place.temporary.iterdir(), *place.work.glob(".*"), *place.home.glob("unfinished/*"))
    return faults + [f"left behind: {path.relative_to(place.root)}" for path in left]


# ---------------------------------------------------------------- all of them


def compile_library(folder: Path) -> Path:
    """Compile the library that makes calls fail.

    Raises:
        InputError: no compiler, or a system other than Linux.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        raise InputError(["making calls fail needs Linux and a C compiler (cc)"])
    library = folder / "failing_calls.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    return library


def steps(count: int, most: int, shuffle: random.Random) -> list[int]:
    """Return which of ``count`` calls are failed: all, or ``most`` of them, the first and the last included."""
    if count <= most:
        return list(range(1, count + 1))
    inner = sorted(shuffle.sample(range(2, count), most - 2))
    return [1, *inner, count]


def fail_everywhere(
    *, most: int, seed: int, names: Sequence[str] = (), progress: Callable[[str], None] = lambda text: None
) -> Tally:
    """Fail each job's calls one by one, and end it at each.

    Args:
        most: calls of one kind that are failed in one way, drawn with ``seed`` where there are more.
        names: of jobs; all where none.
        progress: told of every kind of failure.
    """
    tally, shuffle = Tally(), random.Random(seed)  # noqa: S311 - a sample, not a secret
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        root = Path(name)
        library = compile_library(root)
        for job in jobs(*_documents(root)):
            if names and job.name not in names:
                continue
            for call, errors in CALLS.items():
                count = _count(job, call, library, root)
                for how in (*errors, *(-number for number in SIGNALS)):
                    chosen = steps(count, most, shuffle)
                    for at in chosen:
                        _try(job, call, how, at, library=library, root=root, tally=tally)
                    label = errno.errorcode[how] if how > 0 else signal.Signals(-how).name
                    progress(f"{job.name}: {call} {label}: {len(chosen)} of {count} calls")
    return tally


def _documents(root: Path) -> tuple[Path, Path]:
    """Make a session and a decision for the jobs that read one."""
    place = Place(root / "documents")
    _empty(place)
    needs = str(knowledge_folder() / "examples" / "research-lab.yaml")
    for argv in (
        ("probe", "run", *PROBES, "--budget", "3", "-o", "out.json"),
        ("report", "--needs", needs, "-o", "decision.json"),
    ):
        status, said = ended(start(Job("", argv, _empty, _judge_nothing), place))
        if status not in (0, 1):
            raise InputError([f"{' '.join(argv[:2])} does not run here: {said[-500:]}"])
    return place.work / "out.json", place.work / "decision.json"


def _failing(call: str, how: int, at: int, library: Path, fired: Path) -> dict[str, str]:
    return {
        "LD_PRELOAD": str(library),
        "FAIL_CALL": call,
        "FAIL_AT": str(at),
        "FAIL_HOW": str(how),
        "FAIL_FIRED": str(fired),
    }


def _count(job: Job, call: str, library: Path, root: Path) -> int:
    """Return how many calls of a kind a job makes."""
    place, fired = Place(Path(tempfile.mkdtemp(dir=root))), root / "fired"
    job.prepare(place)
    ended(start(job, place, _failing(call, 1, 10**9, library, fired)))
    counted = fired.with_name("fired.count")
    return int(counted.read_text()) if counted.exists() else 0


def _try(job: Job, call: str, how: int, at: int, *, library: Path, root: Path, tally: Tally) -> None:
    place, fired = Place(Path(tempfile.mkdtemp(dir=root))), root / "fired"
    fired.unlink(missing_ok=True)
    job.prepare(place)
    status, output = ended(start(job, place, _failing(call, how, at, library, fired)))
    if fired.exists():  # how many calls there are varies a little with what the machine does
        label = errno.errorcode[how] if how > 0 else signal.Signals(-how).name
        tally.tried[job.name] = tally.tried.get(job.name, 0) + 1
        faults = wrong(job, place, status, output, killed=how == -signal.SIGKILL)
        tally.faults += [f"{job.name}: {call} {at} {label}: {fault}" for fault in faults]
    shutil.rmtree(place.root)


def end_at_random(
    number: signal.Signals, *, runs: int, seed: int, progress: Callable[[str], None] = lambda text: None
) -> Tally:
    """End a measuring session by a signal at a random moment, again and again; count what it had finished and kept."""
    tally, shuffle = Tally(), random.Random(seed)  # noqa: S311 - moments, no secrets
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        job = jobs(Path(), Path())[0]
        for run in range(runs):
            place = Place(Path(name) / str(run))
            job.prepare(place)
            process = start(job, place)
            timer = shuffle.uniform(0.5, 6.0)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timer)
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            status, output = ended(process)
            done = finished(output)
            tally.finished += len(done)
            tally.kept += len(done & kept(place))
            tally.tried[number.name] = tally.tried.get(number.name, 0) + 1
            faults = wrong(job, place, status, output, killed=number is signal.SIGKILL)
            tally.faults += [f"{number.name} after {timer:.2f} s: {fault}" for fault in faults]
            progress(f"{number.name} {run + 1}: after {timer:.1f} s, {len(done)} finished, {len(faults)} faults")
            shutil.rmtree(place.root)
    return tally
