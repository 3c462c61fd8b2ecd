"""What to ask next: the value of each open question per effort of answering it.

Pure: no files, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from advisor.analysis import messages
from advisor.analysis.stopping import choices, leader_pairs, leads, open_questions
from advisor.engine.pooling import Floats
from advisor.engine.scoring import Scored
from advisor.model.knowledge import Question
from advisor.model.recommendation import NextQuestion


def expected_loss(mean: Floats, sd: Floats) -> Floats:
    """Return E[max(0, -X)] for X ~ N(mean, sd^2): what a decision costs that takes X > 0 for granted.

    sd [phi(z) - z Phi(-z)] with z = mean / sd; the same form as the value of sample information.
    """
    z = np.divide(mean, sd, out=np.zeros(np.broadcast(mean, sd).shape), where=np.asarray(sd) > 0)
    density = np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)
    spread_out = sd * density - mean * ndtr(-z)
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
    judged = problem.judge_rows(rows, needs.priorities)
    place = np.array([found.index(question) for question, _ in trials])
    pairs = leader_pairs(scored)
    added = judged.raw.sum(axis=1) - scored.judged.raw.sum()
    whole = float(scored.judged.raw.sum() + (chance * added).sum()) or 1.0
    now = leads(scored.judged, pairs, whole=whole)[0]  # (pairs,)
    shifts = leads(judged, pairs, whole=whole) - now  # (trials, pairs)
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
                why=messages.question_why(found[q], decides=float(decides[q]), leader=leader),
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
    questions = scored.problem.knowledge.questions
    return tuple(
        NextQuestion(question=name, value=1.0, why=messages.contradiction(questions[name], options))
        for name, options in scored.needs.contradictions().items()
        if name in questions
    )
