"""What difference this machine can tell apart: the instrument's own test, started, watched and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from advisor.ui import measuring_process, state
from advisor.ui.components import elements, progress
from advisor.ui.texts import say
from probes.calibration import self_test

EVERY = 1.0
"""Seconds between two looks at the progress."""

SHOWN = 3
"""Last lines shown while it runs."""


def show() -> None:
    """Show the kept result, the way to a new one and, while it runs, how far it is."""
    run = state.self_testing()
    with st.expander(
        say("What this machine can tell apart", "本机能分辨多小的差别"),
        icon=":material/straighten:",
        expanded=run is not None,
    ):
        if run is not None:
            _progress()
            st.button(
                say("Stop the test", "停止自检"), icon=":material/stop:", key="selftest-stop", on_click=run.cancel
            )
            return
        if problem := state.self_test_problem():
            st.error(elements.plain(problem), icon=":material/error:")
        found = self_test.load_calibration()
        if found is None:
            st.caption(
                say(
                    "Not tested here yet. The test lets the same work run against itself, which must be a tie, and "
                    "against planted slowdowns, which must be found.",
                    "此处尚未自检。自检让同一项工作与自身对比（应为平局），再与预设减速对比（应被发现）。",
                )
            )
        else:
            result(found)
        _start()


def result(found: Mapping[str, Any]) -> None:
    """Show what a self-test found, in a sentence and the figures behind it."""
    resolves, seconds = found.get("resolves"), float(found.get("seconds_a_probe") or 0)
    if resolves:
        share = f"{100 * (float(resolves) - 1):.0f}"
        st.success(
            say(
                f"This machine tells {share} % apart in about {seconds:.0f} s.",
                f"本机约 {seconds:.0f} 秒即可分辨 {share} % 的差别。",
            ),
            icon=":material/straighten:",
        )
    else:
        st.warning(
            say(
                "When it was tested, this machine was too busy to tell even 20 % apart.",
                "自检时本机过于繁忙，连 20 % 的差别也分辨不出。",
            ),
            icon=":material/straighten:",
        )
    same = found.get("same_arm") or {}
    what, runs, told = say("Trial", "试验"), say("Runs", "次数"), say("Named a difference", "判定有差别")
    twice = say("the same twice (0 is right)", "相同对相同（0 为正确）")
    rows: list[dict[str, object]] = [
        {what: twice, runs: same.get("runs", 0), told: same.get("winners_named", 0)},
    ]
    for planted in found.get("planted", ()):
        share = f"{100 * (float(planted['slowdown']) - 1):.0f} %"
        rows.append(
            {
                what: say(f"slowed by {share} (all is right)", f"减速 {share}（全部为正确）"),
                runs: planted.get("runs", 0),
                told: planted.get("found", 0),
            }
        )
    elements.table(rows)


def _start() -> None:
    busy = measuring_process.busy()
    if busy:
        st.caption(progress.busy_words() if progress.current() is None else say("A measurement runs.", "正在测量。"))
    with st.container(horizontal=True):
        for quick, label in (
            (True, say("Test it, quickly (half a minute)", "快速自检（约半分钟）")),
            (False, say("Thoroughly (some minutes)", "完整自检（数分钟）")),
        ):
            if st.button(label, icon=":material/straighten:", key=f"selftest-{quick}", disabled=busy):
                run = measuring_process.selftest(quick=quick)
                progress.tie_to_the_tab(run)
                state.begin_self_test(run, quick=quick)
                st.rerun()


@st.fragment(run_every=EVERY)
def _progress() -> None:
    run = state.self_testing()
    if run is None:
        return
    run.look()
    lines = run.problem().splitlines()
    if run.ended.is_set():
        failed = say("The test could not run:", "自检未能运行：")
        problem = "\n".join([failed, *lines[-SHOWN:]]) if run.status and not run.cancelled else ""
        state.end_self_test(problem)
        st.rerun(scope="app")
    seconds = say(f"{run.seconds:.0f} s", f"{run.seconds:.0f} 秒")
    pairs = say(f"{len(lines)} pairs done", f"已完成 {len(lines)} 对")
    st.markdown(f"**{say('Testing', '正在自检')}** · {seconds} · {pairs}")
    st.progress(min(0.95, len(lines) / sum(self_test.runs(quick=state.self_test_is_quick()).values())))
    st.code("\n".join(lines[-SHOWN:]) or "…", language=None)
