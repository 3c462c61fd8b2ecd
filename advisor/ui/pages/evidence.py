"""The page of measurements: choose, run, watch, read, and see that both sides compute the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from advisor.decisions import store
from advisor.errors import InputError
from advisor.model.text import Text
from advisor.ui import state
from advisor.ui.components import (
    charts,
    elements,
    probe_picker,
    progress,
    reason_texts,
    self_test,
    verdicts,
    workload_source,
)
from advisor.ui.components.evidence_files import take
from advisor.ui.components.upload import upload
from advisor.ui.texts import language, listed, say, words
from probes.catalog.loading import load_catalog
from probes.evidence.documents import EvidenceError, parse_evidence, unknown_probes
from probes.session import outcome
from probes.system import exit_status
from probes.types import Evidence, Measurement, Probe, Status
from probes.wording import framework_defaults

TITLE = Text(en="Evidence", zh="实测证据")
ICON = "speed"
ORDER = 40

CONTROLS = ("control",)
"""Workloads that try the instrument rather than a framework; they stand last."""

SHOWN = 20
"""Kept sessions listed, the newest."""


def page() -> None:
    """Show the page."""
    st.title(say("Measure it here", "在本机实测"))
    st.write(
        say(
            "Both frameworks run the same small model in turns on this machine. The ratio decides, and only where "
            "its interval is clear. Nothing leaves your computer.",
            "两个框架在本机轮流运行同一个小模型，以比值及其区间来判断；区间不明确就不下结论。数据不会离开你的电脑。",
        )
    )
    try:
        known = load_catalog()
    except (OSError, ValueError) as error:
        elements.problems([str(error)], title=say("The list of probes cannot be read", "无法读取探针列表"))
        return
    _missing()
    progress.message()
    if progress.current() is not None:
        progress.show(known)
    for name, session in reversed(state.evidence().items()):
        _session(name, session, known)
    if progress.current() is None:
        if state.evidence():
            st.header(say("Measure more", "继续测量"))
        probe_picker.show(known)
    _stored(known)
    _same_model(known)
    _about(known)
    self_test.show()


def _missing() -> None:
    base, installed = state.knowledge(), state.context().versions
    absent = [framework for framework in base.frameworks.values() if framework.id not in installed]
    if len(base.frameworks) - len(absent) >= 2:
        return
    st.warning(
        say(
            "Two frameworks are needed to compare. Not installed here: ",
            "至少需要两个框架才能比较。此处未安装：",
        )
        + ", ".join(elements.plain(words(framework.name)) for framework in absent),
        icon=":material/download:",
    )
    for framework in absent:
        st.code(framework.install, language="bash", wrap_lines=True)


# ---------------------------------------------------------------- results


def _session(name: str, session: Evidence, known: Mapping[str, Probe]) -> None:
    started = session.started.replace("T", " ")[:16]
    st.header(say(f"Measured {started} UTC", f"测量于 {started}（UTC）"))
    ended = [found for found in session.probes if found.ratio is not None]
    several, lang = outcome.several(session), language()
    st.caption(
        elements.plain(
            say(
                f"Quality of this session: {session.grade} (A quiet machine, D very noisy).",
                f"本次测量质量：{session.grade}（A 为安静，D 为干扰很大）。",
            )
        )
    )
    if session.routes is not None:
        _routes(len(session.routes.rows))
    elif outcome.status(session) == exit_status.NEGATIVE:
        st.error(elements.plain(outcome.why_nothing(session, lang)), icon=":material/error:")
    if ended:
        rows = [(_label(found, several=several), found, _said(found, known, several=several)) for found in ended]
        st.altair_chart(charts.ratios(rows, state.knowledge()), width="stretch", key=f"ratios-{name}")
        st.caption(
            say(
                "Points say how many times a framework is ahead, lines are 95 % intervals; inside the grey band the "
                "difference means nothing in practice.",
                "点表示领先的倍数，线为 95 % 区间；灰带内的差别无实际意义。",
            )
        )
    differing = framework_defaults.of_session(found.facts for found in session.probes)
    called = verdicts.names(*session.environments)
    if line := framework_defaults.line(differing, session.environments, lang, names=called):
        st.info(elements.plain(line), icon=":material/tune:")
    for note in unknown_probes([session], known):
        st.warning(elements.plain(reason_texts.told(note)), icon=":material/help:")
    for found in session.probes:
        if found.status is not Status.SKIPPED:
            with st.container(border=True):
                verdicts.measurement(found, known, several=several)
    left_out, seconds = outcome.left_out(outcome.ends(session))
    if left_out:
        more = say(f" {seconds} s would take them.", f"给 {seconds} 秒即可全部运行。") if seconds else ""
        listed_ = listed([verdicts.short_name(probe) for probe in left_out])
        st.caption(elements.plain(say(f"Skipped for the budget: {listed_}.", f"预算之外，未运行：{listed_}。") + more))
    _ledger(session)
    with st.container(horizontal=True):
        from probes.evidence.documents import evidence_document

        st.download_button(
            "evidence.json",
            json.dumps(evidence_document(session), ensure_ascii=False, indent=1),
            f"evidence-{name}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
            key=f"evidence-download-{name}",
        )
        st.button(
            say("Do not use it", "不采用"),
            icon=":material/visibility_off:",
            key=f"drop-{name}",
            on_click=state.drop_evidence,
            args=(name,),
        )
        elements.go_button("recommendation", say("What it changes", "它改变了什么"), icon=":material/arrow_forward:")


def _routes(count: int) -> None:
    st.write(say(f"A table of {count} routes belongs to this session.", f"此次测量含一份 {count} 条路线的表。"))
    elements.go_button("deployment", say("Show the routes", "查看路线"), icon=":material/arrow_forward:")


def _label(found: Measurement, *, several: bool) -> str:
    """Return what a row of the chart is called; of several pairs, who stands left and right of 1 too."""
    name = verdicts.short_name(found.probe)
    if not several or found.ratio is None:
        return name
    return f"{name} ({elements.name_of(found.ratio.numerator)} | {elements.name_of(found.ratio.denominator)})"


def _said(found: Measurement, known: Mapping[str, Probe], *, several: bool) -> str:
    assert found.ratio is not None
    metric = verdicts.metric(found.probe, known)
    return verdicts.ratio_words(found.ratio, unit=found.unit, metric=metric, several=several)


def _ledger(session: Evidence) -> None:
    with st.expander(say("Machine, environment and settings, read back", "机器、环境与设置（实际读回）")):
        elements.table(_rows(session.machine))
        for framework, found in session.environments.items():
            st.markdown(f"**{elements.plain(elements.name_of(framework))}**")
            elements.table(_rows(found))
        if session.selftest:
            st.markdown(f"**{say('What this machine can tell apart', '本机的分辨能力')}**")
            self_test.result(session.selftest)


def _rows(found: Mapping[str, Any]) -> list[dict[str, str]]:
    key, value = say("what", "项目"), say("value", "值")
    rows = []
    for name, item in found.items():
        if name not in ("defaults", "set"):
            text = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
            rows.append({key: str(name).replace("_", " "), value: text})
    for name, text in framework_defaults.read_back(found, language()).items():
        rows.append({key: framework_defaults.name(name, language()), value: text})
    return rows


# ---------------------------------------------------------------- kept and uploaded


def _stored(known: Mapping[str, Probe]) -> None:
    with st.expander(
        say("Evidence kept on this machine, or from a file", "本机保存的证据，或来自文件"), icon=":material/folder:"
    ):
        for row in elements.kept("evidence", limit=SHOWN):
            left, right = st.columns([3, 1], vertical_alignment="center")
            left.markdown(
                elements.plain(
                    f"{row['id']} · {row['started'][:16]} · {row['machine']} · {row['measured']}/{row['probes']}"
                )
            )
            right.button(
                say("Use", "采用"),
                key=f"use-{row['id']}",
                on_click=_use,
                args=(row["id"],),
                width="stretch",
                disabled=str(row["id"]) in state.evidence(),
            )
        upload(say("Open an evidence file", "打开证据文件"), take, types=("json",), key="evidence-file")


def _use(number: int) -> None:
    try:
        state.add_evidence(str(number), parse_evidence(store.evidence_document(number)))
    except (EvidenceError, InputError) as error:
        progress.warn(list(error.problems))


# ---------------------------------------------------------------- the same model in both


def _same_model(known: Mapping[str, Probe]) -> None:
    with st.expander(
        say("The same model in both: read the code that runs", "同一模型的两种写法：查看实际运行的代码"),
        icon=":material/code:",
    ):
        names = sorted(workload_source.workloads(), key=lambda name: (name in CONTROLS, name))
        if not names:
            st.caption(say("There is no workload.", "没有工作负载。"))
            return
        workload = st.selectbox(say("Workload", "工作负载"), names, key="twin", persist_state="session")
        found = workload_source.twins(workload, tuple(state.knowledge().frameworks))
        if found.docstring:
            with st.container(key="docstring"):
                st.text(found.docstring)
        columns = st.columns(max(1, len(found.sides)))
        for column, (framework, source) in zip(columns, found.sides.items(), strict=False):
            column.markdown(f"**{elements.plain(elements.name_of(framework))}**")
            column.code(source, language="python", height=520)
        st.markdown(f"**{say('Shared by both: sizes, data, weights', '双方共用：规模、数据、权重')}**")
        st.code("\n\n\n".join(found.shared.values()), language="python", height=300)


def _about(known: Mapping[str, Probe]) -> None:
    with st.expander(
        say("What each probe asks and what it does not tell", "各探针的问题与局限"), icon=":material/menu_book:"
    ):
        names = {name: verdicts.probe_name(name, known) for name in known}
        probe = st.selectbox(say("Probe", "探针"), list(known), format_func=names.__getitem__, key="about")
        if probe:
            progress.about(known[probe])
