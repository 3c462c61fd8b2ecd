"""The instrument judged against its own targets: ``python -m probes benchmark``.

Simulated noise of known truth, then this machine: the same framework in both arms, a planted slowdown, an
independent timer, the share of time that is the harness's own. The naive blocked design runs beside it.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from probes.backends import USUAL_PAIR
from probes.calibration import self_test, simulation
from probes.catalog.loading import PATH, choose_probes, load_catalog
from probes.session import runner
from probes.session.arms import Arm
from probes.session.worker_client import Client, environment
from probes.statistics import ratios
from probes.system import planted_load
from probes.types import EQUIVALENT, INCONCLUSIVE, Ratio, Spread, Status
from probes.wording import command_lines

FRAMEWORK = USUAL_PAIR[0]
"""Stands in both arms; the independent timer is its own."""

RUNS = 300
"""Simulated sessions a cell: the standard error of a share of .95 is then .013."""

TRUTHS = (1.0, 1.10, 1.30)
ROUNDS = 8
"""Alternations of our turn and the independent timer, in each pair of processes."""

PROCESSES = 6
"""Fresh pairs of processes for the agreement: one pair's difference would be as much the processes' as the timers'."""

WARM_ROUNDS = 6
"""Alternations before the first that counts: both sides warm up, as in every probe."""

FRESH = {1.0: 40, 1.10: 20}
"""Planted slowdown (1.0 the same arm) -> fresh pairs of a long run, judged by an earlier spread: so many
idle, and as many again shared among the kinds of load."""

REPEATS = 10
"""Repeats of the quick session in a long run."""

SESSION = (
    "training-mlp-default",
    "training-convnet-default",
    "training-transformer-default",
    "training-mlp-eager",
    "training-convnet-eager",
    "inference-mlp-default",
    "inference-convnet-default",
    "inference-transformer-default",
)
"""The quick session of eight that has to fit a minute."""

_TIMER = """
import sys, torch
sys.path.insert(0, sys.argv[1])
from torch.utils import benchmark
from probes.types import Build
from probes.workloads import mlp
torch.set_num_threads(1)
torch.set_num_interop_threads(1)
size = mlp.SIZES["small"]
twin = mlp.pytorch(Build(size=size, dtype="float32", device="cpu", mode="eager", compile=lambda f: f))
twin.load(mlp.weights(size, 0))
batch = twin.place(mlp.data(size, 0))
timer = benchmark.Timer("step(batch)", globals={"step": twin.step, "batch": batch}, num_threads=1)
timer.timeit(50)
for line in sys.stdin:
    print(timer.blocked_autorange(min_run_time=0.1).median, flush=True)
"""


def run(
    *, simulated_only: bool = False, long: bool = False, progress: Callable[[str], None] = lambda text: None
) -> dict[str, Any]:
    """Run everything; minutes, most of them with real workers; a long run takes about half an hour more."""
    result: dict[str, Any] = {"simulated": simulated(progress=progress)}
    if not simulated_only:
        progress("the same arm twice, and planted slowdowns")
        result["selftest"] = self_test.calibrate(
            framework=FRAMEWORK,
            progress=lambda slowdown, ratio: progress(command_lines.selftest_pair(slowdown, ratio, "en")),
        )
        progress("an independent timer")
        result["agreement"] = agreement()
        sessions = []
        for number in range(REPEATS if long else 1):
            progress(f"a quick session, {number + 1}")
            sessions.append(session(selftest_result=result["selftest"]))
        result["session"] = sessions[0]
        if long:
            result["stability"] = stability(sessions)
            progress("fresh pairs, judged by the spread found above")
            result["fresh"] = fresh(result["selftest"], progress=progress)
    return result


def simulated(*, runs: int = RUNS, progress: Callable[[str], None] = lambda text: None) -> list[dict[str, Any]]:
    """Judge coverage and false winners on simulated noise, within one pair of processes and across fresh ones."""
    cells = []
    for number, noise in enumerate(simulation.NOISES):
        for truth in TRUTHS:
            for spread in (0.0, ratios.PROCESS_SD):
                progress(f"simulated {noise}, truth {truth}, processes spread by {spread:.0%}")
                cell = simulation.trial(truth, noise, runs=runs, process_sd=spread, seed=1000 + number)
                cells.append({**cell, "process_sd": spread})
    return cells


