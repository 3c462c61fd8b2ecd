"""What the knowledge base holds. What humans write is strict: an unknown key is an error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from advisor.model.text import Strict, Text
from probes.statistics.targets import TargetName

Effect = Annotated[int, Field(ge=-2, le=2)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
FrameworkId = str
CriterionId = str
ClaimId = str

Grade = Literal["high", "moderate", "low", "very-low"]
Kind = Literal["documented", "measured", "observed", "inferred"]
Truth = Literal["current", "outdated", "contested", "wrong"]
ToolStatus = Literal["active", "maintenance", "deprecated", "archived", "renamed", "removed"]
RouteStatus = Literal["supported", "beta", "experimental", "maintenance", "deprecated", "dead"]
Option = str
Answers = dict[str, tuple[Option, ...]]


def _in_order(given: object) -> object:
    """Return groups of answers as they are kept; one group may be written without a list.

    What is put in order before it is read is no JSON any more, and strictness would then know no list for a tuple.
    """
    groups = [given] if isinstance(given, dict) and given else given or ()
    if not isinstance(groups, list):
        return groups
    return tuple(
        {key: tuple(options) if isinstance(options, list) else options for key, options in group.items()}
        if isinstance(group, dict)
        else group
        for group in groups
    )


Exceptions = Annotated[tuple[Answers, ...], BeforeValidator(_in_order)]
"""Groups of answers."""

CLAIM_STATUS = {"current": "active", "contested": "disputed", "outdated": "superseded", "wrong": "retired"}
"""What a claim's truth today means for its life in the knowledge base."""

WEIGHING = frozenset({"current", "contested"})
"""The truths of claims that weigh; the others are kept for the record."""

LIVING_TOOL = frozenset({"active", "maintenance"})
LIVING_ROUTE = frozenset({"supported", "beta", "experimental", "maintenance"})


class Framework(Strict):
    """An alternative. ``package`` is what pip installs, ``python`` the versions it has wheels for."""

    id: FrameworkId
    name: Text
    summary: Text
    package: str
    latest_version: str
    latest_date: date
    python: str
    install: str
    sources: tuple[str, ...]


class Criterion(Strict):
    """One thing that can matter. Higher value is better; 0 and 1 are absolute anchors.

    ``needs`` ("deploy.mobile") make it a criterion whose value is that of the best living route;
    ``measured`` says that probes' ratios speak to it: ``full_scale`` is the ratio that takes the
    value from .5 to 1. ``route_figure``: which figure of measured routes speaks to it as such a ratio.
    """

    id: CriterionId
    name: Text
    question: Text
    group: str
    zero: Text
    one: Text
    needs: tuple[str, ...] = ()
    full_scale: float | None = None
    route_figure: Annotated[
        Literal["artifact_bytes", "p50_ms"] | None, Field(exclude_if=lambda figure: figure is None)
    ] = None


class Choice(Strict):
    """One option of a question. ``emphasis``: criterion id -> 0..3 added to its weight.

    ``odds``: how many times as likely as a neighbour with 1 it is to be the answer; only orders the open questions.
    """

    id: Option
    name: Text
    help: Text | None = None
    odds: Annotated[float, Field(gt=0.0)] = 1.0
    emphasis: dict[CriterionId, Annotated[float, Field(ge=0.0, le=3.0)]] = {}


class ReadingRules(Strict):
    """What the reader of free text must know of a question beside its words.

    Attributes:
        role: "target" where the question asks on what, or within which bounds, the project is to run: a denial reaches
            past other things to it. "team-knowledge", "existing-code": it asks what there was before the project, so a
            look back answers it, and what becomes of the code is read from the text as a whole.
        ties: which of several options, read equally surely, is the answer where the question takes one.
        several: the option that is meant where several frameworks are read surely.
    """

    role: Literal["target", "team-knowledge", "existing-code"] | None = None
    ties: Literal["earlier", "later"] = "earlier"
    several: Option | None = None


class Sharpening(Strict):
    """A number that answers a question more sharply than its options do.

    Attributes:
        target: the number, of ``needs/1``.
        up_to: option -> the largest number that asks for it; of several the one with the lowest limit.
        beyond: the option that larger numbers ask for.
        reason: why these limits.
    """

    target: TargetName
    up_to: Annotated[dict[Option, Annotated[float, Field(gt=0.0)]], Field(min_length=1)]
    beyond: Option
    reason: Text

    def option(self, value: float) -> Option:
        """Return the option that a target of ``value`` asks for."""
        return min(
            ((limit, option) for option, limit in self.up_to.items() if value <= limit), default=(0, self.beyond)
        )[1]


