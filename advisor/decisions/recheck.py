"""A saved decision, decided again with what is known today. Pure: no files, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from advisor.decisions.changes import changes_since
from advisor.decisions.document import read_decision
from advisor.decisions.seals import edited
from advisor.decisions.verification import recomputed
from advisor.model.knowledge import Knowledge
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
) -> dict[str, Any]:
    """Decide again with today's knowledge, versions and machine; say what changed and whether the decision stands.

    It stands where the same framework is recommended. Evidence of another machine than this one counts for less.

    Returns:
        {"stands": bool, "then": {...}, "now": {...}, "changes": [{"what", "then", "now", "text"}]}.

    Raises:
        InputError: not a decision, or answers that today's questions no longer know.
    """
    decision = read_decision(document)
    saved = document["recommendation"]
    now = recomputed(
        decision,
        knowledge,
        probes=probes,
        today=today,
        versions=versions or {},
        machine=machine,
        measurable=measurable,
    )
    broken = edited(document)
    return {
        "stands": saved.get("recommended") == now.recommended,
        "then": _summary(saved),
        "now": _summary(now.document()),
        "changes": changes_since(document, now, knowledge, versions=versions or {}, machine=machine),
        "edited": None if broken is None else list(broken),
    }


def _summary(recommendation: Mapping[str, Any]) -> dict[str, Any]:
    return {key: recommendation.get(key) for key in ("recommended", "strength", "acceptability", "utility")}
