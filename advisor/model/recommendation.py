"""What is recommended, with its reasons, and what would change it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field

from advisor.model.holding import Holds
from advisor.model.knowledge import LIVING_ROUTE, ClaimId, CriterionId, FrameworkId, Share
from advisor.model.needs import Needs
from advisor.model.reference import ReferenceResult
from advisor.model.text import Frozen, Text

if TYPE_CHECKING:
    import pandas as pd

Strength = Literal["clear", "leaning", "either"]

Shares = dict[FrameworkId, Annotated[float, Field(ge=0.0, le=1.0 + 1e-9)]]
"""Shares of draws, which may add up to a little above 1."""


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


class Interval(Frozen):
    """A ratio of costs, numerator over denominator, with its 95 % interval."""

    ratio: float
    low: float
    high: float


class MeasuredPair(Frozen):
    """What the documents say of two frameworks on a criterion, what was measured, and both together.

    ``z``: by how many standard deviations they differ; ``conflict``: whether that is too many.
    """

    numerator: FrameworkId
    denominator: FrameworkId
    documented: Interval
    measured: Interval
    together: Interval
    z: float
    conflict: bool
    probes: tuple[str, ...]
    other_machine: bool


class MeasuredCriterion(Frozen):
    """What was measured on a criterion."""

    pairs: tuple[MeasuredPair, ...]


class CriterionResult(Frozen):
    """One criterion: its weight, each framework's value and contribution, and the claims behind them."""

    id: CriterionId
    weight: Share
    value: dict[FrameworkId, float]
    contribution: dict[FrameworkId, float]
    claims: tuple[ClaimId, ...]
    sd: dict[FrameworkId, float] = {}
    measured: MeasuredCriterion | None = None


class Exclusion(Frozen):
    """A framework that misses a requirement, and why."""

    framework: FrameworkId
    reason: str
    claims: tuple[ClaimId, ...] = ()
    requirement: str = ""
    text: Text | None = None


class RouteSeen(Frozen):
    """What was measured of a documented route, by the row of a table that speaks for it.

    ``state``: "works"; "misses" a target though it works; "fails". ``route``: of ``probes/routes``. ``own``: with the
    user's own model. ``elsewhere``: on another machine. ``indicative``: the model is to run on another kind of machine,
    so that times stand for an order only. ``targets``: what is known of each number that was asked for.
    """

    state: Literal["works", "misses", "fails"]
    route: str
    runtime: str
    precision: str
    own: bool
    elsewhere: bool
    indicative: bool
    artifact_bytes: int | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    max_abs: float | None = None
    agreement: float | None = None
    targets: dict[str, str] = {}
    reason: str = ""
    reason_code: str = ""
    reason_params: dict[str, Any] = {}
    refused: tuple[str, ...] = ()

    @classmethod
    def imagined(cls, state: Literal["works", "misses", "fails"]) -> RouteSeen:
        """Return what would be seen of a route that nobody has measured, had it gone that way."""
        return cls(state=state, route="", runtime="", precision="", own=False, elsewhere=False, indicative=False)


class FigureFlip(Frozen):
    """At what value of a measured figure the recommendation, or the plan's row, would be another one.

    ``figure``: a target's name, or "p50_ms"; ``value`` and ``would_flip_at`` are in its unit. ``direction``: on which
    side of ``would_flip_at`` it changes. ``target``: whether a number that was asked for is what decides there. ``to``:
    the framework that would be recommended, or the documented route that the plan would take; "" where none would be.
    """

    figure: str
    value: float
    would_flip_at: float
    direction: Literal["above", "below"]
    changes: Literal["recommendation", "plan"]
    target: bool
    to: str
    text: Text


class RouteResult(Frozen):
    """How a need is reached from a framework. ``seen``: what was measured of it, absent where nothing was.

    ``would_flip_at``: which of its figures would change the recommendation or the plan, and where.
    """

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
    seen: RouteSeen | None = Field(None, exclude_if=lambda seen: seen is None)
    would_flip_at: tuple[FigureFlip, ...] = Field((), exclude_if=lambda flips: not flips)

    @property
    def living(self) -> bool:
        """Whether its tools are alive and it was not seen to fail."""
        return reaches(self.status, self.seen)


def reaches(status: str, seen: RouteSeen | None) -> bool:
    """Return whether a route reaches its need: its tools are alive, and it was not seen to fail or to miss a target."""
    return status in LIVING_ROUTE and (seen is None or seen.state == "works")


class Flip(Frozen):
    """``change``: {question: option}; option None = take the answer back."""

    change: dict[str, Any]
    recommended: FrameworkId | None
    acceptability: Shares
    kind: Literal["answer", "weight", "claim", "probe", "route"] = "answer"
    text: Text | None = None


class NextQuestion(Frozen):
    """An open question and what its answer is worth."""

    question: str
    value: float
    why: Text | None = None


class MeasurableRoute(Frozen):
    """A route of ``probes/routes`` that can be measured: whose model it takes, and in how many seconds.

    ``environment``: of its own that it runs in, "" where it lives beside the frameworks.
    """

    route: str
    framework: FrameworkId
    seconds: float = Field(gt=0)
    environment: str = ""


