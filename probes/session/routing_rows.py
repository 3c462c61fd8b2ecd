"""What a table's rows say, made from what workers answered: parity, agreement, percentiles, ratios. Pure."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from probes import reasons, routes
from probes.session.interleaving import Turns
from probes.session.routing_plan import Planned
from probes.statistics import parity, percentiles, ratios
from probes.types import Interval, Reason, RouteRow, Status

BOUND = parity.BOUNDS["outputs"]
"""Largest relative distance of a float32 artifact's answers from the float64 reference, as of a probe's outputs."""

INT8_BOUND = 0.25
"""The same of whole numbers of 8 bits: the scheme loses some hundredths, another function nearly all."""

AGREED = 0.9
"""... or the share of samples on which the answer is the same, from which it counts as the same model: where answers
lie far apart, a large distance changes none."""

PERCENTS = (50, 95, 99)
FEWEST = 4
"""Turns below which no interval is worth giving."""

Arrays = Mapping[str, npt.NDArray[Any]]


def absent(planned: Planned, status: Status, reason: Reason, **found: Any) -> RouteRow:
    """Return the row of a route of which there is no figure, or not all, and why."""
    return begun(planned, status=status, **reasons.document(reason), **found)


def begun(planned: Planned, **found: Any) -> RouteRow:
    """Return a row with what was planned in it."""
    return RouteRow(
        route=planned.route,
        framework=planned.framework,
        runtime=planned.runtime,
        precision=planned.precision,
        **{"status": Status.OK, "deprecated": planned.deprecated, **found},
    )


def named(row: RouteRow) -> tuple[str, str, str, str]:
    """Return what tells a row from all others of its table."""
    return row.route, row.framework, row.runtime, row.precision


def compared(row: RouteRow, found: Arrays, wanted: Arrays) -> RouteRow:
    """Hold an artifact's answers against the reference; one that does not compute the same is not comparable."""
    relative = max(parity.distances(found, wanted, part="y").values(), default=float("inf"))
    int8 = row.precision == routes.INT8
    bound = INT8_BOUND if int8 else BOUND
    finite = bool(np.isfinite(relative))
    if finite:
        worst = max(float(np.abs(np.asarray(found[name], np.float64) - wanted[name]).max()) for name in wanted)
        row = replace(row, parity={"max_abs": worst, "relative": float(relative), "bound": bound})
    if int8 and finite:
        row = _agreeing(row, found, wanted)
    if relative <= bound or (row.agreement is not None and row.agreement.value >= AGREED):
        return row
    distance = float(relative) if finite else Reason("no-finite-number")
    if row.agreement is not None:
        reason = Reason(
            "agrees-seldom", share=row.agreement.value, count=row.agreement_of or 0, distance=distance, bound=bound
        )
    else:
        reason = Reason("off-reference", side=row.route, array="y", distance=distance, bound=bound)
    return replace(row, status=Status.NOT_COMPARABLE, **reasons.document(reason))


def _agreeing(row: RouteRow, found: Arrays, wanted: Arrays) -> RouteRow:
    """Add on which share of the samples the largest entry of the first output is the reference's."""
    name = next(iter(wanted))
    one, other = np.asarray(found[name]), wanted[name]
    if other.ndim < 2 or other.shape[-1] < 2:
        return row
    same = one.argmax(-1) == other.argmax(-1)
    count = len(same)
    return replace(
        row, agreement=percentiles.share(float(same.reshape(count, -1).mean(-1).sum()), count), agreement_of=count
    )


def timed(
    row: RouteRow,
    taken: Turns,
    label: str,
    own: str | None,
    *,
    spread: Mapping[str, float],
    seed: int,
    further: Sequence[Turns] = (),
) -> RouteRow:
    """Add percentiles, and the ratio to the framework's own inference, from the turns; none where there are too few.

    Args:
        row: without times.
        taken: of all arms.
        label: the row's arm.
        own: that of its framework's own inference; None where there is none, or it is that itself.
        spread: ``process_sd`` and ``process_df``.
        seed: of the table.
        further: turns of further processes of it; those with too few count for nothing.
    """
    turns = taken.seconds.get(label, [])
    if len(turns) < FEWEST:
        return row
    processes = [taken, *(one for one in further if len(one.seconds.get(label, [])) >= FEWEST)]
    places = [seed, zlib.crc32(label.encode())]
    found = percentiles.pooled([one.seconds[label] for one in processes], PERCENTS, seed=places, **spread)
    p50, p95, p99 = (replace(one, value=1e3 * one.value, low=1e3 * one.low, high=1e3 * one.high) for one in found)
    samples: dict[str, Any] = {"turns": [turn for one in processes for turn in one.seconds[label]]}
    samples |= _waits(processes, label, "")
    if len(processes) > 1:
        samples["processes"] = [len(one.seconds[label]) for one in processes]
    ratio = None
    if own is not None and len(taken.seconds.get(own, [])) == len(turns):
        samples |= {"own": taken.seconds[own], **_waits([taken], own, "own_")}
        ratio = percentiles.interval(ratios.widened(taken.estimate(own, label), **spread))
    row = replace(row, p50_ms=p50, p95_ms=p95, p99_ms=p99, ratio=ratio, processes=len(processes))
    return replace(row, samples={**row.samples, **samples})


