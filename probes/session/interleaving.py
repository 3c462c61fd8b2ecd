"""Takes turns: warms two live workers up, calibrates, alternates them ABBA and says when to stop.

Knows workers only by what they answer. Nothing is decided by whether a difference "is significant": the turns
stop when the interval is narrow enough, when the pairs are used up, or when the time is.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from probes.session.worker_client import Client
from probes.statistics import ratios as compare
from probes.system import machine

TURN = 0.05
"""Seconds a turn lasts at least: a scheduler's tick then vanishes in it."""

BLOCK = 0.002
"""Seconds a block of a turn lasts at least: long beside a timer and a synchronisation, and shorter than the slices in
which a scheduler lets two loads take turns, so that on a busy machine too many blocks are run through."""

BLOCKS = (5, 25)
"""Timed blocks a turn, at least and at most; their median is the turn's cost."""

PATIENT = 4
"""Times as many blocks that a turn may take where another load held up nearly all of those it was asked for."""

SLOW = ((0.4, 1), (0.1, 3))
"""Seconds an iteration from which fewer blocks a turn must do: a long one averages the machine's noise by itself."""

LOOKS = (8, 12, 18, 27, 40)
"""Numbers of pairs at which the width is looked at; the last ends it. Looking after every pair would stop at lucky
stretches: on simulated noise 95 % intervals then covered the truth in 90 % of sessions."""

JUMPS = LOOKS[0]
"""Pairs that a clock may spoil before nothing can be timed here."""

FEWEST = 4
"""Pairs below which no interval is worth giving, whatever the time."""

NARROW = 0.02
"""Half width, on the log scale, at which more turns would not change a verdict that processes spread by 3 %."""

PART = 0.1
"""... and the part of a large ratio's logarithm that is narrow enough: "2.9 to 3.3 times" needs no second digit."""

WARM = 2.5
"""Seconds after which a side that still drifts is called never steady."""

KEPT_FROM = 0.10
"""Share of a turn that other load held a worker up, from which its pair is disturbed."""

JUMP = 0.5
"""Seconds by which the settable clock may move against the monotonic one during a pair."""


class ClocksJump(Exception):
    """The clocks of this machine jump, so that nothing can be timed."""


@dataclass
class Turns:
    """What was taken from one pair of processes; every iteration of every turn, in order.

    Attributes:
        order: one letter a turn, "a" for the first arm.
        seconds: arm -> iterations of each turn, wall time.
        waited: arm -> the part of each that other load held up at most, if the system tells.
        surely: arm -> the part that it held up at least.
        old: evidence of versions that timed few long blocks, took all waiting out where ``net`` says so, and left
            disturbed pairs out.
        net: of that evidence: whether costs are wall time less waiting.
        used: one entry a pair; all True but in that evidence.
        disturbed: what disturbed a pair, by its number; it is kept, and the interval is wider for it.
        lost: pairs whose clocks jumped, so that they have no times at all and were taken again.
        noise: one record of the system's noise a pair.
        loops: arm -> iterations inside one timing.
        steady: arm -> whether it settled.
        warm_seconds: arm -> seconds until then.
        retraces: arm -> compilations counted when the timing began.
    """

    order: str = ""
    seconds: dict[str, list[list[float]]] = field(default_factory=dict)
    waited: dict[str, list[list[float] | None]] = field(default_factory=dict)
    surely: dict[str, list[list[float] | None]] = field(default_factory=dict)
    old: bool = False
    net: bool = False
    used: list[bool] = field(default_factory=list)
    disturbed: dict[int, str] = field(default_factory=dict)
    lost: int = 0
    noise: list[dict[str, Any]] = field(default_factory=list)
    loops: dict[str, int] = field(default_factory=dict)
    steady: dict[str, bool] = field(default_factory=dict)
    warm_seconds: dict[str, float] = field(default_factory=dict)
    retraces: dict[str, int] = field(default_factory=dict)
    waited_for_turns: float = 0.0
    inside_turns: float = 0.0

    def costs(self, label: str) -> list[float]:
        """Return one cost a turn."""
        return [cost for cost, _ in self._judged(label)]

    def _judged(self, label: str) -> list[tuple[float, float]]:
        """Return one cost a turn, and the doubt that another load left in it."""
        both = list(zip(self.seconds[label], self.waited[label], strict=True))
        if not self.old:
            all_three = zip(self.seconds[label], self.waited[label], self.surely[label], strict=True)
            return [compare.block_cost(*turn) for turn in all_three]
        if not self.net:
            return [(compare.turn_cost(turn), 0.0) for turn, _ in both]
        return [(compare.turn_cost(compare.without(t, w) if w is not None else t), 0.0) for t, w in both]

    def log_ratios(self, first: str, second: str) -> list[float]:
        """Return ln(cost of second / cost of first) of every used pair."""
        return self._log_ratios(self.costs(first), self.costs(second))

    def _log_ratios(self, first: Sequence[float], second: Sequence[float]) -> list[float]:
        return [math.log(b / a) for a, b, used in zip(first, second, self.used, strict=True) if used]

    def estimate(self, first: str, second: str) -> compare.Estimate:
        """Estimate ln(cost of second / cost of first) from all used pairs, disturbed ones with them.

        Raises:
            ValueError: fewer than two pairs.
        """
        one, other = self._judged(first), self._judged(second)
        alone = compare.within(self._log_ratios([cost for cost, _ in one], [cost for cost, _ in other]))
        return replace(alone, bias=2 * statistics.fmean(doubt for _, doubt in (*one, *other)))


