"""A running measurement on the page: begun, watched, cancelled, taken over; it never blocks and ends with the tab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from advisor.errors import InputError
from advisor.ui import measuring_process, state
from advisor.ui.components import elements, reason_texts, verdicts
from advisor.ui.texts import MODE, PROBE_STATUS, language, named, say, words
from probes.catalog import probe_docs
from probes.evidence.documents import EvidenceError
from probes.types import Evidence, Probe, Status
from probes.wording.verdicts import judged

EVERY = 1.0
"""Seconds between two looks at the progress."""

_keepers: dict[int, Keeper] = {}
"""By the process id of the run; a page that is loaded anew finds it here."""


def tie_to_the_tab(run: measuring_process.Run) -> None:
    """End the run as soon as the page that started it is closed."""
    _held_by_the_tab(run, run.pid)


@st.cache_resource(scope="session", on_release=measuring_process.Run.leave, show_spinner=False)
def _held_by_the_tab(_run: measuring_process.Run, pid: int) -> measuring_process.Run:
    return _run


class Keeper:
    """Where a finished run puts its evidence, whether or not a page still looks."""

    def __init__(self) -> None:
        """Begin with nothing kept."""
        self.name, self.problem = "", ""

    def __call__(self, session: Evidence) -> None:
        """Add ``session`` to the store; a disk that refuses is told by the page, which still has the session."""
        from advisor.decisions import store

        try:
            self.name = str(store.add_evidence(session))
        except InputError as error:
            self.problem = "\n".join(error.problems)


def begin(
    probes: Sequence[str],
    *,
    budget: float | None,
    frameworks: Sequence[str] = (),
    options: Sequence[str] = (),
    shown: Sequence[str] = (),
) -> None:
    """Start measuring in a process of its own; where another page measures already, tell that instead."""
    if measuring_process.busy():
        state.tell(busy_words())
        return
    keeper = Keeper()
    run = measuring_process.start(
        probes, budget=budget, frameworks=frameworks, options=options, shown=shown, keep=keeper
    )
    _watch(run, keeper)


def begin_routes(labels: Sequence[str], *, targets: Mapping[str, float], budget: float) -> None:
    """Start measuring routes in a process of its own; where another page measures already, tell that instead."""
    if measuring_process.busy():
        state.tell(busy_words())
        return
    keeper = Keeper()
    _watch(measuring_process.start_routes(labels, targets=targets, budget=budget, keep=keeper), keeper)


def _watch(run: measuring_process.Run, keeper: Keeper) -> None:
    tie_to_the_tab(run)
    _keepers[run.pid] = keeper
    state.begin_measuring(run)


def adopt() -> None:
    """Go on watching a measurement whose page was loaded anew: that made a session that knows of none."""
    if current() is None and (run := measuring_process.left_behind()) is not None:
        run.look()
        _watch(run, _keepers.get(run.pid, Keeper()))


def busy_words() -> str:
    """Return the words for a machine that measures already."""
    return say(
        "Something is being measured or tested already, here or in another page of this app. Two at once would "
        "disturb each other: wait, or stop the other one.",
        "本页或本应用的另一个页面正在测量或自检。同时进行会互相干扰：请等待，或停止那一个。",
    )


def current() -> measuring_process.Run | None:
    """Return the run of this session that has not been taken over yet."""
    return state.measuring()


def in_brief() -> None:
    """Show on every page that a measurement runs, and take its result over when it ends."""
    if current() is not None:
        with st.container(key="brief"):
            _brief()


@st.fragment(run_every=EVERY)
def _brief() -> None:
    run = current()
    if run is None:
        return
    events = run.look()
    if run.ended.is_set():
        _take_over(run)
        st.rerun(scope="app")
    done = len({_subject(event) for event in events if event.get("event") in ("done", "skipped")})
    total = max(len(run.probes), 1)
    st.progress(min(done / total, 1.0), say(f"Measuring {done} of {total}", f"正在测量 {done} / {total}"))


def _take_over(run: measuring_process.Run) -> None:
    """Add what was measured to the evidence in use; the run itself has put it into the store."""
    state.end_measuring()
    keeper = _keepers.pop(run.pid, Keeper())
    try:
        session = run.evidence()
    except EvidenceError as error:
        state.tell("\n".join(error.problems))
        return
    if session is None:
        said = run.problem()
        if not run.cancelled or said:
            ended = say("The measurement ended without a result.", "测量结束但没有结果。")
            state.tell(ended + (f"\n\n{said}" if said else ""))
        return
    _add(session, keeper)


def use(session: Evidence) -> None:
    """Keep ``session`` and add it to the evidence in use."""
    keeper = Keeper()
    keeper(session)
    _add(session, keeper)


def _add(session: Evidence, keeper: Keeper) -> None:
    if keeper.problem:
        # A full disk must not cost the measurement: it stays in the session and can be downloaded.
        unsaved = say(
            "It is used here, but could not be kept on this machine; download it below.",
            "已在此采用，但未能保存在本机，请在下方下载。",
        )
        warn([unsaved, keeper.problem])
    state.add_evidence(keeper.name or session.finished, session)


def warn(problems: Sequence[str]) -> None:
    """Show ``problems`` on the page from now on; none removes what it showed."""
    state.tell("\n\n".join(problems))


def message() -> None:
    """Show why the last run gave no result, if it did not, or what could not be kept or read."""
    if problem := state.told():
        st.error(elements.plain(problem), icon=":material/error:")


def show(known: Mapping[str, Probe], *, names: Mapping[str, str] | None = None) -> None:
    """Show the running measurement probe by probe, with a button that ends it; ``names``: of routes, by their label."""
    with st.container(border=True, key="live"):
        _progress(known, names or {})
        run = current()
        if run is not None:
            cancelled = run.cancelled
            st.button(
                say("Stopping …", "正在停止……")
                if cancelled
                else say("Stop, keep what is finished", "停止，保留已完成的"),
                icon=":material/stop:",
                key="cancel",
                on_click=run.cancel,
                disabled=cancelled,
            )


@st.fragment(run_every=EVERY)
def _progress(known: Mapping[str, Probe], names: Mapping[str, str]) -> None:
    run = current()
    if run is None:
        return
    events = run.look()
    latest: dict[str, dict[str, Any]] = {}
    note: Mapping[str, Any] = {}
    for event in events:
        if event.get("event") == "note":
            note = event
        elif probe := _subject(event):
            latest[probe] = {**latest.get(probe, {}), **event}
    st.markdown(f"**{say('Measuring', '正在测量')}** · {verdicts.seconds(run.seconds)}")
    st.caption(
        elements.plain(reason_texts.told(note) if note else "")
        or say(
            "Each framework runs in a process of its own; loading both takes some seconds.",
            "每个框架各在独立进程中运行；加载需要几秒钟。",
        )
    )
    order = [*run.probes, *(probe for probe in latest if probe not in run.probes)]
    lines = [_line(names.get(probe) or verdicts.probe_name(probe, known), latest.get(probe)) for probe in order]
    st.markdown("\n\n".join(lines))


def _subject(event: Mapping[str, Any]) -> str:
    """Return the probe or the route that an event is about, "" where it is about all."""
    return str(event.get("probe") or event.get("route") or "")


def _line(called: str, event: Mapping[str, Any] | None) -> str:
    name = elements.plain(called)
    if event is None:
        return f":gray[:material/schedule: {name}]"
    kind, reason = event.get("event"), elements.plain(reason_texts.told(event))
    if kind == "done":
        status = str(event.get("status", "ok"))
        ratio = event.get("ratio")
        if isinstance(ratio, Mapping):
            found = verdicts.ratio_words(judged(ratio), unit=event["unit"], metric=event["metric"])
            return f":green[:material/check:] {name}  \n{elements.plain(found)}"
        if "route" in event and status == Status.OK.value:
            return f":green[:material/check:] {name}"
        label = named(PROBE_STATUS, status)
        return f":orange[:material/info:] {name}  \n{elements.plain(label)} · {reason}"
    if kind == "skipped":
        return f":gray[:material/redo: {name}: {reason}]"
    tail = ""
    if "low" in event:
        tail = f" · {event['pairs']} {say('pairs so far', '对（目前）')}"
    return f":blue[:material/play_arrow:] **{name}**{tail}"


def about(probe: Probe) -> None:
    """Show what a probe asks, what it can test and how long it takes."""
    st.markdown(f"**{elements.plain(words(probe.question) or probe.id)}**")
    st.caption(
        elements.plain(
            f"{probe.id} · {verdicts.scenario_name(probe.scenario)} · "
            f"{say('workload', '工作负载')} {probe.workload or '–'} · "
            f"{say('mode', '模式')} {named(MODE, probe.mode)} · {verdicts.seconds(probe.seconds)}"
        )
    )
    for name, said in probe_docs.page(probe, language()).items():
        if said:
            st.markdown(f"**{elements.plain(name)}.** {elements.plain(said)}")
    claims = elements.claims_by_id(probe.claims)
    if claims:
        st.markdown(f"**{say('It can test these claims', '它可检验的论点')}**")
        st.markdown("\n".join(f"- {elements.plain(words(claim.statement))}" for claim in claims))
