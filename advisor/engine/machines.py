"""Measurements of several machines: which the needs name, and where the machines disagree. Pure: no files, no clock.

With the measurements of one machine alone nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from advisor.engine.compilation import measured_gaps
from advisor.engine.observations import Observation, identity, of_interest
from advisor.engine.problem import Problem
from advisor.engine.reference_results import observations_of
from advisor.model.needs import Needs
from probes.types import EQUIVALENT, INCONCLUSIVE, Evidence, Measurement, Ratio

HARDWARE = "hardware"
"""The question whose options name machines."""

NAMED_BY = {"cpu": "cpu", "cuda": "nvidia", "rocm": "amd", "xpu": "intel-gpu", "mps": "apple", "tpu": "tpu"}
"""Kind of device on which something was measured -> the option that names machines that have it."""


@dataclass(frozen=True)
class Side:
    """What one machine says: its description, and the ratio measured there."""

    machine: Mapping[str, Any]
    ratio: Ratio


@dataclass(frozen=True)
class Disagreement:
    """A probe that favours different frameworks on two machines, each beyond its interval."""

    measurement: Measurement
    one: Side
    other: Side


def disagreements(evidence: Sequence[Evidence]) -> list[Disagreement]:
    """Return where machines disagree: once a probe and pair, between the two whose ratios lie furthest apart."""
    sides: dict[tuple[str, str, str], list[tuple[Measurement, Side]]] = {}
    for session in evidence:
        for measurement in session.probes:
            ratio = measurement.ratio
            if ratio is not None and of_interest(measurement) and ratio.favours not in (EQUIVALENT, INCONCLUSIVE):
                key = (measurement.probe, ratio.numerator, ratio.denominator)
                sides.setdefault(key, []).append((measurement, Side(session.machine, ratio)))
    found = []
    for told in sides.values():
        low, high = (pick(told, key=lambda one: one[1].ratio.value) for pick in (min, max))
        apart = low[1].ratio.high < high[1].ratio.low and low[1].ratio.favours != high[1].ratio.favours
        if apart and identity(low[1].machine) != identity(high[1].machine):
            found.append(Disagreement(low[0], low[1], high[1]))
    return found


def for_needs(problem: Problem, needs: Needs) -> Problem:
    """Return the problem with measurements on hardware that the needs do not name weighing less.

    They weigh as those of another machine do. Nothing changes where all were taken on one machine, where the needs name
    no hardware, or where nothing was measured on what they name: something elsewhere then says more than nothing.
    """
    named, seen = set(needs.options(HARDWARE)), problem.finding.observations
    if len({one.machine for one in seen}) < 2 or not any(_hardware(one) in named for one in seen):
        return problem
    doubt = problem.knowledge.settings.other_machine**2
    weighed = tuple(
        replace(one, variance=one.variance + doubt, unnamed=True) if _unnamed(one, named) else one for one in seen
    )
    return replace(
        problem,
        finding=replace(problem.finding, observations=weighed),
        ratios=measured_gaps(
            (*weighed, *observations_of(problem.finding.reference)),
            problem.knowledge,
            criteria=problem.criteria,
            frameworks=problem.frameworks,
        ),
    )


def _hardware(observation: Observation) -> str | None:
    return NAMED_BY.get(observation.device)


def _unnamed(observation: Observation, named: Iterable[str]) -> bool:
    hardware = _hardware(observation)
    return hardware is not None and hardware not in named
