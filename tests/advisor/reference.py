"""Reference sessions made by hand: what a machine elsewhere would have brought."""

from __future__ import annotations

import math
from typing import Any

from advisor.model.reference import ReferenceRatio, ReferenceSession
from probes.statistics import ratios
from probes.types import Evidence, Measurement
from tests.advisor.evidence import measurement, paired, session

XEON = {
    "cpu": "Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz",
    "cores": 2,
    "instructions": ["avx", "avx2", "fma", "avx512f", "avx512_vnni"],
    "gpus": [],
    "compute_capability": [],
    "os": "Linux 6.8",
    "arch": "x86_64",
}
VERSIONS = {"a": "2.13.0", "b": "2.21.0"}


def said(
    probe: str,
    value: float,
    *,
    half_width: float = 0.02,
    workload: str = "",
    pair: tuple[str, str] = ("b", "a"),
) -> ReferenceRatio:
    """Return what one probe measured: a ratio of costs of the pair (numerator, denominator) with its interval."""
    return ReferenceRatio(
        probe=probe,
        scenario="s",
        workload=workload or probe,
        mode="eager",
        numerator=pair[0],
        denominator=pair[1],
        value=value,
        low=value * math.exp(-half_width),
        high=value * math.exp(half_width),
    )


def reference(*said: ReferenceRatio, id: str = "xeon", **more: Any) -> ReferenceSession:
    given = {"machine": XEON, "versions": VERSIONS, "device": "cpu", "finished": "2026-11-01T00:00:00Z", **more}
    return ReferenceSession(id=id, sha256="0" * 64, ratios=said, **given)


SELFTEST = {
    "same_arm": {"runs": 8, "winners_named": 0, "ratio": {"value": 1.0, "low": 0.99, "high": 1.01}},
    "planted": [{"slowdown": 1.05, "runs": 3, "found": 3, "ratio": {"value": 1.05, "low": 1.04, "high": 1.06}}],
    "resolves": 1.05,
    "seconds": 90.0,
    "process_sd": ratios.PROCESS_SD,
    "process_df": float(ratios.PROCESS_DF),
    "framework": "null",
    "cpu": "Intel Xeon x2",
}


def environment(version: str, *, package: str) -> dict[str, Any]:
    return {
        "versions": {package: version, "numpy": "2.4.6"},
        "threads": 1,
        "device": "cpu",
        "flags": {"threads": 1, "device": "cpu", "executable": "/home/li/venv/bin/python"},
        "defaults": {"onednn": True},
        "set": {},
    }


def recorded(*measurements: Measurement, **more: Any) -> Evidence:
    """Return a session as it is recorded for the reference, before anything is taken out of it."""
    probes = measurements or (
        paired("training-mlp-default", scenario="training_step", workload="mlp", mode="default"),
        paired("inference-mlp-default", scenario="inference", workload="mlp", mode="default"),
        measurement("execution-facts", facts={"pytorch": {"file": "/home/li/project/secret.py"}}),
    )
    found = session(*probes, machine={**XEON, "os": "Linux 6.8.0-acme-prod"})
    environments = {
        "pytorch": environment("2.13.0+cpu", package="torch"),
        "tensorflow": environment("2.21.0", package="tensorflow"),
    }
    from dataclasses import replace

    return replace(found, **{"environments": environments, "selftest": SELFTEST, **more})
