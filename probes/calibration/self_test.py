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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from probes.evidence.documents import EvidenceError
from probes.session import runner
from probes.session.arms import Arm
from probes.statistics import ratios
from probes.system import data_folders, json_reading, machine
from probes.system.files import write_atomically
from probes.types import (
    EQUIVALENT,
    INCONCLUSIVE,
    Calibration,
    Measurement,
    PastSpread,
    PooledRatio,
    Probe,
    Ratio,
    Spread,
    Status,
)

SLOWDOWNS = (1.05, 1.10, 1.20)
"""Planted into one of two identical arms: what a user would call slightly, clearly and much slower."""

RUNS = {True: (4, 1, 2, 1), False: (8, 3, 4, 3)}
"""Quick or not -> pairs of the same arm twice, then of each slowdown."""

HURRY = 1.0
"""Seconds of turns a pair in the quick self-test."""

_LARGEST = 1_000_000
"""Bytes of a calibration that are read; one takes some two thousand."""

ONE_PAIR: Spread = {"process_sd": 0.0, "process_df": 1.0}
"""No spread is assumed, so that no probe is too wide for its first pair of processes."""

HISTORY = 60.0
"""Degrees of freedom of earlier self-tests that count beside today's: a machine's spread changes with what it runs."""


LARGEST_SPREAD = 10.0
"""On the log scale: processes of one program differ by a factor of 22,000. More is no measurement."""

MOST_FREEDOM = 1e6
"""Degrees of freedom; a self-test brings a dozen."""


def place() -> Path:
    """Return where the calibration is kept: beside the advisor's own data.

    Raises:
        Nowhere: there is no such folder.
    """
    return data_folders.data() / "selftest.json"


def load_calibration() -> dict[str, Any] | None:
    """Read this machine's calibration; None where there is none that can be read, or where it is another machine's."""
    try:
        with place().open("rb") as file:
            held = json_reading.loads(file.read(_LARGEST + 1), largest=_LARGEST)
    except (OSError, json_reading.Refused, data_folders.Nowhere):
        return None
    return held if isinstance(held, dict) and held.get("cpu") == _cpu() and _usable(held) else None


def _usable(held: Mapping[str, Any]) -> bool:
    """Return whether a calibration holds a spread that intervals can be widened by, and earlier ones of its form."""
    earlier = held.get("history", [])
    return (
        _is_spread(held.get("process_sd"), held.get("process_df"))
        and isinstance(earlier, list)
        and all(isinstance(one, dict) and _is_spread(one.get("variance"), one.get("df")) for one in earlier)
    )


def _is_spread(size: Any, freedom: Any) -> bool:
    """Return whether two values are a spread, at least 0, and its degrees of freedom, above 0 (both within bounds)."""
    numbers = all(map(json_reading.is_number, (size, freedom)))
    return numbers and 0 <= size <= LARGEST_SPREAD and 0 < freedom <= MOST_FREEDOM


def save_calibration(result: Mapping[str, Any]) -> None:
    """Keep the calibration.

    Raises:
        Nowhere: there is no folder to keep it in, or it cannot be written; the calibration is none the worse.
    """
    target = place()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, (json.dumps(result, indent=1) + "\n").encode())
    except OSError as error:
        raise data_folders.Nowhere(data_folders.unwritable(target, error)) from None


def _cpu() -> str:
    seen = machine.fingerprint()
    return f"{seen['cpu']} x{seen['cores']}"


def probe(framework: str) -> Probe:
    """Return the probe that calibrates: a training step of the framework's simplest workload."""
    workload = "control" if framework == "null" else "mlp"
    question = {"en": "What difference can this machine resolve?", "zh": "这台机器能分辨多大的差别？"}
    return Probe("selftest", question, "training_step", workload, "eager", "", seconds=4.0)


def runs(*, quick: bool) -> dict[float, int]:
    """Return how many pairs are run by slowdown; 1 stands for the same arm twice."""
    return dict(zip((1.0, *SLOWDOWNS), RUNS[quick], strict=True))


