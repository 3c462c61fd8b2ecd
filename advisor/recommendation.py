"""The use case: needs, knowledge and what was measured in, a recommendation out.

Pure: the day, the random seed and the installed versions are arguments.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from advisor.analysis import (
    answer_changes,
    explanation,
    messages,
    probe_value,
    question_value,
    route_flips,
    route_messages,
    route_plan,
    stopping,
    tipping_points,
)
from advisor.analysis.leave_one_out import LeaveOneOut
from advisor.deployment import plans, route_value
from advisor.engine import machines, observations, scoring, smaa
from advisor.engine.observations import Finding
from advisor.engine.reference_results import reference_results
from advisor.engine.route_claims import with_verdicts
from advisor.engine.route_results import Table, tables, with_routes
from advisor.engine.route_what_if import what_if
from advisor.engine.scoring import Problem, Scored
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import (
    CriterionResult,
    Flip,
    KnowledgeStamp,
    MeasurableRoute,
    Plan,
    PlannedProbe,
    Recommendation,
    RouteResult,
    Strength,
    runner_up,
)
from advisor.model.reference import ReferenceSession
from advisor.model.text import Text
from probes import backends
from probes.types import Evidence, Probe, Status


@dataclass(frozen=True)
class Prepared:
    """Knowledge and evidence, compiled for any number of needs.

    Attributes:
        problem: with the evidence. finding: all of it but tables of routes.
        undone: the problem without it, None where there is none.
        probes: the catalogue. measurable: frameworks that probes can run.
        done: what was measured already: ids of a probe and of the two frameworks.
        disagreements: where machines disagree.
        machine: this machine's description, where it is told.
        tables: of routes, the most trusted first. routes: those that can be measured.
        today, versions: for ageing.
    """

    problem: Problem
    finding: Finding
    undone: Problem | None
    probes: Sequence[Probe]
    measurable: Collection[str]
    done: frozenset[probe_value.Done]
    disagreements: Sequence[machines.Disagreement]
    machine: Mapping[str, Any] | None
    tables: Sequence[Table]
    routes: Sequence[MeasurableRoute]
    today: date
    versions: Mapping[str, str]


def prepare(
    knowledge: Knowledge,
    measured: Sequence[Evidence] = (),
    *,
    today: date,
    versions: Mapping[str, str] | None = None,
    probes: Sequence[Probe] = (),
    machine: Mapping[str, Any] | None = None,
    measurable: Collection[str] | None = None,
    reference: Sequence[ReferenceSession] = (),
    routes: Sequence[MeasurableRoute] = (),
) -> Prepared:
    """Return what ``recommend_prepared`` needs; the arguments are those of ``recommend``."""

    def beside(finding: Finding, sessions: Sequence[Evidence]) -> Finding:
        """Return a finding with what the reference adds to it; without a machine nothing can be said to be like it."""
        if machine is None or not reference:
            return finding
        results = reference_results(
            reference,
            knowledge,
            probes=probes,
            machine=machine,
            versions=versions or {},
            measured=sessions,
            observations=finding.observations,
        )
        return replace(finding, reference=results)

    made = tables(measured, machine)
    finding = beside(observations.interpret(measured, knowledge, probes=probes, machine=machine), measured)
    unmeasured = beside(Finding(), ())
    return Prepared(
        problem=scoring.prepare(
            knowledge, today=today, versions=versions, finding=with_verdicts(finding, made, knowledge)
        ),
        finding=finding,
        undone=scoring.prepare(knowledge, today=today, versions=versions, finding=unmeasured) if measured else None,
        probes=probes,
        measurable=measurable_frameworks(tuple(knowledge.frameworks)) if measurable is None else measurable,
        done=frozenset(pair for session in measured for pair in measured_pairs(session)),
        disagreements=machines.disagreements(measured),
        machine=machine,
        tables=made,
        routes=tuple(routes),
        today=today,
        versions=versions or {},
    )


def measured_pairs(session: Evidence) -> set[probe_value.Done]:
    """Return which probes were run on which two frameworks; without a ratio on every two of the session."""
    every_two = [frozenset(pair) for pair in itertools.combinations(session.environments, 2)]
    pairs: set[probe_value.Done] = set()
    for measurement in session.probes:
        if measurement.status is Status.OK:
            ratio = measurement.ratio
            couples = every_two if ratio is None else [frozenset((ratio.numerator, ratio.denominator))]
            pairs.update((measurement.probe, couple) for couple in couples)
    return pairs


def recommend(
    needs: Needs,
    knowledge: Knowledge,
    measured: Sequence[Evidence] = (),
    *,
    today: date,
    random_seed: int = 0,
    versions: Mapping[str, str] | None = None,
    probes: Sequence[Probe] = (),
    machine: Mapping[str, Any] | None = None,
    measurable: Collection[str] | None = None,
    reference: Sequence[ReferenceSession] = (),
    routes: Sequence[MeasurableRoute] = (),
) -> Recommendation:
    """Recommend a framework and a plan, say how firmly, and what would change it.

    Args:
        needs: the answers. knowledge: the knowledge base.
        measured: sessions of this machine or of others.
        today: for ageing. random_seed: of the draws.
        versions: installed version by framework, for ageing.
        probes: the catalogue: what each probe speaks to, and what could be run.
        machine: this machine's description; evidence of another one then counts for less.
        measurable: frameworks that probes can run; those with a backend where not given.
        reference: sessions of other machines that come with the program; they count where nothing was measured here, as
            far as ``machine`` is like theirs.
        routes: those that can be measured; without them nothing is said of what routes' figures would change.
    """
    prepared = prepare(
        knowledge,
        measured,
        today=today,
        versions=versions,
        probes=probes,
        machine=machine,
        measurable=measurable,
        reference=reference,
        routes=routes,
    )
    return recommend_prepared(needs, prepared, random_seed=random_seed)


def recommend_prepared(needs: Needs, prepared: Prepared, *, random_seed: int) -> Recommendation:
    """Recommend as ``recommend`` does, with knowledge and evidence that are compiled already."""
    said, needs = needs, needs.sharpened(prepared.problem.knowledge.questions)
    seen = with_routes(prepared.problem, needs, prepared.tables, today=prepared.today, versions=prepared.versions)
    problem, machine = machines.for_needs(seen, needs), prepared.machine
    knowledge, finding = problem.knowledge, problem.finding
    weighed = weigh(problem, needs, random_seed=random_seed)
    scored, shares, strength = weighed.scored, weighed.shares, weighed.strength
    left_out = LeaveOneOut(scored)
    plan = probe_value.probe_plan(scored, prepared.probes, measurable=prepared.measurable, done=prepared.done)
    settled = stopping.settled(scored)
    criteria = explanation.criteria(scored, left_out)
    about_routes = of_routes(prepared, needs, scored, criteria)
    routes = about_routes.results
    speaks_for, speaks_against = explanation.for_and_against(scored, left_out)
    before = None
    if prepared.undone is not None:
        undone = weigh(prepared.undone, needs, random_seed=random_seed)
        before = explanation.before(undone.scored, scored, shares=undone.shares)
    return Recommendation(
        needs=said.document(),
        recommended=scored.leader,
        strength=strength,
        acceptability=weighed.acceptability,
        confidence={f: shares[f].confidence if f in shares else 0.0 for f in problem.frameworks},
        utility=scored.utility,
        criteria=criteria,
        excluded=plans.exclusions(scored),
        routes=routes,
        for_=speaks_for,
        against=speaks_against,
        flips=what_flips(scored, left_out, plan, about_routes.flips, random_seed=random_seed),
        next_questions=() if settled else question_value.next_questions(scored),
        settled=settled,
        probe_plan=route_plan.merged(plan, about_routes.plan),
        knowledge=KnowledgeStamp(version=knowledge.version, sha256=knowledge.sha256),
        random_seed=random_seed,
        pairwise={f: s.ahead for f, s in shares.items()},
        central_weights={f: s.central for f, s in shares.items()},
        verdicts=finding.verdicts,
        contradictions=explanation.contradictions(problem, criteria),
        before=before,
        notes=(
            *sharpened(said, knowledge),
            *notes(scored, strength=strength, settled=settled),
            *disagreeing(prepared),
            *about_routes.notes,
        ),
        plans=plans_of(scored, routes),
        machine=dict(machine) if machine is not None else None,
        reference=finding.reference,
    )


@dataclass(frozen=True)
class Weighed:
    """The bare result for some answers: scores, the shares of the draws and how firm the leader is."""

    scored: Scored
    shares: dict[str, smaa.Shares]
    acceptability: dict[str, float]
    strength: Strength


def weigh(problem: Problem, needs: Needs, *, random_seed: int) -> Weighed:
    """Return what comes first and how firmly, without the reasons for it."""
    scored = scoring.judge(problem, needs)
    shares = smaa.analyse(smaa.trial_of(scored, random_seed=random_seed))
    acceptability = {f: shares[f].ranks[0] if f in shares else 0.0 for f in problem.frameworks}
    strength = smaa.strength_of(acceptability.get(scored.leader or "", 0.0), problem.knowledge.settings)
    return Weighed(scored, shares, acceptability, strength)


def measurable_frameworks(frameworks: Sequence[str]) -> tuple[str, ...]:
    """Return the frameworks that have a backend; all of them where fewer than two have."""
    with_backend = backends.frameworks()
    able = tuple(framework for framework in frameworks if framework in with_backend)
    return able if len(able) > 1 else tuple(frameworks)


@dataclass(frozen=True)
class AboutRoutes:
    """What is said of routes: each way with what of its figures would change something, and what to measure next."""

    results: tuple[RouteResult, ...]
    flips: tuple[route_flips.FoundFlip, ...] = ()
    plan: tuple[PlannedProbe, ...] = ()
    notes: tuple[Text, ...] = ()


def of_routes(prepared: Prepared, needs: Needs, scored: Scored, criteria: Sequence[CriterionResult]) -> AboutRoutes:
    """Return the ways to what the plan answers, and what measuring them changed and could change."""
    results = plans.routes_for(scored)
    if not prepared.routes:
        return AboutRoutes(results)
    asked = what_if(
        prepared.problem,
        prepared.finding,
        needs,
        prepared.tables,
        scored,
        today=prepared.today,
        versions=prepared.versions,
    )
    flips = route_flips.figure_flips(asked)
    values = route_value.values_of(results, criteria, scored.excluded, scored.problem.knowledge)
    plan = route_plan.route_plan(asked, prepared.routes, values)
    return AboutRoutes(
        results=tuple(_with_flips(result, flips) for result in results),
        flips=flips,
        plan=plan,
        notes=(route_messages.NO_ROUTE,) if plan and not any(step.telling for step in plan) else (),
    )


def _with_flips(result: RouteResult, flips: Sequence[route_flips.FoundFlip]) -> RouteResult:
    """Return a way with what its own figures would change: the recommendation, or the plan's row on its need."""
    mine = [
        one.flip
        for one in flips
        if result.seen is not None
        and one.tried.route.framework == result.framework
        and (one.tried.row.route, one.tried.row.precision) == (result.seen.route, result.seen.precision)
        and one.need in ("", result.need)
    ]
    return result.model_copy(update={"would_flip_at": tuple(mine)}) if mine else result


