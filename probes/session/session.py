"""What stays alive from probe to probe: the live workers, what they said of themselves, what was found already.

Names the worker in an argv and never imports it, nor any framework.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from probes import reasons
from probes.session.arms import Arm
from probes.session.worker_client import Client, Lost
from probes.statistics import parity
from probes.system import machine
from probes.types import OWN, Probe, Reason, Status

if TYPE_CHECKING:
    from probes.session.agreement import Agreement
    from probes.session.paired import Round

PATIENCE = 120.0
"""Seconds a request may take where the probe names no longer time: an import on a cold disk, a first compile."""

Progress = Callable[[dict[str, Any]], None]


@dataclass
class Session:
    """What stays alive from probe to probe."""

    arms: Sequence[Arm]
    threads: int
    device: str | None
    seed: int
    scratch: str
    workload_file: str | None
    process_sd: float
    process_df: float
    progress: Progress
    cancelled: Callable[[], bool]
    patience: float = PATIENCE
    clients: dict[str, Client] = field(default_factory=dict)
    as_written: bool = False
    agreement: Agreement | None = None
    settings: str = "default"
    kind: str = "cpu"
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    references: dict[Any, dict[str, dict[str, Any]]] = field(default_factory=dict)
    roofs: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    unusable: dict[str, Lost] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    started_in: float = 0.0
    pairs: int = 0
    disturbed: int = 0
    inside: float = 0.0

    def ready(self, settings: str) -> list[Client]:
        """Return live, configured workers, one an arm, starting those that are missing.

        Raises:
            Lost: an arm cannot be had; what is wrong for good is not tried again.
        """
        if settings != self.settings:
            self.end()
            self.settings = settings
        for arm in self.arms:
            if arm.label in self.unusable:
                raise self.unusable[arm.label]
        fresh = [arm for arm in self.arms if arm.label not in self.clients]
        began = time.monotonic()
        for arm in fresh:
            self.clients[arm.label] = self.start(arm)
        if fresh:
            self._settle(alone=len(fresh) == len(self.arms))
            self.started_in = time.monotonic() - began
        return [self.clients[arm.label] for arm in self.arms]

    def start(self, arm: Arm) -> Client:
        """Start one worker and have it import its framework.

        Raises:
            Lost: it cannot.
        """
        self.starts[arm.label] = self.starts.get(arm.label, 0) + 1
        try:
            client = Client(arm, settings=self.settings, scratch=self.scratch)
            answer = client.ask(
                "hello",
                timeout=self.patience,
                cancelled=self.cancelled,
                framework=arm.framework,
                threads=self.threads,
                settings=self.settings,
                plant=dict(arm.plant),
            )
        except Lost as lost:
            if lost.alive:
                client.close()
            if lost.status is Status.NOT_INSTALLED or self.starts[arm.label] >= 2:
                self.unusable[arm.label] = lost
            raise
        client.devices = answer["devices"]
        self.progress(reasons.note(Reason("ready", side=arm.label, seconds=sum(answer["cold"].values()))))
        return client

    def _settle(self, *, alone: bool) -> None:
        """Put all arms on one kind of device and read their ledgers back; ``alone``: no worker has used a GPU yet."""
        seen = {label: [d["kind"] for d in client.devices] for label, client in self.clients.items()}
        common = [kind for kind in next(iter(seen.values())) if all(kind in kinds for kinds in seen.values())]
        wanted = self.device or "auto"
        if wanted in ("auto", "gpu"):
            accelerators = [kind for kind in common if kind != "cpu"]
            if wanted == "gpu" and not accelerators:
                self._unsupported(Reason("no-common-accelerator", seen=_sights(seen)))
            self.kind = accelerators[0] if accelerators else "cpu"
            if not accelerators and any(len(kinds) > 1 for kinds in seen.values()):
                self.progress(reasons.note(Reason("cpu-in-common", seen=_sights(seen))))
        elif wanted in common:
            self.kind = wanted
        else:
            self._unsupported(Reason("no-common-device", device=wanted, seen=_sights(seen)))
        if alone and self.kind == "cuda" and (taken := machine.gpu_taken()):
            self._unsupported(taken)
        for label, client in self.clients.items():
            self.configure(client)
            facts = {key: value for key, value in client.facts.items() if key != "device"}
            self.environments[label] = {
                "versions": facts.pop("versions"),
                "threads": client.ledger["threads"],
                "device": client.facts["device"],
                "flags": {**facts, **client.ledger, "devices": client.devices},
                "defaults": client.defaults,
                "set": dict(client.arm.variables),
            }
            if label != client.arm.framework:
                self.environments[label]["framework"] = client.arm.framework

    def configure(self, client: Client) -> None:
        """Settle one worker on the session's device."""
        answer = client.ask("use", timeout=self.patience, cancelled=self.cancelled, kind=self.kind)
        client.facts, client.ledger, client.defaults = answer["facts"], answer["ledger"], answer["defaults"]

    def _unsupported(self, reason: Reason) -> None:
        lost = Lost(Status.NOT_SUPPORTED, reason)
        for arm in self.arms:
            self.unusable[arm.label] = lost
        raise lost

    def request(self, probe: Probe) -> dict[str, Any]:
        """What every request about a probe carries."""
        return {
            "scenario": probe.scenario,
            "workload": probe.workload,
            "workload_file": self.workload_file,
            "size": probe.size,
            "seed": self.seed,
            "scratch": self.scratch,
        }

    def differing(self) -> list[Reason]:
        """Return the settings that must be equal and were read back differently."""
        (first, one), *others = [(label, client.ledger) for label, client in self.clients.items()]
        return [
            Reason(
                "setting-differs",
                setting=key,
                value=str(one[key]),
                side=first,
                other_value=str(other[key]),
                other=label,
            )
            for label, other in others
            for key in sorted(set(one) & set(other))
            if one[key] is not None and other[key] is not None and one[key] != other[key]
        ]

    def own_defaults(self) -> dict[str, dict[str, Any]]:
        """Return the defaults in which the sides differ, by name and side: part of what a user gets, and to be told."""
        seen = {label: client.defaults for label, client in self.clients.items()}
        first = next(iter(seen.values()))
        by_name = {name: {label: held.get(name) for label, held in seen.items()} for name in first}
        return {name: held for name, held in by_name.items() if len(set(held.values()) - {None}) > 1}

    def gate(
        self, probe: Probe, parts: Sequence[str], exemptions: Sequence[str], arrays: Mapping[str, str]
    ) -> dict[str, Any]:
        """Judge the float32 arrays of all sides against their float64 twins, which are made once a workload.

        Raises:
            Lost, Cancelled: from a worker.
        """
        key = (self.workload_file, probe.workload, probe.size, tuple(parts))
        if key not in self.references:
            made = {}
            for label, client in self.clients.items():
                answer = self.ask(client, "parts", probe, dtype="float64", reference=True, parity=list(parts))
                made[label] = _arrays(answer["arrays"])
            self.references[key] = made
        sides = {label: _arrays(path) for label, path in arrays.items()}
        bound = parity.OWN_REFERENCE if probe.workload == OWN else parity.REFERENCE
        return parity.gate(sides, self.references[key], parts=parts, exemptions=exemptions, bound=bound)

    def ask(self, client: Client, do: str, probe: Probe, **more: Any) -> dict[str, Any]:
        """Ask one worker about a probe, with the probe's own patience."""
        request = {**self.request(probe), "mode": client.arm.mode_of(probe), **more}
        if self.agreement is not None and probe.workload == OWN:
            request.setdefault("plan", self.agreement.plans.get(client.arm.label))
        return client.ask(do, timeout=self.allowed(probe), cancelled=self.cancelled, **request)

    def told(self) -> dict[str, Any]:
        """Return what was set alike in a model of the user's, as facts."""
        return {"harmonised": self.agreement.harmonised} if self.agreement and self.agreement.harmonised else {}

    def allowed(self, probe: Probe) -> float:
        """Seconds one request about a probe may take."""
        return max(self.patience, 6 * probe.seconds)

    def end(self) -> None:
        """End all workers."""
        for client in self.clients.values():
            self.inside += client.inside
            client.close()
        self.clients.clear()

    def drop(self) -> None:
        """End all workers at once, without asking them."""
        for client in self.clients.values():
            self.inside += client.inside
            client.end()
        self.clients.clear()


def _sights(seen: Mapping[str, Sequence[str]]) -> list[Reason]:
    return [Reason("sees", side=label, kinds=list(dict.fromkeys(kinds))) for label, kinds in seen.items()]


def _arrays(path: str) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as held:
        return {name: held[name] for name in held.files}
