"""Every route that can be measured, and whether this interpreter and the environments of their own hold what it needs.

Looks for modules without importing them, so that it tells at once and loads no framework.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from probes import environments, routes, runtimes
from probes.environments import folders

DEPLOY = "python -m pip install 'framework-advisor[deploy]'"
"""Adds the converters and runtimes that live beside the frameworks."""


@dataclass(frozen=True)
class KnownRoute:
    """One route, before anything of it runs.

    Attributes:
        id: module of ``probes/routes``, with hyphens.
        name: what a reader calls it, by language.
        framework: id of the framework whose model it takes.
        runtime: id of what runs the artifact.
        precisions: those it can make.
        environment: that it runs in, "" where it lives beside the frameworks.
        installed: whether everything it needs is here.
        add: the command that adds what is missing, "" where nothing is.
        seconds: expected for one conversion, of a small net on two cores.
        deprecated: what its makers say in its place, "" where it is alive.
    """

    id: str
    name: Mapping[str, str]
    framework: str
    runtime: str
    precisions: tuple[str, ...]
    environment: str
    installed: bool
    add: str
    seconds: float
    deprecated: str


def known() -> tuple[KnownRoute, ...]:
    """Return every route, those of one framework together."""
    there = folders.interpreters()
    found = [_known(name, there) for name in routes.known()]
    return tuple(sorted(found, key=lambda one: (one.framework, one.id)))


def _known(name: str, there: Mapping[str, str]) -> KnownRoute:
    route = routes.route(name)
    missing = _missing(route, there)
    return KnownRoute(
        id=name,
        name=dict(route.NAME),
        framework=route.FRAMEWORK,
        runtime=route.RUNTIME,
        precisions=tuple(route.PRECISIONS),
        environment=route.ENVIRONMENT,
        installed=not missing,
        add=" && ".join(missing),
        seconds=route.SECONDS,
        deprecated=route.DEPRECATED,
    )


def _missing(route: routes.Route, there: Mapping[str, str]) -> Sequence[str]:
    """Return the commands that add what a route lacks here, each once."""
    if route.ENVIRONMENT:
        return [] if route.ENVIRONMENT in there else [environments.add_line(route.ENVIRONMENT)]
    backend = import_module(f"probes.backends.{route.FRAMEWORK}")
    runtime = runtimes.runtime(route.RUNTIME)
    wanted = {backend.MODULE: backend.ADD}
    # The extra brings converters and runtimes together, in versions that go together.
    wanted |= {module: DEPLOY for module in (*route.NEEDS, runtime.MODULE) if module != backend.MODULE}
    return list(dict.fromkeys(line for module, line in wanted.items() if not _is_here(module)))


def _is_here(module: str) -> bool:
    return find_spec(module.partition(".")[0]) is not None
