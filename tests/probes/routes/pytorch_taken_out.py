"""Takes PyTorch models out by one route and answers with what it made; prints what was seen as JSON.

    python -m tests.probes.routes.pytorch_taken_out ROUTE PRECISION FOLDER MODEL...

A model is a workload's name, or one of those in ``odd``. The artifact of each answers in a process of its own.
"""

from __future__ import annotations

import importlib
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from probes import routes, runtimes
from probes.backends import pytorch
from probes.routes import Order, RefusedOperators
from probes.types import Build, Exportable

SAMPLES = 8

Samples = list[dict[str, Any]]


def build() -> dict[str, Any]:
    return {"dtype": "float32", "device": "cpu", "mode": "eager", "compile": lambda call: call}


def workload(name: str) -> tuple[Exportable, Samples]:
    """A workload's side after three steps, and inputs at batch 1."""
    module = importlib.import_module(f"probes.workloads.{name}")
    size = {**module.SIZES["small"], "batch": 1}
    twin = module.pytorch(Build(size=size, **build()))
    twin.load(module.weights(size, 0))
    batches = [module.data(size, seed) for seed in range(SAMPLES)]
    for batch in batches[:3]:
        twin.step(twin.place(batch))
    return taken(twin.exportable(batches[0]), batches)


def odd(name: str) -> tuple[Exportable, Samples]:
    """A model with something that not every converter takes."""
    import torch

    schema = "(Tensor x) -> Tensor"
    bodies: dict[str, Callable[[], Any]] = {
        "custom-operator": lambda: torch.library.custom_op(
            "tests::doubled", lambda x: x * 2, mutates_args=(), schema=schema
        ),
        "data-dependent-branch": lambda: lambda x: x + 1 if x.sum() > 0 else x - 1,
        "rare-operator": lambda: torch.special.bessel_j0,
    }
    body = bodies[name]()

    class Net(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return body(x)

    twin = pytorch.supervised(
        Build(size={}, **build()),
        Net(),
        tensors={},
        call=lambda model, batch: {"y": model(batch["x"])},
        loss=lambda outputs, batch: outputs["y"].sum(),
        optimiser=lambda parameters: None,
    )
    rng = np.random.default_rng(0)
    batches = [{"x": rng.standard_normal((2, 8), dtype=np.float32)} for _ in range(SAMPLES)]
    return taken(twin.exportable(batches[0]), batches)


def taken(model: Exportable, batches: Samples) -> tuple[Exportable, Samples]:
    """The inputs as the artifact takes them."""
    arrays = [
        {name: np.transpose(batch[name], model.layouts.get(name, range(batch[name].ndim))) for name in model.inputs}
        for batch in batches
    ]
    laid = [{name: np.ascontiguousarray(a, model.dtypes[name]) for name, a in batch.items()} for batch in arrays]
    return model, laid


def seen(route: str, precision: str, folder: Path, model: Exportable, samples: Samples) -> dict[str, Any]:
    import torch

    folder.mkdir(parents=True)
    way = routes.route(route)
    order = Order(model, folder, precision, samples)
    found: dict[str, Any] = {"beforehand": list(way.refused(order))}
    try:
        made = way.convert(order)
    except RefusedOperators as error:
        return {**found, "refused": list(error.operators)}
    except Exception as error:  # what a converter says otherwise is what is tested
        return {**found, "failed": type(error).__name__}
    inputs, outputs = made.inputs or model.inputs, made.outputs or model.outputs
    with torch.inference_mode():
        wanted = [[y.numpy() for y in model.model(*map(torch.from_numpy, one.values()))] for one in samples]
    given = [[one[name].astype((made.dtypes or {}).get(name, one[name].dtype)) for name in inputs] for one in samples]
    case = {"runtime": way.RUNTIME, "main": made.main, "inputs": inputs, "outputs": outputs, "given": given}
    (folder.parent / "case.pickle").write_bytes(pickle.dumps(case))
    fresh = [sys.executable, "-m", "tests.probes.routes.pytorch_taken_out", str(folder.parent)]
    ran = subprocess.run(fresh, capture_output=True, text=True, check=False)
    if ran.returncode:
        return {**found, "not answered": ran.stderr[-300:]}
    answers = pickle.loads((folder.parent / "answers.pickle").read_bytes())
    pairs = [(a, w) for answer, want in zip(answers, wanted, strict=True) for a, w in zip(answer, want, strict=True)]
    far = max(float(np.abs(a - w).max() / np.abs(w).max()) for a, w in pairs)
    return {**found, "far": far, "bytes": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())}


def answer(folder: Path) -> None:
    """Load what the other process made, and answer all before anything is written: an answer must outlive the next."""
    case = pickle.loads((folder / "case.pickle").read_bytes())
    runtime = runtimes.runtime(case["runtime"])
    runtime.before_import(1)
    runtime.start(1)
    run = runtime.load(case["main"], case["inputs"], case["outputs"])
    (folder / "answers.pickle").write_bytes(pickle.dumps([list(run(arrays)) for arrays in case["given"]]))


def main(route: str, precision: str, folder: str, *models: str) -> None:
    pytorch.before_import(threads=1, settings="default")
    pytorch.start(threads=1, settings="default")
    found = {}
    for name in models:
        model, samples = odd(name) if "-" in name else workload(name)
        found[name] = seen(route, precision, Path(folder, name, "artifact"), model, samples)
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        answer(Path(sys.argv[1]))
    else:
        main(*sys.argv[1:])
