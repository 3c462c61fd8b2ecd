"""What each fresh pair of processes gave for one probe, and what follows from all of them together. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from probes.session.interleaving import Turns
from probes.statistics import ratios


@dataclass(frozen=True)
class Round:
    """What one fresh pair of processes gave for one probe.

    Attributes:
        taken: its turns.
        opened: arm -> what the worker answered about the first iteration.
        gate: the parity gate's report.
        facts: arm -> what the scenario saw, after the last turn.
    """

    taken: Turns
    opened: Mapping[str, Mapping[str, Any]]
    gate: Mapping[str, Any] | None
    facts: Mapping[str, Mapping[str, Any]]


def estimates(rounds: Sequence[Round], labels: Sequence[str]) -> list[ratios.Estimate]:
    """Estimate ln(cost of the second arm / cost of the first) from each pair of processes alone."""
    first, second = labels
    return [one.taken.estimate(first, second) for one in rounds]


def samples(rounds: Sequence[Round], labels: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Return the costs of all turns, in seconds, by arm."""
    return {label: tuple(cost for one in rounds for cost in one.taken.costs(label)) for label in labels}


def disturbed(rounds: Sequence[Round]) -> dict[str, int]:
    """Count the pairs of turns that other load disturbed (``pairs``), and all of them (``of``)."""
    return {
        "pairs": sum(len(one.taken.disturbed) for one in rounds),
        "of": sum(len(one.taken.used) for one in rounds),
    }


def within(alone: Sequence[ratios.Estimate]) -> list[dict[str, Any]]:
    """Return what each pair of processes gave by itself, for the evidence."""
    return [
        {"ratio": math.exp(e.mean), "half_width": e.half, "pairs": e.count, "error": e.error, "bias": e.bias}
        for e in alone
    ]


def overtaking(opened: Mapping[str, Mapping[str, Any]], costs: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Return after how many iterations the side that starts slower has caught up.

    Args:
        opened: arm -> its first iteration; build and first step count, imports do not.
        costs: arm -> seconds of an iteration, one a turn.
    """
    cold = {label: answer["cold"]["build"] + answer["cold"]["first"] for label, answer in opened.items()}
    slow, quick = sorted(cold, key=lambda label: -cold[label])
    step = {label: statistics.median(costs[label]) for label in costs}
    return {
        "starts_slower": slow,
        "iterations": ratios.break_even(cold[slow], step[slow], cold[quick], step[quick]),
        "cold_seconds": cold,
    }


def p95(costs: Sequence[float]) -> float:
    """Return the 95th percentile of some costs, as one of them."""
    ordered = sorted(costs)
    return ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)]


def record(taken: Turns) -> dict[str, Any]:
    """Return the turns of one pair of processes as the evidence holds them."""
    return {
        "order": taken.order,
        "seconds": taken.seconds,
        "waited": taken.waited,
        # With one thread both are the same, and evidence is long enough.
        **({} if taken.surely == taken.waited else {"surely": taken.surely}),
        "loops": taken.loops,
        "disturbed": taken.disturbed,
        "lost": taken.lost,
        "steady": taken.steady,
        "warm_seconds": taken.warm_seconds,
        "weather": taken.noise,
        "overhead": 1 - taken.inside_turns / taken.waited_for_turns if taken.waited_for_turns else None,
    }
