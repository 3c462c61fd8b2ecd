"""The example wordings of `knowledge/phrases/`: what the model learns from and what it is scored on.

A file that is missing is a question without a model; a file that is wrong is an error with its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from advisor.errors import KnowledgeError, Problem
from probes.system.yaml_text import load_yaml

KINDS = ("wanted", "negated", "hedged", "mixed", "contrast")
LANGUAGES = ("en", "zh")
OUT_OF_SCOPE = "out-of-scope"

T = TypeVar("T")


@dataclass(frozen=True)
class Phrase:
    """One wording. ``excluded``: what a contrast rules out of the same question."""

    text: str
    question: str
    option: str
    lang: str
    kind: str
    held_out: bool = False
    excluded: tuple[str, ...] = ()


def load(folder: Path) -> list[Phrase]:
    """Read every phrases file of ``folder``, out-of-scope among them (question and option "out-of-scope").

    Raises:
        KnowledgeError: with every problem of every file.
    """
    return read_folder(folder, _phrases, place="knowledge/phrases", way_out="the README beside it says how")


def read_folder(folder: Path, made: Callable[[str, Any], Iterable[T]], *, place: str, way_out: str) -> list[T]:
    """Read every YAML file of a folder of the knowledge base.

    Args:
        folder: its files are read in the order of their names.
        made: (the file's name without its ending, its content) -> what is in it.
        place: how the folder is called in a problem.
        way_out: what to do about a file that is wrong.

    Raises:
        KnowledgeError: with every problem of every file.
    """
    found: list[T] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            document = load_yaml(path.read_text(encoding="utf-8"))
            found += made(path.stem, document)
        except (OSError, yaml.YAMLError, TypeError, ValueError) as error:
            message = " ".join(str(error).split())
            problems.append(Problem(f"{place}/{path.name}", 1, "", message, way_out))
    if problems:
        raise KnowledgeError(problems)
    return found


def digest(*paths: Path) -> str:
    """Return one hash over the files' contents, folders taken with their YAML files."""
    total = hashlib.sha256()
    for path in paths:
        for file in sorted(path.glob("*.yaml")) if path.is_dir() else [path]:
            total.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


FEWEST = 3
"""Wordings of an option that the model learns from at least: it is checked on each third of them in turn."""


def _phrases(question: str, document: Any) -> Iterator[Phrase]:
    if not isinstance(document, Mapping):
        raise ValueError("a mapping with train and held_out is expected")
    of_option = _out_of_scope if question == OUT_OF_SCOPE else _of_option
    for part in ("train", "held_out"):
        for option, content in _mapping(document.get(part, {}), part):
            phrases = list(of_option(question, option, content, place=f"{part}.{option}"))
            taught = sum(phrase.kind != "contrast" for phrase in phrases)
            if part == "train" and taught < FEWEST:
                raise ValueError(f"train.{option}: {taught} wordings, and at least {FEWEST} are needed to learn it")
            yield from (replace(phrase, held_out=part == "held_out") for phrase in phrases)


def _out_of_scope(question: str, lang: str, content: Any, *, place: str) -> Iterator[Phrase]:
    """Yield the texts on other subjects: language -> texts."""
    for text in _texts(content, place):
        yield Phrase(text, question, question, lang, "wanted")


def _of_option(question: str, option: str, content: Any, *, place: str) -> Iterator[Phrase]:
    """Yield the wordings of an option: language -> kind -> texts."""
    for lang, kinds in _mapping(content, place):
        for kind, items in _mapping(kinds, f"{place}.{lang}"):
            here = f"{place}.{lang}.{kind}"
            if lang not in LANGUAGES or kind not in KINDS:
                raise ValueError(f"{here}: known languages {LANGUAGES}, known kinds {KINDS}")
            wordings = _contrasts(items, here) if kind == "contrast" else ((text, ()) for text in _texts(items, here))
            for text, excluded in wordings:
                yield Phrase(text, question, option, lang, kind, excluded=excluded)


def _mapping(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{place}: a mapping is expected")
    for key, inner in value.items():
        # YAML reads a bare `none` as a word, but `no` and `on` as truth values.
        yield str(key), inner


def _texts(items: Any, place: str) -> list[str]:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError(f"{place}: a list of texts is expected; quote what YAML reads as something else")
    return items


def _contrasts(items: Any, place: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for item in items if isinstance(items, list) else [items]:
        if not isinstance(item, Mapping) or set(item) != {"text", "excluded"} or not isinstance(item["excluded"], list):
            raise ValueError(f"{place}: a contrast has text and a list excluded")
        yield str(item["text"]), tuple(map(str, item["excluded"]))
