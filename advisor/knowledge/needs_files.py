"""needs/1: what the user said, read strictly; every problem at once.

Nothing is guessed and nothing dropped: an unknown word is refused with the nearest known one.
Reads one file or standard input; never the clock.
"""

from __future__ import annotations

import math
import stat
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from advisor.errors import InputError, nearest
from advisor.knowledge import yaml_lines
from advisor.model.knowledge import Knowledge, Question
from advisor.model.needs import Answer, Needs
from probes.statistics import targets
from probes.system.json_reading import LARGEST_WHOLE, is_number
from probes.system.suggestions import spelled

SCHEMA = "needs/1"

Options = Annotated[tuple[str, ...], Field(json_schema_extra={"uniqueItems": True})]


class NeedsDocument(Needs):
    """What the user said, as a file. Every key may be left out; one that is not known is refused.

    ``answers``: question -> an option where one is asked for, a list of options where several may be given; the option
    "none" stands alone. ``excluded``: question -> options that were ruled out. ``priorities``: criterion -> 0 to 3.
    ``certainty``: question -> 0 to 1, how surely it was answered. ``targets``: the numbers asked for. The ids of
    questions, options and criteria are those of the knowledge base: this schema takes any word, the program only those.
    """

    schema_: Literal["needs/1"] = Field("needs/1", alias="schema")
    answers: dict[str, str | Options] = {}
    excluded: dict[str, Options] = {}


KEYS = tuple(field.alias or name for name, field in NeedsDocument.model_fields.items())
NONE = "none"
"""The option that stands alone in a question with many answers."""

LARGEST = 1_000_000
"""Bytes. A questionnaire's answers take a few hundred; more is some other file."""


def read_needs(path: str | Path, knowledge: Knowledge) -> Needs:
    """Read needs from a YAML or JSON file, or from standard input where ``path`` is "-".

    Raises:
        InputError: with file, line and way out of every problem.
    """
    name = "standard input" if str(path) == "-" else str(path)
    document = yaml_lines.read_yaml(text_of(str(path)), name, plain=True)
    reader = _Reader(knowledge)
    needs = reader.needs({} if document.data is None and document.problems else document.data)
    told = {problem.key for problem in document.problems}  # a place that could not be read is not judged as well
    found = [document.problem(*problem) for problem in reader.problems if spelled(problem[0]) not in told]
    problems = sorted([*document.problems, *found], key=lambda problem: problem.line)
    if problems:
        raise InputError([str(problem) for problem in problems])
    return needs


def parse_needs(document: Mapping[str, Any], knowledge: Knowledge) -> Needs:
    """Return the needs that a document (parsed YAML or JSON) states.

    Raises:
        InputError: with key and way out of every problem.
    """
    reader = _Reader(knowledge)
    needs = reader.needs(document)
    if reader.problems:
        raise InputError(
            [f"{spelled(where) or SCHEMA}: {message}; {way_out}" for where, message, way_out in reader.problems]
        )
    return needs


