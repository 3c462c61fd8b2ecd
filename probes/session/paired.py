"""A paired probe: parity, warm-up, turns, and what follows from them."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

from probes import reasons
from probes.session import interleaving, rounds
from probes.session.rounds import Round
from probes.session.session import Session
from probes.session.worker_client import Client, Lost
from probes.statistics import ratios, roofline
from probes.types import Measurement, Probe, Reason, Status

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


def measure(
    session: Session, probe: Probe, described: Mapping[str, Any], *, deadline: float | None, confirm: bool
) -> Measurement:
    """Measure one paired probe on the session's live workers, and judge it with what earlier workers gave.

    Raises:
        Lost, Cancelled: from a worker.
    """
    taken = session.rounds.setdefault(probe.id, [])
    while True:
        missing = max(1, RESTARTS[0] - len(taken)) if confirm else 1
        given = _round(session, probe, described, deadline=deadline, parts=missing)
        if isinstance(given, Measurement):
            return given
        taken.append(given)
        if not confirm or _enough(session, taken, deadline):
            return _judged(session, probe, described, taken, confirm=confirm)
        session.workers.end()
        session.workers.ready(probe.settings)


def _enough(session: Session, taken: Sequence[Round], deadline: float | None) -> bool:
    """Return whether no further restart is worth its seconds."""
    if len(taken) < RESTARTS[0]:
        return False
    late = deadline is not None and time.monotonic() > deadline
    labels = [arm.label for arm in session.workers.arms]
    return len(taken) >= RESTARTS[1] or late or ratios.between(rounds.estimates(taken, labels)).half <= CONFIRMED


def width(measurement: Measurement) -> float:
    """Return the half width that further pairs of processes could narrow, on the log scale; 0 where none could."""
    ratio = measurement.ratio
    if ratio is None or measurement.facts.get("design") != "quick":
        return 0.0
    return math.log(ratio.high / ratio.low) / 2 - float(measurement.facts["bias"])


def wide(measurement: Measurement) -> bool:
    """Return whether a ratio is too wide: by its width, never by its verdict."""
    return width(measurement) > CONFIRMED


def _round(
    session: Session, probe: Probe, described: Mapping[str, Any], *, deadline: float | None, parts: int
) -> Round | Measurement:
    """Open the probe on live workers, pass the gate and take the turns; or return why there is nothing to compare."""
    clients = list(session.workers.clients.values())
    opened = {c.arm.label: session.ask(c, "open", probe, parity=described["parity"]) for c in clients}
    gate: dict[str, Any] | None = None
    if described["parity"]:
        paths = {label: answer["arrays"] for label, answer in opened.items()}
        gate = session.gate(probe, described["parity"], described["exemptions"], paths)
        if not gate["passed"]:
            return reasons.absent(probe, Status.NOT_COMPARABLE, reasons.read(gate), parity=gate)
    if disguise := _disguise(session, clients, probe):
        return reasons.absent(probe, Status.NOT_COMPARABLE, disguise, parity=gate)
    taken = _turns(session, probe, clients, deadline=deadline, parts=parts)
    if not described["retraces"] and (changed := _changed(session, clients, probe, taken)):
        return reasons.absent(probe, Status.NOT_COMPARABLE, changed, parity=gate)
    facts = {c.arm.label: _facts(opened[c.arm.label], session.ask(c, "finish", probe)) for c in clients}
    return Round(taken, opened, gate, facts)


def _facts(opened: Mapping[str, Any], finished: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of one side after its last turn."""
    facts = {**finished["facts"], "host_peak_bytes": finished["host_peak"]}
    if opened.get("parameters"):
        facts["parameters"] = opened["parameters"]
    if finished["memory"]:
        facts["device_memory"] = finished["memory"]
    return facts


