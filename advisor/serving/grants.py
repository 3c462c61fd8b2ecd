"""What the command line lets the app do beyond its own machine and its own code: other names, files, interpreters.

Kept in this process and nowhere else: neither the address of a page nor anything a browser sends can add to it. Pages
offer what stands here by name and send back a name; whatever is not here does not exist for them.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from advisor.errors import InputError
from probes.user_model import reading

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HOST = re.compile(r"([a-z0-9_-]+\.)*[a-z0-9_-]+(:\d{1,5})?|\[[0-9a-f:]+\](:\d{1,5})?")


@dataclass(frozen=True)
class Grants:
    """What was named at the start.

    Attributes:
        hosts: names to which the server answers besides those of this machine, in small letters.
        workloads: what the page calls a model file -> its place.
        pythons: what the page calls an interpreter -> its place.
    """

    hosts: tuple[str, ...] = ()
    workloads: Mapping[str, str] = field(default_factory=dict)
    pythons: Mapping[str, str] = field(default_factory=dict)


_granted = Grants()


def grant(grants: Grants) -> None:
    """Set what the app of this process may do, before it starts."""
    global _granted
    _granted = grants


def granted() -> Grants:
    """Return what the app of this process may do; nothing besides its own where nothing was said."""
    return _granted


def read(*, hosts: Sequence[str] = (), workloads: Sequence[str] = (), pythons: Sequence[str] = ()) -> Grants:
    """Check what the command line names.

    Args:
        hosts: of ``--allowed-host``: NAME or NAME:PORT.
        workloads: of ``--workload``: files.
        pythons: of ``--python``: NAME=PATH.

    Raises:
        InputError: with all that cannot be used.
    """
    problems: list[str] = []
    found = Grants(
        hosts=_hosts(hosts, problems),
        workloads=_workloads(workloads, problems),
        pythons=_pythons(pythons, problems),
    )
    if problems:
        raise InputError(problems)
    return found


def _hosts(given: Sequence[str], problems: list[str]) -> tuple[str, ...]:
    for text in given:
        if not _HOST.fullmatch(text.lower()):
            problems.append(
                f"--allowed-host {text}: expected a name alone, e.g. advisor.example.org or advisor.example.org:8443"
            )
    return tuple(text.lower() for text in given)


def _workloads(given: Sequence[str], problems: list[str]) -> dict[str, str]:
    for text in given:
        try:
            reading.read(text)
        except reading.Refused as refused:
            problems.append(f"--workload {refused}")
    places = dict.fromkeys(str(Path(text).absolute()) for text in given)
    called = Counter(Path(place).name for place in places)
    return {Path(place).name if called[Path(place).name] == 1 else place: place for place in places}


def _pythons(given: Sequence[str], problems: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, _, path = text.partition("=")
        if not path or not _NAME.fullmatch(name):
            problems.append(f"--python {text}: expected NAME=PATH, e.g. torch-2.7=/opt/torch/bin/python")
        elif name in found:
            problems.append(f"--python {text}: the name {name} is given twice")
        elif not Path(path).is_file():
            problems.append(f"--python {text}: no file {path}")
        elif not os.access(path, os.X_OK):
            problems.append(f"--python {text}: {path} cannot be run; name the interpreter itself")
        else:
            # Not resolved: a virtual environment's python is a link, and is what it is by its place.
            found[name] = str(Path(path).absolute())
    return found
