"""A saved decision, decided again with what is known today. Pure: no files, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import ValidationError

from advisor.decisions.changes import changes_since
from advisor.decisions.document import Decision, read_decision
from advisor.decisions.results import Outcome, Reason, Recheck
from advisor.decisions.seals import edited
from advisor.decisions.verification import recomputed
from advisor.errors import InputError
from advisor.model.knowledge import Knowledge
from advisor.model.recommendation import MeasurableRoute, Recommendation
from advisor.model.reference import ReferenceSession
from advisor.model.text import Text
from probes.evidence.documents import evidence_document
from probes.types import Evidence, Probe
from probes.wording.places import without_places

TURNED_BY = {
    "measurements": Text(
        en="New measurements turned it: without them it would stand.",
        zh="新的测量结果改变了结论：没有它们，结论仍成立。",
    ),
    "versions": Text(
        en="Releases turned it: with the versions of then it would stand.",
        zh="新版本改变了结论：若仍用当时的版本，结论成立。",
    ),
    "knowledge": Text(
        en="The knowledge base turned it: with the one of then it would stand.",
        zh="知识库的变化改变了结论：若仍用当时的知识库，结论成立。",
    ),
    "machine": Text(
        en="Another machine turned it: on the one of then it would stand.",
        zh="换了机器改变了结论：若在当时的机器上，结论成立。",
    ),
    "day": Text(
        en="Age turned it: claims that were due for review count for less.",
        zh="时间改变了结论：到期未复核的论断权重降低。",
    ),
    "together": Text(
        en="No single change turned it; several of them did together.",
        zh="并非单一变化改变了结论，而是几项变化共同所致。",
    ),
    "program": Text(
        en="Another version of the program turned it: from what it was made with, this one recommends otherwise.",
        zh="程序版本的变化改变了结论：用当时的全部依据，本程序得出另一推荐。",
    ),
}
"""What can turn a decision, in the order in which it is told, and how that is said."""


@dataclass(frozen=True, kw_only=True)
class _Inputs:
    """All that a recommendation is computed from beside the decision's own answers and evidence."""

    knowledge: Knowledge
    today: date
    versions: Mapping[str, str]
    machine: Mapping[str, Any] | None
    more: tuple[Evidence, ...]
    probes: Sequence[Probe]
    measurable: Sequence[str] | None
    reference: Sequence[ReferenceSession]
    routes: Sequence[MeasurableRoute]

    def recommendation(self, decision: Decision) -> Recommendation:
        return recomputed(
            decision,
            self.knowledge,
            probes=self.probes,
            today=self.today,
            versions=self.versions,
            machine=self.machine,
            measurable=self.measurable,
            reference=self.reference,
            routes=self.routes,
            more=self.more,
        )


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
    routes: Sequence[MeasurableRoute] = (),
    evidence: Sequence[Evidence] = (),
) -> Recheck:
    """Decide again with today's knowledge, versions and machine; say what changed and whether the decision stands.

    It stands where the same framework is recommended. Evidence of another machine than this one counts for less. Of a
    decision that does not stand it is told what turned it: each input is put back to what it was, one at a time.

    Args:
        evidence: sessions measured since; those that the decision holds already count once.

    Raises:
        InputError: not a decision, or answers that today's questions no longer know.
    """
    decision = read_decision(document)
    given = _Inputs(
        knowledge=knowledge,
        today=today,
        versions=versions or {},
        machine=machine,
        more=_not_held(decision, evidence),
        probes=probes,
        measurable=measurable,
        reference=reference,
        routes=routes,
    )
    now = given.recommendation(decision)
    stands = decision.recommendation.recommended == now.recommended
    return Recheck(
        stands=stands,
        because=() if stands else _turned_by(decision, given),
        then=_outcome(decision.recommendation),
        now=_outcome(now),
        changes=tuple(
            changes_since(decision, now, knowledge, versions=given.versions, machine=machine, more=given.more)
        ),
        edited=edited(document),
    )


def _not_held(decision: Decision, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return the sessions that a decision does not hold, each once."""
    held = list(decision.evidence)
    found = []
    for session in evidence:
        told = without_places(evidence_document(session))
        if told not in held:
            held.append(told)
            found.append(session)
    return tuple(found)


def _turned_by(decision: Decision, given: _Inputs) -> tuple[Reason, ...]:
    """Return what turned a decision: every input that, put back alone, lets it stand; or why there is none."""
    other = decision.recommendation.knowledge.sha256 != given.knowledge.sha256
    then: dict[str, dict[str, Any]] = {
        "measurements": {"more": ()},
        "versions": {"versions": decision.versions},
        "knowledge": {"knowledge": held} if other and (held := _held_knowledge(decision)) is not None else {},
        "machine": {"machine": decision.recommendation.machine or None},
        "day": {"today": decision.made_on},
    }
    apart = [what for what, old in then.items() if _stands_with(decision, given, old)]
    if not apart:
        whole = {key: value for old in then.values() for key, value in old.items()}
        apart = ["together" if _stands_with(decision, given, whole) else "program"]
    return tuple(Reason(what=what, text=TURNED_BY[what]) for what in apart)


def _stands_with(decision: Decision, given: _Inputs, old: Mapping[str, Any]) -> bool:
    """Return whether a decision stands where some inputs are as they were; False where they are as they are now."""
    if all(getattr(given, key) == value for key, value in old.items()):
        return False
    try:
        found = replace(given, **old).recommendation(decision)
    except InputError:  # answers that the knowledge of then or now does not have
        return False
    return found.recommended == decision.recommendation.recommended


def _held_knowledge(decision: Decision) -> Knowledge | None:
    """Return the part of the knowledge base that a decision holds, None where it holds none that can be read."""
    try:
        return Knowledge.model_validate(decision.basis)
    except ValidationError:
        return None


def _outcome(recommendation: Recommendation) -> Outcome:
    return Outcome(
        recommended=recommendation.recommended,
        strength=recommendation.strength,
        acceptability=recommendation.acceptability,
        utility=recommendation.utility,
    )
