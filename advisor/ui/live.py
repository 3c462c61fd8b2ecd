"""A running measurement on the page: begun, watched, cancelled, taken over; it never blocks and ends with the tab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from advisor import store
from advisor.needs import InputError
from advisor.ui import parts, running, state, verdicts
from advisor.ui.texts import PROBE_STATUS, say, words
from probes.evidence import EvidenceError
from probes.types import Probe, Ratio

EVERY = 1.0
"""Seconds between two looks at the progress."""


@st.cache_resource(scope="session", on_release=running.Run.cancel, show_spinner=False)
def _tied_to_the_tab(_run: running.Run, pid: int) -> running.Run:
    """Let Streamlit cancel the run as soon as the page that started it is closed."""
    return _run


def begin(probes: list[str], *, budget: float | None) -> None:
    """Start measuring in a process of its own."""
    run = running.start(probes, budget=budget)
    _tied_to_the_tab(run, run.pid)
    st.session_state.run, st.session_state.run_probes = run, list(probes)
    st.session_state.run_message = None


def current() -> running.Run | None:
    """Return the run of this session that has not been taken over yet."""
    found: running.Run | None = st.session_state.get("run")
    return found


def in_brief() -> None:
    """Show on every page that a measurement runs, and take its result over when it ends."""
    if current() is not None:
        _brief()


@st.fragment(run_every=EVERY)
def _brief() -> None:
    run = current()
    if run is None:
        return
    events = run.look()
    if not run.running:
        _take_over(run)
        st.rerun(scope="app")
    done = len({event.get("probe") for event in events if event.get("event") in ("done", "skipped")})
    total = max(len(st.session_state.run_probes), 1)
    st.progress(min(done / total, 1.0), say(f"Measuring {done} of {total}", f"正在测量 {done} / {total}"))


def _take_over(run: running.Run) -> None:
    """Keep what was measured, in the store and in the session."""
    st.session_state.run = None
    try:
        session = run.evidence()
        if session is None:
            message = say("The measurement ended without a result.", "测量结束但没有结果。")
            said = run.problem()
            st.session_state.run_message = (
                None if run.cancelled and not said else message + (f"\n\n{said}" if said else "")
            )
            return
        try:
            name = str(store.add_evidence(session))
        except InputError as error:
            # A full disk must not cost the measurement: it stays in the session and can be downloaded.
            st.session_state.run_message = "\n".join(error.problems)
            name = session.finished
        state.add_evidence(name, session)
    except EvidenceError as error:
        st.session_state.run_message = "\n".join(error.problems)


def message() -> None:
    """Show why the last run gave no result, if it did not."""
    said = st.session_state.get("run_message")
    if said:
        st.error(parts.plain(said), icon=":material/error:")


def show(known: Mapping[str, Probe]) -> None:
    """Show the running measurement probe by probe, with a button that ends it."""
    with st.container(border=True, key="live"):
        _progress(known)
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
def _progress(known: Mapping[str, Probe]) -> None:
    run = current()
    if run is None:
        return
    events = run.look()
    latest: dict[str, dict[str, Any]] = {}
    note = ""
    for event in events:
        if event.get("event") == "note":
            note = str(event.get("text", ""))
        elif probe := event.get("probe"):
            latest[str(probe)] = {**latest.get(str(probe), {}), **event}
    st.markdown(f"**{say('Measuring', '正在测量')}** · {run.seconds:.0f} s")
    st.caption(
        parts.plain(say(note, ""))
        or say(
            "Each framework runs in a process of its own; loading both takes some seconds.",
            "每个框架各在独立进程中运行；加载需要几秒钟。",
        )
    )
    order = [*st.session_state.run_probes, *(probe for probe in latest if probe not in st.session_state.run_probes)]
    lines = [_line(probe, latest.get(probe), known) for probe in order]
    st.markdown("\n\n".join(lines))


def _line(probe: str, event: Mapping[str, Any] | None, known: Mapping[str, Probe]) -> str:
    name = parts.plain(verdicts.probe_name(probe, known))
    if event is None:
        return f":gray[:material/schedule: {name}]"
    kind = event.get("event")
    if kind == "done":
        status = str(event.get("status", "ok"))
        ratio = event.get("ratio")
        if isinstance(ratio, Mapping):
            found = verdicts.ratio_words(Ratio(**{field: ratio[field] for field in Ratio.__dataclass_fields__}))
            return f":green[:material/check:] {name}  \n{parts.plain(found)}"
        label = words(PROBE_STATUS[status]) if status in PROBE_STATUS else status
        return f":orange[:material/info:] {name}  \n{parts.plain(label)}: {parts.plain(event.get('reason', ''))}"
    if kind == "skipped":
        return f":gray[:material/redo: {name}: {parts.plain(event.get('reason', ''))}]"
    tail = ""
    if "low" in event:
        figures = f"{event['value']:.2f} ({event['low']:.2f}–{event['high']:.2f})"
        tail = f" · {say('ratio so far', '目前比值')} {figures} · {event['pairs']} {say('pairs', '对')}"
    return f":blue[:material/play_arrow:] **{name}**{tail}"


def about(probe: Probe) -> None:
    """Show what a probe asks, what it can test and how long it takes."""
    lang = say("en", "zh")
    st.markdown(f"**{parts.plain(probe.question.get(lang, probe.id))}**")
    st.caption(
        parts.plain(
            f"{probe.id} · {say('scenario', '场景')} {probe.scenario} · "
            f"{say('workload', '工作负载')} {probe.workload or '–'} · {say('mode', '模式')} {probe.mode} · "
            f"{probe.seconds:.0f} s"
        )
    )
    from probes import pages

    for name, said in pages.page(probe).items():
        if said:
            st.markdown(f"**{parts.plain(name)}.** {parts.plain(said)}")
    claims = parts.claims_by_id(probe.claims)
    if claims:
        st.markdown(f"**{say('It can test these claims', '它可检验的论点')}**")
        st.markdown("\n".join(f"- {parts.plain(words(claim.statement))}" for claim in claims))