def what_flips(
    scored: Scored,
    left_out: LeaveOneOut,
    plan: Sequence[PlannedProbe],
    figures: Sequence[route_flips.FoundFlip],
    *,
    random_seed: int,
) -> tuple[Flip, ...]:
    """Return what would change the result: answers, a shift of weight, one claim, one probe, a route's figure."""
    found = [
        *answer_changes.answer_flips(scored, random_seed=random_seed),
        tipping_points.weight_flip(scored, random_seed=random_seed),
        tipping_points.claim_flip(scored, left_out, random_seed=random_seed),
        tipping_points.probe_flip(scored, plan, random_seed=random_seed),
        route_flips.route_flip(figures, random_seed=random_seed),
    ]
    return tuple(flip for flip in found if flip is not None)


def plans_of(scored: Scored, routes: Sequence[RouteResult]) -> tuple[Plan, ...]:
    """Return the recommended plan and the runner-up's beside it."""
    if scored.leader is None:
        return ()
    roles = {"recommended": scored.leader}
    second = runner_up(scored.utility, leader=scored.leader, excluded=scored.excluded)
    if second is not None:
        roles["runner-up"] = second
    knowledge = scored.problem.knowledge
    return tuple(plans.plan_of(framework, routes, knowledge, role=role) for role, framework in roles.items())


