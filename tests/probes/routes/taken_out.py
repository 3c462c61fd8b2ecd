"""Models taken out of a framework by its routes, in a process of their own; prints what was seen as JSON.

    python -m tests.probes.routes.taken_out FRAMEWORK FOLDER MODEL=ROUTE:PRECISION...

A model is a workload's name, or a Python file that defines ``exportable()``.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np

from probes import routes, runtimes
from probes.routes import Order, RefusedOperators
from probes.types import Build, Exportable, Unsupported

SAMPLES = 32


def workload(framework: str, backend: Any, name: str) -> tuple[Exportable, list[dict[str, Any]]]:
    """A workload's side with its first weights, and its inputs one by one."""
    module = importlib.import_module(f"probes.workloads.{name}")
    size = module.SIZES["small"]
    build = Build(size=size, dtype="float32", device=backend.use("cpu"), mode="eager", compile=lambda call: call)
    twin = getattr(module, framework)(build)
    twin.load(module.weights(size, 0))
    batch = module.data(size, 1)
    model = twin.exportable({key: array[:1] for key, array in batch.items()})
    count = min(SAMPLES, len(batch[model.inputs[0]]))
    return model, [{key: batch[key][n : n + 1] for key in model.inputs} for n in range(count)]


def file(path: str) -> tuple[Exportable, list[dict[str, Any]]]:
    """A model that a file of a test makes, and random inputs."""
    model = runpy.run_path(path)["exportable"]()
    rng = np.random.default_rng(0)
    return model, [
        {key: rng.standard_normal(x.shape, np.float32) for key, x in zip(model.inputs, model.example, strict=True)}
        for _ in range(SAMPLES)
    ]


def seen(model: Exportable, samples: list[dict[str, Any]], route: str, precision: str, folder: Path) -> dict[str, Any]:
    """What one route makes of a model, and how far its answers lie from the model's own."""
    folder.mkdir(parents=True)
    way = routes.route(route)
    runtime = runtimes.runtime(way.RUNTIME)
    os.environ.update(getattr(runtime, "VARIABLES", {}))
    try:
        made = way.convert(Order(model, folder, precision, samples))
    except RefusedOperators as error:
        return {"refused": list(error.operators)}
    except Unsupported as error:
        return {"unsupported": error.reason.code}
    inputs, outputs = made.inputs or model.inputs, made.outputs or model.outputs
    runtime.before_import(1)
    runtime.start(1)
    run = runtime.load(made.main, inputs, outputs)
    far, agree = 0.0, 0
    for sample in samples:
        wanted = model.serve(**sample)
        answer = dict(zip(outputs, run([sample[name] for name in inputs]), strict=True))
        far = max(far, *(float(np.abs(answer[name] - wanted[name]).max()) for name in outputs))
        agree += answer[outputs[0]].argmax() == np.argmax(wanted[outputs[0]])
    files = {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    takes = {name: [list(shape), dtype] for name, (shape, dtype) in described(runtime, made.main).items()}
    return {"far": far, "agree": agree / len(samples), "files": files, "takes": takes, "versions": runtime.versions()}


def described(runtime: Any, main: Path) -> Any:
    """What the runtime says that a file takes, where it can tell."""
    return runtime.described(main) if hasattr(runtime, "described") else {}


def main(framework: str, folder: str, *asked: str) -> None:
    backend = importlib.import_module(f"probes.backends.{framework}")
    backend.before_import(threads=1, settings="default")
    backend.start(threads=1, settings="default")
    found, models = {}, {}
    for number, one in enumerate(asked):
        name, _, way = one.partition("=")
        if name not in models:
            models[name] = file(name) if name.endswith(".py") else workload(framework, backend, name)
        route, _, precision = way.partition(":")
        found[f"{Path(name).stem}={way}"] = seen(*models[name], route, precision, Path(folder, str(number)))
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
