"""What can be wrong with input, said with its place and the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_LISTED = 16
"""How many known words a message lists at most; a longer list helps nobody."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong: where, what, and the way out."""

    file: str
    line: int
    key: str
    message: str
    way_out: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" + (f" {self.key}" if self.key else "")
        return f"{place}: {self.message}; {self.way_out}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the way out of an unknown ``word``: the nearest known one, else what there is."""
    words = sorted(known)
    known = f"known: {', '.join(words)}" if len(words) <= _LISTED else ""
    for cutoff, more in ((0.8, ""), (0.6, known)):  # near in spelling may be far in sense: "gpu" is not "tpu"
        close = difflib.get_close_matches(word.casefold(), words, n=1, cutoff=cutoff)
        if close:
            return f"did you mean '{close[0]}'? {more}".rstrip()
    if len(words) > _LISTED:
        return f"none of the {len(words)} known ones is near"
    return known if words else "none is known yet"


class InputError(Exception):
    """What the user gave cannot be used; ``problems`` says everything that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class KnowledgeError(Exception):
    """The knowledge base cannot be used; ``problems`` says everything that is wrong, by file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        count = f"{len(self.problems)} problem" + ("s" if len(self.problems) != 1 else "")
        super().__init__("\n".join([f"{count} in the knowledge base:", *(f"  {problem}" for problem in self.problems)]))
