"""Takes a model out by every way there is, runs what comes out where it must run, and makes one table of it.

Each artifact gets a process of its own. Conversions go side by side, because nothing of them is held against anything,
by different routes in one process of their framework; what fails there is tried in a fresh one. What is measured has
the machine to itself: loading one by one, then all that compute the same take turns together with the framework's own
inference. Whatever goes wrong costs its own row. Names the worker in an argv and never imports it, nor any framework.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import shutil
import time
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from probes import reasons, runtimes
from probes.session import interleaving, time_budget
from probes.session.arms import Arm
from probes.session.interleaving import Turns
from probes.session.lanes import Lanes
from probes.session.routing_plan import (
    AS_IS,
    OWN,
    RUN_SECONDS,
    Planned,
    Source,
    Unknown,
    add,
    at_a_time,
    late,
    plan,
    preparing,
    together,
)
from probes.session.routing_rows import (
    FEWEST,
    Arrays,
    absent,
    begun,
    compared,
    named,
    timed,
    with_readings,
    with_throughput,
)
from probes.session.runner import grade
from probes.session.worker_client import Cancelled, Client, Lost
from probes.session.workers import PATIENCE, Progress
from probes.statistics import ratios, targets
from probes.system import array_files, held, machine, process_readings, sample_arrays
from probes.types import Reason, RouteRow, Routes, Status, UserFile

__all__ = ["OWN", "BadData", "Planned", "Source", "Unknown", "measure", "plan", "together"]

DEFAULT = "image_classifier"
"""Workload that is taken out where none is named: stock layers, which every converter knows."""

TURNS = 2.5
"""Seconds that one arm's warming up and turns may take where no budget is given."""

BATCHES = 0.6
"""Seconds that the answers to a batch take, of each arm, after its turns."""

THERE = 0.5
"""Part of a conversion's expected seconds that it takes in a process which has imported its framework."""

LOOKS = (12, 18, 27, 40)
"""Numbers of turns at which the width is looked at: percentiles need more of them than a ratio does."""


class BadData(Exception):
    """The user's samples cannot be used; ``problems`` holds every reason."""

    def __init__(self, problems: Sequence[Reason]) -> None:
        super().__init__("\n".join(map(reasons.text, problems)))
        self.problems = list(problems)


def measure(
    source: Source,
    *,
    routes: Sequence[str] | None = None,
    planned: Sequence[Planned] | None = None,
    targets: Mapping[str, float] | None = None,
    budget: float | None = None,
    threads: str = "one",
    seed: int = 0,
    pythons: Mapping[str, str] | None = None,
    variables: Mapping[str, Mapping[str, str]] | None = None,
    data: Path | None = None,
    same_kind: bool = True,
    value: Mapping[str, float] | None = None,
    selftest: Mapping[str, Any] | None = None,
    plants: Mapping[str, Mapping[str, Any]] | None = None,
    resume: Routes | None = None,
    patience: float = PATIENCE,
    progress: Progress = lambda event: None,
    cancelled: Callable[[], bool] = lambda: False,
    keep: Callable[[Routes], None] = lambda table: None,
    again: Callable[[Routes], bool] = lambda table: False,
    artifacts: Path | None = None,
) -> Routes:
    """Measure routes in one session.

    Args:
        source: what is taken out.
        routes: ids, or ids with a precision ("pytorch-onnx:int8"); None = all. The framework's own inference is always
            taken along.
        planned: what ``plan`` gave for the same source, routes and interpreters, so that it is not made twice; what it
            left out for a budget is begun all the same where it fits.
        targets: name of ``probes.statistics.targets`` -> the number asked for. What hangs on one of them and cannot be
            decided by one process is measured in further ones, as far as the budget goes.
        budget: seconds for all of it; what no longer fits is "skipped".
        threads: "one", "all", or a number; of every runtime.
        seed: of weights, data and order.
        pythons: framework or environment -> interpreter that has it.
        variables: framework -> environment variables that the user passes to what holds its models.
        data: ``.npz`` of the user's samples, the first axis theirs; None = the source's own.
        same_kind: whether this machine is of the kind on which the model must run.
        value: route -> what knowing it is worth; the most worth a second come first.
        selftest: this machine's calibration, as ``self_test.load_calibration`` gives it.
        plants: a row's label -> what is planted in its processes, for tests and the benchmark.
        resume: a table that was left unfinished; rows that have all their figures are taken over.
        patience: seconds a request may take where its route asks for no more.
        progress: told what happens, as events of ``--jsonl``.
        cancelled: asked all the time; True ends the session and keeps what is finished.
        keep: given, after every row, what the table would be had it ended then.
        again: given the table; True has the same artifacts measured once more, in fresh processes.
        artifacts: folder in which what is converted stays, a folder a row, with what its runtime is asked to load in a
            ``.json`` file of the same name and the samples in ``source-FRAMEWORK.npz``; None = nothing stays.

    Returns:
        One row a route and precision, absent ones with their reason. Ctrl-C and ``cancelled`` are no errors.

    Raises:
        Unknown: a route that is none, or a file that nothing here takes.
        BadData: ``data`` cannot be used.
    """
    if data is not None:
        _check_data(data)
    rows = plan(source, routes, pythons=pythons, value=value) if planned is None else list(map(_to_begin, planned))
    with held.temporary() as scratch:
        options = _Options(
            source=source,
            threads={"one": 1, "all": process_readings.cores()}.get(threads) or int(threads),
            seed=seed,
            scratch=scratch,
            artifacts=Path(scratch) if artifacts is None else artifacts,
            data=data,
            targets=targets or {},
            same_kind=same_kind,
            budget=budget,
            plants=plants or {},
            variables=variables or {},
            patience=patience,
            spread={
                "process_sd": (selftest or {}).get("process_sd", ratios.PROCESS_SD),
                "process_df": (selftest or {}).get("process_df", ratios.PROCESS_DF),
            },
            progress=progress,
            cancelled=cancelled,
        )
        table = _Table(options, rows, resume)
        try:
            _prepare_all(table, keep)
            _load_all(table, keep)
            _time_all(table)
            _repeat(table, keep)
            while again(table.routes()):
                _renew(table)
                _time_all(table)
                _repeat(table, keep)
            return table.routes()
        finally:
            table.close()


