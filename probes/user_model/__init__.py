"""A model of the user's, taken apart: which layers run in which order, with which settings and weights.

One module a framework, named by its id; the folder is the registry. ``Part`` is what each module satisfies.

Worker side: standard library, NumPy and one framework only.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Protocol

from probes.types import Build, Reason, Twin, Unsupported

Names = dict[int, str]
"""Identity of an array -> what the framework calls it, of those that no event holds yet."""


@dataclass
class Weight:
    """One weight, or the part of one that another framework holds by itself (a gate, the query of an attention).

    Attributes:
        raw: what the framework calls the array.
        role: kernel, bias, scale ... as ``workload`` and the manager know it.
        index: positions in the flattened array, in the canonical layout; carries arrays across in both directions.
        statistic: a running mean or variance, which no gradient moves.
    """

    raw: str
    role: str
    index: Any
    statistic: bool = False


@dataclass
class Setting:
    """What a layer was told, or left at its default.

    Attributes:
        value: in words common to all frameworks.
        called: the framework's own word for it.
        stated: it is not the framework's default, so somebody meant it.
        change: sets another common value; None where that cannot be done.
        words: text of a common value -> what the framework writes for it, where that is not the same.
        flipped: the framework writes one minus the value.
    """

    value: Any
    called: str
    stated: bool = True
    change: Callable[[Any], None] | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    flipped: bool = False

    @property
    def shown(self) -> str:
        """Return the value as the framework writes it."""
        return f"{round(1 - self.value, 12):g}" if self.flipped else self.words.get(str(self.value), str(self.value))

    def document(self) -> dict[str, Any]:
        """Return what the manager needs."""
        return {
            "value": self.value,
            "called": self.called,
            "stated": self.stated,
            "fixed": self.change is None,
            "shown": self.shown,
            "words": dict(self.words),
            "flipped": self.flipped,
        }


@dataclass
class Event:
    """One layer, or one function that was called, in the order in which they ran.

    Attributes:
        name: the framework's own, e.g. "features.0".
        text: as a user would recognise it, e.g. "BatchNorm2d(8, eps=1e-05)".
        kind: what it does, in words common to all frameworks.
        settings: common name -> setting.
        weights: those it holds and no event before it.
        given: shape of the first input; empty where unknown.
        made: shape of the output; empty where there is none of its own.
        line: of the user's file; 0 where unknown.
        output: the array itself, where it was asked for.
        without: takes it off the end of the model; None where that cannot be done.
    """

    name: str
    text: str
    kind: str
    settings: dict[str, Setting] = field(default_factory=dict)
    weights: list[Weight] = field(default_factory=list)
    given: tuple[int, ...] = ()
    made: tuple[int, ...] = ()
    line: int = 0
    output: Any = None
    without: Callable[[Any], None] | None = None

    def document(self) -> dict[str, Any]:
        """Return what the manager needs, without arrays."""
        return {
            "name": self.name,
            "text": self.text,
            "kind": self.kind,
            "settings": {name: setting.document() for name, setting in self.settings.items()},
            "weights": [
                {"raw": w.raw, "role": w.role, "shape": list(w.index.shape), "statistic": w.statistic}
                for w in self.weights
            ],
            "given": list(self.given),
            "made": list(self.made),
            "line": self.line,
        }


@dataclass
class Trace:
    """What ran, what came out, and how the answer's axes lie."""

    events: list[Event]
    shape: tuple[int, ...]


class Part(Protocol):
    """The calls that every framework's module answers, in the order in which ``workload`` makes them."""

    CHANNELS: str
    """Where the channels of an image stand, "first" or "last"."""

    def reference(self) -> contextlib.AbstractContextManager[None]:
        """Return a context that holds what must hold while float64 runs."""

    def build(
        self, make: Callable[[], Any], dtype: str, inputs: Mapping[str, Any], *, changed: Collection[str] = ()
    ) -> Any:
        """Make the user's model in a dtype; one call fills layers that take their shape from the input.

        Args:
            make: the user's function.
            dtype: "float32" or "float64".
            inputs: one batch, by name.
            changed: names of settings that will be changed afterwards.

        Raises:
            Unsupported: it makes no model of this framework, or one that cannot be measured.
        """

    def trace(self, model: Any, inputs: Mapping[str, Any], *, keep: bool = False) -> Trace:
        """Run the model once and write down what runs; ``keep``: with every output."""

    def output(self, model: Any, inputs: Mapping[str, Any]) -> Any:
        """Return the model's answer as an array, channels last."""

    def arrays(self, model: Any) -> dict[str, Any]:
        """Return copies of all weights of floating point, by the framework's own names."""

    def put(self, model: Any, arrays: Mapping[str, Any]) -> None:
        """Overwrite them."""

    def twin(
        self, build: Build, model: Any, *, names: tuple[str, ...], loss: str, rate: float, end: str, append: bool
    ) -> Twin:
        """Train the model by plain gradient descent; its arrays have the framework's own names.

        Args:
            build: dtype, device, mode and settings.
            model: from ``build``.
            names: of the inputs.
            loss: one of ``workload.LOSSES``.
            rate: of gradient descent.
            end: what the outputs are: logits (""), "softmax" or "log-softmax".
            append: this side lacks that end.
        """


def apply(trace: Trace, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Change settings as the manager decided: number of the event -> setting -> common value."""
    for number, settings in changes.items():
        event = trace.events[int(number)]
        for name, value in settings.items():
            change = event.settings[name].change
            assert change is not None
            change(value)


def whole(shape: tuple[int, ...]) -> Any:
    """Number the places of an array: the layout that changes nothing."""
    import math

    import numpy as np

    return np.arange(math.prod(shape)).reshape(shape)


def weights_of(layer: Any, names: Names, roles: Mapping[str, str], statistics: Collection[str] = ()) -> list[Weight]:
    """Return the weights of a layer that no event before it holds, and take their names out of ``names``.

    Args:
        roles: attribute of the layer -> role.
        statistics: attributes that hold a running mean or variance.
    """
    found = []
    for attribute, role in roles.items():
        array = getattr(layer, attribute, None)
        if array is not None and (raw := names.pop(id(array), "")):
            found.append(Weight(raw, role, whole(tuple(array.shape)), attribute in statistics))
    return found


def as_given(layer: Any, attributes: Mapping[str, str]) -> dict[str, Setting]:
    """Return settings that are compared and never changed: common name -> the value of that attribute of a layer."""
    found = {}
    for common, name in attributes.items():
        value = getattr(layer, name)
        found[common] = Setting(list(value) if isinstance(value, tuple | list) else value, name)
    return found


def key(name: str) -> str:
    """Name one input among the arrays of a batch, in a form that signatures of functions take."""
    return name if name == "x" else f"x_{name}"


def line_in(path: str, frame: FrameType | None = None) -> int:
    """Find the line of the user's file that is being run, 0 where none is."""
    frame = frame or sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == path:
            return frame.f_lineno
        frame = frame.f_back
    return 0


def answer_alone(found: Any) -> Any:
    """Refuse a model that returns several things."""
    if isinstance(found, tuple | list | dict):
        raise Unsupported(Reason("several-answers", count=len(found), kind=type(found).__name__))
    return found
