"""What the device check found, judged row by row: passed, failed, not testable here, or not run, each with its reason.

Pure: no files, no clock, no process.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from probes.statistics import parity, roofline
from probes.system import exit_status as statuses
from probes.types import EQUIVALENT, INCONCLUSIVE, Measurement, Ratio, Status

PASSED, FAILED, NOT_TESTABLE, NOT_RUN = "passed", "failed", "not testable here", "not run"

LEFT = 0.1
"""Share of the awaited time that a fetch may still wait for after the device was waited for."""

FETCH = 0.02
"""Seconds a fetch of one number may take by itself."""

FULL = 1e-5
"""Largest relative error of a float32 product: sums of a thousand terms lie near 1e-6, TF32 near 3e-4."""

TOLD = 0.9
"""Share of what an allocator says it holds that NVML must show at least."""

GROWN = 0.25
"""Share of a device's memory that a process may hold beyond its allocator's word: a context and libraries take some
hundred MB, a framework that reserves everything takes nearly all."""

FREE = 2 << 30
"""Free bytes under which two contexts and small models do not fit: another program holds the device."""

DRIFT = 0.15
"""Largest difference between the first and the last third of a side's turns: a search for kernels or a clock that rises
inside the timed turns shows as more."""

CPU = "cpu"

_NO_NVML = "NVML tells of no NVIDIA GPU here"


@dataclass(frozen=True)
class Check:
    """One row: what was checked, how it ended, and the figures or the reason."""

    name: str
    outcome: str
    reason: str


@dataclass(frozen=True)
class Sight:
    """What one framework saw of the device, in one fresh process.

    Attributes:
        framework: id.
        kinds: of the devices it sees, the CPU first; empty where it could not start.
        reason: why it takes no further part, or nothing.
        description: of the device that was used.
        observed: facts of the scenario ``accelerator``.
        untold: why there are none, where there are none.
        ended: what its absence, or theirs, means for a row.
        memory: bytes by NVML: ``process`` (None where the driver does not tell), ``delta`` and ``total`` of the GPU
            whose use rose most; empty where NVML tells nothing.
    """

    framework: str
    kinds: tuple[str, ...] = ()
    reason: str = ""
    description: str = ""
    observed: Mapping[str, Any] = field(default_factory=dict)
    untold: str = ""
    ended: str = NOT_RUN
    memory: Mapping[str, int | None] = field(default_factory=dict)

    @property
    def took_part(self) -> bool:
        """Return whether it could be run."""
        return not self.reason


def ended(status: Status) -> str:
    """Return what a probe without a result means for a row: left out, out of reach, or wrong."""
    if status in (Status.SKIPPED, Status.CANCELLED, Status.TIMED_OUT):
        return NOT_RUN
    return NOT_TESTABLE if status in (Status.NOT_SUPPORTED, Status.NOT_INSTALLED) else FAILED


def exit_status(checks: Sequence[Check]) -> int:
    """Return 1 where a check failed, 3 where one could not be run, else 0."""
    outcomes = {check.outcome for check in checks}
    if FAILED in outcomes:
        return statuses.NEGATIVE
    return statuses.PARTLY if NOT_RUN in outcomes else statuses.DONE


def seen(sights: Sequence[Sight], kind: str, gpus: Sequence[Mapping[str, Any]]) -> Check:
    """Return which framework takes part on which device, and which sees none."""
    said = [
        f"{sight.framework}: {sight.description or sight.kinds[0]}" if sight.took_part else sight.reason
        for sight in sights
    ]
    said.append("NVML: " + (", ".join(gpu["name"] for gpu in gpus) or "no NVIDIA GPU"))
    absent = {sight.ended for sight in sights if not sight.took_part}
    outcome = FAILED if FAILED in absent else NOT_RUN if NOT_RUN in absent else PASSED
    return Check("devices seen", outcome, f"{kind}; " + "; ".join(said))


def free_memory(kind: str, memory: Sequence[Mapping[str, int]]) -> Check:
    """Judge whether the freest device has room, before anything ran."""
    name = "free device memory"
    if kind == CPU or not memory:
        return Check(name, NOT_TESTABLE, _nvml(kind))
    best = max(memory, key=lambda gpu: gpu["free"])
    said = f"{_gib(best['free'])} of {_gib(best['total'])} free before the first turn"
    if best["used"] + best["free"] > best["total"] * 1.01:
        return Check(name, FAILED, f"{said}, but used and free together are more than all: {_gib(best['used'])} used")
    if best["free"] < FREE:
        return Check(name, FAILED, f"{said}; another program holds the rest: end it, at least {_gib(FREE)} is needed")
    return Check(name, PASSED, said)


def launches(sights: Sequence[Sight]) -> Check:
    """Judge whether waiting for the device waits: a fetch afterwards must find the work done."""

    def judge(observed: Mapping[str, Any]) -> tuple[bool, str]:
        found = observed["launches"]
        said = (
            f"{found['products']} products of side {found['side']} launched in {found['launched_s']:.4f} s, done after "
            f"{found['waited_s']:.4f} s, fetched {found['left_s']:.4f} s later "
            f"({found['flops_per_second'] / 1e12:.2f} TFLOP/s)"
        )
        return found["left_s"] <= max(FETCH, LEFT * found["waited_s"]), said

    return _each("launches are waited for", sights, judge)


def precision(sights: Sequence[Sight]) -> Check:
    """Judge whether products and convolutions are float32's own, and say whether the ruler would see TF32."""

    def judge(observed: Mapping[str, Any]) -> tuple[bool, str]:
        found, allowed = observed["precision"], observed["precision_with_tf32"]
        said = ", ".join(f"{name} off by {error:.1e}" for name, error in found.items())
        visible = any(allowed[name] > 10 * found[name] for name in found)
        proof = ", ".join(f"{name} {error:.1e}" for name, error in allowed.items())
        said += f"; with TF32 allowed {proof}" + ("" if visible else " (this device has none for float32)")
        return max(found.values()) <= FULL, said

    return _each("full float32, no TF32", sights, judge)


