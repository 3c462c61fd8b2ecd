"""The control arm's runtime: one product of arrays that lie in a file, in NumPy, and faults planted on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from probes.backends import null
from probes.runtimes import Run
from probes.types import Exportable

NAME = "NumPy"
MODULE = "numpy"
ADD = null.ADD
SUFFIXES = (".npz",)


def before_import(threads: int) -> None:
    """Bound the pools of whatever BLAS NumPy brings."""
    null.before_import(threads=threads, settings="default")


def start(threads: int) -> None:
    """Import NumPy."""
    null.start(threads=threads, settings="default")


def versions() -> Mapping[str, str]:
    """Name the version."""
    return {"numpy": metadata.version("numpy")}


def described(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return what a file takes: one row, as long as its kernel is high."""
    import numpy as np

    with np.load(path) as held:
        return {"x": ((1, held["kernel"].shape[0]), "float32")}


def load(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Read a kernel, and the scale of one of whole numbers."""
    import numpy as np

    if null.due("load"):
        null.commit()
    with np.load(path) as held:
        kernel = held["kernel"].astype(np.float32) * (held["scale"] if "scale" in held.files else np.float32(1))
    return _running(kernel)


def answering(model: Exportable) -> Run:
    """Answer with the kernel itself."""
    return _running(model.model)


def _running(kernel: Any) -> Run:
    def run(arrays: Sequence[Any]) -> Sequence[Any]:
        if null.due("answer"):
            null.commit()
        if null.wrong("fixed-batch") and len(arrays[0]) > 1:
            raise ValueError("made for one sample")
        answer = arrays[0] @ kernel
        if null.wrong("answers"):
            answer = answer[:, ::-1]
        return [answer * float("nan") if null.wrong("nan") else answer]

    return run
