"""``python -m probes``: the instrument alone, without the advisor."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from probes.system import signals

if __name__ == "__main__":
    signals.quiet_until_handled()  # before what takes long to import

import click

from probes import backends, command
from probes.system import exit_status, logs
from probes.types import DEVICES
from probes.wording import command_lines
from probes.wording.visible import json_text, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


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
    try:
        logs.configure(tell=lambda line: say(line, err=True))
    except logs.Unwritable as error:
        raise click.ClickException(str(error)) from None
    logs.event("instrument", python=platform.python_version(), system=platform.system())


@main.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@command.in_language
def list_probes(as_json: bool, lang: str) -> None:
    """List the probes: id, question, seconds, claims.

    Example: python -m probes list --json
    """
    try:
        command.list_probes(as_json=as_json, lang=lang)
    except command.BadInput as error:
        _fail(error.problems)


@main.command()
@click.argument("ids", nargs=-1)
@command.run_options
@command.in_language
def run(ids: tuple[str, ...], lang: str, **options: Any) -> None:
    """Measure probes; all that run unasked where none is named.

    Example: python -m probes run training-mlp-eager --budget 60 -o evidence.json
    """
    from probes.evidence import unfinished
    from probes.session import outcome

    try:
        chosen, probes = command.read_run(ids, **options)
        for left in unfinished.left():
            say(command_lines.left(left.probes, left.path, lang), err=True)
        with command.kept_safe() as safe:
            session = command.measure(probes, chosen, lang=lang, keep=safe)
            command.write(session, chosen.target)
    except command.BadInput as error:
        _fail(error.problems)
    raise SystemExit(signals.exit_status(outcome.status(session)))


@main.command("show")
@click.argument("probe")
@command.in_language
def show_probe(probe: str, lang: str) -> None:
    """Print a probe's page: what it asks, how, and what it does not tell.

    Example: python -m probes show training-mlp-eager
    """
    from probes.catalog import probe_docs
    from probes.catalog.loading import choose_probes, load_catalog

    say(probe_docs.text(_or_exit(lambda: choose_probes([probe], load_catalog()))[0], lang))


@main.command("example")
def example() -> None:
    """Print a commented workload of one's own, to copy.

    Example: python -m probes example > mine.py
    """
    say((Path(__file__).parent / "user_model" / "example.py").read_text(encoding="utf-8"), nl=False)


@main.command("selftest")
@command.selftest_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@command.in_language
def run_selftest(quick: bool, as_json: bool, framework: str, lang: str) -> None:
    """Measure the instrument: the same framework in both arms, then with planted slowdowns.

    Example: python -m probes selftest
    """
    from probes.evidence.documents import EvidenceError

    try:
        command.tell_selftest(framework=framework, quick=quick, as_json=as_json, lang=lang)
    except EvidenceError as error:
        _fail(error.problems)


@main.command("benchmark")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--simulated-only", is_flag=True, help="Leave out what needs workers.")
@click.option("--long", "long", is_flag=True, help="Repeat the session, plant in many fresh pairs: 20 minutes more.")
@click.option("--device", type=click.Choice(DEVICES), help="Check what only this device can show, instead.")
@click.option("--routes", is_flag=True, help="Judge the measuring of routes instead: half an hour.")
@click.option("--side-by-side", "beside", is_flag=True, help="Hold our times against the runtimes' own tools instead.")
@click.option(
    "--quick", is_flag=True, help="With --device, --routes or --side-by-side: fewer repeats, a third of the time."
)
@click.option(
    "--framework", "frameworks", multiple=True, help="With --device: these only; unless told all that are there."
)
@command.with_pythons
@click.option("-o", "--output", default="", help="With --device: the evidence file.")
def run_benchmark(as_json: bool, simulated_only: bool, long: bool, routes: bool, beside: bool, **options: Any) -> None:
    """Judge the instrument against its own targets, or on a device of its own.

    With --device the exit status is 0 where no check failed, 1 where one failed or no framework sees the device, 3
    where one could not be run.

    Example: python -m probes benchmark --device gpu --quick -o gpu-evidence.json
    """
    from probes.calibration import benchmark

    asked = {"--device": options["device"], "--routes": routes, "--side-by-side": beside}
    parts = [name for name, given in asked.items() if given]
    if len(parts) > 1:
        _fail([f"{' and '.join(parts)} do not go together; give one of them"])
    part = parts[0] if parts else ""
    if problems := _out_of_place(part, {**options, "simulated_only": simulated_only, "long": long}):
        _fail(problems)
    if part == "--device":
        _check_device(as_json, **options)
    if part == "--routes":
        _judge_routes(as_json, simulated_only=simulated_only, quick=options["quick"], pythons=options["pythons"])
        return
    if part == "--side-by-side":
        from probes.calibration import side_by_side

        _tell(side_by_side.run(quick=options["quick"], progress=_progress), side_by_side.table, as_json=as_json)
        return
    _tell(benchmark.run(simulated_only=simulated_only, long=long, progress=_progress), benchmark.table, as_json=as_json)


_TAKES = {
    "": ("simulated_only", "long"),
    "--device": ("quick", "frameworks", "pythons", "output"),
    "--routes": ("simulated_only", "quick", "pythons"),
    "--side-by-side": ("quick",),
}
"""What each part of the benchmark takes."""


def _out_of_place(part: str, options: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with options of one part of the benchmark that were given with another."""
    others = [name for name in dict.fromkeys(name for taken in _TAKES.values() for name in taken) if options[name]]
    return [
        f"--{name.removesuffix('s').replace('_', '-')}: only {_where(name)}"
        for name in others
        if name not in _TAKES[part]
    ]


