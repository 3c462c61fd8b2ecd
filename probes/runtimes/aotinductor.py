"""AOTInductor: a model compiled to machine code ahead of time, loaded as a shared library."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from probes.backends import pytorch
from probes.runtimes import Run

NAME = "AOTInductor"
MODULE = pytorch.MODULE
ADD = pytorch.ADD
SUFFIXES = ()
"""Its packages end in .pt2, as exported programs do, which are more often what a user has."""


def before_import(threads: int) -> None:
    """Set what OpenMP and MKL read when the library loads."""
    pytorch.before_import(threads=threads, settings="default")


def start(threads: int) -> None:
    """Import torch and what loading a package would import by itself, and set the threads."""
    pytorch.start(threads=threads, settings="default")
    importlib.import_module("torch._inductor.package")


def versions() -> Mapping[str, str]:
    """Return what runs."""
    return {"torch": metadata.version("torch")}


def load(main: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Load a compiled package."""
    import torch

    model = torch._inductor.aoti_load_package(str(main))

    def run(arrays: Sequence[Any]) -> Sequence[Any]:
        with torch.inference_mode():
            return [tensor.numpy() for tensor in model(*map(torch.from_numpy, arrays))]

    return run
