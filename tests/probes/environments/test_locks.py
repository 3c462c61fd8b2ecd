"""The lock files that ship pin everything they were asked for, by hash, and name nobody's machine."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from probes.environments import ENVIRONMENTS, NODE, locks

PYTHON = [name for name, environment in ENVIRONMENTS.items() if environment.kind != NODE]
BY_HAND = "torch-cpu.txt"
"""PyTorch's makers publish that build on an index that offers no hashes for all of its files."""


def pinned(name: str) -> dict[str, list[str]]:
    """Return package -> the versions that an environment's lock files pin, one for each kind of system or Python."""
    found: dict[str, list[str]] = {}
    for file in locks.files(name):
        for line in locks.PINNED.findall(file.read_text(encoding="utf-8")):
            requirement = Requirement(line.strip())
            (specifier,) = requirement.specifier
            found.setdefault(canonicalize_name(requirement.name), []).append(specifier.version)
    return found


@pytest.mark.parametrize("name", PYTHON)
def test_everything_asked_for_is_pinned_in_a_version_that_was_asked_for(name: str) -> None:
    found = pinned(name)

    for ask in map(Requirement, ENVIRONMENTS[name].asks):
        versions = found[canonicalize_name(ask.name)]
        assert all(ask.specifier.contains(version.partition("+")[0]) for version in versions), ask


@pytest.mark.parametrize("name", PYTHON)
def test_every_package_has_hashes(name: str) -> None:
    for file in locks.files(name):
        blocks = re.split(r"^(?=[A-Za-z0-9])", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
        bare = [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]
        assert not bare or file.name == BY_HAND


def test_npms_packages_have_digests_and_no_addresses() -> None:
    (file,) = locks.files("web")
    packages = {
        place: held for place, held in json.loads(file.read_text(encoding="utf-8"))["packages"].items() if place
    }

    assert packages
    assert all(held["integrity"].startswith("sha512-") for held in packages.values())
    assert not any("resolved" in held for held in packages.values())


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_head_tells_the_day_the_resolver_and_the_size(name: str) -> None:
    lock = locks.of(name)

    assert date(2026, 11, 28) <= date.fromisoformat(lock.made)
    assert lock.by
    assert lock.disk_mb > 100
    assert lock.packages > 3


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_no_lock_names_a_file_of_the_machine_it_was_made_on(name: str) -> None:
    for file in locks.files(name):
        assert not re.search(r"file:|/home/|/root/|/tmp/|--find-links", file.read_text(encoding="utf-8"))
