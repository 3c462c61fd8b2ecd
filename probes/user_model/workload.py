"""A model of the user's, of two functions, made into a workload: data, weights and the training around it.

What the layers are, and what each holds, a module of ``probes.user_model`` writes down. The manager
(``probes.session.agreement``) compares what the sides wrote and hands back a plan: which weights are the same, which
settings change so that both have them alike. This module follows it. Worker side: standard library, NumPy and one
framework.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import math
import time
import zlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from probes.types import Build, Reason, Twin, Unsupported
from probes.user_model import Trace, apply, key

TRYING = 20.0
"""Seconds after which no further way to match the weights is tried."""

LOSSES = ("mean-squared-error", "cross-entropy")

STATISTIC = "statistic"
"""What names of running means and variances begin with: they are carried across, and no gradient moves them."""

_EXEMPT = f"weights:{STATISTIC}*: frameworks average running variances over n or over n - 1"

Entry = tuple[str, str, Any]
"""A weight: the framework's own name, the common name, positions of the canonical array in the framework's."""

Plan = Mapping[str, Any]
"""What the manager decided for one side: ``changes`` {number of the event: {setting: value}}, ``names`` (a list an
event, one name a weight or None), ``flat`` {number: {"first" | "last": shape of the image, channels first}}, ``end``
and ``append`` (the softmax that both sides end in, and whether this side lacks it)."""


def adapt(module: ModuleType, framework: str) -> ModuleType:
    """Make a workload of a file that holds ``INPUT`` and one function a framework; one with ``weights`` is one already.

    Raises:
        Unsupported: what the file lacks, or has wrong.
    """
    if hasattr(module, "weights"):
        return module
    own = Own(module, framework, _settings(module))
    workload = ModuleType(module.__name__)
    made: Any = workload
    made.SIZES = dict.fromkeys(("small", "medium"), {"batch": own.batch} if own.batch else {})
    made.EXEMPTIONS = (*getattr(module, "EXEMPTIONS", ()), _EXEMPT)
    made.data, made.weights, made.called, made.own = own.data, own.weights, own.called, own
    if own.make is not None:
        setattr(made, framework, own.side)
    return workload


class Own:
    """One side of a user's model: as it is written, or as the plan has it."""

    def __init__(self, module: ModuleType, framework: str, settings: dict[str, Any]) -> None:
        self.module, self.framework, self.settings = module, framework, settings
        self.make: Any = getattr(module, framework, None)
        self.batch = next(iter(settings["input"].values()))[0] if settings["input"] else 0
        self.plan: Plan | None = None

    def follow(self, plan: Plan) -> None:
        """Follow the manager's plan."""
        if plan != self.plan:
            self.plan = plan
            self.__dict__.pop("seen", None)

    def inputs(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs of a batch by the user's names."""
        return {name[2:] if name.startswith("x_") else name: array for name, array in batch.items() if name != "y"}

    def drawn(self, seed: int) -> dict[str, Any]:
        """Draw the inputs of one batch."""
        import numpy as np

        rng = np.random.default_rng(seed)
        found = {}
        for name, shape in self.settings["input"].items():
            tokens = self.settings["tokens"].get(name, 0)
            drawn = rng.integers(0, tokens, shape, dtype=np.int32) if tokens else rng.standard_normal(shape, np.float32)
            found[key(name)] = drawn
        return found

    def data(self, size: Any, seed: int) -> dict[str, Any]:
        """Make one batch: the user's own, or random numbers."""
        import numpy as np

        if hasattr(self.module, "data"):
            return self._given(seed, size)
        shape, rng = self.seen[1], np.random.default_rng(seed + 1)
        if self.settings["loss"] == "cross-entropy":
            return {**self.drawn(seed), "y": rng.integers(0, shape[-1], shape[:-1], dtype=np.int32)}
        return {**self.drawn(seed), "y": rng.standard_normal(shape, dtype=np.float32)}

    def _given(self, seed: int, size: Any) -> dict[str, Any]:
        given = dict(self.module.data(size, seed))
        if "y" not in given:
            raise Unsupported(Reason("no-y"))
        y, x = given.pop("y"), given.pop("x", given)
        if isinstance(x, list | tuple):
            x = {str(number): array for number, array in enumerate(x)}
        return {**({key(n): a for n, a in x.items()} if isinstance(x, Mapping) else {"x": x}), "y": y}

    def weights(self, size: Any, seed: int) -> dict[str, Any]:
        """Draw all weights, by common name."""
        return {name: _drawn(name, shape, seed) for name, (_, shape) in self.seen[0].items()}

    def called(self) -> dict[str, str]:
        """Return what this framework calls the weights of each common name."""
        return {name: raw for name, (raw, _) in self.seen[0].items()}

    @functools.cached_property
    def part(self) -> Any:
        """Find the module that knows this framework's layers.

        Raises:
            Unsupported: there is none, or the file has no function for it.
        """
        if self.make is None:
            raise Unsupported(Reason("no-function", framework=self.framework))
        try:
            return importlib.import_module(f"probes.user_model.{self.framework}")
        except ModuleNotFoundError as error:
            if error.name != f"probes.user_model.{self.framework}":
                raise
            raise Unsupported(Reason("no-two-functions", framework=self.framework)) from None

    def _sample(self) -> dict[str, Any]:
        return self.inputs(self._given(0, {})) if hasattr(self.module, "data") else self.inputs(self.drawn(0))

    def made(self, dtype: str) -> tuple[Any, Trace, list[Entry]]:
        """Build the model and change it as planned: the model, what it was before, and how its weights are carried."""
        sample = self._sample()
        changes: Mapping[str, Any] = (self.plan or {}).get("changes", {})
        with self._as(dtype):
            model = self.part.build(
                self.make, dtype, sample, changed={name for names in changes.values() for name in names}
            )
            trace = self.part.trace(model, sample)
        plan: Plan = self.plan or {
            "names": [[f"{number} {w.role}" for w in event.weights] for number, event in enumerate(trace.events)]
        }
        apply(trace, changes)
        return model, trace, _entries(trace, plan)

    def _as(self, dtype: str) -> Any:
        return self.part.reference() if dtype == "float64" else contextlib.nullcontext()

    @functools.cached_property
    def seen(self) -> tuple[dict[str, tuple[str, tuple[int, ...]]], tuple[int, ...]]:
        """Build the model once: its weights by common name with the framework's own names, and its output's shape."""
        _, trace, entries = self.made("float32")
        return {name: (raw, index.shape) for raw, name, index in entries}, trace.shape

    def written(self) -> dict[str, Any]:
        """Write down the layers as the user wrote them, for the manager."""
        sample = self._sample()
        model = self.part.build(self.make, "float32", sample)
        trace = self.part.trace(model, sample)
        stated = self.settings["weights"].get(self.framework)
        if stated:
            _check_stated(stated, [w.raw for event in trace.events for w in event.weights], self.framework)
        return {
            "events": [event.document() for event in trace.events],
            "channels": self.part.CHANNELS,
            "stated": list(stated or ()),
            "line": self.make.__code__.co_firstlineno,
            "file": self.make.__code__.co_filename,
        }

    def answers(self, *, layers: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Answer the first batch in float64 with the planned weights; with every layer's output where asked for."""
        sample = self._sample()
        model, _, entries = self.made("float64")
        self._fill(model, entries)
        with self._as("float64"):
            found = {"y": self._ended(self.part.output(model, sample))}
            if not layers:
                return [], found
            events = self.part.trace(model, sample, keep=True).events
        found.update({f"layer/{i}": event.output for i, event in enumerate(events) if event.output is not None})
        return [event.document() for event in events], found

    def tried(self, plans: list[Plan], wanted: Any, bound: float) -> list[float]:
        """Return how far the answer lies from another side's with each plan's weights, up to the first that fits.

        The plans differ in names and layouts alone.
        """
        import numpy as np

        sample = self._sample()
        model, trace, _ = self.made("float64")
        found: list[float] = []
        until = time.monotonic() + TRYING
        with self._as("float64"):
            for plan in plans:
                self._fill(model, _entries(trace, plan))
                y = self._ended(self.part.output(model, sample))
                far = (
                    float(np.sqrt(np.mean((y - wanted) ** 2) / np.mean(wanted**2))) if y.shape == wanted.shape else None
                )
                found.append(math.inf if far is None or not math.isfinite(far) else far)
                if found[-1] <= bound or time.monotonic() > until:
                    break
        return found

    def _fill(self, model: Any, entries: list[Entry]) -> None:
        arrays = self.part.arrays(model)
        for raw, name, index in entries:
            arrays[raw].reshape(-1)[index] = _drawn(name, index.shape, 0)
        self.part.put(model, arrays)

    def _ended(self, y: Any) -> Any:
        """Append the softmax that the other side ends in."""
        import numpy as np

        if not (self.plan or {}).get("append"):
            return y
        logits = y - y.max(-1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        return np.exp(logs) if (self.plan or {})["end"] == "softmax" else logs

    def side(self, build: Build) -> Twin:
        """Make the twin: the framework's own arrays, under the common names."""
        batch = self.data(build.size, 0)
        model, _, entries = self.made(build.dtype)
        plan = self.plan or {}
        inner = self.part.twin(
            build,
            model,
            names=tuple(self.inputs(batch)),
            loss=self.settings["loss"],
            rate=self.settings["rate"],
            end=plan.get("end", ""),
            append=plan.get("append", False),
        )
        return _renamed(inner, entries, lambda: self._as(build.dtype))


def _renamed(inner: Twin, entries: list[Entry], around: Any) -> Twin:
    """Make a twin that speaks of its arrays by their common names and in their common layouts."""
    import numpy as np

    def load(weights: Mapping[str, Any]) -> None:
        arrays = {name: np.array(array) for name, array in inner.dump().items()}
        for raw, name, index in entries:
            arrays[raw].reshape(-1)[index] = weights[name]
        inner.load(arrays)

    def told(arrays: Mapping[str, Any]) -> dict[str, Any]:
        return {name: arrays[raw].reshape(-1)[index] for raw, name, index in entries if raw in arrays}

    twin = Twin(
        load=load,
        dump=lambda: told(inner.dump()),
        place=inner.place,
        step=inner.step,
        forward=inner.forward,
        loss=inner.loss,
        outputs=inner.outputs,
        gradients=lambda batch: told(inner.gradients(batch)),
        parameters=inner.parameters,
        exportable=inner.exportable,
    )
    if isinstance(around(), contextlib.nullcontext):
        return twin

    def inside(function: Any) -> Any:
        def run(*args: Any) -> Any:
            with around():
                return function(*args)

        return run

    for name in ("step", "forward", "loss", "outputs", "gradients"):
        setattr(twin, name, inside(getattr(twin, name)))
    return twin


def _entries(trace: Trace, plan: Plan) -> list[Entry]:
    """Return every weight with its common name and layout."""
    import numpy as np

    found = []
    for number, (event, names) in enumerate(zip(trace.events, plan["names"], strict=True)):
        for weight, name in zip(event.weights, names, strict=True):
            if name is None:
                continue
            index = weight.index
            for where, image in plan.get("flat", {}).get(str(number), {}).items():
                order = np.moveaxis(np.arange(math.prod(image)).reshape(image), 0, -1).ravel()
                if where == "last":
                    index = index[..., order]
                elif index.ndim > 1:
                    index = index[order]
            found.append((weight.raw, name, index))
    return found


def _settings(module: ModuleType) -> dict[str, Any]:
    """Read the optional constants of the file; all that is wrong is told at once."""
    given = getattr(module, "INPUT", ())
    found: dict[str, Any] = {
        "input": _shapes(given),
        "loss": getattr(module, "LOSS", LOSSES[0]),
        "rate": getattr(module, "RATE", 0.01),
        "weights": getattr(module, "WEIGHTS", {}),
    }
    problems: list[Reason] = []
    if found["input"] is None or not (found["input"] or hasattr(module, "data")):
        problems.append(Reason("needs-input"))
    if found["loss"] not in LOSSES:
        problems.append(Reason("needs-loss", known=LOSSES, given=repr(found["loss"])))
    if not isinstance(found["rate"], int | float) or not found["rate"] > 0:
        problems.append(Reason("needs-rate", given=repr(found["rate"])))
    tokens = getattr(module, "TOKENS", 0)
    by_name = tokens if isinstance(tokens, dict) else dict.fromkeys(list(found["input"] or {})[:1], tokens)
    found["tokens"] = {str(name): count for name, count in by_name.items()}
    if not all(isinstance(count, int) and count >= 0 for count in [*by_name.values(), *([0] if by_name else [tokens])]):
        problems.append(Reason("needs-tokens", given=repr(tokens)))
    elif tokens and len(found["input"] or ()) > 1 and not isinstance(tokens, dict):
        problems.append(Reason("needs-tokens-by-input"))
    lists = found["weights"].values() if isinstance(found["weights"], dict) else [None]
    if not all(isinstance(names, list | tuple) for names in lists):
        problems.append(Reason("needs-weights"))
    if problems:
        raise Unsupported(Reason("file-needs", problems=problems))
    return found


def _shapes(given: Any) -> dict[str, tuple[int, ...]] | None:
    """Read INPUT as shapes by name; None where it is none."""
    if isinstance(given, Mapping):
        shapes = {str(name): shape for name, shape in given.items()}
    elif isinstance(given, list | tuple) and given and isinstance(given[0], list | tuple):
        shapes = {str(number): shape for number, shape in enumerate(given)}
    elif isinstance(given, tuple):
        shapes = {"x": given} if given else {}
    else:
        return None
    whole = all(
        isinstance(shape, list | tuple) and shape and all(isinstance(n, int) and n > 0 for n in shape)
        for shape in shapes.values()
    )
    return {name: tuple(shape) for name, shape in shapes.items()} if whole else None


def _check_stated(stated: Any, own: list[str], framework: str) -> None:
    unknown, missing = [n for n in stated if n not in own], [n for n in own if n not in stated]
    if unknown or missing:
        problems = [Reason("no-weight", framework=framework, names=unknown)] * bool(unknown)
        problems += [Reason("further-weight", framework=framework, names=missing)] * bool(missing)
        raise Unsupported(Reason("wrong-weights", problems=problems))


def _drawn(name: str, shape: tuple[int, ...], seed: int) -> Any:
    """Draw one weight, the same on every side whatever its place: kernels by fan-in, vectors around 3/4."""
    import numpy as np

    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    if len(shape) < 2:  # a bias, a scale, a running mean or variance: must be positive for the last to be one
        return rng.uniform(0.5, 1.0, shape).astype(np.float32)
    return (rng.standard_normal(shape) / math.sqrt(math.prod(shape[:-1]))).astype(np.float32)
