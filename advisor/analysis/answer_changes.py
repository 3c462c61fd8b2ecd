"""What would flip the result: answers, a shift of weight, one claim, one probe. Nothing is shown that does not.

Pure: no files, no clock.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.analysis import messages
from advisor.engine import smaa
from advisor.engine.conditions import Bools
from advisor.engine.pooling import Floats
from advisor.engine.scoring import Judged, Problem, Scored
from advisor.model.knowledge import Knowledge, Question
from advisor.model.needs import Answer, Needs
from advisor.model.recommendation import Flip

SHOWN_ANSWERS = 4
"""Answer changes shown with their acceptability; more would be a list, not an explanation."""


BLOCK_BYTES = 2**26
"""Bytes that trials judged together may take: the changes of a large questionnaire, paired, are tens of thousands."""

BYTES_A_VALUE = 64
"""Bytes that judging takes for each value of a criterion and a framework: eight numbers, means and variances among
them, at its height."""


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
        for choice in sorted(question.options, key=lambda choice: choice.id):
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


@dataclass(frozen=True)
class _Flipping:
    """A trial that flips: its place among those tried, and the result where it may be shown."""

    place: int
    judged: Judged | None


def answer_flips(scored: Scored, *, random_seed: int, shown: int = SHOWN_ANSWERS) -> tuple[Flip, ...]:
    """Return the answer changes that change the recommendation: single ones, then minimal double ones.

    Every change is judged, and every pair of changes where single ones do not fill the list. Those that lead
    to another framework come first, the closest first; each has the acceptability that asking anew would give.
    """
    if scored.leader is None:
        return ()
    changes = list(single_changes(scored.needs, scored.problem.knowledge))
    moved = _moved(scored, changes)
    singles = _flipping(scored, moved, shown=shown)
    found: list[tuple[tuple[Change, ...], Judged | None]] = [((changes[f.place],), f.judged) for f in singles]
    if len(found) < shown:
        rest = np.setdiff1d(np.arange(len(changes)), [flip.place for flip in singles])
        found.extend(_double_flips(scored, [changes[k] for k in rest], moved[rest], shown=shown))
    return tuple(
        _answer_flip(scored, trial, judged, random_seed=random_seed)
        for trial, judged in found[:shown]
        if judged is not None
    )


def _moved(scored: Scored, changes: Sequence[Change]) -> Bools:
    """Return which options each change sets or takes back, (changes, options)."""
    rows = np.zeros((len(changes), len(scored.answers)), dtype=np.bool_)
    for row, change in zip(rows, changes, strict=True):
        row[:] = _row(scored.problem, scored.answers, change) ^ scored.answers
    return rows


def _double_flips(
    scored: Scored, unmoving: Sequence[Change], moved: Bools, *, shown: int
) -> list[tuple[tuple[Change, ...], Judged | None]]:
    """Return the pairs of changes that flip together where neither does alone.

    Pairs are of two questions, or an option exchanged for another where several may be chosen.
    """
    questions = np.array([change.question for change in unmoving])
    first, second = np.triu_indices(len(unmoving), k=1)
    apart = questions[first] != questions[second] if len(unmoving) else np.zeros(0, dtype=np.bool_)
    first, second = first[apart], second[apart]
    alone = set(unmoving)
    exchanged = [s for s in swaps(scored.needs, scored.problem.knowledge) if _minimal(scored, s, alone)]
    trials = np.concatenate([moved[first] ^ moved[second], _moved(scored, exchanged)])

    def changes(place: int) -> tuple[Change, ...]:
        if place < len(first):
            return unmoving[first[place]], unmoving[second[place]]
        return (exchanged[place - len(first)],)

    return [(changes(flip.place), flip.judged) for flip in _flipping(scored, trials, shown=shown)]


def _minimal(scored: Scored, swap: Change, unmoving: set[Change]) -> bool:
    """Return True where neither half of a swap flips alone."""
    question = scored.problem.knowledge.questions[swap.question]
    before = scored.needs.options(swap.question)
    after = swap.answer if isinstance(swap.answer, tuple) else ()
    kept = tuple(option for option in before if option in after)
    fewer = Change(swap.question, kept or None)
    more = [Change(swap.question, _with(question, before, option)) for option in after if option not in before]
    return all(half in unmoving for half in (fewer, *more))


def _flipping(scored: Scored, moved: Bools, *, shown: int) -> list[_Flipping]:
    """Judge the answers with options moved, (trials, options), a block at a time; return the trials that flip.

    To another framework first, to none last, the closest to balance first within each; the first ``shown`` of a
    block, of which those of all are a part, with their results.
    """
    found: list[tuple[bool, float, int, Judged | None]] = []
    block = max(1, BLOCK_BYTES // (BYTES_A_VALUE * max(1, scored.judged.values.size)))
    for start in range(0, len(moved), block):
        rows = scored.answers ^ moved[start : start + block]
        judged = scored.problem.judge_rows(rows, scored.needs.priorities)
        margins = _margins(np.sort(np.where(judged.allowed, judged.utility, -np.inf), axis=1))
        flipping = np.flatnonzero(judged.winner != scored.judged.winner[0])
        ordered = sorted((bool(judged.winner[k] < 0), float(margins[k]), int(k)) for k in flipping)
        found.extend(
            (none, margin, start + k, judged.row(k) if place < shown else None)
            for place, (none, margin, k) in enumerate(ordered)
        )
    return [_Flipping(place, judged) for _, _, place, judged in sorted(found, key=lambda trial: trial[:3])]


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


def _answer_flip(scored: Scored, changes: Sequence[Change], judged: Judged, *, random_seed: int) -> Flip:
    problem = scored.problem
    change = {c.question: c.answer for c in changes}
    winner = int(judged.winner[0])
    leader = problem.frameworks[winner] if winner >= 0 else None
    trial = smaa.trial_of(scored, random_seed=random_seed, judged=judged, needs=changed(scored.needs, change))
    return Flip(
        change={q: list(a) if isinstance(a, tuple) else a for q, a in change.items()},
        recommended=leader,
        acceptability=smaa.acceptability(trial),
        kind="answer",
        text=messages.answer_flip(problem.knowledge, scored.needs, change, winner=leader),
    )
