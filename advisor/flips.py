"""What would flip the result: answers, a shift of weight, one claim, one probe. Nothing is shown that does not.

Pure: no files, no clock.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor import robustness, wording
from advisor.scoring import Problem, Scored, judge
from advisor.types import Answer, Flip, Knowledge, Needs, Question
from advisor.voices import Bools, Floats

SHOWN_ANSWERS = 4
"""Answer changes shown with their acceptability; more would be a list, not an explanation."""


@dataclass(frozen=True)
class Change:
    """One answer replaced as a whole: None takes it back."""

    question: str
    answer: Answer | None


def changed(needs: Needs, change: Mapping[str, Answer | None]) -> Needs:
    """Return needs with answers replaced; None takes an answer back."""
    answers = {q: a for q, a in needs.answers.items() if q not in change}
    answers.update({question: answer for question, answer in change.items() if answer is not None})
    return needs.model_copy(update={"answers": answers})


def single_changes(needs: Needs, knowledge: Knowledge) -> Iterator[Change]:
    """Yield every change of one answer: another option, one more or one fewer, or taken back.

    What the user has ruled out is not proposed.
    """
    for _, question in sorted(knowledge.questions.items()):
        chosen = needs.options(question.id)
        ruled_out = needs.excluded.get(question.id, ())
        for choice in question.options:
            if choice.id in chosen:
                rest = tuple(option for option in chosen if option != choice.id)
                yield Change(question.id, rest or None)
            elif choice.id not in ruled_out:
                yield Change(question.id, _with(question, chosen, choice.id))


def _with(question: Question, chosen: Sequence[str], option: str) -> Answer:
    if question.kind == "one":
        return option
    if option == "none":
        return ("none",)
    return (*(other for other in chosen if other != "none"), option)


def swaps(needs: Needs, knowledge: Knowledge) -> Iterator[Change]:
    """Yield every exchange of one chosen option for another where several may be chosen: two changes at once."""
    for _, question in sorted(knowledge.questions.items()):
        chosen = needs.options(question.id)
        ruled_out = needs.excluded.get(question.id, ())
        if question.kind == "one":
            continue
        for gone, choice in itertools.product(chosen, question.options):
            if choice.id not in chosen and choice.id not in ruled_out:
                rest = tuple(option for option in chosen if option != gone)
                yield Change(question.id, _with(question, rest, choice.id))


def answer_flips(scored: Scored, *, random_seed: int, shown: int = SHOWN_ANSWERS) -> tuple[Flip, ...]:
    """Return the answer changes that change the recommendation: single ones, then minimal double ones.

    Every change is judged, and every pair of changes where single ones do not fill the list. Those that lead
    to another framework come first, the closest first; each has the acceptability that asking anew would give.
    """
    if scored.leader is None:
        return ()
    singles = [(change,) for change in single_changes(scored.needs, scored.problem.knowledge)]
    found = _flipping(scored, singles)
    if len(found) < shown:
        flipping = {changes[0] for changes in found}
        found.extend(double_flips(scored, [change for (change,) in singles if change not in flipping]))
    return tuple(_answer_flip(scored, changes, random_seed=random_seed) for changes in found[:shown])


def double_flips(scored: Scored, unmoving: Sequence[Change]) -> list[tuple[Change, ...]]:
    """Return the pairs of changes that flip together where neither does alone."""
    alone = set(unmoving)
    pairs: list[tuple[Change, ...]] = [
        (one, other) for one, other in itertools.combinations(unmoving, 2) if one.question != other.question
    ]
    pairs.extend((swap,) for swap in swaps(scored.needs, scored.problem.knowledge) if _minimal(scored, swap, alone))
    return _flipping(scored, pairs)


def _minimal(scored: Scored, swap: Change, unmoving: set[Change]) -> bool:
    """Return True where neither half of a swap flips alone."""
    question = scored.problem.knowledge.questions[swap.question]
    before = scored.needs.options(swap.question)
    after = swap.answer if isinstance(swap.answer, tuple) else ()
    kept = tuple(option for option in before if option in after)
    fewer = Change(swap.question, kept or None)
    more = [Change(swap.question, _with(question, before, option)) for option in after if option not in before]
    return all(half in unmoving for half in (fewer, *more))


def _flipping(scored: Scored, trials: Sequence[tuple[Change, ...]]) -> list[tuple[Change, ...]]:
    """Judge sets of changes together; return those that flip, to another framework first, the closest first."""
    if not trials:
        return []
    known: dict[Change, Bools] = {}
    rows = np.repeat(scored.answers[None, :], len(trials), axis=0)
    for row, changes in zip(rows, trials, strict=True):
        for change in changes:
            if change not in known:
                known[change] = _row(scored.problem, scored.answers, change) ^ scored.answers
            row ^= known[change]
    judged = scored.problem.judge(rows, scored.needs.priorities)
    margins = _margins(np.sort(np.where(judged.allowed, judged.utility, -np.inf), axis=1))
    flipping = np.flatnonzero(judged.winner != scored.judged.winner[0])
    order = sorted(flipping.tolist(), key=lambda k: (judged.winner[k] < 0, margins[k], repr(trials[k])))
    return [trials[k] for k in order]


def _margins(ascending: Floats) -> NDArray[np.float64]:
    """Return first minus second of each row, 1 where there is no second: the smaller, the closer to balance."""
    if ascending.shape[1] < 2:
        return np.ones(len(ascending))
    first, second = ascending[:, -1], ascending[:, -2]
    known = np.isfinite(first) & np.isfinite(second)
    return np.subtract(first, second, out=np.ones(len(ascending)), where=known)


def _row(problem: Problem, answers: Bools, change: Change) -> Bools:
    row = answers.copy()
    for place, (question, _) in enumerate(problem.options):
        if question == change.question:
            row[place] = False
    answer = change.answer
    for option in () if answer is None else (answer,) if isinstance(answer, str) else answer:
        row[problem.column[change.question, option]] = True
    return row


def _answer_flip(scored: Scored, changes: Sequence[Change], *, random_seed: int) -> Flip:
    problem = scored.problem
    change = {c.question: c.answer for c in changes}
    needs = changed(scored.needs, change)
    after = judge(problem, needs)
    return Flip(
        change={q: list(a) if isinstance(a, tuple) else a for q, a in change.items()},
        recommended=after.leader,
        acceptability=robustness.acceptability(robustness.trial_of(after, random_seed=random_seed)),
        kind="answer",
        text=wording.answer_flip(problem.knowledge, scored.needs, change, winner=after.leader),
    )
