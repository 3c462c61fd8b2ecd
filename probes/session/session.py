"""What stays alive from probe to probe: the live workers, and what was measured already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from probes.session.harmonization import Agreement
from probes.session.rounds import Round
from probes.session.worker_client import Client
from probes.session.workers import Options, Workers
from probes.statistics import parity
from probes.system import array_files
from probes.types import OWN, Probe


@dataclass
class Session:
    """What stays alive from probe to probe.

    Attributes:
        workers: the live ones.
        agreement: how a user's model is measured, once that is known.
        references: arrays of the float64 twins, by workload and arm.
        roofs: the best that each arm reached, by settings, threads and device.
        rounds: id of a probe -> what each pair of processes gave.
        pairs: turns taken in pairs, of all probes.
        disturbed: those of them that other load disturbed.
    """

    workers: Workers
    agreement: Agreement | None = None
    references: dict[Any, dict[str, dict[str, Any]]] = field(default_factory=dict)
    roofs: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    pairs: int = 0
    disturbed: int = 0

    @property
    def options(self) -> Options:
        """Return what the session is asked for."""
        return self.workers.options

    def request(self, probe: Probe) -> dict[str, Any]:
        """Return what every request about a probe carries."""
        return {
            "scenario": probe.scenario,
            "workload": probe.workload,
            "workload_file": self.options.workload_file,
            "size": probe.size,
            "seed": self.options.seed,
            "scratch": self.options.scratch,
        }

    def gate(
        self, probe: Probe, parts: Sequence[str], exemptions: Sequence[str], arrays: Mapping[str, str]
    ) -> dict[str, Any]:
        """Judge the float32 arrays of all sides against their float64 twins, which are made once a workload.

        Raises:
            Lost, Cancelled: from a worker.
        """
        key = (self.options.workload_file, probe.workload, probe.size, tuple(parts))
        if key not in self.references:
            made = {}
            for label, client in self.workers.clients.items():
                answer = self.ask(client, "parts", probe, dtype="float64", reference=True, parity=list(parts))
                made[label] = array_files.read(answer["arrays"])
            self.references[key] = made
        sides = {label: array_files.read(path) for label, path in arrays.items()}
        bound = parity.OWN_REFERENCE if probe.workload == OWN else parity.REFERENCE
        return parity.gate(sides, self.references[key], parts=parts, exemptions=exemptions, bound=bound)

    def ask(self, client: Client, do: str, probe: Probe, **more: Any) -> dict[str, Any]:
        """Ask one worker about a probe, with the probe's own patience."""
        request = {**self.request(probe), "mode": client.arm.mode_of(probe), **more}
        if self.agreement is not None and probe.workload == OWN:
            request.setdefault("plan", self.agreement.plans.get(client.arm.label))
        return client.ask(do, timeout=self.allowed(probe), cancelled=self.options.cancelled, **request)

    def harmonised(self) -> dict[str, Any]:
        """Return what was set alike in a model of the user's, as facts."""
        return {"harmonised": self.agreement.harmonised} if self.agreement and self.agreement.harmonised else {}

    def allowed(self, probe: Probe) -> float:
        """Return the seconds one request about a probe may take."""
        return max(self.options.patience, 6 * probe.seconds)
