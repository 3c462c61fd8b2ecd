"""The manager: keeps two live workers, walks the probes, and turns whatever happens into evidence.

Names the worker in an argv and never imports it, nor any framework. A worker's crash, hang or death costs the
probe it happened in; the next probe gets fresh workers.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from probes import alike, compare, gauge, jobs, machine, paired, parity, worth
from probes.agree import Agreement, agree
from probes.observed import observe
from probes.process import Arm, Cancelled, Client, Lost
from probes.types import INCONCLUSIVE, OWN, Evidence, Measurement, Probe, Status

PATIENCE = 120.0
"""Seconds a request may take where the probe names no longer time: an import on a cold disk, a first compile."""

ENOUGH = 0.8
"""Share of a probe's expected seconds that must be left of the budget for it to begin."""

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
    settings: str = "default"
    kind: str = "cpu"
    agreement: Agreement | None = None
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    references: dict[Any, dict[str, dict[str, Any]]] = field(default_factory=dict)
    roofs: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    unusable: dict[str, Lost] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    weather: list[dict[str, Any]] = field(default_factory=list)
    pairs: int = 0
    troubled: int = 0
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
        for arm in fresh:
            self.clients[arm.label] = self.start(arm)
        if fresh:
            self._settle()
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
        self.progress({"event": "note", "text": f"{arm.label} ready in {sum(answer['cold'].values()):.1f} s"})
        return client

    def _settle(self) -> None:
        """Put all arms on one kind of device and read their ledgers back."""
        seen = {label: [d["kind"] for d in client.devices] for label, client in self.clients.items()}
        common = [kind for kind in next(iter(seen.values())) if all(kind in kinds for kinds in seen.values())]
        wanted = self.device or "auto"
        if wanted in ("auto", "gpu"):
            accelerators = [kind for kind in common if kind != "cpu"]
            if wanted == "gpu" and not accelerators:
                self._unsupported(f"no accelerator that every side can use: {_say(seen)}")
            self.kind = accelerators[0] if accelerators else "cpu"
            if not accelerators and any(len(kinds) > 1 for kinds in seen.values()):
                self.progress(
                    {"event": "note", "text": f"compared on the CPU, the only device in common: {_say(seen)}"}
                )
        elif wanted in common:
            self.kind = wanted
        else:
            self._unsupported(f"no device {wanted!r} that every side can use: {_say(seen)}")
        for label, client in self.clients.items():
            self.configure(client)
            facts = {key: value for key, value in client.facts.items() if key != "device"}
            self.environments[label] = {
                "versions": facts.pop("versions"),
                "threads": client.ledger["threads"],
                "device": client.facts["device"],
                "flags": {**facts, **client.ledger, "devices": client.devices},
            }
            if label != client.arm.framework:
                self.environments[label]["framework"] = client.arm.framework

    def configure(self, client: Client) -> None:
        """Settle one worker on the session's device."""
        answer = client.ask("use", timeout=self.patience, cancelled=self.cancelled, kind=self.kind)
        client.facts, client.ledger = answer["facts"], answer["ledger"]

    def _unsupported(self, reason: str) -> None:
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

    def differing(self) -> str:
        """Name the settings that were read back differently, or nothing."""
        (first, one), *others = [(label, client.ledger) for label, client in self.clients.items()]
        return "; ".join(
            f"{key} is {one[key]} in {first} and {other[key]} in {label}"
            for label, other in others
            for key in sorted(set(one) & set(other))
            if one[key] is not None and other[key] is not None and one[key] != other[key]
        )

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


