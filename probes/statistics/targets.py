"""Targets: the numbers a user asks for, and whether what was measured meets them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probes.types import RouteRow

MEETS, FAILS, CANNOT_TELL, INDICATIVE = "meets", "fails", "cannot-tell", "indicative"


@dataclass(frozen=True)
class Target:
    """One number that can be asked for.

    Attributes:
        unit: in which ``needs/1`` and ``routes/1`` hold it.
        at_least: True where more is better (throughput).
        travels: True where what was measured here holds on every machine (a file's size, agreement).
    """

    unit: str
    at_least: bool = False
    travels: bool = False


TARGETS: Mapping[str, Target] = {
    "latency_p95_ms": Target("ms"),
    "artifact_mb": Target("MB", travels=True),
    "memory_mb": Target("MB"),
    "cold_start_s": Target("s"),
    "throughput_per_s": Target("/s", at_least=True),
    "agreement_drop_pct": Target("%", travels=True),
}
"""By their names in ``needs/1``. MB are 10**6 bytes; cold start is loading and the first answer."""


def judge(targets: Mapping[str, float], row: RouteRow, same_kind: bool) -> dict[str, str]:
    """Return whether a route meets each target; until figures are read, nobody can tell."""
    return dict.fromkeys(targets, CANNOT_TELL)
