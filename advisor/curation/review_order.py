"""Which claims to review next: those due first, and among them those that move decisions most."""

from __future__ import annotations

from datetime import date
from typing import Any

from advisor.engine import scoring
from advisor.knowledge.loading import knowledge_folder
from advisor.knowledge.needs_files import read_needs
from advisor.model.knowledge import Knowledge

DAYS_AHEAD = 90
"""A claim falling due within this many days is worth planning for."""


def review_order(knowledge: Knowledge, *, today: date) -> list[dict[str, Any]]:
    """Return every weighing claim due within ``DAYS_AHEAD`` days, most influential first.

    Influence: the largest change of any framework's utility over the example needs when the claim
    is left out; 0 where it applies to none of them.
    """
    influence = influences(knowledge, today=today)
    rows: list[dict[str, Any]] = [
        {
            "id": claim.id,
            "criterion": claim.criterion,
            "review_by": claim.review_by.isoformat(),
            "days": (claim.review_by - today).days,
            "influence": round(influence.get(claim.id, 0.0), 4),
        }
        for claim in knowledge.claims.values()
        if claim.status in ("active", "disputed")
    ]
    due = [row for row in rows if row["days"] <= DAYS_AHEAD] or sorted(rows, key=lambda row: row["days"])[:20]
    return sorted(due, key=lambda row: (-row["influence"], row["days"], row["id"]))


def influences(knowledge: Knowledge, *, today: date) -> dict[str, float]:
    """Return claim id -> largest change of a utility over the examples when it is left out."""
    found: dict[str, float] = {}
    for path in sorted((knowledge_folder() / "examples").glob("*.yaml")):
        needs = read_needs(str(path), knowledge)
        full = scoring.score(needs, knowledge, today=today)
        for claim in scoring.applicable(needs, knowledge):
            claims = {key: value for key, value in knowledge.claims.items() if key != claim.id}
            without = scoring.score(needs, knowledge.model_copy(update={"claims": claims}), today=today)
            moved = max(
                (abs(full.utility[framework] - without.utility[framework]) for framework in full.utility), default=0.0
            )
            found[claim.id] = max(found.get(claim.id, 0.0), moved)
    return found
