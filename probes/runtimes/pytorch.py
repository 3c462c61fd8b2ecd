"""PyTorch itself as a runtime: eager inference, against which PyTorch's routes are held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from probes.backends import pytorch
from probes.runtimes import Run
from probes.types import Exportable

NAME = "PyTorch"
MODULE = pytorch.MODULE
ADD = pytorch.ADD
SUFFIXES = ()


def before_import(threads: int) -> None:
    """Set what OpenMP and MKL read when the library loads."""
    pytorch.before_import(threads=threads, settings="default")


def start(threads: int) -> None:
    """Import torch and set its threads."""
    pytorch.start(threads=threads, settings="default")


def versions() -> Mapping[str, str]:
    """Name the version of torch."""
    found: Mapping[str, str] = pytorch.facts()["versions"]
    return found


def load(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Load a saved program and answer as it stands."""
    import numpy as np

    opened = pytorch.opened(str(path))
    return answering(opened.exportable({n: np.zeros(shape, dtype) for n, (shape, dtype) in opened.inputs.items()}))


def answering(model: Exportable) -> Run:
    """Answer by the module itself, as a user of PyTorch does who exports nothing."""
    import torch

    module = model.model

    def run(arrays: Sequence[Any]) -> Sequence[Any]:
        with torch.inference_mode():
            return [tensor.numpy() for tensor in module(*[torch.from_numpy(array) for array in arrays])]

    return run