def of_process(samples: Mapping[str, Any], key: str, counts: str) -> list[list[Any]]:
    """Return a row's samples process by process; all are of one where none is told apart.

    Args:
        samples: of the row.
        key: which of them, e.g. "turns".
        counts: where stands how many belong to each process, e.g. "processes".
    """
    ends = list(itertools.accumulate(samples.get(counts) or [len(samples[key])]))
    return [list(samples[key][begin:end]) for begin, end in itertools.pairwise([0, *ends])]


def _waits(processes: Sequence[Turns], label: str, prefix: str) -> dict[str, Any]:
    """Return what other load held up, where it did: evidence is long enough."""
    held = {
        "waited": [turn for one in processes for turn in one.waited[label]],
        "surely": [turn for one in processes for turn in one.surely[label]],
    }
    if held["surely"] == held["waited"]:
        del held["surely"]
    return {prefix + name: waits for name, waits in held.items() if any(any(turn or ()) for turn in waits)}


def with_throughput(
    row: RouteRow, processes: Sequence[Sequence[float]], batch: int, *, spread: Mapping[str, float], seed: int
) -> RouteRow:
    """Add how many samples a second it answers at a batch.

    Args:
        processes: seconds of answers to the whole batch, of each process; those with fewer than two count for nothing.
        batch: samples in it.
    """
    enough = [seconds for seconds in processes if len(seconds) > 1]
    if not enough:
        return row
    (cost,) = percentiles.pooled([_parts(one) for one in enough], (50,), seed=[seed, batch], **spread)
    made = replace(cost, value=batch / cost.value, low=batch / cost.high, high=batch / cost.low)
    samples = {**row.samples, "batch": [second for one in enough for second in one]}
    if len(enough) > 1:
        samples["batches"] = [len(one) for one in enough]
    return replace(row, throughput_per_s=made, throughput_batch=batch, samples=samples)


def _parts(seconds: Sequence[float]) -> list[Sequence[float]]:
    """Part answers to a batch, which come one after the other, as if they were turns."""
    count = FEWEST if len(seconds) >= FEWEST else 2
    return [seconds[i::count] for i in range(count)]


READ = ("load_ms", "first_ms", "peak_memory_bytes")
"""What every fresh process gives one reading of."""


def with_readings(row: RouteRow, processes: Sequence[Mapping[str, float | None]]) -> RouteRow:
    """Add what several processes read, and where the next one would lie; of one process the readings stand alone.

    Args:
        processes: ``READ`` of each, None where the system tells nothing.
    """
    if len(processes) < 2:
        return row
    read = {name: [value for one in processes if (value := one[name])] for name in READ}
    read = {name: values for name, values in read.items() if len(values) == len(processes)}
    found = over_processes(read)
    values: dict[str, Any] = {name: found[name].value for name in read}
    if "peak_memory_bytes" in values:
        values["peak_memory_bytes"] = round(values["peak_memory_bytes"])
    bounds = {name: (one.low, one.high) for name, one in found.items()}
    return replace(row, **values, bounds=bounds, samples={**row.samples, **read})


def over_processes(read: Mapping[str, Sequence[float]]) -> dict[str, Interval]:
    """Return what readings of several processes give, those of load and first answer also together.

    Args:
        read: names of ``READ`` -> one reading a process.
    """
    together = dict(read)
    if "load_ms" in read and "first_ms" in read:
        together["cold_start_ms"] = [a + b for a, b in zip(read["load_ms"], read["first_ms"], strict=True)]
    return {name: percentiles.readings(values) for name, values in together.items()}
