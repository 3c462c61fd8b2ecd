"""Takes turns: warms two live workers up, calibrates, alternates them ABBA and says when to stop.

Knows workers only by what they answer. Nothing is decided by whether a difference "is significant": the turns
stop when the interval is narrow enough, when the pairs are used up, or when the time is.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from probes import compare, machine
from probes.process import Client

TURN = 0.05
"""Seconds a turn lasts at least: a timer's own cost and a scheduler's tick then vanish in it."""

ITERATIONS = 5
"""Timed iterations a turn; their median is the turn's cost."""

SLOW = ((0.4, 1), (0.1, 3))
"""Seconds an iteration from which fewer a turn must do: a long one averages the machine's moods by itself."""

LOOKS = (8, 12, 18, 27, 40)
"""Numbers of pairs at which the width is looked at; the last ends it. Looking after every pair would stop at lucky
stretches: on simulated noise 95 % intervals then covered the truth in 90 % of sessions."""

LEAST = LOOKS[0]
"""Pairs below which weather takes none out for its share alone, and clocks may not jump more often."""

FEWEST = 4
"""Pairs below which no interval is worth giving, whatever the time."""

NARROW = 0.02
"""Half width, on the log scale, at which more turns would not change a verdict that processes spread by 3 %."""

PART = 0.1
"""... and the part of a large ratio's logarithm that is narrow enough: "2.9 to 3.3 times" needs no second digit."""

WARM = 2.5
"""Seconds after which a side that still drifts is called never steady."""

KEPT_FROM = 0.10
"""Share of a turn that a worker's threads stood ready and were kept waiting, from which its pair is not used."""

UNUSED = 0.25
"""Largest share of pairs that weather may take out; on a machine that is always busy the rest is used as it is."""

JUMP = 0.5
"""Seconds by which the settable clock may move against the monotonic one during a pair."""


@dataclass
class Turns:
    """What was taken from one pair of processes; every iteration of every turn, in order.

    Attributes:
        order: one letter a turn, "a" for the first arm.
        seconds: arm -> iterations of each turn, wall time.
        waited: arm -> the part of each in which the kernel kept the worker's threads from running, if it tells.
        net: whether costs are wall time less that part.
        used: one entry a pair.
        trouble: why a pair was not used, by its number.
        weather: one record a pair.
        loops: arm -> iterations inside one timing.
        steady: arm -> whether it settled.
        warm_seconds: arm -> seconds until then.
        retraces: arm -> compilations counted when the timing began.
    """

    order: str = ""
    seconds: dict[str, list[list[float]]] = field(default_factory=dict)
    waited: dict[str, list[list[float] | None]] = field(default_factory=dict)
    net: bool = False
    used: list[bool] = field(default_factory=list)
    trouble: dict[int, str] = field(default_factory=dict)
    weather: list[dict[str, Any]] = field(default_factory=list)
    loops: dict[str, int] = field(default_factory=dict)
    steady: dict[str, bool] = field(default_factory=dict)
    warm_seconds: dict[str, float] = field(default_factory=dict)
    retraces: dict[str, int] = field(default_factory=dict)
    waited_for_turns: float = 0.0
    inside_turns: float = 0.0

    def costs(self, label: str) -> list[float]:
        """One cost a turn."""
        if not self.net:
            return [compare.turn_cost(turn) for turn in self.seconds[label]]
        both = zip(self.seconds[label], self.waited[label], strict=True)
        return [compare.turn_cost(_less(turn, waited)) for turn, waited in both]

    def log_ratios(self, first: str, second: str) -> list[float]:
        """ln(cost of second / cost of first) of every used pair."""
        import math

        both = zip(self.costs(first), self.costs(second), self.used, strict=True)
        return [math.log(b / a) for a, b, used in both if used]


def _less(seconds: Sequence[float], waited: Sequence[float] | None) -> list[float]:
    """Take the waiting out of wall times; a tenth is left in any case, as no reading is that exact."""
    if waited is None:
        return list(seconds)
    return [max(second - wait, second / 10) for second, wait in zip(seconds, waited, strict=True)]


def warm_up(
    client: Client, *, budget: float, net: bool, cancelled: Callable[[], bool], timeout: float
) -> tuple[float, bool, float]:
    """Run a worker until its costs lie on one level.

    Returns:
        seconds an iteration, whether it settled, seconds spent.
    """
    began, costs, loops = time.monotonic(), [], 1
    while True:
        answer = client.ask("turn", timeout=timeout, cancelled=cancelled, iterations=1, loops=loops)
        costs.append(_less(answer["seconds"], answer["waited"] if net else None)[0])
        spent = time.monotonic() - began
        if compare.steady(costs):
            return statistics.median(costs[-5:]), True, spent
        if spent > budget and len(costs) >= 3:
            return statistics.median(costs[-5:]), False, spent
        loops = max(1, min(round(TURN / ITERATIONS / costs[-1]), loops * 4))


