"""The live workers of a session: started, put on one kind of device, read back, ended.

Names the worker in an argv and never imports it, nor any framework.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from probes import reasons
from probes.session.arms import Arm
from probes.session.worker_client import Client, Lost
from probes.system import machine
from probes.types import Reason, Status, UserFile

PATIENCE = 120.0
"""Seconds a request may take where the probe names no longer time: an import on a cold disk, a first compile."""

Progress = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Options:
    """What a session is asked for; the same from its first probe to its last.

    Attributes:
        threads: of every framework.
        device: a kind of device, or None for the best that all sides share.
        seed: for data and weights.
        scratch: a folder that goes with the session.
        workload_file: the user's own workload, in place of the probes'.
        as_written: refuse a workload of the user's whose sides differ in a default, instead of setting both alike.
        process_sd: standard deviation of ln(ratio) between fresh pairs of processes on this machine.
        process_df: its degrees of freedom.
        progress: given what happens, as the events of ``--jsonl``.
        cancelled: asked all the time; True ends the session.
        patience: seconds a request may take where the probe asks for no more.
    """

    threads: int
    device: str | None
    seed: int
    scratch: str
    workload_file: UserFile | None
    process_sd: float
    process_df: float
    progress: Progress
    cancelled: Callable[[], bool]
    as_written: bool = False
    patience: float = PATIENCE


@dataclass
class Workers:
    """One live worker an arm.

    Attributes:
        arms: the sides that are compared.
        options: of the session.
        clients: label of an arm -> its worker.
        settings: "default" or "tuned", in which they run.
        kind: of the device that all of them use.
        environments: label -> what it read back of itself, for the evidence.
        unusable: label -> what is wrong for good.
        starts: label -> workers started so far.
        started_in: seconds that starting all of them took.
        inside: seconds that those which have ended spent on requests, as they counted them.
    """

    arms: Sequence[Arm]
    options: Options
    clients: dict[str, Client] = field(default_factory=dict)
    settings: str = "default"
    kind: str = "cpu"
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    unusable: dict[str, Lost] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    started_in: float = 0.0
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
            client = Client(arm, settings=self.settings, scratch=self.options.scratch)
            answer = client.ask(
                "hello",
                timeout=self.options.patience,
                cancelled=self.options.cancelled,
                framework=arm.framework,
                threads=self.options.threads,
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
        self.options.progress(reasons.note(Reason("ready", side=arm.label, seconds=sum(answer["cold"].values()))))
        return client

    def _settle(self, *, alone: bool) -> None:
        """Move all arms to one kind of device and read their ledgers back; ``alone``: no worker has used a GPU yet."""
        self.kind = self._common_kind()
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

    def _common_kind(self) -> str:
        """Return the kind of device that was asked for, or the best, where every side can use it."""
        seen = {label: [d["kind"] for d in client.devices] for label, client in self.clients.items()}
        common = [kind for kind in next(iter(seen.values())) if all(kind in kinds for kinds in seen.values())]
        wanted = self.options.device or "auto"
        if wanted in common:
            return wanted
        if wanted not in ("auto", "gpu"):
            self._unsupported(Reason("no-common-device", device=wanted, seen=_sights(seen)))
        accelerators = [kind for kind in common if kind != "cpu"]
        if accelerators:
            return accelerators[0]
        if wanted == "gpu":
            self._unsupported(Reason("no-common-accelerator", seen=_sights(seen)))
        if any(len(kinds) > 1 for kinds in seen.values()):
            self.options.progress(reasons.note(Reason("cpu-in-common", seen=_sights(seen))))
        return "cpu"

    def configure(self, client: Client) -> None:
        """Settle one worker on the session's device."""
        answer = client.ask("use", timeout=self.options.patience, cancelled=self.options.cancelled, kind=self.kind)
        client.facts, client.ledger, client.defaults = answer["facts"], answer["ledger"], answer["defaults"]

    def _unsupported(self, reason: Reason) -> NoReturn:
        lost = Lost(Status.NOT_SUPPORTED, reason)
        for arm in self.arms:
            self.unusable[arm.label] = lost
        raise lost

    def differing_settings(self) -> list[Reason]:
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

    def differing_defaults(self) -> dict[str, dict[str, Any]]:
        """Return the defaults in which the sides differ, by name and side: part of what a user gets."""
        seen = {label: client.defaults for label, client in self.clients.items()}
        first = next(iter(seen.values()))
        by_name = {name: {label: values.get(name) for label, values in seen.items()} for name in first}
        return {name: values for name, values in by_name.items() if len(set(values.values()) - {None}) > 1}

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