def agreement() -> dict[str, Any]:
    """Alternate our turn with torch.utils.benchmark on the same step, in several fresh pairs of processes."""
    pairs = [_agreement() for _ in range(PROCESSES)]
    logs = [[math.log(ours / theirs) for ours, theirs in taken] for taken in pairs]
    found = ratios.ratio(ratios.between([ratios.within(one) for one in logs]), numerator="ours", denominator="timer")
    return {"ratio": found.value, "low": found.low, "high": found.high, "pairs": pairs}


def _agreement() -> list[tuple[float, float]]:
    """Return (ours, theirs) in seconds a step; wall times, neither net of waiting."""
    probe = load_catalog()["training-mlp-eager"]
    root = str(PATH.parent.parent)
    with tempfile.TemporaryDirectory() as scratch:
        timer = subprocess.Popen(
            [sys.executable, "-c", _TIMER, root],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=scratch,
            env=environment(sys.executable, settings="default"),
        )
        client = Client(Arm(FRAMEWORK, FRAMEWORK), settings="default", scratch=scratch)
        try:
            assert timer.stdin is not None
            assert timer.stdout is not None
            client.ask("hello", timeout=60, framework=FRAMEWORK, threads=1, settings="default", plant={})
            client.ask("use", timeout=10, kind="cpu")
            asked: dict[str, Any] = {
                "scenario": probe.scenario,
                "workload": probe.workload,
                "size": probe.size,
                "mode": "eager",
            }
            asked |= {"seed": 0, "scratch": scratch, "parity": []}
            client.ask("open", timeout=60, **asked)
            client.ask("turn", timeout=60, blocks=10, loops=20)
            pairs = []
            for number in range(WARM_ROUNDS + ROUNDS):
                ours = client.ask("turn", timeout=60, blocks=25, loops=2)["seconds"]
                timer.stdin.write("\n")
                timer.stdin.flush()
                theirs = float(timer.stdout.readline())
                if number >= WARM_ROUNDS:
                    pairs.append((statistics.median(ours), theirs))
        finally:
            client.close()
            timer.kill()
            timer.wait()
    return pairs


