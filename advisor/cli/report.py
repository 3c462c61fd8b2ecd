"""``framework-advisor report``: the decision report, and with --probe the whole main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.cli import answering, output

if TYPE_CHECKING:
    from advisor.decisions.document import Decision
    from advisor.report import Form


@click.command(
    epilog="Example: framework-advisor report --needs knowledge/examples/phone-app.yaml --probe --budget 60"
    " -o decision.html"
)
@answering.options
@click.option("-o", "--output", "target", required=True, metavar="FILE", help="The suffix chooses the form.")
@output.as_json
@output.in_language
def command(given: answering.Given, target: str, as_json: bool, lang: str) -> None:
    """Write the decision report: .html, .md, .json or .pdf; with --json also print what was written where."""
    from advisor.knowledge.loading import load_knowledge

    knowledge = load_knowledge()
    form, asked = output.together(lambda: form_of(target), lambda: answering.read(given, knowledge))
    answered = answering.answer(given, asked, knowledge, lang=lang)
    recommendation = answered.recommendation
    decision = answered.context.decision(answered.needs, recommendation, answered.evidence, knowledge)
    content = form.render(decision, lang)
    output.write_atomically(target, content)
    number = keep(decision, lang=lang)
    if as_json:
        told = {key: recommendation.document()[key] for key in ("recommended", "strength", "acceptability")}
        output.emit({**output.written(target, content), "form": form.SUFFIX, "lang": lang, "kept": number, **told})
    else:
        from advisor.cli import prose

        prose.answer(recommendation, knowledge, lang=lang)
        output.notice(str(target))
    if answered.status:
        raise click.exceptions.Exit(answered.status)


def keep(decision: Decision, *, lang: str) -> int | None:
    """Keep the decision in the store and return its number there, as ``output.kept`` does."""
    from advisor.decisions import store

    return output.kept(lambda: store.add_decision(decision), lang=lang)


def form_of(target: str) -> Form:
    """Return the module that writes the form ``target`` asks for; called before long work, not after it.

    Raises:
        InputError: no such form, or a place that cannot be written.
    """
    from advisor import report
    from advisor.errors import InputError

    forms = report.formats()
    suffix = Path(target).suffix.lstrip(".").lower()
    known = ", ".join(f".{form}" for form in forms)
    if Path(target).is_dir():
        raise InputError([f"{target}: is a directory; name a file in it that ends in one of {known}"])
    if not suffix:
        raise InputError([f"{target}: the name says no form; let it end in one of {known}"])
    if suffix not in forms:
        raise InputError([f"{target}: no report form '.{suffix}'; known: {known}"])
    output.check_writable(target)
    return forms[suffix]
