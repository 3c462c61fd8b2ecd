"""What to ask next, and when to stop: value of each open question per effort, and an exact proof that none matters.

Pure: no files, no clock.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from advisor import wording
from advisor.engine.conditions import Bools, reach
from advisor.engine.pooling import Floats, conditions
from advisor.engine.scoring import Judged, Problem, Scored
from advisor.knowledge.needs_files import NONE
from advisor.model.knowledge import Question
from advisor.model.needs import Needs
from advisor.model.recommendation import NextQuestion

MOST_CONDITIONS = 8
"""Up to 2^8 combinations of a criterion's open conditions are bounded exactly; beyond, by the whole scale."""

MOST_COMPLETIONS = 2048
"""Completions of the open answers that are simply tried, all of them, when the bound cannot tell."""

SAFE = 1e-9
"""A lower bound must clear rounding by this much before it proves anything."""


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


# ---------------------------------------------------------------- the order


_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def expected_loss(mean: Floats, sd: Floats) -> Floats:
    """Return E[max(0, -X)] for X ~ N(mean, sd^2): what a decision costs that takes X > 0 for granted.

    sd [phi(z) - z Phi(-z)] with z = mean / sd; the same form as the value of sample information.
    """
    z = np.divide(mean, sd, out=np.zeros(np.broadcast(mean, sd).shape), where=np.asarray(sd) > 0)
    density = np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)
    spread_out = sd * density - mean * 0.5 * _erfc(z / math.sqrt(2.0))
    return np.asarray(np.where(np.asarray(sd) > 0, spread_out, np.maximum(0.0, -np.asarray(mean))))


def next_questions(scored: Scored) -> tuple[NextQuestion, ...]:
    """Return the open questions, most valuable per effort first.

    The value of a question is what the complete interview would lose without it. With each option as likely as
    its odds say, its answer adds to the lead over a rival, before weights are normalised; the spread of what all
    open questions may add makes the risk of deciding now, and a question is worth the part of it that it removes.
    A contradiction is asked about first.
    """
    problem, needs = scored.problem, scored.needs
    found = open_questions(needs, problem)
    if not found:
        return _contradicted(scored)
    trials = [(question, option) for question in found for option in choices(question, needs)]
    chance = _chances(trials)
    rows = np.repeat(scored.answers[None, :], len(trials), axis=0)
    for row, (question, option) in zip(rows, trials, strict=True):
        row[problem.column[question.id, option]] = True
    judged = problem.judge(rows, needs.priorities)
    place = np.array([found.index(question) for question, _ in trials])
    pairs = _pairs(scored)
    added = judged.raw.sum(axis=1) - scored.judged.raw.sum()
    whole = float(scored.judged.raw.sum() + (chance * added).sum()) or 1.0
    now = _gaps(scored.judged, pairs, whole=whole)[0]  # (pairs,)
    shifts = _gaps(judged, pairs, whole=whole) - now  # (trials, pairs)
    member = (place == np.arange(len(found))[:, None]) * chance  # (questions, trials)
    mean = member @ shifts
    spread = member @ (shifts - mean[place]) ** 2  # (questions, pairs)
    # whoever is ahead in the end is chosen: the loss is the same either way round
    ahead, risk = np.abs(now + mean.sum(axis=0)), spread.sum(axis=0)
    lost = expected_loss(ahead, np.sqrt(risk)) - expected_loss(ahead, np.sqrt(np.maximum(risk - spread, 0.0)))
    value = np.maximum(lost.max(axis=1), 0.0) / np.array([question.cost for question in found])
    decides = np.array([(judged.winner[place == q] != scored.judged.winner[0]).mean() for q in range(len(found))])
    leader = problem.knowledge.frameworks[scored.leader].name if scored.leader is not None else None
    order = sorted(range(len(found)), key=lambda q: (-value[q], -decides[q], found[q].id))
    return (
        *_contradicted(scored),
        *(
            NextQuestion(
                question=found[q].id,
                value=float(value[q]),
                why=wording.question_why(found[q], decides=float(decides[q]), leader=leader),
            )
            for q in order
        ),
    )


def _chances(trials: Sequence[tuple[Question, str]]) -> Floats:
    """Return how likely each option of its question is, by the odds of those that are left."""
    odds = np.array([next(choice.odds for choice in q.options if choice.id == option) for q, option in trials])
    names = np.array([question.id for question, _ in trials])
    return np.asarray(odds / np.array([odds[names == name].sum() for name in names]))


def _contradicted(scored: Scored) -> tuple[NextQuestion, ...]:
    return tuple(
        NextQuestion(question=question.id, value=1.0, why=wording.contradiction(question, options))
        for question, options in contradictions(scored.needs, scored.problem)
    )


def contradictions(needs: Needs, problem: Problem) -> tuple[tuple[Question, tuple[str, ...]], ...]:
    """Return the questions with options that were both chosen and ruled out."""
    found = []
    for name, question in sorted(problem.knowledge.questions.items()):
        both = tuple(option for option in needs.options(name) if option in needs.excluded.get(name, ()))
        if both:
            found.append((question, both))
    return tuple(found)


def _pairs(scored: Scored) -> list[tuple[int, int]]:
    """Return whom to compare: the leader with each other framework, or all with all where nobody leads."""
    count = len(scored.problem.frameworks)
    leader = int(scored.judged.winner[0])
    if leader >= 0:
        return [(leader, b) for b in range(count) if b != leader]
    return list(itertools.combinations(range(count), 2))


def _gaps(judged: Judged, pairs: Sequence[tuple[int, int]], *, whole: float) -> Floats:
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


# ---------------------------------------------------------------- the stop


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
        self.now = self.problem.truths(scored.answers[None, :])[0]
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
        for name, (mode, needs) in self.problem.requirements.items():
            if name in open_:
                chosen = [self.problem.column[name, option] for option in choices(open_[name], self.scored.needs)]
            else:
                chosen = [column for column in needs if self.scored.answers[column]]
            kept = [self._always(needs[column][self.leader]) for column in chosen if column in needs]
            if not (any(kept) or not kept if mode == "any" and name not in open_ else all(kept)):
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
            moving = [c for c in conditions_of(problem, j) if self.maybe[c] and not self.surely[c]]
            if not moving:
                continue
            if len(moving) > MOST_CONDITIONS:
                found[j] = -1.0
                continue
            held = np.repeat(self.now[None, :], 2 ** len(moving), axis=0)
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
        judged = self.problem.judge(rows, self.scored.needs.priorities)
        return bool((judged.winner == self.leader).all())

    def all_keep(self) -> bool:
        """Return True where every completion, judged in full, keeps the recommendation."""
        rows = completions(self.scored.answers, [self._answers_to(question) for question in self.questions])
        judged = self.problem.judge(rows, self.scored.needs.priorities)
        return bool((judged.winner == self.leader).all())


def completions(answers: Bools, options: Sequence[Sequence[tuple[int, ...]]]) -> Bools:
    """Return every combination of the given sets of columns, one of each sequence, added to the answers."""
    rows = answers[None, :]
    for sets in options:
        rows = np.repeat(rows, len(sets), axis=0)
        for place, columns in enumerate(sets):
            rows[place :: len(sets), list(columns)] = True
    return rows


def conditions_of(problem: Problem, j: int) -> tuple[int, ...]:
    """Return the conditions that anything said about a criterion hangs on."""
    heard = [voice for of_framework in problem.voices[j] for voice in of_framework]
    return tuple(sorted({condition for voice in heard for condition in conditions(voice)}))
