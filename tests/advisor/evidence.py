"""Evidence made by hand: what a session would have brought."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from probes.statistics import ratios
from probes.types import EQUIVALENT, INCONCLUSIVE, Evidence, Measurement, Ratio, Status

HERE = {"cpu": "here", "cores": 2, "memory_bytes": 8}


def ratio_of(value: float, half_width: float, *, numerator: str = "b", denominator: str = "a") -> Ratio:
    """Return a ratio whose 95 % interval is ``half_width`` on the log scale to either side, judged by the band rule."""
    low, high = value * math.exp(-half_width), value * math.exp(half_width)
    favours = INCONCLUSIVE
    if low > 1.05:
        favours = denominator
    elif high < 1 / 1.05:
        favours = numerator
    elif low > 1 / 1.1 and high < 1.1:
        favours = EQUIVALENT
    return Ratio(value, low, high, 20, favours, numerator, denominator)


def measurement(probe: str, *, ratio: float | None = None, half_width: float = 0.02, **more: Any) -> Measurement:
    made = None if ratio is None else ratio_of(ratio, half_width)
    given = {"scenario": "s", "workload": probe, "mode": "eager", "status": Status.OK, "ratio": made}
    return Measurement(probe=probe, **{**given, **more})


def paired(probe: str, **more: Any) -> Measurement:
    """Return a probe as it is measured: its ratio is that of its samples."""
    samples = {"pytorch": (1.00, 1.02, 0.99, 1.01), "tensorflow": (1.30, 1.33, 1.31, 1.29)}
    logs = [math.log(two / one) for one, two in zip(*samples.values(), strict=True)]
    ratio = ratios.ratio(ratios.within(logs), numerator="tensorflow", denominator="pytorch")
    return replace(measurement(probe, samples=samples, **more), ratio=ratio)


def session(*measurements: Measurement, machine: dict[str, Any] | None = None) -> Evidence:
    return Evidence(
        machine=HERE if machine is None else machine,
        environments={},
        probes=measurements,
        selftest=None,
        grade="A",
        started="2026-11-01T00:00:00Z",
        finished="2026-11-01T00:01:00Z",
    )
