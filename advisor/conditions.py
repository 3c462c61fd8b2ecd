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


@dataclass(frozen=True)
class Condition:
    """One condition; without parts it always holds.

    ``some``: of each tuple of columns, one must be chosen. ``not_only``: (inside, others) of a question each; where
    something of it is chosen, one of the others must be among it.
    """

    some: tuple[tuple[int, ...], ...] = ()
    not_only: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = ()

    @property
    def columns(self) -> frozenset[int]:
        """The columns it looks at."""
        return frozenset(
            column for part in (*self.some, *(side for sides in self.not_only for side in sides)) for column in part
        )


Spelling = tuple[tuple[str, tuple[str, ...]], ...]
"""A condition as it is written down: many claims and routes are under the same."""


def spelled(part: Mapping[str, Iterable[str]]) -> Spelling:
    """Return one part of a condition as something to look up."""
    return tuple((question, tuple(options)) for question, options in part.items())


def compiled(
    when: Mapping[str, Iterable[str]], unless: Mapping[str, Iterable[str]], *, options: Sequence[Pair]
) -> Condition:
    """Return the condition that ``when`` holds and nothing of ``unless`` does, over the given columns."""

    def of(question: str, chosen: Iterable[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        words = set(chosen)
        mine = [(column, option in words) for column, (asked, option) in enumerate(options) if asked == question]
        return tuple(c for c, inside in mine if inside), tuple(c for c, inside in mine if not inside)

    return Condition(
        some=tuple(sorted(of(question, chosen)[0] for question, chosen in when.items())),
        not_only=tuple(sorted(of(question, chosen) for question, chosen in unless.items())),
    )


def truths(conditions: Sequence[Condition], answers: Bools) -> Bools:
    """Return which conditions hold, (K, conditions), for answers (K, options)."""
    held = np.ones((len(conditions), len(answers)), dtype=np.bool_)
    chosen = np.ascontiguousarray(answers.T)
    for index, condition in enumerate(conditions):
        for columns in condition.some:
            held[index] &= chosen[list(columns)].any(axis=0) if len(columns) != 1 else chosen[columns[0]]
        for inside, others in condition.not_only:
            held[index] &= ~chosen[list(inside)].any(axis=0) | chosen[list(others)].any(axis=0)
    return held.T


def reach(conditions: Sequence[Condition], answers: Bools, possible: Bools) -> tuple[Bools, Bools]:
    """Return which conditions surely hold, and which may, however answers grow within ``possible``; (conditions,) each.

    ``possible`` adds options of open questions only: a question answered already is closed. More answers can only
    make more of ``some`` true; the first answer to an open question may make a ``not_only`` false.
    """
    surely = np.ones(len(conditions), dtype=np.bool_)
    maybe = surely.copy()
    for index, condition in enumerate(conditions):
        for columns in condition.some:
            surely[index] &= answers[list(columns)].any()
            maybe[index] &= possible[list(columns)].any()
        for inside, others in condition.not_only:
            if answers[[*inside, *others]].any():
                holds = bool(answers[list(others)].any())
                surely[index] &= holds
                maybe[index] &= holds
            else:
                surely[index] &= not possible[list(inside)].any()
    return surely, maybe
