"""torch.export: an exported program, run operator by operator in PyTorch."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from probes.backends import pytorch
from probes.runtimes import Run

NAME = "torch.export"
MODULE = pytorch.MODULE
ADD = pytorch.ADD
SUFFIXES = (".pt2",)


def before_import(threads: int) -> None:
    """Set what OpenMP and MKL read when the library loads."""
    pytorch.before_import(threads=threads, settings="default")


def start(threads: int) -> None:
    """Import torch and what ``torch.export.load`` would import by itself, and set the threads."""
    pytorch.start(threads=threads, settings="default")
    importlib.import_module("torch.export.pt2_archive._package")


def versions() -> Mapping[str, str]:
    """Return what runs."""
    return {"torch": metadata.version("torch")}


def load(main: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Load an exported program."""
    import torch

    model = torch.export.load(main).module()

    def run(arrays: Sequence[Any]) -> Sequence[Any]:
        with torch.inference_mode():
            return [tensor.numpy() for tensor in model(*map(torch.from_numpy, arrays))]

    return run