@dataclass(frozen=True)
class _Options:
    """What a session of routes is asked for; see ``measure``."""

    source: Source
    threads: int
    seed: int
    scratch: str
    artifacts: Path
    data: Path | None
    targets: Mapping[str, float]
    same_kind: bool
    budget: float | None
    plants: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, Mapping[str, str]]
    patience: float
    spread: Mapping[str, float]
    progress: Progress
    cancelled: Callable[[], bool]

    def allowed(self, planned: Planned) -> float:
        """Return the seconds one request about a row may take."""
        return max(self.patience, 6 * planned.seconds) if self.patience >= PATIENCE else self.patience


def _to_begin(planned: Planned) -> Planned:
    """Return a row as it stands before any budget: what others really took decides whether it fits."""
    return replace(planned, status=None, reason=None) if planned.status is Status.SKIPPED else planned


@dataclass
class _Process:
    """What one fresh process of a row gave.

    Attributes:
        taken: the turns that it took, beside others.
        read: what it read of itself, by ``routing_rows.READ``.
        batch: seconds of answers to a batch of ``size`` samples; none where it gave none.
    """

    taken: Turns
    read: Mapping[str, float | None]
    batch: Sequence[float] = ()
    size: int = 0

    def like(self, first: _Process, label: str) -> bool:
        """Return whether it has all that the first process has, so that it counts."""
        return len(self.taken.seconds.get(label, [])) >= FEWEST and self.size == first.size


@dataclass(frozen=True)
class _Prepared:
    """A row whose process is up and has the artifact beside it: what is left to do wants the machine to itself.

    Attributes:
        client: the process. said: what it says of itself.
        row: so far. asked: what it is going to load.
        seconds: that it took to start.
    """

    client: Client
    said: Mapping[str, Any]
    row: RouteRow
    asked: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True)
class _Workshop:
    """A process that holds a framework and converts by several routes, each once: converters count what they name.

    Attributes:
        client: the process. facts: what its framework says of itself.
        done: routes that it has converted by.
    """

    client: Client
    facts: Mapping[str, Any]
    done: set[str] = field(default_factory=set)

    def takes(self, planned: Planned) -> bool:
        """Return whether it holds a row's framework, and has not converted by its route."""
        here = self.client.arm.framework, self.client.arm.python
        return here == (planned.framework, planned.python) and planned.route not in {OWN, AS_IS, *self.done}


@dataclass(frozen=True)
class _Made:
    """What came of preparing a row, and the seconds that it took."""

    planned: Planned
    found: _Prepared | RouteRow
    seconds: float


