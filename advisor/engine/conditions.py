"""What answers must be like for a claim or a route to apply, by columns of an answers matrix.

Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Pair = tuple[str, str]
"""A question and one of its options."""
Sides = tuple[tuple[int, ...], tuple[int, ...]]
"""Of one question, the columns of the options named and those of all others."""


@dataclass(frozen=True)
class Condition:
    """One condition; without parts it always holds.

    ``some``: of each tuple of columns, one must be chosen. ``excepted``: groups of (inside, others), a question each;
    of every group one question must be unanswered, or have one of its others chosen.
    """

    some: tuple[tuple[int, ...], ...] = ()
    excepted: tuple[tuple[Sides, ...], ...] = ()

    @property
    def columns(self) -> frozenset[int]:
        """The columns it looks at."""
        excepted = (side for group in self.excepted for sides in group for side in sides)
        return frozenset(column for part in (*self.some, *excepted) for column in part)


Spelling = tuple[tuple[str, tuple[str, ...]], ...]
"""Answers as they are written down: many claims and routes are under the same."""


def spelled(part: Mapping[str, Iterable[str]]) -> Spelling:
    """Return one part of a condition as something to look up."""
    return tuple((question, tuple(options)) for question, options in part.items())


def compiled(
    when: Mapping[str, Iterable[str]], unless: Iterable[Mapping[str, Iterable[str]]], *, options: Sequence[Pair]
) -> Condition:
    """Return the condition that ``when`` holds and no group of ``unless`` does, over the given columns."""

    def of(question: str, chosen: Iterable[str]) -> Sides:
        words = set(chosen)
        mine = [(column, option in words) for column, (asked, option) in enumerate(options) if asked == question]
        return tuple(c for c, inside in mine if inside), tuple(c for c, inside in mine if not inside)

    return Condition(
        some=tuple(sorted(of(question, chosen)[0] for question, chosen in when.items())),
        excepted=tuple(sorted(tuple(sorted(of(*asked) for asked in group.items())) for group in unless)),
    )


def truths(conditions: Sequence[Condition], answers: Bools) -> Bools:
    """Return which conditions hold, (K, conditions), for answers (K, options)."""
    held = np.ones((len(conditions), len(answers)), dtype=np.bool_)
    chosen = np.ascontiguousarray(answers.T)
    for index, condition in enumerate(conditions):
        for columns in condition.some:
            held[index] &= chosen[list(columns)].any(axis=0) if len(columns) != 1 else chosen[columns[0]]
        for group in condition.excepted:
            spared = [~chosen[list(inside)].any(axis=0) | chosen[list(others)].any(axis=0) for inside, others in group]
            held[index] &= np.logical_or.reduce(spared)
    return held.T


def reach(conditions: Sequence[Condition], answers: Bools, possible: Bools) -> tuple[Bools, Bools]:
    """Return which conditions surely hold, and which may, however answers grow within ``possible``; (conditions,) each.

    ``possible`` adds options of open questions only: a question answered already is closed. More answers can only
    make more of ``some`` true; the first answer to an open question may make an exception hold.
    """
    surely = np.ones(len(conditions), dtype=np.bool_)
    maybe = surely.copy()
    for index, condition in enumerate(conditions):
        for columns in condition.some:
            surely[index] &= answers[list(columns)].any()
            maybe[index] &= possible[list(columns)].any()
        for group in condition.excepted:
            spared, sparable = zip(*(_spared(sides, answers, possible) for sides in group), strict=True)
            surely[index] &= any(spared)
            maybe[index] &= any(sparable)
    return surely, maybe


def _spared(sides: Sides, answers: Bools, possible: Bools) -> tuple[bool, bool]:
    """Return whether a question surely keeps, and may keep, an exception from holding."""
    inside, others = map(list, sides)
    if answers[[*inside, *others]].any():
        chosen = bool(answers[others].any())
        return chosen, chosen
    return not possible[inside].any(), True
