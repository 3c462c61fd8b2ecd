"""Converts what was measured on a machine into observations, and into a verdict for every claim tested.

A probe's ratio and a claim's effect are put on one scale, the logarithm of a ratio of costs, and meet as
normals; both numbers are kept. Imports the probes' types and words only. Pure: no files, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisor.engine.claim_verdicts import CONFIRMED, CONTRADICTED, NO_DIFFERENCE, verdicts_on_claims
from advisor.model.knowledge import Criterion, Knowledge, Settings
from advisor.model.recommendation import ClaimVerdict, RouteSeen
from advisor.model.reference import ReferenceResult
from probes.types import Evidence, Measurement, Probe, Status

QUANTILE_95 = 1.959963984540054
"""Half-width of a 95 % interval in standard deviations."""

HARDWARE = ("cpu", "cores", "cores_host", "memory_bytes", "gpus", "arch")
"""What makes a machine another one; its Python, kernel and clocks may change."""

CONFLICT = 2.0
"""A measurement further than this many standard deviations from the claims contradicts them."""


@dataclass(frozen=True)
class Observation:
    """One workload's result on one criterion: log cost(numerator)/cost(denominator).

    Attributes:
        mean: log ratio. variance: of the mean, sampling error and transfer to the real job together.
        probes: ids of the probes behind it. other_machine: True where it was measured elsewhere.
        machine: its identity. device: the kind of device, empty where several were used or none is told.
        unnamed: True where the needs name other hardware.
    """

    criterion: str
    numerator: str
    denominator: str
    mean: float
    variance: float
    probes: tuple[str, ...]
    other_machine: bool = False
    machine: str = ""
    device: str = ""
    unnamed: bool = False


@dataclass(frozen=True)
class Finding:
    """What the evidence says, ready for scoring.

    Attributes:
        observations: for criteria with a ratio scale.
        verdicts: one document per claim tested.
        confirmed: claims that facts of this machine confirm: each speaks once more, with grade high.
        dropped: claims that do not hold here: they weigh nothing, and are shown.
        reference: what machines like this one say where the user has not measured.
        routes: documented route -> what was seen of it, under the needs that are judged.
    """

    observations: tuple[Observation, ...] = ()
    verdicts: tuple[ClaimVerdict, ...] = ()
    confirmed: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    reference: tuple[ReferenceResult, ...] = ()
    routes: Mapping[str, RouteSeen] = field(default_factory=dict)


@dataclass(frozen=True)
class _Key:
    """What ratios have in common that are pooled. ``machine``: its identity. ``own``: a workload of the user's."""

    criterion: str
    numerator: str
    denominator: str
    scenario: str
    workload: str
    machine: str
    elsewhere: bool
    own: bool


@dataclass
class _Group:
    """Ratios of one workload and scenario on one machine: they share the transfer to the real job."""

    means: list[float] = field(default_factory=list)
    variances: list[float] = field(default_factory=list)
    probes: list[str] = field(default_factory=list)
    devices: set[str] = field(default_factory=set)


def scale(criterion: Criterion) -> float:
    """Return the log ratio that corresponds to a value difference of 1 (``full_scale`` moves it by .5)."""
    if criterion.full_scale is None:
        raise ValueError(f"criterion {criterion.id} has no full_scale")
    return 2.0 * math.log(criterion.full_scale)


def standard_error(low: float, high: float) -> float:
    """Return the standard error of a log ratio from its 95 % interval."""
    return (math.log(high) - math.log(low)) / (2.0 * QUANTILE_95)


def fuse(prior_mean: float, prior_sd: float, *, observed: float, variance: float) -> tuple[float, float, float]:
    """Return posterior mean, posterior sd and the conflict z of a normal prior and a normal observation."""
    total = prior_sd**2 + variance
    gain = prior_sd**2 / total
    mean = prior_mean + gain * (observed - prior_mean)
    return mean, math.sqrt(prior_sd**2 * (1.0 - gain)), (observed - prior_mean) / math.sqrt(total)


def criterion_of(measurement: Measurement, probes: Sequence[Probe], knowledge: Knowledge) -> str | None:
    """Return the criterion a measurement speaks to: its probe's, else that of all probes of its kind, else its claims'.

    Of its kind are those of its scenario and mode. A model of the user's is measured by probes that the catalogue does
    not hold by their names.
    """
    for probe in probes:
        if probe.id == measurement.probe:
            return probe.criterion
    scenario = [probe for probe in probes if probe.scenario == measurement.scenario and not probe.baseline]
    kinds = ([probe for probe in scenario if probe.mode == measurement.mode], scenario)
    for kind in kinds:
        of_kind = {probe.criterion for probe in kind}
        if len(of_kind) == 1:
            return of_kind.pop()
    of_claims = {
        knowledge.claims[claim].criterion
        for claim, ids in knowledge.probes_of.items()
        if measurement.probe in ids and claim in knowledge.claims
    }
    return of_claims.pop() if len(of_claims) == 1 else None