def text_of(path: str, *, largest: int = LARGEST) -> str:
    """Return the text of a UTF-8 file of at most ``largest`` bytes, or of standard input where ``path`` is "-".

    Raises:
        InputError: none there, unreadable, too large or not UTF-8.
    """
    name = "standard input" if path == "-" else path
    if path == "-":
        if sys.stdin is None:
            raise InputError([f"{name}: closed; name a file, or pipe one in"])
        raw = sys.stdin.buffer.read(largest + 1)
    else:
        file = Path(path)
        if file.is_dir():
            raise InputError([f"{name}: a folder, not a file; name a file in it"])
        if _is_pipe(file):
            raise InputError([f"{name}: a pipe, which waits for whoever writes to it; give it as standard input ('-')"])
        try:
            with file.open("rb") as stream:
                raw = stream.read(largest + 1)
        except FileNotFoundError:
            if file.is_symlink():
                raise InputError([f"{name}: a link to {file.readlink()}, which is not there; mend the link"]) from None
            near = [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []
            raise InputError([f"{name}: no such file; {_beside(file, near)}"]) from None
        except OSError as error:
            raise InputError([f"{name}: cannot be read ({error.strerror}); check the path and its rights"]) from None
    if len(raw) > largest:
        raise InputError([f"{name}: over {largest:,} bytes; no file of this kind is as large"])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError([f"{name}: not UTF-8 at byte {error.start}; save it as UTF-8"]) from None


def _is_pipe(file: Path) -> bool:
    """Return whether a pipe lies under this name; what a shell hands over, /dev/fd/63 say, is a link to one."""
    try:
        return stat.S_ISFIFO(file.lstat().st_mode)
    except (OSError, ValueError):
        return False


def _beside(file: Path, names: Sequence[str]) -> str:
    way_out = nearest(file.name, names)
    return way_out if way_out.startswith("did you mean") else "check the path; example needs: knowledge/examples"


class _Reader:
    """One reading of one document. ``problems``: path, what is wrong, and the way out."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.problems: list[tuple[yaml_lines.Path, str, str]] = []

    def needs(self, document: Any) -> Needs:
        if not isinstance(document, Mapping):
            what = "it is empty" if document is None else f"{_kind(document)} instead of keys"
            self.complain((), what, f"begin with 'schema: {SCHEMA}' and 'answers:'")
            return Needs()
        schema = document.get("schema", SCHEMA)
        if schema != SCHEMA:
            self.complain(("schema",), f"{schema!r} is not what is read here", f"write 'schema: {SCHEMA}'")
        for key in document:
            if key not in KEYS:
                self.complain((str(key),), f"unknown key '{key}'", self.misplaced(str(key)))
        questions, criteria = self.knowledge.questions, self.knowledge.criteria
        said = self.section(document, "answers", known=questions, noun="question")
        ruled_out = self.section(document, "excluded", known=questions, noun="question")
        weighed = self.section(document, "priorities", known=criteria, noun="criterion")
        certain = self.section(document, "certainty", known=questions, noun="question")
        asked = self.section(document, "targets", known=targets.TARGETS, noun="target")
        answers = {q: self.answer(questions[q], given) for q, given in said}
        excluded = {q: self.options(q, given, ("excluded", q)) for q, given in ruled_out}
        return Needs(
            answers={q: a for q, a in answers.items() if a},
            excluded={q: o for q, o in excluded.items() if o},
            priorities={c: self.number(("priorities", c), given, 3) for c, given in weighed},
            certainty={q: self.number(("certainty", q), given, 1) for q, given in certain},
            targets={name: value for name, given in asked if (value := self.target(name, given)) is not None},
        )

    def misplaced(self, key: str) -> str:
        """Return the way out of an unknown top-level key; a question's id belongs one level down."""
        if key in targets.TARGETS:
            return "put it under 'targets:'"
        return "put it under 'answers:'" if key in self.knowledge.questions else nearest(key, KEYS)

    def section(
        self, document: Mapping[str, Any], key: str, *, known: Mapping[str, Any], noun: str
    ) -> list[tuple[str, Any]]:
        """Return the known entries of a section, complaining about the rest."""
        given = document.get(key, {})
        if not isinstance(given, Mapping):
            self.complain((key,), f"{_kind(given)} instead of keys", f"write one {noun} a line below '{key}:'")
            return []
        for word in given:
            if word not in known:
                self.complain((key, str(word)), f"unknown {noun} '{word}'", self.elsewhere(str(word), known))
        return [(word, value) for word, value in given.items() if word in known]

    def elsewhere(self, word: str, known: Mapping[str, Any]) -> str:
        """Return the way out of a word that a section does not know: the section that does, else the nearest."""
        if word in self.knowledge.questions:
            return "that is a question: put it under 'answers:'"
        if word in self.knowledge.criteria:
            return "that is a criterion: put it under 'priorities:'"
        if word in targets.TARGETS:
            return "that is a target: put it under 'targets:'"
        meant = targets.known(word) if known is targets.TARGETS else None
        return f"write '{meant}'" if meant else nearest(word, known)

    def answer(self, question: Question, given: Any) -> Answer:
        where = ("answers", question.id)
        if question.kind == "many":
            chosen = self.options(question.id, given, where)
            if NONE in chosen and len(chosen) > 1:
                others = ", ".join(option for option in chosen if option != NONE)
                self.complain(where, f"'{NONE}' together with {others}", f"keep either '{NONE}' or the others")
            return chosen
        if not isinstance(given, str):
            alone = isinstance(given, (list, tuple)) and len(given) == 1 and self.knows(question.id, given[0])
            way_out = f"write '{question.id}: {given[0]}'" if alone else f"write one of {self.listed(question.id)}"
            self.complain(where, f"{_kind(given)} instead of one option", way_out)
            return ""
        return given if self.option(question.id, given, where) else ""

    def options(self, question: str, given: Any, where: yaml_lines.Path) -> tuple[str, ...]:
        if not isinstance(given, (list, tuple)):
            alone = self.knows(question, given)
            some = f"'{question}: [{given}]'" if alone else f"a list in brackets of {self.listed(question)}"
            self.complain(where, f"{_kind(given)} instead of a list", f"write {some}")
            return ()
        chosen: list[str] = []
        for at, option in enumerate(given):
            if not isinstance(option, str):
                way_out = f"write one of {self.listed(question)}"
                self.complain((*where, at), f"{_kind(option)} instead of an option", way_out)
            elif option in chosen:
                self.complain((*where, at), f"'{option}' is listed twice", "keep one of them")
            elif self.option(question, option, (*where, at)):
                chosen.append(option)
        return tuple(chosen)

    def option(self, question: str, option: str, where: yaml_lines.Path) -> bool:
        known = self.knows(question, option)
        if not known:
            self.complain(where, f"'{question}' has no option '{option}'", nearest(option, self.ids(question)))
        return known

    def ids(self, question: str) -> tuple[str, ...]:
        return tuple(choice.id for choice in self.knowledge.questions[question].options)

    def knows(self, question: str, option: Any) -> bool:
        return isinstance(option, str) and option in self.ids(question)

    def listed(self, question: str) -> str:
        return ", ".join(self.ids(question))

    def number(self, where: yaml_lines.Path, given: Any, most: int) -> float:
        if not is_number(given):
            self.complain(where, f"{_kind(given)} instead of a number", f"write a number from 0 to {most}")
        elif not 0 <= given <= most:  # which no NaN is either
            self.complain(where, f"{_figure(given)} is out of range", f"write a number from 0 to {most}")
        else:
            return float(given)
        return 0.0

    def target(self, name: str, given: Any) -> float | None:
        """Return the number of a target, None where it is none."""
        where = ("targets", name)
        if not is_number(given):
            self.complain(
                where, f"{_kind(given)} instead of a number", f"write a number of {targets.TARGETS[name].unit}"
            )
            return None
        try:
            small = isinstance(given, float) or abs(given) < LARGEST_WHOLE
            return targets.checked(name, float(given) if small else math.inf)
        except targets.Refused as refused:
            message, _, way_out = str(refused).partition("; ")
            self.complain(where, message, way_out)
            return None

    def complain(self, where: yaml_lines.Path, message: str, way_out: str) -> None:
        self.problems.append((where, message, way_out))


def _figure(value: float) -> str:
    """Return a number as it is shown; Python refuses to write out one of thousands of digits."""
    return (
        f"a whole number of {value.bit_length():,} bits"
        if isinstance(value, int) and abs(value) >= LARGEST_WHOLE
        else str(value)
    )


def _kind(value: Any) -> str:
    """Return what a value is, in a user's words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"yes/no ({str(value).lower()})"
    if isinstance(value, str):
        return f"the text '{value[:40]}'"
    if isinstance(value, (int, float)):
        return f"the number {_figure(value)}"
    if isinstance(value, Mapping):
        return "keys"
    if isinstance(value, date):
        return "a date"
    return "a list" if isinstance(value, (list, tuple)) else f"a {type(value).__name__}"
