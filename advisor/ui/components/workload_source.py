"""The same model in both: the sides of a workload as source text, read and never imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Twins:
    """A workload's source: what it promises, each framework's side, and what both share."""

    workload: str
    docstring: str
    sides: dict[str, str]
    shared: dict[str, str]


def workloads() -> tuple[str, ...]:
    """Return the ids of the workloads there are, by name."""
    return tuple(sorted(path.stem for path in _folder().glob("*.py") if not path.stem.startswith("_")))


@lru_cache(maxsize=32)
def twins(workload: str, frameworks: tuple[str, ...]) -> Twins:
    """Read a workload's file: top-level functions named by a framework are its sides."""
    text = (_folder() / f"{workload}.py").read_text(encoding="utf-8")
    tree = ast.parse(text)
    sides: dict[str, str] = {}
    shared: dict[str, str] = {}
    for node in tree.body:
        source = ast.get_source_segment(text, node) or ""
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            (sides if node.name in frameworks else shared)[node.name] = source
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            shared[node.targets[0].id] = source
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            shared[node.target.id] = source
    return Twins(workload, ast.get_docstring(tree) or "", sides, shared)


def _folder() -> Path:
    spec = find_spec("probes")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "workloads"
