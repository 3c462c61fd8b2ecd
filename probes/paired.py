"""A paired probe: parity, warm-up, turns, and what they say."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from probes import compare, roof, turns
from probes.process import Client, Lost
from probes.types import INCONCLUSIVE, Measurement, Probe, Ratio, Status

if TYPE_CHECKING:
    from probes.duet import Session

RESTARTS = (3, 6)
"""Fresh pairs of workers in ``confirm``: at least, and at most where the interval stays wide."""

CONFIRMED = 0.05
"""Half width on the log scale at which further restarts are not worth their seconds."""

DISTURBED = 2.0
"""Ratio that an interval must lie beyond when more than half the pairs were disturbed: with two other loads a core, one
and the same probe was seen to move from 0.92 to 0.41 although waiting was taken out."""

TRIES = 4
"""Measurements of the roof before a probe above it is called a bug: a roof is the best ever reached, and another load
may have held the first ones down."""

CAP = 5.0
"""Seconds of turns a probe gets at most in a quick session: the spread of processes is then the larger part of its
interval, which no further turn would narrow."""


def measure(
    session: Session, probe: Probe, described: Mapping[str, Any], *, deadline: float | None, confirm: bool
) -> Measurement:
    """Measure one paired probe on the session's live workers.

    Raises:
        Lost, Cancelled: from a worker.
    """
    estimates: list[compare.Estimate] = []
    taken: list[turns.Turns] = []
    opened: dict[str, dict[str, Any]] = {}
    gate: dict[str, Any] | None = None
    while True:
        labels = list(session.clients)
        clients = list(session.clients.values())
        opened = {c.arm.label: session.ask(c, "open", probe, parity=described["parity"]) for c in clients}
        if described["parity"]:
            paths = {label: answer["arrays"] for label, answer in opened.items()}
            gate = session.gate(probe, described["parity"], described["exemptions"], paths)
            if not gate["passed"]:
                return Measurement.absent(probe, Status.NOT_COMPARABLE, gate["reason"], parity=gate)
        disguise = _disguise(session, clients, probe)
        if disguise:
            return Measurement.absent(probe, Status.NOT_COMPARABLE, disguise, parity=gate)
        missing = max(1, RESTARTS[0] - len(taken)) if confirm else 1
        one = _turns(session, probe, clients, deadline=deadline, parts=missing)
        taken.append(one)
        changed = _changed(session, clients, probe, one) if not described["retraces"] else ""
        if changed:
            return Measurement.absent(probe, Status.NOT_COMPARABLE, changed, parity=gate)
        estimates.append(compare.within(one.log_ratios(*labels)))
        if not confirm:
            break
        if len(estimates) >= RESTARTS[0]:
            enough = compare.between(estimates).half <= CONFIRMED or len(estimates) >= RESTARTS[1]
            if enough or (deadline is not None and time.monotonic() > deadline):
                break
        session.end()
        session.ready(probe.settings)
    if confirm:
        estimate, design = compare.between(estimates), "confirm"
    else:
        estimate = compare.widened(estimates[0], process_sd=session.process_sd, process_df=session.process_df)
        design = "quick"
    denominator, numerator = labels
    found = compare.ratio(estimate, numerator=numerator, denominator=denominator)
    busy = _too_busy(taken, found)
    if busy:
        found = replace(found, favours=INCONCLUSIVE)
        session.progress({"event": "note", "probe": probe.id, "text": busy})
    samples = {label: tuple(cost for t in taken for cost in t.costs(label)) for label in labels}
    facts: dict[str, Any] = {}
    for client in clients:
        label = client.arm.label
        finished = session.ask(client, "finish", probe)
        facts[label] = {**finished["facts"], "host_peak_bytes": finished["host_peak"]}
        if opened[label].get("parameters"):
            facts[label]["parameters"] = opened[label]["parameters"]
        if finished["memory"]:
            facts[label]["device_memory"] = finished["memory"]
        facts[label]["p95_turn_s"] = _p95(samples[label])
    facts.update(session.told())
    facts.update(
        design=design,
        restarts=len(taken),
        within=[{"ratio": math.exp(e.mean), "half_width": e.half, "pairs": e.count} for e in estimates],
        process_sd=session.process_sd if not confirm else None,
        p=compare.p_value(estimate, found.favours),
        threads=session.threads,
        device=session.kind,
        too_busy=busy,
        cold={label: answer["cold"] for label, answer in opened.items()},
        overtaking=_overtaking(opened, samples),
        turns=[_record(t) for t in taken],
    )
    # What one framework alone reaches is no roof: its own product may be the slower one.
    roofless = probe.baseline or (busy and session.threads > 1)
    limits = None if roofless else _limits(session, probe, opened, samples)
    if limits is not None and any(limits[label]["limit"] == "bug" for label in labels):
        shares = ", ".join(f"{label} {limits[label]['compute']:.0%}" for label in labels)
        reason = f"more than this machine's measured roof was reached ({shares}): work is missing or not waited for"
        return Measurement.absent(probe, Status.NOT_COMPARABLE, reason, parity=gate)
    return Measurement.of(
        probe,
        Status.OK,
        unit=described["unit"],
        samples=samples,
        ratio=found,
        parity=gate,
        roof=limits,
        facts=facts,
    )


def _turns(
    session: Session, probe: Probe, clients: Sequence[Client], *, deadline: float | None, parts: int
) -> turns.Turns:
    """Take the turns of one pair of processes, within its part of the time."""
    until = time.monotonic() + CAP
    warm = turns.WARM
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
        taken = turns.take(
            clients,
            until=until,
            timeout=session.allowed(probe),
            net=session.threads == 1 and session.kind == "cpu",
            cancelled=session.cancelled,
            warm_budget=warm,
            progress=told,
        )
    except ValueError as error:
        raise Lost(Status.FAILED, str(error), alive=True) from None
    session.pairs += len(taken.used)
    session.troubled += len(taken.trouble)
    for label, settled in taken.steady.items():
        if not settled:
            session.progress({"event": "note", "probe": probe.id, "text": f"{label} never became steady"})
    return taken


def _counters(session: Session, client: Client, probe: Probe) -> dict[str, int]:
    counted: dict[str, int] = session.ask(client, "counters", probe)["counters"]
    return counted


def _disguise(session: Session, clients: Sequence[Client], probe: Probe) -> str:
    """Say which side calls itself compiled and is not."""
    for client in clients:
        if client.arm.mode_of(probe) not in ("compiled", "xla"):
            continue
        counted = _counters(session, client, probe)
        if not counted["compilations"]:
            return f"{client.arm.label} compiled nothing: it runs eagerly in disguise"
        if counted["graph_breaks"] or counted["fallbacks"]:
            return (
                f"{client.arm.label} left the compiled graph ({counted['graph_breaks']} graph breaks, "
                f"{counted['fallbacks']} fallbacks)"
            )
    return ""


def _changed(session: Session, clients: Sequence[Client], probe: Probe, taken: turns.Turns) -> str:
    """Say which side compiled anew while it was timed: the warm-up is over then, so nothing should."""
    for client in clients:
        now = _counters(session, client, probe)["retraces"]
        before = taken.retraces.get(client.arm.label, now)
        if now > before:
            return f"{client.arm.label} compiled anew {now - before} times while it was timed"
    return ""


def _too_busy(taken: Sequence[turns.Turns], found: Ratio) -> str:
    """Say why the machine was too busy for a verdict, or nothing.

    Where waiting cannot be taken out of the costs (several threads, an accelerator), a foreign load does
    not slow both sides alike: a pool that spins at a barrier was seen to lose fifteenfold to one that does not.
    Where it can, caches are still shared, so only large ratios stand when most pairs were disturbed.
    """
    pairs, troubled = sum(len(t.used) for t in taken), sum(len(t.trouble) for t in taken)
    if troubled <= turns.UNUSED * pairs:
        return ""
    if all(t.net for t in taken) and (troubled <= pairs / 2 or found.low > DISTURBED or found.high < 1 / DISTURBED):
        return ""
    return (
        f"the machine was too busy for a verdict: {troubled} of {pairs} pairs were disturbed; try one thread, or later"
    )


def _overtaking(opened: Mapping[str, Mapping[str, Any]], samples: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Say after how many iterations the side that starts slower has caught up (build and first step; imports apart)."""
    import statistics

    cold = {label: answer["cold"]["build"] + answer["cold"]["first"] for label, answer in opened.items()}
    slow, quick = sorted(cold, key=lambda label: -cold[label])
    step = {label: statistics.median(samples[label]) for label in samples}
    return {
        "starts_slower": slow,
        "iterations": compare.break_even(cold[slow], step[slow], cold[quick], step[quick]),
        "cold_seconds": cold,
    }


def _p95(costs: Sequence[float]) -> float:
    ordered = sorted(costs)
    return ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)]


def _record(taken: turns.Turns) -> dict[str, Any]:
    return {
        "order": taken.order,
        "seconds": taken.seconds,
        "waited": taken.waited,
        "net_of_waiting": taken.net,
        "loops": taken.loops,
        "used": taken.used,
        "trouble": taken.trouble,
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
                label: session.ask(client, "roof", probe, copy_floats=roof.COPY_FLOATS)
                for label, client in session.clients.items()
            }
            held = session.roofs.get(key, {})
            session.roofs[key] = {
                label: {k: max(a[k], held.get(label, {}).get(k, 0.0)) for k in ("flops", "bytes")}
                for label, a in measured.items()
            }
        best = roof.ceiling(session.roofs[key])
        found: dict[str, Any] = {
            label: roof.share(
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