def _judged(
    session: Session, probe: Probe, described: Mapping[str, Any], taken: Sequence[Round], *, confirm: bool
) -> Measurement:
    """Turn all rounds of a probe into its ratio and verdict."""
    labels = [arm.label for arm in session.workers.arms]
    alone = rounds.estimates(taken, labels)
    spread = {"process_sd": session.options.process_sd, "process_df": session.options.process_df}
    estimate = ratios.between(alone) if confirm else ratios.pooled(alone, **spread)
    denominator, numerator = labels
    ratio = ratios.ratio(estimate, numerator=numerator, denominator=denominator)
    samples = rounds.samples(taken, labels)
    facts = {
        **{label: {**taken[-1].facts[label], "p95_turn_s": rounds.p95(samples[label])} for label in labels},
        **session.harmonised(),
        "design": "confirm" if confirm else "quick",
        "restarts": len(taken),
        "within": rounds.within(alone),
        **(dict.fromkeys(spread) if confirm else spread),
        "bias": estimate.bias,
        "p": ratios.p_value(estimate, ratio.favours),
        "threads": session.options.threads,
        "device": session.workers.kind,
        "disturbed": rounds.disturbed(taken),
        "cold": {label: answer["cold"] for label, answer in taken[0].opened.items()},
        "overtaking": rounds.overtaking(taken[0].opened, samples),
        "turns": [rounds.record(one.taken) for one in taken],
    }
    limits = None if _roofless(probe, facts["disturbed"]) else _limits(session, probe, taken[0].opened, samples)
    if limits is not None and any(limits[label]["limit"] == "bug" for label in labels):
        shares = [Reason("share", side=label, share=limits[label]["compute"]) for label in labels]
        reason = Reason("above-roof", shares=shares)
        return reasons.absent(probe, Status.NOT_COMPARABLE, reason, parity=taken[0].gate)
    return Measurement.of(
        probe,
        Status.OK,
        unit=described["unit"],
        samples=samples,
        ratio=ratio,
        parity=taken[0].gate,
        roof=limits,
        facts=facts,
    )


def _roofless(probe: Probe, disturbed: Mapping[str, int]) -> bool:
    """Return whether there is no roof to hold a probe against.

    What one framework alone reaches is none: its own product may be the slower one. Nor is one that was measured while
    another load held several threads up.
    """
    return bool(probe.baseline) or 2 * disturbed["pairs"] > disturbed["of"]


def _turns(
    session: Session, probe: Probe, clients: Sequence[Client], *, deadline: float | None, parts: int
) -> interleaving.Turns:
    """Run the turns of one pair of processes, within its part of the time."""
    until = time.monotonic() + CAP
    warm = interleaving.WARM
    if deadline is not None:
        left = max(1.0, (deadline - time.monotonic()) / parts)
        until, warm = min(until, time.monotonic() + left), min(warm, left / 8)

    def told(event: dict[str, Any]) -> None:
        low, high = math.exp(event["mean"] - event["half"]), math.exp(event["mean"] + event["half"])
        session.options.progress(
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
            cancelled=session.options.cancelled,
            warm_budget=warm,
            progress=told,
        )
    except interleaving.ClocksJump:
        raise Lost(Status.FAILED, Reason("clocks-jump"), alive=True) from None
    session.pairs += len(taken.used)
    session.disturbed += len(taken.disturbed)
    for label, settled in taken.steady.items():
        if not settled:
            session.options.progress({**reasons.note(Reason("not-steady", side=label)), "probe": probe.id})
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


def _limits(
    session: Session, probe: Probe, opened: Mapping[str, Mapping[str, Any]], samples: Mapping[str, Sequence[float]]
) -> dict[str, Any] | None:
    """Hold every side against this machine's roof, measured again where one lies above it; None without a count."""
    if not all(answer["flops"] > 0 for answer in opened.values()):
        return None
    for attempt in range(TRIES):
        best = roofline.ceiling(_roof(session, probe, again=attempt > 0))
        shares: dict[str, Any] = {
            label: roofline.share(
                best,
                seconds=statistics.median(samples[label]),
                flops=answer["flops"],
                moved=answer["moved"],
                first=answer["cold"]["first"],
                mode=session.workers.clients[label].arm.mode_of(probe),
            )
            for label, answer in opened.items()
        }
        if not any(side["limit"] == "bug" for side in shares.values()):
            break
    return {**shares, "flops_per_second": best["flops"], "bytes_per_second": best["bytes"]}


def _roof(session: Session, probe: Probe, *, again: bool) -> dict[str, dict[str, float]]:
    """Return the best that every side ever reached in these settings; ``again``: measure once more."""
    key = f"{session.workers.settings}/{session.options.threads}/{session.workers.kind}"
    if again or key not in session.roofs:
        before = session.roofs.get(key, {})
        session.roofs[key] = {
            label: {k: max(answer[k], before.get(label, {}).get(k, 0.0)) for k in ("flops", "bytes")}
            for label, client in session.workers.clients.items()
            for answer in [session.ask(client, "roof", probe, copy_floats=roofline.COPY_FLOATS)]
        }
    return session.roofs[key]
