"""Takes a model out by every way there is, runs what comes out where it must run, and makes one table of it.

Each conversion and each artifact gets a process of its own; those that compute the same stay alive and take turns, all
of them together with the framework's own inference. Whatever goes wrong costs its own row. Names the worker in an argv
and never imports it, nor any framework.
"""

from __future__ import annotations

import hashlib
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from probes import reasons
from probes.session import interleaving, time_budget
from probes.session.arms import Arm
from probes.session.interleaving import Turns
from probes.session.routing_plan import AS_IS, OWN, Planned, Source, Unknown, add, late, plan
from probes.session.routing_rows import Arrays, absent, begun, compared, named, timed, with_throughput
from probes.session.runner import grade
from probes.session.worker_client import Cancelled, Client, Lost
from probes.session.workers import PATIENCE, Progress
from probes.statistics import ratios, targets
from probes.system import held, machine, process_readings, sample_arrays
from probes.types import Reason, RouteRow, Routes, Status, UserFile

__all__ = ["OWN", "BadData", "Planned", "Source", "Unknown", "measure", "plan"]

DEFAULT = "image_classifier"
"""Workload that is taken out where none is named: stock layers, which every converter knows."""

TURNS = 2.5
"""Seconds that one arm's warming up and turns take, kept free of the budget for each that is loaded."""

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
    targets: Mapping[str, float] | None = None,
    budget: float | None = None,
    threads: str = "one",
    seed: int = 0,
    pythons: Mapping[str, str] | None = None,
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
) -> Routes:
    """Measure routes in one session.

    Args:
        source: what is taken out.
        routes: ids, or ids with a precision ("pytorch-onnx:int8"); None = all. The framework's own inference is always
            taken along.
        targets: name of ``probes.statistics.targets`` -> the number asked for.
        budget: seconds for all of it; what no longer fits is "skipped".
        threads: "one", "all", or a number; of every runtime.
        seed: of weights, data and order.
        pythons: framework or environment -> interpreter that has it.
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

    Returns:
        One row a route and precision, absent ones with their reason. Ctrl-C and ``cancelled`` are no errors.

    Raises:
        Unknown: a route that is none, or a file that nothing here takes.
        BadData: ``data`` cannot be used.
    """
    if data is not None:
        _check_data(data)
    rows = plan(source, routes, pythons=pythons, value=value)
    with held.temporary() as scratch:
        options = _Options(
            source=source,
            threads={"one": 1, "all": process_readings.cores()}.get(threads) or int(threads),
            seed=seed,
            scratch=scratch,
            data=data,
            targets=targets or {},
            same_kind=same_kind,
            budget=budget,
            plants=plants or {},
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
            _bring_all(table, keep)
            _time_all(table)
            while again(table.routes()):
                _renew(table)
                _time_all(table)
        finally:
            table.end()
        return table.routes()


@dataclass(frozen=True)
class _Options:
    """What a session of routes is asked for; see ``measure``."""

    source: Source
    threads: int
    seed: int
    scratch: str
    data: Path | None
    targets: Mapping[str, float]
    same_kind: bool
    budget: float | None
    plants: Mapping[str, Mapping[str, Any]]
    patience: float
    spread: Mapping[str, float]
    progress: Progress
    cancelled: Callable[[], bool]

    def allowed(self, planned: Planned) -> float:
        """Return the seconds one request about a row may take."""
        return max(self.patience, 6 * planned.seconds) if self.patience >= PATIENCE else self.patience


@dataclass
class _Table:
    """A table under way.

    Attributes:
        options: of the session.
        planned: every row to come.
        rows: what each gave so far, by label.
        live: label -> the worker that answers, of rows whose times are to be taken.
        asked: label -> what it was asked to load.
        arrays: framework (or "" for a file as it is) -> weights, samples and reference, as its worker kept them.
        failed: framework -> why it has none.
        reference: what files as they are are compared with: the first one's answers.
        parameters: trainable numbers of the source, where known.
        stopped: why no further row is begun.
        pairs: turns taken of all arms; ``disturbed``: those of them that other load disturbed.
        again: labels whose rows must be measured; the others are taken over.
    """

    options: _Options
    planned: Sequence[Planned]
    resume: Routes | None
    rows: dict[str, RouteRow] = field(default_factory=dict)
    live: dict[str, Client] = field(default_factory=dict)
    asked: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    arrays: dict[str, str] = field(default_factory=dict)
    failed: dict[str, Lost] = field(default_factory=dict)
    reference: Arrays = field(default_factory=dict)
    parameters: int | None = None
    stopped: Reason | None = None
    pairs: int = 0
    disturbed: int = 0

    def __post_init__(self) -> None:
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
        known = {named(row): row for row in old.rows if _finished(row)}
        found = {one.label: known.get(named(begun(one))) for one in self.planned}
        missing = {one.framework for one in self.planned if one.status is None and found[one.label] is None}
        for one in self.planned:
            row = found[one.label]
            # A framework's own inference must be there to hold what is still missing against it.
            if row is not None and not (one.route == OWN and one.framework in missing):
                self.rows[one.label] = replace(row, targets=self._judged(row))
        self.parameters = old.source.get("parameters")

    def _judged(self, row: RouteRow) -> dict[str, str]:
        return targets.judge(self.options.targets, row, self.options.same_kind) if self.options.targets else {}

    def put(self, planned: Planned, row: RouteRow) -> None:
        """Keep a row, judged by the targets."""
        self.rows[planned.label] = replace(row, targets=self._judged(row))

    def left(self) -> float | None:
        """Return the seconds left for a further row, with the turns of those that are loaded taken off."""
        if self.deadline is None:
            return None
        return self.deadline - time.monotonic() - TURNS * len(self.live)

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
            grade=grade(self.pairs, self.disturbed, battery=bool(machine.on_battery())) if timed_any else "D",
            started=self.started,
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            spread=dict(self.options.spread),
        )

    def end(self) -> None:
        """End all workers."""
        for client in self.live.values():
            client.close()
        self.live.clear()


