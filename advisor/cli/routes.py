"""``framework-advisor routes``: the ways out of a framework; what is installed, what is missing, and measuring them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from advisor.cli import inputs, output
from probes.system import exit_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.types import Reason


@click.group(epilog='Example: framework-advisor routes run --target "p95<=5ms,size<=1MB" -o routes.json')
def command() -> None:
    """Measure the ways from a model to where it must run: size, load, latency, memory, and whether it answers alike.

    A route is a framework, a converter and a runtime. Routes that cannot live beside the frameworks have an
    environment of their own, which 'routes add' installs and 'routes remove' removes.
    """


@command.command(name="list", epilog="Example: framework-advisor routes list --json")
@output.as_json
@output.in_language
def list_(as_json: bool, lang: str) -> None:
    """List the routes: framework, runtime, precisions, expected seconds, and what adds those that are missing."""
    from advisor.cli import routes_shown
    from advisor.deployment import known_routes
    from probes import reasons

    routes, environments = known_routes.known(), known_routes.environments_here()
    if as_json:
        output.emit(
            {
                "routes": [asdict(route) for route in routes],
                "environments": [
                    {**asdict(one), "unfit": reasons.text(one.unfit) if one.unfit else ""} for one in environments
                ],
            }
        )
        return
    routes_shown.listing(routes, environments, lang=lang)


@command.command(epilog="Example: framework-advisor routes add executorch")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--python", metavar="PATH", help="The Python an environment is made of; else one that is found and does.")
@output.as_json
@output.in_language
def add(names: tuple[str, ...], python: str | None, as_json: bool, lang: str) -> None:
    """Install environments that 'routes list' shows as missing, each in a folder of its own in your user data folder.

    Packages come from your package index in the versions of the lock files that this program ships. What is
    interrupted or fails is removed again. Exit status 1 where nothing was installed, 3 where a part was.
    """
    from probes.environments import installing

    def one(name: str, told: Callable[[Reason], None]) -> dict[str, Any]:
        made = installing.add(name, python=python, progress=told)
        return {"installed": True, "folder": str(made.folder), "bytes": made.bytes, "version": made.python}

    _each(names, one, as_json=as_json, lang=lang)


@command.command(epilog="Example: framework-advisor routes remove executorch")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@output.as_json
@output.in_language
def remove(names: tuple[str, ...], as_json: bool, lang: str) -> None:
    """Remove environments that 'routes add' installed, and what interrupted installations left."""
    from probes.environments import installing

    def one(name: str, told: Callable[[Reason], None]) -> dict[str, Any]:
        return {"installed": False, "freed_bytes": installing.remove(name, progress=told)}

    _each(names, one, as_json=as_json, lang=lang)


@command.command(
    epilog='Example: framework-advisor routes run --budget 300 --target "p95<=5ms,size<=1MB" -o routes.json'
)
@click.option("--workload", metavar="MODEL.py", help="A model of your own, one function a framework in one file.")
@click.option(
    "--file", metavar="MODEL", help="A file you have: .onnx, .tflite, .keras, .pt2, or a SavedModel's folder."
)
@click.option("--data", metavar="DATA.npz", help="Samples to answer: an array an input, the first axis the samples.")
@inputs.target
@click.option("--routes", "names", multiple=True, metavar="A,B", help="Only these, as ID or ID:PRECISION.")
@click.option("--budget", type=output.SECONDS, help="Seconds for all routes; those that do not fit are skipped.")
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="NAME=PATH",
    help="The Python of a framework or an environment; of web, the folder of npm packages.",
)
@click.option("--threads", default="one", show_default=True, metavar="one|all|N", help="The same in each runtime.")
@click.option("--random-seed", type=int, default=0, show_default=True, help="For weights, data and order.")
@click.option("--resume", metavar="FILE", help="Take up an interrupted table: what it has finished is not run again.")
@click.option("-o", "--output", "target", default="", metavar="FILE|-", help="Where the table goes, as routes/1.")
@click.option("--jsonl", is_flag=True, help="Report progress as JSON lines on standard output.")
@output.as_json
@output.in_language
def run(as_json: bool, lang: str, **options: Any) -> None:
    """Measure every route of a model; without --workload and --file, of a small net of our own.

    Conversions go side by side; each artifact is loaded and run in a process of its own. Then all that answer alike
    take turns with the framework's own inference. Ctrl-C ends it in order, and what is finished is written.
    """
    from advisor.cli import routes_run, routes_shown

    asked = routes_run.read(lang=lang, **options)
    table = routes_run.measure(asked, lang=lang)
    if as_json and not output.is_standard_output(asked.target):
        output.emit(routes_run.as_document(table))
    elif not asked.jsonl:
        routes_shown.table(table, lang=lang)
    status = routes_run.status(table)
    if status == exit_status.INTERRUPTED and asked.target and not output.is_standard_output(asked.target):
        output.notice(routes_shown.resume(asked.target, lang))
    if status:
        raise click.exceptions.Exit(status)


def _each(
    names: tuple[str, ...],
    do: Callable[[str, Callable[[Reason], None]], dict[str, Any]],
    *,
    as_json: bool,
    lang: str,
) -> None:
    """Do something to each environment; one that fails costs itself alone.

    Raises:
        InputError: a name is none of an environment.
    """
    from advisor.errors import InputError
    from probes import reasons
    from probes.environments import ENVIRONMENTS, installing

    problems = [output.unknown("environment", name, ENVIRONMENTS) for name in names if name not in ENVIRONMENTS]
    if problems:
        raise InputError(problems)

    def told(reason: Reason) -> None:
        output.notice(reasons.text(reason, lang))

    done: list[dict[str, Any]] = []
    failed = 0
    for name in dict.fromkeys(names):
        try:
            done.append({"environment": name, **do(name, told)})
        except installing.Failed as error:
            failed += 1
            told(error.reason)
            done.append({"environment": name, **reasons.document(error.reason)})
    if as_json:
        output.emit({"environments": done})
    if failed:
        raise click.exceptions.Exit(exit_status.NEGATIVE if failed == len(done) else exit_status.PARTLY)
