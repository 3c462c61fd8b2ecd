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
from probes.system import logs
from probes.types import DEVICES
from probes.wording import command_lines
from probes.wording.visible import json_text, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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
    try:
        logs.configure()
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
@click.option("--quick", is_flag=True, help="With --device: four minutes at most instead of fifteen.")
@click.option(
    "--framework", "frameworks", multiple=True, help="With --device: these only; unless told all that are there."
)
@command.with_pythons
@click.option("-o", "--output", default="", help="With --device: the evidence file.")
def run_benchmark(as_json: bool, simulated_only: bool, long: bool, routes: bool, **options: Any) -> None:
    """Judge the instrument against its own targets, or on a device of its own.

    With --device the exit status is 0 where no check failed, 1 where one failed or no framework sees the device, 3
    where one could not be run.

    Example: python -m probes benchmark --device gpu --quick -o gpu-evidence.json
    """
    from probes.calibration import benchmark

    if options["device"]:
        if simulated_only or long or routes:
            _fail(["--simulated-only, --long and --routes do not go with --device"])
        _check_device(as_json, **options)
    given = [f"--{name.removesuffix('s')}" for name in ("quick", "frameworks", "pythons", "output") if options[name]]
    if given:
        _fail([f"{', '.join(given)}: only with --device, e.g. --device gpu"])
    if routes:
        if long:
            _fail(["--long does not go with --routes"])
        _judge_routes(as_json, simulated_only=simulated_only)
        return
    result = benchmark.run(simulated_only=simulated_only, long=long, progress=lambda text: say(text, err=True))
    say(json_text(result, indent=2) if as_json else benchmark.table(result))


def _judge_routes(as_json: bool, *, simulated_only: bool) -> None:
    from probes.calibration import routes_benchmark

    result = routes_benchmark.run(simulated_only=simulated_only, progress=lambda text: say(text, err=True))
    say(json_text(result, indent=2) if as_json else routes_benchmark.table(result))


def _check_device(
    as_json: bool, *, device: str, quick: bool, frameworks: tuple[str, ...], pythons: tuple[str, ...], output: str
) -> NoReturn:
    from probes.calibration import device_check
    from probes.evidence.documents import EvidenceError, write_evidence
    from probes.session import outcome

    if output:
        _check_place(output)
    problems = device_check.unknown(frameworks)
    if problems:
        _fail(problems)
    arms = device_check.arms(frameworks, _pythons(pythons))
    try:
        result = device_check.run(arms, device=device, quick=quick, progress=lambda text: say(text, err=True))
    except device_check.NoAccelerator as error:
        say(str(error), err=True)
        raise SystemExit(outcome.NOTHING) from None
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
    raise SystemExit(EXIT_BAD_INPUT)


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
    raise SystemExit(0)


if __name__ == "__main__":
    run_as_program()
