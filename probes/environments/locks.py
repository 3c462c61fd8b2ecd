"""Reads the lock files that the project ships: which packages, made when and by what, how large they are."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement

from probes.environments import ENVIRONMENTS, NODE

FOLDER = Path(__file__).parent / "lock_files"

NPM = "package-lock.json"
"""A lock file of npm, which stands in a folder of its own with what it was made from."""

HEAD_FILE = "HEAD.txt"
"""What its head says; JSON has no comments."""

HEAD = re.compile(r"^# (\w[\w-]*): (.*)$", re.MULTILINE)
PINNED = re.compile(r"^[A-Za-z0-9][^\n\\]*==[^\n\\]*", re.MULTILINE)


@dataclass(frozen=True)
class Lock:
    """What an environment's lock files hold together.

    Attributes:
        made: the day on which the youngest was made, ISO 8601.
        by: resolver and its version.
        python: lowest version of Python that was resolved for; "" for npm.
        disk_mb: megabytes (10**6 bytes) that it took on the disk where it was tried.
        packages: how many of those that are pinned this system and the running Python install.
        sha256: of what the files pin, in their order; not of the head.
    """

    made: str
    by: str
    python: str
    disk_mb: float
    packages: int
    sha256: str


@cache
def of(name: str) -> Lock:
    """Return the lock of an environment.

    Raises:
        KeyError: there is no such environment.
    """
    environment = ENVIRONMENTS[name]
    node = environment.kind == NODE
    heads = [_head(file, node=node) for file in environment.locks]
    contents = [path.read_bytes() for path in files(name)]
    return Lock(
        made=max(head["made"] for head in heads),
        by=heads[-1]["by"],
        python=heads[-1].get("python", ""),
        disk_mb=sum(float(head.get("disk-mb", 0)) for head in heads),
        packages=sum(_packages(content.decode("utf-8"), node=node) for content in contents),
        sha256=hashlib.sha256(b"\n".join(map(_pins, contents))).hexdigest(),
    )


def files(name: str) -> list[Path]:
    """Return the lock files of an environment, in the order in which they are installed."""
    environment = ENVIRONMENTS[name]
    return [FOLDER / file / NPM if environment.kind == NODE else FOLDER / file for file in environment.locks]


def _head(file: str, *, node: bool) -> dict[str, str]:
    """Return what the head of a lock file says."""
    path = FOLDER / file / HEAD_FILE if node else FOLDER / file
    return dict(HEAD.findall(path.read_text(encoding="utf-8")))


def _pins(content: bytes) -> bytes:
    return b"\n".join(line for line in content.splitlines() if not line.startswith(b"#"))


def _packages(text: str, *, node: bool) -> int:
    """Return how many packages of a lock file this system and Python would install."""
    if node:
        return sum(1 for place in json.loads(text)["packages"] if place)
    markers = [Requirement(line.strip()).marker for line in PINNED.findall(text)]
    return sum(marker is None or marker.evaluate() for marker in markers)
