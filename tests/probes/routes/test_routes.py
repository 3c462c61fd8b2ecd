"""Every route and every runtime is what the session, the command line and the pages take it for."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import probes
from probes import backends, routes, runtimes

ROOT = Path(probes.__file__).parent
ROUTES, RUNTIMES = routes.known(), runtimes.known()


def called(route: str) -> str:
    return routes.route(route).RUNTIME.replace("_", "-")


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_holds_what_the_protocol_names(name: str) -> None:
    route = routes.route(name)

    assert [part for part in routes.Route.__annotations__ if not hasattr(route, part)] == []
    assert set(route.NAME) == {"en", "zh"}
    assert all(route.NAME.values())
    assert route.FRAMEWORK in backends.known()
    assert called(name) in RUNTIMES
    assert route.PRECISIONS
    assert set(route.PRECISIONS) <= {routes.FP32, routes.INT8}
    assert route.SECONDS > 0
    assert isinstance(route.DEPRECATED, str)


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_is_named_after_its_framework(name: str) -> None:
    assert name.startswith(f"{routes.route(name).FRAMEWORK}-")


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_takes_an_order_and_nothing_else(name: str) -> None:
    route = routes.route(name)

    assert len(inspect.signature(route.convert).parameters) == 1
    assert len(inspect.signature(route.refused).parameters) == 1
    assert inspect.getdoc(route.convert)
    assert inspect.getdoc(route.refused)


def test_no_two_routes_of_a_framework_are_called_alike() -> None:
    for lang in ("en", "zh"):
        names = [(routes.route(name).FRAMEWORK, routes.route(name).NAME[lang]) for name in ROUTES]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", RUNTIMES)
def test_every_runtime_holds_what_the_protocol_names(name: str) -> None:
    runtime = runtimes.runtime(name)

    assert [part for part in runtimes.Runtime.__annotations__ if not hasattr(runtime, part)] == []
    assert all("." in suffix for suffix in runtime.SUFFIXES)
    assert len(inspect.signature(runtime.load).parameters) == 3


@pytest.mark.parametrize("path", sorted([*ROOT.glob("routes/*.py"), *ROOT.glob("runtimes/*.py")]), ids=str)
def test_the_standard_library_alone_stands_at_the_top(path: Path) -> None:
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])

    assert found - sys.stdlib_module_names <= {"probes"}


def test_reading_the_registry_loads_no_package() -> None:
    """Routes and runtimes are read by the manager, which holds neither a framework nor NumPy of theirs."""
    read = (
        "import sys; from probes import routes, runtimes\n"
        "for name in routes.known(): routes.route(name)\n"
        "for name in runtimes.known(): runtimes.runtime(name)\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names))"
    )
    bare = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = [{str(ROOT.parent)!r}]\n{read}"]
    ran = subprocess.run(bare, capture_output=True, text=True, check=True)

    assert set(ast.literal_eval(ran.stdout)) <= {"__main__", "probes"}
