"""The ``routes/1`` document: one table of routes, measured on one machine in one session.

One pydantic model that reads it, checks it and gives its JSON Schema, as ``schema`` does for ``evidence/1``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from probes.types import Status

SCHEMA = "routes/1"


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RouteRow:
    """What was seen of one route in one precision. What was not seen is None, never 0.

    Attributes:
        route: id, a module of ``probes/routes``; "as-is" for a file of the user's that its runtime takes unconverted.
        framework: whose model it is; "" for a file that belongs to none.
        runtime: a module of ``probes/runtimes``.
        precision: "fp32" or "int8".
        status: "ok" only where it answered and its answers are right (``parity`` or ``agreement`` within bounds).
        reason: an English sentence; ``reason_code`` and ``reason_params`` are the same as data.
        artifact_bytes: of every file that must be shipped.
        files: name -> bytes of them.
        convert_s: seconds to make it, imports left out.
        load_ms: a fresh process, the runtime imported, until the artifact is ready to answer.
        first_ms: the first answer after that.
        p50_ms, p95_ms, p99_ms: of one answer at batch 1, with intervals over turns and processes.
        throughput_per_s: answers a second at the batch in ``throughput_batch``.
        ratio: p50 against the framework's own inference, paired turn by turn; None for that row itself.
        peak_memory_bytes: of a fresh process that only loads and runs it.
        parity: {"max_abs", "relative", "bound"} against the float64 reference; "relative" is the error over the reference,
            both root mean square.
        agreement: for int8: share of the samples on which the answer's largest entry is the reference's.
        agreement_of: samples behind it.
        refused: operators that the converter does not take.
        targets: target -> "meets", "fails", "cannot-tell" or "indicative".
        settings: what the converter chose.
        versions: distribution -> version.
        samples: "turns": one list of seconds an answer each turn; "own": those of the framework's own inference, turn by turn.
        deprecated: what its makers say in its place.
    """

    route: str
    framework: str
    runtime: str
    precision: str
    status: Status
    reason: str = ""
    reason_code: str = ""
    reason_params: Mapping[str, Any] = field(default_factory=dict)
    artifact_bytes: int | None = None
    files: Mapping[str, int] = field(default_factory=dict)
    convert_s: float | None = None
    load_ms: float | None = None
    first_ms: float | None = None
    p50_ms: Interval | None = None
    p95_ms: Interval | None = None
    p99_ms: Interval | None = None
    throughput_per_s: Interval | None = None
    throughput_batch: int | None = None
    ratio: Interval | None = None
    peak_memory_bytes: int | None = None
    parity: Mapping[str, float] | None = None
    agreement: Interval | None = None
    agreement_of: int | None = None
    refused: tuple[str, ...] = ()
    targets: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    samples: Mapping[str, Any] = field(default_factory=dict)
    deprecated: str = ""


@dataclass(frozen=True)
class Routes:
    """One table.

    Attributes:
        machine: as in ``evidence/1``.
        source: {"kind": "workload" | "model" | "file", "name", "sha256" of a file, "parameters"}.
        targets: name -> number that the user asked for (``probes.statistics.targets``).
        rows: in the order in which they were planned; what was not come to is "cancelled" or "skipped".
        threads: of every runtime.
        seed: of weights, data and order.
        grade: A to D, as of a session of probes.
        started, finished: ISO 8601.
    """

    machine: Mapping[str, Any]
    source: Mapping[str, Any]
    targets: Mapping[str, float]
    rows: tuple[RouteRow, ...]
    threads: int
    seed: int
    grade: str
    started: str
    finished: str
    schema: str = SCHEMA
