"""What difference can this machine resolve? The same framework in both arms, then with planted slowdowns.

The spread between fresh pairs of identical arms is this machine's own process spread; later sessions widen their
intervals by it instead of by the documented default.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from probes import compare, duet, kept, machine
from probes.evidence import EvidenceError
from probes.process import Arm
from probes.types import EQUIVALENT, INCONCLUSIVE, Measurement, Probe, Ratio, Status

SLOWDOWNS = (1.05, 1.10, 1.20)

HURRY = 1.0
"""Seconds of turns a pair in the quick self-test."""

FLOOR = 0.005
"""Smallest process spread believed: a quarter of a dozen quiet pairs can agree by luck."""


def place() -> Path:
    """Return where the calibration is kept: beside the advisor's own data.

    Raises:
        Nowhere: there is no such folder.
    """
    return kept.data() / "selftest.json"


def load() -> dict[str, Any] | None:
    """Read this machine's calibration; None where there is none, or where it is another machine's."""
    try:
        held = json.loads(place().read_text(encoding="utf-8"))
    except (OSError, ValueError, kept.Nowhere):
        return None
    if not isinstance(held, dict) or held.get("cpu") != _cpu():
        return None
    return held


def save(result: dict[str, Any]) -> None:
    """Keep the calibration.

    Raises:
        Nowhere: there is no folder to keep it in, or it cannot be written; the calibration is none the worse.
    """
    target = place()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_suffix(".new")
        beside.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        beside.replace(target)
    except OSError as error:
        raise kept.Nowhere(kept.unwritable(target, error)) from None


def _cpu() -> str:
    seen = machine.fingerprint()
    return f"{seen['cpu']} x{seen['cores']}"


def probe(framework: str) -> Probe:
    """Return the probe that calibrates: a training step of the framework's simplest workload."""
    workload = "control" if framework == "null" else "mlp"
    question = {"en": "What difference can this machine resolve?", "zh": "这台机器能分辨多大的差别？"}
    return Probe("selftest", question, "training_step", workload, "eager", "", seconds=4.0)


def calibrate(
    *,
    framework: str = "null",
    quick: bool = False,
    python: str = sys.executable,
    progress: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Run A/A pairs and planted slowdowns, each with fresh processes.

    Returns:
        ``same_arm`` {runs, winners_named, ratio}, ``planted`` [{slowdown, runs, found, ratio}], ``resolves`` (the
        smallest planted ratio found in most runs, or None), ``seconds``, ``seconds_a_probe``, and ``process_sd`` with
        ``process_df``.
    """
    began = time.monotonic()
    repeats = {1.0: 4 if quick else 8, 1.05: 1 if quick else 3, 1.10: 2 if quick else 4, 1.20: 1 if quick else 3}
    taken: dict[float, list[Measurement]] = {}
    for slowdown, runs in repeats.items():
        taken[slowdown] = []
        for number in range(runs):
            measurement = pair(framework, slowdown, python=python, seed=number, budget=HURRY if quick else None)
            taken[slowdown].append(measurement)
            shown = measurement.ratio.value if measurement.ratio else float("nan")
            progress(f"{'same arm' if slowdown == 1 else f'planted +{slowdown - 1:.0%}'}: {shown:.3f}")
    logs = [_within(m) for m in taken[1.0] if m.status is Status.OK]
    if len(logs) < 2:
        reasons = {m.reason for m in taken[1.0] if m.reason}
        raise EvidenceError([f"the self-test could not run: {'; '.join(reasons) or 'cancelled'}"])
    # Twins have no true difference, so their mean square is the process variance plus that within a pair.
    inner = statistics.fmean(log.error**2 for log in logs)
    outer = max(FLOOR**2, statistics.fmean(log.mean**2 for log in logs) - inner)
    spread = math.sqrt(outer)
    judged = {s: [judge(m, spread, len(logs)) for m in ms if m.status is Status.OK] for s, ms in taken.items()}
    resolves = next(
        (s for s in SLOWDOWNS if judged[s] and sum(r.low > 1 for r in judged[s]) * 2 > len(judged[s])), None
    )
    return {
        "same_arm": {
            "runs": len(judged[1.0]),
            "winners_named": sum(r.favours not in (EQUIVALENT, INCONCLUSIVE) for r in judged[1.0]),
            "ratio": _pooled([log.mean for log in logs]),
        },
        "planted": [
            {
                "slowdown": s,
                "runs": len(judged[s]),
                "found": sum(r.low > 1 for r in judged[s]),
                "ratio": _pooled([math.log(r.value) for r in judged[s]]),
            }
            for s in SLOWDOWNS
        ],
        "resolves": resolves,
        "seconds": round(time.monotonic() - began, 1),
        "seconds_a_probe": statistics.median(m.seconds for m in taken[1.0]),
        "process_sd": spread,
        "process_df": len(logs),
        "framework": framework,
        "cpu": _cpu(),
    }


def pair(framework: str, slowdown: float, *, python: str, seed: int, budget: float | None) -> Measurement:
    """Measure one fresh pair of twins; the second is slowed.

    Raises:
        KeyboardInterrupt: the user wants no more; a calibration from half the runs would be worse than none.
    """
    arms = (Arm("a", framework, python), Arm("b", framework, python, {"slowdown": slowdown}))
    taken = duet.measure([probe(framework)], arms=arms, seed=seed, budget=budget, selftest={"process_sd": 0.0})
    if taken.probes[0].status is Status.CANCELLED and taken.probes[0].reason.startswith("cancelled"):
        raise KeyboardInterrupt
    return taken.probes[0]


def _within(measurement: Measurement) -> compare.Estimate:
    first = measurement.facts["within"][0]
    half = first["half_width"]
    df = first["pairs"] - 1
    error = half / compare.t_quantile((1 + compare.LEVEL) / 2, df) if half else 0.0
    return compare.Estimate(math.log(first["ratio"]), error, df, first["pairs"])


def judge(measurement: Measurement, spread: float, df: int) -> Ratio:
    """Give a pair of twins its verdict, for processes that spread by ``spread`` on the log scale."""
    widened = compare.widened(_within(measurement), process_sd=spread, process_df=df)
    return compare.ratio(widened, numerator="b", denominator="a")


def _pooled(logs: Sequence[float]) -> dict[str, float]:
    if len(logs) < 2:
        only = math.exp(logs[0]) if logs else 1.0
        return {"value": only, "low": only, "high": only}
    pooled = compare.ratio(compare.within(list(logs)), numerator="b", denominator="a")
    return {"value": pooled.value, "low": pooled.low, "high": pooled.high}
