"""The measuring of routes judged against its own targets: ``python -m probes benchmark --routes``.

Simulated sessions of known truth, then this machine: planted faults, a planted slow-down, the same artifacts in fresh
processes again and again, and all routes there are from end to end.
"""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from probes.calibration import simulation
from probes.environments import add_line
from probes.session import interleaving, routing
from probes.session.arms import Arm
from probes.session.routing_plan import OWN
from probes.statistics import percentiles, ratios, targets
from probes.types import RouteRow, Routes, Status

PLANTED = 1.2
"""The slow-down that has to be found in one route."""

ARMS = 6
"""Routes of a simulated session."""

RUNS = {False: 200, True: 40}
"""Simulated sessions a cell, fewer where it is to be quick: the standard error of a share of .95 is .015, or .034."""

SESSIONS = {False: 10, True: 3}
"""Real ones, of the same artifacts in fresh processes."""

SPREADS = (0.0, ratios.PROCESS_SD, 2 * ratios.PROCESS_SD)
"""Standard deviations of ln(seconds) between fresh processes of a simulated machine: none, as documented, and twice."""

ANSWERS, TURNS = 80, 12
"""Single answers a turn, and turns a process, of a simulated session that judges a target."""

DISTANCES = (1.1, 1.2)
"""Times the true value at which a target is set that has to be decided."""

PROMISED = 0.02
"""Share of sessions in which a target at the true value may be said to be met."""

SEED = 2000

CONTROL_ROUTE = "null-npz"
FIRST, SECOND = f"{CONTROL_ROUTE} fp32", f"{CONTROL_ROUTE} int8"

FAULTS: Mapping[str, tuple[Mapping[str, Any], Status]] = {
    "the converter crashes": ({"fault": "segv", "at": "convert"}, Status.FAILED),
    "the converter raises": ({"fault": "raise", "at": "convert"}, Status.FAILED),
    "the converter hangs": ({"fault": "hang", "at": "convert"}, Status.TIMED_OUT),
    "a package is missing": ({"fault": "absent", "at": "convert"}, Status.NOT_INSTALLED),
    "the converter refuses an operator": ({"fault": "refused"}, Status.NOT_SUPPORTED),
    "an operator is known to be refused": ({"fault": "refused-before"}, Status.NOT_SUPPORTED),
    "the artifact cannot be written": ({"fault": "unwritable"}, Status.FAILED),
    "the converter leaves nothing": ({"fault": "nothing"}, Status.FAILED),
    "the artifact is damaged": ({"fault": "damaged"}, Status.FAILED),
    "the runtime does not import": ({"fault": "import-error", "at": "import"}, Status.FAILED),
    "loading crashes": ({"fault": "segv", "at": "load"}, Status.FAILED),
    "memory runs out": ({"fault": "oom", "at": "load", "bytes": 1 << 30}, Status.FAILED),
    "the answers are wrong": ({"fault": "answers"}, Status.NOT_COMPARABLE),
    "the answers are no numbers": ({"fault": "nan"}, Status.NOT_COMPARABLE),
    "a worker garbles its channel": ({"fault": "truncated", "at": "load"}, Status.FAILED),
    "it crashes in its turns": ({"fault": "segv", "at": "answer", "after": 2000}, Status.FAILED),
    "it hangs in its turns": ({"fault": "hang", "at": "answer", "after": 2000}, Status.TIMED_OUT),
}
"""What is planted in one of three rows, and what becomes of that row."""

Told = Callable[[str], None]


