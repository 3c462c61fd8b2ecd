"""Takes turns: warms live workers up, calibrates, alternates them (ABBA, ABC CBA ...) and says when to stop.

Knows workers only by what they answer; two are the usual case, and any number goes. Nothing is decided by whether a
difference "is significant": the turns stop when the interval is narrow enough, when the pairs are used up, or when the
time is.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from probes.session.worker_client import Client, Lost
from probes.statistics import ratios
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

SINGLE = 0.0005
"""Seconds from one single timed answer to the next, where single answers are timed: those between fill the time."""

SINGLES = (5, 100)
"""Single answers timed a turn, at least and at most: percentiles rest on them, and a table of routes holds them all."""

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
    """What was taken from one pair of processes, or from several at once; every iteration of every turn, in order.

    A "pair" is one turn of each: with more than two workers, every two of them make one.

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
            return [ratios.block_cost(*turn) for turn in all_three]
        if not self.net:
            return [(ratios.turn_cost(turn), 0.0) for turn, _ in both]
        return [(ratios.turn_cost(ratios.without(t, w) if w is not None else t), 0.0) for t, w in both]

    def log_ratios(self, first: str, second: str) -> list[float]:
        """Return ln(cost of second / cost of first) of every used pair."""
        return self._log_ratios(self.costs(first), self.costs(second))

    def _log_ratios(self, first: Sequence[float], second: Sequence[float]) -> list[float]:
        return [math.log(b / a) for a, b, used in zip(first, second, self.used, strict=True) if used]

    def estimate(self, first: str, second: str) -> ratios.Estimate:
        """Estimate ln(cost of second / cost of first) from all used pairs, disturbed ones with them.

        Raises:
            ValueError: fewer than two pairs.
        """
        one, other = self._judged(first), self._judged(second)
        alone = ratios.within(self._log_ratios([cost for cost, _ in one], [cost for cost, _ in other]))
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
        costs.append(ratios.block_cost(answer["seconds"], answer["waited"], answer["surely"])[0])
        spent = time.monotonic() - began
        if ratios.steady(costs):
            return statistics.median(costs[-5:]), True, spent
        if spent > budget and len(costs) >= 3:
            return statistics.median(costs[-5:]), False, spent
        loops = max(1, min(round(TURN / BLOCKS[0] / costs[-1]), loops * 4))


Dropped = Callable[[Client, Lost], None]


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
    single: bool = False,
    dropped: Dropped | None = None,
) -> Turns:
    """Warm up and take turns until narrow enough, or until the time is used up.

    Args:
        clients: workers with an open probe; the first is what the others are held against.
        until: monotonic time at which no further pair is begun (four are taken in any case).
        timeout: seconds one request may take.
        cancelled: asked while waiting.
        warm_budget: seconds each side may take to settle.
        looks: numbers of pairs at which the width is looked at; the last ends it.
        progress: told of every pair.
        partial: filled in place, so that what was taken outlives an interruption.
        single: time single answers, of which percentiles are made, instead of blocks of them.
        dropped: told of a worker that is lost, which then costs the others nothing; None: it ends all of it.

    Raises:
        ClocksJump: too many pairs in a row have no times.
        Lost: from a worker, where ``dropped`` is None.
        Cancelled: from a worker.
    """
    taken = partial if partial is not None else Turns()
    asking = _Asking(taken, timeout=timeout, cancelled=cancelled, single=single, dropped=dropped)
    live = [client for client in clients if asking.calibrated(client, warm_budget=warm_budget)]
    number = 0
    while live:
        forward = number % 2 == 0
        number += 1
        gone, sound = asking.pair(live, clients, forward=forward)
        live = [client for client in live if client is not gone]
        if not sound:
            taken.lost += gone is None
            if taken.lost > JUMPS:
                raise ClocksJump
            continue
        pairs = len(taken.used)
        narrow = False
        if pairs >= 2:
            estimates = [taken.estimate(live[0].arm.label, client.arm.label) for client in live[1:]]
            widest = max(estimates, key=_excess, default=None)
            if widest is not None:
                progress({"mean": widest.mean, "half": widest.half, "pairs": pairs})
            narrow = widest is None or _excess(widest) <= 0
        late = time.monotonic() > until and pairs >= FEWEST
        if (narrow and pairs in looks) or pairs >= looks[-1] or late:
            break
    return taken


def _excess(estimate: ratios.Estimate) -> float:
    """Return by how much an interval is wider, on the log scale, than is narrow enough."""
    return estimate.half - estimate.bias - max(NARROW, PART * abs(estimate.mean))