def searching(sights: Sequence[Sight]) -> Check:
    """Judge whether the framework searches for kernels unasked; drift says the same where it does not tell."""

    def judge(observed: Mapping[str, Any]) -> tuple[bool, str]:
        told = {True: "searches for kernels at first calls", False: "does not search for kernels", None: "cannot tell"}
        return observed["searches"] is not True, told[observed["searches"]]

    return _each("no search for kernels", sights, judge)


def device_memory(sights: Sequence[Sight], kind: str) -> Check:
    """Judge whether NVML shows at least what each allocator says it holds."""

    def judge(sight: Sight) -> tuple[bool, str]:
        held, by, source = _held(sight)
        return by >= TOLD * held, f"{source} {_gib(by)}, its allocator {_gib(held)}"

    return _by_nvml("device memory by NVML beside the allocator's", sights, kind, judge)


def growth(sights: Sequence[Sight], kind: str) -> Check:
    """Judge whether a process takes memory as it needs it, not all at once."""

    def judge(sight: Sight) -> tuple[bool, str]:
        held, by, source = _held(sight)
        total = sight.memory["total"] or 0
        return (
            by - held <= GROWN * total,
            f"{source} {_gib(by)} of {_gib(total)}, {_gib(max(0, by - held))} unexplained",
        )

    return _by_nvml("memory grows with need", sights, kind, judge)


def gates(measured: Sequence[Measurement]) -> Check:
    """Judge the parity gates, for a training and an inference workload, and say how near the bounds they came."""
    name = "parity against float64"
    judged = [m for m in measured if m.parity is not None]
    if not judged:
        return _absent(name, measured)
    failed = [f"{m.probe}: {m.parity['reason']}" for m in judged if m.parity and not m.parity["passed"]]
    if failed:
        return Check(name, FAILED, "; ".join(failed))
    nearest = max(((_nearness(m), m.probe) for m in judged), default=(0.0, ""))
    kinds = sorted({m.scenario.partition("_")[0] for m in judged})
    outcome = PASSED if len(kinds) > 1 else NOT_RUN
    return Check(
        name, outcome, f"{len(judged)} gates ({', '.join(kinds)}); nearest to its bound: {nearest[1]}, {nearest[0]:.0%}"
    )


