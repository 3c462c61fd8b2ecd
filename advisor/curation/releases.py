"""What the package registries say is the newest release of a tool, and the lines that say so in the knowledge base.

The only module that goes to a network, and only when its command is given: PyPI's JSON interface and npm's registry.
Everything else works offline. Writes nothing.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.version import InvalidVersion, Version

from advisor.knowledge.parsing import Entry, Holdings
from probes.system import json_reading

HOSTS = {"pypi": "https://pypi.org", "npm": "https://registry.npmjs.org"}

_PATIENCE = 20.0
"""Seconds for one answer."""
_LARGEST = 64 * 2**20
"""Bytes of an answer that are read; npm lists every version there ever was."""
_AT_ONCE = 8


@dataclass(frozen=True)
class Release:
    """A release in a registry."""

    version: str
    day: date


@dataclass(frozen=True)
class Found:
    """One tool or framework beside its registry.

    Attributes:
        entry: as the knowledge base has it. mark: the key below which its release is written.
        newest: None where the registry did not tell; then ``reason`` says why.
    """

    entry: Entry
    mark: str
    registry: str
    newest: Release | None
    reason: str = ""

    @property
    def known(self) -> str | None:
        """Return the release that the knowledge base has."""
        return None if self.entry.item.latest_version is None else str(self.entry.item.latest_version)

    @property
    def outdated(self) -> bool:
        """Whether the registry has a newer release than the knowledge base."""
        return self.newest is not None and _newer(self.newest.version, self.known)

    @property
    def undated(self) -> bool:
        """Whether the knowledge base has this very release, but not its day."""
        if self.newest is None or self.known is None or self.entry.item.latest_date is not None:
            return False
        return not self.outdated and not _newer(self.known, self.newest.version)


def compare(holdings: Holdings, hosts: Mapping[str, str] = HOSTS) -> list[Found]:
    """Ask the registries for every framework and every tool that names one, several at once.

    Args:
        hosts: where each registry answers, a mirror perhaps.
    """
    asked: list[tuple[Entry, str, str]]
    asked = [(entry, "package", f"pypi:{item.package}") for entry, item in holdings.items("frameworks")]
    asked += [(entry, "registry", item.registry) for entry, item in holdings.items("tools") if item.registry]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda one: _look(*one, hosts=hosts), asked))


def _look(entry: Entry, mark: str, registry: str, *, hosts: Mapping[str, str]) -> Found:
    try:
        return Found(entry, mark, registry, newest(registry, hosts))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return Found(entry, mark, registry, None, f"{type(error).__name__}: {error}")


def newest(registry: str, hosts: Mapping[str, str] = HOSTS) -> Release:
    """Return the newest release of ``registry`` ("pypi:NAME" or "npm:NAME"); its host leaves pre-releases aside.

    Raises:
        OSError, ValueError, LookupError, TypeError: not reached, or no answer of a registry's form.
    """
    host, _, name = registry.partition(":")
    if host == "pypi":
        told = _get(f"{hosts[host]}/pypi/{quote(name)}/json")
        version = told["info"]["version"]
        day = min(file["upload_time"] for file in told["urls"])
    else:
        told = _get(f"{hosts[host]}/{quote(name, safe='@')}")
        version = told["dist-tags"]["latest"]
        day = told["time"][version]
    return Release(str(version), date.fromisoformat(day[:10]))


def _get(address: str) -> Any:
    request = urllib.request.Request(address, headers={"Accept": "application/json"})  # noqa: S310 -- hosts are given
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
        return json_reading.loads(answer.read(_LARGEST + 1), largest=_LARGEST)


def _newer(version: str, known: str | None) -> bool:
    if known is None:
        return True
    try:
        return Version(version) > Version(known)
    except InvalidVersion:
        return version != known


def edits(root: Path, found: Iterable[Found]) -> dict[Path, str]:
    """Return the files that change, each with its new text: newer releases, and days that were missing.

    The lines stand below the entry's registry; nothing else is touched, comments least of all.

    Args:
        root: the knowledge base's folder.
    """
    wanted: dict[Path, list[Found]] = {}
    for one in found:
        if one.outdated or one.undated:
            wanted.setdefault(root.parent / one.entry.document.file, []).append(one)
    return {path: _edited(path.read_text(encoding="utf-8"), changes) for path, changes in wanted.items()}


def _edited(text: str, changes: list[Found]) -> str:
    lines = text.splitlines(keepends=True)
    # From the bottom up, so that the numbers of the lines above stay true.
    for one in sorted(changes, key=lambda one: one.entry.document.line(one.entry.path), reverse=True):
        at, path = one.entry.document.lines, one.entry.path
        for key in ("latest_version", "latest_date"):
            if (*path, key) in at:
                lines[at[*path, key] - 1] = ""
        mark = at[*path, one.mark] - 1
        indent = lines[mark][: len(lines[mark]) - len(lines[mark].lstrip())]
        assert one.newest is not None
        lines[mark] += f'{indent}latest_version: "{one.newest.version}"\n{indent}latest_date: {one.newest.day}\n'
    return "".join(lines)
