"""What two sides of a user's model hold alike: layers paired, settings set alike, weights named, departures found.

The rule by which a differing setting gets one value on both sides, which knows no framework's name:
 1. dropout is 0 on both, since no two random generators agree;
 2. a value that a side cannot change is taken (PyTorch pads both ends of an axis alike and no other way, TensorFlow's
    convolution takes any padding without a further operation);
 3. else the value that somebody stated, against a framework's default;
 4. else that of the function which stands first in the file, so that the user decides.
Pure.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from probes.types import Reason

Written = Mapping[str, Any]
"""What a side wrote down: ``events``, ``channels``, ``stated``, ``line``, ``file`` (see ``Own.written``)."""

Event = Mapping[str, Any]


class Fixed(NamedTuple):
    """A setting that differs and that neither side can change: the first side's layer, its kind, the setting."""

    name: str
    kind: str
    setting: str


@dataclass
class Agreement:
    """How a user's model is measured.

    Attributes:
        plans: framework -> what its worker follows; empty where the file is a workload of four functions.
        harmonised: what was set alike (``settle``), for the evidence.
        problem: why it cannot be measured; None where it can.
    """

    plans: dict[str, dict[str, Any]] = field(default_factory=dict)
    harmonised: list[dict[str, Any]] = field(default_factory=list)
    problem: Reason | None = None


TRIES = 200
"""Ways to match weights of one shape that are tried at most."""

DROPPED = "dropout is measured at 0"
"""What stands beside a dropout rate that was set to 0: it is changed on every side, whatever the others have."""


def pairs(one: Sequence[Event], other: Sequence[Event]) -> list[tuple[int, int]]:
    """Pair the events of two sides: the n-th of a kind and shape with the n-th; what is left over by its order.

    Returns:
        Numbers of events, in the first side's order.
    """
    found: list[tuple[int, int]] = []
    for alike in (_signature, _kind, lambda event: event["kind"]):
        free = [
            [i for i in range(len(events)) if i not in {pair[side] for pair in found}]
            for side, events in enumerate((one, other))
        ]
        groups: list[dict[Any, list[int]]] = [{}, {}]
        for side, events in enumerate((one, other)):
            for i in free[side]:
                groups[side].setdefault(alike(events[i]), []).append(i)
        for key in groups[0]:
            here, there = groups[0][key], groups[1].get(key, [])
            if len(here) == len(there):
                found += zip(here, there, strict=True)
        left = [[i for i in free[side] if i not in {pair[side] for pair in found}] for side in (0, 1)]
        found += _in_order(one, other, left[0], left[1], alike)
    return sorted(found)


def _signature(event: Event) -> tuple[Any, ...]:
    weights = sorted((w["role"], tuple(w["shape"])) for w in event["weights"])
    return (event["kind"], tuple(weights), tuple(sorted(event["made"])))


def _kind(event: Event) -> tuple[Any, ...]:
    return (event["kind"], tuple(sorted((w["role"], tuple(w["shape"])) for w in event["weights"])))


def _in_order(
    one: Sequence[Event], other: Sequence[Event], here: Sequence[int], there: Sequence[int], alike: Any
) -> list[tuple[int, int]]:
    """Pair the longest common run of two sequences."""
    a, b = [alike(one[i]) for i in here], [alike(other[i]) for i in there]
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    for i, j in itertools.product(range(len(a) - 1, -1, -1), range(len(b) - 1, -1, -1)):
        table[i, j] = table[i + 1, j + 1] + 1 if a[i] == b[j] else max(table[i + 1, j], table[i, j + 1])
    found, i, j = [], 0, 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            found.append((here[i], there[j]))
            i, j = i + 1, j + 1
        elif table[i + 1, j] >= table[i, j + 1]:
            i += 1
        else:
            j += 1
    return found


def settle(
    sides: Mapping[str, Written],
) -> tuple[dict[str, dict[str, dict[str, Any]]], list[dict[str, Any]], list[Fixed]]:
    """Decide which settings change, by the rule at the head of this module.

    Args:
        sides: framework -> what it wrote, two of them.

    Returns:
        Changes (framework -> number of the event -> setting -> common value), the same as facts (``framework``,
        ``layer``, ``line``, ``setting``, ``was``, ``now``, ``other``), and what differs and cannot be changed.
    """
    (a, one), (b, other) = sides.items()
    made = _Changes(sides)
    fixed: list[Fixed] = []
    for side in sides:
        made.drop(side)
    a_stands_first = one["line"] <= other["line"]
    for i, j in pairs(one["events"], other["events"]):
        here, there = one["events"][i], other["events"][j]
        for name in _differing(here, there):
            mine, theirs = here["settings"][name], there["settings"][name]
            if mine["fixed"] and theirs["fixed"]:
                fixed.append(Fixed(here["name"], there["kind"], name))
                continue
            both = ((a, i, mine), (b, j, theirs))
            (kept, _, value), (side, number, old) = both if _holds(mine, theirs, a_stands_first) else both[::-1]
            like = f"{kept} {value['called']}={value['shown']}"
            made.add(side, number, name, value["value"], _own(old, value["value"]), like)
    return made.by_side, made.facts, fixed


