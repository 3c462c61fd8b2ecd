"""An exact proof that no open answer can change the result, so that asking may stop. Pure: no files, no clock."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from advisor.engine.conditions import Bools, reach
from advisor.engine.pooling import Floats
from advisor.engine.scoring import Judged, Problem, Scored
from advisor.knowledge.needs_files import NONE
from advisor.model.knowledge import Question
from advisor.model.needs import Needs

MOST_CONDITIONS = 8
"""Up to 2^8 combinations of a criterion's open conditions are bounded exactly; beyond, by the whole scale."""


MOST_COMPLETIONS = 2048
"""Completions of the open answers that are simply tried, all of them, when the bound cannot tell."""


SAFE = 1e-9
"""A lower bound must clear rounding by this much before it proves anything."""


def leader_pairs(scored: Scored) -> list[tuple[int, int]]:
    """Return whom to compare: the leader with each other framework, or all with all where nobody leads."""
    count = len(scored.problem.frameworks)
    leader = int(scored.judged.winner[0])
    if leader >= 0:
        return [(leader, b) for b in range(count) if b != leader]
    return list(itertools.combinations(range(count), 2))


def leads(judged: Judged, pairs: Sequence[tuple[int, int]], *, whole: float) -> Floats:
    """Return each pair's lead over ``whole``, the weight of a complete interview, (K, pairs).

    Where a requirement excludes one of the two, the lead is the whole scale.
    """
    found = np.zeros((len(judged.utility), len(pairs)))
    total = judged.raw.sum(axis=1) / whole
    for place, (a, b) in enumerate(pairs):
        gap = total * (judged.utility[:, a] - judged.utility[:, b])
        only = judged.allowed[:, a].astype(np.float64) - judged.allowed[:, b]
        found[:, place] = np.where(judged.allowed[:, a] & judged.allowed[:, b], gap, only)
    return found


def settled(scored: Scored) -> bool:
    """Return True only where no completion of the open answers can change the recommendation.

    Complete means any of them answered in any way, several options where several may be chosen, nothing that
    the user ruled out. Sound, not complete: where the bound cannot tell and there are too many completions to
    try, the answer is False.
    """
    questions = open_questions(scored.needs, scored.problem)
    if not questions:
        return True
    bound = Bound(scored, questions)
    if bound.holds():
        return True
    return bound.few() and bound.one_answer_keeps() and bound.all_keep()