QUESTION_GROUPS = {
    "project": Text(en="The project", zh="项目"),
    "place": Text(en="Where it will run", zh="运行环境"),
    "model": Text(en="The model", zh="模型"),
    "team": Text(en="The team and its tools", zh="团队与工具"),
}
"""Headings under which the questions are asked, in order."""


class Question(Strict):
    """One question. ``requires``: whether "all" or "any" of the chosen options needs a living route.

    ``group``: one of ``QUESTION_GROUPS``, under whose heading it is asked; None stands at the end.
    ``cost``: the effort of answering it, 1 = one click on something everybody knows.
    ``other_device``: options that mean another kind of machine than the one that measures: a phone, a board.
    ``sharpened_by``: a number that, where it is given, is the answer.
    """

    id: str
    kind: Literal["one", "many"]
    group: str | None = None
    text: Text
    help: Text
    why: Text
    options: tuple[Choice, ...]
    requires: Literal["all", "any"] | None = None
    cost: Annotated[float, Field(gt=0.0)] = 1.0
    other_device: Annotated[tuple[Option, ...], Field(exclude_if=lambda options: not options)] = ()
    sharpened_by: Annotated[Sharpening | None, Field(exclude_if=lambda given: given is None)] = None
    reading: Annotated[ReadingRules, Field(exclude=True)] = ReadingRules()  # decides nothing: no part of a basis


class Source(Strict):
    """Where a claim comes from. ``origin_group``: copies of one origin share it and count once.

    ``vendor_of``: the framework whose maker publishes it, or "none". ``published`` is None where the
    page carries no date; then ``undated`` says what is known.
    """

    id: str
    title: str
    url: str
    publisher: str
    kind: Literal["primary", "secondary", "none-found"]
    vendor_of: str = "none"
    published: date | None = None
    undated: str | None = None
    accessed: date
    origin_group: str | None = None
    archived_url: str | None = None
    quote: str | None = None


HELD_AGAINST = {"works": ("",), "artifact_bytes": ("", "weights"), "max_abs": ("",), "p50_ms": ("", "own")}
"""Figure of a ``RowCheck`` -> what it may be divided by."""


class RowCheck(Strict):
    """What a row of a table of routes shows where a claim holds.

    Attributes:
        route: of ``probes/routes``; with ``precision`` it names the row.
        figure: "works": it answers, and its answers are right; or one of the row's figures.
        of: what the figure is divided by: "own" (the same of the framework's own inference), "weights" (four bytes a
            parameter), "" = nothing.
        at_most, at_least: between which the claim has it.
        trial: what this project's own trial found.
    """

    route: str
    precision: Literal["fp32", "int8"] = "fp32"
    figure: Literal["works", "artifact_bytes", "max_abs", "p50_ms"] = "works"
    of: Literal["own", "weights", ""] = ""
    at_most: float | None = None
    at_least: float | None = None
    trial: float | None = None

    def holds(self, value: float) -> bool:
        """Return whether a figure is as the claim has it."""
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)


class Claim(Strict):
    """One documented trade-off: dated, cited, gradable, and perhaps out of date.

    Attributes:
        statement: what is claimed, in our words. finding: what is true today and why.
        value: effect on the criterion today, per framework, -2..2; a framework not named is not judged.
        truth: whether the statement holds today; outdated and wrong claims weigh nothing.
        when: answers under which it applies {question: [options]}: all questions, any option each.
        unless: answers under which it does not, in groups of which any suffices: all the questions of a group answered,
            each with none but its options.
        versions: PEP 440 range per framework for which it was checked.
        origin: "source" where the source document says it (``section`` says where), else "ours".
        favours: framework the statement speaks for, or "none" / "both".
        tools: tools it is about.
        measured: rows of a table of routes that test it; all must be as they say.
    """

    id: ClaimId
    criterion: CriterionId
    statement: Text
    finding: Text
    value: dict[FrameworkId, Effect] = {}
    kind: Kind
    grade: Grade
    grade_reasons: tuple[str, ...] = ()
    truth: Truth
    superseded_by: ClaimId | None = None
    origin: Literal["source", "ours"]
    section: str | None = None
    favours: str = "none"
    when: Answers = {}
    unless: Exceptions = ()
    versions: dict[FrameworkId, str] = {}
    tools: tuple[str, ...] = ()
    sources: tuple[str, ...]
    counter_claims: tuple[ClaimId, ...] = ()
    added: date
    reviewed: date
    review_by: date
    why_not_probeable: Text | None = None
    same_as: ClaimId | None = None
    measured: Annotated[tuple[RowCheck, ...], Field(exclude_if=lambda checks: not checks)] = ()

    @property
    def status(self) -> str:
        """active, disputed, superseded or retired."""
        return CLAIM_STATUS[self.truth]

    @property
    def weighs(self) -> bool:
        """Whether it counts in a decision, where it applies."""
        return self.truth in WEIGHING


