"""From a command's options to needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from advisor.model.knowledge import Knowledge
    from advisor.model.needs import Needs

needs_file = click.option("--needs", "needs_file", metavar="FILE|-", help="Answers as needs/1, YAML or JSON.")
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

        said = reading.read(reading.within_length(text), knowledge).likely(knowledge)
    if needs_file is None:
        return said
    written = read_needs(needs_file, knowledge)
    return written.model_copy(
        update={
            "answers": {**said.answers, **written.answers},
            "excluded": {**said.excluded, **written.excluded},
        }
    )


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

        return reading.read(reading.within_length(document["text"]), knowledge).likely(knowledge)
    raise InputError(["a line needs 'text' (a string) or 'needs' (a needs/1 object)"])
