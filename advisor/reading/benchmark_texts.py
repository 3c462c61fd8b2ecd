"""Whole descriptions of projects with what should be read from them, and how much of it is.

Reads `knowledge/descriptions/`. No text of it teaches anything. Half of the stories, by a fixed hash of their names,
may be looked at when the reader is improved (``tune``); the other half (``blind``) is only ever counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from advisor.model.knowledge import Knowledge
from advisor.reading import read
from advisor.reading.phrases import read_folder
from advisor.reading.reader import Reader

HALVES = ("tune", "blind")


def _listed(value: Any) -> Any:
    """Return a list; a single option becomes a list of one."""
    return {question: (said,) if isinstance(said, str) else said for question, said in dict(value).items()}


Options = Annotated[dict[str, tuple[str, ...]], BeforeValidator(_listed)]


class Description(BaseModel):
    """One text and its gold.

    Attributes:
        story: texts that tell the same story in two languages are in the same half.
        wanted: question -> what must be filled in; "a|b": either of them.
        excluded: question -> options that must be ruled out.
        maybe: question -> options that may be filled in and need not be.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    lang: Literal["en", "zh", "mixed"]
    kind: Literal["chat", "description"]
    text: str
    story: str = ""
    wanted: Options = {}
    excluded: Options = {}
    maybe: Options = {}

    @property
    def half(self) -> str:
        """Return the half this text is in."""
        return HALVES[hashlib.sha256((self.story or self.id).encode()).digest()[0] % 2]


@dataclass(frozen=True)
class Tally:
    """Counts over texts.

    Attributes:
        found, missed: what must be filled in, and is or is not.
        wrong: filled in though neither said nor allowed.
        ruled_out, ruled_out_found: options that must be ruled out, and are.
        reversed_: ruled-out options filled in as wanted.
    """

    texts: int = 0
    found: int = 0
    missed: int = 0
    wrong: int = 0
    ruled_out: int = 0
    ruled_out_found: int = 0
    reversed_: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Add the counts."""
        return Tally(*(one + two for one, two in zip(_counts(self), _counts(other), strict=True)))

    @property
    def precision(self) -> float:
        """Share of what is filled in that may be; 1 where nothing is."""
        return self.found / (self.found + self.wrong) if self.found + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Share of what must be filled in that is; 1 where nothing must."""
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def _counts(tally: Tally) -> tuple[int, ...]:
    return (
        tally.texts,
        tally.found,
        tally.missed,
        tally.wrong,
        tally.ruled_out,
        tally.ruled_out_found,
        tally.reversed_,
    )


def load(folder: Path) -> list[Description]:
    """Read every file of ``folder``; its name is the language.

    Raises:
        KnowledgeError: with every problem of every file.
    """

    def made(lang: str, document: Any) -> list[Description]:
        return [Description.model_validate({"lang": lang, **entry}) for entry in document]

    return read_folder(folder, made, place="knowledge/descriptions", way_out="see its first lines")


def tally(described: Iterable[Description], reader: Reader, knowledge: Knowledge) -> dict[str, Tally]:
    """Return question -> counts; their sum over the questions counts each text once for each question."""
    result = {question: Tally() for question in knowledge.questions}
    for one in described:
        needs = read(one.text, knowledge, reader=reader).needs
        for question in result:
            said, out = set(needs.options(question)), set(needs.excluded.get(question, ()))
            result[question] += _compare(one, question, said, out)
    return result


def _compare(one: Description, question: str, said: set[str], out: set[str]) -> Tally:
    wanted = [set(either.split("|")) for either in one.wanted.get(question, ())]
    excluded = set(one.excluded.get(question, ()))
    allowed = set(one.maybe.get(question, ())).union(*wanted)
    return Tally(
        texts=1,
        found=sum(bool(either & said) for either in wanted),
        missed=sum(not either & said for either in wanted),
        wrong=len(said - allowed),
        ruled_out=len(excluded),
        ruled_out_found=len(excluded & out),
        reversed_=len(excluded & said),
    )


def total(tallies: Mapping[str, Tally]) -> Tally:
    """Return the sum over all questions."""
    return sum(tallies.values(), start=Tally())
