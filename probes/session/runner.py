"""The manager: keeps two live workers, walks the probes, and turns whatever happens into evidence.

Names the worker in an argv and never imports it, nor any framework. A worker's crash, hang or death costs the
probe it happened in; the next probe gets fresh workers.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from probes import reasons
from probes.backends import USUAL_PAIR
from probes.session import harmonization_words, paired, schedule, time_budget
from probes.session.agreement import agree
from probes.session.arms import Arm
from probes.session.observed import observe
from probes.session.session import Session
from probes.session.worker_client import Cancelled, Lost
from probes.session.workers import PATIENCE, Options, Progress, Workers
from probes.statistics import ratios, tuning
from probes.system import held, machine, process_readings
from probes.types import INCONCLUSIVE, OWN, Evidence, Measurement, Probe, Reason, Status, UserFile


def measure(
    probes: Sequence[Probe],
    *,
    frameworks: Sequence[str] = USUAL_PAIR,
    arms: Sequence[Arm] | None = None,
    pythons: Mapping[str, str] | None = None,
    variables: Mapping[str, Mapping[str, str]] | None = None,
    device: str | None = None,
    budget: float | None = None,
    workload_file: UserFile | None = None,
    as_written: bool = False,
    confirm: bool = False,
    threads: str = "one",
    seed: int = 0,
    patience: float = PATIENCE,
    selftest: Mapping[str, Any] | None = None,
    progress: Progress = lambda event: None,
    cancelled: Callable[[], bool] = lambda: False,
    keep: Callable[[Evidence], None] = lambda session: None,
) -> Evidence:
    """Measure probes in one session.

    Args:
        probes: in the order in which they matter; with a budget the later ones may be skipped.
        frameworks: ids; every two of them are compared.
        arms: instead of frameworks and pythons, for self-tests.
        pythons: framework -> interpreter that has it.
        variables: framework -> environment variables that its side alone gets; they stand in the evidence.
        device: "cpu", "cuda", "rocm", "mps", "xpu", "gpu" (any), or None for the best that all share.
        budget: seconds for all probes, counted from the moment the first workers are ready.
        workload_file: the user's own workload, in place of the probes'.
        as_written: refuse a workload of the user's whose sides differ in a default, instead of setting both alike.
        confirm: at least three restarts a probe instead of one pair of workers.
        threads: "one", "all", or a number.
        seed: for data and weights.
        patience: seconds a request may take where the probe asks for no more; a silent worker is then ended.
        selftest: this machine's calibration, as ``self_test.load_calibration`` gives it.
        progress: told what happens, as the events of ``--jsonl``.
        cancelled: asked all the time; True ends the session and keeps what is finished.
        keep: given, after every probe, what the session would be had it ended then.

    Returns:
        Evidence with one measurement a probe (a pair of frameworks), absent ones with their reason. Ctrl-C and
        ``cancelled`` are no errors.
    """
    if arms is None:
        arms = [
            Arm(f, f, (pythons or {}).get(f, sys.executable), variables=(variables or {}).get(f, {}))
            for f in sorted(frameworks)
        ]
    started = datetime.now(UTC).isoformat(timespec="seconds")
    defaults = {"process_sd": ratios.PROCESS_SD, "process_df": ratios.PROCESS_DF}
    spread = {key: (selftest or {}).get(key, value) for key, value in defaults.items()}
    shared = schedule.share_out(arms, probes)
    if throttled := machine.short_of_cpu():
        progress(reasons.note(throttled))
    sofar = _SoFar(shared, selftest=selftest, started=started, spread=spread)
    left = budget
    with held.temporary() as scratch:
        options = Options(
            threads={"one": 1, "all": process_readings.cores()}.get(threads) or int(threads),
            device=device,
            seed=seed,
            scratch=scratch,
            workload_file=workload_file,
            as_written=as_written,
            **spread,
            progress=progress,
            cancelled=cancelled,
            patience=patience,
        )
        for number, job in enumerate(shared):
            session = Session(Workers(job.arms, options))
            found = sofar.begin(session)
            rest = [other.seconds for other in shared[number:]]
            part = time_budget.share(left, rest, now=0.0)
            fair = None if left is None else left * rest[0] / sum(rest)
            _walk(
                session,
                in_order(job.probes),
                found,
                budget=part,
                fair=fair,
                confirm=confirm,
                sure=number == 0,
                ended=lambda: keep(sofar.evidence()),
            )
            left = None if left is None else max(0.0, left - sum(m.seconds for m in found))
    return sofar.evidence()


def in_order(probes: Sequence[Probe]) -> list[Probe]:
    """Return the probes as they are taken: those in default settings first, since others need fresh workers."""
    return sorted(probes, key=lambda probe: probe.settings != "default")


class _SoFar:
    """What a session has found, job by job; what it has not come to yet counts as cancelled."""

    def __init__(
        self,
        shared: Sequence[schedule.Job],
        *,
        selftest: Mapping[str, Any] | None,
        started: str,
        spread: Mapping[str, float],
    ) -> None:
        self._shared, self._selftest, self._started, self._spread = shared, selftest, started, spread
        self._sessions: list[Session] = []
        self._found: list[list[Measurement]] = []

    def begin(self, session: Session) -> list[Measurement]:
        """Return the list in which the next job keeps what it finds."""
        self._sessions.append(session)
        self._found.append([])
        return self._found[-1]

    def evidence(self) -> Evidence:
        """Return the session as it would be, had it ended now."""
        environments: dict[str, dict[str, Any]] = {}
        for job, session in zip(self._shared, self._sessions, strict=False):
            for label, environment in session.workers.environments.items():
                environments.setdefault(job.within or label, environment)
        together = tuning.with_tuning(schedule.joined(self._shared, corrected(self._whole())), **self._spread)
        pairs, disturbed = (sum(s.pairs for s in self._sessions), sum(s.disturbed for s in self._sessions))
        # A session that measured nothing has not shown good conditions.
        measured = any(measurement.status is Status.OK for measurement in together)
        return Evidence(
            machine=machine.fingerprint(),
            environments=environments,
            probes=tuple(together),
            selftest=self._selftest,
            grade=grade(pairs, disturbed, battery=bool(machine.on_battery())) if measured else "D",
            started=self._started,
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def _whole(self) -> list[Measurement]:
        whole = []
        for number, job in enumerate(self._shared):
            found = self._found[number] if number < len(self._found) else []
            rest = in_order(job.probes)[len(found) :]
            whole += [*found, *(reasons.absent(probe, Status.CANCELLED, Reason("cancelled-before")) for probe in rest)]
        return whole


def _walk(
    session: Session,
    ordered: Sequence[Probe],
    found: list[Measurement],
    *,
    budget: float | None,
    fair: float | None,
    confirm: bool,
    sure: bool,
    ended: Callable[[], None],
) -> None:
    """Run the probes in turn and add what each gave to ``found``; whatever ends one of them, the others go on.

    The first one of a session begins however small the budget is (``sure``). Further pairs of workers are started
    within the ``fair`` part of it only, so that they take nothing from another job. ``ended`` is told of every end.
    """
    session.options.progress(
        {
            "event": "plan",
            "budget": budget,
            "probes": [{"id": p.id, "seconds": p.seconds, "settings": p.settings} for p in ordered],
        }
    )
    deadline: float | None = None
    stopped: Reason | None = None
    start = time.monotonic()
    try:
        for index, probe in enumerate(ordered):
            began = time.monotonic()
            measurement = None
            left = deadline - began if deadline is not None else None if sure else budget
            if stopped or session.options.cancelled():
                stopped = stopped or Reason("cancelled-before")
                measurement = reasons.absent(probe, Status.CANCELLED, stopped)
            elif left is not None and not time_budget.fits(probe.seconds, left):
                reason = Reason("budget-left", budget=budget or 0.0, left=max(0.0, left), wanted=probe.seconds)
                measurement = reasons.absent(probe, Status.SKIPPED, reason)
            if measurement is not None:
                session.options.progress(
                    {"event": "skipped", "probe": probe.id, **reasons.document(reasons.of(measurement))}
                )
                found.append(measurement)
                continue
            session.options.progress({"event": "start", "probe": probe.id, "index": index + 1, "of": len(ordered)})
            try:
                session.workers.ready(probe.settings)
                if deadline is None and budget is not None:
                    deadline = time.monotonic() + budget
                began = time.monotonic()
                share = time_budget.share(deadline, [p.seconds for p in ordered[index:]], now=began)
                measurement = _one(session, probe, deadline=share, confirm=confirm)
            except Lost as lost:
                if not lost.alive:
                    session.workers.drop()
                measurement = reasons.absent(probe, lost.status, lost.reason)
            except (Cancelled, KeyboardInterrupt):
                stopped = Reason("cancelled-rest")
                session.workers.drop()
                measurement = reasons.absent(probe, Status.CANCELLED, Reason("cancelled-while"))
            measurement = replace(measurement, seconds=round(time.monotonic() - began, 3))
            found.append(measurement)
            ended()
            session.options.progress(_done(probe, measurement))
        if not confirm and not stopped:
            end = None if deadline is None or budget is None or fair is None else deadline - budget + min(budget, fair)
            _again(session, ordered, found, deadline=end, spent=time.monotonic() - start, ended=ended)
    finally:
        session.workers.end()
    session.options.progress({"event": "spent", "seconds": time.monotonic() - start, "inside": session.workers.inside})


def _again(
    session: Session,
    probes: Sequence[Probe],
    found: list[Measurement],
    *,
    deadline: float | None,
    spent: float,
    ended: Callable[[], None],
) -> None:
    """Measure what came out too wide in fresh pairs of workers, the widest first, as long as there is time.

    The width decides, never the verdict. What goes wrong here costs nothing that was found before.
    """
    end = time_budget.until(deadline, spent=spent, now=time.monotonic())
    for _ in range(time_budget.ROUNDS - 1):
        wide = sorted((i for i, m in enumerate(found) if paired.wide(m)), key=lambda i: -paired.width(found[i]))
        if (
            not wide
            or time.monotonic() + session.workers.started_in + found[wide[0]].seconds > end
            or session.options.cancelled()
        ):
            return
        session.options.progress(reasons.note(Reason("measured-again", probes=[probes[i].id for i in wide])))
        session.workers.end()
        for i in wide:
            began = time.monotonic()
            if began + found[i].seconds > end:
                continue
            session.options.progress({"event": "start", "probe": probes[i].id, "index": i + 1, "of": len(probes)})
            try:
                session.workers.ready(probes[i].settings)
                measurement = _one(session, probes[i], deadline=end, confirm=False)
            except Lost as lost:
                session.options.progress({**reasons.note(lost.reason), "probe": probes[i].id})
                session.workers.drop()
                return
            except (Cancelled, KeyboardInterrupt):
                session.workers.drop()
                return
            if measurement.ratio is not None:
                found[i] = replace(measurement, seconds=round(found[i].seconds + time.monotonic() - began, 3))
                ended()
                session.options.progress({**_done(probes[i], found[i]), "again": True})


def _one(session: Session, probe: Probe, *, deadline: float | None, confirm: bool) -> Measurement:
    described = next(iter([session.ask(client, "describe", probe) for client in session.workers.clients.values()]))
    if differences := session.workers.differing_settings():
        return reasons.absent(probe, Status.NOT_COMPARABLE, Reason("unlike-settings", differences=differences))
    if probe.workload == OWN:
        if session.agreement is None:
            session.agreement = agree(session, probe)
            if harmonised := harmonization_words.noted(session.harmonised()):
                session.options.progress(reasons.note(harmonised))
        if session.agreement.problem:
            return reasons.absent(probe, Status.NOT_COMPARABLE, session.agreement.problem)
    if described["kind"] == "observed":
        found = observe(session, probe, described, deadline=deadline)
    else:
        found = paired.measure(session, probe, described, deadline=deadline, confirm=confirm)
    differing = session.workers.differing_defaults()
    return replace(found, facts={**found.facts, "defaults": differing}) if differing and found.ratio else found


def _done(probe: Probe, measurement: Measurement) -> dict[str, Any]:
    event: dict[str, Any] = {
        "event": "done",
        "probe": measurement.probe,
        "status": measurement.status.value,
        "reason": measurement.reason,
        "reason_code": measurement.reason_code,
        "reason_params": measurement.reason_params,
        "seconds": measurement.seconds,
    }
    if measurement.ratio is not None:
        r = measurement.ratio
        event["ratio"] = {"value": r.value, "low": r.low, "high": r.high, "pairs": r.pairs, "favours": r.favours}
        event["ratio"].update(numerator=r.numerator, denominator=r.denominator)
        event.update(unit=measurement.unit, metric=probe.metric)
    return event


def corrected(found: Sequence[Measurement]) -> list[Measurement]:
    """Keep verdicts only where they survive Holm's correction over the whole session."""
    claims = {str(i): m.facts["p"] for i, m in enumerate(found) if m.ratio is not None and "p" in m.facts}
    standing = ratios.holm(claims)
    made = []
    for i, m in enumerate(found):
        if m.ratio is not None and str(i) in claims and m.ratio.favours != INCONCLUSIVE and str(i) not in standing:
            facts = {**m.facts, "before_holm": m.ratio.favours}
            m = replace(m, ratio=replace(m.ratio, favours=INCONCLUSIVE), facts=facts)
        made.append(m)
    return made


def grade(pairs: int, disturbed: int, *, battery: bool) -> str:
    """Grade the session's quiet: A up to 2 % of pairs disturbed, B 10 %, C 30 %; on battery C at best."""
    share = disturbed / pairs if pairs else 0.0
    reached = next((g for g, limit in (("A", 0.02), ("B", 0.10), ("C", 0.30)) if share <= limit), "D")
    return max(reached, "C") if battery else reached
