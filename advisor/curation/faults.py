"""What is lost when a call of the operating system fails, or the process is ended, at any step: counted.

Commands are tried again and again (see ``forked``): each call of a kind fails in each way it can, a signal comes there,
or at a random moment. What a command left, and what the next one then finds, is compared with what may be there.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from advisor.curation.forked import PATIENCE, PROBES, ROOT, Ended, Failing, Forks, Place, Signalled
from advisor.decisions import store
from advisor.decisions.rows import ListedEvidence
from advisor.errors import InputError
from advisor.knowledge.loading import knowledge_folder
from probes.evidence.documents import EvidenceError, parse_evidence, read_evidence
from probes.system import data_folders, exit_status, held
from probes.types import Status

OLD_STORE = ROOT / "tests" / "golden" / "store-0.1.0.sqlite3.gz"

ERRORS = {
    "write": (errno.ENOSPC, errno.EIO, errno.EINTR),
    "print": (errno.ENOSPC, errno.EPIPE),
    "sync": (errno.EIO,),
    "rename": (errno.EPERM, errno.EIO),
    "open": (errno.ENOSPC, errno.EACCES),
    "mkdir": (errno.ENOSPC,),
    "fork": (errno.EAGAIN,),
    "exec": (errno.EPERM,),
    "pipe": (errno.EINTR, errno.EIO),
}
"""Kinds of calls, and how each may fail."""

SIGNALS = (signal.SIGINT, signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)

ALIKE = 5
"""SIGTERM and SIGHUP have SIGINT's handler: at random moments they are sent this many times less often."""

ANEW = 10
"""Of this many commands that are ended at random moments one is started from nothing, and ended while it starts."""

PROGRESS = 20
"""Moments after which it is told how far the trial is."""

NEVER = ("Traceback (most recent call last)", "fault of the program", "Exception ignored")

PYTHONS_OWN = re.compile(r"[a-z0-9_]{8}")
"""The file of some bytes by which Python finds a temporary folder that can be written; it has no name of ours."""


@dataclass(frozen=True)
class Job:
    """A command that is tried.

    Attributes:
        argv: its words. prepare: makes what lies there before.
        judge: (place, status, output) -> what is wrong with what it left.
        again: the words of the next call, which finds what was left; the same where none.
        writes: names that it may leave in the folder it is started in.
    """

    name: str
    argv: tuple[str, ...]
    prepare: Callable[[Place], None]
    judge: Callable[[Place, int, str], list[str]]
    again: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


@dataclass
class Row:
    """What came of the tries of one command and one kind of failure.

    Attributes:
        tried: how many. wrong: those of them with a fault.
        finished: probes that were told to have ended. kept: those of them that can still be found.
    """

    tried: int = 0
    wrong: int = 0
    finished: int = 0
    kept: int = 0


@dataclass
class Tally:
    """What was tried and what was wrong.

    Attributes:
        rows: (command, kind of failure) -> its counts.
        faults: in words, each with its command and failure.
    """

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, job: str, kind: str, at: str, outcome: Outcome) -> None:
        """Count one try."""
        row = self.rows.setdefault((job, kind), Row())
        row.tried += 1
        row.wrong += bool(outcome.faults)
        row.finished += len(outcome.finished)
        row.kept += len(outcome.finished & outcome.kept)
        self.faults += [f"{job}: {kind}: {at}: {fault}" for fault in outcome.faults]


@dataclass
class Outcome:
    """What is wrong after one try, and the probes that had ended and those that are kept."""

    faults: list[str]
    finished: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)


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
    return {
        event["probe"]
        for event in events
        if isinstance(event, dict) and event.get("event") == "done" and event["status"] == "ok"
    }


def kept(place: Place) -> set[str]:
    """Return the measured probes that can still be found: in the file asked for, in the store, or as unfinished."""
    files = [place.work / "out.json", *place.home.glob("unfinished/*/evidence.json")]
    sessions = [read_evidence(file) for file in files if file.exists()]
    with _home(place):
        sessions += [parse_evidence(store.evidence_document(row["id"])) for row in _rows(place)]
    return {probe.probe for session in sessions for probe in session.probes if probe.status is Status.OK}


def _rows(place: Place) -> list[ListedEvidence]:
    return store.evidence_list() if (place.home / store.FILE_NAME).exists() else []


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
    with contextlib.closing(sqlite3.connect(place.home / store.FILE_NAME)) as opened:
        (count,) = opened.execute("SELECT count(*) FROM document").fetchone()
    return [] if count == 5 else [f"{count} of 5 documents are left"]


def _judge_nothing(place: Place, status: int, output: str) -> list[str]:
    return []


