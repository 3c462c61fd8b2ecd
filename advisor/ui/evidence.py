"""The page of measurements: choose, run, watch, read, and see that both sides compute the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from advisor import store
from advisor.needs import InputError
from advisor.ui import charts, live, parts, state, twins, verdicts
from advisor.ui.texts import say, words
from probes import catalog
from probes.evidence import EvidenceError, parse
from probes.types import Evidence, Probe

BUDGETS = (30, 60, 120, 300, 600)
"""Seconds offered for a session."""

LIST_HEIGHT = 340
"""Pixels of the list of probes to choose from."""


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
        known = catalog.load()
    except (OSError, ValueError) as error:
        parts.problems([str(error)], title=say("The list of probes cannot be read", "无法读取探针列表"))
        return
    _missing()
    live.message()
    if live.current() is None:
        _choose(known)
    else:
        live.show(known)
    for name, session in state.evidence().items():
        _session(name, session, known)
    _stored(known)
    _same_model(known)
    _about(known)
    _selftest()


def _missing() -> None:
    base, installed = state.knowledge(), state.versions()
    absent = [framework for framework in base.frameworks.values() if framework.id not in installed]
    if len(base.frameworks) - len(absent) >= 2:
        return
    st.warning(
        say(
            "Two frameworks are needed to compare. Not installed here: ",
            "至少需要两个框架才能比较。此处未安装：",
        )
        + ", ".join(parts.plain(words(framework.name)) for framework in absent),
        icon=":material/download:",
    )
    for framework in absent:
        st.code(framework.install, language="bash", wrap_lines=True)


# ---------------------------------------------------------------- choose


def _choose(known: Mapping[str, Probe]) -> None:
    with st.container(border=True, key="choose"):
        way = st.segmented_control(
            say("Which probes?", "选择哪些探针？"),
            ["plan", "hand"],
            format_func={
                "plan": say("The most telling ones", "最有价值的"),
                "hand": say("I choose", "自己选"),
            }.__getitem__,
            default="plan",
            required=True,
            key="probe-way",
            persist_state="session",
        )
        if way == "plan":
            budget = st.select_slider(
                say("Time you want to give it", "愿意花费的时间"),
                BUDGETS,
                value=60,
                format_func=lambda seconds: f"{seconds} s",
                key="probe-budget",
            )
            chosen = _planned(known, float(budget))
        else:
            budget = None
            chosen = _by_hand(known)
        if st.button(
            say("Start measuring", "开始测量"),
            type="primary",
            icon=":material/play_arrow:",
            disabled=not chosen,
            key="start",
        ):
            live.begin(chosen, budget=float(budget) if budget else None)
            st.rerun()


def _planned(known: Mapping[str, Probe], budget: float) -> list[str]:
    """Show the plan and return the probes that fit the budget, most valuable per second first."""
    plan = [step for step in state.recommendation().probe_plan if step.probe in known]
    chosen, left = [], budget
    rows = []
    for step in plan:
        fits = step.seconds <= left
        if fits:
            chosen.append(step.probe)
            left -= step.seconds
        flip = f"{step.would_flip_at:.2f}" if step.would_flip_at else say("cannot", "不会")
        rows.append(
            {
                say("Question", "问题"): verdicts.probe_name(step.probe, known),
                say("Seconds", "秒"): round(step.seconds),
                say("Would turn the answer at", "使结论反转的比值"): flip,
                say("Runs", "执行"): "✓" if fits else say("no time left", "时间不够"),
            }
        )
    if not rows:
        st.caption(
            say(
                "No probe speaks to what you need; choose by hand if you are curious.",
                "没有探针与你的需求相关；如有兴趣可自行选择。",
            )
        )
        return []
    shown = say(f"{len(chosen)} probes planned of {len(rows)}", f"计划执行 {len(chosen)} / {len(rows)} 项")
    with st.expander(shown, expanded=False):
        parts.table(rows)
    return chosen


def _by_hand(known: Mapping[str, Probe]) -> list[str]:
    """Show every probe with a box to tick; the list scrolls, so that nothing moves under the pointer."""
    chosen = []
    by_scenario: dict[str, list[Probe]] = {}
    for probe in known.values():
        by_scenario.setdefault(probe.scenario, []).append(probe)
    with st.container(height=LIST_HEIGHT, border=True, key="probe-list"):
        for scenario, probes in by_scenario.items():
            st.caption(parts.plain(scenario.replace("_", " ")))
            for probe in probes:
                label = f"{parts.plain(verdicts.probe_name(probe.id, known))} :small[:gray[{probe.seconds:.0f} s]]"
                if st.checkbox(label, key=f"probe-{probe.id}", persist_state="session"):
                    chosen.append(probe.id)
    seconds = sum(known[name].seconds for name in chosen)
    st.caption(
        say(f"{len(chosen)} chosen, about {seconds:.0f} s", f"已选 {len(chosen)} 项，约 {seconds:.0f} 秒")
        if chosen
        else say("Tick one or more.", "请勾选一项或多项。")
    )
    return chosen


# ---------------------------------------------------------------- results


def _session(name: str, session: Evidence, known: Mapping[str, Probe]) -> None:
    started = session.started.replace("T", " ")[:16]
    st.header(say(f"Measured {started}", f"测量于 {started}"))
    ended = [found for found in session.probes if found.ratio is not None]
    st.caption(
        parts.plain(
            say(
                f"Quality of this session: {session.grade} (A quiet machine, D very noisy).",
                f"本次测量质量：{session.grade}（A 为安静，D 为干扰很大）。",
            )
        )
    )
    if ended:
        labels = [(verdicts.short_name(found.probe), found) for found in ended]
        st.altair_chart(
            charts.ratios(labels, state.knowledge(), band=verdicts.BAND), width="stretch", key=f"ratios-{name}"
        )
        ratio = next(found.ratio for found in ended if found.ratio is not None)
        one, other = parts.name_of(ratio.numerator), parts.name_of(ratio.denominator)
        st.markdown(
            parts.plain(
                say(
                    f"{one} ÷ {other}: left of 1 {one} needs less, right of 1 {other} needs less.",
                    f"{one} ÷ {other}：1 的左侧表示 {one} 更省，右侧表示 {other} 更省。",
                )
            )
        )
        st.caption(
            say(
                "Points are ratios of cost, lines their 95 % intervals; inside the grey band nothing is gained.",
                "点为成本之比，线为 95 % 区间；灰带内的差别无实际意义。",
            )
        )
    for found in session.probes:
        with st.container(border=True):
            verdicts.measurement(found, known)
    _ledger(session)
    with st.container(horizontal=True):
        from probes.evidence import document

        st.download_button(
            "evidence.json",
            json.dumps(document(session), ensure_ascii=False, indent=1),
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
        parts.go_button("recommendation", say("What it changes", "它改变了什么"), icon=":material/arrow_forward:")


def _ledger(session: Evidence) -> None:
    with st.expander(say("Machine, environment and settings, read back", "机器、环境与设置（实际读回）")):
        parts.table(_rows(session.machine))
        for framework, found in session.environments.items():
            st.markdown(f"**{parts.plain(parts.name_of(framework))}**")
            parts.table(_rows(found))
        if session.selftest:
            st.markdown(f"**{say('What this machine can tell apart', '本机的分辨能力')}**")
            parts.table(_rows(session.selftest))


def _rows(found: Mapping[str, Any]) -> list[dict[str, str]]:
    key, value = say("what", "项目"), say("value", "值")
    rows = []
    for name, item in found.items():
        text = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
        rows.append({key: str(name).replace("_", " "), value: text})
    return rows


# ---------------------------------------------------------------- kept and uploaded


def _stored(known: Mapping[str, Probe]) -> None:
    with st.expander(
        say("Evidence kept on this machine, or from a file", "本机保存的证据，或来自文件"), icon=":material/folder:"
    ):
        try:
            rows = store.evidence_list()
        except InputError as error:
            parts.problems(error.problems)
            rows = []
        if not rows:
            st.caption(say("Nothing is kept yet.", "尚无保存内容。"))
        for row in rows[:20]:
            left, right = st.columns([3, 1], vertical_alignment="center")
            left.markdown(
                parts.plain(
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
        given = st.file_uploader(say("Open an evidence file", "打开证据文件"), type=["json"], key="evidence-file")
        if given is not None and st.session_state.get("evidence-taken") != given.file_id:
            _take(given.getvalue(), given.file_id)


def _use(number: int) -> None:
    state.add_evidence(str(number), parse(store.evidence_document(number)))


def _take(content: bytes, file_id: str) -> None:
    try:
        number = store.add_evidence(parse(_json(content)))
    except EvidenceError as error:
        parts.problems(list(error.problems), title=say("The file was not taken:", "文件未被采用："))
        return
    except InputError as error:
        parts.problems(error.problems, title=say("The file was not taken:", "文件未被采用："))
        return
    st.session_state["evidence-taken"] = file_id
    _use(number)
    st.rerun()


def _json(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError([say(f"not JSON: {error}", f"不是 JSON：{error}")]) from error
    if not isinstance(found, dict):
        raise InputError([say("a JSON object is wanted", "需要一个 JSON 对象")])
    return found


# ---------------------------------------------------------------- the same model in both


def _same_model(known: Mapping[str, Probe]) -> None:
    with st.expander(
        say("The same model in both: read the code that runs", "同一模型的两种写法：查看实际运行的代码"),
        icon=":material/code:",
    ):
        names = twins.workloads()
        if not names:
            st.caption(say("There is no workload.", "没有工作负载。"))
            return
        workload = st.selectbox(say("Workload", "工作负载"), names, key="twin", persist_state="session")
        found = twins.twins(workload, tuple(state.knowledge().frameworks))
        if found.docstring:
            st.text(found.docstring)
        columns = st.columns(max(1, len(found.sides)))
        for column, (framework, source) in zip(columns, found.sides.items(), strict=False):
            column.markdown(f"**{parts.plain(parts.name_of(framework))}**")
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
            live.about(known[probe])


def _selftest() -> None:
    """Show what this machine can tell apart, as the instrument's own test found it."""
    from probes import selftest

    with st.expander(say("What this machine can tell apart", "本机能分辨多小的差别"), icon=":material/straighten:"):
        found = selftest.load()
        if found is None:
            st.caption(
                say(
                    "Not tested here yet. This command runs the same framework against itself and with planted "
                    "slowdowns, and keeps the result:",
                    "此处尚未自检。下列命令让同一框架与自身对比，并加入预设减速，结果会被保存：",
                )
            )
            st.code("python -m probes selftest", language="bash")
            return
        parts.table(_rows(found))