def calibrate(
    *,
    framework: str = "null",
    quick: bool = False,
    python: str = sys.executable,
    earlier: Mapping[str, Any] | None = None,
    progress: Callable[[float, float], None] = lambda slowdown, ratio: None,
) -> Calibration:
    """Run A/A pairs and planted slowdowns, each with fresh processes.

    Args:
        framework: which stands in both arms.
        quick: fewer and shorter pairs.
        python: interpreter that has it.
        earlier: this machine's last result, whose spread counts beside today's.
        progress: told of every pair its slowdown, 1 for the same arm twice, and its ratio, NaN where it has none.

    Raises:
        EvidenceError: the pairs could not be measured.
    """
    began = time.monotonic()
    repeats = runs(quick=quick)

    def measured(slowdown: float, seed: int, spread: Spread) -> Measurement:
        taken = pair(framework, slowdown, python=python, seed=seed, budget=HURRY if quick else None, spread=spread)
        progress(slowdown, taken.ratio.value if taken.ratio else math.nan)
        return taken

    same = [measured(1.0, number, ONE_PAIR) for number in range(repeats.pop(1.0))]
    twins = [_first(taken) for taken in same if taken.status is Status.OK]
    if len(twins) < 2:
        reasons = {taken.reason for taken in same if taken.reason}
        raise EvidenceError([f"the self-test could not run: {'; '.join(reasons) or 'cancelled'}"])
    history = [_spread(twins), *_history(earlier, framework)]
    spread = pooled_spread(history)
    alike = [judge([twin], spread) for twin in twins]
    planted = {}
    for slowdown, times in repeats.items():
        taken = [measured(slowdown, number, spread) for number in range(times)]
        planted[slowdown] = [one.ratio for one in taken if one.ratio is not None]
    found = {slowdown: sum(ratio.low > 1 for ratio in said) for slowdown, said in planted.items()}
    return {
        "same_arm": {
            "runs": len(alike),
            "winners_named": sum(r.favours not in (EQUIVALENT, INCONCLUSIVE) for r in alike),
            "ratio": _pooled([twin.mean for twin in twins]),
        },
        "planted": [
            {
                "slowdown": slowdown,
                "runs": len(said),
                "found": found[slowdown],
                "ratio": _pooled([math.log(ratio.value) for ratio in said]),
            }
            for slowdown, said in planted.items()
        ],
        "resolves": next((s for s in SLOWDOWNS if planted[s] and found[s] * 2 > len(planted[s])), None),
        "seconds": round(time.monotonic() - began, 1),
        "seconds_a_probe": statistics.median(taken.seconds for taken in same),
        **spread,
        "history": history,
        "framework": framework,
        "cpu": _cpu(),
    }


def _spread(twins: Sequence[ratios.Estimate]) -> PastSpread:
    """Return what twins, whose true ratio is 1, show of the spread between processes.

    Their mean square is that spread plus what a pair's own turns leave uncertain.
    """
    inner = statistics.fmean(twin.error**2 for twin in twins)
    outer = max(0.0, statistics.fmean(twin.mean**2 for twin in twins) - inner)
    return {"variance": outer, "df": float(len(twins))}


def _history(earlier: Mapping[str, Any] | None, framework: str) -> list[PastSpread]:
    """Return the newest of this machine's earlier spreads of the same framework."""
    if earlier is None or earlier.get("framework") != framework:
        return []
    kept: list[PastSpread] = []
    for entry in earlier.get("history", ()):
        if sum(one["df"] for one in kept) + entry["df"] > HISTORY:
            break
        kept.append({"variance": float(entry["variance"]), "df": float(entry["df"])})
    return kept


def pooled_spread(history: Sequence[PastSpread]) -> Spread:
    """Return the spread between processes pooled over what was assumed and what this machine has shown.

    A dozen pairs may agree, or not, by luck; an interval that took their spread alone would be half as wide one day as
    the next. So the documented default stays in, with its own degrees of freedom, and fades as the history grows.
    """
    known: list[PastSpread] = [{"variance": ratios.PROCESS_SD**2, "df": float(ratios.PROCESS_DF)}, *history]
    df = sum(one["df"] for one in known)
    variance = sum(one["df"] * one["variance"] for one in known) / df
    return {"process_sd": math.sqrt(variance), "process_df": df}


def pair(
    framework: str, slowdown: float, *, python: str, seed: int, budget: float | None, spread: Spread
) -> Measurement:
    """Measure twins of which the second is slowed, in as many fresh pairs of processes as a probe would get.

    Raises:
        KeyboardInterrupt: the user wants no more; a calibration from half the runs would be worse than none.
    """
    arms = (Arm("a", framework, python), Arm("b", framework, python, {"slowdown": slowdown}))
    taken = runner.measure([probe(framework)], arms=arms, seed=seed, budget=budget, selftest=spread)
    if taken.probes[0].status is Status.CANCELLED:
        raise KeyboardInterrupt
    return taken.probes[0]


def _first(measurement: Measurement) -> ratios.Estimate:
    """Return what the first pair of processes gave."""
    within = measurement.facts["within"][0]
    count = within["pairs"]
    return ratios.Estimate(math.log(within["ratio"]), within["error"], count - 1, count, within["bias"])


def judge(estimates: Sequence[ratios.Estimate], spread: Spread) -> Ratio:
    """Return the verdict on twins, for processes that spread on the log scale as ``pooled_spread`` says."""
    known = ratios.pooled(estimates, process_sd=spread["process_sd"], process_df=spread["process_df"])
    return ratios.ratio(known, numerator="b", denominator="a")


def _pooled(logs: Sequence[float]) -> PooledRatio:
    if len(logs) < 2:
        only = math.exp(logs[0]) if logs else 1.0
        return {"value": only, "low": only, "high": only}
    pooled = ratios.ratio(ratios.within(list(logs)), numerator="b", denominator="a")
    return {"value": pooled.value, "low": pooled.low, "high": pooled.high}
