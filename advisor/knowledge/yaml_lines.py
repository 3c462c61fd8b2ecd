"""YAML that remembers where everything stands, and problems that say it.

One file in, plain data and the line of every key out; whatever is wrong becomes a Problem, all at once.
Safe: no objects, no aliases, no duplicate keys. Pure: text in, nothing read from disk.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, field
from typing import Any

import yaml

from advisor.errors import Problem
from probes.system.json_reading import DEEPEST, LARGEST_WHOLE, LONGEST_NUMBER
from probes.system.suggestions import spelled
from probes.system.yaml_text import LOADER, too_deep

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys and indices from the top."""

_TOO_DEEP = f"nested too deeply: more than {DEEPEST} levels"

_SHOWN = 40
"""Characters of a value that a message quotes."""


@dataclass
class Document:
    """What a file says, the line of each key and item, and what could not be read."""

    file: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """Return the line of ``path``, or of the nearest thing around it that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, message: str, way_out: str, *, key: str | None = None) -> Problem:
        """Return a problem at ``path``; ``key`` replaces how the place is called."""
        return Problem(self.file, self.line(path), spelled(path) if key is None else key, message, way_out)


def read_yaml(text: str, file: str, *, plain: bool = False) -> Document:
    """Read one YAML (or JSON) document.

    Args:
        text: what the file says. file: its name, for the problems.
        plain: leave words that mean yes or no to YAML, numbers that are not finite and times of day to the reader,
            who knows what was wanted in their place; else each is a problem.
    """
    document = Document(file)
    loader = LOADER(text)
    try:
        if too_deep(text):
            document.problems.append(Problem(file, 1, "", _TOO_DEEP, "a few levels are enough"))
            return document
        node = loader.get_single_node()
        if node is not None:
            document.data = _Walk(document, loader, plain=plain).value(node, ())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
        line = mark.line + 1 if mark else 1
        way_out = "mend the YAML here or just above: indentation, quotes, a missing ':' or '-'"
        if _indented_by_tab(text, line):
            what, way_out = "a tab at the start of the line", "indent with spaces"
        document.problems.append(Problem(file, line, "", f"not valid YAML: {what}", way_out))
    finally:
        loader.dispose()
    return document


def _indented_by_tab(text: str, line: int) -> bool:
    lines = text.splitlines()
    return line <= len(lines) and "\t" in lines[line - 1][: -len(lines[line - 1].lstrip()) or None]


class _Walk:
    """Convert nodes into plain data, noting lines."""

    def __init__(self, document: Document, loader: Any, *, plain: bool) -> None:
        self.document = document
        self.loader = loader
        self.plain = plain
        self.seen: set[int] = set()

    def value(self, node: yaml.Node, path: Path) -> Any:
        lines = self.document.lines
        lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self.seen:
            self.complain(path, "an alias of something written elsewhere", "write it out")
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.tag == "tag:yaml.org,2002:str" else self.scalar(node, path)
        if len(path) > DEEPEST:
            self.complain(path[:1], _TOO_DEEP, "a few levels are enough")
            return None
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, at)) for at, item in enumerate(node.value)]
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
            here = (*path, key)
            line = key_node.start_mark.line + 1
            if key in found:
                message = f"duplicate key '{key}', first on line {lines[here]}"
                problem = Problem(self.document.file, line, spelled(here), message, "keep one of them")
                self.document.problems.append(problem)
                continue
            lines[here] = line
            found[key] = self.value(value_node, here)
        return found

    def scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        kind, shown = node.tag.rpartition(":")[2], node.value[:_SHOWN]
        if kind in ("int", "float") and len(node.value) > LONGEST_NUMBER:
            long = f"a number of {len(node.value):,} characters; at most {LONGEST_NUMBER:,} are read"
            self.complain(path, long, "write a shorter one")
            return None
        if kind in ("int", "float") and ":" in node.value:
            self.complain(path, f"'{shown}' counts in sixties to YAML", "write the number in digits alone")
            return None
        try:
            value = self.loader.construct_object(node)
        except (yaml.YAMLError, ValueError, LookupError, AttributeError):  # what PyYAML raises for a tag that lies
            self.complain(path, f"'{shown}' cannot be read as {kind}", "put it in quotes")
            return None
        if isinstance(value, int) and abs(value) >= LARGEST_WHOLE:
            self.complain(path, f"'{shown}' is too large; whole numbers must lie below 2^63", "write a smaller one")
            return None
        if self.plain:
            return value
        if isinstance(value, bool):
            self.complain(path, f"'{shown}' means {str(value).lower()} to YAML", "put it in quotes")
            return node.value
        if isinstance(value, float) and not math.isfinite(value):
            self.complain(path, f"'{shown}' is not a finite number", "write a number")
            return None
        if isinstance(value, datetime.datetime):
            self.complain(path, f"'{shown}' carries a time of day", "write the day only, as 2026-11-23")
            return value.date()
        return value

    def complain(self, path: Path, message: str, way_out: str) -> None:
        self.document.problems.append(self.document.problem(path, message, way_out))
