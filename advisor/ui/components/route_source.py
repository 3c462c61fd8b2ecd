"""How a route is taken: the code that converts and runs a model in a measurement, and what it needs installed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from probes import routes, runtimes
from probes.session import routing_plan
from probes.session.routing_plan import AS_IS, OWN, Planned
from probes.types import RouteRow


@cache
def conversion(route: str) -> str:
    """Return the code that converts, with the functions of its file that it calls; "" where nothing is converted."""
    if route in (OWN, AS_IS):
        return ""
    try:
        return _with_callees(routes.route(route).convert)
    except KeyError:
        return ""


@cache
def running(runtime: str) -> str:
    """Return the code that loads an artifact and answers, "" where this program does not know the runtime."""
    try:
        held = runtimes.runtime(runtime)
        code: Path | None = getattr(held, "CODE", None)
        return _with_callees(held.load) if code is None else code.read_text(encoding="utf-8")
    except KeyError:
        return ""


def installs(row: RouteRow) -> list[str]:
    """Return the commands that install what a row's framework, converter and runtime need."""
    try:
        environment = "" if row.route in (OWN, AS_IS) else routes.route(row.route).ENVIRONMENT
        planned = Planned(row.route, row.framework, row.runtime, row.precision, environment)
        npm = [runtimes.runtime(row.runtime).ADD] if runtimes.environment(row.runtime) else []
        added = [routing_plan.add(planned, module) for module in routing_plan.needed(planned)]
        return list(dict.fromkeys([*added, *npm]))
    except (KeyError, ModuleNotFoundError):  # of a later version of the program
        return []


def _with_callees(function: Callable[..., Any]) -> str:
    """Return a function's source, and below it that of its folder's functions that it reaches, each once."""
    found: dict[str, FunctionType] = {}

    def reach(one: Any) -> None:
        if isinstance(one, FunctionType) and _folder(one) == _folder(function) and one.__name__ not in found:
            found[one.__name__] = one
            for name in _names(one.__code__):
                reach(one.__globals__.get(name))

    reach(function)
    return "\n\n".join(inspect.getsource(one).rstrip() for one in found.values())


def _folder(function: Callable[..., Any]) -> str:
    return function.__module__.rpartition(".")[0]


def _names(code: CodeType) -> list[str]:
    """Return the names that code looks up, those of functions inside it too."""
    inner = [name for const in code.co_consts if isinstance(const, CodeType) for name in _names(const)]
    return [*code.co_names, *inner]