class Bound:
    """A lower bound on the leader's lead over every completion of the open answers.

    The unnormalised lead is a sum over criteria of weight times advantage. Weights are sums over the chosen
    options; the advantage on a criterion is bounded over every truth of the conditions that open answers can
    make true. Then each open question takes its least favourable option (or its least favourable set of them).
    """

    def __init__(self, scored: Scored, questions: Sequence[Question]) -> None:
        self.scored = scored
        self.problem = scored.problem
        self.questions = questions
        self.leader = int(scored.judged.winner[0])
        possible = scored.answers.copy()
        for question in questions:
            for option in choices(question, scored.needs):
                possible[self.problem.column[question.id, option]] = True
        self.surely, self.maybe = reach(self.problem.conditions, scored.answers, possible)

    def holds(self) -> bool:
        """Return True where the bound proves that the leader stays."""
        rivals, reachable = self._rivals(), self._leader_stays_allowed()
        if self.leader < 0:
            return not rivals  # everything is excluded whatever is answered
        if not reachable:
            return False
        return all(self._lead(rival) > SAFE for rival in rivals)

    def _rivals(self) -> list[int]:
        """Return the frameworks that some completion may leave allowed: those no answered requirement excludes."""
        answered = self.scored.answers
        allowed = self.problem.allowed(answered[None, :], self.maybe[None, :])[0]
        return [a for a in range(len(self.problem.frameworks)) if a != self.leader and allowed[a]]

    def _leader_stays_allowed(self) -> bool:
        """Return True where the leader keeps a living route to whatever is required, or may come to be."""
        if self.leader < 0 or not self.scored.judged.allowed[0, self.leader]:
            return False
        open_ = {question.id: question for question in self.questions}
        for name, requirement in self.problem.requirements.items():
            if name in open_:
                possible = {self.problem.column[name, option] for option in choices(open_[name], self.scored.needs)}
            else:
                possible = set(np.flatnonzero(self.scored.answers).tolist())
            kept = [
                self._always(routes[self.leader])
                for column, routes in zip(requirement.columns, requirement.routes, strict=True)
                if column in possible
            ]
            if not (any(kept) or not kept if requirement.mode == "any" and name not in open_ else all(kept)):
                return False
        return True

    def _always(self, routes: Sequence[int]) -> bool:
        """Return True where, whatever is answered yet, one of these routes' conditions holds."""
        if any(self.surely[condition] for condition in routes):
            return True
        columns = {column for condition in routes for column in self.problem.conditions[condition].columns}
        asked = {self.problem.options[column][0] for column in columns}
        sets = [self._answers_to(question) for question in self.questions if question.id in asked]
        if not routes or math.prod(len(each) for each in sets) > MOST_COMPLETIONS:
            return False
        held = self.problem.truths(completions(self.scored.answers, sets))
        return bool(held[:, list(routes)].any(axis=1).all())

    def _lead(self, rival: int) -> float:
        """Return a lower bound on the unnormalised lead over a rival."""
        advantage = self._least_advantage(rival)  # (J,)
        problem, priorities = self.problem, self.scored.needs.priorities
        base = problem.raw_weights(self.scored.answers[None, :], priorities)[0]
        total = float(base @ advantage)
        each = problem.prioritised(problem.emphasis, priorities, base=0.0) @ advantage  # (options,)
        for question in self.questions:
            columns = [problem.column[question.id, option] for option in choices(question, self.scored.needs)]
            worst = each[columns]
            total += float(np.minimum(worst, 0.0).sum() if question.kind == "many" else min(0.0, worst.min()))
        return total

    def _least_advantage(self, rival: int) -> Floats:
        """Return, by criterion, the least advantage of the leader that open conditions can bring about."""
        problem = self.problem
        found = self.scored.judged.values[0, :, self.leader] - self.scored.judged.values[0, :, rival]
        for j in range(len(problem.criteria)):
            moving = [c for c in problem.hangs_on[j] if self.maybe[c] and not self.surely[c]]
            if not moving:
                continue
            if len(moving) > MOST_CONDITIONS:
                found[j] = -1.0
                continue
            held = np.repeat(self.scored.held[None, :], 2 ** len(moving), axis=0)
            held[:, moving] = np.array(list(itertools.product((False, True), repeat=len(moving))))
            values = problem.values_on(j, held)
            found[j] = (values[:, self.leader] - values[:, rival]).min()
        return found

    # ------------------------------------------------------------ trying them all

    def few(self) -> bool:
        """Return True where the completions can simply be tried."""
        return math.prod(len(self._answers_to(question)) for question in self.questions) <= MOST_COMPLETIONS

    def _answers_to(self, question: Question) -> list[tuple[int, ...]]:
        options = choices(question, self.scored.needs)
        columns = [self.problem.column[question.id, option] for option in options]
        if question.kind == "one":
            return [(), *((column,) for column in columns)]
        if 2 ** len(columns) > MOST_COMPLETIONS:
            return [()] * (MOST_COMPLETIONS + 1)
        alone = [column for option, column in zip(options, columns, strict=True) if option == NONE]
        beside = [column for column in columns if column not in alone]
        picks = [picked for size in range(len(beside) + 1) for picked in itertools.combinations(beside, size)]
        return [*picks, *((column,) for column in alone)]

    def one_answer_keeps(self) -> bool:
        """Return True where no single option of an open question changes the recommendation."""
        columns = [c for question in self.questions for picked in self._answers_to(question) for c in picked]
        rows = np.repeat(self.scored.answers[None, :], len(columns), axis=0)
        rows[np.arange(len(columns)), columns] = True
        judged = self.problem.judge_rows(rows, self.scored.needs.priorities)
        return bool((judged.winner == self.leader).all())

    def all_keep(self) -> bool:
        """Return True where every completion, judged in full, keeps the recommendation."""
        rows = completions(self.scored.answers, [self._answers_to(question) for question in self.questions])
        judged = self.problem.judge_rows(rows, self.scored.needs.priorities)
        return bool((judged.winner == self.leader).all())


def completions(answers: Bools, options: Sequence[Sequence[tuple[int, ...]]]) -> Bools:
    """Return every combination of the given sets of columns, one of each sequence, added to the answers."""
    rows = answers[None, :]
    for sets in options:
        rows = np.repeat(rows, len(sets), axis=0)
        for place, columns in enumerate(sets):
            rows[place :: len(sets), list(columns)] = True
    return rows


def open_questions(needs: Needs, problem: Problem) -> tuple[Question, ...]:
    """Return the questions not answered that leave something to choose, by id."""
    return tuple(
        question
        for name, question in sorted(problem.knowledge.questions.items())
        if not needs.options(name) and choices(question, needs)
    )


def choices(question: Question, needs: Needs) -> tuple[str, ...]:
    """Return a question's options that the user has not ruled out."""
    ruled_out = needs.excluded.get(question.id, ())
    return tuple(choice.id for choice in question.options if choice.id not in ruled_out)
