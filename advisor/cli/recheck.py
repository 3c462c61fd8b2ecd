"""``framework-advisor recheck``: do saved decisions still stand?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from advisor.cli import output
from probes.system import exit_status

if TYPE_CHECKING:
    from advisor.decisions.runtime_context import RuntimeContext
    from advisor.model.knowledge import Knowledge


@click.command(epilog="Example: framework-advisor recheck decision.json")
@click.argument("files", metavar="DECISION.json...", nargs=-1, required=True)
@output.with_evidence
@click.option(
    "--latest", is_flag=True, help="Judge by the newest releases that the knowledge base knows, not by those installed."
)
@output.with_reference
@output.as_json
@output.in_language
def command(
    files: tuple[str, ...], evidence_files: tuple[str, ...], latest: bool, reference: bool, as_json: bool, lang: str
) -> None:
    """Show what has changed since (knowledge, versions, machine, --evidence) and whether the decision stands (0) or not
    (1), and then what turned it. Of several decisions, all must stand."""
    from advisor.cli import prose
    from advisor.knowledge.loading import load_knowledge

    knowledge = load_knowledge()
    *decisions, evidence = output.together(
        *(lambda file=file: output.read_json(file) for file in files),
        lambda: output.read_evidence(evidence_files),
    )
    context = _context(knowledge, latest=latest, reference=reference)
    results = [context.recheck(decision, knowledge, evidence=evidence) for decision in decisions]
    told = {file: result.document() for file, result in zip(files, results, strict=True)}
    if as_json:
        alone = len(files) == 1
        output.emit(told[files[0]] if alone else {"decisions": [{"file": file, **one} for file, one in told.items()]})
    else:
        for file, result in zip(files, results, strict=True):
            prose.rechecked(result, lang=lang, name=file if len(files) > 1 else "")
    if not all(result.stands for result in results):
        raise click.exceptions.Exit(exit_status.NEGATIVE)


def _context(knowledge: Knowledge, *, latest: bool, reference: bool) -> RuntimeContext:
    from advisor.decisions.runtime_context import RuntimeContext, known_releases

    here = RuntimeContext.here(knowledge, reference=reference)
    return replace(here, versions=known_releases(knowledge.frameworks.values())) if latest else here