@dataclass
class _Table:
    """A table under way.

    Attributes:
        options: of the session.
        planned: every row to come.
        rows: what each gave so far, by label.
        prepared: label -> what is to be loaded, and the seconds that preparing it took.
        workshops: processes that may convert by further routes.
        live: label -> the worker that answers, of rows whose times are to be taken.
        asked: label -> what it was asked to load.
        read: label -> what its last process read of itself, by ``routing_rows.READ``.
        loading: label -> seconds that starting and loading it took.
        processes: label -> its fresh processes, of which the first took its turns beside all others.
        arrays: framework (or "" for a file as it is) -> weights, samples and reference, as its worker kept them.
        failed: framework -> why it has none.
        reference: what files as they are are compared with: the first one's answers.
        parameters: trainable numbers of the source, where known.
        stopped: why no further row is begun.
        pairs: turns taken of all arms; ``disturbed``: those of them that other load disturbed.
        earlier: the grade of the table from which rows were taken over.
        wanted: label -> seconds that preparing a row is expected to take.
        expected, spent: seconds that the preparations which have ended were expected to take, and did.
    """

    options: _Options
    planned: Sequence[Planned]
    resume: Routes | None
    rows: dict[str, RouteRow] = field(default_factory=dict)
    prepared: dict[str, tuple[_Prepared, float]] = field(default_factory=dict)
    workshops: list[_Workshop] = field(default_factory=list)
    live: dict[str, Client] = field(default_factory=dict)
    asked: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    read: dict[str, Mapping[str, float | None]] = field(default_factory=dict)
    loading: dict[str, float] = field(default_factory=dict)
    processes: dict[str, list[_Process]] = field(default_factory=dict)
    arrays: dict[str, str] = field(default_factory=dict)
    failed: dict[str, Lost] = field(default_factory=dict)
    reference: Arrays = field(default_factory=dict)
    parameters: int | None = None
    stopped: Reason | None = None
    pairs: int = 0
    disturbed: int = 0
    wanted: dict[str, float] = field(default_factory=dict)
    expected: float = 0.0
    spent: float = 0.0
    earlier: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.lanes: Lanes[_Made] = Lanes(at_a_time())
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self.began = time.monotonic()
        self.deadline = None if self.options.budget is None else self.began + self.options.budget
        self._take_over()

    def _take_over(self) -> None:
        """Keep the finished rows of an earlier table, where it is of the same source on this machine."""
        old = self.resume
        if old is None or (old.source, old.threads, old.seed) != (
            _described(self.options, old.source.get("parameters")),
            self.options.threads,
            self.options.seed,
        ):
            return
        known = {named(row): row for row in old.rows if _finished(row, self.options.targets)}
        found = {one.label: known.get(named(begun(one))) for one in self.planned}
        missing = {one.framework for one in self.planned if one.status is None and found[one.label] is None}
        for one in self.planned:
            row = found[one.label]
            # A framework's own inference must be there to hold what is still missing against it.
            if row is not None and not (one.route == OWN and one.framework in missing):
                self.rows[one.label] = replace(row, targets=self._judged(row))
                self.earlier = (old.grade,)
        self.parameters = old.source.get("parameters")

    def _judged(self, row: RouteRow) -> dict[str, str]:
        return targets.judge(self.options.targets, row, self.options.same_kind) if self.options.targets else {}

    def put(self, planned: Planned, row: RouteRow) -> None:
        """Keep a row, judged by the targets."""
        self.rows[planned.label] = replace(row, targets=self._judged(row))

    def ended(self) -> bool:
        """Return whether nothing further is wanted."""
        return self.stopped is not None or self.options.cancelled()

    def pace(self) -> float:
        """Return how many times as long as expected a preparation takes here today, from those that have ended."""
        return self.spent / self.expected if self.expected else 1.0

    def left(self, working: int) -> float | None:
        """Return the seconds left to prepare a further row, with what it and the others are loaded and timed in off.

        Args:
            working: rows that are being prepared.
        """
        if self.deadline is None:
            return None
        return self.deadline - time.monotonic() - RUN_SECONDS * (len(self.prepared) + working + 1)

    def _grade(self) -> str:
        """Return the grade of the turns, and no better one than that of the rows that were taken over."""
        taken = [grade(self.pairs, self.disturbed, battery=bool(machine.on_battery()))] if self.pairs else []
        return max([*taken, *self.earlier], default="D")

    def routes(self) -> Routes:
        """Return the table as it would be, had it ended now."""
        rows = [
            self.rows.get(one.label) or absent(one, Status.CANCELLED, Reason("cancelled-before"))
            for one in self.planned
        ]
        timed_any = any(row.p50_ms is not None for row in rows)
        return Routes(
            machine=machine.fingerprint(),
            source=_described(self.options, self.parameters),
            targets=dict(self.options.targets),
            rows=tuple(rows),
            threads=self.options.threads,
            seed=self.options.seed,
            grade=self._grade() if timed_any else "D",
            started=self.started,
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            spread=dict(self.options.spread),
        )

    def end(self) -> None:
        """End all workers."""
        for client in self.live.values():
            client.end() if self.ended() else client.close()
        for prepared, _ in self.prepared.values():
            prepared.client.end()
        self.live.clear()
        self.prepared.clear()
        self.shut()

    def shut(self) -> None:
        """End the workshops: what comes next has the machine to itself."""
        while self.workshops:
            self.workshops.pop().client.end()

    def workshop(self, planned: Planned) -> _Workshop | None:
        """Remove and return a process that can convert a row and is at no work; None where there is none."""
        for found in list(self.workshops):
            if found.takes(planned):
                with contextlib.suppress(ValueError):  # another lane was quicker
                    self.workshops.remove(found)
                    return found
        return None

    def close(self) -> None:
        """End all workers, those with them that are still being prepared, and the lanes."""
        if self.lanes.working:
            self.stopped = Reason("cancelled-rest")
        while self.lanes.working:
            with contextlib.suppress(Exception):  # the first one is on its way already
                if isinstance(found := self.lanes.take().found, _Prepared):
                    found.client.end()
        self.end()
        self.lanes.end()


def _finished(row: RouteRow, asked: Mapping[str, float]) -> bool:
    """Return whether a row needs no further measurement: it has all that was asked for, or failed by itself."""
    if row.status is Status.OK:
        return row.p50_ms is not None and not targets.undecided(asked, row)
    return row.status in (Status.NOT_SUPPORTED, Status.NOT_COMPARABLE)


