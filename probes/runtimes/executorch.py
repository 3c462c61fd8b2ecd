"""ExecuTorch, by its Python bindings: the runtime that phones hold, on this CPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from probes.backends import pytorch
from probes.runtimes import Run

NAME = "ExecuTorch"
MODULE = "executorch"
ADD = "framework-advisor routes add executorch"
SUFFIXES = (".pte",)


def before_import(threads: int) -> None:
    """Set what OpenMP and MKL read when torch loads, which the bindings take their tensors from."""
    pytorch.before_import(threads=threads, settings="default")


def start(threads: int) -> None:
    """Import the bindings and set their threads."""
    pytorch.start(threads=threads, settings="default")
    from executorch.extension.pybindings import portable_lib

    portable_lib._unsafe_reset_threadpool(threads)  # the one call by which its threads can be set from Python


def versions() -> Mapping[str, str]:
    """Return what runs."""
    return {name: metadata.version(name) for name in ("executorch", "torch")}


def load(main: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Load a program and its one method."""
    import torch
    from executorch.runtime import Runtime

    program = Runtime.get().load_program(main)
    forward = program.load_method("forward")

    def run(arrays: Sequence[Any]) -> Sequence[Any]:
        return [tensor.numpy() for tensor in forward.execute([torch.from_numpy(array) for array in arrays])]

    return run