def _finished(row: RouteRow) -> bool:
    """Return whether a row needs no further measurement: it has its times, or failed by itself."""
    if row.status is Status.OK:
        return row.p50_ms is not None
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


# ------------------------------------------------------------------------------- converting, loading, the same answers


def _bring_all(table: _Table, keep: Callable[[Routes], None]) -> None:
    """Convert and load every row that can be, one after the other, and hold its answers against the source's."""
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
    for index, planned in enumerate(table.planned):
        if planned.label in table.rows:
            continue
        if (row := _left_out(table, planned)) is not None:
            table.put(planned, row)
            options.progress({"event": "skipped", "route": planned.label, **_reason_of(row)})
            continue
        options.progress({"event": "start", "route": planned.label, "index": index + 1, "of": len(table.planned)})
        began = time.monotonic()
        try:
            row = _brought(table, planned)
        except Lost as lost:
            row = absent(planned, lost.status, _without_side(lost.reason))
        except (OSError, ValueError, zipfile.BadZipFile) as error:  # a full disk, or half a file on it
            why = getattr(error, "strerror", None) or str(error)
            row = absent(planned, Status.FAILED, Reason("routes-disk", place=options.scratch, why=why))
        except (Cancelled, KeyboardInterrupt):
            table.stopped = Reason("cancelled-rest")
            row = absent(planned, Status.CANCELLED, Reason("cancelled-while"))
        table.put(planned, row)
        if planned.route == OWN and row.status is not Status.OK and planned.framework in table.arrays:
            told = Reason("without-own", framework=planned.framework, reason=reasons.of(row))
            options.progress({**reasons.note(told), "route": planned.label})
        keep(table.routes())
        options.progress(_done(planned, table.rows[planned.label], seconds=time.monotonic() - began))