def _described(options: _Options, parameters: Any) -> dict[str, Any]:
    source = options.source
    found: dict[str, Any] = {"kind": source.kind, "name": source.name, "parameters": parameters}
    if isinstance(source.file, UserFile):
        found["sha256"] = hashlib.sha256(source.file.text.encode()).hexdigest()
    elif source.file is not None:
        found["sha256"] = _digest(source.file)
    return found


def _digest(path: Path) -> str:
    """Return the digest of a file, or of every file of a folder with its name."""
    whole = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            whole.update(str(file.relative_to(path)).encode() if path.is_dir() else b"")
            with file.open("rb") as opened:
                whole.update(hashlib.file_digest(opened, "sha256").digest())
    return whole.hexdigest()


def _check_data(path: Path) -> None:
    """Read the user's samples once, so that what is wrong with them is said before anything begins.

    Raises:
        BadData: with every problem.
    """
    if problems := sample_arrays.problems(path):
        raise BadData(problems)


# ---------------------------------------------------------------------------------------- converting: nothing is timed


def _prepare_all(table: _Table, keep: Callable[[Routes], None]) -> None:
    """Convert what can be, some side by side, and start what is going to answer."""
    options = table.options
    options.progress(
        {
            "event": "plan",
            "budget": options.budget,
            "routes": [
                {"id": one.label, "seconds": one.seconds, "status": one.status and one.status.value}
                for one in table.planned
            ],
        }
    )
    waiting = [one for one in table.planned if one.label not in table.rows]
    working: dict[str, Planned] = {}
    while waiting or working:
        try:
            while table.lanes.free() and (planned := _next(table, waiting, working.values(), keep)):
                working[planned.label] = planned
                table.lanes.begin(functools.partial(_prepared, table, planned))
            if working:
                made = table.lanes.take()
                del working[made.planned.label]
                _keep_prepared(table, made, keep)
        except KeyboardInterrupt:
            table.stopped = Reason("cancelled-rest")
    table.shut()


def _next(
    table: _Table,
    waiting: list[Planned],
    working: Collection[Planned],
    keep: Callable[[Routes], None],
) -> Planned | None:
    """Remove and return the first row that can be prepared now out of those that wait; None where there is none.

    While a framework trains the source, its other rows wait; while its process converts, those of others come first.
    What is left out gets its row here.
    """
    busy = {one.framework for one in working if one.framework and one.framework not in table.arrays}
    for planned in sorted(waiting, key=lambda one: one.framework in {other.framework for other in working}):
        if planned.framework in busy:
            continue
        waiting.remove(planned)
        if (row := _left_out(table, planned, working=len(working))) is None:
            number = next(i for i, one in enumerate(table.planned, start=1) if one is planned)
            table.options.progress(
                {"event": "start", "route": planned.label, "index": number, "of": len(table.planned)}
            )
            return planned
        table.put(planned, row)
        keep(table.routes())
        table.options.progress({"event": "skipped", "route": planned.label, **_reason_of(row)})
    return None


def _left_out(table: _Table, planned: Planned, *, working: int) -> RouteRow | None:
    """Return the row of what is not begun, None where it is."""
    if planned.status is not None and planned.reason is not None:
        return absent(planned, planned.status, planned.reason)
    if table.ended():
        table.stopped = table.stopped or Reason("cancelled-before")
        return absent(planned, Status.CANCELLED, Reason("cancelled-before"))
    there = any(shop.takes(planned) for shop in table.workshops)
    table.wanted[planned.label] = preparing(planned) * (THERE if there else 1.0)
    left, wanted = table.left(working), table.pace() * table.wanted[planned.label]
    if planned.route not in (OWN, AS_IS) and not time_budget.fits(wanted, left):
        return absent(planned, Status.SKIPPED, late(table.options.budget or 0.0, left or 0.0, wanted + RUN_SECONDS))
    return None


def _prepared(table: _Table, planned: Planned) -> _Made:
    """Convert, and start the process that is going to answer; the row where there is nothing to be loaded."""
    began = time.monotonic()
    found: _Prepared | RouteRow
    try:
        found = _converted_row(table, planned)
    except Lost as lost:
        found = absent(planned, lost.status, _without_side(lost.reason))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        found = _without_disk(table, planned, error)
    except Cancelled:
        found = absent(planned, Status.CANCELLED, Reason("cancelled-while"))
    return _Made(planned, found, time.monotonic() - began)


def _without_disk(table: _Table, planned: Planned, error: Exception) -> RouteRow:
    """Return the row of what came upon a full disk, or half a file on it."""
    why = getattr(error, "strerror", None) or str(error)
    return absent(planned, Status.FAILED, Reason("routes-disk", place=table.options.scratch, why=why))


def _keep_prepared(table: _Table, made: _Made, keep: Callable[[Routes], None]) -> None:
    if isinstance(made.found, _Prepared):
        table.prepared[made.planned.label] = made.found, made.seconds
        table.expected += table.wanted[made.planned.label]
        table.spent += made.seconds
    else:
        _settled(table, made.planned, made.found, keep, seconds=made.seconds)


