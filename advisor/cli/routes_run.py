"""What ``framework-advisor routes run`` does: checks what was asked for, measures with the progress told, and ends."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.cli import inputs, output, routes_shown
from probes import backends, command, environments, reasons
from probes.environments import folders
from probes.session import outcome, routing
from probes.session.routing import Planned, Source
from probes.system import exit_status, logs, sample_arrays, signals
from probes.types import Status
from probes.user_model import reading

if TYPE_CHECKING:
    from probes.types import Routes

DEFAULT = Source("workload", routing.DEFAULT)
"""What is taken out where the user names nothing."""

_BEGINS: Mapping[str, Callable[[Path], bool]] = {
    ".tflite": lambda path: _bytes(path)[4:8] == b"TFL3",
    ".keras": zipfile.is_zipfile,
    ".pt2": zipfile.is_zipfile,
    ".onnx": lambda path: _bytes(path)[:1] == b"\x08",  # ir_version, the first field of ModelProto
}
"""Ending -> whether a file begins, or is packed, as such a file is."""


@dataclass(frozen=True)
class Request:
    """A checked request; most fields are arguments of ``routing.measure``.

    Attributes:
        planned: every row to come, with those that a budget is likely to leave out.
        resumed: the file that ``resume`` was read from.
        part: of the budget that the user gave, which ``budget`` is.
    """

    source: Source
    planned: Sequence[Planned]
    targets: Mapping[str, float]
    budget: float | None
    threads: str
    seed: int
    pythons: Mapping[str, str]
    data: Path | None
    resume: Routes | None
    resumed: str | None
    target: str
    jsonl: bool
    variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    part: float = 1.0


def read(
    *,
    workload: str | None,
    file: str | None,
    data: str | None,
    targets: Sequence[str],
    names: Sequence[str],
    budget: float | None,
    threads: str,
    random_seed: int,
    pythons: Sequence[str],
    resume: str | None,
    target: str,
    jsonl: bool,
    lang: str,
) -> Request:
    """Check what was given, before minutes are spent.

    Raises:
        InputError: with every problem found.
    """
    from advisor.errors import InputError

    source, problems = _source(workload, file)
    given, wrong = command.parse_pythons(pythons, (*backends.frameworks(), *environments.ENVIRONMENTS))
    interpreters = {**folders.interpreters(), **given}
    asked, unread = _targets(targets)
    samples = None if data is None else Path(data)
    problems += wrong + unread
    if samples is not None:
        problems += [f"--data {reasons.text(reason, lang)}" for reason in sample_arrays.problems(samples)]
    problems += command.wrong_threads(threads)
    if target and (problem := command.why_not_writable(target)):
        problems.append(problem)
    routes = tuple(name.strip() for text in names for name in text.split(",") if name.strip()) or None
    planned, unknown = _plan(source or DEFAULT, routes, budget, interpreters)
    earlier, unreadable = _earlier(resume)
    problems += unknown + unreadable
    if problems or source is None:
        raise InputError(problems)
    return Request(
        source=source,
        planned=planned,
        targets=asked,
        budget=budget,
        threads=threads,
        seed=random_seed,
        pythons=interpreters,
        data=samples,
        resume=earlier,
        resumed=resume,
        target=target,
        jsonl=jsonl,
    )


def _source(workload: str | None, file: str | None) -> tuple[Source | None, list[str]]:
    """Return what is taken out, None where that cannot be, and every problem."""
    if workload is not None and file is not None:
        return None, ["--workload and --file name two models; give one of them"]
    if workload is not None:
        try:
            return Source("model", Path(workload).stem, reading.read(workload)), []
        except reading.Refused as refused:
            return None, [f"--workload {refused}"]
    if file is None:
        return DEFAULT, []
    path = Path(file)
    problem = _unfit(path)
    return (None, [f"--file {problem}"]) if problem else (Source("file", path.name, path), [])


def _unfit(path: Path) -> str:
    """Return what is wrong with a model's file at first sight, "" where nothing is."""
    if not path.exists():
        return f"{path}: no such file; give a .onnx, .tflite, .keras or .pt2 file, or the folder of a SavedModel"
    try:
        if path.is_file() and not path.stat().st_size:
            return f"{path}: is empty; export the model again"
        begins = _BEGINS.get(path.suffix.lower())
        if path.is_file() and begins is not None and not begins(path):
            return f"{path}: is damaged, or no {path.suffix} file: it does not begin as one; export the model again"
    except OSError as error:
        return f"{path}: cannot be read ({error.strerror or error})"
    return ""


