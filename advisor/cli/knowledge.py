"""``framework-advisor knowledge``: check, list and read the knowledge base."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from advisor.cli import output
from probes.system import exit_status

directory = click.option(
    "--path", type=click.Path(path_type=Path, file_okay=False), help="Another knowledge folder than the program's own."
)


@click.group(epilog="Example: framework-advisor knowledge list --criterion deploy-mobile")
def command() -> None:
    """Check, list and read the knowledge base."""


@command.command(epilog="Example: framework-advisor knowledge check --json")
@directory
@output.as_json
@output.in_language
def check(path: Path | None, as_json: bool, lang: str) -> None:
    """Name every problem at once with file, line and way out; exit status 1 where there is one."""
    from dataclasses import asdict

    from advisor.decisions.reference_evidence import check_reference
    from advisor.decisions.runtime_context import today
    from advisor.knowledge import queries
    from advisor.knowledge.loading import check_knowledge, knowledge_folder
    from advisor.reading.integrity import integrity

    result = check_knowledge(path, today=today())
    problems = [*result.problems, *check_reference(path)]
    if result.knowledge is not None:
        problems += integrity((path or knowledge_folder()).resolve(), result.knowledge)
    counts = queries.counts(result.knowledge) if result.knowledge is not None else {}
    if as_json:
        output.emit(
            {
                "ok": not problems,
                "problems": [asdict(problem) for problem in problems],
                "warnings": [asdict(warning) for warning in result.warnings],
                "counts": counts,
            }
        )
    else:
        from advisor.cli import inventory

        inventory.checked(problems, result.warnings, counts, lang=lang)
    if problems:
        raise click.exceptions.Exit(exit_status.NEGATIVE)


@command.command(name="list", epilog="Example: framework-advisor knowledge list --origin source --json")
@click.option("--systems", is_flag=True, help="The tools and APIs instead of the claims.")
@click.option("--criterion", help="Claims on one criterion.")
@click.option("--origin", type=click.Choice(["source", "ours"]), help="From the source document, or added since.")
@click.option("--status", help="Claims or systems of one status, e.g. superseded, archived.")
@output.as_json
@output.in_language
def list_(
    systems: bool, criterion: str | None, origin: str | None, status: str | None, as_json: bool, lang: str
) -> None:
    """List the claims, or with --systems the tools."""
    from advisor.cli import inventory
    from advisor.errors import InputError
    from advisor.knowledge import queries
    from advisor.knowledge.loading import load_knowledge

    knowledge = load_knowledge()
    if criterion is not None and criterion not in knowledge.criteria:
        raise InputError([output.unknown("criterion", criterion, knowledge.criteria)])
    rows: list[dict[str, Any]] = queries.systems(knowledge) if systems else queries.claims(knowledge)
    statuses = {str(row["status"]) for row in rows}
    if status is not None and status not in statuses:
        raise InputError([output.unknown("status", status, statuses)])
    wanted = {"criterion": criterion, "origin": origin, "status": status}
    rows = [row for row in rows if all(value is None or row.get(key) == value for key, value in wanted.items())]
    if as_json:
        output.emit({"systems" if systems else "claims": rows})
    else:
        inventory.listing(rows, systems=systems, lang=lang)


@command.command(epilog="Example: framework-advisor knowledge show torchscript")
@click.argument("name", metavar="ID")
@output.as_json
@output.in_language
def show(name: str, as_json: bool, lang: str) -> None:
    """Show one claim, tool, criterion, question or source in full."""
    from advisor.cli import inventory
    from advisor.errors import InputError
    from advisor.knowledge import queries
    from advisor.knowledge.loading import load_knowledge

    knowledge = load_knowledge()
    entry = queries.entry(knowledge, name)
    if entry is None:
        raise InputError([output.unknown("entry", name, queries.ids(knowledge))])
    if as_json:
        output.emit(entry)
    else:
        inventory.entry(entry, lang=lang)


@command.command(epilog="Example: framework-advisor knowledge verdicts --evidence routes.json")
@output.with_evidence
@output.as_json
@output.in_language
def verdicts(evidence_files: tuple[str, ...], as_json: bool, lang: str) -> None:
    """Hold the claims against measurements: what they confirm, contradict or leave open, with the row.

    Takes what 'probe run' and 'routes run' write. Exit status 1 where a claim is contradicted.
    """
    from advisor.cli import inventory
    from advisor.curation.claim_trials import hold_against
    from advisor.decisions.runtime_context import RuntimeContext
    from advisor.engine.claim_verdicts import CONTRADICTED
    from advisor.errors import InputError
    from advisor.knowledge.loading import load_knowledge

    if not evidence_files:
        raise InputError(["no measurements: give --evidence FILE, from 'probe run' or 'routes run'"])
    knowledge, evidence = load_knowledge(), output.read_evidence(evidence_files)
    here = RuntimeContext.here(knowledge, reference=False)
    found = hold_against(evidence, knowledge, probes=here.probes, routes=here.routes, machine=here.machine)
    if as_json:
        unmade = [{"claim": claim, "commands": list(commands)} for claim, commands in found.unmade.items()]
        output.emit({"verdicts": [verdict.model_dump(mode="json") for verdict in found.verdicts], "unmade": unmade})
    else:
        inventory.verdicts(found, knowledge, lang=lang)
    if any(verdict.verdict == CONTRADICTED for verdict in found.verdicts):
        raise click.exceptions.Exit(1)


@command.command(epilog="Example: framework-advisor knowledge stale --json")
@output.as_json
@output.in_language
def stale(as_json: bool, lang: str) -> None:
    """List what to review next, by its influence on decisions."""
    from advisor.cli import inventory
    from advisor.curation.review_order import review_order
    from advisor.decisions.runtime_context import today
    from advisor.knowledge.loading import load_knowledge

    rows = review_order(load_knowledge(), today=today())
    if as_json:
        output.emit({"stale": rows})
    else:
        inventory.stale(rows, lang=lang)


@command.command(epilog="Example: framework-advisor knowledge calibration --json")
@output.as_json
@output.in_language
def calibration(as_json: bool, lang: str) -> None:
    """Set the recommendations beside published decisions: figures, and every difference with its reason."""
    from advisor.curation.backtest import FRESH, backtest, differences, figures, read_record
    from advisor.knowledge.loading import knowledge_folder, load_knowledge

    knowledge = load_knowledge()
    agreement = backtest(read_record(knowledge), knowledge)
    fresh = read_record(knowledge, knowledge_folder() / FRESH)
    seen, unseen = (backtest(fresh.half(seen=half), knowledge) for half in (True, False))
    if as_json:
        fresh_document = {"seen": seen.document(), "unseen": unseen.document()}
        output.emit(agreement.document() | {"fresh": fresh_document})
    else:
        from advisor.cli import inventory

        table = figures(first_part=agreement, fresh_seen=seen, fresh_unseen=unseen)
        inventory.calibration(table, differences(agreement), lang=lang)


@command.command(epilog="Example: framework-advisor knowledge releases --write")
@directory
@click.option("--write", is_flag=True, help="Put newer releases, and days that were missing, into the files.")
@click.option("--pypi", metavar="URL", help="A mirror of PyPI with its JSON interface.")
@click.option("--npm", metavar="URL", help="A mirror of npm's registry.")
@output.as_json
@output.in_language
def releases(path: Path | None, write: bool, pypi: str | None, npm: str | None, as_json: bool, lang: str) -> None:
    """Ask PyPI and npm which tools have a newer release than the base says.

    The one command that goes to a network. Exit status 1 where the base is behind; 3 where a registry did not tell.
    """
    from advisor.cli import inventory
    from advisor.curation.releases import HOSTS, compare, edits
    from advisor.errors import InputError
    from advisor.knowledge import parsing
    from advisor.knowledge.loading import knowledge_folder, load_knowledge

    root = (path or knowledge_folder()).resolve()
    load_knowledge(root)
    given = {key: url.rstrip("/") for key, url in (("pypi", pypi), ("npm", npm)) if url}
    wrong = [url for url in given.values() if not url.startswith(("https://", "http://"))]
    if wrong:
        raise InputError([f"'{url}' is not a web address; it begins with https://" for url in wrong])
    found = compare(parsing.collect(root), HOSTS | given)
    changed = edits(root, found) if write else {}
    for file, text in changed.items():
        output.write_atomically(file, text.encode())
    if as_json:
        output.emit({"releases": [inventory.release_row(one) for one in found], "written": [*map(str, changed)]})
    else:
        inventory.releases(found, [*map(str, changed)], lang=lang)
    if any(one.newest is None for one in found):
        raise click.exceptions.Exit(exit_status.PARTLY)
    if not write and any(one.outdated for one in found):
        raise click.exceptions.Exit(exit_status.NEGATIVE)
