"""One framework against itself in two modes: what compiling is worth where the framework is given.

Two workers of the same framework take turns like those of two frameworks, under the same gate and statistics. The
ratio is about the mode: it stands in each framework's facts and never where a comparison of frameworks would.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from probes import reasons
from probes.session.arms import Arm
from probes.types import EQUIVALENT, INCONCLUSIVE, Measurement, Probe, Reason, Status

CONFIRMED, CONTRADICTED, NO_DIFFERENCE = "confirmed", "contradicted", "no practical difference"


def arms(arm: Arm, probe: Probe) -> tuple[Arm, Arm]:
    """Make the two sides of one framework: the mode first, so that the ratio is how many times as fast it is."""
    mode, baseline = (replace(arm, label=label(arm.label, mode), mode=mode) for mode in (probe.mode, probe.baseline))
    return mode, baseline


def label(framework: str, mode: str) -> str:
    """Name one framework's side in one mode."""
    return f"{framework} {mode}"


def join(probe: Probe, sides: Mapping[str, Measurement]) -> Measurement:
    """Make one measurement of what each framework's own two modes gave.

    Args:
        probe: one with a baseline.
        sides: framework -> its measurement.
    """
    if not any(side.status is Status.OK for side in sides.values()):
        first = next(iter(sides.values()))
        alone = [Reason("side", side=framework, reason=reasons.of(side)) for framework, side in sides.items()]
        return replace(reasons.absent(probe, first.status, Reason("several", reasons=alone)), seconds=_seconds(sides))
    facts: dict[str, Any] = {framework: _side(framework, probe, side) for framework, side in sides.items()}
    facts["claims"] = {
        claim: verdict
        for framework, side in sides.items()
        for claim, verdict in _claims(framework, probe, side).items()
    }
    return Measurement.of(probe, Status.OK, facts=facts, seconds=_seconds(sides))


def _seconds(sides: Mapping[str, Measurement]) -> float:
    return round(sum(side.seconds for side in sides.values()), 3)


def _side(framework: str, probe: Probe, side: Measurement) -> dict[str, Any]:
    """Return in a few figures what the mode is worth; the whole measurement stands below them."""
    if side.ratio is None:
        return {"status": side.status.value, **reasons.document(reasons.of(side))}
    mode, baseline = label(framework, probe.mode), label(framework, probe.baseline)
    started = side.facts["overtaking"]
    return {
        "status": side.status.value,
        "baseline": probe.baseline,
        "times_as_fast": side.ratio.value,
        "low": side.ratio.low,
        "high": side.ratio.high,
        "favours": side.ratio.favours.removeprefix(f"{framework} "),
        "baseline_s": statistics.median(side.samples[baseline]),
        "mode_s": statistics.median(side.samples[mode]),
        "first_step_s": side.facts["cold"][mode]["first"],
        "pays_after_steps": started["iterations"] if started["starts_slower"] == mode else None,
        "measurement": {**asdict(side), "status": side.status.value},
    }


def _claims(framework: str, probe: Probe, side: Measurement) -> dict[str, str]:
    """Return the verdicts on what is claimed of this framework's mode."""
    if side.ratio is None:
        return {}
    favours = side.ratio.favours
    if favours == INCONCLUSIVE:
        faster = kept = INCONCLUSIVE
    elif favours == EQUIVALENT:
        faster, kept = NO_DIFFERENCE, CONFIRMED
    elif favours == label(framework, probe.mode):
        faster, kept = CONFIRMED, CONTRADICTED
    else:
        faster, kept = CONTRADICTED, CONFIRMED
    return {
        **dict.fromkeys(probe.faster.get(framework, ()), faster),
        **dict.fromkeys(probe.kept.get(framework, ()), kept),
    }