def notes(scored: Scored, *, strength: str, settled: bool) -> tuple[Text, ...]:
    """Return what a reader must be told beside the result."""
    problem: Problem = scored.problem
    found = [
        messages.contradiction(problem.knowledge.questions[question], both)
        for question, both in scored.needs.contradictions().items()
        if question in problem.knowledge.questions
    ]
    found.extend(plans.relaxations(scored))
    if not scored.judged.weights.any():
        found.append(messages.NO_ANSWERS)
    elif scored.leader is None and scored.allowed:
        found.append(messages.NO_EVIDENCE)
    elif scored.leader is not None and strength == "either":
        found.append(messages.EITHER)
    if settled and scored.leader is not None:
        found.append(messages.SETTLED)
    if any(observation.other_machine for observation in problem.finding.observations):
        found.append(messages.ELSEWHERE)
    if any(result.weighs for result in problem.finding.reference):
        found.append(messages.LIKE_YOURS)
    if any(observation.unnamed for observation in problem.finding.observations):
        found.append(messages.OTHER_HARDWARE)
    return tuple(found)


def sharpened(needs: Needs, knowledge: Knowledge) -> tuple[Text, ...]:
    """Return which targets count as which answers, in words."""
    found = needs.sharpened(knowledge.questions)
    return tuple(
        messages.sharpened(question, question.sharpened_by.target, needs=needs, option=str(found.answers[question.id]))
        for question in knowledge.questions.values()
        if question.sharpened_by is not None and question.sharpened_by.target in needs.targets
    )


def disagreeing(prepared: Prepared) -> tuple[Text, ...]:
    """Return where machines disagree on frameworks that the knowledge base has, in words."""
    knowledge = prepared.problem.knowledge
    known, metrics = set(knowledge.frameworks), {probe.id: probe.metric for probe in prepared.probes}
    return tuple(
        messages.disagreement(knowledge, one, metric=metrics.get(one.measurement.probe, ""))
        for one in prepared.disagreements
        if {one.one.ratio.numerator, one.one.ratio.denominator} <= known
    )
