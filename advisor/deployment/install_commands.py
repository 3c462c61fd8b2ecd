"""What to type to install a plan: one line where one will do, others where packages do not go together.

Pure: no files, no clock, nothing is looked up.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from advisor.model.knowledge import Framework, split_need
from advisor.model.recommendation import RouteResult

PIP = ["pip", "install"]
CPU = "-cpu"
"""Ending of a package that is the build for processors of the one without it."""


@lru_cache(maxsize=1024)
def _cut(line: str) -> tuple[str, ...]:
    """Cut a line as a shell would; kept, for every plan asks for the same lines."""
    return tuple(shlex.split(line))


def _words(line: str) -> list[str]:
    return list(_cut(line))


def install_lines(framework: Framework, steps: Sequence[RouteResult], *, devices: Collection[str]) -> tuple[str, ...]:
    """Return what to type: the framework pinned with all that goes beside it, the rest, and the Python it takes.

    A step's own build of the framework ("[extras]", or a "-cpu" package) is the framework: its extras are kept, two
    builds of it, or of anything else, side by side would overwrite each other; other packages require the full one.
    A build from an index of its own comes first, so that the rest finds it there, and only where no device asks for
    the usual one. What does not install beside the framework gets an environment of its own.

    Args:
        framework: what is installed. steps: the chosen way to each need.
        devices: the questions whose options are devices.
    """
    base = canonicalize_name(framework.package)
    together = [step for step in steps if step.install and step.environment == "shared"]
    family = _packages(framework.install)
    extras: set[str] = set()
    packages: dict[str, str] = {}
    others: list[str] = []
    for line in (framework.install, *(step.install or "" for step in together)):
        if not _is_plain(line):
            if not _builds(line, base):
                others.append(line)
            continue
        for word in _packages(line):
            requirement = Requirement(word)
            name = canonicalize_name(requirement.name)
            if name in (base, base + CPU):
                extras |= requirement.extras
            else:
                packages.setdefault(name, word)
    wanted_extras = f"[{','.join(sorted(extras))}]" if extras else ""
    pinned = f"{framework.package}{wanted_extras}=={framework.latest_version}"
    builds = _own_builds(together, base, devices=devices)
    beside = [
        word
        for name, word in packages.items()
        if name.removesuffix(CPU) == name or name.removesuffix(CPU) not in packages
    ]
    first = [_typed([*PIP, pinned, *_others(family, base)]) + " " + flags for flags in builds]
    apart = [_apart(step.install) for step in steps if step.install and step.environment == "own"]
    return (
        *first,
        _typed([*PIP, pinned, *beside]),
        *dict.fromkeys([*others, *apart]),
        f"# Python {framework.python}",
    )


def _own_builds(steps: Iterable[RouteResult], base: str, *, devices: Collection[str]) -> list[str]:
    """Return the flags of the index to take the framework from, none where a device asks for the usual build."""
    asked = [
        step.install or "" for step in sorted(steps, key=lambda step: step.need) if split_need(step.need)[0] in devices
    ]
    building = [line for line in asked if _builds(line, base)]
    if not building or len(building) < len(asked):
        return []
    words = _words(building[-1])  # by name the processors come first, and every build serves them
    return [" ".join(words[next(at for at, word in enumerate(words) if word.startswith("-")) :])]


def _is_plain(line: str) -> bool:
    """Return True where a line is pip's and takes everything from the usual index."""
    words = _words(line)
    return words[:2] == PIP and not any(word.startswith("-") for word in words)


def _builds(line: str, base: str) -> bool:
    """Return True where a line of pip's takes the framework from an index of its own."""
    words = _words(line)
    return words[:2] == PIP and not _is_plain(line) and base in [canonicalize_name(word) for word in words[2:]]


def _packages(line: str) -> list[str]:
    return _words(line)[2:] if _is_plain(line) else []


def _others(words: Iterable[str], base: str) -> list[str]:
    return [word for word in words if canonicalize_name(Requirement(word).name) != base]


def _typed(words: Iterable[str]) -> str:
    return " ".join(f'"{word}"' if "[" in word else word for word in words)


def _apart(line: str) -> str:
    """Return a line that installs in an environment of its own, named by its first package."""
    if not _is_plain(line):
        return line
    words = _packages(line)
    folder = f"env-{canonicalize_name(Requirement(words[0]).name)}"
    return f"python -m venv {folder} && python -m pip --python {folder} install {_typed(words)}"
