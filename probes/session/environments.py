"""What is here: which framework each interpreter holds and which devices it sees from inside.

Each framework is asked in a worker of its own, side by side; this process imports none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from probes import reasons
from probes.session.arms import Arm
from probes.session.worker_client import Client, Lost
from probes.system import held

PATIENCE = 120.0
"""Seconds for one framework to import and list its devices; a cold disk takes tens of them."""


def survey(frameworks: Sequence[str], *, pythons: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Ask each framework: ``installed``, ``version``, ``python``, ``devices`` and, if absent, the ``reason``."""
    found = dict(begin(frameworks, pythons=pythons))
    return {framework: found[framework] for framework in frameworks}


def begin(
    frameworks: Sequence[str], *, pythons: Mapping[str, str] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Start a worker for every framework at once; the iterator gives each as soon as it has answered."""
    pool = ThreadPoolExecutor(max_workers=max(1, len(frameworks)))
    asked = {
        pool.submit(_look, framework, (pythons or {}).get(framework, sys.executable)): framework
        for framework in frameworks
    }
    pool.shutdown(wait=False)
    return ((asked[done], done.result()) for done in as_completed(asked))


def compiled_by_cxx(frameworks: Sequence[str]) -> list[str]:
    """Name those whose compiled probes need a C++ compiler on this machine; imports no framework."""
    places = {framework: f"probes.backends.{framework}" for framework in frameworks}
    return [name for name, place in places.items() if find_spec(place) and import_module(place).CXX]


def _look(framework: str, python: str) -> dict[str, Any]:
    found: dict[str, Any] = {"installed": False, "version": None, "python": python, "devices": [], "reason": ""}
    with held.temporary() as scratch:
        try:
            client = Client(Arm(framework, framework, python), settings="default", scratch=scratch)
        except Lost as lost:
            return {**found, **reasons.document(lost.reason)}
        try:
            hello = client.ask("hello", timeout=PATIENCE, framework=framework, threads=1, settings="default", plant={})
            kind = hello["devices"][0]["kind"]
            facts = client.ask("use", timeout=PATIENCE, kind=kind)["facts"]
        except Lost as lost:
            return {**found, **reasons.document(lost.reason)}
        finally:
            client.end()
    versions = facts["versions"]
    version = versions.get(framework) or next(iter(versions.values()), None)
    return {**found, "installed": True, "version": version, "devices": hello["devices"], "versions": versions}
