"""An observed probe: one sample a fresh process, the frameworks in turn."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from probes import reasons
from probes.session.session import Session
from probes.session.worker_client import Lost
from probes.statistics import ratios
from probes.types import Measurement, Probe, Reason, Status

_OUTWEIGHING = ("contradicted", "not testable here", "confirmed")
"""Verdicts of checks, the weightiest first."""


def observe(session: Session, probe: Probe, described: Mapping[str, Any], *, deadline: float | None) -> Measurement:
    """Observe one probe in fresh processes, ABBA.

    Fresh processes are the replicates here, so the interval needs no widening. One process a framework means
    that the cost cannot vary (a count); its interval has no width.

    Raises:
        Lost, Cancelled: from a worker.
    """
    gate = None
    if described["parity"]:
        paths = {
            label: session.ask(client, "parts", probe, dtype="float32", reference=False, parity=described["parity"])[
                "arrays"
            ]
            for label, client in session.workers.clients.items()
        }
        gate = session.gate(probe, described["parity"], described["exemptions"], paths)
        if not gate["passed"]:
            return reasons.absent(probe, Status.NOT_COMPARABLE, reasons.read(gate), parity=gate)
    labels = [arm.label for arm in session.workers.arms]
    samples: dict[str, list[float]] = {label: [] for label in labels}
    facts: dict[str, Any] = {}
    for number in range(described["processes"]):
        if number >= 2 and deadline is not None and time.monotonic() > deadline:
            break
        for arm in session.workers.arms if number % 2 == 0 else reversed(session.workers.arms):
            client = session.workers.start(arm)
            try:
                session.workers.configure(client)
                answer = session.ask(client, "observe", probe)
            finally:
                client.close()
            facts.setdefault(arm.label, answer["facts"])
            if answer["cost"] is not None:
                samples[arm.label].append(answer["cost"])
                session.options.progress(
                    {"event": "turn", "probe": probe.id, "framework": arm.label, "cost": answer["cost"]}
                )
    if tested := on_claims(probe, {label: facts[label].get("checks", {}) for label in labels}):
        facts["claims"] = tested
    facts["processes"] = described["processes"]
    facts.update(session.harmonised())
    facts.update(threads=session.options.threads, device=session.workers.kind)
    kept = {label: tuple(costs) for label, costs in samples.items() if costs}
    ratio = None
    if len(kept) == len(labels):
        ratio, facts["p"] = _ratio(probe, kept, labels)
    return Measurement.of(probe, Status.OK, unit=described["unit"], samples=kept, ratio=ratio, parity=gate, facts=facts)


def on_claims(probe: Probe, checks: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the verdict on every claim that the sides' checks speak of, as the catalogue has it.

    One check that contradicts outweighs any other, one that could not be made any that confirm.

    Args:
        probe: which claims which checks speak of.
        checks: side -> name of a check -> its verdict.
    """
    tested: dict[str, str] = {}
    for claim, names in probe.checks.items():
        said = {
            verdict
            for side, of_side in checks.items()
            for check, verdict in of_side.items()
            if check in names or f"{side}:{check}" in names
        }
        if said:
            tested[claim] = min(said, key=_OUTWEIGHING.index)
    return tested


def _ratio(probe: Probe, samples: Mapping[str, tuple[float, ...]], labels: list[str]) -> tuple[Any, float]:
    denominator, numerator = labels
    pairs = list(zip(samples[denominator], samples[numerator], strict=True))
    if any(a <= 0 or b <= 0 for a, b in pairs):
        raise Lost(Status.FAILED, Reason("cost-not-positive", probe=probe.id), alive=True)
    logs = [math.log(b / a) for a, b in pairs]
    estimate = ratios.within(logs) if len(logs) > 1 else ratios.Estimate(logs[0], 0.0, math.inf, 1)
    found = ratios.ratio(estimate, numerator=numerator, denominator=denominator)
    return found, ratios.p_value(estimate, found.favours)