@dataclass(frozen=True)
class _Turn:
    """What a worker's turn is asked for: ``blocks`` of ``loops`` iterations, ``between`` them some without a time."""

    blocks: int
    loops: int
    between: int = 0

    @classmethod
    def of(cls, step: float, *, single: bool) -> _Turn:
        """Return the turn of a worker whose iteration takes ``step`` seconds."""
        if single:
            between = max(0, math.ceil(SINGLE / step) - 1)
            loops, wanted, (least, most) = 1, math.ceil(TURN / (step * (1 + between))), SINGLES
        else:
            loops, between = max(1, math.ceil(BLOCK / step)), 0
            wanted, (least, most) = math.ceil(TURN / (loops * step)), BLOCKS
        blocks = min([max(least, min(wanted, most)), *(few for slow, few in SLOW if step > slow)])
        return cls(blocks, loops, between)

    def arguments(self) -> dict[str, Any]:
        """Return it as a worker is asked; one that held up nearly all blocks may do more of them."""
        most = self.blocks * (PATIENT if self.blocks >= BLOCKS[0] else 1)
        return {
            "blocks": self.blocks,
            "most": most,
            "loops": self.loops,
            **({"between": self.between} if self.between else {}),
        }


class _Asking:
    """Asks workers for turns and keeps what they answer."""

    def __init__(
        self, taken: Turns, *, timeout: float, cancelled: Callable[[], bool], single: bool, dropped: Dropped | None
    ) -> None:
        self.taken, self.single, self.dropped = taken, single, dropped
        self.asked: dict[str, Any] = {"timeout": timeout, "cancelled": cancelled}
        self.turns: dict[str, _Turn] = {}

    def _dropped(self, client: Client, lost: Lost) -> None:
        if self.dropped is None:
            raise lost
        self.dropped(client, lost)

    def calibrated(self, client: Client, *, warm_budget: float) -> bool:
        """Warm one worker up, note how, and settle on its turns; False where it is lost."""
        taken, name = self.taken, client.arm.label
        try:
            step, settled, spent = warm_up(client, budget=warm_budget, **self.asked)
            retraces = client.ask("counters", **self.asked)["counters"]["retraces"]
        except Lost as lost:
            self._dropped(client, lost)
            return False
        self.turns[name] = _Turn.of(step, single=self.single)
        taken.loops[name] = self.turns[name].loops
        taken.steady[name], taken.warm_seconds[name], taken.seconds[name] = settled, spent, []
        taken.waited[name], taken.surely[name] = [], []
        taken.retraces[name] = retraces
        return True

    def pair(self, live: Sequence[Client], clients: Sequence[Client], *, forward: bool) -> tuple[Client | None, bool]:
        """Run one turn of each worker and keep all of them.

        Returns:
            The worker that was lost on the way, and whether the turns were kept: they are not where one is lost, nor
            where clocks jumped, so that they have no times.
        """
        taken = self.taken
        before = machine.system_noise()
        answers: dict[str, dict[str, Any]] = {}
        for client in live if forward else reversed(live):
            try:
                answers[client.arm.label] = self._turn(client)
            except Lost as lost:
                self._dropped(client, lost)
                return client, False
        after = machine.system_noise()
        if not all(_sound(answer) for answer in answers.values()):
            return None, False
        record = _noise_between(before, after, answers)
        taken.order += _letters(answers, clients)
        for name, answer in answers.items():
            taken.seconds[name].append(answer["seconds"])
            taken.waited[name].append(answer["waited"])
            taken.surely[name].append(answer["surely"])
        taken.used.append(True)
        taken.noise.append(record)
        if disturbed := _disturbed(record):
            taken.disturbed[len(taken.used)] = disturbed
        return None, True

    def _turn(self, client: Client) -> dict[str, Any]:
        began = time.monotonic()
        answer = client.ask("turn", **self.asked, **self.turns[client.arm.label].arguments(), keep=True)
        answer["outside"] = time.monotonic() - began
        self.taken.waited_for_turns += answer["outside"]
        self.taken.inside_turns += min(answer["elapsed"], answer["outside"])
        return answer


def _letters(answered: Collection[str], clients: Sequence[Client]) -> str:
    """Return one letter a turn, in the order in which they were taken: the place of its worker among all."""
    places = {client.arm.label: number for number, client in enumerate(clients)}
    return "".join(chr(ord("a") + places[name]) for name in answered)


def _sound(answer: Mapping[str, Any]) -> bool:
    """Return whether a turn's own clock agrees with the manager's."""
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
