"""Measure from the command line for a project: what the plan holds, kept so that nothing measured is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from probes.command import RunRequest

if TYPE_CHECKING:
    from advisor.decisions.runtime_context import RuntimeContext
    from advisor.model.knowledge import Knowledge
    from advisor.model.needs import Needs
    from probes.types import Evidence, Probe


def measure_for(
    needs: Needs, knowledge: Knowledge, run: RunRequest, *, lang: str, context: RuntimeContext | None = None
) -> Evidence:
    """Measure what matters most for these needs within the budget of ``run``, and keep the session."""
    session = measure(*planned(needs, knowledge, run, context=context), lang=lang)
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
    """Do what ``--probe`` asks: return the evidence with a new session in it, and the session's exit status."""
    from probes.session import outcome

    session = measure_for(needs, knowledge, run, lang=lang, context=context)
    return (*evidence, session), outcome.status(session)


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
    plan = context.recommend(needs, knowledge).probe_plan
    known = {probe.id: probe for probe in context.probes}
    probes = [known[step.probe] for step in plan]
    return probes, run if run.frameworks else replace(run, frameworks=pair_of(plan))


def measure(probes: Sequence[Probe], run: RunRequest, *, lang: str) -> Evidence:
    """Run ``probes``; the progress and the outcome, with the frameworks' names, go to standard error."""
    from advisor.knowledge.loading import load_knowledge
    from probes import command

    names = {key: framework.name.in_(lang) for key, framework in load_knowledge().frameworks.items()}
    return command.measure(probes, run, lang=lang, names=names)
