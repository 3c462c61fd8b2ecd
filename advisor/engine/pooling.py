"""Evidence pooling: applicable claims and best living routes on a criterion, correlated sources counted once.

Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from advisor.engine.conditions import Bools
from advisor.model.knowledge import LIVING_ROUTE, Claim, Grade, Knowledge, Route

Floats = NDArray[np.float64]

ALWAYS = 0
"""Index of the condition that holds under any answers."""

NO_ROUTE_GRADE: Grade = "moderate"
"""Grade of "no living route is known": nobody can list every tool."""

_ROUTE_ORDER = ("supported", "beta", "maintenance", "experimental")

DAYS_A_YEAR = 365.25


def value_of(effect: float) -> float:
    """Return where an effect in -2..2 stands on the criterion's scale."""
    return 0.5 + 0.25 * effect


@lru_cache(maxsize=4096)
def outside(version: str, specifier: str) -> bool:
    """Return True where an installed version lies outside the range for which a claim was checked."""
    try:
        return not SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False  # the knowledge check refuses such ranges; a local build's odd version ages nothing


def uncertainty_growth(
    claim: Claim, framework: str, knowledge: Knowledge, *, today: date, versions: Mapping[str, str]
) -> float:
    """Return the factor by which age and version widen a claim's uncertainty for a framework."""
    settings = knowledge.settings
    overdue = (today - claim.review_by).days
    factor = float(settings.overdue_growth ** (overdue / DAYS_A_YEAR)) if overdue > 0 else 1.0
    installed, checked = versions.get(framework), claim.versions.get(framework)
    if installed is not None and checked is not None and outside(installed, checked):
        factor *= settings.outside_version
    return factor


def route_order(route: Route, knowledge: Knowledge) -> tuple[bool, float, float, int, int, str]:
    """Sort key of routes to one need: alive, best effect, surest grade, best status, most closely fitted, then id."""
    status = _ROUTE_ORDER.index(route.status) if route.status in _ROUTE_ORDER else len(_ROUTE_ORDER)
    sd = knowledge.settings.sd[route.grade]
    return (route.status not in LIVING_ROUTE, -route.effect, sd, status, -len(route.when), route.id)


@dataclass(frozen=True)
class Item:
    """One statement about a criterion: active where its condition holds (and no better route does).

    ``mean``: of the value, 0..1. ``precision``: 1 / variance. ``claims``: that it rests on.
    """

    condition: int
    mean: float
    precision: float
    claims: tuple[str, ...]


@dataclass(frozen=True)
class NeedRoutes:
    """A need's living routes from one framework, best first.

    ``need_condition``: the need was named; ``rivals``: the criterion's needs, of which none may have been named.
    """

    need: str
    need_condition: int
    rivals: tuple[int, ...]
    routes: tuple[Item, ...]
    nothing: Item


@dataclass(frozen=True)
class EvidenceGroup:
    """What counts once: a claim, copies of one origin, or a route with the claims it rests on."""

    members: tuple[Item, ...]
    paths: tuple[NeedRoutes, ...] = ()

    @property
    def fixed(self) -> bool:
        """True where no answer can change what it says."""
        return all(member.condition == ALWAYS for member in self.members) and all(
            path.need_condition == ALWAYS and all(member.condition == ALWAYS for member in path.routes)
            for path in self.paths
        )


def conditions_of(group: EvidenceGroup) -> set[int]:
    """Return every condition that what a group says hangs on."""
    conditions = {member.condition for member in group.members}
    for path in group.paths:
        conditions.update((path.need_condition, *path.rivals, *(member.condition for member in path.routes)))
    return conditions


def active(group: EvidenceGroup, held: Bools) -> list[Item]:
    """Return a group's items under one row of conditions: its claims, and the best route to each open need."""
    items = [member for member in group.members if held[member.condition]]
    for path in group.paths:
        # a criterion's own need, or any of its needs where the user named none of them
        if held[path.need_condition] or not any(held[other] for other in path.rivals):
            items.append(next((member for member in path.routes if held[member.condition]), path.nothing))
    return items


def pool(members: Sequence[Item]) -> tuple[float, float]:
    """Return the precision and mean with which members speak that count once; precision 0 = silent.

    The precision is that of the surest, the mean that of all by precision.
    """
    surest = total = moment = 0.0
    for member in members:
        surest = max(surest, member.precision)
        total += member.precision
        moment += member.precision * member.mean
    return surest, moment / total if total > 0 else 0.5


def pool_rows(group: EvidenceGroup, held: Bools) -> tuple[Floats, Floats]:
    """Return ``pool(active(...))`` for each row of conditions: precision and mean, (K,) each."""
    rows = len(held)
    surest, total, moment = np.zeros(rows), np.zeros(rows), np.zeros(rows)

    def add(member: Item, speaks: Bools) -> None:
        nonlocal surest, total, moment
        speaking = speaks * member.precision
        surest = np.maximum(surest, speaking)
        total = total + speaking
        moment = moment + speaking * member.mean

    for member in group.members:
        add(member, held[:, member.condition])
    for path in group.paths:
        open_ = held[:, path.need_condition]
        if path.rivals:
            open_ = open_ | ~held[:, path.rivals].any(axis=1)
        for member in path.routes:
            speaks = open_ & held[:, member.condition]
            add(member, speaks)
            open_ = open_ & ~speaks
        add(path.nothing, open_)
    return surest, np.divide(moment, total, out=np.full(rows, 0.5), where=total > 0)


def grouped(
    claims: Sequence[tuple[Claim, list[Item]]], paths: Sequence[NeedRoutes], knowledge: Knowledge
) -> list[EvidenceGroup]:
    """Join what counts once: restatements, copies of one origin, and a route with the claims it rests on.

    A claim with a source of its own is no copy.
    """
    joined = _Partition(len(claims) + len(paths))
    first: dict[str, int] = {}  # claim or origin -> the first claim that is one or has one
    for index, (claim, _) in enumerate(claims):
        for key in (claim.id, *_origins(claim, knowledge)):
            joined.join(index, first.setdefault(key, index))
    for index, path in enumerate(paths, start=len(claims)):
        for cited in (claim_id for route in path.routes for claim_id in route.claims):
            if cited in first:
                joined.join(index, first[cited])
    groups: dict[int, tuple[list[Item], list[NeedRoutes]]] = {}
    for index in range(len(claims) + len(paths)):
        items, along = groups.setdefault(joined.root(index), ([], []))
        if index < len(claims):
            items.extend(claims[index][1])
        else:
            along.append(paths[index - len(claims)])
    return [EvidenceGroup(tuple(items), tuple(along)) for items, along in groups.values()]


class _Partition:
    """Places joined into groups (union-find)."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def root(self, index: int) -> int:
        """Return the place that stands for a place's group."""
        while self._parent[index] != index:
            index = self._parent[index]
        return index

    def join(self, one: int, other: int) -> None:
        """Merge the groups of two places."""
        self._parent[self.root(one)] = self.root(other)


def _origins(claim: Claim, knowledge: Knowledge) -> list[str]:
    """Return what a claim is a copy of: the claim it restates; its origins where all its sources are copies."""
    found = [claim.same_as] if claim.same_as is not None else []
    origins = [knowledge.sources[s].origin_group if s in knowledge.sources else None for s in claim.sources]
    if origins and all(origin is not None for origin in origins):
        found.extend(f"origin {origin}" for origin in origins)
    return found
