"""One probe command, whether it is called as ``python -m probes`` or as ``framework-advisor probe``.

Both share what stands here: the options, the checks before anything runs, the progress, what is told at the end, where
the evidence goes and the exit status (``probes.session.outcome``). Loads little before a command runs.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from probes import backends, environments
from probes.system import logs, signals
from probes.system.suggestions import nearest
from probes.types import DEVICES, Status, UserFile
from probes.user_model import reading
from probes.wording import command_lines
from probes.wording.visible import json_text, say, visible

if TYPE_CHECKING:
    from rich.status import Status as Spinner

    from probes.cluster.gathering import Arrived, Gathered
    from probes.evidence.unfinished import KeepOf
    from probes.types import Calibration, Evidence, Probe

F = TypeVar("F", bound=Callable[..., Any])
Event = Mapping[str, Any]

STANDARD_OUTPUT = ("-", "/dev/stdout")

AS_WRITTEN_ALONE = "--as-written is about a model of your own: name it with --workload FILE.py"


class BadInput(Exception):
    """What the user gave cannot be used.

    Attributes:
        problems: all of them, each with its place and the way out.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


# ---------------------------------------------------------------- options


class _Seconds(click.FloatRange):
    """Seconds from 1; "nan" passes every comparison and would mean no limit at all."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a number of seconds", param, ctx)
        return number


SECONDS = _Seconds(min=1)

in_language = click.option(
    "--lang",
    type=click.Choice(["en", "zh"]),
    default=lambda: "zh" if os.environ.get("LANG", "").lower().startswith("zh") else "en",
    show_default="of the environment",
    help="Language of the prose.",
)
with_pythons = click.option(
    "--python", "pythons", multiple=True, metavar="FRAMEWORK=PATH", help="The interpreter that has a framework."
)
with_variables = click.option(
    "--set",
    "passed",
    multiple=True,
    metavar="FRAMEWORK:NAME=VALUE",
    help="Pass an environment variable to one side of what is measured; repeatable.",
)

_RUN_OPTIONS = (
    click.option("-o", "--output", "target", default="", metavar="FILE|-", help="Where the evidence goes."),
    click.option("--budget", type=SECONDS, help="Seconds for all probes, counted once the sides are ready."),
    with_pythons,
    with_variables,
    click.option(
        "--frameworks",
        "--framework",
        "frameworks",
        multiple=True,
        metavar="A,B",
        help=f"Which are compared, every two of them; {','.join(backends.USUAL_PAIR)} where nothing else is planned.",
    ),
    click.option("--device", type=click.Choice(DEVICES), help="By default the best that all sides share."),
    click.option("--threads", default="one", show_default=True, metavar="one|all|N", help="The same in each side."),
    click.option("--workload", "workload", metavar="FILE.py", help="Your own model, all sides in one file."),
    click.option("--as-written", is_flag=True, help="Refuse a --workload whose sides differ in a default."),
    click.option("--confirm", is_flag=True, help="At least three fresh worker pairs a probe; slower, and surer."),
    click.option("--random-seed", type=int, default=0, show_default=True, help="For data and weights."),
    click.option("--jsonl", is_flag=True, help="Report progress as JSON lines on standard output."),
)

_SELFTEST_OPTIONS = (
    click.option(
        "--framework",
        default=backends.CONTROL,
        show_default=True,
        metavar="ID",
        help=f"In both arms; {backends.CONTROL} = NumPy alone.",
    ),
    click.option("--quick", is_flag=True, help="Fewer repeats: seconds instead of a minute or two; coarser."),
)


def run_options(command: F) -> F:
    """Add the options of a run to a command; ``read_run`` takes them."""
    return _with_options(command, _RUN_OPTIONS)


def selftest_options(command: F) -> F:
    """Add the options of the self-test to a command."""
    return _with_options(command, _SELFTEST_OPTIONS)


def _with_options(command: F, options: Sequence[Callable[[F], F]]) -> F:
    for option in reversed(options):
        command = option(command)
    return command


# ---------------------------------------------------------------- what was asked for


@dataclass(frozen=True)
class RunRequest:
    """A checked request to measure; the fields are the arguments of ``runner.measure``, and where the evidence goes.

    Attributes:
        frameworks: ids; empty where the user named none.
        part: of the budget that the user gave, which ``budget`` is; the rest goes to other measurements.
    """

    frameworks: tuple[str, ...] = ()
    pythons: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    device: str | None = None
    budget: float | None = None
    workload_file: UserFile | None = None
    as_written: bool = False
    confirm: bool = False
    threads: str = "one"
    seed: int = 0
    jsonl: bool = False
    target: str = ""
    part: float = 1.0

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a measurement, here and on a cluster alike; a model of the user's own is for here."""
        return {
            "frameworks": self.frameworks or backends.USUAL_PAIR,
            "pythons": self.pythons,
            "variables": self.variables,
            "device": self.device,
            "budget": self.budget,
            "confirm": self.confirm,
            "threads": self.threads,
            "seed": self.seed,
        }