def take(
    clients: Sequence[Client],
    *,
    until: float,
    timeout: float,
    net: bool,
    cancelled: Callable[[], bool],
    warm_budget: float = WARM,
    looks: Sequence[int] = LOOKS,
    progress: Callable[[dict[str, Any]], None] = lambda event: None,
    partial: Turns | None = None,
) -> Turns:
    """Warm up and take turns until narrow enough, or until the time is used up.

    Args:
        clients: two workers with an open probe.
        until: monotonic time at which no further pair is begun (four are taken in any case).
        timeout: seconds one request may take.
        net: take the time a worker's threads were kept waiting for a CPU out of its costs; right for one thread on the
            CPU, where the waits of all threads lie on one path.
        cancelled: asked while waiting.
        warm_budget: seconds each side may take to settle.
        looks: numbers of pairs at which the width is looked at; the last ends it.
        progress: told of every pair.
        partial: filled in place, so that what was taken outlives an interruption.

    Raises:
        Lost, Cancelled: from a worker.
    """
    taken = partial if partial is not None else Turns()
    taken.net = net
    names = [client.arm.label for client in clients]
    iterations = ITERATIONS
    for client, name in zip(clients, names, strict=True):
        step, settled, spent = warm_up(client, budget=warm_budget, net=net, cancelled=cancelled, timeout=timeout)
        taken.loops[name] = max(1, -int(-TURN / ITERATIONS // step))
        taken.steady[name], taken.warm_seconds[name], taken.seconds[name] = settled, spent, []
        taken.waited[name] = []
        taken.retraces[name] = client.ask("counters", timeout=timeout, cancelled=cancelled)["counters"]["retraces"]
        iterations = min([iterations, *(few for slow, few in SLOW if step > slow)])
    number = 0
    while True:
        turn_order = (0, 1) if number % 2 == 0 else (1, 0)
        before = machine.weather()
        answers: dict[str, dict[str, Any]] = {}
        for index in turn_order:
            began = time.monotonic()
            answer = clients[index].ask(
                "turn",
                timeout=timeout,
                cancelled=cancelled,
                iterations=iterations,
                loops=taken.loops[names[index]],
                keep=True,
            )
            answer["outside"] = time.monotonic() - began
            taken.waited_for_turns += answer["outside"]
            taken.inside_turns += min(answer["elapsed"], answer["outside"])
            answers[names[index]] = answer
        after = machine.weather()
        record = _weather_of(before, after, answers)
        trouble = _trouble(record, answers)
        if not all(_sound(answer) for answer in answers.values()):
            number += 1
            taken.trouble[number] = "a clock jumped: a turn took no positive time or longer than it was waited for"
            if len(taken.trouble) > LEAST:
                raise ValueError("the clocks of this machine jump; nothing can be timed")
            continue
        taken.order += "".join("ab"[index] for index in turn_order)
        for name in names:
            taken.seconds[name].append(answers[name]["seconds"])
            taken.waited[name].append(answers[name]["waited"])
        troubled = sum(not used for used in taken.used)
        unused = bool(trouble) and troubled + 1 <= UNUSED * (len(taken.used) + 1 + LEAST / 2)
        taken.used.append(not unused)
        taken.weather.append(record)
        if trouble:
            taken.trouble[number + 1] = trouble
        number += 1
        ratios = taken.log_ratios(names[0], names[1])
        if len(ratios) >= 2:
            estimate = compare.within(ratios)
            progress({"mean": estimate.mean, "half": estimate.half, "pairs": len(ratios)})
            if len(ratios) in looks and estimate.half <= max(NARROW, PART * abs(estimate.mean)):
                return taken
        if len(taken.used) >= looks[-1] or (time.monotonic() > until and len(ratios) >= FEWEST):
            return taken


def _sound(answer: Mapping[str, Any]) -> bool:
    """Tell whether a turn's own clock agrees with the manager's."""
    return all(second > 0 for second in answer["seconds"]) and answer["elapsed"] <= answer["outside"] * 1.05 + 0.01


def _weather_of(
    before: Mapping[str, Any], after: Mapping[str, Any], answers: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    elapsed = after["clock"] - before["clock"]

    def share(key: str) -> float | None:
        if before[key] is None or after[key] is None or elapsed <= 0:
            return None
        return round(float((after[key] - before[key]) / elapsed), 4)

    return {
        "steal": share("steal"),
        "pressure": share("pressure"),
        "busy": share("busy"),
        "load": after["load"],
        "mhz": after["mhz"],
        "battery": after["battery"],
        "throttled": None if after["throttles"] is None else after["throttles"] > before["throttles"],
        "clock_moved": round((after["wall"] - before["wall"]) - elapsed, 3),
        "waited": {
            name: round(sum(answer["waited"]) / sum(answer["seconds"]), 4)
            for name, answer in answers.items()
            if answer["waited"]
        },
    }


def _trouble(record: Mapping[str, Any], answers: Mapping[str, Any]) -> str:
    for name, share in record["waited"].items():
        if share > KEPT_FROM:
            return f"{name} was kept waiting for a CPU during {share:.0%} of its turn"
    if (record["steal"] or 0) > KEPT_FROM:
        return f"the hypervisor took {record['steal']:.0%} of a CPU"
    if record["throttled"]:
        return "the CPU was throttled"
    if abs(record["clock_moved"]) > JUMP:
        return f"the clock was set by {record['clock_moved']:+.1f} s"
    return ""
