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
VARIABLES = {"CI": "true"}
"""Else OpenVINO's converter and NNCF tell their makers about the model, unasked; a CI job is the one switch."""

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


def described(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return what a file takes; what it leaves open is 1."""
    import openvino

    found = {}
    for port in openvino.Core().read_model(path).inputs:
        shape = tuple(1 if size.is_dynamic else size.get_length() for size in port.partial_shape)
        found[port.any_name] = (shape, port.element_type.to_dtype().name)
    return found


def load(main: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Read a model and compile it for this CPU."""
    import openvino

    model = openvino.Core().compile_model(main, "CPU", _chosen)
    given, made = _places(model.inputs, inputs), _places(model.outputs, outputs)

    def run(arrays: Sequence[Any]) -> Sequence[Any]:
        answer = model(dict(zip(given, arrays, strict=True)))
        return [answer[place] for place in made]

    return run


def _places(ports: Sequence[Any], names: Sequence[str]) -> list[int]:
    """Return where inputs or outputs lie: by name where the file knows all the names, else in its order."""
    found = [place for name in names for place, port in enumerate(ports) if name in port.names]
    return found if found and len(found) == len(names) else list(range(len(ports)))
