"""``framework-advisor probe``: list, run and check the paired measurements."""

from __future__ import annotations

import json
from typing import Any

import click

from advisor.cli import output
from probes.types import DEVICES, Probe


@click.group(epilog="Example: framework-advisor probe run training-mlp-eager -o evidence.json")
def command() -> None:
    """List, run and check the paired measurements."""


@command.command(name="list", epilog="Example: framework-advisor probe list --json")
@output.as_json
@output.in_language
def list_(as_json: bool, lang: str) -> None:
    """List the probes: question, scenario, workload, expected seconds, claims they test."""
    from probes.catalog.loading import load_catalog

    known = load_catalog().values()
    if as_json:
        output.emit({"probes": [_row(probe) for probe in known]})
        return
    from advisor.cli import inventory

    inventory.probes([_row(probe) for probe in known], lang=lang)


def _row(probe: Probe) -> dict[str, Any]:
    """Return one probe as a document."""
    return {
        "id": probe.id,
        "question": dict(probe.question),
        "scenario": probe.scenario,
        "workload": probe.workload,
        "mode": probe.mode,
        "settings": probe.settings,
        "criterion": probe.criterion,
        "claims": list(probe.claims),
        "seconds": probe.seconds,
        "asked_only": probe.asked_only,
    }


@command.command(epilog="Example: framework-advisor probe show training-mlp-eager")
@click.argument("name", metavar="ID")
@output.as_json
@output.in_language
def show(name: str, as_json: bool, lang: str) -> None:
    """Show a probe's page: how it is measured, what is held equal, what it does not tell."""
    from advisor.knowledge.loading import load_knowledge
    from probes.catalog import probe_docs

    (probe,) = _known([name])
    if as_json:
        output.emit({**_row(probe), "page": probe_docs.page(probe, lang)})
        return
    from advisor.cli import inventory

    inventory.probe(_row(probe), probe_docs.page(probe, lang), load_knowledge(), lang=lang)


@command.command(
    epilog="Example: framework-advisor probe run --needs knowledge/examples/research-lab.yaml --budget 120 -o e.json"
)
@click.argument("names", metavar="[ID]...", nargs=-1)
@click.option("--needs", "needs_file", metavar="FILE|-", help="Choose the probes that matter most for these needs.")
@click.option("--budget", type=output.SECONDS, help="Seconds of wall time in all.")
@click.option("--python", "pythons", multiple=True, metavar="FRAMEWORK=PATH", help="Measure in another interpreter.")
@output.with_variables
@click.option("--device", type=click.Choice(DEVICES), help="By default the best that all frameworks share.")
@click.option("--threads", default="one", show_default=True, metavar="one|all|N")
@click.option("--workload", "workload_file", metavar="FILE.py", help="Your own model, both sides in one file.")
@click.option("--as-written", is_flag=True, help="Refuse a --workload whose sides differ in a default.")
@click.option("--confirm", is_flag=True, help="At least three fresh worker pairs a probe; slower, and surer.")
@click.option("-o", "--output", "target", required=True, metavar="FILE|-", help="Where the evidence goes.")
@output.as_json
@output.in_language
def run(
    names: tuple[str, ...],
    needs_file: str | None,
    budget: float | None,
    pythons: tuple[str, ...],
    passed: tuple[str, ...],
    device: str | None,
    threads: str,
    workload_file: str | None,
    as_written: bool,
    confirm: bool,
    target: str,
    as_json: bool,
    lang: str,
) -> None:
    """Measure. Without IDs and --needs, every probe that does not have to be asked for."""
    from advisor.cli import measuring
    from advisor.errors import InputError
    from advisor.knowledge.loading import load_knowledge
    from advisor.knowledge.needs_files import read_needs
    from probes.catalog.loading import choose_for_user_model, load_catalog
    from probes.evidence.documents import evidence_document
    from probes.session import outcome

    def choose() -> tuple[Probe, ...]:
        if workload_file is not None:
            _known(names)
            return tuple(choose_for_user_model(names, load_catalog()))
        if names:
            return _known(names)
        if needs_file is not None:
            knowledge = load_knowledge()
            return measuring.chosen(read_needs(needs_file, knowledge), knowledge)
        return tuple(probe for probe in load_catalog().values() if not probe.asked_only)

    _, workload, _, chosen_pythons, variables, probes = output.together(
        lambda: _check_threads(threads),
        lambda: _workload(workload_file, as_written=as_written),
        lambda: output.check_writable(target),
        lambda: interpreters(pythons),
        lambda: output.variables(passed),
        choose,
    )
    session = measuring.measure(
        probes,
        budget=budget,
        lang=lang,
        pythons=chosen_pythons,
        variables=variables,
        device=device,
        threads=threads,
        workload_file=workload,
        as_written=as_written,
        confirm=confirm,
    )
    number = measuring.keep(session, lang=lang)
    document = evidence_document(session)
    try:
        output.write_atomically(target, json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False).encode())
    except InputError as error:
        if number is None:
            raise
        way_out = f"the measurements are kept: framework-advisor evidence export {number} -o FILE"
        raise InputError([*error.problems, way_out]) from error
    if as_json and not output.is_standard_output(target):
        output.emit(document)
    if status := outcome.status(session):
        raise click.exceptions.Exit(status)


