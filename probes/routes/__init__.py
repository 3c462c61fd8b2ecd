"""Routes: one way out of a framework into a runtime. One module each; the folder is the registry.

A module's name, with hyphens, is the route's id (``pytorch_onnx`` is ``pytorch-onnx``); with a precision it is a row of
the table. ``Route`` is what each module satisfies. Nothing but the standard library is imported at the top: the manager
reads what stands there, and ``convert`` runs in a worker that holds the framework and the converter's packages.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from probes.backends import CONTROL
from probes.types import Exportable

FP32, INT8 = "fp32", "int8"

Batch = Mapping[str, Any]
"""Input name -> NumPy array, batch first, as the artifact takes it (layout and dtype)."""


@dataclass(frozen=True)
class Order:
    """What a converter is asked for.

    Attributes:
        model: what is taken out.
        folder: empty; whatever the converter leaves in it counts as the artifact, sidecars included.
        precision: one of the route's ``PRECISIONS``.
        calibration: batches of the user's or the twin's own data, of which int8 takes its ranges; at least one.
    """

    model: Exportable
    folder: Path
    precision: str
    calibration: Sequence[Batch]


@dataclass(frozen=True)
class Converted:
    """What a converter made.

    Attributes:
        main: the file or folder that a runtime is given, inside ``Order.folder``.
        inputs: names in the artifact's own order; empty = as the model's.
        outputs: likewise.
        layouts: input -> axes from the canonical array to what the artifact takes, where they are not the model's.
        settings: what was chosen, for the table: opset, delegate, quantisation scheme.
        dtypes: input -> NumPy name of what the artifact takes, where that is not the model's.
    """

    main: Path
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    layouts: Mapping[str, tuple[int, ...]] | None = None
    settings: Mapping[str, str | int | bool] | None = None
    dtypes: Mapping[str, str] | None = None


class RefusedOperators(Exception):
    """The converter knows some operators not; raised by ``convert`` where the converter names them."""

    def __init__(self, operators: Sequence[str], said: str) -> None:
        super().__init__(said)
        self.operators = tuple(dict.fromkeys(operators))


class Route(Protocol):
    """What a module of this folder holds."""

    NAME: Mapping[str, str]
    """What a reader calls it, by language: "ONNX Runtime, by torch.onnx"."""

    FRAMEWORK: str
    """Id of the framework whose model it takes; a module of ``probes/backends``."""

    RUNTIME: str
    """Module of ``probes/runtimes`` that runs the artifact."""

    PRECISIONS: tuple[str, ...]
    """Those it can make."""

    NEEDS: tuple[str, ...]
    """Top-level modules that the converter imports beside the framework."""

    ENVIRONMENT: str
    """Environment of its own that holds converter and runtime (``framework-advisor routes add NAME``); "" = beside the
    frameworks, with the extra ``deploy``."""

    SECONDS: float
    """Expected wall time of converting a small net on two cores, imports included."""

    DEPRECATED: str
    """What its makers say in its place, "" where it is alive."""

    convert: Callable[[Order], Converted]
    """Makes the artifact; the very code that is shown as the way to do it, so it reads like the vendor's own example.

    Raises ``RefusedOperators`` where the converter names what it cannot take, ``probes.types.Unsupported`` with a
    reason where the route cannot take such a model or precision; anything else is a failure of this row alone.
    """

    refused: Callable[[Order], Sequence[str]]
    """Names beforehand, in a second or two, the operators that ``convert`` will refuse; () where it cannot tell."""


def known() -> tuple[str, ...]:
    """Return the ids of all routes but the control arm's, in alphabetical order; imports none of them."""
    found = (module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith((CONTROL, "_")))
    return tuple(sorted(name.replace("_", "-") for name in found))


def route(name: str) -> Route:
    """Return the module of a route by its id.

    Raises:
        KeyError: there is none.
    """
    if name not in known() and not name.startswith(CONTROL):
        raise KeyError(name)
    return cast("Route", import_module(f"{__name__}.{name.replace('-', '_')}"))
