"""What the parts of a report hold, in words of one language: every renderer reads the same rows. No markup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """The answer with its strength in words; ``strength`` and ``confidence`` are "" where nobody is recommended."""

    name: str
    strength: str
    sentence: str
    confidence: str


@dataclass(frozen=True)
class BriefRow:
    """One line of the decision in brief. ``commands``: what to type after the parts; ``apart``: each part is a step."""

    label: str
    parts: list[str]
    commands: list[str] = field(default_factory=list)
    apart: bool = False


@dataclass(frozen=True)
class Share:
    """How often a framework comes out first, 0 to 1 and in words."""

    name: str
    share: float
    percent: str


@dataclass(frozen=True)
class Way:
    """One way of a framework to a need. ``seen``: what was measured of it, "" where no way was measured.

    ``failed``: that was a failure, or a target that is missed.
    """

    name: str
    tools: list[str]
    state: str
    living: bool
    note: str
    install: str
    seen: str
    failed: bool


@dataclass(frozen=True)
class PlanRow:
    """A need and the ways to it. ``asked``: its question, where the option does not speak for itself."""

    need: str
    asked: str
    best: Way | None
    others: list[Way]


@dataclass(frozen=True)
class CitedClaim:
    """A claim named beside a reason."""

    id: str
    text: str


@dataclass(frozen=True)
class Reason:
    """A criterion that speaks for or against the leader; ``lead`` is its contribution less the rival's."""

    criterion: str
    lead: float
    points: str
    claims: list[CitedClaim]
    ways: list[str]
    measured: list[str]


@dataclass(frozen=True)
class FlipRow:
    """What would flip the result; ``share`` is "" where nobody would be recommended then."""

    kind: str
    text: str
    share: str


@dataclass(frozen=True)
class ExclusionRow:
    """Who was ruled out, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class AnswerRow:
    """A question with what was answered and what was ruled out."""

    question: str
    answer: str
    excluded: str


@dataclass(frozen=True)
class Priority:
    """A stated priority, 0 to 3."""

    criterion: str
    level: float


@dataclass(frozen=True)
class CriterionRow:
    """A criterion that weighs. ``rests_on``: what its values rest on where it is neither claims nor measurements."""

    id: str
    name: str
    weight: float
    value: dict[str, float]
    contribution: dict[str, float]
    claims: list[str]
    rests_on: str


@dataclass(frozen=True)
class PlannedProbeRow:
    """A probe or a route that could still change the result. ``command``: what measures it."""

    probe: str
    question: str
    seconds: str
    effect: str
    command: str


@dataclass(frozen=True)
class SourceRow:
    """A cited source. ``url`` is "" where it is no web address, ``vendor`` where no framework's maker publishes it."""

    id: str
    title: str
    url: str
    publisher: str
    dates: str
    vendor: str


@dataclass(frozen=True)
class EffectRow:
    """What a claim says for a framework, "-2" to "+2"."""

    name: str
    effect: str


@dataclass(frozen=True)
class ClaimRow:
    """A cited claim in full."""

    id: str
    criterion: str
    statement: str
    finding: str
    grade: str
    status: str
    kind: str
    weighs: bool
    effects: list[EffectRow]
    review_by: str
    overdue: bool
    sources: list[SourceRow]


# ---------------------------------------------------------------- measurements


@dataclass(frozen=True)
class ParityRow:
    """How near each side is to the reference in one quantity, beside what is allowed ("" where that is not known)."""

    part: str
    distances: str
    bound: str


@dataclass(frozen=True)
class MeasuredRow:
    """What a probe measured.

    Attributes:
        ratio: as the document holds it, None where there is none; then ``sides``, ``verdict``, ``notes`` and
            ``layout`` are empty.
        costs: median with its unit, by framework id. turns: how many were taken, by framework id.
        sides: who is ahead to the left of 1 and who to the right.
        facts: what was noted of each framework, by its display name.
    """

    probe: str
    question: str
    ratio: Mapping[str, Any] | None
    costs: dict[str, str]
    turns: dict[str, int]
    settings: str
    own: bool
    parity: list[ParityRow]
    limits: list[str]
    facts: dict[str, list[str]]
    sides: tuple[str, str] | None = None
    verdict: str = ""
    notes: list[str] = field(default_factory=list)
    layout: str = ""


@dataclass(frozen=True)
class MissingRow:
    """A probe that gave no figure, with its reason and the way out."""

    probe: str
    question: str
    status: str
    reason: str
    way_out: str


@dataclass(frozen=True)
class SettingRow:
    """A setting with its value in each framework."""

    label: str
    values: list[str]


@dataclass(frozen=True)
class Environments:
    """The settings read back from each framework."""

    names: list[str]
    rows: list[SettingRow]


@dataclass(frozen=True)
class Session:
    """What one machine said, and under which conditions.

    Attributes:
        machine: label and value. title: the processor, "" where it is not known.
        frameworks: display names by id. sides: who stands left and right of 1, where all rows are of one pair.
        compared: rows with a ratio. facts: those without.
    """

    machine: list[tuple[str, str]]
    title: str
    environments: Environments
    grade: str
    grade_why: str
    started: str
    selftest: str
    frameworks: dict[str, str]
    sides: tuple[str, str] | None
    defaults: str
    compared: list[MeasuredRow]
    facts: list[MeasuredRow]
    tuned: list[str]
    missing: list[MissingRow]
    left_out: str
    alike: list[str]


@dataclass(frozen=True)
class BeforeAfter:
    """The result before and after measuring, and what moved it."""

    before: str
    after: str
    moved: list[str]


@dataclass(frozen=True)
class TogetherRow:
    """What the documents say of a criterion, what was measured, and what both say together."""

    criterion: str
    documented: str
    measured: str
    together: str
    elsewhere: str


@dataclass(frozen=True)
class TestedClaim:
    """What became of a claim that was tested."""

    claim: str
    text: str
    verdict: str
    reason: str
    probe: str


@dataclass(frozen=True)
class ClaimVerdicts:
    """The tested claims: those with a verdict, and those that could not be tested here."""

    told: list[TestedClaim]
    untold: list[TestedClaim]
