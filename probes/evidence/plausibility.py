"""What a measurement cannot have found: parity beyond its bound, roofs beyond any machine, another unit, other turns.

Nothing here is computed again from samples (``recompute`` does that); no clock.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from probes.statistics.parity import BOUNDS, OWN_REFERENCE, REFERENCE
from probes.statistics.roofline import SLACK
from probes.system.json_reading import is_number
from probes.types import Measurement, Status

GREATEST = {"flops_per_second": 1e18, "bytes_per_second": 1e15}
"""More than any one machine does; whole supercomputers reach the first."""

LOOSEST = 1.0
"""A relative distance of this much is no agreement, whatever bound a document states."""

EQUAL = ("device", "threads", "parameters")
"""What both sides of a pair have alike: where they compute, on how many threads, and how large the model is."""

EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
"""Before every version of every framework that is measured; a clock that was never set says 1970."""

LONGEST = 86_400.0
"""Seconds that a probe may have taken whatever the session's length: one that was resumed holds probes of before."""

UNSURE = frozenset({Status.FAILED, Status.TIMED_OUT, Status.NOT_COMPARABLE, Status.CANCELLED})
"""Probes that may have taken turns of which the document tells nothing."""


def contradictions(measurement: Measurement, place: str) -> Iterator[str]:
    """Yield what cannot be in a measurement of the right shape, with its place."""
    yield from _unit(measurement, place)
    if measurement.status is Status.OK:
        yield from _parity(measurement.parity or {}, f"{place}.parity")
        yield from _gate(measurement, place)
        yield from _sides(measurement.facts, measurement.samples or {}, f"{place}.facts")
        yield from _roof(measurement.roof or {}, f"{place}.roof")
        if measurement.ratio is not None and "design" in measurement.facts and not measurement.facts.get("turns"):
            yield f"{place}.facts.turns: missing; a probe measured in turns holds every one of them"


def surroundings(
    machine: Mapping[str, Any],
    environments: Mapping[str, Any],
    times: Sequence[str],
    measurements: Sequence[Measurement],
) -> Iterator[str]:
    """Yield what cannot be of the machine, the environments and the times that probes were measured in.

    Args:
        machine, environments: as they stand in the document. times: when the session started and finished, ISO 8601.
    """
    yield from _machine(machine)
    started, finished = (_moment(time) for time in times)
    if started < EARLIEST:
        yield f"started: {times[0]} lies before there was such a measurement; set the clock of that machine"
    longest = max((finished - started).total_seconds(), LONGEST)
    for i, measurement in enumerate(measurements):
        if measurement.seconds > longest:
            yield f"probes[{i}].seconds: {repr(measurement.seconds)[:40]}, but the session took {longest:g} s at most"
        if measurement.status is Status.OK and _measured_in_turns(measurement):
            sides = tuple(measurement.samples or {})
            yield from (
                f"environments.{side}: missing; probes[{i}] measured it" for side in sides if side not in environments
            )
            yield from _sides(environments, sides, "environments")


def _machine(machine: Mapping[str, Any]) -> Iterator[str]:
    cores, host = machine.get("cores"), machine.get("cores_host")
    for key in ("cores", "cores_host", "quota", "memory_bytes"):
        if is_number(machine.get(key)) and machine[key] <= 0:
            yield f"machine.{key}: {repr(machine[key])[:40]}; a machine has more than 0"
    if is_number(cores) and is_number(host) and cores > host:
        yield f"machine.cores: {repr(cores)[:40]}, but the whole machine has {repr(host)[:40]} (cores_host)"


def _sides(held: Mapping[str, Any], sides: Iterable[str], place: str) -> Iterator[str]:
    """Yield what must be equal on the sides of a pair and is not: else it would be not-comparable."""
    entries = {side: held[side] for side in sides if isinstance(held.get(side), Mapping)}
    for key in EQUAL:
        found = {side: entry[key] for side, entry in entries.items() if entry.get(key) is not None}
        if len({_alike(key, value) for value in found.values()}) > 1:
            told = ", ".join(f"{value!r} ({side})" for side, value in found.items())
            yield f"{place}: {key} is {told}; a pair of which that differs is not-comparable"


def _alike(key: str, value: Any) -> str:
    """Return a value as it is compared; each framework has its own word for a device ("cpu", "/CPU:0")."""
    if key != "device":
        return str(value)
    return "processor" if "cpu" in str(value).lower() else "accelerator"


def _moment(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _measured_in_turns(measurement: Measurement) -> bool:
    return "design" in measurement.facts or bool(measurement.facts.get("turns"))


def _gate(measurement: Measurement, place: str) -> Iterator[str]:
    """Yield where the gate before the stopwatch is missing, or was opened wider than the catalogue opens it."""
    parts, parity = _gated().get(measurement.scenario, ()), measurement.parity
    if not parity:
        # One framework in two modes is no pair of frameworks, and has no gate of two.
        if parts and _measured_in_turns(measurement) and len(measurement.samples or {}) > 1:
            yield f"{place}.parity: missing; {measurement.scenario} is measured where both sides compute the same"
        return
    bound = OWN_REFERENCE if measurement.own_workload else REFERENCE
    reference = parity.get("reference")
    for part, distance in (reference if isinstance(reference, Mapping) else {}).items():
        if not is_number(distance) or not 0 <= distance <= bound:
            yield f"{place}.parity.reference.{part}: {distance!r} lies beyond its bound, {bound:g}, but the probe is ok"
    if measurement.own_workload:
        return
    allowed = _exempt().get(str(measurement.workload), frozenset())
    listed = parity.get("exempt")
    for text in listed if isinstance(listed, list) else ():
        # A text without a pattern exempts nothing; it tells a reader what differs on purpose.
        if str(text).count(":") >= 2 and tuple(str(text).split(":", 2)[:2]) not in allowed:
            yield f"{place}.parity.exempt: {str(text)[:60]!r} is not exempt for {measurement.workload}"


@cache
def _gated() -> Mapping[str, Sequence[str]]:
    """Return what each scenario's parity gate compares."""
    return {name: tuple(getattr(module, "PARITY", ())) for name, module in _modules("scenarios").items()}


@cache
def _exempt() -> Mapping[str, frozenset[tuple[str, ...]]]:
    """Return the part and the pattern of what each workload exempts."""
    return {
        name: frozenset(tuple(text.split(":", 2)[:2]) for text in getattr(module, "EXEMPTIONS", ()))
        for name, module in _modules("workloads").items()
    }


def _modules(folder: str) -> dict[str, Any]:
    here = Path(__file__).resolve().parents[1] / folder
    return {path.stem: importlib.import_module(f"probes.{folder}.{path.stem}") for path in here.glob("*.py")}


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
    return {name: str(module.UNIT) for name, module in _modules("scenarios").items() if hasattr(module, "UNIT")}


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
