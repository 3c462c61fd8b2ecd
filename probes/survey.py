"""What is here: which framework each interpreter holds and which devices it sees from inside.

Each framework is asked in a worker of its own, side by side; this process imports none.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from probes.process import Arm, Client, Lost

PATIENCE = 120.0
"""Seconds for one framework to import and list its devices; a cold disk takes tens of them."""


def survey(frameworks: Sequence[str], *, pythons: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Ask each framework: ``installed``, ``version``, ``python``, ``devices`` and, if absent, the ``reason``."""
    chosen = {framework: (pythons or {}).get(framework, sys.executable) for framework in frameworks}
    with ThreadPoolExecutor(max_workers=max(1, len(chosen))) as pool:
        return dict(zip(chosen, pool.map(_look, chosen, chosen.values()), strict=True))


def _look(framework: str, python: str) -> dict[str, Any]:
    found: dict[str, Any] = {"installed": False, "version": None, "python": python, "devices": [], "reason": ""}
    with tempfile.TemporaryDirectory() as scratch:
        try:
            client = Client(Arm(framework, framework, python), settings="default", scratch=scratch)
        except Lost as lost:
            return {**found, "reason": lost.reason}
        try:
            hello = client.ask("hello", timeout=PATIENCE, framework=framework, threads=1, settings="default", plant={})
            kind = hello["devices"][0]["kind"]
            facts = client.ask("use", timeout=PATIENCE, kind=kind)["facts"]
        except Lost as lost:
            return {**found, "reason": lost.reason}
        finally:
            client.end()
    versions = facts["versions"]
    version = versions.get(framework) or next(iter(versions.values()), None)
    return {**found, "installed": True, "version": version, "devices": hello["devices"], "versions": versions}
