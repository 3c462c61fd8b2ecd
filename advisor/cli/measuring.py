"""Measure from the command line for a project: what the plan holds, kept so that nothing measured is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from probes.command import RunRequest
from probes.system import exit_status
from probes.wording.visible import say

if TYPE_CHECKING:
    from advisor.decisions.runtime_context import RuntimeContext
    from advisor.model.knowledge import Knowledge
    from advisor.model.needs import Needs
    from probes.types import Evidence, Probe, Routes

ROUTES = 0.7
"""Part of the budget for routes, where they matter: each costs two imports and a conversion of its own."""

_LEFT = {
    "en": "A session was killed before its end; what it had finished ({probes} probes) is kept as evidence {number}.",
    "zh": "此前有一次测量中途被强行结束；其已完成的 {probes} 项探测已保存为第 {number} 号证据。",
}


def measure_for(
    needs: Needs,
    knowledge: Knowledge,
    run: RunRequest,
    *,
    lang: str,
    context: RuntimeContext | None = None,
    completed: Callable[[Evidence], Evidence] = lambda session: session,
) -> Evidence:
    """Measure what matters most for these needs within the budget of ``run``, and keep the session.

    Args:
        completed: adds to the session before it is kept; should it not return, what was measured is not lost.
    """
    from probes import command

    probes, asked = planned(needs, knowledge, run, context=context)
    with command.kept_safe() as safe:
        session = completed(measure(probes, asked, lang=lang, keep=safe))
        keep(session, lang=lang)
    return session


def keep(session: Evidence, *, lang: str) -> int | None:
    """Keep a session in the local store and return its number, as ``output.kept`` does."""
    from advisor.cli import output
    from advisor.decisions import store

    return output.kept(lambda: store.add_evidence(session), lang=lang)


def measure_first(
    needs: Needs,
    knowledge: Knowledge,
    evidence: tuple[Evidence, ...],
    run: RunRequest,
    *,
    lang: str,
    context: RuntimeContext | None = None,
) -> tuple[tuple[Evidence, ...], int]:
    """Do what ``--probe`` asks: return the evidence with a new session in it, and the session's exit status.

    Where the needs name places that routes lead to, the most valuable of those are measured with it, in their part of
    the budget; the table of routes is kept with the session.
    """
    from advisor.decisions.runtime_context import RuntimeContext
    from probes.session import outcome

    context = context or RuntimeContext.here(knowledge)
    value = _route_values(needs, knowledge, evidence, context)
    part = ROUTES if value else 0.0

    def with_routes(session: Evidence) -> Evidence:
        if not value or outcome.status(session) == exit_status.INTERRUPTED:
            return session
        return replace(session, routes=_measure_routes(needs, value, _with_part(run, part), lang=lang))

    session = measure_for(
        needs, knowledge, _with_part(run, 1.0 - part), lang=lang, context=context, completed=with_routes
    )
    return (*evidence, session), outcome.status(session)


def _with_part(run: RunRequest, part: float) -> RunRequest:
    """Return a run with its part of the budget."""
    return run if run.budget is None else replace(run, budget=run.budget * part, part=part)


def _route_values(
    needs: Needs, knowledge: Knowledge, evidence: tuple[Evidence, ...], context: RuntimeContext
) -> dict[str, float]:
    """Return what knowing each route is worth, of those whose packages are here."""
    from advisor.deployment.known_routes import known
    from advisor.deployment.route_value import route_values

    value = route_values(context.recommend(needs, knowledge, evidence), knowledge)
    here = {route.id for route in known() if route.installed} if value else set()
    return {name: worth for name, worth in value.items() if name in here}


def _measure_routes(needs: Needs, value: Mapping[str, float], run: RunRequest, *, lang: str) -> Routes:
    """Measure the routes that are worth something, the most a second first, with the progress on standard error."""
    from advisor.cli import routes_run

    asked = {str(name): number for name, number in needs.targets.items()}
    return routes_run.measure_valuable(asked, value, run, lang=lang)


def planned(
    needs: Needs, knowledge: Knowledge, run: RunRequest, *, context: RuntimeContext | None = None
) -> tuple[list[Probe], RunRequest]:
    """Return the probes worth running for these needs, most valuable per second first, and the run of their pair.

    Args:
        needs: the answers. knowledge: the knowledge base.
        run: how to measure; the frameworks it names stay.
        context: the surroundings; those of this machine where not given.
    """
    from advisor.analysis.probe_value import pair_of
    from advisor.decisions.runtime_context import RuntimeContext

    context = context or RuntimeContext.here(knowledge)
    plan = context.recommend(needs, knowledge).planned_probes
    known = {probe.id: probe for probe in context.probes}
    probes = [known[step.probe] for step in plan]
    return probes, run if run.frameworks else replace(run, frameworks=pair_of(plan))


def keep_left(*, lang: str) -> None:
    """Keep what killed sessions had finished, as every session is, and print that."""
    from probes.evidence import unfinished

    for session in unfinished.left():
        if (number := keep(session.evidence, lang=lang)) is not None:
            session.remove()
            say(_LEFT[lang].format(probes=session.probes, number=number), err=True)


def measure(
    probes: Sequence[Probe], run: RunRequest, *, lang: str, keep: Callable[[Evidence], None] = lambda session: None
) -> Evidence:
    """Run ``probes``; the progress and the outcome, with the frameworks' names, go to standard error.

    What sessions before had finished when they were killed is kept first.
    """
    from advisor.knowledge.loading import load_knowledge
    from probes import command

    keep_left(lang=lang)

    names = {key: framework.name.in_(lang) for key, framework in load_knowledge().frameworks.items()}
    return command.measure(probes, run, lang=lang, names=names, keep=keep)
