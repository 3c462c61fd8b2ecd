"""Bring the two sides of a user's model together before the gate: one plan a side, or the first layer that differs.

Each worker writes down what its side is made of; ``probes.harmonise`` decides what changes. The plans are then proved
by one answer in float64: where it differs, other ways to match weights of one shape are tried, and where none fits,
the layers' outputs are compared one by one. The parity gate has the last word all the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from probes import harmonise, parity

if TYPE_CHECKING:
    from probes.duet import Session
    from probes.types import Probe


@dataclass
class Agreement:
    """How a user's model is measured.

    Attributes:
        plans: framework -> what its worker follows; empty where the file is a workload of four functions.
        harmonised: what was set alike (``harmonise.settle``), for the evidence.
        problem: why it cannot be measured; empty where it can.
    """

    plans: dict[str, dict[str, Any]] = field(default_factory=dict)
    harmonised: list[dict[str, Any]] = field(default_factory=list)
    problem: str = ""


def agree(session: Session, probe: Probe) -> Agreement:
    """Make the plans of both sides.

    Raises:
        Lost, Cancelled: from a worker.
    """
    written = {label: session.ask(client, "written", probe)["written"] for label, client in session.clients.items()}
    if any(side is None for side in written.values()):
        return Agreement()
    plans, facts, fixed = plan(written)
    if session.as_written and facts:
        return Agreement(problem=f"as written, the sides differ: {'; '.join(map(difference, facts))}", plans=plans)
    known = [{name for names in side["names"] for name in names if name} for side in plans.values()]
    if known[0] != known[1]:  # the gate names them
        return Agreement(plans, facts)
    problem = _prove(session, probe, plans, written, fixed)
    return Agreement(plans, facts, problem)


def plan(
    written: Mapping[str, Mapping[str, Any]],
) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]], list[str]]:
    """Make the first plan of each side from what both wrote: plans, facts, and what differs and cannot be changed."""
    changes, facts, fixed = harmonise.settle(written)
    ends, more = harmonise.ends(written)
    for label, end in ends.items():
        if "off" in end:
            changes[label].setdefault(str(end.pop("off")), {})["end"] = ""
    named = harmonise.names(written, changes)
    layouts = {side["channels"] for side in written.values()}
    plans = {
        label: {
            "changes": changes[label],
            "names": named[label],
            "flat": harmonise.flattened(side) if len(layouts) > 1 and side["channels"] == "first" else {},
            **ends[label],
        }
        for label, side in written.items()
    }
    return plans, facts + more, fixed


def _prove(
    session: Session,
    probe: Probe,
    plans: dict[str, dict[str, Any]],
    written: Mapping[str, Mapping[str, Any]],
    fixed: Sequence[str],
) -> str:
    """Compare one answer in float64; try other ways to match the weights; say where the sides part if none fits."""
    clients = dict(session.clients)
    mover = next((label for label, side in plans.items() if side["flat"]), list(plans)[-1])
    (kept,) = [label for label in plans if label != mover]
    wanted = session.ask(clients[kept], "answers", probe, plan=plans[kept], layers=False)["arrays"]
    options = {"wanted": wanted, "bound": parity.OWN_REFERENCE}
    for tried in ([plans[mover]], harmonise.candidates(plans[mover], written[mover])):
        if not tried:
            continue
        asked = {**options, "plan": plans[mover], "plans": tried}
        distances = session.ask(clients[mover], "tried", probe, **asked)["distances"]
        if distances[-1] <= parity.OWN_REFERENCE:
            plans[mover] = tried[len(distances) - 1]
            return ""
    sides = {}
    for label, client in clients.items():
        answer = session.ask(client, "answers", probe, plan=plans[label], layers=True)
        with np.load(answer["arrays"], allow_pickle=False) as held:
            sides[label] = (answer["events"], {name: held[name] for name in held.files})
    return parting(sides, fixed, Path(next(iter(written.values()))["file"]).name)


def parting(
    sides: Mapping[str, tuple[Sequence[Mapping[str, Any]], Mapping[str, Any]]], fixed: Sequence[str], file: str
) -> str:
    """Say at which layer two sides part, the likely cause and the line to change.

    Args:
        sides: framework -> (events, arrays: ``y`` and ``layer/<number>``).
        fixed: what is known to differ and could not be set alike, in words.
        file: name of the user's file.
    """
    (a, (one, here)), (b, (other, there)) = sides.items()
    agreed, at = (-1, -1), None
    for i, j in harmonise.pairs(one, other):
        mine, theirs = here.get(f"layer/{i}"), there.get(f"layer/{j}")
        if mine is None or theirs is None:
            continue
        far = harmonise.distance(mine, theirs, one[i]["kind"])
        if not far <= parity.OWN_REFERENCE:
            at = (i, j, far)
            break
        agreed = (i, max(agreed[1], j))
    if at is None:
        far = harmonise.distance(here["y"], there["y"], "")
        said = f"the outputs part after the last layer that both have: {_far(far, here['y'], there['y'])}"
        i, j = len(one), len(other)
    else:
        i, j, far = at
        said = (
            f"the outputs part at layer {i + 1}: {a} {harmonise.said(one[i])}, {b} {harmonise.said(other[j])}: "
            f"{_far(far, here[f'layer/{i}'], there[f'layer/{j}'])}"
        )
    matched = harmonise.pairs(one, other)
    lone = {
        a: [e for n, e in enumerate(one[:i]) if n > agreed[0] and n not in {x for x, _ in matched}],
        b: [e for n, e in enumerate(other[:j]) if n > agreed[1] and n not in {y for _, y in matched}],
    }
    causes = list(fixed)
    extra = [f"{side} alone runs {harmonise.said(event)}" for side, events in lone.items() for event in events[:3]]
    causes += extra
    lines = [e["line"] for events in lone.values() for e in events if e["line"]]
    lines = lines or [event["line"] for event in ((one[i], other[j]) if at else ()) if event["line"]]
    cause = f"likely cause: {', '.join(causes)}" if causes else "no cause is known"
    where = f"; look at line {' and '.join(map(str, dict.fromkeys(lines)))} of {file}" if lines else ""
    return f"{said}; {cause}{where}"


def _far(far: float, here: Any, there: Any) -> str:
    if here.shape != there.shape and not math.isfinite(far):
        return f"shapes {here.shape} and {there.shape}"
    return f"{far:.2g} apart, at most {parity.OWN_REFERENCE:.0e} allowed"


def difference(fact: Mapping[str, Any]) -> str:
    """Say one thing that differs, as ``--as-written`` refuses it."""
    line = f" (line {fact['line']})" if fact["line"] else ""
    against = f", {fact['other']}" if fact["other"] else ""
    return f"{fact['framework']} {fact['layer']}{line} {fact['setting']}={fact['was']}{against}"