def _settled(table: _Table, planned: Planned, row: RouteRow, keep: Callable[[Routes], None], *, seconds: float) -> None:
    """Keep a row that is as it stays until the turns, and tell of it."""
    if row.status is Status.CANCELLED:
        table.stopped = table.stopped or Reason("cancelled-rest")
    table.put(planned, row)
    lost = row.status not in (Status.OK, Status.CANCELLED)
    if planned.route == OWN and lost and planned.framework in table.arrays:
        told = Reason("without-own", framework=planned.framework, reason=reasons.of(row))
        table.options.progress({**reasons.note(told), "route": planned.label})
    keep(table.routes())
    table.options.progress(_done(planned, table.rows[planned.label], seconds=seconds))


def _reason_of(row: RouteRow) -> dict[str, Any]:
    return {"reason": row.reason, "reason_code": row.reason_code, "reason_params": row.reason_params}


def _without_side(reason: Reason) -> Reason:
    """Return a reason without the name of its own row before it."""
    inner = reason.params.get("reason")
    return inner if reason.code == "side" and isinstance(inner, Reason) else reason


def _done(planned: Planned, row: RouteRow, *, seconds: float) -> dict[str, Any]:
    found: dict[str, Any] = {"event": "done", "route": planned.label, "status": row.status.value, **_reason_of(row)}
    found.update(seconds=seconds, artifact_bytes=row.artifact_bytes, load_ms=row.load_ms, first_ms=row.first_ms)
    if row.p50_ms is not None:
        found.update(p50_ms=row.p50_ms.value, p95_ms=row.p95_ms and row.p95_ms.value, targets=dict(row.targets))
    return found


def _converted_row(table: _Table, planned: Planned) -> _Prepared | RouteRow:
    """Convert, and start the process that is going to answer.

    Raises:
        Lost, Cancelled: from a worker; all that were started for this row have ended.
    """
    row = begun(planned)
    asked: dict[str, Any] = {"as_is": planned.route == AS_IS, "inputs": [], "outputs": [], "layouts": {}, "dtypes": {}}
    if planned.framework:
        _train(table, planned)
    asked["arrays"] = table.arrays.get(planned.framework) or str(Path(table.options.scratch, "as-is.npz"))
    if planned.route == AS_IS:
        file = table.options.source.file
        assert isinstance(file, Path)
        asked["main"] = str(file.resolve())
        row = replace(row, **_sizes({"": file} if file.is_file() else {}, file))
    elif planned.route != OWN:
        converted = _converted(table, planned, asked["arrays"])
        if converted["refused"]:
            return _refused(planned, converted)
        if not converted["there"]:
            return absent(planned, Status.FAILED, Reason("no-artifact"))
        asked.update({key: converted[key] for key in ("main", "inputs", "outputs", "layouts", "dtypes")})
        (table.options.artifacts / f"{_folder(planned)}.json").write_text(json.dumps(asked))
        row = replace(
            row,
            convert_s=converted["seconds"],
            files=converted["files"],
            artifact_bytes=sum(converted["files"].values()),
            settings={**converted["settings"], **({"deprecations": w} if (w := converted["warned"]) else {})},
            versions=converted["versions"],
        )
    try:
        return _fresh(table, planned, row, asked)
    except Lost as lost:  # what was seen of the artifact before stays true
        return replace(row, status=lost.status, **reasons.document(_without_side(lost.reason)))


# ------------------------------------------------------------------------------- loading: one by one, the same answers


def _load_all(table: _Table, keep: Callable[[Routes], None]) -> None:
    """Load what was prepared, one after the other, and hold its answers against the source's."""
    for planned in table.planned:
        if planned.label not in table.prepared:
            continue
        prepared, seconds = table.prepared.pop(planned.label)
        began = time.monotonic()
        row = _brought(table, planned, prepared)
        _settled(table, planned, row, keep, seconds=seconds + time.monotonic() - began)


def _brought(table: _Table, planned: Planned, prepared: _Prepared) -> RouteRow:
    """Load and compare; the worker of what computes the same stays alive for its turns."""
    try:
        if table.ended():
            prepared.client.end()
            raise Cancelled
        row = _loaded(table, planned, prepared)
    except Lost as lost:  # what was seen of the artifact before stays true
        return replace(prepared.row, status=lost.status, **reasons.document(_without_side(lost.reason)))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        return _without_disk(table, planned, error)
    except (Cancelled, KeyboardInterrupt):
        table.stopped = Reason("cancelled-rest")
        return absent(planned, Status.CANCELLED, Reason("cancelled-while"))
    if row.status is Status.OK:
        table.live[planned.label], table.asked[planned.label] = prepared.client, prepared.asked
    else:
        prepared.client.close()
    return row


def _alive(table: _Table) -> list[Planned]:
    """Return the rows that were loaded here and gave no reason to stop."""
    return [one for one in table.planned if one.label in table.asked and table.rows[one.label].status is Status.OK]


