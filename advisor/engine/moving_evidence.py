"""Evidence that hangs on answers, as arrays: added up for one set of answers or for thousands by the same lines.

Nearly every group is one claim, and says p held or nothing: those are computed together. Groups with copies or
routes are pooled one by one. Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.engine import pooling
from advisor.engine.conditions import Bools
from advisor.engine.pooling import EvidenceGroup, Floats

Ints = NDArray[np.intp]


@dataclass(frozen=True)
class MovingEvidence:
    """Groups of evidence, each about one cell: a framework on a criterion.

    Attributes:
        count: how many groups.
        places: (S,) which groups are a single claim; ``conditions``, ``precision``, ``moment``: (S,) of that claim.
        others: the other groups with their places.
        layers: the r-th group of each cell that has one, as (cells, groups): each cell's sum is in its own order, so
            that it depends on no other cell.
    """

    count: int
    places: Ints
    conditions: Ints
    precision: Floats
    moment: Floats
    others: tuple[tuple[int, EvidenceGroup], ...]
    layers: tuple[tuple[Ints, Ints], ...]

    def add(self, held: Bools, precision: Floats, moment: Floats) -> None:
        """Add, in place, what the groups say under rows of conditions (K, conditions) to totals (cells, K)."""
        spoken = np.empty((2, self.count, len(held)))
        speaks = np.ascontiguousarray(held.T[self.conditions])
        spoken[0, self.places] = speaks * self.precision[:, None]
        spoken[1, self.places] = speaks * self.moment[:, None]
        for place, group in self.others:
            pooled, mean = pooling.pool_rows(group, held)
            spoken[0, place], spoken[1, place] = pooled, pooled * mean
        for cells, groups in self.layers:
            precision[cells] += spoken[0, groups]
            moment[cells] += spoken[1, groups]


def moving_evidence(groups: Sequence[tuple[int, EvidenceGroup]]) -> MovingEvidence:
    """Return the groups as arrays, (cell, group) each."""
    alone = [(place, group.members[0]) for place, (_, group) in enumerate(groups) if _single(group)]
    said = [pooling.pool([member]) for _, member in alone]
    return MovingEvidence(
        count=len(groups),
        places=_ints(place for place, _ in alone),
        conditions=_ints(member.condition for _, member in alone),
        precision=np.array([precision for precision, _ in said], dtype=np.float64),
        moment=np.array([precision * mean for precision, mean in said], dtype=np.float64),
        others=tuple((place, group) for place, (_, group) in enumerate(groups) if not _single(group)),
        layers=_layers([cell for cell, _ in groups]),
    )


def _single(group: EvidenceGroup) -> bool:
    return len(group.members) == 1 and not group.paths


def _layers(cells: Sequence[int]) -> tuple[tuple[Ints, Ints], ...]:
    layers: list[list[tuple[int, int]]] = []
    filled: dict[int, int] = {}
    for group, cell in enumerate(cells):
        layer = filled.get(cell, 0)
        filled[cell] = layer + 1
        if layer == len(layers):
            layers.append([])
        layers[layer].append((cell, group))
    return tuple((_ints(cell for cell, _ in layer), _ints(group for _, group in layer)) for layer in layers)


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.intp)