def _left_out(table: _Table, planned: Planned) -> RouteRow | None:
    """Return the row of what is not begun, None where it is."""
    if planned.status is not None and planned.reason is not None:
        return absent(planned, planned.status, planned.reason)
    if table.stopped is not None or table.options.cancelled():
        table.stopped = table.stopped or Reason("cancelled-before")
        return absent(planned, Status.CANCELLED, Reason("cancelled-before"))
    left = table.left()
    if planned.route not in (OWN, AS_IS) and not time_budget.fits(planned.seconds, left):
        reason = late(table.options.budget or 0.0, left or 0.0, planned.seconds)
        return absent(planned, Status.SKIPPED, reason)
    return None


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


def _brought(table: _Table, planned: Planned) -> RouteRow:
    """Convert, load, compare; the worker of what computes the same stays alive for its turns.

    Raises:
        Lost, Cancelled: from a worker; all that were started for this row have ended.
    """
    row = begun(planned)
    asked: dict[str, Any] = {"as_is": planned.route == AS_IS, "inputs": [], "outputs": [], "layouts": {}, "dtypes": {}}
    if planned.framework:
        _prepared(table, planned)
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
        row = replace(
            row,
            convert_s=converted["seconds"],
            files=converted["files"],
            artifact_bytes=sum(converted["files"].values()),
            settings={**converted["settings"], **({"deprecations": w} if (w := converted["warned"]) else {})},
            versions=converted["versions"],
        )
    try:
        client, row = _loaded(table, planned, row, asked)
    except Lost as lost:  # what was seen of the artifact before stays true
        return replace(row, status=lost.status, **reasons.document(_without_side(lost.reason)))
    if row.status is Status.OK:
        table.live[planned.label], table.asked[planned.label] = client, asked
    else:
        client.close()
    return row


def _renew(table: _Table) -> None:
    """Load what is alive anew, each in a fresh process; what is lost on the way has no times."""
    alive = [one for one in table.planned if one.label in table.live]
    table.end()
    for planned in alive:
        row = replace(table.rows[planned.label], p50_ms=None, p95_ms=None, p99_ms=None, ratio=None, samples={})
        try:
            client, row = _loaded(table, planned, row, table.asked[planned.label])
            table.live[planned.label] = client
        except Lost as lost:
            row = replace(row, status=lost.status, **reasons.document(_without_side(lost.reason)))
        table.put(planned, row)


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
    arm = Arm(planned.label, planned.framework or planned.runtime, planned.python, plant=plant)
    client = Client(arm, settings="default", scratch=options.scratch)
    asked: dict[str, Any] = {"timeout": options.allowed(planned), "cancelled": options.cancelled}
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
        return client.ask(do, timeout=options.allowed(planned), cancelled=options.cancelled, **request)
    except (Lost, KeyboardInterrupt):
        client.end()
        raise


def _prepared(table: _Table, planned: Planned) -> None:
    """Train the source once in a framework, and keep its weights, samples and float64 answers.

    Raises:
        Lost: it cannot; every row of this framework says so.
    """
    framework = planned.framework
    if framework in table.failed:
        raise table.failed[framework]
    if framework in table.arrays:
        return
    path = str(Path(table.options.scratch, f"source-{framework}.npz"))
    plain = replace(planned, route=OWN)
    try:
        client, _ = _started(table, plain, runtime=False)
        answer = _asking(table, plain, client, "prepare", arrays=path)
    except Lost as lost:
        table.failed[framework] = lost
        raise
    client.close()
    table.arrays[framework] = path
    table.parameters = table.parameters or answer["parameters"]


def _converted(table: _Table, planned: Planned, arrays: str) -> dict[str, Any]:
    folder = Path(table.options.scratch, planned.label.replace(" ", "-"))
    folder.mkdir()
    client, facts = _started(table, planned, runtime=False)
    command = add(planned, "")
    asked = {"route": planned.route, "precision": planned.precision, "arrays": arrays, "add": command}
    answer = _asking(table, planned, client, "convert", folder=str(folder), **asked)
    client.close()
    return {**answer, "versions": {**facts["versions"], **answer.get("versions", {})}}