def _renew(table: _Table) -> None:
    """Load all that works anew, each in a fresh process, as if nothing of it had been timed."""
    alive = _alive(table)
    table.end()
    table.pairs = table.disturbed = 0
    for planned in alive:
        row = _untimed(table.rows[planned.label])
        try:
            prepared = _fresh(table, planned, row, table.asked[planned.label])
            row = _loaded(table, planned, prepared)
            table.live[planned.label] = prepared.client
        except Lost as lost:
            row = replace(row, status=lost.status, **reasons.document(_without_side(lost.reason)))
        table.put(planned, row)


def _untimed(row: RouteRow) -> RouteRow:
    """Return a row without what fresh processes are timed for."""
    times: dict[str, Any] = dict.fromkeys(
        ("p50_ms", "p95_ms", "p99_ms", "ratio", "throughput_per_s", "throughput_batch")
    )
    return replace(row, **times, samples={}, processes=1, bounds={})


def _sizes(found: Mapping[str, Path], place: Path) -> dict[str, Any]:
    files = {place.name: place} if found else {str(p.relative_to(place)): p for p in place.rglob("*") if p.is_file()}
    sizes = {name: path.stat().st_size for name, path in files.items()}
    return {"files": sizes, "artifact_bytes": sum(sizes.values())}


def _refused(planned: Planned, converted: Mapping[str, Any]) -> RouteRow:
    operators, said = converted["refused"], converted["said"]
    reason = (
        Reason("operators-refused-said", operators=operators, said=said)
        if said
        else Reason("operators-refused", operators=operators)
    )
    return absent(planned, Status.NOT_SUPPORTED, reason, refused=tuple(operators))


def _request(table: _Table, planned: Planned) -> dict[str, Any]:
    """Return what every request about the source carries."""
    options, source = table.options, table.options.source
    return {
        "workload": source.name if source.kind == "workload" else "",
        "workload_file": source.file if isinstance(source.file, UserFile) else None,
        "file": str(source.file.resolve()) if isinstance(source.file, Path) else "",
        "size": source.size,
        "mode": "eager",
        "seed": options.seed,
        "scratch": options.scratch,
        "data": str(options.data.resolve()) if options.data else "",
        "framework": planned.framework,
    }


def _started(table: _Table, planned: Planned, *, runtime: bool) -> tuple[Client, dict[str, Any]]:
    """Start a worker with the framework, or with the runtime alone, and return it with what it says of itself."""
    options = table.options
    plant = dict(options.plants.get(planned.label, {}))
    variables = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), options.scratch)  # a converter that is ended clears nothing up
    variables |= getattr(runtimes.runtime(planned.runtime), "VARIABLES", {})
    variables |= {"NODE_PATH": planned.packages} if planned.packages else {}
    variables |= options.variables.get(planned.framework, {})
    arm = Arm(planned.label, planned.framework or planned.runtime, planned.python, plant=plant, variables=variables)
    client = Client(arm, settings="default", scratch=options.scratch)
    asked: dict[str, Any] = {"timeout": options.allowed(planned), "cancelled": table.ended}
    configured: dict[str, Any] = {"framework": arm.framework, "threads": options.threads, "plant": plant}
    try:
        if runtime:
            return client, client.ask("runtime", **asked, **configured, runtime=planned.runtime)
        client.ask("hello", **asked, **configured, settings="default")
        return client, client.ask("use", **asked, kind="cpu")["facts"]
    except (Lost, KeyboardInterrupt):
        client.end()
        raise


def _asking(table: _Table, planned: Planned, client: Client, do: str, **more: Any) -> dict[str, Any]:
    """Ask a worker about a row; it is ended where it is lost."""
    options = table.options
    request = {**_request(table, planned), **more}
    try:
        return client.ask(do, timeout=options.allowed(planned), cancelled=table.ended, **request)
    except (Lost, KeyboardInterrupt):
        client.end()
        raise


def _train(table: _Table, planned: Planned) -> None:
    """Train the source once in a framework, and keep its weights, samples and float64 answers.

    Raises:
        Lost: it cannot; every row of this framework says so.
    """
    framework = planned.framework
    if framework in table.failed:
        raise table.failed[framework]
    if framework in table.arrays:
        return
    path = str(table.options.artifacts / f"source-{framework}.npz")
    plain = replace(planned, route=OWN)
    try:
        client, facts = _started(table, plain, runtime=False)
        answer = _asking(table, plain, client, "prepare", arrays=path)
    except Lost as lost:
        table.failed[framework] = lost
        raise
    _kept_open(table, plain, _Workshop(client, facts))
    table.parameters = table.parameters or answer["parameters"]
    table.arrays[framework] = path


def _kept_open(table: _Table, planned: Planned, shop: _Workshop) -> None:
    """Keep a process for what else its framework converts; one with something planted ends with its row.

    It is ended, not asked to end: what it made is on the disk, and a framework takes seconds to go by itself.
    """
    if table.options.plants.get(planned.label):
        shop.client.end()
    else:
        table.workshops.append(shop)


