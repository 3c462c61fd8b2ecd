"""Every workload computes the same thing in every framework: the instrument's claim to fairness."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import probes
from probes.catalog.loading import load_catalog
from probes.session.arms import Arm
from probes.session.worker_client import Client
from probes.statistics import parity
from probes.types import Probe

FRAMEWORKS = ("pytorch", "tensorflow")
PARTS = ["outputs", "loss", "gradients", "weights"]
TWINS = sorted(
    path.stem
    for path in (Path(probes.__file__).parent / "workloads").glob("*.py")
    if all(f"def {framework}(" in path.read_text(encoding="utf-8") for framework in FRAMEWORKS)
)

pytestmark = pytest.mark.frameworks


class Sides:
    """One process a framework for all workloads; each answer is computed once."""

    def __init__(self, scratch: str) -> None:
        self.scratch = scratch
        self.clients = {name: Client(Arm(name, name), settings="default", scratch=scratch) for name in FRAMEWORKS}
        self.answers: dict[tuple[str, ...], dict[str, Any]] = {}
        for name, client in self.clients.items():
            client.ask("hello", timeout=120, framework=name, threads=1, settings="default", plant={})
            client.ask("use", timeout=60, kind="cpu")

    def ask(self, framework: str, workload: str, *, dtype: str, mode: str = "eager") -> dict[str, Any]:
        key = (framework, workload, dtype, mode)
        if key not in self.answers:
            answer = self.clients[framework].ask(
                "parts",
                timeout=240,
                scenario="training_step",
                workload=workload,
                workload_file=None,
                size="small",
                mode=mode,
                seed=7,
                scratch=self.scratch,
                dtype=dtype,
                reference=dtype == "float64",
                parity=PARTS,
            )
            with np.load(answer["arrays"]) as held:
                self.answers[key] = dict(held)
        return self.answers[key]

    def all(self, workload: str, *, dtype: str) -> dict[str, dict[str, Any]]:
        return {framework: self.ask(framework, workload, dtype=dtype) for framework in FRAMEWORKS}


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    made = Sides(str(tmp_path_factory.mktemp("workers")))
    yield made
    for client in made.clients.values():
        client.close()


@pytest.mark.parametrize("workload", TWINS)
def test_both_sides_compute_the_same(workload: str, sides: Sides) -> None:
    exemptions = importlib.import_module(f"probes.workloads.{workload}").EXEMPTIONS

    report = parity.gate(
        sides.all(workload, dtype="float32"),
        sides.all(workload, dtype="float64"),
        parts=PARTS,
        exemptions=exemptions,
    )

    assert report["passed"], report["reason"]
    assert max(report["reference"].values()) < 1e-8


@pytest.mark.parametrize("workload", TWINS)
def test_every_weight_moves_and_none_is_forgotten(workload: str, sides: Sides) -> None:
    module = importlib.import_module(f"probes.workloads.{workload}")
    canonical = module.weights(module.SIZES["small"], 7)

    for found in sides.all(workload, dtype="float64").values():
        stepped = {name[len("weights/") :]: array for name, array in found.items() if name.startswith("weights/")}
        assert stepped.keys() == canonical.keys()
        assert not [name for name, array in stepped.items() if np.array_equal(array, canonical[name])]


@pytest.mark.parametrize("workload", TWINS)
def test_a_compiled_tensorflow_step_equals_the_eager_one(workload: str, sides: Sides) -> None:
    eager = sides.ask("tensorflow", workload, dtype="float64")
    start = {name[len("start/") :]: array for name, array in eager.items() if name.startswith("start/")}

    compiled = sides.ask("tensorflow", workload, dtype="float32", mode="compiled")

    for part in PARTS:
        far = parity.distances(compiled, eager, part=part, start=start if part == "weights" else None)
        assert max(far.values()) < parity.BOUNDS[part], (part, far)


EVERYDAY = [probe for probe in load_catalog().values() if probe.mode == "default" and probe.scenario == "inference"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("probe", EVERYDAY, ids=lambda probe: probe.id)
def test_the_everyday_forward_takes_the_batches_of_its_probe_and_of_its_gate(
    probe: Probe, framework: str, sides: Sides
) -> None:
    asked = {"scenario": probe.scenario, "workload": probe.workload, "workload_file": None, "size": probe.size}
    asked |= {"mode": "default", "seed": 7, "scratch": sides.scratch}
    client = sides.clients[framework]
    described = client.ask("describe", timeout=60, **asked)
    answer = client.ask("open", timeout=120, parity=described["parity"], **asked)
    with np.load(answer["arrays"]) as held:
        assert all(np.isfinite(held[name]).all() for name in held.files)
