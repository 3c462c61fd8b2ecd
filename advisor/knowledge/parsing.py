"""The knowledge base's files as checked entries, each knowing the file and line it came from.

Shape only: keys, kinds, ids. What entries say about each other is judged in ``advisor.knowledge.integrity``.
Reads files; knows no date and no result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from advisor.errors import Problem, nearest
from advisor.knowledge import yaml_lines
from advisor.knowledge.shape_problems import shape_problems
from advisor.knowledge.yaml_lines import Document
from advisor.model.knowledge import Belief, Claim, Criterion, Framework, Question, Route, Settings, Source, Tool
from probes.system.suggestions import CLOSE, nearest_word, spelled

MODELS: dict[str, type[BaseModel]] = {
    "beliefs": Belief,
    "claims": Claim,
    "criteria": Criterion,
    "frameworks": Framework,
    "questions": Question,
    "routes": Route,
    "sources": Source,
    "tools": Tool,
}
"""Top-level key of a file -> what each of its entries is. Any file may hold any of them."""

FILES = tuple(f"{kind}.yaml" for kind in ("settings", *sorted(MODELS)))
NEEDED = ("criteria.yaml", "frameworks.yaml", "questions.yaml", "settings.yaml")
"""Without these there is no knowledge base at all; the others may still be empty."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Entry:
    """One entry as written. ``item`` is None where its shape is wrong."""

    kind: str
    id: str
    path: yaml_lines.Path
    document: Document
    item: Any

    def problem(self, where: yaml_lines.Path, message: str, way_out: str) -> Problem:
        """Return a problem at ``where`` inside this entry."""
        key = ".".join(part for part in (self.kind, self.id, spelled(where)) if part)
        return self.document.problem((*self.path, *where), message, way_out, key=key)


@dataclass
class Holdings:
    """Everything read. ``unread``: kinds of which some entries may be missing, so that references cannot be judged."""

    root: Path
    entries: dict[str, list[Entry]] = field(default_factory=lambda: {kind: [] for kind in MODELS})
    settings: Entry | None = None
    version: str = ""
    problems: list[Problem] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def ids(self, kind: str) -> set[str]:
        """Return the ids of a kind, misshapen entries included: naming one is no second mistake."""
        return {entry.id for entry in self.entries[kind]}

    def items(self, kind: str) -> Iterator[tuple[Entry, Any]]:
        """Yield the well-formed entries of a kind with what they hold."""
        for entry in self.entries[kind]:
            if entry.item is not None:
                yield entry, entry.item


def paths(root: Path) -> list[Path]:
    """Return the files that make the knowledge base, in a fixed order."""
    return [root / name for name in FILES if (root / name).is_file()] + sorted((root / "claims").glob("*.yaml"))


def collect(root: Path) -> Holdings:
    """Read and check the shape of every entry under ``root``."""
    holdings = Holdings(root)
    for name in NEEDED:
        if not (root / name).is_file():
            missing = Problem(
                f"{root.name}/{name}", 1, "", "this file is missing", "restore it; see knowledge/README.md"
            )
            holdings.problems.append(missing)
            holdings.unread.add(name.removesuffix(".yaml"))
    for kind in MODELS:
        if not (root / f"{kind}.yaml").is_file():
            holdings.unread.add(kind)
    if any((root / "claims").glob("*.yaml")):
        holdings.unread.discard("claims")
    holdings.problems += _strays(root)
    for path in paths(root):
        _take(holdings, path)
    _twice(holdings)
    return holdings


def _strays(root: Path) -> Iterator[Problem]:
    for path in sorted([*root.glob("*.y*ml"), *(root / "claims").glob("*.yml")]):
        known = FILES if path.parent == root else (path.with_suffix(".yaml").name,)
        close = nearest_word(path.name, known, similarity=CLOSE)
        if path.name not in known and close:
            where = path.relative_to(root.parent).as_posix()
            yield Problem(where, 1, "", "nothing reads a file of this name", f"rename it to {close}")