def _folder(planned: Planned) -> str:
    return planned.label.replace(" ", "-")


def _converted(table: _Table, planned: Planned, arrays: str) -> dict[str, Any]:
    """Convert in a process that holds the framework already; whatever fails there is tried in a fresh one.

    Raises:
        Lost: from a fresh process; or from any, that the route cannot be had here.
    """
    shop = None if table.options.plants.get(planned.label) else table.workshop(planned)
    if shop is not None:
        try:
            return _converted_in(table, planned, arrays, shop)
        except Lost as lost:
            if lost.status in (Status.NOT_INSTALLED, Status.NOT_SUPPORTED):
                raise
    return _converted_in(table, planned, arrays, _Workshop(*_started(table, planned, runtime=False)))


def _converted_in(table: _Table, planned: Planned, arrays: str, shop: _Workshop) -> dict[str, Any]:
    folder = table.options.artifacts / _folder(planned)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    command = add(planned, "")
    asked = {"route": planned.route, "precision": planned.precision, "arrays": arrays, "add": command}
    answer = _asking(table, planned, shop.client, "convert", folder=str(folder), **asked)
    shop.done.add(planned.route)
    _kept_open(table, planned, shop)
    return {**answer, "versions": {**shop.facts["versions"], **answer.get("versions", {})}}


def _fresh(table: _Table, planned: Planned, row: RouteRow, asked: Mapping[str, Any]) -> _Prepared:
    """Start the process that is going to answer.

    Raises:
        Lost: it does not start.
    """
    began = time.monotonic()
    client, said = _started(table, planned, runtime=planned.route != OWN)
    return _Prepared(client, said, row, asked, time.monotonic() - began)


def _load(table: _Table, planned: Planned, prepared: _Prepared, *, answers: bool) -> dict[str, Any]:
    """Load in a fresh process, and keep what it reads of itself; it answers the test data where asked to."""
    began = time.monotonic()
    answer = _asking(table, planned, prepared.client, "load", **prepared.asked, answers=answers)
    table.loading[planned.label] = prepared.seconds + time.monotonic() - began
    table.read[planned.label] = {
        # Building the source anew brings all that training needs, which nobody waits for who only answers.
        "load_ms": None if planned.route == OWN and table.options.source.kind != "file" else answer["load_ms"],
        "first_ms": answer["first_ms"],
        "peak_memory_bytes": answer["peak_memory"],
    }
    return answer


def _loaded(table: _Table, planned: Planned, prepared: _Prepared) -> RouteRow:
    """Compare what a fresh process answers with the reference; it is ended where that cannot be."""
    row = prepared.row
    try:
        answer = _load(table, planned, prepared, answers=True)
        read: Mapping[str, Any] = table.read[planned.label]
        row = replace(
            row,
            **read,
            settings={**row.settings, **answer["settings"]},
            versions={**row.versions, **prepared.said["versions"]},
        )
        found = array_files.read(answer["arrays"])
        return compared(row, found, _reference(table, planned, found))
    except BaseException:  # nobody else knows of it any more
        prepared.client.end()
        raise


def _reference(table: _Table, planned: Planned, found: Arrays) -> Arrays:
    """Return the answers that are right: the source's in float64; for a file alone those of the first that ran it."""
    if planned.framework:
        return {
            name: array
            for name, array in array_files.read(table.arrays[planned.framework]).items()
            if name.startswith("y/")
        }
    table.reference = table.reference or found
    return table.reference


# ---------------------------------------------------------------------------------------------------------------- turns


def _time_all(table: _Table) -> None:
    """Time in turns all that compute the same, and fill their rows."""
    if not table.live:
        return
    alive = list(table.live)
    table.processes = {label: [] for label in alive}
    until = time.monotonic() + TURNS * len(alive) if table.deadline is None else table.deadline - BATCHES * len(alive)
    _take_turns(table, until=until)
    for planned in table.planned:
        if planned.label in table.live:
            _fill(table, planned)
            table.options.progress({**_done(planned, table.rows[planned.label], seconds=0.0), "timed": True})


def _repeat(table: _Table, keep: Callable[[Routes], None]) -> None:
    """Measure in further fresh processes what a target hangs on and one process cannot decide.

    What is measured so is chosen before any of it is, and all of it as often: looking again after every process until
    the answer is a welcome one would make it welcome too often.
    """
    repeated = [] if table.stopped else _affordable(table)
    if not repeated:
        return
    keep(table.routes())
    table.end()
    for number in range(2, targets.ENOUGH + 1):
        repeated = [one for one in repeated if table.rows[one.label].status is Status.OK]
        labels = [one.label for one in repeated]
        table.options.progress({"event": "again", "process": number, "of": targets.ENOUGH, "routes": labels})
        try:
            if table.ended():  # what answers at once is never waited for, and so never asked whether it is still wanted
                raise Cancelled
            _load_once_more(table, repeated)
        except (Cancelled, KeyboardInterrupt):
            table.stopped = Reason("cancelled-rest")
        _take_turns(table, until=time.monotonic() + TURNS * len(repeated))
        table.end()
        if table.stopped is not None or (table.deadline is not None and time.monotonic() > table.deadline):
            break
    for planned in repeated:
        if table.rows[planned.label].status is Status.OK:
            _fill(table, planned)
            table.options.progress({**_done(planned, table.rows[planned.label], seconds=0.0), "timed": True})


