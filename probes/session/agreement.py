"""Bring the two sides of a user's model together before the gate: one plan a side, or the first layer that differs.

Each worker writes down what its side is made of; ``harmonization`` decides what changes. The plans are then proved
by one answer in float64: where it differs, other ways to match weights of one shape are tried, and where none fits,
the layers' outputs are compared one by one. The parity gate has the last word all the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from probes.session import harmonization
from probes.session.harmonization import Agreement, Event
from probes.session.session import Session
from probes.statistics import parity
from probes.system import array_files
from probes.types import Probe, Reason


def agree(session: Session, probe: Probe) -> Agreement:
    """Make the plans of both sides.

    Raises:
        Lost, Cancelled: from a worker.
    """
    written = {
        label: session.ask(client, "written", probe)["written"] for label, client in session.workers.clients.items()
    }
    if any(side is None for side in written.values()):
        return Agreement()
    plans, facts, fixed = plan(written)
    if session.options.as_written and facts:
        return Agreement(problem=Reason("as-written", differences=list(map(difference, facts))), plans=plans)
    problem = unlike(written, plans) or _prove(session, probe, plans, written, fixed)
    return Agreement(plans, facts, problem)


def plan(
    written: Mapping[str, Mapping[str, Any]],
) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]], list[harmonization.Fixed]]:
    """Make the first plan of each side from what both wrote: plans, facts, and what differs and cannot be changed."""
    changes, facts, fixed = harmonization.settle(written)
    ends, more = harmonization.ends(written)
    for label, end in ends.items():
        if "off" in end:
            changes[label].setdefault(str(end.pop("off")), {})["end"] = ""
    named = harmonization.names(written, changes)
    layouts = {side["channels"] for side in written.values()}
    plans = {
        label: {
            "changes": changes[label],
            "names": named[label],
            "flat": harmonization.flattened(side) if len(layouts) > 1 and side["channels"] == "first" else {},
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
    fixed: Sequence[harmonization.Fixed],
) -> Reason | None:
    """Compare one answer in float64; try other ways to match the weights; return where the sides part if none fits."""
    clients = dict(session.workers.clients)
    mover = next((label for label, side in plans.items() if side["flat"]), list(plans)[-1])
    (kept,) = [label for label in plans if label != mover]
    wanted = session.ask(clients[kept], "answers", probe, plan=plans[kept], layers=False)["arrays"]
    options = {"wanted": wanted, "bound": parity.OWN_REFERENCE}
    for tried in ([plans[mover]], harmonization.candidates(plans[mover], written[mover])):
        if not tried:
            continue
        asked = {**options, "plan": plans[mover], "plans": tried}
        distances = session.ask(clients[mover], "tried", probe, **asked)["distances"]
        if distances[-1] <= parity.OWN_REFERENCE:
            plans[mover] = tried[len(distances) - 1]
            return None
    sides = {}
    for label, client in clients.items():
        answer = session.ask(client, "answers", probe, plan=plans[label], layers=True)
        sides[label] = (answer["events"], array_files.read(answer["arrays"]))
    return parting(sides, fixed, Path(next(iter(written.values()))["file"]).name)


def parting(
    sides: Mapping[str, tuple[Sequence[Event], Mapping[str, Any]]], fixed: Sequence[harmonization.Fixed], file: str
) -> Reason:
    """Return at which layer two sides part, the likely cause and the line to change.

    Args:
        sides: framework -> (events, arrays: ``y`` and ``layer/<number>``).
        fixed: settings that differ and could not be set alike.
        file: name of the user's file.
    """
    (a, (one, here)), (b, (other, there)) = sides.items()
    matched = harmonization.pairs(one, other)
    agreed, at = (-1, -1), (len(one), len(other))
    for i, j in matched:
        mine, theirs = here.get(f"layer/{i}"), there.get(f"layer/{j}")
        if mine is None or theirs is None:
            continue
        if not harmonization.distance(mine, theirs, one[i]["kind"]) <= parity.OWN_REFERENCE:
            at = (i, j)
            break
        agreed = (i, max(agreed[1], j))
    lone = (
        _between(one, {i for i, _ in matched}, agreed[0], at[0]),
        _between(other, {j for _, j in matched}, agreed[1], at[1]),
    )
    if lone[0] and lone[1]:
        at = (lone[0][0], lone[1][0])
    elif lone[0] or lone[1]:
        side, without, events = (a, b, one) if lone[0] else (b, a, other)
        (number, *_) = lone[0] or lone[1]
        return Reason(
            "parted-alone",
            number=number + 1,
            side=side,
            layer=harmonization.named(events[number]),
            other=without,
            look=_lines([events[number]], file, "change-lines"),
        )
    elif at == (len(one), len(other)):
        return Reason("parted-at-end", far=_far(here["y"], there["y"], ""))
    i, j = at
    both = (one[i], other[j])
    far = _far(here.get(f"layer/{i}"), there.get(f"layer/{j}"), one[i]["kind"])
    causes = [
        Reason(
            "settings-differ",
            setting=mine["called"],
            value=mine["shown"],
            other_setting=theirs["called"],
            other_value=theirs["shown"],
        )
        for name, mine in one[i]["settings"].items()
        if (theirs := other[j]["settings"].get(name))
        and harmonization.Fixed(one[i]["name"], other[j]["kind"], name) in fixed
    ]
    if both[0]["kind"] != both[1]["kind"]:
        causes.append(Reason("kinds-differ", kind=both[0]["kind"], other_kind=both[1]["kind"]))
    return Reason(
        "parted",
        number=i + 1,
        far=far,
        one=a,
        layer=harmonization.named(one[i]),
        other=b,
        other_layer=harmonization.named(other[j]),
        cause=Reason("likely-cause", causes=causes) if causes else Reason("no-cause"),
        look=_lines(both, file, "change-lines" if causes else "look-at-lines"),
    )


def _between(events: Sequence[Event], matched: set[int], after: int, before: int) -> list[int]:
    """Number the events without counterpart, and with an output, between two places."""
    return [n for n in range(after + 1, min(before, len(events))) if n not in matched and events[n]["made"]]


def _lines(events: Sequence[Event], file: str, code: str) -> Reason | str:
    """Return which lines of the user's file made some layers, or "" where that is unknown."""
    lines = dict.fromkeys(str(event["line"]) for event in events if event["line"])
    return Reason(code, lines=list(lines), file=file) if lines else ""


