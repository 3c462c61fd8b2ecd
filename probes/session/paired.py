"""A paired probe: parity, warm-up, turns, and what they say."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probes import reasons
from probes.session import interleaving
from probes.session.worker_client import Client, Lost
from probes.statistics import ratios, roofline
from probes.types import Measurement, Probe, Reason, Status

if TYPE_CHECKING:
    from probes.session.session import Session

RESTARTS = (3, 6)
"""Fresh pairs of workers in ``confirm``: at least, and at most where the interval stays wide."""

CONFIRMED = 0.05
"""Half width on the log scale at which further restarts are not worth their seconds: a planted +10 % is then found."""

TRIES = 4
"""Measurements of the roof before a probe above it is called a bug: a roof is the best ever reached, and another load
may have held the first ones down."""

CAP = 5.0
"""Seconds of turns a probe gets at most in a pair of processes: the spread of processes is then the larger part of its
interval, which no further turn would narrow."""


@dataclass(frozen=True)
class Round:
    """What one fresh pair of processes gave for one probe.

    Attributes:
        taken: its turns.
        opened: arm -> what the worker said of the first iteration.
        gate: the parity gate's report.
        facts: arm -> what the scenario saw, after the last turn.
    """

    taken: interleaving.Turns
    opened: Mapping[str, Mapping[str, Any]]
    gate: Mapping[str, Any] | None
    facts: Mapping[str, Mapping[str, Any]]


def measure(
    session: Session, probe: Probe, described: Mapping[str, Any], *, deadline: float | None, confirm: bool
) -> Measurement:
    """Measure one paired probe on the session's live workers, and judge it with what earlier workers gave.

    Raises:
        Lost, Cancelled: from a worker.
    """
    rounds = session.rounds.setdefault(probe.id, [])
    while True:
        missing = max(1, RESTARTS[0] - len(rounds)) if confirm else 1
        found = _round(session, probe, described, deadline=deadline, parts=missing)
        if isinstance(found, Measurement):
            return found
        rounds.append(found)
        if not confirm:
            break
        if len(rounds) >= RESTARTS[0]:
            enough = ratios.between(_estimates(session, rounds)).half <= CONFIRMED or len(rounds) >= RESTARTS[1]
            if enough or (deadline is not None and time.monotonic() > deadline):
                break
        session.end()
        session.ready(probe.settings)
    return _judged(session, probe, described, rounds, confirm=confirm)


def width(measurement: Measurement) -> float:
    """Return the half width that further pairs of processes could narrow, on the log scale; 0 where none could."""
    ratio = measurement.ratio
    if ratio is None or measurement.facts.get("design") != "quick":
        return 0.0
    return math.log(ratio.high / ratio.low) / 2 - float(measurement.facts["bias"])


def wide(measurement: Measurement) -> bool:
    """Tell whether a ratio is too wide: by its width, never by its verdict."""
    return width(measurement) > CONFIRMED


def _estimates(session: Session, rounds: Sequence[Round]) -> list[ratios.Estimate]:
    return [one.taken.estimate(*(arm.label for arm in session.arms)) for one in rounds]


def _round(
    session: Session, probe: Probe, described: Mapping[str, Any], *, deadline: float | None, parts: int
) -> Round | Measurement:
    """Open the probe on live workers, pass the gate and take the turns; or say why there is nothing to compare."""
    clients = list(session.clients.values())
    opened = {c.arm.label: session.ask(c, "open", probe, parity=described["parity"]) for c in clients}
    gate: dict[str, Any] | None = None
    if described["parity"]:
        paths = {label: answer["arrays"] for label, answer in opened.items()}
        gate = session.gate(probe, described["parity"], described["exemptions"], paths)
        if not gate["passed"]:
            return reasons.absent(probe, Status.NOT_COMPARABLE, reasons.read(gate), parity=gate)
    disguise = _disguise(session, clients, probe)
    if disguise:
        return reasons.absent(probe, Status.NOT_COMPARABLE, disguise, parity=gate)
    taken = _turns(session, probe, clients, deadline=deadline, parts=parts)
    changed = _changed(session, clients, probe, taken) if not described["retraces"] else None
    if changed:
        return reasons.absent(probe, Status.NOT_COMPARABLE, changed, parity=gate)
    facts: dict[str, dict[str, Any]] = {}
    for client in clients:
        label = client.arm.label
        finished = session.ask(client, "finish", probe)
        facts[label] = {**finished["facts"], "host_peak_bytes": finished["host_peak"]}
        if opened[label].get("parameters"):
            facts[label]["parameters"] = opened[label]["parameters"]
        if finished["memory"]:
            facts[label]["device_memory"] = finished["memory"]
    return Round(taken, opened, gate, facts)


def _judged(
    session: Session, probe: Probe, described: Mapping[str, Any], rounds: Sequence[Round], *, confirm: bool
) -> Measurement:
    """Turn all rounds of a probe into its ratio and verdict."""
    labels = [arm.label for arm in session.arms]
    estimates = _estimates(session, rounds)
    if confirm:
        estimate, design = ratios.between(estimates), "confirm"
    else:
        estimate = ratios.pooled(estimates, process_sd=session.process_sd, process_df=session.process_df)
        design = "quick"
    denominator, numerator = labels
    found = ratios.ratio(estimate, numerator=numerator, denominator=denominator)
    samples = {label: tuple(cost for one in rounds for cost in one.taken.costs(label)) for label in labels}
    first = rounds[0]
    pairs = sum(len(one.taken.used) for one in rounds)
    disturbed = sum(len(one.taken.disturbed) for one in rounds)
    facts: dict[str, Any] = {label: {**rounds[-1].facts[label], "p95_turn_s": _p95(samples[label])} for label in labels}
    facts.update(session.told())
    facts.update(
        design=design,
        restarts=len(rounds),
        within=[
            {"ratio": math.exp(e.mean), "half_width": e.half, "pairs": e.count, "error": e.error, "bias": e.bias}
            for e in estimates
        ],
        process_sd=session.process_sd if not confirm else None,
        process_df=session.process_df if not confirm else None,
        bias=estimate.bias,
        p=ratios.p_value(estimate, found.favours),
        threads=session.threads,
        device=session.kind,
        disturbed={"pairs": disturbed, "of": pairs},
        cold={label: answer["cold"] for label, answer in first.opened.items()},
        overtaking=_overtaking(first.opened, samples),
        turns=[_record(one.taken) for one in rounds],
    )
    # What one framework alone reaches is no roof: its own product may be the slower one. Nor is one a roof that was
    # measured while another load held several threads up.
    roofless = probe.baseline or 2 * disturbed > pairs
    limits = None if roofless else _limits(session, probe, first.opened, samples)
    if limits is not None and any(limits[label]["limit"] == "bug" for label in labels):
        shares = [Reason("share", side=label, share=limits[label]["compute"]) for label in labels]
        reason = Reason("above-roof", shares=shares)
        return reasons.absent(probe, Status.NOT_COMPARABLE, reason, parity=first.gate)
    return Measurement.of(
        probe,
        Status.OK,
        unit=described["unit"],
        samples=samples,
        ratio=found,
        parity=first.gate,
        roof=limits,
        facts=facts,
    )


def _turns(
    session: Session, probe: Probe, clients: Sequence[Client], *, deadline: float | None, parts: int
) -> interleaving.Turns:
    """Take the turns of one pair of processes, within its part of the time."""
    until = time.monotonic() + CAP
    warm = interleaving.WARM
    if deadline is not None:
        left = max(1.0, (deadline - time.monotonic()) / parts)
        until, warm = min(until, time.monotonic() + left), min(warm, left / 8)

    def told(event: dict[str, Any]) -> None:
        low, high = math.exp(event["mean"] - event["half"]), math.exp(event["mean"] + event["half"])
        session.progress(
            {
                "event": "ratio",
                "probe": probe.id,
                "value": math.exp(event["mean"]),
                "low": low,
                "high": high,
                "pairs": event["pairs"],
            }
        )

    try:
        taken = interleaving.take(
            clients,
            until=until,
            timeout=session.allowed(probe),
            cancelled=session.cancelled,
            warm_budget=warm,
            progress=told,
        )
    except interleaving.ClocksJump:
        raise Lost(Status.FAILED, Reason("clocks-jump"), alive=True) from None
    session.pairs += len(taken.used)
    session.disturbed += len(taken.disturbed)
    for label, settled in taken.steady.items():
        if not settled:
            session.progress({**reasons.note(Reason("not-steady", side=label)), "probe": probe.id})
    return taken


def _counters(session: Session, client: Client, probe: Probe) -> dict[str, int]:
    counted: dict[str, int] = session.ask(client, "counters", probe)["counters"]
    return counted


def _disguise(session: Session, clients: Sequence[Client], probe: Probe) -> Reason | None:
    """Return which side calls itself compiled and is not."""
    for client in clients:
        if client.arm.mode_of(probe) not in ("compiled", "xla"):
            continue
        counted = _counters(session, client, probe)
        if not counted["compilations"]:
            return Reason("compiled-nothing", side=client.arm.label)
        if counted["graph_breaks"] or counted["fallbacks"]:
            counts = {"breaks": counted["graph_breaks"], "fallbacks": counted["fallbacks"]}
            return Reason("left-graph", side=client.arm.label, **counts)
    return None


def _changed(session: Session, clients: Sequence[Client], probe: Probe, taken: interleaving.Turns) -> Reason | None:
    """Return which side compiled anew while it was timed: the warm-up is over then, so nothing should."""
    for client in clients:
        now = _counters(session, client, probe)["retraces"]
        before = taken.retraces.get(client.arm.label, now)
        if now > before:
            return Reason("compiled-anew", side=client.arm.label, times=now - before)
    return None


def _overtaking(opened: Mapping[str, Mapping[str, Any]], samples: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Say after how many iterations the side that starts slower has caught up (build and first step; imports apart)."""
    import statistics

    cold = {label: answer["cold"]["build"] + answer["cold"]["first"] for label, answer in opened.items()}
    slow, quick = sorted(cold, key=lambda label: -cold[label])
    step = {label: statistics.median(samples[label]) for label in samples}
    return {
        "starts_slower": slow,
        "iterations": ratios.break_even(cold[slow], step[slow], cold[quick], step[quick]),
        "cold_seconds": cold,
    }