def _affordable(table: _Table) -> list[Planned]:
    """Return the rows that a target leaves open and whose further processes fit into what is left: routes first."""
    left = None if table.deadline is None else table.deadline - time.monotonic()
    found = []
    for planned in sorted(_alive(table), key=lambda one: one.route == OWN):
        row = table.rows[planned.label]
        seconds = (targets.ENOUGH - 1) * (table.loading[planned.label] + TURNS)
        if row.p50_ms is None or not targets.undecided(table.options.targets, row):
            continue
        if not time_budget.fits(seconds, left):
            reason = late(table.options.budget or 0.0, left or 0.0, seconds)
            told = Reason("too-few-processes", of=targets.ENOUGH, reason=reason)
            table.options.progress({**reasons.note(told), "route": planned.label})
            continue
        left = None if left is None else left - seconds
        found.append(planned)
    return found


def _load_once_more(table: _Table, rows: Sequence[Planned]) -> None:
    """Load each in a fresh process; what is lost on the way has no times, as it does not always work."""
    for planned in rows:
        try:
            prepared = _fresh(table, planned, table.rows[planned.label], table.asked[planned.label])
            _load(table, planned, prepared, answers=False)
            table.live[planned.label] = prepared.client
        except Lost as lost:
            _lose(table, planned, Reason("lost-again", reason=_without_side(lost.reason)), lost.status)


def _lose(table: _Table, planned: Planned, reason: Reason, status: Status) -> None:
    table.put(planned, replace(_untimed(table.rows[planned.label]), status=status, **reasons.document(reason)))


def _take_turns(table: _Table, *, until: float) -> None:
    """Time turns and a batch of all that are loaded; each has one process more then."""
    clients, taken = list(table.live.values()), Turns()

    def dropped(client: Client, lost: Lost) -> None:
        label = client.arm.label
        planned = next(one for one in table.planned if one.label == label)
        _lose(table, planned, Reason("lost-in-turns", reason=_without_side(lost.reason)), lost.status)
        table.live.pop(label).end()

    made = {label: _Process(taken, table.read[label]) for label in table.live}
    try:
        if table.stopped is None:
            _take(table, clients, taken, until=until, dropped=dropped)
            _throughputs(table, made)
    except (Cancelled, KeyboardInterrupt):
        table.stopped = Reason("cancelled-rest")
    table.pairs, table.disturbed = table.pairs + len(taken.used), table.disturbed + len(taken.disturbed)
    for label in table.live:
        processes = table.processes[label]
        if not processes or made[label].like(processes[0], label):
            processes.append(made[label])


def _take(
    table: _Table, clients: Sequence[Client], taken: Turns, *, until: float, dropped: interleaving.Dropped
) -> None:
    options = table.options
    try:
        interleaving.take(
            clients,
            until=until,
            timeout=max(options.patience, 1.0),
            cancelled=options.cancelled,
            warm_budget=interleaving.WARM if table.deadline is None else interleaving.WARM / 4,
            looks=LOOKS,
            progress=lambda event: options.progress({"event": "turns", "of": len(clients), **event}),
            partial=taken,
            single=True,
            dropped=dropped,
        )
    except interleaving.ClocksJump:
        for client in clients:
            if client.arm.label in table.live:
                dropped(client, Lost(Status.FAILED, Reason("clocks-jump"), alive=True))
    for label, settled in taken.steady.items():
        if not settled:
            options.progress({**reasons.note(Reason("not-steady", side=label)), "route": label})


def _throughputs(table: _Table, made: Mapping[str, _Process]) -> None:
    """Ask each for a batch, after its turns: what a runtime does with a shape that is new to it may be anything."""
    options = table.options
    for label, client in table.live.items():
        try:
            answer = client.ask("throughput", timeout=max(options.patience, 1.0), cancelled=options.cancelled)
        except Lost as lost:
            options.progress({**reasons.note(lost.reason), "route": label})
            continue
        made[label].batch, made[label].size = answer["seconds"], answer["batch"]


def _fill(table: _Table, planned: Planned) -> None:
    """Make a row's figures from its processes."""
    options, label = table.options, planned.label
    first, *further = table.processes[label]
    own = planned.framework if planned.route != OWN and planned.framework in first.taken.seconds else None
    known: dict[str, Any] = {"spread": options.spread, "seed": options.seed}
    row = timed(table.rows[label], first.taken, label, own, **known, further=[one.taken for one in further])
    if row.p50_ms is None:
        reason = Reason("routes-cancelled") if table.stopped else Reason("routes-late", budget=options.budget or 0.0)
        row = replace(row, **reasons.document(reason))
    elif first.size:
        row = with_throughput(row, [one.batch for one in (first, *further)], first.size, **known)
    table.put(planned, with_readings(row, [one.read for one in (first, *further)]))