def warm_up(
    client: Client, *, budget: float, cancelled: Callable[[], bool], timeout: float
) -> tuple[float, bool, float]:
    """Run a worker until its costs lie on one level.

    Returns:
        seconds an iteration, whether it settled, seconds spent.
    """
    began, costs, loops = time.monotonic(), [], 1
    while True:
        answer = client.ask("turn", timeout=timeout, cancelled=cancelled, blocks=1, loops=loops)
        costs.append(compare.block_cost(answer["seconds"], answer["waited"], answer["surely"])[0])
        spent = time.monotonic() - began
        if compare.steady(costs):
            return statistics.median(costs[-5:]), True, spent
        if spent > budget and len(costs) >= 3:
            return statistics.median(costs[-5:]), False, spent
        loops = max(1, min(round(TURN / BLOCKS[0] / costs[-1]), loops * 4))


def take(
    clients: Sequence[Client],
    *,
    until: float,
    timeout: float,
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
        cancelled: asked while waiting.
        warm_budget: seconds each side may take to settle.
        looks: numbers of pairs at which the width is looked at; the last ends it.
        progress: told of every pair.
        partial: filled in place, so that what was taken outlives an interruption.

    Raises:
        ClocksJump: too many pairs in a row have no times.
        Lost, Cancelled: from a worker.
    """
    taken = partial if partial is not None else Turns()
    blocks = {
        client.arm.label: _calibrated(taken, client, warm_budget=warm_budget, cancelled=cancelled, timeout=timeout)
        for client in clients
    }
    number = 0
    while True:
        order = (0, 1) if number % 2 == 0 else (1, 0)
        number += 1
        if not _pair(taken, clients, order, blocks, cancelled=cancelled, timeout=timeout):
            taken.lost += 1
            if taken.lost > JUMPS:
                raise ClocksJump
            continue
        pairs = len(taken.used)
        narrow = False
        if pairs >= 2:
            estimate = taken.estimate(*(client.arm.label for client in clients))
            progress({"mean": estimate.mean, "half": estimate.half, "pairs": pairs})
            narrow = estimate.half - estimate.bias <= max(NARROW, PART * abs(estimate.mean))
        late = time.monotonic() > until and pairs >= FEWEST
        if (narrow and pairs in looks) or pairs >= looks[-1] or late:
            return taken


def _calibrated(
    taken: Turns, client: Client, *, warm_budget: float, cancelled: Callable[[], bool], timeout: float
) -> int:
    """Warm one worker up, note how, and return the blocks that each of its turns must do."""
    name = client.arm.label
    step, settled, spent = warm_up(client, budget=warm_budget, cancelled=cancelled, timeout=timeout)
    taken.loops[name] = max(1, math.ceil(BLOCK / step))
    wanted = math.ceil(TURN / (taken.loops[name] * step))
    taken.steady[name], taken.warm_seconds[name], taken.seconds[name] = settled, spent, []
    taken.waited[name], taken.surely[name] = [], []
    taken.retraces[name] = client.ask("counters", timeout=timeout, cancelled=cancelled)["counters"]["retraces"]
    return min([max(BLOCKS[0], min(wanted, BLOCKS[1])), *(few for slow, few in SLOW if step > slow)])


def _pair(
    taken: Turns,
    clients: Sequence[Client],
    order: Sequence[int],
    blocks: Mapping[str, int],
    *,
    cancelled: Callable[[], bool],
    timeout: float,
) -> bool:
    """Take one turn of each worker and keep both; False where their clocks jumped, so that they have no times."""
    before = machine.system_noise()
    answers: dict[str, dict[str, Any]] = {}
    for client in (clients[index] for index in order):
        name, began = client.arm.label, time.monotonic()
        answer = client.ask(
            "turn",
            timeout=timeout,
            cancelled=cancelled,
            blocks=blocks[name],
            most=blocks[name] * (PATIENT if blocks[name] >= BLOCKS[0] else 1),
            loops=taken.loops[name],
            keep=True,
        )
        answer["outside"] = time.monotonic() - began
        taken.waited_for_turns += answer["outside"]
        taken.inside_turns += min(answer["elapsed"], answer["outside"])
        answers[name] = answer
    after = machine.system_noise()
    if not all(_sound(answer) for answer in answers.values()):
        return False
    record = _noise_between(before, after, answers)
    taken.order += "".join("ab"[index] for index in order)
    for name, answer in answers.items():
        taken.seconds[name].append(answer["seconds"])
        taken.waited[name].append(answer["waited"])
        taken.surely[name].append(answer["surely"])
    taken.used.append(True)
    taken.noise.append(record)
    if disturbed := _disturbed(record):
        taken.disturbed[len(taken.used)] = disturbed
    return True


def _sound(answer: Mapping[str, Any]) -> bool:
    """Tell whether a turn's own clock agrees with the manager's."""
    return all(second > 0 for second in answer["seconds"]) and answer["elapsed"] <= answer["outside"] * 1.05 + 0.01


def _noise_between(
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
        "quota": after["quota"],
        "held_back": share("held_back_seconds") if (after["held_back"] or 0) > (before["held_back"] or 0) else None,
        "clock_moved": round((after["wall"] - before["wall"]) - elapsed, 3),
        "waited": {
            name: round(sum(answer["waited"]) / sum(answer["seconds"]), 4)
            for name, answer in answers.items()
            if answer["waited"]
        },
    }


def _disturbed(record: Mapping[str, Any]) -> str:
    if record["held_back"] is not None:
        return f"the control group's quota of {record['quota']:g} CPUs held the process back"
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
