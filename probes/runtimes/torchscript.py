"""TorchScript: a traced module, run by PyTorch's own interpreter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from probes.backends import pytorch
from probes.runtimes import Run

NAME = "TorchScript"
MODULE = pytorch.MODULE
ADD = pytorch.ADD
SUFFIXES = ()
"""Its files end in .pt, as a checkpoint's do, which is no model."""


def before_import(threads: int) -> None:
    """Set what OpenMP and MKL read when the library loads."""
    pytorch.before_import(threads=threads, settings="default")


def start(threads: int) -> None:
    """Import torch and set its threads."""
    pytorch.start(threads=threads, settings="default")


def versions() -> Mapping[str, str]:
    """Return what runs."""
    return {"torch": metadata.version("torch")}


def load(main: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Load a scripted module."""
    import torch

    model = torch.jit.load(main)

    def run(arrays: Sequence[Any]) -> Sequence[Any]:
        with torch.inference_mode():
            return [tensor.numpy() for tensor in model(*map(torch.from_numpy, arrays))]

    return run
