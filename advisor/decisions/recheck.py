"""A saved decision, decided again with what is known today. Pure: no files, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from advisor.decisions.changes import changes_since
from advisor.decisions.document import read_decision
from advisor.decisions.results import Outcome, Recheck
from advisor.decisions.seals import edited
from advisor.decisions.verification import recomputed
from advisor.model.knowledge import Knowledge
from advisor.model.recommendation import Recommendation
from advisor.model.reference import ReferenceSession
from probes.types import Probe


def recheck(
    document: Mapping[str, Any],
    knowledge: Knowledge,
    *,
    today: date,
    versions: Mapping[str, str] | None = None,
    machine: Mapping[str, Any] | None = None,
    probes: Sequence[Probe] = (),
    measurable: Sequence[str] | None = None,
    reference: Sequence[ReferenceSession] = (),
) -> Recheck:
    """Decide again with today's knowledge, versions and machine; say what changed and whether the decision stands.

    It stands where the same framework is recommended. Evidence of another machine than this one counts for less.

    Raises:
        InputError: not a decision, or answers that today's questions no longer know.
    """
    decision = read_decision(document)
    now = recomputed(
        decision,
        knowledge,
        probes=probes,
        today=today,
        versions=versions or {},
        machine=machine,
        measurable=measurable,
        reference=reference,
    )
    broken = edited(document)
    return Recheck(
        stands=decision.recommendation.recommended == now.recommended,
        then=_outcome(decision.recommendation),
        now=_outcome(now),
        changes=tuple(changes_since(decision, now, knowledge, versions=versions or {}, machine=machine)),
        edited=broken,
    )


def _outcome(recommendation: Recommendation) -> Outcome:
    return Outcome(
        recommended=recommendation.recommended,
        strength=recommendation.strength,
        acceptability=recommendation.acceptability,
        utility=recommendation.utility,
    )
