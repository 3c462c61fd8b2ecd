"""A model of the user's, of two functions, made into a workload: data, weights and the training around it.

Every weight gets the same name on every side: its shape in the canonical layout (dense kernels as inputs x outputs,
convolutions as height x width x inputs x outputs) and how many of that shape came before it; or its place in the lists
of ``WEIGHTS``. The parity gate then proves the match. Worker side: standard library, NumPy and one framework only.
"""

from __future__ import annotations

import zlib
from functools import cache
from types import ModuleType
from typing import Any

from probes.scenarios import Unsupported
from probes.types import Build, Twin

LOSSES = ("mean-squared-error", "cross-entropy")

STATISTIC = "statistic"
"""What names of running means and variances begin with: they are carried across, and no gradient moves them."""

_EXEMPT = f"weights:{STATISTIC}*: frameworks average running variances over n or over n - 1"


def adapt(module: ModuleType, framework: str, backend: Any) -> ModuleType:
    """Make a workload of a file that holds ``INPUT`` and one function a framework; one with ``weights`` is one already.

    Raises:
        Unsupported: what the file lacks, or has wrong.
    """
    if hasattr(module, "weights"):
        return module
    settings = _settings(module)
    made = ModuleType(module.__name__)
    held: Any = made
    held.SIZES = dict.fromkeys(("small", "medium"), {"batch": settings["input"][0]} if settings["input"] else {})
    held.EXEMPTIONS = (*getattr(module, "EXEMPTIONS", ()), _EXEMPT)
    make = getattr(module, framework, None)

    def inputs(seed: int) -> Any:
        import numpy as np

        rng = np.random.default_rng(seed)
        if settings["tokens"]:
            return rng.integers(0, settings["tokens"], settings["input"], dtype=np.int32)
        return rng.standard_normal(settings["input"], dtype=np.float32)

    @cache
    def seen() -> tuple[dict[str, tuple[str, tuple[int, ...]]], tuple[int, ...]]:
        """Build the model once: its weights by common name with the framework's own names, and its output's shape."""
        if make is None:
            raise Unsupported(f"the model file has no function {framework}")
        batch = module.data({}, 0) if hasattr(module, "data") else {"x": inputs(0)}
        model = backend.own_model(make, "float32", batch["x"])
        listed = backend.weights_of(model)
        names = _names(listed, settings["weights"].get(framework), framework)
        shapes = {name: (called, shape) for name, (called, shape, *_) in zip(names, listed, strict=True)}
        return shapes, backend.output_shape(model, batch["x"])

    def data(size: Any, seed: int) -> dict[str, Any]:
        import numpy as np

        if hasattr(module, "data"):
            given: dict[str, Any] = module.data(size, seed)
            return given
        shape, rng = seen()[1], np.random.default_rng(seed + 1)
        if settings["loss"] == "cross-entropy":
            return {"x": inputs(seed), "y": rng.integers(0, shape[-1], shape[:-1], dtype=np.int32)}
        return {"x": inputs(seed), "y": rng.standard_normal(shape, dtype=np.float32)}

    def weights(size: Any, seed: int) -> dict[str, Any]:
        return {name: _drawn(name, shape, seed) for name, (_, shape) in seen()[0].items()}

    def side(build: Build) -> Twin:
        batch = data(build.size, 0)
        model = backend.own_model(make, build.dtype, batch["x"])
        listed = backend.weights_of(model)
        names = _names(listed, settings["weights"].get(framework), framework)
        twin: Twin = backend.own_twin(
            build,
            model,
            dict(zip(names, listed, strict=True)),
            loss=settings["loss"],
            rate=settings["rate"],
            rank=batch["x"].ndim,
        )
        return twin

    held.data, held.weights = data, weights
    held.called = lambda: {name: called for name, (called, _) in seen()[0].items()}
    if make is not None:
        setattr(made, framework, side)
    return made


def _settings(module: ModuleType) -> dict[str, Any]:
    """Read the optional constants of the file; all that is wrong is told at once."""
    found = {
        "input": getattr(module, "INPUT", ()),
        "loss": getattr(module, "LOSS", LOSSES[0]),
        "rate": getattr(module, "RATE", 0.01),
        "tokens": getattr(module, "TOKENS", 0),
        "weights": getattr(module, "WEIGHTS", {}),
    }
    problems = []
    whole = isinstance(found["input"], tuple) and all(isinstance(n, int) and n > 0 for n in found["input"])
    if not whole or not (found["input"] or hasattr(module, "data")):
        problems.append("INPUT, the shape of one batch with the batch size first, e.g. INPUT = (64, 100)")
    if found["loss"] not in LOSSES:
        problems.append(f"LOSS as one of {', '.join(LOSSES)}, not {found['loss']!r}")
    if not isinstance(found["rate"], int | float) or not found["rate"] > 0:
        problems.append(f"RATE as a number above 0, not {found['rate']!r}")
    if not isinstance(found["tokens"], int) or found["tokens"] < 0:
        problems.append(f"TOKENS as a whole number, how many words there are, not {found['tokens']!r}")
    lists = found["weights"].values() if isinstance(found["weights"], dict) else [None]
    if not all(isinstance(names, list | tuple) for names in lists):
        problems.append("WEIGHTS as {framework: [names of its weights, in the order common to all]}")
    if problems:
        raise Unsupported(f"the model file needs {'; '.join(problems)}; python -m probes example prints one that works")
    return found


def _names(listed: Any, stated: Any, framework: str) -> list[str]:
    """Give every weight its common name: by shape and order, or by its place in the stated list."""
    if stated:
        own = [called for called, *_ in listed]
        unknown, missing = [n for n in stated if n not in own], [n for n in own if n not in stated]
        if unknown or missing:
            said = [f"{framework} has no weight {', '.join(unknown)}"] * bool(unknown)
            said += [f"{framework} also has {', '.join(missing)}"] * bool(missing)
            raise Unsupported(f"WEIGHTS: {'; '.join(said)}")
        return [f"{STATISTIC if entry[3] else 'weight'} {list(stated).index(entry[0]) + 1}" for entry in listed]
    counts: dict[str, int] = {}
    names = []
    for _, shape, _, statistic in listed:
        name = ("statistic " if statistic else "") + ("x".join(str(n) for n in shape) or "scalar")
        counts[name] = counts.get(name, 0) + 1
        names.append(f"{name} #{counts[name]}")
    return names


def _drawn(name: str, shape: tuple[int, ...], seed: int) -> Any:
    """Draw one weight, the same on every side whatever its place: kernels by fan-in, vectors around 3/4."""
    import math

    import numpy as np

    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    if len(shape) < 2:  # a bias, a scale, a running mean or variance: must be positive for the last to be one
        return rng.uniform(0.5, 1.0, shape).astype(np.float32)
    return (rng.standard_normal(shape) / math.sqrt(math.prod(shape[:-1]))).astype(np.float32)