class PlannedProbe(Frozen):
    """A probe, or a route, that is worth measuring.

    Attributes:
        probe: id of the probe; of the route, where it has a ``command``.
        would_flip_at: the ratio (numerator over denominator, see probes.types.Ratio) at which the answer changes, None
            if it cannot flip; of a route with a ``figure`` the number asked for, beyond which it changes.
        changes: what a route's outcome could change; "" for nothing. figure: a target's name.
        command: what measures a route.
    """

    probe: str
    value: float
    seconds: float
    would_flip_at: float | None
    reason: Text | None = None
    criterion: CriterionId = ""
    numerator: FrameworkId = ""
    denominator: FrameworkId = ""
    figure: str = Field("", exclude_if=lambda name: not name)
    changes: Literal["recommendation", "plan", ""] = Field("", exclude_if=lambda what: not what)
    command: str = Field("", exclude_if=lambda command: not command)

    @property
    def telling(self) -> bool:
        """Whether its outcome could change the recommendation or the plan."""
        return self.would_flip_at is not None or bool(self.changes)


class PlanStep(Frozen):
    """One need of a plan and the route that meets it."""

    need: str
    route: str
    tools: tuple[str, ...]
    status: str
    name: Text | None = None
    install: str | None = None
    seen: RouteSeen | None = Field(None, exclude_if=lambda seen: seen is None)


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


class ProbeRatio(Frozen):
    """A measured ratio of costs, numerator over denominator, with its 95 % interval."""

    value: float
    low: float
    high: float
    numerator: FrameworkId
    denominator: FrameworkId


class ProbeVerdict(Frozen):
    """What one probe says of a claim. ``by_facts``: by what it observed rather than by a ratio."""

    probe: str
    by_facts: bool = False
    ratio: ProbeRatio | None = None
    reason: Text | None = None
    verdict: str


class ClaimVerdict(Frozen):
    """What all probes say of a claim: one of ``claim_verdicts.VERDICTS``, with the reason where there is none.

    ``probe``: their ids in one line; ``probes``: each by itself.
    """

    claim: ClaimId
    criterion: CriterionId
    truth: str
    verdict: str
    reason: Text | None
    by_facts: bool
    probe: str
    probes: tuple[ProbeVerdict, ...]


class Contradiction(Frozen):
    """Where a machine and the documents disagree, as ratios with 95 % intervals: both stand."""

    criterion: CriterionId
    numerator: FrameworkId
    denominator: FrameworkId
    expected: float
    expected_interval: tuple[float, float]
    measured: float
    measured_interval: tuple[float, float]
    z: float
    text: Text


class MovedCriterion(Frozen):
    """A criterion's contribution to each utility before and after measuring."""

    criterion: CriterionId
    before: dict[FrameworkId, float]
    after: dict[FrameworkId, float]


class BeforeMeasuring(Frozen):
    """The result as it was without the measurements. ``changed``: whether another framework leads since."""

    recommended: FrameworkId | None
    strength: Strength
    acceptability: Shares
    utility: dict[FrameworkId, float]
    changed: bool
    moved: tuple[MovedCriterion, ...]


class KnowledgeStamp(Frozen):
    """Which knowledge base a result rests on."""

    version: str
    sha256: str


class Recommendation(Frozen):
    """The ``recommendation/1`` document; ``framework-advisor schema recommendation`` tells every key.

    ``reference``: what machines like this one say where the user has not measured; absent where there is none.
    """

    schema_: Literal["recommendation/1"] = Field("recommendation/1", alias="schema")
    needs: Annotated[dict[str, Any], Holds(Needs)]
    recommended: FrameworkId | None
    strength: Strength
    acceptability: Shares
    confidence: Shares
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
    verdicts: tuple[ClaimVerdict, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    before: BeforeMeasuring | None = None
    notes: tuple[Text, ...] = ()
    plans: tuple[Plan, ...] = ()
    machine: dict[str, Any] | None = None
    reference: tuple[ReferenceResult, ...] = Field((), exclude_if=lambda results: not results)

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    @property
    def planned_probes(self) -> tuple[PlannedProbe, ...]:
        """What ``probe_plan`` holds of probes; the rest of it are routes."""
        return tuple(step for step in self.probe_plan if not step.command)

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

    def to_frame(self) -> pd.DataFrame:
        """Return the criteria as a table, a row for each criterion and framework, heaviest criterion first.

        Columns: criterion, framework, weight, value, sd, contribution, claims (how many), measured. The contributions
        of a framework add up to its utility.
        """
        import pandas as pd

        columns = ["criterion", "framework", "weight", "value", "sd", "contribution", "claims", "measured"]
        rows = [
            (
                row.id,
                framework,
                row.weight,
                value,
                row.sd.get(framework, math.nan),
                row.contribution[framework],
                len(row.claims),
                row.measured is not None,
            )
            for row in self.criteria
            for framework, value in row.value.items()
        ]
        return pd.DataFrame(rows, columns=columns)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready document."""
        return self.model_dump(mode="json", by_alias=True)
