"""What is recommended, with its reasons, and what would change it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field

from advisor.model.knowledge import ClaimId, CriterionId, FrameworkId, Share
from advisor.model.text import Frozen, Text

Strength = Literal["clear", "leaning", "either"]


def runner_up(
    utility: Mapping[FrameworkId, float], *, leader: FrameworkId | None, excluded: Collection[FrameworkId]
) -> FrameworkId | None:
    """Return the framework of the highest utility after the leader that is not excluded; of equal ones the last id."""
    others = [framework for framework in utility if framework != leader and framework not in excluded]
    return max(others, key=lambda framework: (utility[framework], framework), default=None)


def closest_rival(
    utility: Mapping[FrameworkId, float], *, leader: FrameworkId | None, excluded: Collection[FrameworkId]
) -> FrameworkId | None:
    """Return whom the leader is compared with: the runner-up, else the best of those excluded."""
    return runner_up(utility, leader=leader, excluded=excluded) or runner_up(utility, leader=leader, excluded=())


class CriterionResult(Frozen):
    id: CriterionId
    weight: Share
    value: dict[FrameworkId, float]
    contribution: dict[FrameworkId, float]
    claims: tuple[ClaimId, ...]
    sd: dict[FrameworkId, float] = {}
    measured: dict[str, Any] | None = None


class Exclusion(Frozen):
    framework: FrameworkId
    reason: str
    claims: tuple[ClaimId, ...] = ()
    requirement: str = ""
    text: Text | None = None


class RouteResult(Frozen):
    need: str
    framework: FrameworkId
    route: str
    tools: tuple[str, ...]
    status: str
    claims: tuple[ClaimId, ...] = ()
    name: Text | None = None
    note: Text | None = None
    install: str | None = None
    environment: Literal["shared", "own"] = "shared"
    best: bool = False


class Flip(Frozen):
    """``change``: {question: option}; option None = take the answer back."""

    change: dict[str, Any]
    recommended: FrameworkId | None
    acceptability: dict[FrameworkId, float]
    kind: Literal["answer", "weight", "claim", "probe"] = "answer"
    text: Text | None = None


class NextQuestion(Frozen):
    question: str
    value: float
    why: Text | None = None


class PlannedProbe(Frozen):
    """``would_flip_at``: the ratio (numerator over denominator, see probes.types.Ratio), None if it cannot flip."""

    probe: str
    value: float
    seconds: float
    would_flip_at: float | None
    reason: Text | None = None
    criterion: CriterionId = ""
    numerator: FrameworkId = ""
    denominator: FrameworkId = ""


class PlanStep(Frozen):
    need: str
    route: str
    tools: tuple[str, ...]
    status: str
    name: Text | None = None
    install: str | None = None


class Plan(Frozen):
    """What to do with a framework: its best living route to each named need, and what to install.

    ``role``: "recommended" or "runner-up". ``borrowed``: tools of another framework the plan ships
    through: such a plan is a mixed one.
    """

    framework: FrameworkId
    role: str
    install: tuple[str, ...]
    steps: tuple[PlanStep, ...]
    borrowed: tuple[str, ...] = ()
    text: Text | None = None


class KnowledgeStamp(Frozen):
    version: str
    sha256: str


class Recommendation(Frozen):
    """The ``recommendation/1`` document; see the contract for every key."""

    schema_: Literal["recommendation/1"] = Field("recommendation/1", alias="schema")
    needs: dict[str, Any]
    recommended: FrameworkId | None
    strength: Strength
    acceptability: dict[FrameworkId, float]
    confidence: dict[FrameworkId, float]
    utility: dict[FrameworkId, float]
    criteria: tuple[CriterionResult, ...]
    excluded: tuple[Exclusion, ...]
    routes: tuple[RouteResult, ...]
    for_: tuple[ClaimId, ...] = Field((), alias="for")
    against: tuple[ClaimId, ...] = ()
    flips: tuple[Flip, ...] = ()
    next_questions: tuple[NextQuestion, ...] = ()
    settled: bool
    probe_plan: tuple[PlannedProbe, ...] = ()
    knowledge: KnowledgeStamp
    random_seed: int
    pairwise: dict[FrameworkId, dict[FrameworkId, float]] = {}
    central_weights: dict[FrameworkId, dict[CriterionId, float]] = {}
    verdicts: tuple[dict[str, Any], ...] = ()
    contradictions: tuple[dict[str, Any], ...] = ()
    before: dict[str, Any] | None = None
    notes: tuple[Text, ...] = ()
    plans: tuple[Plan, ...] = ()
    machine: dict[str, Any] | None = None

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    @property
    def runner_up(self) -> FrameworkId | None:
        """The best framework after the recommended one that meets the requirements."""
        return runner_up(self.utility, leader=self.recommended, excluded=self._excluded)

    @property
    def closest_rival(self) -> FrameworkId | None:
        """Whom the recommended framework is compared with: the runner-up, else the best of those ruled out."""
        return closest_rival(self.utility, leader=self.recommended, excluded=self._excluded)

    @property
    def _excluded(self) -> frozenset[FrameworkId]:
        return frozenset(exclusion.framework for exclusion in self.excluded)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready document."""
        return self.model_dump(mode="json", by_alias=True)
