"""``python -m probes``: the instrument alone, without the advisor."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from probes.types import DEVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probes.types import Evidence, Probe


EXIT_BAD_INPUT = 2


class RunByDefault(click.Group):
    """Takes ``python -m probes PROBE`` for ``python -m probes run PROBE``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Send an unknown first word to ``run``, which names the nearest probe where there is none."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["run", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=RunByDefault, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure deep learning frameworks in pairs on this machine.

    Example: python -m probes training-mlp-eager
    """


@main.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
def list_probes(as_json: bool, lang: str) -> None:
    """List the probes: id, question, seconds, claims.

    Example: python -m probes list --json
    """
    from dataclasses import asdict

    from probes.catalog.loading import load_catalog

    probes = _or_exit(load_catalog)
    if as_json:
        click.echo(json.dumps([asdict(probe) for probe in probes.values()], ensure_ascii=False, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("probe", "question", "mode", "about", "tests", box=None)
    for probe in probes.values():
        asked = " (only when named)" if probe.asked_only else ""
        table.add_row(
            probe.id, probe.question[lang], probe.mode, f"{probe.seconds:.0f} s{asked}", " ".join(probe.claims)
        )
    Console().print(table)


@main.command()
@click.argument("ids", nargs=-1)
@click.option("-o", "--output", default="", help="Where the evidence goes: a file, or - for standard output.")
@click.option(
    "--budget", type=click.FloatRange(min=1), help="Seconds for all probes, counted once both sides are ready."
)
@click.option(
    "--python", "pythons", multiple=True, metavar="FRAMEWORK=PATH", help="The interpreter that has a framework."
)
@click.option(
    "--set", "passed", multiple=True, metavar="FRAMEWORK:NAME=VALUE", help="Pass an environment variable to one side."
)
@click.option("--framework", "frameworks", multiple=True, help="Which frameworks; pytorch and tensorflow unless told.")
@click.option("--device", type=click.Choice(DEVICES), help="The best that all sides share unless told.")
@click.option("--threads", default="one", show_default=True, metavar="one|all|N", help="The same number in each.")
@click.option(
    "--workload",
    "workload",
    type=click.Path(exists=True, dir_okay=False),
    help="A workload of your own, a Python file.",
)
@click.option("--as-written", is_flag=True, help="Refuse a model of your own whose sides differ in a default.")
@click.option("--confirm", is_flag=True, help="Restart the workers three times or more: slower, surer.")
@click.option("--random-seed", type=int, default=0, show_default=True, help="For data and weights.")
@click.option("--jsonl", is_flag=True, help="Report progress as JSON lines on standard output.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of what is said.")
def run(ids: tuple[str, ...], output: str, **options: Any) -> None:
    """Measure probes; all that run unasked where none is named.

    Example: python -m probes run training-mlp-eager --budget 60 -o evidence.json
    """
    from probes.calibration import self_test
    from probes.catalog.loading import choose_for_user_model, choose_probes, load_catalog
    from probes.evidence.documents import EvidenceError, evidence_document, write_evidence
    from probes.session import outcome, runner

    own = options["workload"]
    if options["as_written"] and not own:
        _fail(["--as-written is about a model of your own: name it with --workload FILE.py"])
    known = load_catalog
    chosen = _or_exit(lambda: choose_for_user_model(ids, known()) if own else choose_probes(ids, known()))
    if output not in ("", "-"):
        _check_place(Path(output))
    stopping: list[bool] = []
    # Windows cannot send SIGTERM: there Ctrl-Break asks for the same.
    signal.signal(getattr(signal, "SIGBREAK", signal.SIGTERM), lambda *_: stopping.append(True))
    frameworks = options["frameworks"] or ("pytorch", "tensorflow")
    show, finish = _jsonl() if options["jsonl"] else _terminal(options["lang"], chosen)
    found = runner.measure(
        chosen,
        frameworks=frameworks,
        pythons=_pythons(options["pythons"]),
        variables=_variables(options["passed"], frameworks),
        device=options["device"],
        budget=options["budget"],
        workload_file=str(Path(own).resolve()) if own else None,
        as_written=options["as_written"],
        confirm=options["confirm"],
        threads=_threads(options["threads"]),
        seed=options["random_seed"],
        selftest=self_test.load_calibration(),
        progress=show,
        cancelled=lambda: bool(stopping),
    )
    finish(found)
    if output == "-":
        click.echo(json.dumps(evidence_document(found), ensure_ascii=False))
    elif output:
        try:
            write_evidence(found, output)
        except EvidenceError as error:
            _fail(error.problems)
    raise SystemExit(outcome.status(found))


@main.command("show")
@click.argument("probe")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
def show_probe(probe: str, lang: str) -> None:
    """Print a probe's page: what it asks, how, and what it does not tell.

    Example: python -m probes show training-mlp-eager
    """
    from probes.catalog import probe_docs
    from probes.catalog.loading import choose_probes, load_catalog

    click.echo(probe_docs.text(_or_exit(lambda: choose_probes([probe], load_catalog()))[0], lang))


@main.command("example")
def example() -> None:
    """Print a commented workload of one's own, to copy.

    Example: python -m probes example > mine.py
    """
    click.echo((Path(__file__).parent / "user_model" / "example.py").read_text(encoding="utf-8"), nl=False)


@main.command("selftest")
@click.option("--quick", is_flag=True, help="Fewer repeats: seconds instead of a minute or two.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--framework", default="null", show_default=True, help="Which framework stands in both arms.")
def run_selftest(quick: bool, as_json: bool, framework: str) -> None:
    """Measure the instrument: the same framework in both arms, then with planted slowdowns.

    Example: python -m probes selftest
    """
    from probes.calibration import self_test
    from probes.evidence.documents import EvidenceError
    from probes.system import data_folders

    def say(text: str) -> None:
        click.echo(text, err=True)

    try:
        result = self_test.calibrate(
            framework=framework, quick=quick, earlier=self_test.load_calibration(), progress=say
        )
    except EvidenceError as error:
        _fail(error.problems)
    try:
        self_test.save_calibration(result)
    except data_folders.Nowhere as nowhere:
        say(data_folders.not_kept(nowhere.why, "en"))
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=1))
        return
    same = result["same_arm"]
    click.echo(f"same arm twice: {same['winners_named']} winners named in {same['runs']} runs")
    for planted in result["planted"]:
        click.echo(f"planted +{planted['slowdown'] - 1:.0%}: found in {planted['found']} of {planted['runs']} runs")
    resolves = result["resolves"]
    if resolves is None:
        click.echo("this machine is too busy now to tell even +20 % apart")
    else:
        click.echo(f"this machine tells {resolves - 1:+.0%} apart in about {result['seconds_a_probe']:.0f} s")


@main.command("benchmark")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--simulated-only", is_flag=True, help="Leave out what needs workers.")
@click.option("--long", "long", is_flag=True, help="Repeat the session, plant in many fresh pairs: 20 minutes more.")
@click.option("--device", type=click.Choice(DEVICES), help="Check what only this device can show, instead.")
@click.option("--quick", is_flag=True, help="With --device: four minutes at most instead of fifteen.")
@click.option(
    "--framework", "frameworks", multiple=True, help="With --device: these only; unless told all that are there."
)
@click.option(
    "--python", "pythons", multiple=True, metavar="FRAMEWORK=PATH", help="With --device: who has a framework."
)
@click.option("-o", "--output", default="", help="With --device: the evidence file.")
def run_benchmark(as_json: bool, simulated_only: bool, long: bool, **options: Any) -> None:
    """Judge the instrument against its own targets, or on a device of its own.

    With --device the exit status is 0 where no check failed, 1 where one failed or no framework sees the device, 3
    where one could not be run.

    Example: python -m probes benchmark --device gpu --quick -o gpu-evidence.json
    """
    from probes.calibration import benchmark

    if options["device"]:
        if simulated_only or long:
            _fail(["--simulated-only and --long do not go with --device"])
        _check_device(as_json, **options)
    given = [f"--{name.removesuffix('s')}" for name in ("quick", "frameworks", "pythons", "output") if options[name]]
    if given:
        _fail([f"{', '.join(given)}: only with --device, e.g. --device gpu"])
    result = benchmark.run(simulated_only=simulated_only, long=long, progress=lambda text: click.echo(text, err=True))
    click.echo(json.dumps(result, ensure_ascii=False, indent=1) if as_json else benchmark.table(result))


def _check_device(
    as_json: bool, *, device: str, quick: bool, frameworks: tuple[str, ...], pythons: tuple[str, ...], output: str
) -> NoReturn:
    from probes.calibration import device_check
    from probes.evidence.documents import EvidenceError, write_evidence
    from probes.session import outcome

    if output:
        _check_place(Path(output))
    problems = device_check.unknown(frameworks)
    if problems:
        _fail(problems)
    arms = device_check.arms(frameworks, _pythons(pythons))
    try:
        result = device_check.run(arms, device=device, quick=quick, progress=lambda text: click.echo(text, err=True))
    except device_check.NoAccelerator as error:
        click.echo(str(error), err=True)
        raise SystemExit(outcome.NOTHING) from None
    if output:
        try:
            write_evidence(result.evidence, output)
        except EvidenceError as error:
            _fail(error.problems)
    click.echo(json.dumps(result.summary(), ensure_ascii=False, indent=1) if as_json else device_check.table(result))
    raise SystemExit(result.status)


def _or_exit(load: Callable[[], Any]) -> Any:
    from probes.catalog.loading import CatalogError

    try:
        return load()
    except CatalogError as error:
        _fail(error.problems)


def _fail(problems: list[str]) -> None:
    for problem in problems:
        click.echo(problem, err=True)
    raise SystemExit(EXIT_BAD_INPUT)


def _check_place(path: Path) -> None:
    """Refuse a place that cannot be written before minutes are spent."""
    import os

    if path.is_dir():
        _fail([f"{path}: is a folder; name a file"])
    if not path.parent.is_dir():
        _fail([f"{path}: there is no folder {path.parent}"])
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        _fail([f"{path}: cannot be written"])


def _pythons(given: tuple[str, ...]) -> dict[str, str]:
    problems, made = [], {}
    for text in given:
        framework, equals, path = text.partition("=")
        if not equals or not framework or not path:
            problems.append(f"--python {text}: FRAMEWORK=PATH is needed, e.g. tensorflow=/opt/tf/bin/python")
        elif not Path(path).is_file():
            problems.append(f"--python {text}: there is no file {path}")
        else:
            # Not resolved: a virtual environment's python is a link, and is what it is by its place.
            made[framework] = str(Path(path).absolute())
    if problems:
        _fail(problems)
    return made


def _variables(given: tuple[str, ...], frameworks: tuple[str, ...]) -> dict[str, dict[str, str]]:
    from probes.session.variables import parse_variables

    found, problems = parse_variables(given, frameworks)
    if problems:
        _fail(problems)
    return found


def _threads(given: str) -> str:
    if given not in ("one", "all") and not (given.isdecimal() and int(given) > 0):
        _fail([f"--threads {given}: one, all or a positive number is needed"])
    return given


def _jsonl() -> tuple[Callable[[dict[str, Any]], None], Callable[[Evidence], None]]:
    def show(event: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    return show, lambda found: None


def _terminal(
    lang: str, chosen: Sequence[Probe]
) -> tuple[Callable[[dict[str, Any]], None], Callable[[Evidence], None]]:
    from rich.console import Console

    from probes import reasons
    from probes.session import outcome
    from probes.statistics import tuning
    from probes.types import Status

    console = Console(stderr=True, highlight=False, markup=False)
    status = console.status("starting")
    status.start()

    def show(event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "plan":
            limit = f" within {event['budget']:.0f} s" if event["budget"] else ""
            console.print(f"plan: {len(event['probes'])} probes{limit}")
        elif kind == "start":
            status.update(f"[{event['index']}/{event['of']}] {event['probe']}")
        elif kind == "ratio":
            status.update(
                f"{event['probe']}: {event['value']:.2f} [{event['low']:.2f}, {event['high']:.2f}] "
                f"after {event['pairs']} pairs"
            )
        elif kind == "note":
            about = f"{event['probe']}: " if "probe" in event else ""
            console.print(f"{about}{reasons.text(reasons.read(event), lang)}", style="dim")
        elif kind == "done" and not event.get("again"):
            # The verdicts follow at the end: they must survive the correction over all probes of the session.
            console.print(f"{event['probe']}: {reasons.status(Status(event['status']), lang)}", style="dim")

    def finish(found: Evidence) -> None:
        status.stop()
        for line in (*outcome.measured(found, chosen, lang), *tuning.lines(found.probes, lang)):
            console.print(line)
        for line in outcome.beside(found, lang):
            console.print(line, style="dim")
        console.print(f"grade {found.grade}", style="dim")
        if outcome.nothing(found):
            console.print(outcome.why_nothing(found, lang))

    return show, finish


if __name__ == "__main__":
    main()