def run(*, simulated_only: bool, quick: bool, pythons: Mapping[str, str], progress: Told) -> dict[str, Any]:
    """Run all parts.

    Args:
        simulated_only: leave out what needs processes.
        quick: fewer repeats.
        pythons: framework or environment -> interpreter that has it.
        progress: told what is done, and first what is missing here.

    Returns:
        ``planted`` and ``targets`` of simulated sessions; unless left out ``faults``, ``planted_here``, ``repeats``,
        ``false_meets`` and ``end_to_end`` of this machine; ``seconds`` of each part and ``seed`` of all.
    """
    runs, sessions = RUNS[quick], SESSIONS[quick]
    found: dict[str, Any] = {"seed": SEED, "quick": quick, "seconds": {}}

    def part(name: str, told: str, make: Callable[[], Any]) -> None:
        progress(told)
        began = time.monotonic()
        found[name] = make()
        found["seconds"][name] = time.monotonic() - began

    if not simulated_only:
        found["missing"] = missing(pythons)
        for command, labels in found["missing"].items():
            progress(f"not installed, and so not measured: {', '.join(labels)}; add it: {command}")
    part(
        "planted",
        f"{runs} simulated sessions of {ARMS} routes a kind of noise",
        lambda: [planted(noise, runs=runs, seed=SEED + i) for i, noise in enumerate(simulation.NOISES)],
    )
    part(
        "targets",
        f"{runs} simulated sessions a kind of noise and spread, judged by targets at and near the true value",
        lambda: [
            judged(noise, spread, runs=runs, seed=SEED + 10 * i + j)
            for i, noise in enumerate(simulation.NOISES)
            for j, spread in enumerate(SPREADS)
        ],
    )
    if simulated_only:
        return found
    part("faults", f"{len(FAULTS)} kinds of fault, planted", lambda: faults(progress))
    part("planted_here", "a planted slow-down", lambda: planted_here(progress, sessions=sessions))
    tables: list[Routes] = []
    part(
        "end_to_end",
        f"all routes from end to end, then {sessions - 1} times in fresh processes",
        lambda: end_to_end(progress, tables, sessions=sessions, pythons=pythons),
    )
    part("repeats", "their order", lambda: order(tables))
    part("false_meets", "targets at what they really took", lambda: false_meets(tables, runs=runs))
    return found


