"""OpenVINO on the CPU."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from probes.runtimes import Run

NAME = "OpenVINO"
MODULE = "openvino"
ADD = "python -m pip install openvino"
SUFFIXES = (".xml", ".onnx", ".tflite")

_chosen: dict[str, Any] = {}
"""What every model is compiled with: the threads, and float32 where a newer processor would take bfloat16 by itself."""


def before_import(threads: int) -> None:
    """Set nothing: OpenVINO takes its threads with each model."""


def start(threads: int) -> None:
    """Import OpenVINO and note the threads."""
    importlib.import_module(MODULE)
    _chosen.update(
        INFERENCE_NUM_THREADS=threads, NUM_STREAMS=1, PERFORMANCE_HINT="LATENCY", INFERENCE_PRECISION_HINT="f32"
    )


def versions() -> Mapping[str, str]:
    """Return what runs."""
    return {"openvino": metadata.version("openvino")}


def load(main: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Read a model and compile it for this CPU."""
    import openvino

    model = openvino.Core().compile_model(main, "CPU", _chosen)
    return lambda arrays: model(list(arrays)).to_tuple()
