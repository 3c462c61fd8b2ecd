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
from probes.session import interleaving, routing
from probes.session.arms import Arm
from probes.session.routing_plan import OWN
from probes.statistics import percentiles, ratios
from probes.types import RouteRow, Routes, Status

PLANTED = 1.2
"""The slow-down that has to be found in one route."""

ARMS = 6
"""Routes of a simulated session."""

RUNS = 200
"""Simulated sessions: the standard error of a share of .95 is then .015."""

SESSIONS = 10
"""Real ones, of the same artifacts in fresh processes."""

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


def run(*, simulated_only: bool, progress: Told) -> dict[str, Any]:
    """Run all parts.

    Returns:
        ``planted`` and ``false_meets`` of simulated sessions; unless left out ``faults``, ``planted_here``, ``repeats``
        and ``end_to_end`` of this machine.
    """
    progress(f"{RUNS} simulated sessions of {ARMS} routes")
    found: dict[str, Any] = {
        "planted": [planted(noise, runs=RUNS, seed=2000 + i) for i, noise in enumerate(simulation.NOISES)]
    }
    if simulated_only:
        return found
    found["faults"] = faults(progress)
    found["planted_here"] = planted_here(progress)
    whole, tables = end_to_end(progress)
    found["end_to_end"], found["repeats"] = whole, order(tables)
    found["false_meets"] = false_meets(tables)
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


def false_meets(tables: Sequence[Routes], *, runs: int = RUNS, seed: int = 7) -> dict[str, Any]:
    """Ask for the true 95th percentile itself, which no session may say is met more often than by chance.

    A route's processes, each with the turns that it really took, are all the world there is: a simulated session draws
    one of them and as many of its turns as it took, and the truth is the percentile over all processes alike.

    Returns:
        ``share`` of simulated sessions in which the whole interval lay below the truth, their number, and the share of
        each route.
    """
    rng = np.random.default_rng(seed)
    by_route: dict[str, float] = {}
    for name, processes in _processes(tables).items():
        truth = _truth(processes)
        met = 0
        for number in range(runs):
            turns = processes[rng.integers(len(processes))]
            drawn = [turns[i] for i in rng.integers(len(turns), size=len(turns))]
            spread = dict(tables[0].spread)
            (p95,) = percentiles.intervals(
                drawn, (95,), seed=number, process_sd=spread["process_sd"], process_df=spread["process_df"]
            )
            met += p95.high <= truth
        by_route[name] = met / runs
    total = statistics.fmean(by_route.values()) if by_route else None
    return {"share": total, "sessions": runs * len(by_route), "routes": by_route}


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
        routing.Source("workload", "control"), routes=[CONTROL_ROUTE], plants={FIRST: plant}, patience=10.0
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


def planted_here(progress: Told) -> dict[str, Any]:
    """Plant the slow-down in the control arm's route, which computes just what that arm itself does."""
    seen = []

    def again(table: Routes) -> bool:
        row = _row(table, CONTROL_ROUTE, "fp32")
        if row.ratio is not None:
            seen.append(row.ratio)
            progress(f"planted +{PLANTED - 1:.0%}: {row.ratio.value:.3f} [{row.ratio.low:.3f}, {row.ratio.high:.3f}]")
        return len(seen) < SESSIONS and row.status is Status.OK

    routing.measure(
        routing.Source("workload", "control", size="medium"),
        routes=[f"{CONTROL_ROUTE}:fp32"],
        plants={FIRST: {"slowdown": PLANTED}},
        again=again,
    )
    return {"runs": len(seen), "found": sum(one.low > 1 for one in seen)}


def end_to_end(progress: Told) -> tuple[dict[str, Any], list[Routes]]:
    """Measure all routes of the default source from end to end, then the same artifacts in fresh processes."""
    began, tables = time.monotonic(), []
    seconds: list[float] = []

    def told(event: Mapping[str, Any]) -> None:
        if event["event"] == "done":
            progress(f"{event['route']}: {event['status']} {event['reason']} ({event['seconds']:.0f} s)")

    def again(table: Routes) -> bool:
        seconds.append(time.monotonic() - began)
        tables.append(table)
        return len(tables) < SESSIONS

    routing.measure(routing.Source("workload", routing.DEFAULT), progress=told, again=again)
    measured = [row for row in tables[0].rows if row.status is Status.OK and row.p50_ms is not None]
    routes = [row for row in measured if row.route != OWN]
    absent = {_name(row): row.reason for row in tables[0].rows if row.status is not Status.OK}
    return {
        "routes": len(routes),
        "frameworks": sorted({row.framework for row in routes}),
        "seconds": seconds[0],
        "absent": absent,
        "grade": tables[0].grade,
    }, tables


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
    """Return the result as lines, each with its target."""
    lines = [
        f"{cell['noise']:6}: planted +{PLANTED - 1:.0%} found in {cell['found']:.1%} of {cell['runs']} simulated "
        f"sessions (target >= 95 %), equal routes told apart {cell['wrong']:.1%} (5 % allowed)"
        for cell in result["planted"]
    ]
    if "faults" not in result:
        return "\n".join(lines)
    own = [one for one in result["faults"] if one["named"] and one["others_measured"]]
    lines.append(f"faults: {len(own)} of {len(result['faults'])} kinds cost their own row only (target: 12 kinds, all)")
    lines += [
        f"  not so: {one['fault']}: {one['status']}, {one['reason']}" for one in result["faults"] if one not in own
    ]
    here, whole, repeats, met = (result[key] for key in ("planted_here", "end_to_end", "repeats", "false_meets"))
    lines.append(
        f"planted +{PLANTED - 1:.0%} here: found in {here['found']} of {here['runs']} sessions (target >= 95 %)"
    )
    lines.append(
        f"end to end: {whole['routes']} routes of {', '.join(whole['frameworks'])} in {whole['seconds']:.0f} s, grade "
        f"{whole['grade']} (target >= 14 of 2 frameworks in 600 s)"
    )
    lines += [f"  without: {name}: {reason}" for name, reason in whole["absent"].items()]
    if repeats["share"] is not None:
        lines.append(
            f"order: the same in {repeats['share']:.1%} of {repeats['pairs']} pairs over {repeats['sessions']} "
            f"sessions (target >= 95 %); where intervals lie apart {_share(repeats['apart'])}"
        )
    lines.append(f"false 'meets' at the true p95: {_share(met['share'])} of {met['sessions']} (target <= 2 %)")
    return "\n".join(lines)


def _share(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1%}"