def _where(name: str) -> str:
    """Return with which parts of the benchmark an option goes."""
    fitting = [part for part, taken in _TAKES.items() if name in taken]
    if "" not in fitting:
        return f"with {' or '.join(fitting)}"
    return f"without {' and '.join(part for part in _TAKES if part not in fitting)}"


def _progress(text: str) -> None:
    say(text, err=True)


def _tell(result: Mapping[str, Any], table: Callable[[Any], str], *, as_json: bool) -> None:
    say(json_text(result, indent=2) if as_json else table(result))


def _judge_routes(as_json: bool, *, simulated_only: bool, quick: bool, pythons: tuple[str, ...]) -> None:
    from probes import backends, environments
    from probes.calibration import routes_benchmark
    from probes.environments import folders

    given, problems = command.parse_pythons(pythons, (*backends.frameworks(), *environments.ENVIRONMENTS))
    if problems:
        _fail(problems)
    interpreters = {**folders.interpreters(), **given}
    result = routes_benchmark.run(simulated_only=simulated_only, quick=quick, pythons=interpreters, progress=_progress)
    _tell(result, routes_benchmark.table, as_json=as_json)


def _check_device(
    as_json: bool, *, device: str, quick: bool, frameworks: tuple[str, ...], pythons: tuple[str, ...], output: str
) -> NoReturn:
    from probes.calibration import device_check
    from probes.evidence.documents import EvidenceError, write_evidence

    if output:
        _check_place(output)
    problems = device_check.unknown(frameworks)
    if problems:
        _fail(problems)
    arms = device_check.arms(frameworks, _pythons(pythons))
    try:
        result = device_check.run(arms, device=device, quick=quick, progress=_progress)
    except device_check.NoAccelerator as error:
        say(str(error), err=True)
        raise SystemExit(exit_status.NEGATIVE) from None
    if output:
        try:
            write_evidence(result.evidence, output)
        except EvidenceError as error:
            _fail(error.problems)
    say(json_text(result.summary(), indent=2) if as_json else device_check.table(result))
    raise SystemExit(result.status)


def _or_exit(load: Callable[[], Any]) -> Any:
    from probes.catalog.loading import CatalogError

    try:
        return load()
    except CatalogError as error:
        _fail(error.problems)


def _fail(problems: Sequence[str]) -> NoReturn:
    for problem in problems:
        say(problem, err=True)
    raise SystemExit(exit_status.BAD_INPUT)


def _check_place(path: str) -> None:
    """Refuse a place that cannot be written before minutes are spent."""
    if problem := command.why_not_writable(path):
        _fail([problem])


def _pythons(given: tuple[str, ...]) -> dict[str, str]:
    interpreters, problems = command.parse_pythons(given, backends.known())
    if problems:
        _fail(problems)
    return interpreters


def run_as_program() -> NoReturn:
    """Run the command line; a signal gives the exit status of what was interrupted."""
    with signals.handled():
        try:
            main()
        except SystemExit as ended:
            raise SystemExit(signals.exit_status(int(ended.code or 0))) from None
    raise SystemExit(exit_status.DONE)


if __name__ == "__main__":
    run_as_program()
