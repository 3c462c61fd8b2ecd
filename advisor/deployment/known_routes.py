"""Every route that can be measured, and whether this interpreter and the environments of their own hold what it needs.

Looks for modules without importing them, so that it tells at once and loads no framework.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from probes import environments, routes, runtimes
from probes.environments import folders, installing, locks
from probes.types import Reason

DEPLOY = "python -m pip install 'framework-advisor[deploy]'"
"""Adds the converters and runtimes that live beside the frameworks."""


@dataclass(frozen=True)
class EnvironmentHere:
    """An environment of its own, and what is here of it.

    Attributes:
        id: an entry of ``probes.environments.ENVIRONMENTS``.
        title: what it is for, by language.
        installed: whether it is here, whole.
        current: whether it was made from the lock files that this version ships.
        half: whether an interrupted installation, or one whose Python has gone, left something.
        mb: megabytes (10**6 bytes) on the disk: those it takes, or those it will take.
        folder: where it lies, "" where it does not.
        python: version of its Python, or of Node, "" where it is not here.
        packages: how many the lock files pin for this system.
        locked: the day on which the lock files were made.
        add: the command that adds it.
        unfit: why it does not install on this system and what can be done by hand, None where it does.
    """

    id: str
    title: Mapping[str, str]
    installed: bool
    current: bool
    half: bool
    mb: float
    folder: str
    python: str
    packages: int
    locked: str
    add: str
    unfit: Reason | None


def environments_here() -> tuple[EnvironmentHere, ...]:
    """Return every environment of its own."""
    return tuple(_environment(name) for name in environments.ENVIRONMENTS)


def _environment(name: str) -> EnvironmentHere:
    there, lock, unfit = folders.installed(name), locks.of(name), installing.unfit(name)
    return EnvironmentHere(
        id=name,
        title=dict(environments.ENVIRONMENTS[name].title),
        installed=there is not None,
        current=there is not None and there.is_current(name),
        half=folders.half(name),
        mb=lock.disk_mb if there is None else there.bytes / 1e6,
        folder="" if there is None else str(there.folder),
        python="" if there is None else there.python,
        packages=lock.packages,
        locked=lock.made,
        add=environments.add_line(name),
        unfit=unfit,
    )


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