def _bytes(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(8)


def _targets(given: Sequence[str]) -> tuple[dict[str, float], list[str]]:
    from advisor.errors import InputError

    try:
        return inputs.read_targets(given), []
    except InputError as error:
        return {}, error.problems


def _plan(
    source: Source, routes: Sequence[str] | None, budget: float | None, pythons: Mapping[str, str]
) -> tuple[list[Planned], list[str]]:
    try:
        return routing.plan(source, routes, budget, pythons=pythons), []
    except routing.Unknown as unknown:
        return [], list(unknown.problems)


def _earlier(path: str | None) -> tuple[Routes | None, list[str]]:
    """Return the table that is to be taken up, and why it cannot be."""
    from probes.evidence.documents import EvidenceError

    if path is None:
        return None, []
    from probes.evidence.routes import read_routes

    try:
        return read_routes(path), []
    except EvidenceError as error:
        return None, [f"--resume {problem}" for problem in error.problems]


# ---------------------------------------------------------------- the run


def measure_valuable(
    targets: Mapping[str, float], value: Mapping[str, float], run: command.RunRequest, *, lang: str
) -> Routes:
    """Measure routes of the model that is taken out by default, those most worth a second first.

    Args:
        targets: numbers asked for.
        value: route -> what knowing it is worth; no other is taken.
        run: how, with their part of the budget.
    """
    pythons, names = {**folders.interpreters(), **run.pythons}, tuple(sorted(value))
    asked = Request(
        source=DEFAULT,
        planned=routing.plan(DEFAULT, names, run.budget, pythons=pythons, value=value),
        targets=targets,
        budget=run.budget,
        threads=run.threads,
        seed=run.seed,
        pythons=pythons,
        data=None,
        resume=None,
        resumed=None,
        target="",
        jsonl=False,
        variables=run.variables,
        part=run.part,
    )
    table = measure(asked, lang=lang)
    for line in routes_shown.late(table, asked.planned, lang=lang, part=run.part):
        output.notice(line)
    return table


def measure(asked: Request, *, lang: str) -> Routes:
    """Measure and write the table, with the plan first and the progress on standard error.

    A signal ends it in order; what a killed run had finished is kept, and told of at the next one.
    """
    from probes.evidence import unfinished

    left = unfinished.left_routes()
    for one in left:
        if str(one.path) != asked.resumed:
            output.notice(routes_shown.left(one, lang))
    with signals.deferred(), unfinished.keeping_routes(output.notice) as keep:
        table = _measured(asked, keep, lang=lang)
        write(table, asked.target)
    for one in left:
        if str(one.path) == asked.resumed:
            one.remove()
    return table


def _measured(asked: Request, keep: Callable[[Routes], None], *, lang: str) -> Routes:
    from advisor.errors import InputError

    view = command.JsonLines() if asked.jsonl else routes_shown.Progress(asked.planned, lang, part=asked.part)
    with view:
        try:
            return routing.measure(
                asked.source,
                planned=asked.planned,
                targets=asked.targets,
                budget=asked.budget,
                threads=asked.threads,
                seed=asked.seed,
                pythons=asked.pythons,
                data=asked.data,
                variables=asked.variables,
                resume=asked.resume,
                progress=logs.following(view.show),
                cancelled=signals.received,
                keep=keep,
            )
        except routing.BadData as error:
            raise InputError([f"--data {reasons.text(problem, lang)}" for problem in error.problems]) from None


def write(table: Routes, target: str) -> None:
    """Write the ``routes/1`` document to a file or standard output; nowhere where ``target`` is empty.

    Raises:
        InputError: the place cannot be written; what stood there before is untouched.
    """
    from advisor.errors import InputError
    from probes.evidence.documents import EvidenceError

    if output.is_standard_output(target):
        output.emit(as_document(table))
    elif target:
        from probes.evidence.routes import write_routes

        try:
            write_routes(table, target)
        except EvidenceError as error:
            raise InputError(error.problems) from None


def status(table: Routes) -> int:
    """Return the exit status: interrupted, nothing measured, a part could not run, or done."""
    statuses = {row.status for row in table.rows}
    if signals.received() or Status.CANCELLED in statuses:
        return exit_status.INTERRUPTED
    if not any(row.p50_ms is not None for row in table.rows):
        return exit_status.NEGATIVE
    return exit_status.PARTLY if statuses & outcome.NOT_RUN else exit_status.DONE


def as_document(table: Routes) -> dict[str, Any]:
    """Return the table as its ``routes/1`` document."""
    from probes.evidence.routes import routes_document

    return routes_document(table)