def _say(seen: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(f"{label} sees {' and '.join(dict.fromkeys(kinds))}" for label, kinds in seen.items())


def _arrays(path: str) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as held:
        return {name: held[name] for name in held.files}


def measure(
    probes: Sequence[Probe],
    *,
    frameworks: Sequence[str] = ("pytorch", "tensorflow"),
    arms: Sequence[Arm] | None = None,
    pythons: Mapping[str, str] | None = None,
    device: str | None = None,
    budget: float | None = None,
    workload_file: str | None = None,
    as_written: bool = False,
    confirm: bool = False,
    threads: str = "one",
    seed: int = 0,
    patience: float = PATIENCE,
    selftest: Mapping[str, Any] | None = None,
    progress: Progress = lambda event: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Evidence:
    """Measure probes in one session.

    Args:
        probes: in the order in which they matter; with a budget the later ones may be skipped.
        frameworks: ids; every two of them are compared.
        arms: instead of frameworks and pythons, for self-tests.
        pythons: framework -> interpreter that has it.
        device: "cpu", "cuda", "rocm", "mps", "xpu", "gpu" (any), or None for the best that all share.
        budget: seconds for all probes, counted from the moment the first workers are ready.
        workload_file: the user's own workload, in place of the probes'.
        as_written: refuse a workload of the user's whose sides differ in a default, instead of setting both alike.
        confirm: at least three restarts a probe instead of one pair of workers.
        threads: "one", "all", or a number.
        seed: for data and weights.
        patience: seconds a request may take where the probe asks for no more; a silent worker is then ended.
        selftest: this machine's calibration, as ``selftest.load`` gives it.
        progress: told what happens, as the events of ``--jsonl``.
        cancelled: asked all the time; True ends the session and keeps what is finished.

    Returns:
        Evidence with one measurement a probe (a pair of frameworks), absent ones with their reason. Ctrl-C and
        ``cancelled`` are no errors.
    """
    if arms is None:
        arms = [Arm(f, f, (pythons or {}).get(f, sys.executable)) for f in sorted(frameworks)]
    started = datetime.now(UTC).isoformat(timespec="seconds")
    defaults = {"process_sd": compare.PROCESS_SD, "process_df": compare.PROCESS_DF}
    spread = {key: (selftest or {}).get(key, value) for key, value in defaults.items()}
    shared = jobs.share_out(arms, probes)
    found: list[list[Measurement]] = []
    environments: dict[str, dict[str, Any]] = {}
    pairs, troubled, left = 0, 0, budget
    with tempfile.TemporaryDirectory(prefix="probes-") as scratch:
        for number, job in enumerate(shared):
            session = Session(
                arms=job.arms,
                threads={"one": 1, "all": gauge.cores()}.get(threads) or int(threads),
                device=device,
                seed=seed,
                scratch=scratch,
                workload_file=workload_file,
                as_written=as_written,
                **spread,
                progress=progress,
                cancelled=cancelled,
                patience=patience,
            )
            part = _share(left, [other.seconds for other in shared[number:]], now=0.0)
            found.append(_walk(session, job.probes, budget=part, confirm=confirm, sure=number == 0))
            left = None if left is None else max(0.0, left - sum(m.seconds for m in found[-1]))
            for label, environment in session.environments.items():
                environments.setdefault(job.within or label, environment)
            pairs, troubled = pairs + session.pairs, troubled + session.troubled
    standing = _together([m for walked in found for m in walked])
    together = worth.with_tuning(jobs.joined(shared, standing), **spread)
    # A session that measured nothing has not shown good conditions.
    measured = any(measurement.status is Status.OK for measurement in together)
    return Evidence(
        machine=machine.fingerprint(),
        environments=environments,
        probes=tuple(together),
        selftest=selftest,
        grade=grade(pairs, troubled, battery=bool(machine.on_battery())) if measured else "D",
        started=started,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _walk(
    session: Session, probes: Sequence[Probe], *, budget: float | None, confirm: bool, sure: bool
) -> list[Measurement]:
    """Take the probes in turn; whatever ends one of them, the others go on.

    The first one of a session begins however small the budget is (``sure``).
    """
    found: list[Measurement] = []
    ordered = sorted(probes, key=lambda probe: probe.settings != "default")
    session.progress(
        {
            "event": "plan",
            "budget": budget,
            "probes": [{"id": p.id, "seconds": p.seconds, "settings": p.settings} for p in ordered],
        }
    )
    deadline, stopped = None, ""
    start = time.monotonic()
    try:
        for index, probe in enumerate(ordered):
            began = time.monotonic()
            measurement = None
            left = deadline - began if deadline is not None else None if sure else budget
            if stopped or session.cancelled():
                stopped = stopped or "cancelled before it began"
                measurement = Measurement.absent(probe, Status.CANCELLED, stopped)
            elif left is not None and left < ENOUGH * probe.seconds:
                reason = (
                    f"the budget of {budget:.0f} s has {max(0.0, left):.0f} s left, too few for a probe "
                    f"of about {probe.seconds:.0f} s; give it more with --budget"
                )
                measurement = Measurement.absent(probe, Status.CANCELLED, reason)
            if measurement is not None:
                session.progress({"event": "skipped", "probe": probe.id, "reason": measurement.reason})
                found.append(measurement)
                continue
            session.progress({"event": "start", "probe": probe.id, "index": index + 1, "of": len(ordered)})
            try:
                session.ready(probe.settings)
                if deadline is None and budget is not None:
                    deadline = time.monotonic() + budget
                began = time.monotonic()
                share = _share(deadline, [p.seconds for p in ordered[index:]], now=began)
                measurement = _one(session, probe, deadline=share, confirm=confirm)
            except Lost as lost:
                if not lost.alive:
                    session.drop()
                measurement = Measurement.absent(probe, lost.status, lost.reason)
            except (Cancelled, KeyboardInterrupt):
                stopped = "cancelled; probes finished before are kept"
                session.drop()
                measurement = Measurement.absent(probe, Status.CANCELLED, "cancelled while it ran")
            measurement = replace(measurement, seconds=round(time.monotonic() - began, 3))
            found.append(measurement)
            session.progress(_done(measurement))
    finally:
        session.end()
    session.progress({"event": "spent", "seconds": time.monotonic() - start, "inside": session.inside})
    return found


def _share(deadline: float | None, seconds: Sequence[float], *, now: float) -> float | None:
    """Give the next probe its share of what is left, by expected seconds; half as much again, as some end early.

    Only probes that still fit count: one that will be left out for the budget must not starve the others.
    """
    if deadline is None:
        return None
    left = max(0.0, deadline - now)
    fitting, room = 0.0, left
    for expected in seconds:
        if ENOUGH * expected <= room:
            fitting, room = fitting + expected, room - expected
    return now + min(left, 1.5 * left * seconds[0] / max(fitting, seconds[0]))


def _one(session: Session, probe: Probe, *, deadline: float | None, confirm: bool) -> Measurement:
    described = next(iter([session.ask(client, "describe", probe) for client in session.clients.values()]))
    difference = session.differing()
    if difference:
        return Measurement.absent(probe, Status.NOT_COMPARABLE, f"the sides were not set alike: {difference}")
    if probe.workload == OWN:
        if session.agreement is None:
            session.agreement = agree(session, probe)
            if told := alike.line(session.told(), "en"):
                session.progress({"event": "note", "text": told})
        if session.agreement.problem:
            return Measurement.absent(probe, Status.NOT_COMPARABLE, session.agreement.problem)
    if described["kind"] == "observed":
        return observe(session, probe, described, deadline=deadline)
    return paired.measure(session, probe, described, deadline=deadline, confirm=confirm)


def _done(measurement: Measurement) -> dict[str, Any]:
    event: dict[str, Any] = {
        "event": "done",
        "probe": measurement.probe,
        "status": measurement.status.value,
        "reason": measurement.reason,
        "seconds": measurement.seconds,
    }
    if measurement.ratio is not None:
        r = measurement.ratio
        event["ratio"] = {"value": r.value, "low": r.low, "high": r.high, "pairs": r.pairs, "favours": r.favours}
        event["ratio"].update(numerator=r.numerator, denominator=r.denominator)
    return event


def _together(found: Sequence[Measurement]) -> list[Measurement]:
    """Let verdicts stand only where they survive Holm's correction over the whole session."""
    claims = {str(i): m.facts["p"] for i, m in enumerate(found) if m.ratio is not None and "p" in m.facts}
    standing = compare.holm(claims)
    made = []
    for i, m in enumerate(found):
        if m.ratio is not None and str(i) in claims and m.ratio.favours != INCONCLUSIVE and str(i) not in standing:
            facts = {**m.facts, "before_holm": m.ratio.favours}
            m = replace(m, ratio=replace(m.ratio, favours=INCONCLUSIVE), facts=facts)
        made.append(m)
    return made


def grade(pairs: int, troubled: int, *, battery: bool) -> str:
    """Grade the session's weather: A up to 2 % of pairs troubled, B 10 %, C 30 %; on battery C at best."""
    share = troubled / pairs if pairs else 0.0
    reached = next((g for g, limit in (("A", 0.02), ("B", 0.10), ("C", 0.30)) if share <= limit), "D")
    return max(reached, "C") if battery else reached