class _Changes:
    """The settings that change: by side, event and name, and the same as facts."""

    def __init__(self, sides: Mapping[str, Written]) -> None:
        self.sides = sides
        self.by_side: dict[str, dict[str, dict[str, Any]]] = {side: {} for side in sides}
        self.facts: list[dict[str, Any]] = []

    def add(self, side: str, number: int, name: str, value: Any, shown: str, like: str) -> None:
        """Change one setting of one event to a common value; ``like``: what it then equals."""
        event = self.sides[side]["events"][number]
        self.by_side[side].setdefault(str(number), {})[name] = value
        setting = event["settings"][name]
        fact = {
            "framework": side,
            "layer": _called(event),
            "line": event["line"],
            "setting": setting["called"],
            "was": setting["shown"],
            "now": shown,
            "other": like,
        }
        if fact not in self.facts:  # a layer that runs twice is changed once
            self.facts.append(fact)

    def drop(self, side: str) -> None:
        """Set every rate of dropout of one side to 0."""
        for number, event in enumerate(self.sides[side]["events"]):
            for name, setting in event["settings"].items():
                if name.endswith("rate") and setting["value"] and not setting["fixed"]:
                    self.add(side, number, name, 0.0, "0", DROPPED)


def _differing(here: Event, there: Event) -> list[str]:
    """Name the settings of two paired layers that differ and may be set alike, by the names common to all."""
    common = [name for name in here["settings"] if name in there["settings"]]
    return [
        name
        for name in common
        if not name.endswith("rate")
        and name != "end"
        and here["settings"][name]["value"] != there["settings"][name]["value"]
        and (name != "padding" or _padded_alike(here, there))
    ]


def _holds(mine: Mapping[str, Any], theirs: Mapping[str, Any], stands_first: bool) -> bool:
    """Return whether the first side's value is taken, by the rule at the head of this module."""
    if mine["fixed"] or theirs["fixed"]:
        return bool(mine["fixed"])
    if mine["stated"] != theirs["stated"]:
        return bool(mine["stated"])
    return stands_first


def _own(setting: Mapping[str, Any], value: Any) -> str:
    """Write a common value as the side itself would."""
    if setting["flipped"]:
        return f"{round(1 - value, 12):g}"
    return str(setting["words"].get(str(value), value))


def _padded_alike(here: Event, there: Event) -> bool:
    """Return whether paddings may be exchanged: inputs and outputs have the same sizes."""
    return all(sorted(here[way]) == sorted(there[way]) for way in ("given", "made"))


def _called(event: Event) -> str:
    return str(event["text"] if event["text"].startswith(event["name"]) else f"{event['name']}: {event['text']}")


def named(event: Event) -> Reason:
    """Name a layer as its user knows it, with the line of the file that made it."""
    return Reason("layer", layer=_called(event), place=in_line(event["line"]))


def in_line(line: int) -> Reason | str:
    """Return which line of the user's file is meant, "" where it is unknown (0)."""
    return Reason("in-line", line=line) if line else ""