def _nearness(measurement: Measurement) -> float:
    report = measurement.parity or {}
    shares = [
        side["distance"] / bound
        for part, bound in parity.BOUNDS.items()
        for side in report.get(part, {}).values()
        if isinstance(side, Mapping) and side.get("distance") is not None
    ]
    return max(shares, default=0.0)


def twins(measured: Sequence[Measurement]) -> Check:
    """Judge the same arm twice: no winner may be named."""

    def wrong(m: Measurement, ratio: Ratio) -> str:
        # Holm's correction among the other rows must not hide a winner that was named here.
        named = m.facts.get("before_holm", ratio.favours)
        return "" if named in (EQUIVALENT, INCONCLUSIVE) else f"names {named}"

    return _ratios("the same arm twice", measured, wrong)


def planted(slowdown: float, measured: Sequence[Measurement]) -> Check:
    """Judge a planted slowdown: told apart from none, and covered by the interval."""

    def wrong(m: Measurement, ratio: Ratio) -> str:
        if ratio.low <= 1:
            return "not told apart"
        return "" if ratio.low <= slowdown <= ratio.high else f"{slowdown:.2f} lies outside"

    return _ratios(f"planted +{slowdown - 1:.0%}", measured, wrong)


def ratios(name: str, measured: Sequence[Measurement]) -> Check:
    """Judge whether every probe gave a ratio."""
    return _ratios(name, measured, lambda m, ratio: "")


def roofs(measured: Sequence[Measurement]) -> Check:
    """Judge the shares of the measured roof: more than all of it means that work was missing or not waited for."""
    name = "at most all of the roof"
    over = [m for m in measured if m.reason_code == "above-roof"]
    if over:
        return Check(name, FAILED, "; ".join(f"{m.probe}: {m.reason}" for m in over))
    shares = [
        (side["compute"], m.probe)
        for m in measured
        for side in (m.roof or {}).values()
        if isinstance(side, Mapping) and "compute" in side
    ]
    if not shares:
        return _absent(name, measured)
    most, probe = max(shares)
    return Check(name, PASSED if most <= roofline.SLACK else FAILED, f"at most {most:.1%} ({probe})")


