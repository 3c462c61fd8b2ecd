"""Who takes which probes: every two frameworks those that compare frameworks, every framework those of its own modes.

Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from probes.session import within_framework
from probes.session.arms import Arm
from probes.types import Measurement, Probe


@dataclass(frozen=True)
class Job:
    """Probes that one pair of arms takes: two frameworks, or one framework (``within``) in two modes."""

    arms: tuple[Arm, Arm]
    probes: tuple[Probe, ...]
    within: str = ""

    @property
    def seconds(self) -> float:
        """Expected seconds of them all."""
        return sum(probe.seconds for probe in self.probes)


def share_out(arms: Sequence[Arm], probes: Sequence[Probe]) -> list[Job]:
    """Share the probes out: those that compare frameworks to every two of them, the others to every one."""
    between = tuple(probe for probe in probes if not probe.baseline)
    couples = [(one, other) for i, one in enumerate(arms) for other in arms[i + 1 :]]
    made = [Job(couple, between) for couple in couples if between or not probes]
    for mode, baseline in dict.fromkeys((probe.mode, probe.baseline) for probe in probes if probe.baseline):
        alike = tuple(
            replace(probe, seconds=probe.seconds / len(arms))
            for probe in probes
            if (probe.mode, probe.baseline) == (mode, baseline)
        )
        made += [Job(within_framework.arms(arm, alike[0]), alike, within=arm.label) for arm in arms]
    return made


def joined(jobs: Sequence[Job], found: Sequence[Measurement]) -> list[Measurement]:
    """Merge what each framework's own modes gave into one measurement a probe; ``found`` lies in the jobs' order."""
    made: list[Measurement] = []
    within: dict[str, tuple[Probe, dict[str, Measurement]]] = {}
    rest = iter(found)
    for job in jobs:
        known = {probe.id: probe for probe in job.probes}
        for _ in job.probes:
            measurement = next(rest)
            if job.within:
                _, sides = within.setdefault(measurement.probe, (known[measurement.probe], {}))
                sides[job.within] = measurement
            else:
                made.append(measurement)
    return made + [within_framework.join(probe, sides) for probe, sides in within.values()]
