"""The bilingual word list: concepts, their wordings, and where they stand in a text.

Reads `knowledge/lexicon.yaml`. Finding is linear in the text: a trie for words, bounded patterns for
model numbers and turns of phrase; of two that overlap the longer one stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advisor.errors import KnowledgeError, Problem
from advisor.reading.normalization import is_cjk
from advisor.reading.targets import Grammar, grammar_of
from probes.system.yaml_text import load_yaml

Options = dict[str, tuple[str, ...]]
OPTION_KEYS = frozenset({"says", "implies", "rules_out", "denied_excludes", "denied_says", "needs", "yields_to"})
"""Keys of a concept that map questions to options."""

_JOIN = re.compile(r"(?<=[\u3400-\u9fff]) | (?=[\u3400-\u9fff])")
"""Chinese beside Latin letters is written with a space or without."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[a-z]{3}")
_ELSE = re.compile(r"\{[a-z]|\\d|\[[^\]]*\d")


def _listed(value: Any) -> Any:
    """Return a list; a single option becomes a list of one."""
    if isinstance(value, dict):
        return {key: (one,) if isinstance(one, str) else tuple(one) for key, one in value.items()}
    return value


class Concept(BaseModel):
    """One thing people name.

    Attributes:
        says: question -> options that naming it answers.
        implies: question -> options that follow from it without being said; marked, kept apart.
        rules_out: question -> options that naming it excludes ("offline" rules out a server).
        denied_excludes: options that its negation excludes; by default those of ``says``.
        denied_says: options that its negation answers ("no GPU" says cpu).
        confidence: how surely ``says`` holds when it is named; below .85 it is offered, not filled.
        generic: a named product of the same kind outweighs its negation ("no GPU ... my RTX 3090").
        opaque: the model does not see it ("Edge TPU" is no TPU in the sense of the question).
        partial: one of many of its kind; ruling it out yields to another named ("Android but not iOS").
        needs: questions of which another answer must have been read for ``rules_out`` to hold.
        context: its pattern's match is wide; other concepts inside it stand beside it.
        weak: what it says holds unless something surer of its question is said ("customers": production).
        yields_to: options beside which it says nothing, where they are said for sure ("pictures" that are generated).
        only_with: macros of which one must occur in the text for the patterns to be tried at all; saves time.
        focus: macro whose last occurrence in a pattern's match is its place; the words before it are context.
        words: wordings, English with optional plural; patterns: regular expressions over the normalised text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    says: Options = {}
    implies: Options = {}
    rules_out: Options = {}
    denied_excludes: Options | None = None
    denied_says: Options = {}
    confidence: Annotated[float, Field(gt=0.0, le=1.0)] = 0.95
    generic: bool = False
    opaque: bool = False
    partial: bool = False
    needs: Options = {}
    yields_to: Options = {}
    focus: str | None = None
    only_with: tuple[str, ...] = ()
    context: bool = False
    weak: bool = False
    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether it says nothing and is there to absorb a misleading wording."""
        return not (self.says or self.implies or self.rules_out or self.denied_excludes or self.denied_says)

    @property
    def hints(self) -> bool:
        """Whether it says nothing for sure: silent, weak, or only implying."""
        return self.weak or not (self.says or self.rules_out or self.denied_excludes or self.denied_says)


_NO_NUMBER = re.compile(r"\d{65,}")
"""A run of digits that counts nothing anybody has."""


class Match:
    """A concept at ``[start, end)`` of the normalised text."""

    __slots__ = ("concept", "end", "start")

    def __init__(self, concept: Concept, start: int, end: int) -> None:
        self.concept = concept
        self.start = start
        self.end = end


