"""Asks advisory databases whether a known weakness is in what constraints.txt pins.

A weakness that is found ends it with 1. Databases that cannot be reached are no finding and no success: that is said,
with how many packages were looked up, and ends it with 0. Use: python .ci/audit.py [constraints.txt]
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

DATABASES = ("pypi", "osv")
"""Asked in this order, the next for what the one before did not know."""


def asked(database: str, requirements: str) -> list[dict[str, Any]]:
    """Return what pip-audit says of each package; nothing where the database cannot be reached.

    Args:
        database: of ``DATABASES``. requirements: a file of pinned versions.
    """
    argv = [sys.executable, "-m", "pip_audit", "-r", requirements, "--no-deps", "--disable-pip"]
    argv += ["--vulnerability-service", database, "--timeout", "15", "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = done.stderr.strip().rpartition("\n")[2]
        print(f"{database}: no answer ({last[:200]})")
        return []
    return found


def verdict(answers: Iterable[Mapping[str, Any]], pinned: int) -> tuple[list[str], int]:
    """Return what is said and the exit status.

    Args:
        answers: of pip-audit, a package an entry, of every database. pinned: how many packages there are.
    """
    known: dict[str, list[str]] = {}
    for answer in answers:
        if "vulns" in answer:
            held = known.setdefault(f"{answer['name']} {answer['version']}", [])
            held += [_told(weakness) for weakness in answer["vulns"] if _told(weakness) not in held]
    weak = {package: weaknesses for package, weaknesses in known.items() if weaknesses}
    lines = [f"{package}: {weakness}" for package, weaknesses in weak.items() for weakness in weaknesses]
    if not known:
        return [f"not audited: no advisory database knows or answers for any of the {pinned} packages"], 0
    rest = "" if len(known) >= pinned else f"; {pinned - len(known)} could not be looked up"
    lines.append(f"audited {len(known)} of {pinned} packages{rest}; {len(weak)} with known weaknesses")
    return lines, 1 if weak else 0


def _told(weakness: Mapping[str, Any]) -> str:
    mended = ", ".join(weakness.get("fix_versions", []))
    return f"{weakness['id']}, mended in {mended}" if mended else f"{weakness['id']}, not mended yet"


def main(requirements: str = "constraints.txt") -> int:
    """Audit a file; print what is said and return the exit status."""
    lines = Path(requirements).read_text(encoding="utf-8").splitlines()
    pinned = sum("==" in line and not line.startswith("#") for line in lines)
    answers: list[dict[str, Any]] = []
    for database in DATABASES:
        answers += asked(database, requirements)
        if sum("vulns" in answer for answer in answers) >= pinned:
            break
    said, status = verdict(answers, pinned)
    print("\n".join(said))
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
