"""Every route that can be measured, and whether this interpreter and the environments of their own hold what it needs.

Looks for modules without importing them, so that it tells at once and loads no framework.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from probes import environments, routes, runtimes
from probes.environments import folders, installing, locks
from probes.session import routing_plan
from probes.session.routing_plan import Planned
from probes.types import Reason

NOT_ADDED = "route-not-added"
"""Code of the reason of what needs an environment that is not here."""


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
        seconds: expected for a row, of a small net on two cores.
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
    rows = routing_plan.plan(routing_plan.Source("workload"), installed={}, pythons=folders.interpreters())
    tried = [replace(row, status=None) if row.reason and row.reason.code != NOT_ADDED else row for row in rows]
    has = routing_plan.look(tried)
    first = {row.route: row for row in reversed(tried) if row.route != routing_plan.OWN}
    found = [_known(row, has) for row in first.values()]
    return tuple(sorted(found, key=lambda one: (one.framework, one.id)))


def _known(row: Planned, has: Mapping[str, Collection[str]]) -> KnownRoute:
    route, missing = routes.route(row.route), _missing(row, has)
    return KnownRoute(
        id=row.route,
        name=dict(route.NAME),
        framework=row.framework,
        runtime=row.runtime,
        precisions=tuple(route.PRECISIONS),
        environment=row.environment,
        installed=not missing,
        add=" && ".join(missing),
        seconds=row.seconds,
        deprecated=row.deprecated,
    )


def _missing(row: Planned, has: Mapping[str, Collection[str]]) -> Sequence[str]:
    """Return the commands that add what a route lacks here, each once."""
    if row.status is not None and row.reason is not None:
        return [environments.add_line(str(row.reason.params["environment"]))]
    lacking = [module for module in routing_plan.needed(row) if module not in has[routing_plan.place(row)]]
    program = runtimes.absent(row.runtime)
    commands = [routing_plan.add(row, module) for module in lacking]
    return list(dict.fromkeys([*commands, *([str(program.params["command"])] if program else [])]))
