"""The one escape of every string that leaves the program, to a terminal or into a file.

A terminal obeys control characters ("\\x1b]0;...\\x07" renames its window), and bidirectional ones turn what is read
around them (CVE-2021-42574). Documents of others hold any of them, so none leaves as it is.
"""

from __future__ import annotations

import io
import json
import re
import sys
from typing import Any

import click

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but for tab and line feed, DEL, C1 (ECMA-48)
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # Bidi_Control (Unicode 16, PropList.txt)
    "\u2028\u2029\ud800-\udfff]"  # ends of lines and paragraphs that only some readers see; half a character
)


def visible(text: str) -> str:
    r"""Return a text with every character that is an order, not a letter, as its escape: ESC as ``\u001b``.

    Line feeds and tabs stay; the end of a line as Windows writes it becomes a line feed. The escapes are those of JSON,
    so JSON that went through here holds the same values as before. Applied twice, it is as once.
    """
    return _HIDDEN.sub(_escape, text.replace("\r\n", "\n"))


def on_one_line(text: str) -> str:
    r"""Return a text whose line feeds stand as ``\u000a``: what a message quotes, a file's name say, makes it no second
    line."""
    return visible(text).replace("\n", "\\u000a")


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def say(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print a text on standard output, or on standard error with ``err``."""
    click.echo(visible(str(text)), err=err, nl=nl)  # noqa: TID251 - the one place


def json_text(document: Any, *, indent: int | None = None) -> str:
    """Return a document as JSON that standard output can carry, whatever its encoding."""
    text = visible(json.dumps(document, ensure_ascii=False, indent=indent, allow_nan=False))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        # A terminal that is not UTF-8: escapes say the same.
        return json.dumps(document, indent=indent, allow_nan=False)
    return text


def refuse(error: click.ClickException) -> None:
    """Show what was wrong on the command line; it quotes what was given there."""
    shown = io.StringIO()
    error.show(shown)
    say(shown.getvalue(), err=True, nl=False)