def _check_threads(threads: str) -> None:
    from advisor.errors import InputError

    if threads not in ("one", "all") and not (threads.isdecimal() and int(threads) >= 1):
        raise InputError([f"--threads {threads}: expected 'one', 'all' or a number from 1"])


def _workload(path: str | None, *, as_written: bool) -> str | None:
    """Return where the user's own model stands, from the root of the disk: a worker runs elsewhere."""
    from pathlib import Path

    from advisor.errors import InputError

    if path is None:
        if as_written:
            raise InputError(["--as-written is about a model of your own: name it with --workload FILE.py"])
        return None
    if not Path(path).is_file():
        raise InputError([f"--workload {path}: no such file; 'python -m probes example' prints one"])
    return str(Path(path).resolve())


@command.command(epilog="Example: framework-advisor probe selftest --json")
@click.option("--framework", default="null", show_default=True, metavar="ID", help="In both arms; null = NumPy alone.")
@click.option("--quick", is_flag=True, help="Fewer runs; coarser.")
@output.as_json
@output.in_language
def selftest(framework: str, quick: bool, as_json: bool, lang: str) -> None:
    """Find out what difference this machine can resolve: A/A and planted slowdowns. Kept for later results."""
    from advisor.cli import inventory
    from probes.calibration import self_test
    from probes.system import data_folders

    document = self_test.calibrate(
        framework=framework, quick=quick, earlier=self_test.load_calibration(), progress=output.say
    )
    try:
        self_test.save_calibration(document)
    except data_folders.Nowhere as nowhere:
        output.say(data_folders.not_kept(nowhere.why, lang))
    if as_json:
        output.emit(document)
    else:
        inventory.selftest(document, lang=lang)


def _known(names: Any) -> tuple[Any, ...]:
    """Look probes up; every unknown name is told at once, with the nearest known one."""
    from advisor.errors import InputError
    from probes.catalog.loading import by_usual_name, load_catalog

    known = load_catalog()
    meant = [by_usual_name(name, known) for name in names]
    problems = [output.unknown("probe", name, known) for name in meant if name not in known]
    if problems:
        raise InputError(problems)
    return tuple(known[name] for name in dict.fromkeys(meant))


def interpreters(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read FRAMEWORK=PATH pairs."""
    from pathlib import Path

    from advisor.errors import InputError
    from advisor.knowledge.loading import load_knowledge

    known = load_knowledge().frameworks
    found: dict[str, str] = {}
    problems: list[str] = []
    for pair in pairs:
        framework, _, path = pair.partition("=")
        if not path:
            problems.append(f"--python {pair}: expected FRAMEWORK=PATH, e.g. tensorflow=/opt/tf/bin/python")
        elif framework not in known:
            problems.append(output.unknown("framework", framework, known))
        elif not Path(path).is_file():
            problems.append(f"--python {pair}: no file {path}")
        else:
            found[framework] = path
    if problems:
        raise InputError(problems)
    return found
