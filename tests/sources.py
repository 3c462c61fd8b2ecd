"""The project's own modules, parsed once a process: what tests of the code as a whole walk through."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of one file; nobody may change it."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def modules(*packages: str) -> dict[str, ast.Module]:
    """Return the syntax tree of each module of these packages, by its place below the project's folder."""
    return {
        path.relative_to(ROOT).as_posix(): parsed(path)
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
    }