def _loaded(table: _Table, planned: Planned, row: RouteRow, asked: Mapping[str, Any]) -> tuple[Client, RouteRow]:
    """Load in a fresh process, and hold the answers against the reference."""
    client, said = _started(table, planned, runtime=planned.route != OWN)
    try:
        return client, _seen(table, planned, row, said, _asking(table, planned, client, "load", **asked))
    except BaseException:  # nobody else knows of it yet
        client.end()
        raise


def _seen(
    table: _Table, planned: Planned, row: RouteRow, said: Mapping[str, Any], answer: Mapping[str, Any]
) -> RouteRow:
    row = replace(
        row,
        # Building the source anew brings all that training needs, which nobody waits for who only answers.
        load_ms=None if planned.route == OWN and table.options.source.kind != "file" else answer["load_ms"],
        first_ms=answer["first_ms"],
        peak_memory_bytes=answer["peak_memory"],
        versions={**row.versions, **said["versions"]},
    )
    found = _read(answer["arrays"])
    return compared(row, found, _reference(table, planned, found))


def _reference(table: _Table, planned: Planned, found: Arrays) -> Arrays:
    """Return the answers that are right: the source's in float64; for a file alone those of the first that ran it."""
    if planned.framework:
        return {name: array for name, array in _read(table.arrays[planned.framework]).items() if name.startswith("y/")}
    table.reference = table.reference or found
    return table.reference


def _read(path: str) -> Arrays:
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


# ---------------------------------------------------------------------------------------------------------------- turns


def _time_all(table: _Table) -> None:
    """Time in turns all that compute the same, and fill their rows."""
    if not table.live:
        return
    options, taken = table.options, Turns()
    clients = list(table.live.values())
    until = time.monotonic() + TURNS * len(clients) if table.deadline is None else table.deadline
    cancelled = table.stopped is not None

    def dropped(client: Client, lost: Lost) -> None:
        label = client.arm.label
        planned = next(one for one in table.planned if one.label == label)
        reason = Reason("lost-in-turns", reason=_without_side(lost.reason))
        table.put(planned, replace(table.rows[label], status=lost.status, **reasons.document(reason)))
        table.live.pop(label).end()

    try:
        if not cancelled:
            _take(table, clients, taken, until=until, dropped=dropped)
            _throughputs(table, dropped)
    except (Cancelled, KeyboardInterrupt):
        cancelled = True
        table.stopped = Reason("cancelled-rest")
    table.pairs, table.disturbed = len(taken.used), len(taken.disturbed)
    for planned in table.planned:
        if planned.label in table.live:
            _fill(table, planned, taken, cancelled=cancelled)
            options.progress({**_done(planned, table.rows[planned.label], seconds=0.0), "timed": True})


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


def _throughputs(table: _Table, dropped: interleaving.Dropped) -> None:
    """Ask each for a batch, after its turns: what a runtime does with a shape that is new to it may be anything."""
    options = table.options
    for planned in table.planned:
        client = table.live.get(planned.label)
        if client is None:
            continue
        try:
            answer = client.ask("throughput", timeout=max(options.patience, 1.0), cancelled=options.cancelled)
        except Lost as lost:
            options.progress({**reasons.note(lost.reason), "route": planned.label})
            continue
        row = table.rows[planned.label]
        found = with_throughput(row, answer["seconds"], answer.get("batch"), spread=options.spread, seed=options.seed)
        table.put(planned, found)


def _fill(table: _Table, planned: Planned, taken: Turns, *, cancelled: bool) -> None:
    options = table.options
    own = planned.framework if planned.route != OWN and planned.framework in table.live else None
    row = timed(table.rows[planned.label], taken, planned.label, own, spread=options.spread, seed=options.seed)
    if row.p50_ms is None:
        reason = Reason("routes-cancelled") if cancelled else Reason("routes-late", budget=options.budget or 0.0)
        row = replace(row, **reasons.document(reason))
    table.put(planned, row)