def jobs(evidence: Path, decision: Path) -> tuple[Job, ...]:
    """Return the commands that are tried, given a session and a decision to work with."""
    needs = str(knowledge_folder() / "examples" / "research-lab.yaml")
    measured = ("probe", "run", *PROBES[:2], "--budget", "2", "--jsonl", "-o", "out.json")
    after = ("probe", "run", PROBES[2], "--budget", "1", "--jsonl", "-o", "again.json")
    listed = ("evidence", "list")
    return (
        Job("probe run", measured, _empty, _judge_probes, again=after, writes=("out.json", "again.json")),
        Job("report", ("report", "--needs", needs, "-o", "out.html"), _empty, _judge_report, writes=("out.html",)),
        Job("evidence import", ("evidence", "import", str(evidence)), _empty, _judge_import, again=listed),
        Job("verify", ("verify", str(decision)), _empty, _judge_nothing, again=listed),
        Job("migration", listed, _with_old_store, _judge_migration),
    )


# ---------------------------------------------------------------- one try


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


def judged(job: Job, place: Place, ended: Ended, forks: Forks, *, signalled: int = 0) -> Outcome:
    """Return what is wrong after a command ended, and after the next one.

    Args:
        job: what was called. place: where. ended: how.
        forks: calls the next one.
        signalled: the number of the signal that was sent.
    """
    faults = [*_ended_wrongly(ended, signalled), *job.judge(place, ended.status, ended.output)]
    done = finished(ended.output)
    there = kept(place) if done else set()
    _let_time_pass(place)
    again = forks.run(job.again or job.argv, place)
    faults += [f"next call: {fault}" for fault in _ended_wrongly(again, 0)]
    if again.status not in (0, 1):
        faults.append(f"the next call ended with {again.status}: {again.output[-300:]}")
    # Another command tells nothing of this one, whose own word must still hold after it.
    status = ended.status if job.again else again.status
    faults += [f"next call: {fault}" for fault in job.judge(place, status, f"{ended.output}\n{again.output}")]
    return Outcome(faults + [f"left behind: {name}" for name in left(job, place)], done, there)


def _ended_wrongly(ended: Ended, signalled: int) -> list[str]:
    """Return what is wrong with how a command ended and with what it said."""
    faults = [f"says {text!r}: {ended.output[-500:]}" for text in NEVER if text in ended.output and _ours(ended.output)]
    if ended.hung:
        return [*faults, f"still running after {PATIENCE:.0f} s"]
    # Before its handlers are there, and past its end, a signal ends a command as it ends any program.
    if ended.status not in exit_status.MEANINGS and not (signalled and ended.status == -signalled):
        faults.append(f"ended with {ended.status}")
    if ended.outlived:
        faults.append(f"{ended.outlived} processes outlived it")
    return faults


def _ours(output: str) -> bool:
    """Return whether what was printed shows more than the start of Python itself, which precedes any program."""
    return "Traceback" not in output or str(ROOT) in output or "fault of the program" in output


def _let_time_pass(place: Place) -> None:
    """Make all that lies there a minute old: what was only just made is left alone."""
    before = time.time() - 60
    for path in (*place.temporary.iterdir(), *place.work.iterdir(), *place.home.rglob("*")):
        os.utime(path, (before, before), follow_symlinks=False)


def left(job: Job, place: Place) -> list[str]:
    """Return what lies where a command ran and has no use."""
    kinds = (
        (place.temporary, lambda name: PYTHONS_OWN.fullmatch(name)),
        (place.work, lambda name: name in job.writes),
        (place.home, lambda name: name.startswith(store.FILE_NAME) or name == "unfinished"),
        (place.home / "unfinished", lambda name: False),
    )
    found = []
    for folder, of_use in kinds:
        found += [path for path in (folder.iterdir() if folder.exists() else ()) if not of_use(path.name)]
    return [str(path.relative_to(place.root)) for path in found]


# ---------------------------------------------------------------- all of them