def read_run(
    ids: Sequence[str],
    *,
    target: str,
    budget: float | None,
    pythons: Sequence[str],
    passed: Sequence[str],
    frameworks: Sequence[str],
    device: str | None,
    threads: str,
    workload: str | None,
    as_written: bool,
    confirm: bool,
    random_seed: int,
    jsonl: bool,
) -> tuple[RunRequest, list[Probe]]:
    """Check what ``run_options`` gave, before minutes are spent; return how and what is measured.

    Where no probe is named, those are meant that run unasked, or for a model of the user's those that observe it.

    Raises:
        BadInput: with every problem found.
    """
    known = backends.known()
    named, unknown = parse_frameworks(frameworks, known)
    interpreters, wrong_pythons = parse_pythons(pythons, known)
    variables, wrong_variables = _variables(passed, named or known)
    probes, unknown_probes = _choose(ids, own=workload is not None)
    own, wrong_workload = _read_workload(workload, as_written=as_written)
    problems = [
        *unknown_probes,
        *wrong_threads(threads),
        *wrong_workload,
        *([problem] if target and (problem := why_not_writable(target)) else []),
        *unknown,
        *wrong_pythons,
        *wrong_variables,
    ]
    if problems:
        raise BadInput(problems)
    run = RunRequest(
        frameworks=named,
        pythons=interpreters,
        variables=variables,
        device=device,
        budget=budget,
        workload_file=own,
        as_written=as_written,
        confirm=confirm,
        threads=threads,
        seed=random_seed,
        jsonl=jsonl,
        target=target,
    )
    return run, probes


def _choose(ids: Sequence[str], *, own: bool) -> tuple[list[Probe], list[str]]:
    """Return the probes and every problem: each unknown id with the nearest known one."""
    from probes.catalog.loading import CatalogError, choose_for_user_model, choose_probes, load_catalog

    try:
        return (choose_for_user_model if own else choose_probes)(ids, load_catalog()), []
    except CatalogError as error:
        return [], error.problems


