"""``framework-advisor understand``: free text to needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from advisor.cli import output


@click.command(epilog='Example: framework-advisor understand "real-time detection on a phone, no server" --json')
@click.argument("text", metavar="TEXT|-", required=False)
@click.option("--lines", metavar="FILE|-", help="Many at once: one JSON object a line, {id, text}.")
@output.as_json
@output.in_language
def command(text: str | None, lines: str | None, as_json: bool, lang: str) -> None:
    """Read a free text (English, Chinese, mixed) into needs; "-" reads standard input."""
    from advisor import reading
    from advisor.errors import InputError
    from advisor.knowledge.loading import load_knowledge

    if (text is None) == (lines is None):
        raise InputError(["give either TEXT (or - for standard input) or --lines FILE"])
    knowledge = load_knowledge()
    if lines is not None:

        def answer(document: Mapping[str, Any]) -> Mapping[str, Any]:
            if not isinstance(document.get("text"), str):
                raise InputError(["a line needs 'text', a string"])
            return reading.read(reading.within_length(document["text"]), knowledge).document()

        output.answer_lines(lines, answer)
        return
    said = output.read_text("-") if text == "-" else str(text)
    understanding = reading.read(reading.within_length(said), knowledge)
    if as_json:
        output.emit(understanding.document())
        return
    from advisor.cli import prose

    prose.understanding(understanding, said, knowledge, lang=lang)