def missing(pythons: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the commands that add what is not here -> the rows that lack it."""
    found: dict[str, list[str]] = {}
    for row in routing.plan(routing.Source("workload", routing.DEFAULT), pythons=pythons):
        if row.status is not None and row.reason is not None:
            lacking = row.reason.params.get("environment")
            command = add_line(str(lacking)) if lacking else str(row.reason.params["command"])
            found.setdefault(command, []).append(row.label)
    return found


# ------------------------------------------------------------------------------------------------------------ simulated


def planted(noise: str, *, runs: int, seed: int) -> dict[str, Any]:
    """Plant a slow-down in one of several equal simulated routes; any other that is told apart is false.

    Returns:
        Shares of the runs in which it was ``found``, and of the equal routes that were ``wrong``ly told apart.
    """
    rng = np.random.default_rng(seed)
    spread = {"process_sd": ratios.PROCESS_SD, "process_df": ratios.PROCESS_DF}
    hits = wrong = 0
    for _ in range(runs):
        machine = simulation.Machine(simulation.NOISES[noise], rng)
        costs = [0.002 * math.exp(ratios.PROCESS_SD / math.sqrt(2) * rng.standard_normal()) for _ in range(ARMS)]
        costs[1] *= PLANTED
        sides: list[Any] = [simulation.Side(Arm(str(i), "simulated"), cost, machine) for i, cost in enumerate(costs)]
        taken = interleaving.take(
            sides, until=math.inf, timeout=1, cancelled=lambda: False, looks=routing.LOOKS, single=True
        )
        lows = [percentiles.interval(ratios.widened(taken.estimate("0", str(i)), **spread)) for i in range(1, ARMS)]
        hits += lows[0].low > 1
        wrong += sum(not one.low <= 1 <= one.high for one in lows[1:])
    return {"noise": noise, "runs": runs, "found": hits / runs, "wrong": wrong / (runs * (ARMS - 2))}


def judged(noise: str, process_sd: float, *, runs: int, seed: int) -> dict[str, Any]:
    """Judge simulated sessions by a target at the true 95th percentile, and by some near it.

    The truth is the percentile over fresh processes at all times; a session sees ``ENOUGH`` of them, one after the
    other on a machine whose mood wanders, or the first of them alone.

    Returns:
        ``runs``; how many ``met`` the truth itself, and with one process alone (``alone``); the share that was decided
        rightly by distance (``found``), the harder of both sides, and that was not decided at all (``open``).
    """
    rng = np.random.default_rng(seed)
    truth = _true(simulation.NOISES[noise], process_sd, rng)
    met = alone = 0
    right = {(side, distance): 0 for side in (1, -1) for distance in DISTANCES}
    wrong = dict.fromkeys(right, 0)
    for number in range(runs):
        processes = _simulated(simulation.NOISES[noise], process_sd, rng)
        row = _row_of(processes, number)
        met += _reads(row, truth) == targets.MEETS
        alone += _reads(_row_of(processes[:1], number), truth) == targets.MEETS
        for side, distance in right:
            said = _reads(row, truth * distance**side)
            right[side, distance] += said == (targets.MEETS if side > 0 else targets.FAILS)
            wrong[side, distance] += said == (targets.FAILS if side > 0 else targets.MEETS)
    found = {distance: min(right[1, distance], right[-1, distance]) / runs for distance in DISTANCES}
    decided = {d: sum(right[side, d] + wrong[side, d] for side in (1, -1)) / (2 * runs) for d in DISTANCES}
    return {
        "noise": noise,
        "process_sd": process_sd,
        "runs": runs,
        "met": met,
        "alone": alone,
        "found": {str(distance): share for distance, share in found.items()},
        "open": {str(distance): 1 - share for distance, share in decided.items()},
    }


def _true(noise: simulation.Noise, process_sd: float, rng: np.random.Generator, *, processes: int = 2000) -> float:
    """Return the 95th percentile of answers of fresh processes, each at a moment of its own."""
    answers = []
    for _ in range(processes):
        mood = simulation.Machine(noise, rng, level=noise.drift * float(rng.standard_normal()))
        answers += mood.run(math.exp(process_sd * rng.standard_normal()), ANSWERS)
    return float(np.percentile(answers, 95))


def _simulated(noise: simulation.Noise, process_sd: float, rng: np.random.Generator) -> list[list[list[float]]]:
    """Return the turns of some processes of a route, taken beside two others on a machine whose mood wanders."""
    mood = simulation.Machine(noise, rng, level=noise.drift * float(rng.standard_normal()))
    processes = []
    for _ in range(targets.ENOUGH):
        cost, turns = math.exp(process_sd * rng.standard_normal()), []
        for _ in range(TURNS):
            for _ in range(2):
                mood.run(cost, 1)
            turns.append(mood.run(cost, ANSWERS))
        processes.append(turns)
    return processes


def _row_of(processes: Sequence[Sequence[Sequence[float]]], seed: int, **spread: float) -> RouteRow:
    """Return a row whose p95 is what these processes give, a second for a millisecond."""
    known = {"process_sd": ratios.PROCESS_SD, "process_df": ratios.PROCESS_DF, **spread}
    (p95,) = percentiles.pooled(processes, (95,), seed=seed, **known)
    return RouteRow(CONTROL_ROUTE, "null", "null", "fp32", Status.OK, p95_ms=p95, processes=len(processes))


def _reads(row: RouteRow, asked: float) -> str:
    return targets.readings({"latency_p95_ms": asked}, row)["latency_p95_ms"]


def false_meets(tables: Sequence[Routes], *, runs: int, seed: int = 7) -> dict[str, Any]:
    """Ask for the true 95th percentile itself, which no session may say is met more often than by chance.

    A route's processes, each with the turns that it really took, are all the world there is: a simulated session draws
    ``ENOUGH`` of them and as many of their turns as they took; the truth is the percentile over all processes alike.

    Returns:
        ``share`` of simulated sessions that met the truth, and with one process alone (``alone``), of how many
        ``sessions``; the share of each route; the share that was decided at the farthest of ``DISTANCES`` (``found``).
    """
    rng = np.random.default_rng(seed)
    by_route: dict[str, float] = {}
    alone, found = [], []
    for name, processes in _processes(tables).items():
        truth, spread = _truth(processes), dict(tables[0].spread)
        met = []
        for number in range(runs):
            drawn = [_drawn(processes[i], rng) for i in rng.integers(len(processes), size=targets.ENOUGH)]
            row = _row_of(drawn, number, **spread)
            met.append(_reads(row, truth) == targets.MEETS)
            alone.append(_reads(_row_of(drawn[:1], number, **spread), truth) == targets.MEETS)
            found.append(_reads(row, truth * DISTANCES[-1]) == targets.MEETS)
        by_route[name] = statistics.fmean(met)
    return {
        "share": statistics.fmean(by_route.values()) if by_route else None,
        "alone": statistics.fmean(alone) if alone else None,
        "found": statistics.fmean(found) if found else None,
        "sessions": runs * len(by_route),
        "routes": by_route,
    }


def _drawn(turns: Sequence[list[float]], rng: np.random.Generator) -> list[list[float]]:
    return [turns[i] for i in rng.integers(len(turns), size=len(turns))]


def _processes(tables: Sequence[Routes]) -> dict[str, list[list[list[float]]]]:
    """Return the turns of every process of every route that was measured in all tables."""
    found: dict[str, list[list[list[float]]]] = {}
    for table in tables:
        for row in table.rows:
            if row.p50_ms is not None:
                found.setdefault(_name(row), []).append(row.samples["turns"])
    return {name: turns for name, turns in found.items() if len(turns) == len(tables)}


def _truth(processes: Sequence[Sequence[Sequence[float]]]) -> float:
    """Return the 95th percentile of answers, every process weighing the same."""
    answers = [np.concatenate([np.asarray(turn) for turn in turns]) for turns in processes]
    values = np.concatenate(answers)
    weights = np.concatenate([np.full(len(one), 1 / len(one)) for one in answers])
    return float(np.percentile(values, 95, weights=weights, method="inverted_cdf"))


# ----------------------------------------------------------------------------------------------------- this machine


def faults(progress: Told) -> list[dict[str, Any]]:
    """Plant every fault in one of three rows; the two others must come out all the same."""
    found = []
    for name, (plant, wanted) in FAULTS.items():
        progress(f"planted: {name}")
        found.append(fault(name, plant, wanted))
    return found


def fault(name: str, plant: Mapping[str, Any], wanted: Status) -> dict[str, Any]:
    """Plant one fault."""
    table = routing.measure(
        routing.Source("workload", "control"), routes=[CONTROL_ROUTE], plants={FIRST: plant}, patience=20.0
    )
    own, hit, other = (
        _row(table, *which) for which in ((OWN, "fp32"), (CONTROL_ROUTE, "fp32"), (CONTROL_ROUTE, "int8"))
    )
    alone = own.p50_ms is not None and other.p50_ms is not None and other.ratio is not None
    return {
        "fault": name,
        "status": hit.status.value,
        "reason": hit.reason,
        "named": hit.status is wanted and bool(hit.reason),
        "others_measured": alone,
    }


def _row(table: Routes, route: str, precision: str) -> RouteRow:
    return next(row for row in table.rows if (row.route, row.precision) == (route, precision))


def planted_here(progress: Told, *, sessions: int) -> dict[str, Any]:
    """Plant the slow-down in the control arm's route, which computes just what that arm itself does."""
    seen = []

    def again(table: Routes) -> bool:
        row = _row(table, CONTROL_ROUTE, "fp32")
        if row.ratio is not None:
            seen.append(row.ratio)
            progress(f"planted +{PLANTED - 1:.0%}: {row.ratio.value:.3f} [{row.ratio.low:.3f}, {row.ratio.high:.3f}]")
        return len(seen) < sessions and row.status is Status.OK

    routing.measure(
        routing.Source("workload", "control", size="medium"),
        routes=[f"{CONTROL_ROUTE}:fp32"],
        plants={FIRST: {"slowdown": PLANTED}},
        again=again,
    )
    return {"runs": len(seen), "found": sum(one.low > 1 for one in seen)}


def end_to_end(progress: Told, tables: list[Routes], *, sessions: int, pythons: Mapping[str, str]) -> dict[str, Any]:
    """Measure all routes of the default source from end to end, then the same artifacts in fresh processes.

    Args:
        tables: filled with one a session.
    """
    began = time.monotonic()
    seconds: list[float] = []

    def told(event: Mapping[str, Any]) -> None:
        if event["event"] == "done" and not event.get("timed"):
            progress(f"{event['route']}: {event['status']} {event['reason']} ({event['seconds']:.0f} s)")

    def again(table: Routes) -> bool:
        seconds.append(time.monotonic() - began)
        tables.append(table)
        progress(f"session {len(tables)} of {sessions}: {seconds[-1]:.0f} s")
        return len(tables) < sessions

    routing.measure(routing.Source("workload", routing.DEFAULT), pythons=pythons, progress=told, again=again)
    measured = [row for row in tables[0].rows if row.status is Status.OK and row.p50_ms is not None]
    routes = [row for row in measured if row.route != OWN]
    absent = {_name(row): row.reason for row in tables[0].rows if row.status is not Status.OK}
    return {
        "routes": len(routes),
        "frameworks": sorted({row.framework for row in routes}),
        "seconds": seconds[0],
        "absent": absent,
        "grade": tables[0].grade,
    }


def order(tables: Sequence[Routes]) -> dict[str, Any]:
    """Compare the order of every two routes' p50 in every two sessions.

    Returns:
        The ``share`` of pairs of routes that stand in the same order, and the same of pairs more than the table's own
        resolution apart (``apart``), which is a statement that a reader could make.
    """
    seen = [{_name(row): row.p50_ms for row in table.rows if row.p50_ms is not None} for table in tables]
    same = of = same_apart = of_apart = 0
    for one, other in itertools.combinations(seen, 2):
        for a, b in itertools.combinations(sorted(one.keys() & other.keys()), 2):
            alike = (one[a].value < one[b].value) == (other[a].value < other[b].value)
            same, of = same + alike, of + 1
            if one[a].low > one[b].high or one[b].low > one[a].high:
                same_apart, of_apart = same_apart + alike, of_apart + 1
    return {
        "sessions": len(tables),
        "pairs": of,
        "share": same / of if of else None,
        "apart": same_apart / of_apart if of_apart else None,
    }


def _name(row: RouteRow) -> str:
    return f"{row.framework or row.runtime} {row.route} {row.precision}"


def table(result: Mapping[str, Any]) -> str:
    """Return the result as lines, each with its count, its target and, where it takes long, its seconds."""
    took = result["seconds"]
    lines = [f"seed {result['seed']}, {sum(took.values()):.0f} s in all{', quick' if result['quick'] else ''}"]
    lines += [
        f"{cell['noise']:6}: planted +{PLANTED - 1:.0%} found in {cell['found']:.1%} of {cell['runs']} simulated "
        f"sessions (target >= 95 %), equal routes told apart {cell['wrong']:.1%} (5 % allowed)"
        for cell in result["planted"]
    ]
    lines += _targets(result["targets"])
    if "faults" not in result:
        return "\n".join(lines)
    own = [one for one in result["faults"] if one["named"] and one["others_measured"]]
    lines.append(
        f"faults: {len(own)} of {len(result['faults'])} kinds cost their own row only (target: 12 kinds, all) in "
        f"{took['faults']:.0f} s"
    )
    lines += [
        f"  not so: {one['fault']}: {one['status']}, {one['reason']}" for one in result["faults"] if one not in own
    ]
    here, whole, repeats, met = (result[key] for key in ("planted_here", "end_to_end", "repeats", "false_meets"))
    lines.append(
        f"planted +{PLANTED - 1:.0%} here: found in {here['found']} of {here['runs']} sessions (target >= 95 %) in "
        f"{took['planted_here']:.0f} s"
    )
    lines.append(
        f"end to end: {whole['routes']} routes of {', '.join(whole['frameworks']) or 'no framework'} in "
        f"{whole['seconds']:.0f} s, grade {whole['grade']} (target >= 14 of 2 frameworks in 600 s)"
    )
    lines += [f"  without: {name}: {reason}" for name, reason in whole["absent"].items()]
    if repeats["share"] is not None:
        lines.append(
            f"order: the same in {repeats['share']:.1%} of {repeats['pairs']} pairs over {repeats['sessions']} "
            f"sessions in {took['end_to_end']:.0f} s (target >= 95 %); where intervals lie apart "
            f"{_share(repeats['apart'])}"
        )
    lines.append(
        f"false 'meets' at the true p95, of the processes measured here: {_share(met['share'])} of {met['sessions']} "
        f"(target <= {PROMISED:.0%}), from one process alone {_share(met['alone'])}; "
        f"{DISTANCES[-1] - 1:.0%} off it decided in {_share(met['found'])}"
    )
    return "\n".join(lines)


def _targets(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what simulated sessions said of targets at and near the true value, with all cells together at the end."""
    lines = [
        f"{cell['noise']:6} processes {cell['process_sd']:.0%}: target at the true p95 met in {cell['met']} of "
        f"{cell['runs']}, by one process alone in {cell['alone']}; found "
        + ", ".join(f"{float(d) - 1:.0%} off {share:.1%}" for d, share in cell["found"].items())
        + "; cannot tell "
        + ", ".join(f"{float(d) - 1:.0%} off {share:.1%}" for d, share in cell["open"].items())
        for cell in cells
    ]
    runs = sum(cell["runs"] for cell in cells)
    for name, told in (("met", f"from {targets.ENOUGH} processes"), ("alone", "from one process alone")):
        count = sum(cell[name] for cell in cells)
        lines.append(
            f"false 'meets' {told}: {count} of {runs}, {percentiles.share(count, runs).high:.1%} at most with 95 % "
            f"confidence (target <= {PROMISED:.0%})"
        )
    return lines


def _share(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1%}"
