"""Measure from the command line: the plan, the progress and what is left when interrupted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from advisor.cli import inputs

if TYPE_CHECKING:
    from advisor.model.knowledge import Knowledge
    from advisor.model.needs import Needs
    from probes.types import Evidence, Probe


def measure_for(needs: Needs, knowledge: Knowledge, *, budget: float, lang: str, **options: Any) -> Evidence:
    """Measure what matters most for these needs within ``budget`` seconds; ``options`` as ``runner.measure``.

    Keeps the session in the local store, so that nothing measured is lost.
    """
    session = measure(chosen(needs, knowledge), budget=budget, lang=lang, **options)
    keep(session, lang=lang)
    return session


def keep(session: Evidence, *, lang: str) -> int | None:
    """Keep a session in the local store and return its number.

    Where the store cannot be written, that is said and None returned: what was measured still goes on its way.
    """
    from advisor.cli import output
    from advisor.decisions import store
    from advisor.errors import InputError

    try:
        return store.add_evidence(session)
    except store.Unkept as unkept:
        output.say(unkept.told(lang))
        return None
    except InputError as error:
        output.say("; ".join(error.problems))
        return None


def measure_first(
    needs: Needs, knowledge: Knowledge, evidence: tuple[Evidence, ...], *, budget: float, lang: str, **options: Any
) -> tuple[tuple[Evidence, ...], int]:
    """Do what ``--probe`` asks: return the evidence with a new session in it, and the session's exit status."""
    from probes.session import outcome

    session = measure_for(needs, knowledge, budget=budget, lang=lang, **options)
    return (*evidence, session), outcome.status(session)


def chosen(needs: Needs, knowledge: Knowledge) -> tuple[Probe, ...]:
    """Return the probes worth running for these needs, most valuable per second first."""
    from probes.catalog.loading import load_catalog

    plan = inputs.advise(needs, knowledge).probe_plan
    known = load_catalog()
    return tuple(known[step.probe] for step in plan if step.probe in known)


def measure(probes: Sequence[Probe], *, budget: float | None, lang: str, **options: Any) -> Evidence:
    """Run ``probes`` with a progress line for each on standard error."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from advisor.knowledge.loading import load_knowledge
    from probes import reasons
    from probes.calibration import self_test
    from probes.session import outcome
    from probes.session.runner import measure as run
    from probes.statistics import tuning
    from probes.types import Status

    console = Console(stderr=True)
    names = {key: framework.name.in_(lang) for key, framework in load_knowledge().frameworks.items()}
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("preparing", total=None)

        def tell(event: Mapping[str, Any]) -> None:
            kind, probe = event.get("event"), event.get("probe", "")
            if kind == "done" and not event.get("again"):
                # The verdicts follow at the end: they must survive the correction over all probes of the session.
                ended = reasons.status(Status(event["status"]), lang)
                progress.console.print(f"{probe}  {ended}", style="dim", highlight=False)
            elif kind == "note":
                told = reasons.text(reasons.read(event), lang, names=names)
                progress.console.print(f"{probe}  {told}".strip(), style="dim", highlight=False)
            elif kind == "ratio":
                progress.update(task, description=f"{probe}  {event.get('value', 0):.2f}")
            elif kind == "start":
                progress.update(task, description=str(probe))

        session = run(probes, budget=budget, progress=tell, selftest=self_test.load_calibration(), **options)
    told = outcome.measured(session, probes, lang, names=names)
    for line in (*told, *tuning.lines(session.probes, lang, names=names)):
        console.print(line, highlight=False, markup=False)
    for line in outcome.beside(session, lang, names=names):
        console.print(line, style="dim", highlight=False)
    if outcome.nothing(session):
        console.print(outcome.why_nothing(session, lang), highlight=False)
    return session
