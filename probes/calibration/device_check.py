"""All that only a machine with an accelerator can show: ``python -m probes benchmark --device gpu --quick``.

Takes the frameworks that are there, installs nothing, ends in time, and writes one evidence file with the rows in it.
Works on the CPU too, where what needs NVML is "not testable here".
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from probes import backends, reasons
from probes.calibration import device_rows
from probes.calibration.device_rows import Check, Sight
from probes.catalog.loading import load_catalog
from probes.session import runner, within_framework
from probes.session.arms import Arm
from probes.session.worker_client import Client, Lost
from probes.system import exit_status, held, machine
from probes.system.suggestions import nearest
from probes.types import Evidence, Measurement, Probe, Reason, Status

SECONDS = {True: 240.0, False: 900.0}
"""Quick or not -> seconds for everything."""

REPEATS = {True: 1, False: 4}
"""Quick or not -> fresh pairs of twins for each slowdown."""

SLOWDOWNS = (1.0, 1.10, 1.20)
"""Planted in the second of two twins; 1.0 is the same arm twice."""

TWINS = 20.0
"""Seconds of two probes of a pair of twins, their start not counted."""

BRIEF = 2.0
"""Seconds that must about be left for the second of them to begin: what it lacks widens its interval."""

WEIGHTS = {"twins": 2.0, "modes": 7.0}
"""Shares of the time that is left, a session: compiling takes most."""

AHEAD = 1.5
"""Factor on a share: most sessions end before theirs does."""

COMPILING = 15.0
"""Seconds expected of a compiled probe on a machine with an accelerator."""

CLOSING = 2.0
"""Seconds kept for ending workers and writing."""

LOOK = 60.0
"""Seconds one framework may take to import, find its devices and use one."""

HURRIED = 10.0
"""Seconds it gets where the time is up already: without one look there is nothing to say."""

LOADED = 1.0
"""Seconds between two looks at the clocks of a card under load."""

WORKLOADS = ("mlp", "convnet")
"""Plain products, and convolutions, which go through a library and a precision switch of their own."""

ID = "device-check"
"""Under this name the rows stand in the evidence."""

TIME_UP = Reason("device-checks-over")


class NoAccelerator(Exception):
    """No framework here sees what was asked for; the message says what each sees and what would help."""


@dataclass
class Result:
    """The rows, the evidence they stand in, and how the command ends."""

    kind: str
    checks: list[Check]
    evidence: Evidence
    seconds: float
    interrupted: bool = False

    @property
    def status(self) -> int:
        """130 where the user ended it, 1 where a check failed, 3 where one could not be run, else 0."""
        return exit_status.INTERRUPTED if self.interrupted else device_rows.exit_status(self.checks)

    def summary(self) -> dict[str, Any]:
        """Return the rows as plain JSON values."""
        rows = [asdict(check) for check in self.checks]
        return {"device": self.kind, "seconds": round(self.seconds, 1), "status": self.status, "checks": rows}


@dataclass
class _Run:
    """What is kept from session to session."""

    device: str
    deadline: float
    progress: Callable[[str], None]
    kind: str = ""
    interrupted: bool = False
    sessions: list[Evidence] = field(default_factory=list)
    throttled: set[str] = field(default_factory=set)
    looked: float = 0.0

    def left(self) -> float:
        return self.deadline - time.monotonic()

    def heard(self, event: Mapping[str, Any]) -> None:
        """Read the clocks between two turns, when the card was at work a moment ago; report what is done."""
        if event["event"] == "ratio" and time.monotonic() - self.looked > LOADED:
            self.looked = time.monotonic()
            self.throttled.update(machine.gpu_throttled())
        elif event["event"] == "done":
            ratio = event.get("ratio")
            said = f"{ratio['value']:.3f}" if ratio else f"{event['status']}: {event['reason']}"
            self.progress(f"{event['probe']}: {said}")

    def measure(
        self,
        probes: Sequence[Probe],
        arms: Sequence[Arm],
        *,
        weight: float,
        weights: float,
        budget: float | None = None,
    ) -> list[Measurement]:
        """Measure one session within its share of what is left; what does not fit is left out and says so.

        Args:
            probes: in the order in which they matter.
            arms: two.
            weight: of this session.
            weights: of this and all later sessions.
            budget: seconds of the probes, the start of workers not counted; all of the share unless told.
        """
        share = min(self.left(), AHEAD * self.left() * weight / weights)
        if self.interrupted:
            return [reasons.absent(probe, Status.CANCELLED, Reason("cancelled-before")) for probe in probes]
        if share < CLOSING:
            return [reasons.absent(probe, Status.SKIPPED, TIME_UP) for probe in probes]
        until = time.monotonic() + share
        session = runner.measure(
            probes,
            arms=arms,
            device=self.kind,
            budget=max(1.0, min(share, budget or share)),
            progress=self.heard,
            cancelled=lambda: time.monotonic() > until,
        )
        late = time.monotonic() > until
        self.interrupted = not late and any(m.status is Status.CANCELLED for m in session.probes)
        if late:
            session = replace(session, probes=tuple(_cut(found) for found in session.probes))
        self.sessions.append(session)
        return list(session.probes)


def _cut(measurement: Measurement) -> Measurement:
    """Return a probe that was ended for the time as left out: the user has not cancelled it."""
    if measurement.status is not Status.CANCELLED:
        return measurement
    return replace(measurement, status=Status.SKIPPED, **reasons.document(TIME_UP))


def unknown(frameworks: Sequence[str]) -> list[str]:
    """Return a message for every framework that has no backend, with the one that may be meant."""
    known = backends.known()
    strange = dict.fromkeys(name for name in frameworks if name not in known)
    return [f"--framework {name}: no backend of that name; {nearest(name, known)}" for name in strange]


def arms(frameworks: Sequence[str] = (), pythons: Mapping[str, str] | None = None) -> list[Arm]:
    """Make one arm for each framework named, or for every one that has a backend."""
    chosen = sorted(set(frameworks)) or backends.frameworks()
    return [Arm(name, name, (pythons or {}).get(name, sys.executable)) for name in chosen]


def run(
    candidates: Sequence[Arm],
    *,
    device: str = "gpu",
    quick: bool = True,
    seconds: float | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> Result:
    """Check everything with the frameworks among ``candidates`` that are there and see the device.

    Args:
        candidates: one arm a framework, from ``arms``.
        device: one of ``probes.types.DEVICES``.
        quick: one fresh pair of twins for each slowdown, within four minutes; else four, within a quarter of an hour.
        seconds: for everything, in place of that.
        progress: told what is being done.

    Raises:
        NoAccelerator: none of them sees it.
    """
    began, started = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    limit = SECONDS[quick] if seconds is None else seconds
    taken = _Run(device, began + limit - CLOSING, progress)
    memory, gpus = machine.gpu_memory(), machine.gpus()
    sights = [_look(arm, taken) for arm in candidates]
    able = [arm for arm, sight in zip(candidates, sights, strict=True) if sight.took_part]
    if not able:
        raise NoAccelerator(_none(device, sights, gpus))
    twins, modes_found = _sessions(able, taken, repeats=REPEATS[quick])
    every = [m for found in twins.values() for m in found] + modes_found
    environments: dict[str, Mapping[str, Any]] = {}
    for session in taken.sessions:
        environments = {**session.environments, **environments}
    kind = taken.kind
    training = [m for m in modes_found if m.scenario == "training_step"]
    answering = [m for m in modes_found if m.scenario == "inference"]
    checks = [
        device_rows.seen(sights, kind, gpus),
        device_rows.free_memory(kind, memory),
        device_rows.launches(sights),
        device_rows.precision(sights),
        device_rows.searching(sights),
        device_rows.device_memory(sights, kind),
        device_rows.growth(sights, kind),
        device_rows.gates(every),
        device_rows.twins(twins[1.0]),
        *(device_rows.planted(slowdown, twins[slowdown]) for slowdown in SLOWDOWNS[1:]),
        device_rows.ratios("training eager and compiled", training),
        device_rows.ratios("inference eager and compiled", answering),
        device_rows.roofs(every),
        device_rows.settled(every),
        device_rows.clocks(kind, gpus, sorted(taken.throttled)),
        device_rows.named(environments, kind, gpus),
    ]
    spent = time.monotonic() - began
    rows: dict[str, Any] = {sight.framework: dict(sight.observed) for sight in sights if sight.observed}
    rows |= {"checks": [asdict(check) for check in checks], "device": kind, "sights": [asdict(s) for s in sights]}
    summary = Measurement(ID, "accelerator", "", "eager", Status.OK, facts=rows, seconds=round(spent, 3))
    evidence = Evidence(
        machine=machine.fingerprint(),
        environments=environments,
        probes=(summary, *runner.corrected(every)),
        selftest=None,
        grade=max((session.grade for session in taken.sessions), default="D"),
        started=started,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return Result(kind, checks, evidence, spent, taken.interrupted)


def table(result: Result) -> str:
    """Return the rows, one a line, and how they ended together."""
    width = max(len(check.name) for check in result.checks)
    lines = [f"{check.name:{width}}  {check.outcome}: {check.reason}" for check in result.checks]
    outcomes = [check.outcome for check in result.checks]
    kinds = (device_rows.PASSED, device_rows.FAILED, device_rows.NOT_TESTABLE, device_rows.NOT_RUN)
    counts = ", ".join(f"{outcomes.count(kind)} {kind}" for kind in kinds if kind in outcomes)
    return "\n".join([*lines, f"{counts}, in {result.seconds:.0f} s on {result.kind}"])


def _look(arm: Arm, taken: _Run) -> Sight:
    """Start one framework alone, put it on the device and let it do what the scenario ``accelerator`` asks.

    NVML is read before the process starts and while it still holds its memory.
    """
    taken.progress(f"{arm.framework}: looking at its devices")
    before = machine.gpu_memory()
    kinds: tuple[str, ...] = ()
    with held.temporary() as scratch:
        client = None
        try:
            client = Client(arm, settings="default", scratch=scratch)
            hello: dict[str, Any] = {
                "framework": arm.framework,
                "threads": 1,
                "settings": "default",
                "plant": dict(arm.plant),
            }
            client.devices = client.ask("hello", timeout=_patience(taken), **hello)["devices"]
            kinds = tuple(found["kind"] for found in client.devices)
            kind = _wanted(kinds, taken)
            if kind is None:
                client.close()
                reason = f"{arm.framework} sees only {' and '.join(dict.fromkeys(kinds))}"
                return Sight(arm.framework, kinds, reason, ended=device_rows.NOT_TESTABLE)
            client.ask("use", timeout=_patience(taken), kind=kind)
            taken.kind = kind
        except Lost as lost:
            if client is not None:
                client.end()
            return Sight(arm.framework, kinds, str(lost), ended=device_rows.ended(lost.status))
        sight = Sight(
            arm.framework, kinds, description=next(d["description"] for d in client.devices if d["kind"] == kind)
        )
        asked: dict[str, Any] = {"scenario": "accelerator", "workload": "", "size": "small", "mode": "eager", "seed": 0}
        try:
            seen = client.ask("observe", timeout=_patience(taken), scratch=scratch, **asked)["facts"]
            memory = _risen(before, machine.gpu_memory(), machine.gpu_memory_of(client.pid))
            return replace(sight, observed=seen, memory=memory)
        except Lost as lost:
            return replace(sight, untold=str(lost), ended=device_rows.ended(lost.status))
        finally:
            client.close()


def _patience(taken: _Run) -> float:
    return max(HURRIED, min(LOOK, taken.left()))


def _wanted(kinds: Sequence[str], taken: _Run) -> str | None:
    """Choose the kind of device: what an earlier framework settled on, else what was asked for."""
    if taken.kind:
        return taken.kind if taken.kind in kinds else None
    accelerators = [kind for kind in kinds if kind != device_rows.CPU]
    if taken.device == "auto":
        return accelerators[0] if accelerators else device_rows.CPU
    if taken.device == "gpu":
        return accelerators[0] if accelerators else None
    return taken.device if taken.device in kinds else None


def _risen(
    before: Sequence[Mapping[str, int]], after: Sequence[Mapping[str, int]], process: int | None
) -> dict[str, int | None]:
    """Return by how much the use of the GPU rose whose use rose most."""
    if not after or len(after) != len(before):
        return {}
    rises = [new["used"] - old["used"] for old, new in zip(before, after, strict=True)]
    most = rises.index(max(rises))
    return {"process": process, "delta": rises[most], "total": after[most]["total"]}


def _none(device: str, sights: Sequence[Sight], gpus: Sequence[Mapping[str, Any]]) -> str:
    what = {"gpu": "accelerator", "auto": "device"}.get(device, f"{device} device")
    said = "; ".join(sight.reason for sight in sights)
    there = ", ".join(gpu["name"] for gpu in gpus)
    if there:
        help = f"NVML sees {there}: install a build of a framework for it, or name a Python that has one with --python"
    else:
        help = "NVML sees no NVIDIA GPU either: run it on a machine with a GPU and its driver, or with --device cpu"
    return f"no {what} that a framework sees here ({said}); {help}"


def _sessions(
    able: Sequence[Arm], taken: _Run, *, repeats: int
) -> tuple[dict[float, list[Measurement]], list[Measurement]]:
    """Measure the twins of the first framework, then the modes: two frameworks in each, or one against itself."""
    training, answering = _probes(able)
    compiled = [_compiled(probe) for both in zip(training, answering, strict=True) for probe in both]
    couples = [(one, other) for i, one in enumerate(able) for other in able[i + 1 :]]
    first = able[0]
    weights = len(SLOWDOWNS) * repeats * WEIGHTS["twins"] + max(1, len(couples)) * WEIGHTS["modes"]
    found: dict[float, list[Measurement]] = {slowdown: [] for slowdown in SLOWDOWNS}
    for number in range(repeats):
        for slowdown in SLOWDOWNS:
            name = "same-arm" if slowdown == 1 else f"planted-{round(100 * (slowdown - 1))}"
            taken.progress(f"{first.label}: {name}")
            ending = f"-{number + 1}" if repeats > 1 else ""
            # What is said of one framework in both arms tests no claim about frameworks.
            probes = [
                replace(probe, id=f"{name}-{probe.id}{ending}", claims=(), seconds=BRIEF)
                for probe in (training[0], answering[0])
            ]
            found[slowdown] += taken.measure(
                probes, _twins(first, slowdown), weight=WEIGHTS["twins"], weights=weights, budget=TWINS
            )
            weights -= WEIGHTS["twins"]
    if not couples:
        taken.progress(f"{first.label}: eager and compiled")
        pair = within_framework.arms(first, replace(compiled[0], baseline=training[0].mode))
        probes = [replace(probe, id=f"{probe.id}-against-eager", claims=()) for probe in compiled]
        return found, taken.measure(probes, pair, weight=WEIGHTS["modes"], weights=weights)
    measured: list[Measurement] = []
    for couple in couples:
        taken.progress(f"{' and '.join(arm.label for arm in couple)}: eager, then compiled")
        probes = [*training, *answering, *compiled]  # what is quick first, so that a cut costs least
        measured += taken.measure(probes, couple, weight=WEIGHTS["modes"], weights=weights)
        weights -= WEIGHTS["modes"]
    return found, measured


def _probes(able: Sequence[Arm]) -> tuple[list[Probe], list[Probe]]:
    """Return the eager probes of training and of inference; the control arm has one workload, its own."""
    known = load_catalog()
    training, answering = (
        [known[f"{kind}-{workload}-eager"] for workload in WORKLOADS] for kind in ("training", "inference")
    )
    if all(arm.framework != backends.CONTROL for arm in able):
        return training, answering
    first, second = (
        replace(probes[0], id=probes[0].id.replace(WORKLOADS[0], "control"), workload="control")
        for probes in (training, answering)
    )
    return [first], [second]


def _compiled(probe: Probe) -> Probe:
    return replace(probe, id=probe.id.replace(probe.mode, "compiled"), mode="compiled", seconds=COMPILING)


def _twins(arm: Arm, slowdown: float) -> tuple[Arm, Arm]:
    one, other = (replace(arm, label=f"{arm.label} {letter}") for letter in "ab")
    return one, replace(other, plant={**arm.plant, "slowdown": slowdown})