def interpret(
    evidence: Sequence[Evidence],
    knowledge: Knowledge,
    *,
    probes: Sequence[Probe] = (),
    machine: Mapping[str, Any] | None = None,
) -> Finding:
    """Turn evidence into observations and verdicts.

    Args:
        evidence: sessions, of this machine and of others.
        knowledge: criteria, claims, and the settings of transfer.
        probes: the catalogue, which says what each probe speaks to.
        machine: fingerprint of this machine; where given, evidence of another one counts as such.
    """
    verdicts = verdicts_on_claims(evidence, knowledge, probes)
    confirmed, dropped = set(), set()
    for verdict in verdicts:
        criterion = knowledge.criteria.get(verdict.criterion)
        if criterion is not None and criterion.full_scale is not None and not verdict.by_facts:
            continue  # the ratio itself enters as an observation
        if verdict.verdict == CONFIRMED:
            confirmed.add(verdict.claim)
        elif verdict.verdict in (CONTRADICTED, NO_DIFFERENCE):
            dropped.add(verdict.claim)
    return Finding(
        observations=_observations(evidence, knowledge, probes, machine),
        verdicts=verdicts,
        confirmed=frozenset(confirmed),
        dropped=frozenset(dropped),
    )


def _observations(
    evidence: Sequence[Evidence],
    knowledge: Knowledge,
    probes: Sequence[Probe],
    machine: Mapping[str, Any] | None,
) -> tuple[Observation, ...]:
    groups: dict[_Key, _Group] = {}
    for session in evidence:
        elsewhere = machine is not None and not same_machine(session.machine, machine)
        place = place_of(session.machine)
        for measurement in session.probes:
            if measurement.ratio is None or not of_interest(measurement):
                continue
            criterion = criterion_of(measurement, probes, knowledge)
            if criterion is None or criterion not in knowledge.criteria:
                continue
            if knowledge.criteria[criterion].full_scale is None:
                continue
            ratio = measurement.ratio
            if not {ratio.numerator, ratio.denominator} <= set(knowledge.frameworks):
                continue
            key = _Key(
                criterion=criterion,
                numerator=ratio.numerator,
                denominator=ratio.denominator,
                scenario=measurement.scenario,
                workload=measurement.workload or measurement.probe,
                machine=place,
                elsewhere=elsewhere,
                own=measurement.own_workload,
            )
            group = groups.setdefault(key, _Group())
            group.means.append(math.log(ratio.value))
            group.variances.append(standard_error(ratio.low, ratio.high) ** 2)
            group.probes.append(measurement.probe)
            group.devices.add(str(measurement.facts.get("device", "")))
    return tuple(_pooled(key, group, knowledge.settings) for key, group in groups.items())


def _pooled(key: _Key, group: _Group, settings: Settings) -> Observation:
    """Average the modes and repeats of one workload; their common transfer counts once."""
    count = len(group.means)
    transfer = settings.own_transfer if key.own else settings.transfer
    variance = sum(group.variances) / count**2 + transfer**2
    if key.elsewhere:
        variance += settings.other_machine**2
    return Observation(
        criterion=key.criterion,
        numerator=key.numerator,
        denominator=key.denominator,
        mean=sum(group.means) / count,
        variance=variance,
        probes=tuple(dict.fromkeys(group.probes)),
        other_machine=key.elsewhere,
        machine=key.machine,
        device=group.devices.pop() if len(group.devices) == 1 else "",
    )


def of_interest(measurement: Measurement) -> bool:
    """Return whether a measurement's ratio decides: tuned settings are shown beside, the defaults decide."""
    return measurement.status is Status.OK and measurement.settings == "default"


def identity(machine: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tells one machine from another, of what its description says: the hardware, not its state."""
    return {key: machine[key] for key in HARDWARE if key in machine}


def place_of(machine: Mapping[str, Any]) -> str:
    """Return a machine's identity as one word."""
    return repr(sorted((str(key), str(value)) for key, value in identity(machine).items()))


def same_machine(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return True where both descriptions are of the same hardware."""
    return identity(one) == identity(other)