class Lexicon:
    """All concepts, ready to search."""

    def __init__(
        self,
        concepts: list[Concept],
        *,
        traditional: dict[str, str],
        macros: dict[str, str],
        cues: dict[str, list[str]],
        names: list[str],
        critiques: Options,
        targets: Grammar | None = None,
    ) -> None:
        """Build the trie and compile the patterns; ``{name}`` in a pattern stands for the macro."""
        self.critiques = critiques
        self.targets = targets
        self.concepts = concepts
        self.traditional = traditional
        self.cues = cues
        self._trie: dict[str, Any] = {}
        self._patterns: list[tuple[re.Pattern[str], re.Pattern[str] | None, Concept, re.Pattern[str] | None]] = []
        self._macros = {name: re.compile(text) for name, text in macros.items()}
        terms = set(names)
        for concept in concepts:
            for word in concept.words:
                if " " not in word:
                    terms.update(re.findall(r"[a-z]+", word.lower()))
                for written in {word.lower(), _JOIN.sub("", word.lower())}:
                    node = self._trie
                    for character in written:
                        node = node.setdefault(character, {})
                    node.setdefault("", []).append(concept)
            focus = self._macros[concept.focus] if concept.focus else None
            for pattern in concept.patterns:
                script = _script(pattern)
                for name, text in macros.items():
                    pattern = pattern.replace("{" + name + "}", f"(?:{text})")
                # ASCII: a Chinese character ends a Latin word, as a reader sees it; else "qwen2做lora" would be one.
                self._patterns.append((re.compile(pattern, re.ASCII), focus, concept, script))
        self.terms = frozenset(terms)

    def find(self, text: str) -> list[Match]:
        """Return the matches in order; one that overlaps a longer one is dropped."""
        found = [*self._words(text), *self._matched(text)]
        found.sort(key=lambda match: (match.start - match.end, match.start))
        taken = bytearray(len(text))
        kept: list[Match] = []
        for match in found:
            twin = bool(kept) and (kept[-1].start, kept[-1].end) == (match.start, match.end)
            if match.concept.context or twin or not any(taken[match.start : match.end]):
                kept.append(match)
                if not match.concept.context:
                    taken[match.start : match.end] = b"\1" * (match.end - match.start)
        return sorted(kept, key=lambda match: (match.start, match.end))

    def questions(self, text: str) -> set[str]:
        """Return the questions on which any word says something; patterns are left aside."""
        return {name for match in self._words(text) for name in (*match.concept.says, *match.concept.implies)}

    def _matched(self, text: str) -> Iterator[Match]:
        # Patterns that begin with digits would try each of them to the end of the run.
        text = _NO_NUMBER.sub(lambda run: " " * len(run.group()), text)
        occurs = {name: pattern.search(text) is not None for name, pattern in self._macros.items()}
        written = {script for script in (_HAN, _LATIN) if script.search(text)}
        for pattern, focus, concept, script in self._patterns:
            if script is not None and script not in written:
                continue
            if concept.only_with and not any(occurs[name] for name in concept.only_with):
                continue
            for found in pattern.finditer(text):
                start, end = found.span()
                if focus is not None:
                    for inner in focus.finditer(text, start, end):
                        start, end = inner.span()
                if end > start:
                    yield Match(concept, start, end)

    def _words(self, text: str) -> Iterator[Match]:
        length = len(text)
        previous_latin = False
        for start, first in enumerate(text):
            latin = first.isascii() and first.isalnum()
            if (latin and previous_latin) or first not in self._trie:
                previous_latin = latin
                continue
            previous_latin = latin
            node, place = self._trie, start
            best: list[Match] = []
            while place < length:
                character = text[place]
                step = node.get(character)
                if step is None and character in " -_":
                    step = node.get(" ") or node.get("-")
                if step is None:
                    break
                node, place = step, place + 1
                if "" in node:
                    end = _boundary(text, place)
                    if end is not None:
                        best = [Match(concept, start, end) for concept in node[""]]
            yield from best


def _script(pattern: str) -> re.Pattern[str] | None:
    """Return the script without which ``pattern`` cannot match, None where that is not plain."""
    if _ELSE.search(pattern):
        return None
    han, latin = _HAN.search(pattern), _LATIN.search(re.sub(r"\\[a-z]", "", pattern))
    if han and not latin:
        return _HAN
    return _LATIN if latin and not han else None


def _boundary(text: str, end: int) -> int | None:
    """Return where the word that reached ``end`` stops, a plural s included; None when it goes on."""
    if end >= len(text) or is_cjk(text[end - 1]):
        return end
    for plural in ("", "s", "es", "'s"):
        if text.startswith(plural, end):
            after = end + len(plural)
            if after >= len(text) or not (text[after].isascii() and text[after].isalnum()):
                return after
    return None


def _read(path: Path) -> Lexicon:
    try:
        document = load_yaml(path.read_text(encoding="utf-8"))
        concepts = []
        problems: list[Problem] = []
        for entry in document["concepts"]:
            for key in OPTION_KEYS & entry.keys():
                entry[key] = _listed(entry[key])
            try:
                concepts.append(Concept(**entry))
            except ValidationError as error:
                problems += [
                    _problem(path, ".".join(map(str, (entry.get("id"), *found["loc"]))), found["msg"])
                    for found in error.errors()
                ]
        if problems:
            raise KnowledgeError(problems)
        pairs = document["traditional"].split()
        traditional = {pair[0]: pair[1] for pair in pairs}
        return Lexicon(
            concepts,
            traditional=traditional,
            macros=document["macros"],
            cues=document["cues"],
            names=document["names"],
            critiques=_listed(document["critiques"]),
            targets=grammar_of(document.get("targets")),
        )
    except (
        OSError,
        yaml.YAMLError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
        re.error,
    ) as error:
        # A part of another kind than is wanted there shows in many ways; each is the file's.
        raise KnowledgeError([_problem(path, "", f"{error} ({type(error).__name__})")]) from error


def _problem(path: Path, key: str, message: str) -> Problem:
    return Problem(f"knowledge/{path.name}", 1, key, message, "see Concept in advisor/reading/lexicon.py")


@lru_cache(maxsize=4)
def _cached(path: Path, modified: int) -> Lexicon:
    return _read(path)


def load(path: Path) -> Lexicon:
    """Return the lexicon of ``path``, cached until the file changes.

    Raises:
        KnowledgeError: the file is missing or wrong.
    """
    try:
        modified = path.stat().st_mtime_ns
    except OSError as error:
        raise KnowledgeError([_problem(path, "", str(error.strerror))]) from error
    return _cached(path, modified)