class Trials:
    """Everything that is tried of the commands; used as a context.

    Raises:
        InputError: no compiler, a system other than Linux, or a command that does not run here at all.
    """

    def __init__(self, *, seed: int, progress: Callable[[str], None] = lambda text: None) -> None:
        self.tally, self._seed, self._progress = Tally(), seed, progress
        self._plain: dict[str, Ended] = {}

    def __enter__(self) -> Trials:
        with contextlib.ExitStack() as stack:
            self._root = Path(stack.enter_context(held.temporary("advisor-faults-"))).resolve()
            self._forks = stack.enter_context(Forks(self._root))
            self.jobs = {job.name: job for job in jobs(*self._documents())}
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def fail_each_call(self, name: str, *, most: int, kinds: Sequence[str] = ()) -> None:
        """Fail a command's calls one by one, and send it a signal at each.

        Args:
            name: of the job.
            most: calls of one kind that are failed in one way, drawn with the seed where there are more.
            kinds: of calls, errors, or signals, by their names; all where none.
        """
        job, shuffle = self.jobs[name], self._random(name)
        for call, errors in ERRORS.items():
            count = self._undisturbed(job).calls[call]
            for how in (*errors, *(-number for number in SIGNALS)):
                label = errno.errorcode[how] if how > 0 else signal.Signals(-how).name
                chosen = steps(count, most, shuffle)
                if not chosen or (kinds and not {call, label} & set(kinds)):
                    continue
                for number in chosen:
                    with self._prepared(job) as place:
                        ended = self._forks.run(job.argv, place, failing=Failing(call, number, how))
                        if ended.failed:  # how many calls there are varies a little with what the machine does
                            outcome = judged(job, place, ended, self._forks, signalled=max(0, -how))
                            self._count(name, f"{call} {label}", f"at call {number}", outcome)
                self._progress(f"{name}: {call} {label}: {len(chosen)} of {count} calls")

    def end_at_random_by_all(self, name: str, *, runs: int, kinds: Sequence[str] = ()) -> None:
        """End a command ``runs`` times by SIGINT and by SIGKILL each, and less often by the others.

        Args:
            name: of the job. runs: of each.
            kinds: names of signals; all where none.
        """
        for number in SIGNALS:
            if kinds and number.name not in kinds:
                continue
            rarer = ALIKE if number in (signal.SIGTERM, signal.SIGHUP) else 1
            self.end_at_random(name, number, runs=-(-runs // rarer))

    def end_at_random(self, name: str, number: signal.Signals, *, runs: int) -> None:
        """End a command by a signal at moments drawn over all its time, its start and its end included."""
        job, shuffle = self.jobs[name], self._random(f"{name} {number}")
        lasts = self._undisturbed(job).seconds
        for run in range(runs):
            with self._prepared(job) as place:
                anew = run % ANEW == ANEW - 1
                signalled = Signalled(number, shuffle.uniform(0.0, 1.0 if anew else 1.1 * lasts))
                ended = (
                    self._forks.anew(job.argv, place, signalled)
                    if anew
                    else self._forks.run(job.argv, place, signalled=signalled)
                )
                outcome = judged(job, place, ended, self._forks, signalled=number)
                when = f"after {signalled.after:.3f} s" + (" of its start" if anew else "")
                self._count(name, f"{number.name} at random", when, outcome)
            if (run + 1) % PROGRESS == 0 or run + 1 == runs:
                self._progress(f"{name}: {number.name} at {run + 1} of {runs} random moments")

    def _count(self, name: str, kind: str, at: str, outcome: Outcome) -> None:
        self.tally.add(name, kind, at, outcome)
        for fault in outcome.faults:
            self._progress(f"  {name}: {kind} {at}: {fault}")

    def _random(self, text: str) -> random.Random:
        return random.Random(f"{self._seed} {text}")  # noqa: S311 - a sample, not a secret

    @contextlib.contextmanager
    def _prepared(self, job: Job) -> Iterator[Place]:
        place = Place(Path(tempfile.mkdtemp(dir=self._root)))
        job.prepare(place)
        try:
            yield place
        finally:
            shutil.rmtree(place.root)

    def _undisturbed(self, job: Job) -> Ended:
        """Return how a command ends where nothing fails."""
        if job.name not in self._plain:
            with self._prepared(job) as place:
                self._plain[job.name] = _in_order(job.argv, self._forks.run(job.argv, place))
        return self._plain[job.name]

    def _documents(self) -> tuple[Path, Path]:
        """Make a session and a decision for the jobs that read one."""
        place = Place(self._root / "documents")
        _empty(place)
        needs = str(knowledge_folder() / "examples" / "research-lab.yaml")
        for argv in (
            ("probe", "run", PROBES[0], "--budget", "1", "-o", "out.json"),
            ("report", "--needs", needs, "-o", "decision.json"),
        ):
            _in_order(argv, self._forks.run(argv, place))
        return place.work / "out.json", place.work / "decision.json"


def _in_order(argv: Sequence[str], ended: Ended) -> Ended:
    if ended.status not in (0, 1):
        raise InputError([f"{' '.join(argv[:2])} does not run here: {ended.output[-500:]}"])
    return ended


def steps(count: int, most: int, shuffle: random.Random) -> list[int]:
    """Return which of ``count`` calls are failed: all, or ``most`` of them, the first and the last included."""
    if count <= most or most < 2:
        return list(range(1, min(count, most) + 1))
    inner = sorted(shuffle.sample(range(2, count), most - 2))
    return [1, *inner, count]


def table(rows: Mapping[tuple[str, str], Row]) -> list[str]:
    """Return the counts as lines: a row for each command and kind of failure, and one for all."""
    total = Row()
    lines = [f"{'command':16s} {'failure':18s} {'tries':>6s} {'wrong':>6s} {'finished':>9s} {'kept':>6s}"]
    for (job, kind), row in rows.items():
        lines.append(_line(job, kind, row))
        for name in vars(row):
            setattr(total, name, getattr(total, name) + getattr(row, name))
    return [*lines, _line("all", "", total)]


def _line(job: str, kind: str, row: Row) -> str:
    told = (f"{row.finished:9d}", f"{row.kept:6d}") if row.finished else (f"{'-':>9s}", f"{'-':>6s}")
    return f"{job:16s} {kind:18s} {row.tried:6d} {row.wrong:6d} {' '.join(told)}"
