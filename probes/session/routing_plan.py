"""Which routes there are for a model, what each needs and what is missing, in the order in which they are worth it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from probes import backends, routes, runtimes
from probes.session import time_budget
from probes.session.worker_client import environment
from probes.system.suggestions import nearest
from probes.types import Reason, Status, UserFile

OWN, AS_IS = "own", "as-is"
"""Routes that convert nothing: the framework's own inference, and a file of the user's that a runtime takes."""

DEPLOY = "python -m pip install 'framework-advisor[deploy]'"
"""Adds the converters and runtimes that live beside the frameworks."""

SECOND_PRECISION = 0.5
"""What int8 is worth beside fp32: it tells of the same route."""

OWN_SECONDS = 7.0
"""Expected of a framework's own inference, with training the source and its float64 answers."""

RUN_SECONDS = 2.0
"""Expected of starting a runtime, loading an artifact, answering the test data and taking turns."""

LOOKING = 60.0
"""Seconds another interpreter may take to say which packages it has."""


class Unknown(Exception):
    """There is no such route, or no such kind of file; ``problems`` holds every one, with the nearest right thing."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Source:
    """What is taken out.

    Attributes:
        kind: "workload", "model" (two functions of the user's) or "file".
        name: a workload's module; else what it is called in the table.
        file: the user's Python file as it was read, or the place of a saved model.
        size: of the workload.
    """

    kind: str
    name: str = ""
    file: UserFile | Path | None = None
    size: str = "small"


@dataclass(frozen=True)
class Planned:
    """One row to come.

    Attributes:
        route: id; ``OWN`` or ``AS_IS``.
        framework: whose model; "" for a file that a runtime takes as it is.
        runtime: id.
        precision: "fp32" or "int8".
        environment: of its own; "" = beside the frameworks.
        python: interpreter that converts and runs it.
        seconds: expected.
        status: what is known beforehand: not installed, left out for the budget; None where it is going to be tried.
        reason: why.
        deprecated: what its makers say in its place.
    """

    route: str
    framework: str
    runtime: str
    precision: str
    environment: str = ""
    python: str = sys.executable
    seconds: float = 0.0
    status: Status | None = None
    reason: Reason | None = None
    deprecated: str = ""

    @property
    def label(self) -> str:
        """Its name in reasons and events: a framework's own inference is called as the framework."""
        if self.route == OWN:
            return self.framework
        return f"{self.runtime if self.route == AS_IS else self.route} {self.precision}"


def plan(
    source: Source,
    routes: Sequence[str] | None = None,
    budget: float | None = None,
    installed: Mapping[str, Collection[str]] | None = None,
    *,
    pythons: Mapping[str, str] | None = None,
    value: Mapping[str, float] | None = None,
) -> list[Planned]:
    """Return every row that there would be, in the order in which they are taken.

    Args:
        source: what is taken out.
        routes: ids ("pytorch-onnx"), or with a precision ("pytorch-onnx:int8"); None = all.
        budget: seconds; what no longer fits is "skipped".
        installed: framework or environment -> top-level modules that its interpreter has; None = look.
        pythons: framework or environment -> interpreter.
        value: route -> what knowing it is worth; by value a second where told, else the quickest first.

    Raises:
        Unknown: a route that is none, or a file that nothing here takes.
    """
    pythons = pythons or {}
    rows = _ordered(_rows(source, routes, pythons), value or {})
    has = installed if installed is not None else look(rows)
    rows = [_seen(row, has) for row in rows]
    left, made = budget, []
    for row in rows:
        if row.status is None and left is not None:
            if time_budget.fits(row.seconds, left):
                left -= row.seconds
            else:
                row = replace(row, status=Status.SKIPPED, reason=late(budget or 0.0, left, row.seconds))
        made.append(row)
    return made


def late(budget: float, left: float, wanted: float) -> Reason:
    """Return the reason of a row for which too little is left of the budget."""
    return Reason("budget-left", budget=budget, left=max(0.0, left), wanted=wanted)


def _rows(source: Source, wanted: Sequence[str] | None, pythons: Mapping[str, str]) -> list[Planned]:
    asked = _asked(wanted)
    known = {name: routes.route(name) for name in (routes.known() if asked is None else asked)}
    owners = _owners(source)
    made = [
        Planned(
            name,
            route.FRAMEWORK,
            route.RUNTIME.replace("_", "-"),
            precision,
            route.ENVIRONMENT,
            pythons.get(route.ENVIRONMENT or route.FRAMEWORK, sys.executable),
            route.SECONDS + RUN_SECONDS,
            *_unreachable(route.ENVIRONMENT, pythons),
            deprecated=route.DEPRECATED,
        )
        for name, route in known.items()
        if owners is None or route.FRAMEWORK in owners
        for precision in route.PRECISIONS
        if asked is None or not asked[name] or precision in asked[name]
    ]
    frameworks = sorted({row.framework for row in made} | set(owners or ()))
    own = [
        Planned(OWN, name, name, routes.FP32, python=pythons.get(name, sys.executable), seconds=OWN_SECONDS)
        for name in frameworks
    ]
    as_is = [
        Planned(AS_IS, "", name, routes.FP32, python=pythons.get(name, sys.executable), seconds=RUN_SECONDS)
        for name in _takers(source)
    ]
    if isinstance(source.file, Path) and not (own or as_is):
        raise Unknown([_no_taker(source.file)])
    return [*own, *as_is, *made]


def _asked(wanted: Sequence[str] | None) -> dict[str, set[str]] | None:
    """Read which routes are asked for: id -> precisions, none of them = all."""
    if wanted is None:
        return None
    found: dict[str, set[str]] = {}
    problems = []
    for text in wanted:
        name, _, precision = text.partition(":")
        try:
            route = routes.route(name)
        except (KeyError, ModuleNotFoundError):
            problems.append(f"no route {name!r}; {nearest(name, routes.known())}")
            continue
        if precision and precision not in route.PRECISIONS:
            problems.append(f"{name} has no precision {precision!r}; {nearest(precision, route.PRECISIONS)}")
        found.setdefault(name, set()).update({precision} - {""})
    if problems:
        raise Unknown(problems)
    return found


def _owners(source: Source) -> list[str] | None:
    """Return the frameworks whose model it is; None = any that has a side."""
    if not isinstance(source.file, Path):
        return None
    return [
        name for name in backends.frameworks() if _is_one(source.file, import_module(f"probes.backends.{name}").FILES)
    ]


def _takers(source: Source) -> list[str]:
    """Return the runtimes that take a file as it is."""
    if not isinstance(source.file, Path):
        return []
    control = source.file.suffix in runtimes.runtime(backends.CONTROL).SUFFIXES
    return [name for name in runtimes.known() if _is_one(source.file, runtimes.runtime(name).SUFFIXES)] or (
        [backends.CONTROL] if control else []
    )


def _is_one(path: Path, endings: Sequence[str]) -> bool:
    """Return whether a file is called by one of these endings, or a folder holds a file of that name."""
    return any(path.name.endswith(ending) or (path.is_dir() and (path / ending).is_file()) for ending in endings)


def _no_taker(path: Path) -> str:
    known = [ending for name in runtimes.known() for ending in runtimes.runtime(name).SUFFIXES]
    known += [ending for name in backends.frameworks() for ending in import_module(f"probes.backends.{name}").FILES]
    said = f"{path}: no such file" if not path.exists() else f"{path} is no model that is known here"
    return f"{said}; known are: {', '.join(sorted(set(known)))}"


def _unreachable(needed: str, pythons: Mapping[str, str]) -> tuple[Status | None, Reason | None]:
    if needed and needed not in pythons:
        return Status.NOT_INSTALLED, Reason("route-not-added", environment=needed)
    return None, None


def _ordered(rows: Sequence[Planned], value: Mapping[str, float]) -> list[Planned]:
    """Sort what others are held against first, then the most worth a second, then the quickest, by framework.

    The frameworks take turns: what is measured of one alone compares nothing.
    """
    converted = [row for row in rows if row.route not in (OWN, AS_IS)]
    ranked: list[tuple[int, Planned]] = []
    for framework in sorted({row.framework for row in converted}):
        of_one = [row for row in converted if row.framework == framework]
        ranked += enumerate(sorted(of_one, key=lambda row: (-_worth(row, value), row.seconds)))
    ranked.sort(key=lambda one: (one[0], -_worth(one[1], value), one[1].seconds))
    first = sorted((row for row in rows if row not in converted), key=lambda row: (row.route != OWN, row.seconds))
    return [*first, *(row for _, row in ranked)]


def _worth(row: Planned, value: Mapping[str, float]) -> float:
    """Return what a second of a row is worth; a second precision tells less than the first."""
    return value.get(row.route, 0.0) / row.seconds * (1.0 if row.precision == routes.FP32 else SECOND_PRECISION)


def needed(row: Planned) -> list[str]:
    """Return the top-level modules that a row needs of its interpreter."""
    names = [runtimes.runtime(row.runtime).MODULE]
    if row.framework:
        names.append(import_module(f"probes.backends.{row.framework}").MODULE)
    if row.route not in (OWN, AS_IS):
        names += routes.route(row.route).NEEDS
    return list(dict.fromkeys(name.partition(".")[0] for name in names if name))


def place(row: Planned) -> str:
    """Return the environment, framework or runtime whose interpreter a row uses."""
    return row.environment or row.framework or row.runtime


def look(rows: Sequence[Planned]) -> dict[str, frozenset[str]]:
    """Ask every interpreter which of the modules that its rows need it has; imports none of them."""
    asked: dict[str, set[str]] = {}
    for row in rows:
        if row.status is None:
            asked.setdefault(row.python, set()).update(needed(row))
    has = {python: _found(python, sorted(names)) for python, names in asked.items()}
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        found[place(row)] = found.get(place(row), frozenset()) | has.get(row.python, frozenset())
    return found


_ASK = "import importlib.util, json, sys; print(json.dumps([n for n in sys.argv[1:] if importlib.util.find_spec(n)]))"


def _found(python: str, names: Sequence[str]) -> frozenset[str]:
    if python == sys.executable:
        return frozenset(name for name in names if importlib.util.find_spec(name) is not None)
    try:
        done = subprocess.run(
            [python, "-c", _ASK, *names],
            capture_output=True,
            check=True,
            timeout=LOOKING,
            env=environment(python, settings="default"),
        )
        return frozenset(json.loads(done.stdout))
    except (OSError, subprocess.SubprocessError, ValueError):
        return frozenset(names)  # starting a worker under it tells what is wrong, in its own words


def _seen(row: Planned, has: Mapping[str, Collection[str]]) -> Planned:
    if row.status is not None:
        return row
    missing = [name for name in needed(row) if name not in has.get(place(row), ())]
    if not missing:
        return row
    reason = Reason("not-installed", python=row.python, package=missing[0], command=add(row, missing[0]))
    return replace(row, status=Status.NOT_INSTALLED, reason=reason)


def add(row: Planned, module: str) -> str:
    """Return the command that adds a missing module."""
    if row.framework and module == import_module(f"probes.backends.{row.framework}").MODULE:
        found: str = import_module(f"probes.backends.{row.framework}").ADD
        return found
    if row.environment:
        return f"framework-advisor routes add {row.environment}"
    return runtimes.runtime(row.runtime).ADD if row.route == AS_IS else DEPLOY
