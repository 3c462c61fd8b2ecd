"""YAML text into plain data, safely: no objects, and no deeper than the parser can take.

Our own files need seven levels; libyaml's composer overflows the stack at some 10,000.
"""

from __future__ import annotations

from typing import Any

import yaml

from probes.system.json_reading import DEEPEST

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's loader where it is: the same safe one, ten times as fast."""


def load_yaml(text: str) -> Any:
    """Return what one YAML document holds.

    Raises:
        yaml.YAMLError: not YAML, nested too deeply, or a value that its tag cannot hold.
    """
    if too_deep(text):
        raise yaml.YAMLError("nested too deeply; a few levels are enough")
    try:
        return yaml.load(text, Loader=LOADER)  # noqa: S506 - it is a safe one
    except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
        # PyYAML's own constructors of dates, numbers and tags let these through.
        raise yaml.YAMLError(f"a value that cannot be read: {error}") from error


def too_deep(text: str) -> bool:
    """Return whether composing ``text`` could overflow the stack.

    Only brackets, and dashes or question marks in a row, nest without the indentation that makes depth costly
    to write; where there are few of them the events need not be walked through.

    Raises:
        yaml.YAMLError: not YAML.
    """
    if sum(text.count(opener) for opener in ("[", "{", "- -", "? ?")) <= DEEPEST:
        return False
    depth = 0
    for event in yaml.parse(text, LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            return True
    return False