def session(*, selftest_result: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Run the quick session: wall time after both imports, time to each verdict, and the harness's own share."""
    probes = choose_probes(SESSION, load_catalog())
    ready: list[float] = []
    spent: dict[str, float] = {}

    def told(event: dict[str, Any]) -> None:
        if event["event"] == "spent":
            spent.update(event)
        if event.get("reason_code") == "ready" and len(ready) < 2:
            ready.append(time.monotonic())

    found = runner.measure(probes, budget=60.0, selftest=selftest_result, progress=told)
    wall = time.monotonic() - ready[-1]
    return {
        "wall_seconds": wall,
        "probes": [
            {
                "probe": m.probe,
                "status": m.status.value,
                "favours": m.ratio.favours if m.ratio else None,
                "ratio": m.ratio.value if m.ratio else None,
                "seconds": m.seconds,
            }
            for m in found.probes
        ],
        "measured": sum(m.status is Status.OK for m in found.probes),
        "verdicts": sum(m.ratio is not None and m.ratio.favours != INCONCLUSIVE for m in found.probes),
        "overhead": 1 - spent["inside"] / spent["seconds"],
        "grade": found.grade,
    }


def fresh(calibrated: Spread, *, progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """Measure twins, and planted slowdowns, in fresh processes, idle and beside each kind of planted load.

    Each is judged as a probe of a quick session is, by the process spread of an earlier self-test.
    """
    spread: Spread = {"process_sd": calibrated["process_sd"], "process_df": calibrated["process_df"]}
    found = []
    for kind in ("", *planted_load.KINDS):
        for slowdown, idle in FRESH.items():
            runs = idle if not kind else math.ceil(idle / len(planted_load.KINDS))
            with planted_load.planted(kind):
                judged = [
                    _judged(slowdown, seed=100 + number, spread=spread, kind=kind, progress=progress)
                    for number in range(runs)
                ]
            told = [ratio for ratio in judged if ratio is not None]
            found.append(
                {
                    "load": kind,
                    "slowdown": slowdown,
                    "runs": runs,
                    "measured": len(told),
                    "winners_named": sum(r.favours not in (EQUIVALENT, INCONCLUSIVE) for r in told),
                    "told_apart": sum(r.low > 1 or r.high < 1 for r in told),
                    "covered": sum(r.low <= slowdown <= r.high for r in told),
                    "ratios": [[r.value, r.low, r.high] for r in told],
                }
            )
    return found


def _judged(slowdown: float, *, seed: int, spread: Spread, kind: str, progress: Callable[[str], None]) -> Ratio | None:
    taken = self_test.pair(FRAMEWORK, slowdown, python=sys.executable, seed=seed, budget=None, spread=spread)
    ratio, beside = taken.ratio, f" beside {planted_load.KINDS[kind]}" if kind else ""
    shown = f"{ratio.value:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]" if ratio else taken.reason
    progress(f"planted +{slowdown - 1:.0%}{beside}: {shown} ({taken.seconds:.0f} s)")
    return ratio


def stability(sessions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Count, over repeats of one session, the verdicts that equal their probe's most frequent verdict."""
    given: dict[str, list[str]] = {}
    for taken in sessions:
        for measured in taken["probes"]:
            if measured["favours"] not in (None, INCONCLUSIVE):
                given.setdefault(measured["probe"], []).append(measured["favours"])
    same = sum(max(verdicts.count(v) for v in verdicts) for verdicts in given.values())
    total = sum(len(verdicts) for verdicts in given.values())
    return {
        "repeats": len(sessions),
        "verdicts": total,
        "same": same,
        "wall_seconds": [taken["wall_seconds"] for taken in sessions],
        "measured": [taken["measured"] for taken in sessions],
        "by_probe": {probe: {v: verdicts.count(v) for v in set(verdicts)} for probe, verdicts in given.items()},
    }


def table(result: Mapping[str, Any]) -> str:
    """Return the figures beside their targets."""
    lines = ["simulated noise: coverage .93-.97; a winner at a true tie <= .02 (naive: blocked, Welch)"]
    for cell in result["simulated"]:
        naive = cell["naive"]
        lines.append(
            f"  {cell['noise']:6} truth {cell['truth']:.2f} processes {cell['process_sd']:.0%}: "
            f"covers {cell['coverage']:.2f} wrong {cell['wrong']:.3f} winner {cell['named']:.2f} tie {cell['tie']:.2f} "
            f"pairs {cell['pairs']:.0f} | naive covers {naive['coverage']:.2f} wrong {naive['wrong']:.2f}"
        )
    if "selftest" not in result:
        return "\n".join(lines)
    same, agreed, quick = result["selftest"]["same_arm"], result["agreement"], result["session"]
    for cell in result.get("fresh", ()):
        under = f"under load, {cell['load']}" if cell["load"] else "idle"
        lines.append(
            f"fresh pairs, {under}, planted +{cell['slowdown'] - 1:.0%}: winner named in {cell['winners_named']}, told "
            f"apart in {cell['told_apart']}, truth covered in {cell['covered']}, measured {cell['measured']} of "
            f"{cell['runs']}"
        )
    if "stability" in result:
        held = result["stability"]
        lines.append(
            f"{held['repeats']} repeats of the quick session: {held['same']} of {held['verdicts']} verdicts equal "
            f"their probe's usual one (target >= 95 %); measured {held['measured']}"
        )
    lines.append(f"same arm twice: {same['winners_named']} winners in {same['runs']} runs (target <= 2 %)")
    lines += [
        f"planted +{planted['slowdown'] - 1:.0%}: found in {planted['found']} of {planted['runs']}"
        for planted in result["selftest"]["planted"]
    ]
    lines.append(
        f"our step / torch.utils.benchmark: {agreed['ratio']:.3f} [{agreed['low']:.3f}, {agreed['high']:.3f}] "
        "(target +-3 %)"
    )
    lines.append(
        f"quick session: {quick['measured']} of {len(quick['probes'])} probes measured, {quick['verdicts']} verdicts, "
        f"{quick['wall_seconds']:.0f} s after both imports (target 8 in 60 s); own share of the session "
        f"{quick['overhead']:.1%} (target <= 10 %); grade {quick['grade']}"
    )
    return "\n".join(lines)