def settled(measured: Sequence[Measurement]) -> Check:
    """Judge whether costs stay on one level from the first timed turn to the last."""
    name = "first calls are not timed"
    drifts = [
        (abs(statistics.median(costs[-third:]) / statistics.median(costs[:third]) - 1), f"{m.probe}, {label}")
        for m in measured
        if m.status is Status.OK
        for label, costs in m.samples.items()
        if (third := len(costs) // 3)
    ]
    if not drifts:
        return _absent(name, measured)
    most, where = max(drifts)
    never = sum(not ok for m in measured for turns in m.facts.get("turns", ()) for ok in turns["steady"].values())
    said = f"the last third of the turns differs from the first by at most {most:.1%} ({where}); never steady: {never}"
    return Check(name, PASSED if most <= DRIFT else FAILED, said)


def clocks(kind: str, gpus: Sequence[Mapping[str, Any]], reasons: Sequence[str]) -> Check:
    """Judge whether the card kept its clocks while it worked; a power cap under load is ordinary."""
    name = "clocks kept under load"
    if kind == CPU or not gpus:
        return Check(name, NOT_TESTABLE, _nvml(kind))
    hindered = sorted(set(reasons) - {"power cap"})
    said = f"seen while it worked: {', '.join(sorted(set(reasons))) or 'no throttling'}"
    return Check(name, FAILED if hindered else PASSED, said + ("; cool it and run again" if hindered else ""))


def named(environments: Mapping[str, Mapping[str, Any]], kind: str, gpus: Sequence[Mapping[str, Any]]) -> Check:
    """Judge whether the evidence names each side's device as NVML does."""
    name = "the evidence names the device"
    if not environments:
        return Check(name, NOT_RUN, "no session began")
    names: dict[str, str] = {}
    for label, environment in environments.items():
        devices = environment["flags"]["devices"]
        names[label] = next((d["description"] for d in devices if d["name"] == environment["device"]), "")
    lacking = [label for label, description in names.items() if not description]
    if lacking:
        return Check(name, FAILED, f"no device of {', '.join(lacking)} has a name")
    distinct = ", ".join(sorted(set(names.values())))
    if kind == "cuda" and gpus and not all(any(d in g["name"] or g["name"] in d for g in gpus) for d in names.values()):
        return Check(name, FAILED, f"{distinct}, but NVML says {', '.join(g['name'] for g in gpus)}")
    return Check(name, PASSED, f"{distinct}, in {len(names)} environments")


def _each(name: str, sights: Sequence[Sight], judge: Callable[[Mapping[str, Any]], tuple[bool, str]]) -> Check:
    """Judge every framework that took part by what it observed; the worst outcome stands."""
    found = []
    for sight in sights:
        if not sight.took_part:
            continue
        if sight.observed:
            good, said = judge(sight.observed)
            found.append((PASSED if good else FAILED, f"{sight.framework}: {said}"))
        else:
            found.append((sight.ended, f"{sight.framework}: {sight.untold}"))
    return _worst(name, found)


def _by_nvml(name: str, sights: Sequence[Sight], kind: str, judge: Callable[[Sight], tuple[bool, str]]) -> Check:
    if kind == CPU or not any(sight.memory for sight in sights):
        return Check(name, NOT_TESTABLE, _nvml(kind))
    found = []
    for sight in sights:
        if not sight.took_part:
            continue
        if sight.observed and sight.memory:
            good, said = judge(sight)
            found.append((PASSED if good else FAILED, f"{sight.framework}: {said}"))
        else:
            found.append((sight.ended, f"{sight.framework}: {sight.untold or _NO_NVML}"))
    return _worst(name, found)


def _held(sight: Sight) -> tuple[int, int, str]:
    """Return what the allocator holds, what NVML shows, and by which of its figures."""
    memory = sight.observed["memory"]
    held = max(memory["held"], memory.get("reserved", memory.get("peak", 0)))
    process = sight.memory.get("process")
    if process is not None:
        return held, process, "this process by NVML"
    return held, sight.memory["delta"] or 0, "the device's rise by NVML"


def _ratios(name: str, measured: Sequence[Measurement], wrong: Callable[[Measurement, Ratio], str]) -> Check:
    """Judge every ratio by what is wrong with it, or nothing; a probe without one by how it ended."""
    found = []
    for m in measured:
        if m.ratio is None:
            found.append((ended(m.status), f"{m.probe}: {m.reason}"))
            continue
        r, problem = m.ratio, wrong(m, m.ratio)
        said = f"{m.probe} {r.numerator}/{r.denominator} {r.value:.3f} [{r.low:.3f}, {r.high:.3f}]"
        found.append((FAILED, f"{said} {problem}") if problem else (PASSED, said))
    return _worst(name, found)


def _absent(name: str, measured: Sequence[Measurement]) -> Check:
    reasons = dict.fromkeys(m.reason for m in measured if m.reason)
    return Check(name, NOT_RUN, "; ".join(reasons) or "nothing was measured")


def _worst(name: str, found: Sequence[tuple[str, str]]) -> Check:
    if not found:
        return Check(name, NOT_RUN, "nothing was measured")
    outcome = next(o for o in (FAILED, NOT_RUN, NOT_TESTABLE, PASSED) if any(o == outcome for outcome, _ in found))
    return Check(name, outcome, "; ".join(said for _, said in found))


def _nvml(kind: str) -> str:
    return "the CPU has no NVML" if kind == CPU else _NO_NVML


def _gib(count: int) -> str:
    return f"{count / 2**30:.2f} GiB"