def unlike(written: Mapping[str, Mapping[str, Any]], plans: Mapping[str, Mapping[str, Any]]) -> Reason | None:
    """Return which is the first layer whose weights the other side lacks, or None."""
    known = {side: {name for names in plan["names"] for name in names if name} for side, plan in plans.items()}
    first: dict[str, int] = {}
    for side, plan in plans.items():
        others = set.union(*(names for other, names in known.items() if other != side))
        for number, names in enumerate(plan["names"]):
            if {*names} - {None} - others:
                first.setdefault(side, number)
    if not first:
        return None
    events = {side: written[side]["events"][number] for side, number in first.items()}
    holders = [
        Reason("holding", side=side, layer=harmonization.named(event), weights=_weights(event))
        for side, event in events.items()
    ]
    lacking = [Reason("lacking", side=side) for side in written if side not in first]
    return Reason(
        "weights-part",
        number=min(first.values()) + 1,
        holders=holders,
        lacking=lacking[0] if lacking else "",
        look=_lines(list(events.values()), Path(next(iter(written.values()))["file"]).name, "change-lines"),
    )


def _weights(event: Event) -> list[str]:
    return [f"{w['role']} {'x'.join(map(str, w['shape'])) or '1'}" for w in event["weights"]]


def _far(here: Any, there: Any, kind: str) -> Reason:
    if here is None or there is None:
        return Reason("not-compared")
    far = harmonization.distance(here, there, kind)
    if math.isfinite(far):
        return Reason("apart", distance=far, bound=parity.OWN_REFERENCE)
    if here.shape != there.shape:
        return Reason("other-shapes", shape=str(here.shape), other_shape=str(there.shape))
    return Reason("no-finite-number")


def difference(fact: Mapping[str, Any]) -> Reason:
    """Return one thing that differs, as ``--as-written`` refuses it."""
    against: Reason | str = ""
    if fact["other"]:
        dropped = fact["other"] == harmonization.DROPPED
        against = Reason("against-dropout") if dropped else Reason("against", other=fact["other"])
    return Reason(
        "written",
        side=fact["framework"],
        layer=fact["layer"],
        place=harmonization.in_line(fact["line"]),
        setting=fact["setting"],
        value=fact["was"],
        against=against,
    )
