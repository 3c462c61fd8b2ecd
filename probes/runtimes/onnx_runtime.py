"""ONNX Runtime on the CPU: runs ``.onnx`` files, whoever made them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from probes.runtimes import Run

NAME = "ONNX Runtime"
MODULE = "onnxruntime"
ADD = "python -m pip install onnxruntime"
SUFFIXES = (".onnx",)

_set = {"threads": 1}

_DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int8)": "int8",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
}


def before_import(threads: int) -> None:
    """Set what OpenMP reads when the library loads; its own pools are set when a file is loaded."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    _set["threads"] = threads


def start(threads: int) -> None:
    """Import ONNX Runtime."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)


def versions() -> Mapping[str, str]:
    """Name the version."""
    return {"onnxruntime": metadata.version("onnxruntime")}


def described(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return what a file takes; what it leaves open is 1."""
    found = {}
    for one in _session(path).get_inputs():
        shape = tuple(size if isinstance(size, int) and size > 0 else 1 for size in one.shape)
        found[one.name] = (shape, _DTYPES.get(one.type, "float32"))
    return found


def load(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Load a file and fuse what can be fused, as the session does unasked."""
    session = _session(path)
    names = list(inputs) or [one.name for one in session.get_inputs()]
    wanted = list(outputs) or None

    def run(arrays: Sequence[Any]) -> Sequence[Any]:
        answer: Sequence[Any] = session.run(wanted, dict(zip(names, arrays, strict=True)))
        return answer

    return run


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _set["threads"]
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a pool that spins disturbs other arms
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
