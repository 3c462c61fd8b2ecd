"""What the instrument asks of a backend, and of a framework's part of the user's models, is what its protocol names."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import probes
from probes import backends, user_model
from probes.backends import Backend
from probes.user_model import Part

ROOT = Path(probes.__file__).parent
FRAMEWORKS = sorted(path.stem for path in Path(backends.__file__).parent.glob("*.py") if path.stem != "__init__")
PARTS = [name for name in FRAMEWORKS if (Path(user_model.__file__).parent / f"{name}.py").exists()]
OF_ITS_OWN = {"plant", "due", "wrong", "commit", "supervised"}
"""The control arm's faults, and the helper by which a framework's own module makes its twins."""


def named(protocol: type) -> set[str]:
    return {name for name in (*vars(protocol), *protocol.__annotations__) if not name.startswith("_")}


def asked(of: str) -> Iterator[tuple[str, str]]:
    """Every attribute that is asked of a variable or attribute of a name, with its file."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", getattr(node.value, "attr", "")) == of:
                yield node.attr, f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_call_on_a_backend_stands_in_the_protocol() -> None:
    known = named(Backend) | OF_ITS_OWN | {"__name__"}

    # keras.backend is another thing of that name
    assert {name: place for name, place in asked("backend") if name not in known | {"clear_session"}} == {}


def test_every_call_on_a_part_stands_in_the_protocol() -> None:
    known = named(Part)

    assert {name: place for name, place in asked("part") if place.startswith("user_model") and name not in known} == {}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_backend_is_one(framework: str) -> None:
    holds(importlib.import_module(f"probes.backends.{framework}"), Backend)


@pytest.mark.frameworks
@pytest.mark.parametrize("framework", PARTS)
def test_every_part_is_one(framework: str) -> None:
    holds(importlib.import_module(f"probes.user_model.{framework}"), Part)


def holds(module: object, protocol: type) -> None:
    for name in sorted(named(protocol)):
        assert hasattr(module, name), name
        wanted = getattr(protocol, name, None)
        if inspect.isfunction(wanted):
            given = inspect.signature(getattr(module, name)).parameters
            asked_for = list(inspect.signature(wanted).parameters)[1:]
            assert set(asked_for) <= set(given), name
            assert all(given[more].default is not inspect.Parameter.empty for more in set(given) - set(asked_for)), name
