"""Runtimes: what runs an artifact. One module each; the folder is the registry, the module's name the runtime's id.

``Runtime`` is what each module satisfies. Standard library at the top alone: a worker imports the module before the
runtime's package is there, and only ``start`` imports that. A framework's own inference is one of them, so that each
route is held against it in the same way; its module (named as the framework's backend) also holds

    def answering(model: Exportable) -> Run

for what cannot be saved without its code. A runtime that runs files of the user's as they are (``SUFFIXES``) may hold

    def described(path: Path) -> {input: (shape with 1 for what is open, NumPy name of the dtype)}

without which the user's own data must come with such a file. One whose packages are npm's names the environment that
holds them (``ENVIRONMENT``; ``MODULE`` is then a package of npm), may tell which program it lacks

    def absent() -> Reason | None

and names the file of what runs there (``CODE``). What it loads is then ``Apart``. ``VARIABLES``, where a module has it,
are environment variables of every process that converts for it or runs it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

from probes.backends import CONTROL
from probes.types import Reason, Status

Run = Callable[[Sequence[Any]], Sequence[Any]]
"""Answers one batch: NumPy arrays in the artifact's order of inputs -> NumPy arrays in its order of outputs.

The whole call is what is timed: what a user pays for an answer, copies in and out included."""


Readings = Sequence[tuple[Sequence[tuple[float, int]], Sequence[tuple[float, int]], int]] | None
"""Of each block what ``process_readings.Waits`` read before and after it, and the answers in it; None where the system
does not tell."""


class NotRunning(Exception):
    """A program that a runtime lives in is not there, does not start, or has ended.

    Attributes:
        reason: why, and the way out.
        status: of the row.
    """

    def __init__(self, reason: Reason, status: Status = Status.FAILED) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@runtime_checkable
class Apart(Protocol):
    """A ``Run`` whose model answers in another process, which therefore takes the times itself.

    Attributes:
        seconds: that loading took there.
        took: that the last answer took there.
        settings: what is to be known of that process, for the table.
    """

    seconds: float
    took: float
    settings: Mapping[str, str | int | bool]

    def __call__(self, arrays: Sequence[Any]) -> Sequence[Any]:
        """Answer one batch, as every ``Run``."""

    def keep(self, samples: Sequence[Sequence[Any]]) -> None:
        """Keep there the samples that turns go round."""

    def turn(self, *, blocks: int, loops: int, between: int, slowdown: float) -> tuple[list[float], Readings]:
        """Return seconds of an answer of each block, at least ``loops`` answers long, after ``between`` without time.

        Blocks are longer where the clock there is too coarse; ``slowdown`` is planted.
        """

    def batch(self, arrays: Sequence[Any], least: int, most: int, enough: float) -> list[float]:
        """Return seconds of answers to one batch, at least and at most so many, until seconds are enough."""

    def peak_memory(self) -> int | None:
        """Return the peak resident bytes of that process; None where the system does not tell."""


class Runtime(Protocol):
    """The calls of a runtime, in the order in which a worker makes them."""

    NAME: str
    """What its makers call it."""

    MODULE: str
    """What ``import`` must find; its absence is ``not-installed``."""

    ADD: str
    """The command that adds it."""

    SUFFIXES: tuple[str, ...]
    """Of files that it runs as they are ((".onnx",)), so that a file of the user's needs no converter; () for none."""

    before_import: Callable[[int], None]
    """Takes the threads; sets what the package reads when it loads."""

    start: Callable[[int], None]
    """Takes the threads; imports the package."""

    versions: Callable[[], Mapping[str, str]]
    """Distribution -> version of what runs."""

    load: Callable[[Path, Sequence[str], Sequence[str]], Run]
    """Takes the artifact's main file and the names of its inputs and outputs; makes it ready to answer."""


def known() -> tuple[str, ...]:
    """Return the ids of all runtimes but the control arm's, in alphabetical order; imports none of them."""
    found = (module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith((CONTROL, "_")))
    return tuple(sorted(name.replace("_", "-") for name in found))


def runtime(name: str) -> Runtime:
    """Return the module of a runtime by its id; a module's own name, with underscores, is one too.

    Raises:
        KeyError: there is none.
    """
    if name.replace("_", "-") not in (*known(), CONTROL):
        raise KeyError(name)
    return cast("Runtime", import_module(f"{__name__}.{name.replace('-', '_')}"))


def environment(name: str) -> str:
    """Return the environment that holds a runtime's packages of npm, "" for those of Python."""
    found: str = getattr(runtime(name), "ENVIRONMENT", "")
    return found


def absent(name: str) -> Reason | None:
    """Return which program, beside Python, a runtime lacks on this machine and what adds it; None where nothing."""
    ask: Callable[[], Reason | None] = getattr(runtime(name), "absent", lambda: None)
    return ask()
