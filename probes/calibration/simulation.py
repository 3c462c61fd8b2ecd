"""Noise of known truth: what the instrument, and a naive blocked design, make of it.

The noise models are assumptions, not recordings: a drift that wanders (first-order autoregression), jitter of every
iteration, and spikes. Pure but for the generator it is given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from probes.session import interleaving
from probes.session.arms import Arm
from probes.statistics import ratios

MEMORY = 0.97
"""Correlation of the drift from one turn to the next."""

BLOCK = 30
"""Iterations a side in the naive design: all of one side, then all of the other, as most published tools do."""


@dataclass(frozen=True)
class Noise:
    """Standard deviations on the log scale, and spikes."""

    drift: float
    jitter: float
    spikes: float
    size: float


NOISES: Mapping[str, Noise] = {
    "quiet": Noise(0.02, 0.015, 0.0, 0.0),
    "cloud": Noise(0.10, 0.05, 0.05, 0.35),
    "laptop": Noise(0.20, 0.10, 0.05, 0.60),
}


@dataclass
class Machine:
    """One machine's state, shared by both sides."""

    noise: Noise
    rng: np.random.Generator
    level: float = 0.0

    def run(self, cost: float, iterations: int) -> list[float]:
        """Run some iterations in a row; the drift moves once."""
        step = self.noise.drift * math.sqrt(1 - MEMORY**2)
        self.level = MEMORY * self.level + step * self.rng.standard_normal()
        spikes = 1 + self.noise.size * (self.rng.random(iterations) < self.noise.spikes)
        jitter = np.exp(self.level + self.noise.jitter * self.rng.standard_normal(iterations))
        return [float(s) for s in cost * spikes * jitter]


@dataclass
class Side:
    """Answers as a worker does, from the simulated machine."""

    arm: Arm
    cost: float
    machine: Machine
    taken: int = field(default=0)

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Answer ``turn`` and ``counters``."""
        if do == "counters":
            return {"counters": {"retraces": 0}}
        self.taken += 1
        seconds = self.machine.run(self.cost, arguments["blocks"])
        return {"seconds": seconds, "waited": None, "surely": None, "elapsed": 0.0, "cpu": 0.0}


def interleaved(truth: float, noise: Noise, rng: np.random.Generator) -> ratios.Estimate:
    """Run interleaved turns on a simulated machine with the very code that takes real ones."""
    machine = Machine(noise, rng)
    sides: list[Any] = [Side(Arm("a", "simulated"), 0.02, machine), Side(Arm("b", "simulated"), 0.02 * truth, machine)]
    taken = interleaving.take(sides, until=math.inf, timeout=1, cancelled=lambda: False)
    return ratios.within(taken.log_ratios("a", "b"))


def blocked(truth: float, noise: Noise, rng: np.random.Generator) -> tuple[float, float]:
    """Run one side, then the other; return Welch's interval on the log scale."""
    machine = Machine(noise, rng)
    logs = [np.log([machine.run(cost, 1)[0] for _ in range(BLOCK)]) for cost in (1.0, truth)]
    variances = [float(np.var(log, ddof=1)) / BLOCK for log in logs]
    df = sum(variances) ** 2 / sum(v**2 / (BLOCK - 1) for v in variances)
    estimate = ratios.Estimate(float(logs[1].mean() - logs[0].mean()), math.sqrt(sum(variances)), df, BLOCK)
    return estimate.mean - estimate.half, estimate.mean + estimate.half


def trial(truth: float, noise: str, *, runs: int, process_sd: float, seed: int) -> dict[str, Any]:
    """Judge both designs on one truth and one noise.

    Args:
        truth: cost(b) / cost(a).
        noise: key of ``NOISES``.
        runs: sessions simulated.
        process_sd: spread between fresh pairs of processes; the instrument knows it from a calibration only, which
            is drawn anew for every session.
        seed: of the generator.

    Returns:
        Shares of runs: ``coverage``, ``named`` (a winner), ``tie``, and ``wrong``; for a true tie any winner is wrong.
        Mean ``pairs``; and the naive design's ``coverage`` and ``wrong``.
    """
    rng = np.random.default_rng(seed)
    seen = {"coverage": 0, "named": 0, "tie": 0, "wrong": 0, "pairs": 0}
    naive = {"coverage": 0, "wrong": 0}
    df = ratios.PROCESS_DF
    right = "a" if truth > 1 else None
    for _ in range(runs):
        calibrated = math.sqrt(rng.chisquare(df) / df)
        inner = interleaved(truth * math.exp(process_sd * rng.standard_normal()), NOISES[noise], rng)
        found = ratios.ratio(
            ratios.widened(inner, process_sd=process_sd * calibrated, process_df=df), numerator="b", denominator="a"
        )
        named = found.favours in ("a", "b")
        seen["coverage"] += found.low <= truth <= found.high
        seen["named"] += named
        seen["tie"] += found.favours == "equivalent"
        seen["wrong"] += named and found.favours != right
        seen["pairs"] += inner.count
        low, high = blocked(truth * math.exp(process_sd * rng.standard_normal()), NOISES[noise], rng)
        naive["coverage"] += low <= math.log(truth) <= high
        naive["wrong"] += (low > 0 and right != "a") or high < 0
    shares = {key: value / runs for key, value in seen.items()}
    return {
        "truth": truth,
        "noise": noise,
        "runs": runs,
        **shares,
        "naive": {key: value / runs for key, value in naive.items()},
    }