def _take(holdings: Holdings, path: Path) -> None:
    """Read one file into ``holdings``."""
    name = path.relative_to(holdings.root.parent).as_posix()
    kinds = {"claims", "sources"} if path.parent.name == "claims" else {path.stem} & set(MODELS)
    document = _document(path, name)
    holdings.problems += document.problems
    if not isinstance(document.data, dict):
        holdings.unread |= kinds
        if not document.problems:
            known = ", ".join(sorted(kinds or {"version", "settings"}))
            holdings.problems.append(document.problem((), "no key at the top level", f"add one of: {known}"))
        return
    settings = path.stem == "settings"
    for key, value in document.data.items():
        if settings and key in _SETTINGS:
            _SETTINGS[key](holdings, document, value)
        elif key in MODELS:
            _list(holdings, document, kind=key, value=value)
        else:
            holdings.problems.append(document.problem((key,), f"unknown key '{key}'", nearest(key, MODELS)))
    for key in _SETTINGS if settings else ():
        if key not in document.data:
            holdings.problems.append(document.problem((key,), f"'{key}' is missing", "see knowledge/README.md"))


def _document(path: Path, name: str) -> Document:
    try:
        return yaml_lines.read_yaml(path.read_text(encoding="utf-8-sig"), name)
    except UnicodeDecodeError as error:
        return Document(name, problems=[Problem(name, 1, "", f"not UTF-8: {error.reason}", "save the file as UTF-8")])


def _settings(holdings: Holdings, document: Document, value: Any) -> None:
    where: yaml_lines.Path = ("settings",)
    item = _validated(holdings, Settings, document=document, path=where, raw=value, name="settings")
    holdings.settings = Entry("settings", "", where, document, item)


def _version(holdings: Holdings, document: Document, value: Any) -> None:
    if isinstance(value, str) and value:
        holdings.version = value
        return
    holdings.problems.append(
        document.problem(("version",), "the version is not a text", 'write it as version: "2026.11"')
    )


_SETTINGS = {"version": _version, "settings": _settings}
"""Top-level key of settings.yaml -> what reads it; the file must have each."""


def _list(holdings: Holdings, document: Document, *, kind: str, value: Any) -> None:
    if not isinstance(value, list):
        holdings.problems.append(
            document.problem((kind,), "not a list of entries", "begin each entry with '- id: ...'")
        )
        holdings.unread.add(kind)
        return
    for at, raw in enumerate(value):
        path = (kind, at)
        if not isinstance(raw, dict):
            holdings.problems.append(document.problem(path, "not an entry", "begin it with '- id: ...'"))
            continue
        name = str(raw.get("id", at))
        item = _validated(holdings, MODELS[kind], document=document, path=path, raw=raw, name=f"{kind}.{name}")
        entry = Entry(kind, name, path, document, item)
        holdings.entries[kind].append(entry)
        if "id" in raw and not _ID.fullmatch(name):
            proposal = "-".join(re.findall(r"[a-z0-9]+", name.lower())) or "a-short-name"
            holdings.problems.append(entry.problem(("id",), f"'{name}' is not kebab-case", f"write '{proposal}'"))


def _validated(
    holdings: Holdings, model: type[BaseModel], *, document: Document, path: yaml_lines.Path, raw: Any, name: str
) -> Any:
    """Return the entry as ``model``, or None with its problems noted, each once and where it stands."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        for where, message, way_out in shape_problems(error, model, manual="see knowledge/README.md"):
            key = f"{name}.{spelled(where)}" if where else name
            holdings.problems.append(document.problem((*path, *where), message, way_out, key=key))
        return None


def _twice(holdings: Holdings) -> None:
    """Record ids used twice; ids are never reused, so the later entry is the mistake."""
    for entries in holdings.entries.values():
        first: dict[str, Entry] = {}
        for entry in entries:
            if entry.id in first:
                other = first[entry.id]
                place = f"{other.document.file}:{other.document.line(other.path)}"
                problem = entry.problem(
                    ("id",), f"the id '{entry.id}' stands already at {place}", "give this one another id"
                )
                holdings.problems.append(problem)
            else:
                first[entry.id] = entry
