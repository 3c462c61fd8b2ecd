"""Which claims to review next: those due first, and among them those that move decisions most."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypedDict

import numpy as np

from advisor.analysis.leave_one_out import LeaveOneOut
from advisor.engine import scoring
from advisor.engine.scoring import Problem
from advisor.knowledge.loading import knowledge_folder
from advisor.knowledge.needs_files import read_needs
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs

DAYS_AHEAD = 90
"""A claim falling due within this many days is worth planning for."""

SHOWN_WHERE_NONE_IS_DUE = 20
"""Claims listed where none falls due in time: the next ones."""


class DueClaim(TypedDict):
    """One row of the list. ``days``: until the review, negative where it is overdue; ``influence``: 0..1."""

    id: str
    criterion: str
    review_by: str
    days: int
    influence: float


def review_order(knowledge: Knowledge, *, today: date) -> list[DueClaim]:
    """Return every weighing claim due within ``DAYS_AHEAD`` days, most influential first.

    Influence: the largest change of any framework's utility over the example needs when the claim
    is left out; 0 where it applies to none of them.
    """
    examples = [read_needs(path, knowledge) for path in sorted((knowledge_folder() / "examples").glob("*.yaml"))]
    influence = influences(scoring.prepare(knowledge, today=today), examples)
    rows: list[DueClaim] = [
        {
            "id": claim.id,
            "criterion": claim.criterion,
            "review_by": claim.review_by.isoformat(),
            "days": (claim.review_by - today).days,
            "influence": round(influence.get(claim.id, 0.0), 4),
        }
        for claim in knowledge.claims.values()
        if claim.weighs
    ]
    due = [row for row in rows if row["days"] <= DAYS_AHEAD]
    due = due or sorted(rows, key=lambda row: row["days"])[:SHOWN_WHERE_NONE_IS_DUE]
    return sorted(due, key=lambda row: (-row["influence"], row["days"], row["id"]))


def influences(problem: Problem, asked: Iterable[Needs]) -> dict[str, float]:
    """Return claim id -> largest change of a utility over the needs ``asked`` when the claim is left out."""
    largest: dict[str, float] = {}
    for needs in asked:
        left_out = LeaveOneOut(scoring.judge(problem, needs))
        present = left_out.scored.judged.utility[0]
        for claim in left_out.weighing():
            utility = left_out.utilities(left_out.criterion(claim), left_out.without(claim))
            change = float(np.abs(utility - present).max())
            largest[claim] = max(largest.get(claim, 0.0), change)
    return largest