def parse_frameworks(given: Sequence[str], known: Collection[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the ids in ``--frameworks A,B`` and every problem found."""
    named = tuple(dict.fromkeys(name.strip() for text in given for name in text.split(",") if name.strip()))
    problems = [f"--frameworks: no framework '{name}'; {nearest(name, known)}" for name in named if name not in known]
    if len(named) == 1:
        problems.append(f"--frameworks {named[0]}: two are compared; name another one, known: {', '.join(known)}")
    return named, problems


def parse_pythons(given: Sequence[str], known: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """Return framework -> interpreter of ``--python FRAMEWORK=PATH``, and every problem found."""
    interpreters: dict[str, str] = {}
    problems: list[str] = []
    for text in given:
        framework, _, path = text.partition("=")
        if not path:
            problems.append(f"--python {text}: expected FRAMEWORK=PATH, e.g. {backends.USUAL_PAIR[-1]}=/opt/bin/python")
        elif framework not in known:
            problems.append(f"--python {text}: no framework '{framework}'; {nearest(framework, known)}")
        elif environments.of_npm(framework) and not Path(path).is_dir():
            problems.append(f"--python {text}: no folder {path}")
        elif not environments.of_npm(framework) and not Path(path).is_file():
            problems.append(f"--python {text}: no file {path}")
        else:
            # Not resolved: a virtual environment's python is a link, and is what it is by its place.
            interpreters[framework] = str(Path(path).absolute())
    return interpreters, problems


def _variables(passed: Sequence[str], known: Collection[str]) -> tuple[dict[str, dict[str, str]], list[str]]:
    from probes.session.variables import parse_variables

    return parse_variables(passed, known)


def wrong_threads(threads: str) -> list[str]:
    """Return what is wrong with ``--threads``, nothing where it can be used."""
    if threads in ("one", "all") or (threads.isdecimal() and int(threads) >= 1):
        return []
    return [f"--threads {threads}: expected 'one', 'all' or a number from 1"]


def _read_workload(path: str | None, *, as_written: bool) -> tuple[UserFile | None, list[str]]:
    if path is None:
        return None, [AS_WRITTEN_ALONE] if as_written else []
    try:
        return reading.read(path), []
    except reading.Refused as refused:
        return None, [f"--workload {refused}"]


def why_not_writable(path: str) -> str:
    """Return why a place to write to is refused before long work, "" where it is fit."""
    if path in STANDARD_OUTPUT:
        return ""
    target = Path(path)
    if target.is_dir():
        return f"{path}: is a directory; name a file in it"
    if not target.parent.is_dir():
        return f"{path}: the directory {target.parent} does not exist"
    if target.exists():
        return "" if os.access(target, os.W_OK) else f"{path}: cannot be written: permission denied"
    try:
        # Rights alone do not tell: /proc grants them and holds no files.
        with tempfile.TemporaryFile(dir=target.parent):
            return ""
    except OSError as error:
        return f"{path}: cannot be written: {error.strerror or error}"


# ---------------------------------------------------------------- the run


def measure(
    probes: Sequence[Probe],
    run: RunRequest,
    *,
    lang: str = "en",
    names: Mapping[str, str] | None = None,
    keep: Callable[[Evidence], None] = lambda session: None,
) -> Evidence:
    """Measure, with the progress and the outcome on standard error; a signal ends it and keeps what is finished.

    Args:
        probes: in the order in which they matter.
        run: how, and which frameworks; the usual pair where it names none.
        lang: "en" or "zh".
        names: framework -> how it is to be called; its id where not given.
        keep: of ``unfinished.keeping``.
    """
    from probes.calibration import self_test
    from probes.session import runner

    view = JsonLines() if run.jsonl else Terminal(probes, lang, names=names, part=run.part)
    with view, signals.deferred():
        session = runner.measure(
            probes,
            **run.arguments(),
            workload_file=run.workload_file,
            as_written=run.as_written,
            selftest=self_test.load_calibration(),
            progress=logs.following(view.show),
            cancelled=signals.received,
            keep=keep,
        )
    view.finish(session)
    return session


def measure_on_cluster(
    probes: Sequence[Probe],
    run: RunRequest,
    address: str,
    *,
    arrived: Arrived,
    keep: KeepOf = lambda kind, session: None,
    lang: str = "en",
    names: Mapping[str, str] | None = None,
) -> Gathered:
    """Measure once on every kind of node of a Ray cluster, as ``measure`` does on this machine.

    Args:
        probes: in the order in which they matter. run: how. lang, names: as ``measure`` takes them.
        address: of the cluster.
        arrived: given each session as it arrives, and all that is there so far.
        keep: of ``unfinished.keeping_each``.

    Raises:
        BadInput: there is no cluster at ``address``, or Ray is not installed.
    """
    from probes import reasons
    from probes.cluster import gathering, node, view

    plan = node.plan(probes, **run.arguments())
    lines = view.Lines(probes, lambda text: say(text, err=True), lang, names=names)
    show = JsonLines().show if run.jsonl else lines.show
    with signals.deferred():
        try:
            gathered = gathering.gather(
                plan, address=address, progress=show, arrived=arrived, keep=keep, cancelled=signals.received
            )
        except gathering.Unreachable as unreachable:
            raise BadInput([f"--ray {address}: {reasons.text(unreachable.reason, lang)}"]) from None
    if not run.jsonl:
        lines.finish(gathered)
    return gathered


def write(session: Evidence, target: str) -> None:
    """Write the evidence document to a file or standard output; nowhere where ``target`` is empty.

    Raises:
        BadInput: the place cannot be written; what stood there before is untouched.
    """
    from probes.evidence.documents import EvidenceError, evidence_document, write_evidence

    if target in STANDARD_OUTPUT:
        say(json.dumps(evidence_document(session), ensure_ascii=False, indent=1, allow_nan=False))
    elif target:
        try:
            write_evidence(session, target)
        except EvidenceError as error:
            raise BadInput(error.problems) from None


@contextlib.contextmanager
def kept_safe() -> Iterator[Callable[[Evidence], None]]:
    """Yield what ``measure`` keeps with, for as long as it takes to measure and to write the result.

    What is finished outlives any end of the process within the block; the first signal ends the measuring only.
    """
    from probes.evidence import unfinished

    with signals.deferred(), unfinished.keeping(_warn) as keep:
        yield keep


@contextlib.contextmanager
def kept_safe_each() -> Iterator[KeepOf]:
    """Yield what ``measure_on_cluster`` keeps the sessions of several machines with, as ``kept_safe`` does one."""
    from probes.evidence import unfinished

    with signals.deferred(), unfinished.keeping_each(_warn) as keep:
        yield keep


def _warn(text: str) -> None:
    say(text, err=True)


class JsonLines:
    """The progress as one JSON object a line on standard output, for a program that reads it."""

    def __enter__(self) -> JsonLines:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def show(self, event: Event) -> None:
        """Write one event."""
        sys.stdout.write(visible(json.dumps(event, ensure_ascii=False)) + "\n")
        sys.stdout.flush()

    def finish(self, session: Evidence) -> None:
        """Write nothing: the reader takes the evidence from its file."""


class Terminal:
    """The progress for a person, on standard error: a line that moves, one for each probe that ended, the outcome."""

    def __init__(
        self, probes: Sequence[Probe], lang: str, *, names: Mapping[str, str] | None = None, part: float = 1.0
    ) -> None:
        from probes.wording import terminal

        self._probes, self._lang, self._names, self._part = probes, lang, names, part
        self._console = terminal.Terminal(stderr=True, highlight=False, markup=False)
        self._line: Spinner = self._console.status(command_lines.starting(lang))
        self._shown_by: Mapping[str, Callable[[Event], None]] = {
            "plan": self._plan,
            "start": self._start,
            "ratio": self._ratio,
            "note": self._note,
            "done": self._done,
        }

    def __enter__(self) -> Terminal:
        self._line.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._line.stop()

    def show(self, event: Event) -> None:
        """Show one event of the runner; kinds that a person needs not see are left out."""
        if show := self._shown_by.get(event["event"]):
            show(event)

    def _plan(self, event: Event) -> None:
        self._dim(command_lines.plan(event["probes"], event["budget"], self._lang))

    def _start(self, event: Event) -> None:
        self._line.update(f"[{event['index']}/{event['of']}] {event['probe']}")

    def _ratio(self, event: Event) -> None:
        ratio = f"{event['value']:.2f} [{event['low']:.2f}, {event['high']:.2f}]"
        self._line.update(f"{event['probe']}: {ratio} after {event['pairs']} pairs")

    def _note(self, event: Event) -> None:
        from probes import reasons

        note = reasons.text(reasons.read(event), self._lang, names=self._names)
        self._dim(f"{event['probe']}  {note}" if "probe" in event else note)

    def _done(self, event: Event) -> None:
        from probes import reasons

        # The verdicts follow at the end: they must survive the correction over all probes of the session.
        if not event.get("again"):
            self._dim(f"{event['probe']}  {reasons.status(Status(event['status']), self._lang)}")

    def _dim(self, text: str) -> None:
        self._console.print(text, style="dim")

    def finish(self, session: Evidence) -> None:
        """Show what was measured, what a reader must know besides, and why nothing was measured where nothing was."""
        from probes.session import outcome
        from probes.statistics import tuning

        told = outcome.measured(session, self._probes, self._lang, names=self._names)
        for line in (*told, *tuning.lines(session.probes, self._lang, names=self._names)):
            self._console.print(line)
        for line in outcome.beside(session, self._lang, names=self._names, part=self._part):
            self._dim(line)
        self._dim(command_lines.grade(session.grade, self._lang))
        if outcome.nothing(session):
            self._console.print(outcome.why_nothing(session, self._lang))


# ---------------------------------------------------------------- what is told without measuring


def list_probes(*, as_json: bool, lang: str) -> None:
    """Print the catalogue: a line for each probe, or one JSON document.

    Raises:
        BadInput: the catalogue cannot be read.
    """
    from probes.catalog.loading import CatalogError, load_catalog
    from probes.catalog.probe_docs import row

    try:
        known = load_catalog().values()
    except CatalogError as error:
        raise BadInput(error.problems) from error
    if as_json:
        print_document({"probes": [row(probe) for probe in known]})
    else:
        for line in command_lines.listed(known, lang):
            say(line)


def print_document(document: Mapping[str, Any]) -> None:
    """Print one JSON document, indented."""
    say(json_text(document, indent=2))


# ---------------------------------------------------------------- the self-test


def tell_selftest(*, framework: str, quick: bool, as_json: bool, lang: str) -> None:
    """Measure the instrument, as ``selftest`` does, and print what this machine can resolve.

    Raises:
        EvidenceError: the framework cannot be run here.
    """
    found = selftest(framework=framework, quick=quick, lang=lang)
    if as_json:
        print_document(found)
    else:
        for line in command_lines.selftest(found, lang):
            say(line)


def selftest(*, framework: str, quick: bool, lang: str) -> Calibration:
    """Measure the instrument and keep the result for later sessions; the progress goes to standard error.

    Raises:
        EvidenceError: the framework cannot be run here.
    """
    from probes.calibration import self_test
    from probes.system import data_folders

    def progress(slowdown: float, ratio: float) -> None:
        say(command_lines.selftest_pair(slowdown, ratio, lang), err=True)

    result = self_test.calibrate(
        framework=framework, quick=quick, earlier=self_test.load_calibration(), progress=progress
    )
    try:
        self_test.save_calibration(result)
    except data_folders.Nowhere as nowhere:
        say(data_folders.not_kept(nowhere.why, lang), err=True)
    return result
