"""Recompute what an evidence document says from the samples it holds, and say where the two disagree.

A session's own documents hold every turn, so ratio, interval, verdict and p value can all be had again. A document
that holds less is held to what its samples bound. Pure: no files, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from probes.session.interleaving import Turns
from probes.statistics import ratios
from probes.system.json_reading import is_number
from probes.types import INCONCLUSIVE, Measurement, Ratio

ROUNDING = 0.005
"""Relative difference that passes for rounding: three digits of a ratio are written down by hand as well."""

ROUNDING_P = 0.01
"""The same for p values, which lie in [0, 1]."""

COSTS = (1e-15, 1e15)
"""The least and the largest number that can be a cost in seconds, bytes or lines."""

WIDEST = 10.0
"""Standard deviation of a log ratio beyond which nothing was measured; also keeps powers of e within floating point."""


@dataclass(frozen=True)
class _Recomputed:
    """The estimate that the samples give. ``exact`` is False where only bounds can be had."""

    estimate: ratios.Estimate
    exact: bool


def problems(measurement: Measurement, place: str, *, selftest: Mapping[str, Any] | None) -> list[str]:
    """Return where a measurement's ratio contradicts its samples.

    Args:
        measurement: as parsed; one without a ratio passes.
        place: where it stands in the document.
        selftest: the session's, which the interval was widened by.
    """
    ratio = measurement.ratio
    if ratio is None:
        return []
    found = _sides(measurement, ratio, place)
    if not found:
        recomputed, found = _recomputed(measurement, ratio, place, selftest=selftest or {})
        if recomputed is not None:
            found = _numbers(measurement, ratio, recomputed, place)
    return found + _band(ratio, place)


def withdrawn(measurements: Sequence[Measurement]) -> list[str]:
    """Return the verdicts that do not stand when all of a session are made at once (Holm)."""
    claims = {str(i): p for i, m in enumerate(measurements) if m.ratio is not None and (p := _p(m)) is not None}
    standing = ratios.holm(claims)
    found = []
    for i, measurement in enumerate(measurements):
        ratio = measurement.ratio
        if ratio is not None and str(i) in claims and ratio.favours != INCONCLUSIVE and str(i) not in standing:
            found.append(
                f"probes[{i}].ratio.favours: {ratio.favours!r} does not stand among the {len(claims)} verdicts of this "
                f"session (p = {claims[str(i)]:.3g}, Holm); {INCONCLUSIVE!r} would be right"
            )
    return found


def _p(measurement: Measurement) -> float | None:
    p = measurement.facts.get("p")
    return float(p) if is_number(p) and 0 <= p <= 1 else None


def _sides(measurement: Measurement, ratio: Ratio, place: str) -> list[str]:
    counts = {name: len(measurement.samples[name]) for name in (ratio.denominator, ratio.numerator)}
    if len(set(counts.values())) > 1:
        said = " and ".join(f"{count} of {name}" for name, count in counts.items())
        return [f"{place}.samples: {said}; samples come in pairs"]
    count = counts[ratio.denominator]
    if ratio.pairs > count:
        return [f"{place}.ratio.pairs: {ratio.pairs} pairs cannot come from {count} sample{'s' * (count > 1)} a side"]
    return []


def _recomputed(
    measurement: Measurement, ratio: Ratio, place: str, *, selftest: Mapping[str, Any]
) -> tuple[_Recomputed | None, list[str]]:
    records = measurement.facts.get("turns")
    if isinstance(records, list) and records:
        labels = (ratio.denominator, ratio.numerator)
        found: list[str] = []
        taken = [_turns(record, labels, f"{place}.facts.turns[{i}]", found) for i, record in enumerate(records)]
        whole = [turns for turns in taken if turns is not None]
        if found:
            return None, found
        found = _samples_of(measurement, whole, labels, place) or _within(measurement, whole, labels, place)
        return (None, found) if found else (_of_turns(measurement, whole, labels, selftest), [])
    pairs = zip(measurement.samples[ratio.denominator], measurement.samples[ratio.numerator], strict=True)
    logs = [math.log(b / a) for a, b in pairs]
    if isinstance(measurement.facts.get("processes"), int):  # an observed probe: one sample a fresh process
        return _Recomputed(_of_processes(logs), exact=True), []
    if ratio.pairs == len(logs):
        return _Recomputed(_of_processes(logs), exact=False), []
    # Which pairs were used is not said: the mean of any of them lies between the least and the largest.
    if not min(logs) - ROUNDING <= math.log(ratio.value) <= max(logs) + ROUNDING:
        span = f"{math.exp(min(logs)):.4g} to {math.exp(max(logs)):.4g}"
        return None, [f"{place}.ratio.value: {ratio.value:.4g} lies outside the ratios of its samples, {span}"]
    return None, []


def _of_processes(logs: Sequence[float]) -> ratios.Estimate:
    return ratios.within(logs) if len(logs) > 1 else ratios.Estimate(logs[0], 0.0, math.inf, 1)


def _of_turns(
    measurement: Measurement, taken: Sequence[Turns], labels: tuple[str, str], selftest: Mapping[str, Any]
) -> _Recomputed | None:
    if any(sum(turns.used) < 2 for turns in taken):
        return None
    estimates = [turns.estimate(*labels) for turns in taken]
    if measurement.facts.get("design") == "confirm":
        return _Recomputed(ratios.between(estimates), exact=True) if len(estimates) > 1 else None
    spread = measurement.facts.get("process_sd")
    freedom = measurement.facts.get("process_df", selftest.get("process_df", ratios.PROCESS_DF))
    if spread is None or not is_cost(spread) or not is_cost(freedom) or spread > WIDEST:
        return _Recomputed(estimates[0], exact=False)
    return _Recomputed(ratios.pooled(estimates, process_sd=spread, process_df=freedom), exact=True)


def _within(measurement: Measurement, taken: Sequence[Turns], labels: tuple[str, str], place: str) -> list[str]:
    """Return where what each pair of processes gave by itself is not what its turns give."""
    told = measurement.facts.get("within")
    if told is None or any(sum(turns.used) < 2 for turns in taken):
        return []
    if not isinstance(told, list) or len(told) != len(taken):
        return [f"{place}.facts.within: one entry for each of the {len(taken)} records of turns is needed"]
    found = []
    for i, (entry, turns) in enumerate(zip(told, taken, strict=True)):
        said = entry.get("ratio") if isinstance(entry, Mapping) else None
        wanted = _exp(turns.estimate(*labels).mean)
        if said is None or not is_cost(said) or not _near(said, wanted):
            found.append(f"{place}.facts.within[{i}].ratio: {said!r}, but its turns give {wanted:.4g}")
    return found


def is_cost(value: Any) -> bool:
    """Return whether a value can be a cost: a number above 0 of some thirty orders of magnitude, whatever the unit."""
    return is_number(value) and COSTS[0] <= value <= COSTS[1]


def _turns(record: Any, labels: Sequence[str], place: str, found: list[str]) -> Turns | None:
    """Read one record of turns; what it lacks or has wrong goes to ``found``."""
    if not isinstance(record, Mapping):
        found.append(f"{place}: an object is needed")
        return None
    before, old = len(found), "used" in record
    first = _part(record, "seconds").get(labels[0])
    used = record["used"] if old else [True] * len(first if isinstance(first, list) else ())
    if not isinstance(used, list) or not all(isinstance(one, bool) for one in used):
        found.append(f"{place}.used: a list of true and false, one a pair, is needed")
        return None
    seconds: dict[str, list[list[float]]] = {}
    waited: dict[str, list[list[float] | None]] = {}
    surely: dict[str, list[list[float] | None]] = {}
    for label in labels:
        turns = _part(record, "seconds").get(label)
        if not isinstance(turns, list) or len(turns) != len(used):
            found.append(f"{place}.seconds.{label}: one list of seconds a pair ({len(used)}) is needed")
            continue
        if not all(isinstance(turn, list) and turn and all(is_cost(second) for second in turn) for turn in turns):
            found.append(f"{place}.seconds.{label}: every turn needs positive numbers of seconds")
            continue
        kept = _part(record, "waited").get(label) or [None] * len(used)
        if not are_waits(kept, turns):
            found.append(
                f"{place}.waited.{label}: for every turn null, or one number of seconds an iteration, is needed"
            )
            continue
        seconds[label], waited[label] = turns, kept
        most = _part(record, "surely").get(label, kept)
        if not are_waits(most, turns):
            found.append(f"{place}.surely.{label}: for every turn null, or one number of seconds a block, is needed")
            continue
        surely[label] = most
    if len(found) > before:
        return None
    return Turns(
        seconds=seconds, waited=waited, surely=surely, net=bool(record.get("net_of_waiting")), used=used, old=old
    )


def _part(record: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = record.get(key)
    return part if isinstance(part, Mapping) else {}


def are_waits(kept: Any, turns: Sequence[Sequence[float]]) -> bool:
    """Return whether these can be the waits of some turns: None a turn, or one number an iteration."""
    if not isinstance(kept, list) or len(kept) != len(turns):
        return False
    return all(
        waits is None
        or (isinstance(waits, list) and len(waits) == len(turn) and all(w == 0 or is_cost(w) for w in waits))
        for waits, turn in zip(kept, turns, strict=True)
    )


def _samples_of(measurement: Measurement, taken: Sequence[Turns], labels: Sequence[str], place: str) -> list[str]:
    found = []
    for label in labels:
        costs = [cost for turns in taken for cost in turns.costs(label)]
        samples = measurement.samples[label]
        if len(costs) != len(samples):
            found.append(
                f"{place}.samples.{label}: {len(samples)} samples, but {len(costs)} turns stand in facts.turns"
            )
            continue
        off = [i for i, (a, b) in enumerate(zip(samples, costs, strict=True)) if not _near(a, b)]
        if off:
            i = off[0]
            more = f" ({len(off)} such samples)" if len(off) > 1 else ""
            found.append(f"{place}.samples.{label}[{i}]: {samples[i]:.6g}, but its turn says {costs[i]:.6g}{more}")
    return found


def _exp(power: float) -> float:
    """Raise e to a power, within what floating point holds."""
    return math.exp(min(700.0, max(-700.0, power)))


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=ROUNDING)


def _numbers(measurement: Measurement, ratio: Ratio, recomputed: _Recomputed, place: str) -> list[str]:
    estimate = recomputed.estimate
    wanted = {
        "value": _exp(estimate.mean),
        "low": _exp(estimate.mean - estimate.half),
        "high": _exp(estimate.mean + estimate.half),
    }
    said = f"{place}.ratio.{{}}: {{:.4g}}, but the samples give {{:.4g}}"
    found = []
    if ratio.pairs != estimate.count:
        found.append(f"{place}.ratio.pairs: {ratio.pairs}, but {estimate.count} pairs of the turns were used")
    if recomputed.exact:
        found += [
            said.format(key, getattr(ratio, key), value)
            for key, value in wanted.items()
            if not _near(getattr(ratio, key), value)
        ]
        return found or _p_value(measurement, ratio, estimate, place)
    if not _near(ratio.value, wanted["value"]):
        found.append(said.format("value", ratio.value, wanted["value"]))
    elif ratio.low > wanted["low"] * (1 + ROUNDING) or ratio.high < wanted["high"] * (1 - ROUNDING):
        span = f"[{wanted['low']:.4g}, {wanted['high']:.4g}]"
        found.append(f"{place}.ratio: [{ratio.low:.4g}, {ratio.high:.4g}] is narrower than its samples allow, {span}")
    return found


def _p_value(measurement: Measurement, ratio: Ratio, estimate: ratios.Estimate, place: str) -> list[str]:
    said = _p(measurement)
    before = measurement.facts.get("before_holm", ratio.favours)
    if said is None or before == INCONCLUSIVE:
        return []
    wanted = ratios.p_value(estimate, str(before))
    if abs(said - wanted) <= ROUNDING_P * max(wanted, ROUNDING_P):
        return []
    return [f"{place}.facts.p: {said:.3g}, but the samples give {wanted:.3g}"]


def _band(ratio: Ratio, place: str) -> list[str]:
    """Apply the band rule to the interval; "cannot tell" claims nothing and is always allowed."""
    low, high = math.log(ratio.low), math.log(ratio.high)
    sides = {"numerator": ratio.numerator, "denominator": ratio.denominator}
    allowed = {
        ratios.verdict(low + shift, high + other, **sides)
        for shift in (-ROUNDING, ROUNDING)
        for other in (-ROUNDING, ROUNDING)
    }
    if ratio.favours == INCONCLUSIVE or ratio.favours in allowed:
        return []
    interval = f"[{ratio.low:.4g}, {ratio.high:.4g}]"
    right = ratios.verdict(low, high, **sides)
    return [f"{place}.ratio.favours: {ratio.favours!r} contradicts the interval {interval}, which says {right!r}"]
