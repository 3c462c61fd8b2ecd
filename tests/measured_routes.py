"""A table of routes with samples, so that it can be written and read again."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from probes.session import routing_rows
from probes.session.interleaving import Turns
from probes.session.routing_plan import OWN, Planned
from probes.types import Interval, Reason, RouteRow, Routes, Status

MACHINE = {"cpu": "A", "cores": 2, "arch": "x86_64", "gpus": []}
SPREAD = {"process_sd": 0.03, "process_df": 9}
TURNS = 16

MEASURED = (
    (Planned(OWN, "pytorch", "pytorch", "fp32"), None, 0.9),
    (Planned(OWN, "tensorflow", "tensorflow", "fp32"), None, 6.0),
    (Planned("pytorch-onnx", "pytorch", "onnx-runtime", "fp32"), 239_412, 0.2),
    (Planned("tensorflow-litert", "tensorflow", "litert", "fp32"), 236_176, 0.25),
    (Planned("tensorflow-litert", "tensorflow", "litert", "int8"), 66_760, 0.08),
)
"""A row each with its bytes and its milliseconds."""


def table(*, machine: Mapping[str, Any] = MACHINE, name: str = "image_classifier", kind: str = "workload") -> Routes:
    """Return five measured rows, one that is not installed and one whose operators are refused."""
    drawn = random.Random(0)
    seconds = {
        planned.label: [[ms / 1e3 * drawn.lognormvariate(0, 0.05) for _ in range(10)] for _ in range(TURNS)]
        for planned, _, ms in MEASURED
    }
    still: dict[str, list[list[float] | None]] = {label: [None] * TURNS for label in seconds}
    taken = Turns(seconds=seconds, waited=still, surely=still, used=[True] * TURNS)
    rows = [_measured(planned, size, taken) for planned, size, _ in MEASURED]
    absent = routing_rows.absent(
        Planned("pytorch-executorch", "pytorch", "executorch", "fp32"),
        Status.NOT_INSTALLED,
        Reason("route-not-added", environment="executorch"),
    )
    refused = RouteRow(
        *("tensorflow-onnx", "tensorflow", "onnx-runtime", "fp32"),
        Status.NOT_SUPPORTED,
        reason="the converter does not take them",
        refused=("FlexErf",),
    )
    return Routes(
        machine=machine,
        source={"kind": kind, "name": name},
        targets={},
        rows=(*rows, absent, refused),
        threads=1,
        seed=0,
        grade="A",
        started="2026-11-27T10:00:00+00:00",
        finished="2026-11-27T10:05:00+00:00",
        spread=SPREAD,
    )


def _measured(planned: Planned, size: int | None, taken: Turns) -> RouteRow:
    row = routing_rows.begun(
        planned,
        artifact_bytes=size,
        load_ms=12.0,
        first_ms=1.5,
        peak_memory_bytes=90_000_000,
        parity={"max_abs": 3e-7, "relative": 2e-7, "bound": 1e-4},
    )
    if planned.precision == "int8":
        parity = {"max_abs": 0.4, "relative": 0.04, "bound": 0.25}
        row = replace(row, parity=parity, agreement=Interval(0.98, 0.95, 0.99), agreement_of=300)
    own = None if planned.route == OWN else planned.framework
    return routing_rows.timed(row, taken, planned.label, own, spread=SPREAD, seed=0)