def ends(sides: Mapping[str, Written]) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Plan that both sides end alike: in logits where each softmax can be taken off, else in the one that cannot.

    Returns:
        What to add to each side's plan (``end``, ``append``, and a change where one is taken off), and facts.
    """
    found = {}
    for side, written in sides.items():
        for number, event in enumerate(written["events"]):
            if "end" in event["settings"]:
                found[side] = (number, event)
    stuck = {side: event["kind"] for side, (_, event) in found.items() if event["settings"]["end"]["fixed"]}
    more: dict[str, dict[str, Any]] = {side: {} for side in sides}
    facts = []

    def told(side: str, event: Event | None, was: str, now: str) -> None:
        layer = _called(event) if event is not None else "the outputs"
        line = event["line"] if event is not None else 0
        facts.append(
            {"framework": side, "layer": layer, "line": line, "setting": "the end", "was": was, "now": now, "other": ""}
        )

    end = next(iter(stuck.values()), "")
    for side in sides:
        number, event = found.get(side, (-1, None))
        if event is not None and (not end or event["kind"] != end):
            more[side]["off"] = number
            told(side, event, event["kind"], end or "logits")
        elif event is None and end:
            told(side, None, "logits", end)
        if end:
            more[side].update(end=end, append=event is None or event["kind"] != end)
    return more, facts


def names(
    sides: Mapping[str, Written], dropped: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> dict[str, list[list[str | None]]]:
    """Assign every weight a name common to both sides, by what its layer is and when it runs.

    Args:
        sides: framework -> what it wrote.
        dropped: the changes of each side; a weight that is a setting of its layer, once changed, is none.

    Returns:
        Framework -> a list an event, one name a weight, None for what is no longer a weight.
    """
    naming = _Naming(sides, dropped)
    if all(side["stated"] for side in sides.values()):
        naming.as_stated()
    else:
        naming.by_layer()
    return naming.made


class _Naming:
    """Names given to the weights of two sides, one list an event."""

    def __init__(self, sides: Mapping[str, Written], dropped: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        self.sides, self.dropped = sides, dropped
        self.made: dict[str, list[list[str | None]]] = {
            side: [[None] * len(event["weights"]) for event in written["events"]] for side, written in sides.items()
        }
        self.counts: dict[str, int] = {}

    def kept(self, side: str, number: int) -> dict[str, int]:
        """Return the weights of an event that still are some: role -> place in the event."""
        gone = self.dropped[side].get(str(number), {})
        weights = self.sides[side]["events"][number]["weights"]
        return {weight["role"]: place for place, weight in enumerate(weights) if weight["role"] not in gone}

    def each(self) -> Iterator[tuple[str, int, str, int]]:
        """Go through all weights: side, number of the event, role, place in the event."""
        for side, written in self.sides.items():
            for number in range(len(written["events"])):
                for role, place in self.kept(side, number).items():
                    yield side, number, role, place

    def weight(self, side: str, number: int, place: int) -> Mapping[str, Any]:
        """Return what a side wrote of one weight."""
        found: Mapping[str, Any] = self.sides[side]["events"][number]["weights"][place]
        return found

    def next_name(self, side: str, number: int, place: int) -> str:
        """Make a name by what the weight is, with how many of the kind there were."""
        weight, kind = self.weight(side, number, place), self.sides[side]["events"][number]["kind"]
        size = "x".join(str(n) for n in weight["shape"]) or "scalar"
        name = f"{'statistic ' if weight['statistic'] else ''}{kind} {weight['role']} {size}"
        self.counts[name] = self.counts.get(name, 0) + 1
        return f"{name} #{self.counts[name]}"

    def as_stated(self) -> None:
        """Name the weights by their places in the lists that the user wrote."""
        for side, number, role, place in self.each():
            weight = self.weight(side, number, place)
            at = self.sides[side]["stated"].index(weight["raw"]) + 1
            self.made[side][number][place] = f"{'statistic' if weight['statistic'] else 'weight'} {at} {role}"

    def by_layer(self) -> None:
        """Name the weights by their layers: those of paired layers alike, all others by themselves."""
        a, b = self.sides
        holding = {
            side: [number for number in range(len(written["events"])) if self.kept(side, number)]
            for side, written in self.sides.items()
        }
        for i, j in _weighted(self._trimmed(a, holding[a]), self._trimmed(b, holding[b])):
            self._pair(a, holding[a][i], b, holding[b][j])
        for side, number, _, place in self.each():
            if self.made[side][number][place] is None:
                self.made[side][number][place] = self.next_name(side, number, place)

    def _trimmed(self, side: str, numbers: Sequence[int]) -> list[Event]:
        """Return events of a side without the weights that are none any more."""
        events = self.sides[side]["events"]
        return [
            {**events[n], "weights": [events[n]["weights"][place] for place in self.kept(side, n).values()]}
            for n in numbers
        ]

    def _pair(self, a: str, here: int, b: str, there: int) -> None:
        """Name the weights of two paired layers alike: by role and shape, or where each has one alone."""
        mine, theirs = self.kept(a, here), self.kept(b, there)
        for role, place in mine.items():
            name = self.made[a][here][place] = self.next_name(a, here, place)
            if role not in theirs:
                if len(mine) == len(theirs) == 1:
                    self.made[b][there][next(iter(theirs.values()))] = name
            elif self.weight(b, there, theirs[role])["shape"] == self.weight(a, here, place)["shape"]:
                self.made[b][there][theirs[role]] = name


def _weighted(one: Sequence[Event], other: Sequence[Event]) -> list[tuple[int, int]]:
    """Pair layers that hold weights: alike in kind and all shapes; then in the shapes; then in the largest one."""
    found: list[tuple[int, int]] = []
    looser = (lambda e: _kind(e)[1], lambda e: sorted(w["shape"] for w in e["weights"]), _largest, lambda e: e["kind"])
    for alike in (_kind, *looser):
        free = [
            [i for i in range(len(events)) if i not in {pair[side] for pair in found}]
            for side, events in enumerate((one, other))
        ]
        for i in free[0]:
            j = next((j for j in free[1] if alike(one[i]) == alike(other[j])), None)
            if j is not None:
                free[1].remove(j)
                found.append((i, j))
    return sorted(found)


def _largest(event: Event) -> tuple[str, list[int]]:
    weight = max(event["weights"], key=lambda w: np.prod(w["shape"], dtype=int))
    return (weight["role"], weight["shape"])


def flattened(written: Written) -> dict[str, dict[str, list[int]]]:
    """Find layers whose inputs or outputs are the numbers of an image in a row, channels first.

    Returns:
        Number of the event -> {"first" or "last": shape of the image}: the axis of its weights that lies in that order.
    """
    events = written["events"]
    found: dict[str, dict[str, list[int]]] = {}
    for number, event in enumerate(events):
        if not event["weights"] or not event["made"] or len(event["made"]) != 2:
            continue
        if event["kind"] == "dense":
            before = _image(reversed(events[:number]), event["given"][1:], "made")
            after = _image(iter(events[number + 1 :]), event["made"][1:], "given")
            places = {"first": before, "last": after}
        else:
            before = _image(reversed(events[:number]), event["given"][1:], "made")
            places = {"last": before or _image(iter(events[number + 1 :]), event["made"][1:], "given")}
        if any(places.values()):
            found[str(number)] = {where: image for where, image in places.items() if image}
    return found


def _image(events: Iterator[Event], vector: Sequence[int], way: str) -> list[int]:
    """Return the nearest image that has as many numbers as a vector, where their order matters."""
    for event in events:
        shape = event[way][1:]
        if len(event[way]) >= 3 and len(vector) == 1 and int(np.prod(shape)) == vector[0]:
            return list(shape) if shape[0] > 1 and int(np.prod(shape[1:])) > 1 else []
        if way == "made" and event["kind"] == "dense" and len(event["made"]) == 2:
            return []
    return []


def candidates(side: Mapping[str, Any], written: Written) -> list[dict[str, Any]]:
    """List other ways to carry the weights across: layers of one shape in other orders, images flattened otherwise.

    Args:
        side: a plan (``names``, ``flat``) that did not fit.
        written: what that side wrote.
    """
    groups: dict[Any, list[int]] = {}
    for number, event in enumerate(written["events"]):
        if any(side["names"][number]):
            groups.setdefault(_kind(event), []).append(number)
    groups = {key: numbers for key, numbers in groups.items() if len(numbers) > 1}
    flats = [side["flat"], *([{}] if side["flat"] else [])]
    flats += [{n: f for n, f in side["flat"].items() if n != gone} for gone in side["flat"]]
    orders = itertools.islice(_orders(list(groups.values())), TRIES)
    made: list[dict[str, Any]] = []
    for order, flat in itertools.product(orders, flats):
        if len(made) >= TRIES:
            break
        given = [list(names) for names in side["names"]]
        for place, taken in order.items():
            given[place] = list(side["names"][taken])
        made.append({**side, "names": given, "flat": flat})
    return made[1:]


def _orders(groups: Sequence[Sequence[int]]) -> Iterator[dict[int, int]]:
    """Go through the orders of layers within their groups: two exchanged first, then one group whole, then all."""
    yield {}
    for group in groups:
        for i, j in itertools.combinations(group, 2):
            yield {i: j, j: i}
    for group in groups:
        for order in itertools.islice(itertools.permutations(group), 1, TRIES):
            yield dict(zip(group, order, strict=True))
    for orders in itertools.product(*(list(itertools.islice(itertools.permutations(g), TRIES)) for g in groups)):
        yield {
            place: taken for g, order in zip(groups, orders, strict=True) for place, taken in zip(g, order, strict=True)
        }


def distance(here: Any, there: Any, kind: str) -> float:
    """Measure how far two layers' outputs lie apart, whatever the layout: root mean square over that of the first."""
    forms = [there]
    if there.ndim >= 3:
        forms += [np.moveaxis(there, 1, -1), np.moveaxis(there, -1, 1)]
    if here.ndim == 2 and there.ndim == 3:
        forms += [there[:, -1], there[:, 0]]
    if here.ndim == 3 and there.ndim == 2:
        return distance(there, here, kind)
    if kind == "flatten":
        here, forms = np.sort(here, -1), [np.sort(there, -1)]
    scale = float(np.sqrt(np.mean(here**2))) or 1.0
    found = [float(np.sqrt(np.mean((form - here) ** 2))) / scale for form in forms if form.shape == here.shape]
    return min(found, default=float("inf"))