def _p95(costs: Sequence[float]) -> float:
    ordered = sorted(costs)
    return ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)]


def _record(taken: interleaving.Turns) -> dict[str, Any]:
    return {
        "order": taken.order,
        "seconds": taken.seconds,
        "waited": taken.waited,
        # With one thread both are the same, and evidence is long enough.
        **({} if taken.surely == taken.waited else {"surely": taken.surely}),
        "loops": taken.loops,
        "disturbed": taken.disturbed,
        "lost": taken.lost,
        "steady": taken.steady,
        "warm_seconds": taken.warm_seconds,
        "weather": taken.weather,
        "overhead": 1 - taken.inside_turns / taken.waited_for_turns if taken.waited_for_turns else None,
    }


def _limits(
    session: Session, probe: Probe, opened: Mapping[str, Mapping[str, Any]], samples: Mapping[str, Sequence[float]]
) -> dict[str, Any] | None:
    import statistics

    if not all(answer["flops"] > 0 for answer in opened.values()):
        return None
    key = f"{session.settings}/{session.threads}/{session.kind}"
    for attempt in range(TRIES):
        if key not in session.roofs or attempt:
            measured = {
                label: session.ask(client, "roof", probe, copy_floats=roofline.COPY_FLOATS)
                for label, client in session.clients.items()
            }
            held = session.roofs.get(key, {})
            session.roofs[key] = {
                label: {k: max(a[k], held.get(label, {}).get(k, 0.0)) for k in ("flops", "bytes")}
                for label, a in measured.items()
            }
        best = roofline.ceiling(session.roofs[key])
        found: dict[str, Any] = {
            label: roofline.share(
                best,
                seconds=statistics.median(samples[label]),
                flops=answer["flops"],
                moved=answer["moved"],
                first=answer["cold"]["first"],
                mode=session.clients[label].arm.mode_of(probe),
            )
            for label, answer in opened.items()
        }
        if not any(side["limit"] == "bug" for side in found.values()):
            break
    return {**found, "flops_per_second": best["flops"], "bytes_per_second": best["bytes"]}
