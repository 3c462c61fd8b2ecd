"""Measure from the command line for a project: what the plan holds, kept so that nothing measured is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from probes.command import RunRequest
from probes.wording.visible import say

if TYPE_CHECKING:
    from advisor.decisions.runtime_context import RuntimeContext
    from advisor.model.knowledge import Knowledge
    from advisor.model.needs import Needs
    from probes.types import Evidence, Probe

_LEFT = {
    "en": "A session was killed before its end; what it had finished ({probes} probes) is kept as evidence {number}.",
    "zh": "此前有一次测量中途被强行结束；其已完成的 {probes} 项探测已保存为第 {number} 号证据。",
}


def measure_for(
    needs: Needs, knowledge: Knowledge, run: RunRequest, *, lang: str, context: RuntimeContext | None = None
) -> Evidence:
    """Measure what matters most for these needs within the budget of ``run``, and keep the session."""
    from probes import command

    probes, asked = planned(needs, knowledge, run, context=context)
    with command.kept_safe() as safe:
        session = measure(probes, asked, lang=lang, keep=safe)
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
