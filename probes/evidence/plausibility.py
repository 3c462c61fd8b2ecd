"""What a measurement cannot have found: parity beyond its bound, roofs beyond any machine, another unit, other turns.

Nothing here is computed again from samples (``recompute`` does that); no clock.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from probes.statistics.parity import BOUNDS
from probes.statistics.roofline import SLACK
from probes.system.json_reading import is_number
from probes.types import Measurement, Status

GREATEST = {"flops_per_second": 1e18, "bytes_per_second": 1e15}
"""More than any one machine does; whole supercomputers reach the first."""

LOOSEST = 1.0
"""A relative distance of this much is no agreement, whatever bound a document states."""

UNSURE = frozenset({Status.FAILED, Status.TIMED_OUT, Status.NOT_COMPARABLE, Status.CANCELLED})
"""Probes that may have taken turns of which the document tells nothing."""


def contradictions(measurement: Measurement, place: str) -> Iterator[str]:
    """Yield what cannot be in a measurement of the right shape, with its place."""
    yield from _unit(measurement, place)
    if measurement.status is Status.OK:
        yield from _parity(measurement.parity or {}, f"{place}.parity")
        yield from _roof(measurement.roof or {}, f"{place}.roof")
        if measurement.ratio is not None and "design" in measurement.facts and not measurement.facts.get("turns"):
            yield f"{place}.facts.turns: missing; a probe measured in turns holds every one of them"


def grade(measurements: Sequence[Measurement], given: str) -> Iterator[str]:
    """Yield a grade better than the share of disturbed pairs allows, where the document holds all pairs."""
    from probes.session.runner import grade as reached

    counts = [m.facts["disturbed"] for m in measurements if isinstance(m.facts.get("disturbed"), Mapping)]
    pairs, disturbed = (sum(_count(each.get(key)) for each in counts) for key in ("of", "pairs"))
    if not pairs or any(m.status in UNSURE or _nested(m) for m in measurements):
        return
    best = reached(pairs, disturbed, battery=False)
    if given < best:
        yield f"grade: {given!r}, but {disturbed} of {pairs} pairs were disturbed, which makes {best!r} at best"


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def _nested(measurement: Measurement) -> bool:
    return any(isinstance(held, Mapping) and "measurement" in held for held in measurement.facts.values())


def _unit(measurement: Measurement, place: str) -> Iterator[str]:
    wanted = "s" if measurement.facts.get("turns") else _units().get(measurement.scenario)
    if measurement.samples and wanted is not None and measurement.unit != wanted:
        yield f"{place}.unit: {measurement.unit!r}, but {measurement.scenario} is measured in {wanted!r}"


@cache
def _units() -> Mapping[str, str]:
    """Return the unit of every scenario."""
    here = Path(__file__).resolve().parents[1] / "scenarios"
    modules = {path.stem: importlib.import_module(f"probes.scenarios.{path.stem}") for path in here.glob("*.py")}
    return {name: str(module.UNIT) for name, module in modules.items() if hasattr(module, "UNIT")}


def _parity(parity: Mapping[str, Any], place: str) -> Iterator[str]:
    if parity.get("passed") is False:
        yield f"{place}.passed: false, but the probe is ok; one whose sides do not agree is not-comparable"
    for part in BOUNDS:
        for side, entry in (parity.get(part) or {}).items():
            if isinstance(entry, Mapping) and "distance" in entry and "bound" in entry:
                yield from _distance(entry["distance"], entry["bound"], f"{place}.{part}.{side}")


def _distance(distance: Any, bound: Any, place: str) -> Iterator[str]:
    if not is_number(bound) or not 0 < bound <= LOOSEST:
        yield f"{place}.bound: {bound!r} is no bound; a relative distance up to {LOOSEST:g} is"
    elif not is_number(distance) or not 0 <= distance <= bound:
        yield f"{place}.distance: {distance!r} lies beyond its bound, {bound:g}, but the probe is ok"


def _roof(roof: Mapping[str, Any], place: str) -> Iterator[str]:
    for key, most in GREATEST.items():
        if key in roof and not (is_number(roof[key]) and 0 < roof[key] <= most):
            yield f"{place}.{key}: {roof[key]!r}; no machine does more than {most:g}"
    for side, entry in roof.items():
        if not isinstance(entry, Mapping):
            continue
        if entry.get("limit") == "bug" or not _within(entry.get("compute", 0.0), SLACK):
            yield f"{place}.{side}: above what the machine can do, but the probe is ok"


def _within(share: Any, most: float) -> bool:
    return is_number(share) and 0 <= share <= most
