"""What this machine can do at most, measured in the same session, and how near a probe came. Pure.

A datasheet knows neither the quota nor the thread count; a matrix product and a copy by the frameworks
themselves, at the same threads, dtype and device, do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COPY_FLOATS = 1 << 23
"""Numbers copied (32 MiB each way): more than any level-2 cache, little enough to be quick."""

NEAR = 0.4
"""Share of a roof from which that roof is what limits a probe."""

COMPILE_STEPS = 1000
"""A first step that costs this many later ones limits a short run more than the steps do."""

SLACK = 1.05
"""Share above which the time or the count of operations must be wrong; 5 % for the noise of the roof itself."""


def ceiling(roofs: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the best that any framework reached: {"flops": a second, "bytes": a second}."""
    return {key: max(roof[key] for roof in roofs.values()) for key in ("flops", "bytes")}


def share(
    best: Mapping[str, float], *, seconds: float, flops: float, moved: float, first: float, mode: str
) -> dict[str, Any]:
    """Return what share of the roof one side reached, and what limits it.

    Args:
        best: from ``ceiling``.
        seconds: one iteration.
        flops: floating point operations of one iteration.
        moved: bytes one iteration must move at least.
        first: seconds of the first iteration.
        mode: of the probe.
    """
    compute = flops / seconds / best["flops"]
    bandwidth = moved / seconds / best["bytes"]
    if compute > SLACK:
        limit = "bug"
    elif mode in ("compiled", "xla") and first > COMPILE_STEPS * seconds:
        limit = "compile"
    elif max(compute, bandwidth) < NEAR:
        limit = "dispatch"
    else:
        limit = "compute" if compute >= bandwidth else "bandwidth"
    return {"compute": round(compute, 4), "bandwidth": round(bandwidth, 4), "limit": limit}