class Tool(Strict):
    """A tool or API by id. ``framework``: the one it belongs to, or "neutral". ``registry``: pypi:NAME or npm:NAME."""

    id: str
    name: str
    framework: str
    what: Text
    status: ToolStatus
    successor: str | None = None
    registry: str | None = None
    latest_version: str | None = None
    latest_date: date | None = None
    since: date | None = None
    note: Text | None = None
    install: str | None = None
    sources: tuple[str, ...]
    why_not_probeable: Text | None = None


class Route(Strict):
    """How a need is reached from a framework: concrete tools, their state, and how good the way is.

    ``need`` is "question.option". ``effect`` and ``grade`` place it on the criterion that names the
    need. ``when`` restricts it to answers, ``unless`` excepts answers, as in a claim. ``environment``: "own"
    where its packages do not install beside the framework's current version. ``measured``: the routes of
    ``probes/routes`` that try it.
    """

    id: str
    need: str
    framework: FrameworkId
    name: Text
    tools: tuple[str, ...]
    status: RouteStatus
    effect: Effect
    grade: Grade
    note: Text | None = None
    install: str | None = None
    environment: Literal["shared", "own"] = "shared"
    when: Answers = {}
    unless: Exceptions = ()
    claims: tuple[ClaimId, ...] = ()
    sources: tuple[str, ...] = ()
    measured: Annotated[tuple[str, ...], Field(exclude_if=lambda routes: not routes)] = ()


class Belief(Strict):
    """One thing the method takes for granted, and why a reader may doubt it."""

    id: str
    title: Text
    belief: Text
    doubt: Text


GENERAL_NEEDS: dict[str, Text] = {
    "plan.training": Text(en="How the training is written", zh="训练代码怎么写"),
    "plan.export": Text(en="Out of the framework", zh="脱离框架运行"),
}
"""What every plan answers, whatever was said: routes may name these in place of "question.option"."""


class Settings(Strict):
    """The constants of the method, kept with the data so that a reader can change them.

    Attributes:
        sd: uncertainty of a value by grade, on the criterion's 0..1 scale.
        prior_sd: uncertainty of a criterion nobody has said anything about (mean .5).
        overdue_growth: factor on sd per year past ``review_by``.
        outside_version: factor on sd when the installed version lies outside the claim's range.
        transfer: sd on the log ratio from a small probe to the real job; own_transfer: from the user's own workload.
        other_machine: added in quadrature for evidence from another machine.
        firmness: Dirichlet concentration per unit of weight share when answers are firm.
        draws: SMAA draws. clear, leaning: lower bounds of the strength bands.
    """

    sd: dict[Grade, float]
    prior_sd: float
    overdue_growth: float
    outside_version: float
    transfer: float
    own_transfer: float
    other_machine: float
    firmness: float
    draws: int
    clear: float
    leaning: float


class Knowledge(Strict):
    """The whole knowledge base, by id, in the files' order (which no result may depend on)."""

    version: str
    sha256: str
    settings: Settings
    frameworks: dict[FrameworkId, Framework]
    criteria: dict[CriterionId, Criterion]
    questions: dict[str, Question]
    sources: dict[str, Source]
    claims: dict[ClaimId, Claim]
    tools: dict[str, Tool]
    routes: tuple[Route, ...]
    probes_of: dict[ClaimId, tuple[str, ...]] = {}
    beliefs: dict[str, Belief] = {}

    def tests_of(self, claim: Claim) -> tuple[str, ...]:
        """Return the probes that test a claim, and the routes."""
        return (*self.probes_of.get(claim.id, ()), *dict.fromkeys(check.route for check in claim.measured))

    def option_name(self, question: str, option: str) -> Text | None:
        """Return what an option is called, None where there is none of that id."""
        asked = self.questions.get(question)
        return next((choice.name for choice in (asked.options if asked else ()) if choice.id == option), None)

    def need_name(self, need: str) -> Text:
        """Return what a need is called."""
        return need_name(need, self.option_name)


def need_name(need: str, option_name: Callable[[str, str], Text | None]) -> Text:
    """Return what a need is called: its option's name, and its id where nothing is known of it.

    Args:
        need: "question.option", or one of ``GENERAL_NEEDS``.
        option_name: returns the name of an option of a question, None where there is none.
    """
    if need in GENERAL_NEEDS:
        return GENERAL_NEEDS[need]
    return option_name(*split_need(need)) or Text(en=need, zh=need)


def split_need(need: str) -> tuple[str, str]:
    """Return question and option of a need."""
    question, _, option = need.partition(".")
    return question, option
