"""What answers must be like for a claim, a route or a probe to apply, by columns of an answers matrix.

The one meaning of ``when`` and ``unless``: everything that asks whether something applies asks a compiled condition.
Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

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

    @cached_property
    def _some_bits(self) -> tuple[int, ...]:
        return tuple(map(_bits, self.some))

    @cached_property
    def _excepted_bits(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        return tuple(tuple((_bits(inside), _bits(others)) for inside, others in group) for group in self.excepted)

    def holds(self, helpful: int, harmful: int) -> bool:
        """Return what ``_hold`` does for one row whose chosen columns are the bits set."""
        return all(helpful & some for some in self._some_bits) and all(
            any(not harmful & inside or helpful & others for inside, others in group) for group in self._excepted_bits
        )


def _bits(columns: Iterable[int]) -> int:
    return sum(1 << column for column in columns)


def _bits_of(row: Bools) -> int:
    return int.from_bytes(np.packbits(row, bitorder="little").tobytes(), "little")


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


def unless_elsewhere(relevant: Mapping[str, Iterable[str]], *, options: Sequence[Pair]) -> Condition:
    """Return the condition that no answered question speaks only of options other than the ``relevant`` ones."""

    def others(question: str, named: Iterable[str]) -> tuple[str, ...]:
        words = set(named)
        return tuple(option for asked, option in options if asked == question and option not in words)

    return compiled({}, [{question: others(question, named)} for question, named in relevant.items()], options=options)


def truths(conditions: Sequence[Condition], answers: Bools) -> Bools:
    """Return which conditions hold, (K, conditions), for answers (K, options)."""
    return _hold(conditions, answers, answers)


def reach(conditions: Sequence[Condition], answers: Bools, possible: Bools) -> tuple[Bools, Bools]:
    """Return which conditions surely hold, and which may, however answers grow within ``possible``; (conditions,) each.

    ``possible`` adds options of open questions only: a question answered already is closed. More answers can only
    make more of ``some`` true; the first answer to an open question may make an exception hold.
    """
    now, then = answers[None, :], possible[None, :]
    return _hold(conditions, now, then)[0], _hold(conditions, then, now)[0]


def _hold(conditions: Sequence[Condition], helpful: Bools, harmful: Bools) -> Bools:
    """Return which conditions hold, (K, conditions), were the answers ``helpful`` where a choice can make one hold.

    ``harmful``: the answers where a choice can keep one from holding. With the same answers in both places this is
    what a condition means; with bounds of the answers it gives bounds of the truth.
    """
    if len(helpful) == 1:
        # one row is common and an array of one is slow
        good_bits, bad_bits = _bits_of(helpful[0]), _bits_of(harmful[0])
        return np.array([[condition.holds(good_bits, bad_bits) for condition in conditions]], dtype=np.bool_)
    held = np.ones((len(conditions), len(helpful)), dtype=np.bool_)
    good, bad = np.ascontiguousarray(helpful.T), np.ascontiguousarray(harmful.T)
    for index, condition in enumerate(conditions):
        for columns in condition.some:
            held[index] &= good[list(columns)].any(axis=0) if len(columns) != 1 else good[columns[0]]
        for group in condition.excepted:
            spared = [~bad[list(inside)].any(axis=0) | good[list(others)].any(axis=0) for inside, others in group]
            held[index] &= np.logical_or.reduce(spared)
    return held.T
