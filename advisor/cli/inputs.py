"""From a command's options to needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from advisor.cli import output

if TYPE_CHECKING:
    from advisor.model.knowledge import Knowledge
    from advisor.model.needs import Needs

needs_file = click.option("--needs", "needs_file", metavar="FILE|-", help="Answers as needs/1, YAML or JSON.")
target = click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="TARGETS",
    help='Numbers to reach, as "p95<=20ms,size<=10MB"; they win over those of the needs. Also: memory, cold start, '
    "throughput, agreement drop.",
)
free_text = click.option("--text", metavar="TEXT", help="The project in your own words, English or Chinese.")


def needs_of(knowledge: Knowledge, needs_file: str | None, text: str | None) -> Needs:
    """Read the needs from a file, from a text, or from both (the file's answers win)."""
    from advisor.errors import InputError
    from advisor.knowledge.needs_files import read_needs
    from advisor.model.needs import Needs

    if needs_file is None and text is None:
        raise InputError(["no needs: give --needs FILE, --needs - or --text TEXT; 'framework-advisor ask' asks"])
    said = Needs()
    if text is not None:
        from advisor import reading

        said = reading.read(text, knowledge).likely(knowledge)
    if needs_file is None:
        return said
    written = read_needs(needs_file, knowledge)
    return written.model_copy(
        update={
            "answers": {**said.answers, **written.answers},
            "excluded": {**said.excluded, **written.excluded},
            "targets": {**said.targets, **written.targets},
        }
    )


def read_targets(given: Sequence[str]) -> dict[str, float]:
    """Read what ``--target`` was given, once or several times.

    Raises:
        InputError: with every problem of every one, also where two speak of the same.
    """
    from advisor.errors import InputError
    from probes.statistics import targets

    found: dict[str, float] = {}
    problems: list[str] = []
    for text in given:
        try:
            read = targets.parse(text)
        except targets.TargetsError as error:
            problems += [f"--target: {problem}" for problem in error.problems]
            continue
        twice = [targets.named(name, "en") for name in read if name in found]
        problems += [f"--target: {called} is given twice; keep one of them" for called in twice]
        found |= read
    if problems:
        raise InputError(problems)
    return found


def with_targets(needs: Needs, given: Mapping[str, float], *, lang: str) -> Needs:
    """Return the needs with the targets given beside them, and tell which of their own those replace."""
    from probes.statistics import targets

    replaced = {name: old for name, old in needs.targets.items() if given.get(name, old) != old}
    for name, old in replaced.items():
        new, was = targets.bound(name, given[name], lang), targets.bound(name, old, lang)
        called = targets.named(name, lang)
        output.notice(
            f"--target：{called} {new}，取代需求中的 {was}"
            if lang == "zh"
            else f"--target: {called} {new}, instead of {was} in the needs"
        )
    return needs.model_copy(update={"targets": {**needs.targets, **given}}) if given else needs


def line_needs(document: Mapping[str, Any], knowledge: Knowledge) -> Needs:
    """Read one line of a ``--lines`` file: {id, needs} or {id, text}.

    Raises:
        InputError: neither, or either of them wrong.
    """
    from advisor.errors import InputError
    from advisor.knowledge.needs_files import parse_needs

    if "needs" in document:
        return parse_needs(document["needs"], knowledge)
    if isinstance(document.get("text"), str):
        from advisor import reading

        return reading.read(document["text"], knowledge).likely(knowledge)
    raise InputError(["a line needs 'text' (a string) or 'needs' (a needs/1 object)"])
