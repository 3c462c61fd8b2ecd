"""What can be wrong with input, said with its place and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probes.system.suggestions import nearest

__all__ = ["InputError", "KnowledgeError", "Problem", "nearest"]


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
