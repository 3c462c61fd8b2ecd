"""``framework-advisor probe``: list, run and check the paired measurements."""

from __future__ import annotations

from typing import Any

import click

from advisor.cli import output
from probes import command as shared


@click.group(epilog="Example: framework-advisor probe run training-mlp-eager -o evidence.json")
def command() -> None:
    """List, run and check the paired measurements."""


@command.command(name="list", epilog="Example: framework-advisor probe list --json")
@output.as_json
@output.in_language
def list_(as_json: bool, lang: str) -> None:
    """List the probes: question, scenario, workload, expected seconds, claims they test."""
    shared.list_probes(as_json=as_json, lang=lang)


@command.command(epilog="Example: framework-advisor probe show training-mlp-eager")
@click.argument("name", metavar="ID")
@output.as_json
@output.in_language
def show(name: str, as_json: bool, lang: str) -> None:
    """Show a probe's page: how it is measured, what is held equal, what it does not tell."""
    from advisor.knowledge.loading import load_knowledge
    from probes.catalog import probe_docs
    from probes.catalog.loading import choose_probes, load_catalog

    (probe,) = choose_probes([name], load_catalog())
    if as_json:
        output.emit({**probe_docs.row(probe), "page": probe_docs.page(probe, lang)})
        return
    from advisor.cli import inventory

    inventory.probe(probe_docs.row(probe), probe_docs.page(probe, lang), load_knowledge(), lang=lang)


@command.command(
    epilog="Example: framework-advisor probe run --needs knowledge/examples/research-lab.yaml --budget 120 -o e.json"
)
@click.argument("names", metavar="[ID]...", nargs=-1)
@click.option("--needs", "needs_file", metavar="FILE|-", help="Choose the probes that matter most for these needs.")
@click.option(
    "--ray", "address", metavar="ADDRESS", help="On every kind of node of a cluster: auto, [ray://]HOST:PORT."
)
@shared.run_options
@output.as_json
@output.in_language
def run(
    names: tuple[str, ...], needs_file: str | None, address: str | None, as_json: bool, lang: str, **options: Any
) -> None:
    """Measure. Without IDs and --needs, every probe that does not have to be asked for."""
    from advisor.cli import cluster, measuring
    from advisor.knowledge.loading import load_knowledge
    from advisor.knowledge.needs_files import read_needs
    from probes.evidence.documents import evidence_document
    from probes.session import outcome

    knowledge = load_knowledge()
    (asked, probes), needs, _ = output.together(
        lambda: shared.read_run(names, **options),
        lambda: None if needs_file is None else read_needs(needs_file, knowledge),
        lambda: cluster.check(address, workload=options["workload"]),
    )
    if needs is not None and not names and asked.workload_file is None:
        probes, asked = measuring.planned(needs, knowledge, asked)
    if address is not None:
        cluster.run(probes, asked, address, as_json=as_json, lang=lang)
        return
    with shared.kept_safe() as safe:
        session = measuring.measure(probes, asked, lang=lang, keep=safe)
        number = measuring.keep(session, lang=lang)
        try:
            shared.write(session, asked.target)
        except shared.BadInput as error:
            way_out = f"the measurements are kept: framework-advisor evidence export {number} -o FILE"
            raise shared.BadInput([*error.problems, *([] if number is None else [way_out])]) from error
    if as_json and not output.is_standard_output(asked.target):
        output.emit(evidence_document(session))
    if status := outcome.status(session):
        raise click.exceptions.Exit(status)


@command.command(epilog="Example: framework-advisor probe selftest --json")
@shared.selftest_options
@output.as_json
@output.in_language
def selftest(framework: str, quick: bool, as_json: bool, lang: str) -> None:
    """Find out what difference this machine can resolve: A/A and planted slowdowns. Kept for later results."""
    shared.tell_selftest(framework=framework, quick=quick, as_json=as_json, lang=lang)


def interpreters(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read FRAMEWORK=PATH pairs for any framework of the knowledge base.

    Raises:
        InputError: with every problem found.
    """
    from advisor.errors import InputError
    from advisor.knowledge.loading import load_knowledge

    chosen, problems = shared.parse_pythons(pairs, tuple(load_knowledge().frameworks))
    if problems:
        raise InputError(problems)
    return chosen
