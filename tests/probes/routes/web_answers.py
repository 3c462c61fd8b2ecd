"""A TensorFlow.js model written by hand, loaded and asked as a worker does it; prints what was seen as JSON.

NODE_PATH=... python -m tests.probes.routes.web_answers RUNTIME FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from probes import runtimes

KERNEL = np.arange(6, dtype=np.float32).reshape(3, 2)


def attribute(**values: object) -> dict[str, object]:
    return {name: value if isinstance(value, dict) else {"type": value} for name, value in values.items()}


def write(folder: Path) -> Path:
    """One product of matrices, in the form that TensorFlow.js' converter gives it (graph-model)."""
    folder.mkdir(exist_ok=True)
    (folder / "kernel.bin").write_bytes(KERNEL.tobytes())
    open_rows = {"shape": {"dim": [{"size": "-1"}, {"size": "3"}]}}
    tensor = {"tensor": {"dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": "3"}, {"size": "2"}]}}}
    plain = {"b": False}
    nodes = [
        {"name": "x", "op": "Placeholder", "attr": attribute(dtype="DT_FLOAT", shape=open_rows)},
        {"name": "kernel", "op": "Const", "attr": attribute(dtype="DT_FLOAT", value=tensor)},
        {
            "name": "y",
            "op": "MatMul",
            "input": ["x", "kernel"],
            "attr": attribute(T="DT_FLOAT", transpose_a=plain, transpose_b=plain),
        },
    ]
    weights = [{"name": "kernel", "shape": [3, 2], "dtype": "float32"}]
    model = {
        "format": "graph-model",
        "modelTopology": {"node": nodes, "versions": {"producer": 1}},
        "weightsManifest": [{"paths": ["kernel.bin"], "weights": weights}],
    }
    (folder / "model.json").write_text(json.dumps(model))
    return folder / "model.json"


def main(name: str, folder: str) -> None:
    runtime = runtimes.runtime(name)
    runtime.before_import(1)
    runtime.start(1)
    run = runtime.load(write(Path(folder)), ("x",), ("y",))
    assert isinstance(run, runtimes.Apart)
    batch = np.arange(12, dtype=np.float32).reshape(4, 3)
    (answer,) = run([batch])
    run.keep([[batch[:1]], [batch[1:2]]])
    seconds, _ = run.turn(blocks=5, loops=2, between=1, slowdown=1.0)
    seen = {"far": float(np.abs(answer - batch @ KERNEL).max()), "seconds": seconds, "peak": run.peak_memory()}
    print("\n" + json.dumps({**seen, "versions": dict(runtime.versions()), "settings": dict(run.settings)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
