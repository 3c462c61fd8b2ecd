"""Measure from the command line: the plan, the progress and what is left when interrupted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from advisor.cli import inputs

if TYPE_CHECKING:
    from advisor.types import Knowledge, Needs
    from probes.types import Evidence, Probe

NOT_RUN = {"failed", "timed-out", "not-installed"}
"""Statuses that mean a part could not run; not-supported and not-comparable are answers, a budget is a plan."""


def measure_for(
    needs: Needs, knowledge: Knowledge, *, budget: float, lang: str, pythons: Mapping[str, str] | None = None
) -> Evidence:
    """Measure what matters most for these needs within ``budget`` seconds.

    Keeps the session in the local store, so that nothing measured is lost.
    """
    probes = chosen(needs, knowledge)
    session = measure(probes, budget=budget, lang=lang, pythons=pythons or {})
    keep(session, lang=lang)
    return session


def keep(session: Evidence, *, lang: str) -> int | None:
    """Keep a session in the local store and return its number.

    Where the store cannot be written, that is said and None returned: what was measured still goes on its way.
    """
    from advisor import store
    from advisor.cli import output
    from advisor.needs import InputError

    try:
        return store.add_evidence(session)
    except store.Unkept as unkept:
        output.say(unkept.told(lang))
        return None
    except InputError as error:
        output.say("; ".join(error.problems))
        return None


def measure_first(
    needs: Needs, knowledge: Knowledge, evidence: tuple[Evidence, ...], *, budget: float, lang: str
) -> tuple[tuple[Evidence, ...], int]:
    """Do what ``--probe`` asks: return the evidence with a new session in it, and the session's exit status."""
    session = measure_for(needs, knowledge, budget=budget, lang=lang)
    return (*evidence, session), status(session)


def chosen(needs: Needs, knowledge: Knowledge) -> tuple[Probe, ...]:
    """Return the probes worth running for these needs, most valuable per second first."""
    from probes import catalog

    plan = inputs.advise(needs, knowledge).probe_plan
    known = catalog.load()
    return tuple(known[step.probe] for step in plan if step.probe in known)


def measure(probes: Sequence[Probe], *, budget: float | None, lang: str, **options: Any) -> Evidence:
    """Run ``probes`` with a progress line for each on standard error."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from probes import reasons, selftest, worth
    from probes.duet import measure as run

    console = Console(stderr=True)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("preparing", total=None)

        def tell(event: Mapping[str, Any]) -> None:
            kind, probe = event.get("event"), event.get("probe", "")
            if kind == "done":
                progress.console.print(_line(event, lang), highlight=False)
            elif kind in ("skipped", "note"):
                told = reasons.told(str(event.get("text") or event.get("reason") or ""), lang)
                progress.console.print(f"{probe}  {told}".strip(), style="dim", highlight=False)
            elif kind == "ratio":
                progress.update(task, description=f"{probe}  {event.get('value', 0):.2f}")
            elif kind == "start":
                progress.update(task, description=str(probe))

        session = run(probes, budget=budget, progress=tell, selftest=selftest.load(), **options)
    for line in worth.lines(session.probes, lang):
        console.print(line, highlight=False)
    return session


def _line(event: Mapping[str, Any], lang: str) -> str:
    """One finished probe as one line."""
    from probes import reasons
    from probes.types import Status

    ratio = event.get("ratio")
    if not ratio:
        status = reasons.status(Status(event["status"]), lang)
        return f"{event.get('probe')}  {status}  {reasons.told(event.get('reason', ''), lang)}".rstrip()
    interval = f"{ratio['value']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}]"
    return f"{event.get('probe')}  {ratio['numerator']}/{ratio['denominator']} {interval}  {ratio['favours']}"


def incomplete(session: Evidence) -> bool:
    """Say whether a part of the session could not run, or nothing of it did."""
    states = {found.status.value for found in session.probes}
    return "ok" not in states or bool(states & NOT_RUN) or stopped(session)


def status(session: Evidence) -> int:
    """Return the exit status a session leaves: 130 interrupted, 3 a part could not run, 0 done."""
    return 130 if stopped(session) else 3 if incomplete(session) else 0


def stopped(session: Evidence) -> bool:
    """Say whether the user ended the session; probes left out for the budget do not count."""
    return any(found.status.value == "cancelled" and found.reason.startswith("cancelled") for found in session.probes)
