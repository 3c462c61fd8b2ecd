"""What to measure and how: the most telling probes, some chosen by hand, or a model of one's own."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from advisor.analysis.probe_value import pair_of
from advisor.serving import grants
from advisor.ui import measuring_process, state
from advisor.ui.components import elements, progress, verdicts
from advisor.ui.texts import DEVICE, listed, named, say
from probes.backends import USUAL_PAIR
from probes.catalog.loading import PATH, choose_for_user_model, choose_probes
from probes.session import environments
from probes.system import process_readings
from probes.types import DEVICES, Probe

BUDGETS = (30, 60, 120, 300, 600)
"""Seconds offered for a session."""

NO_LIMIT = 0
"""Stands among the budgets for as long as it takes."""

LIST_HEIGHT = 340
"""Pixels of the list of probes to choose from."""


def show(known: Mapping[str, Probe]) -> None:
    """Show the choice and the button that starts."""
    with st.container(border=True, key="choose"):
        ways = {
            "plan": say("The most telling", "最有价值的"),
            "hand": say("I choose", "自己选"),
            "own": say("My own model", "自己的模型"),
        }
        way = _pick(say("What to measure?", "测量什么？"), ways, key="probe-way")
        own: list[str] = []
        compared: tuple[str, ...] = USUAL_PAIR
        if way == "plan":
            budget = _budget(BUDGETS, 60, key="probe-budget")
            chosen = _planned(known, float(budget))
            compared = pair_of(state.recommendation().probe_plan) or USUAL_PAIR
        elif way == "hand":
            chosen = _by_hand(known)
            budget = _budget((*BUDGETS, NO_LIMIT), NO_LIMIT, key="probe-limit")
        else:
            chosen, own = _own(known)
            budget = _budget((*BUDGETS, NO_LIMIT), NO_LIMIT, key="probe-limit")
        how = _how(compared)
        if measuring_process.busy():
            st.info(progress.busy_words(), icon=":material/hourglass_top:")
        if st.button(
            say("Start measuring", "开始测量"),
            type="primary",
            icon=":material/play_arrow:",
            disabled=not chosen or measuring_process.busy(),
            key="start",
        ):
            named = [] if own else chosen
            progress.begin(
                named,
                budget=float(budget) if budget else None,
                frameworks=compared,
                options=[*own, *how],
                shown=chosen,
            )
            st.rerun()


def _budget(offered: tuple[int, ...], usual: int, *, key: str) -> int:
    def shown(seconds: int) -> str:
        if seconds == NO_LIMIT:
            return say("no limit", "不限")
        return (
            say(f"{seconds} s", f"{seconds} 秒")
            if seconds < 120
            else say(f"{seconds // 60} min", f"{seconds // 60} 分钟")
        )

    return int(
        st.select_slider(
            say("Time you want to give it", "愿意花费的时间"),
            offered,
            value=usual,
            format_func={seconds: shown(seconds) for seconds in offered}.__getitem__,
            key=key,
            help=say(
                "Counted once both frameworks are loaded, which takes some 10 to 20 seconds more.",
                "从两个框架加载完成后开始计时，加载另需约 10 至 20 秒。",
            ),
        )
    )


# ---------------------------------------------------------------- which probes


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
        flip = f"{step.would_flip_at:.2f}" if step.would_flip_at else say("none", "无")
        rows.append(
            {
                say("Question", "问题"): verdicts.probe_name(step.probe, known),
                say("Seconds", "秒"): round(step.seconds),
                say("Ratio that changes the recommendation", "会改变建议的比值"): flip,
                say("Runs", "执行"): "✓" if fits else say("no time left", "时间不够"),
            }
        )
    if not rows:
        return _nothing_planned(known, budget)
    if not chosen:
        shortest = min(step.seconds for step in plan)
        st.warning(
            say(
                f"The shortest of these takes about {shortest:.0f} s: give it more time.",
                f"其中最短的一项约需 {shortest:.0f} 秒：请给更多时间。",
            ),
            icon=":material/timer:",
        )
    else:
        first = verdicts.probe_name(chosen[0], known)
        st.caption(elements.plain(say(f"First: {first}", f"首先：{first}")))
    shown = say(f"{len(chosen)} probes planned of {len(rows)}", f"计划执行 {len(chosen)} / {len(rows)} 项")
    with st.expander(shown, expanded=False):
        elements.table(rows)
    return chosen


def _nothing_planned(known: Mapping[str, Probe], budget: float) -> list[str]:
    """Offer a cross-section where no probe can change the answer."""
    chosen = cross_section(known, budget)
    said = (
        say(
            "Answer some questions, and the probes that matter to you come first.",
            "回答问题后，与你相关的探针排在前面。",
        )
        if not state.needs().answers
        else say("No measurement here could change your answer.", "这里的任何测量都不会改变你的结论。")
    )
    also = say(
        f" You can still compare {len(chosen)} common training steps on this machine.",
        f"仍可在本机比较 {len(chosen)} 种常见训练步。",
    )
    st.caption(said + also)
    return chosen


def cross_section(known: Mapping[str, Probe], budget: float) -> list[str]:
    """Return everyday training steps that fit into ``budget`` seconds."""
    chosen, left = [], budget
    for probe in choose_probes([], known):
        if probe.mode == "default" and probe.metric == "step time" and probe.seconds <= left:
            chosen.append(probe.id)
            left -= probe.seconds
    return chosen


def _by_hand(known: Mapping[str, Probe]) -> list[str]:
    """Show every probe with a box to tick; the list scrolls, so that nothing moves under the pointer."""
    chosen = []
    by_scenario: dict[str, list[Probe]] = {}
    for probe in known.values():
        by_scenario.setdefault(probe.scenario, []).append(probe)
    with st.container(height=LIST_HEIGHT, border=True, key="probe-list"):
        for scenario, probes in by_scenario.items():
            st.markdown(f"**{elements.plain(verdicts.scenario_name(scenario))}**")
            for probe in probes:
                seconds = say(f"{probe.seconds:.0f} s", f"{probe.seconds:.0f} 秒")
                label = f"{elements.plain(verdicts.probe_name(probe.id, known))} :small[:gray[{seconds}]]"
                if st.checkbox(label, key=f"probe-{probe.id}", persist_state="session"):
                    chosen.append(probe.id)
    total = sum(known[name].seconds for name in chosen)
    st.caption(
        say(f"{len(chosen)} chosen, about {total:.0f} s", f"已选 {len(chosen)} 项，约 {total:.0f} 秒")
        if chosen
        else say("Tick one or more.", "请勾选一项或多项。")
    )
    return chosen


def _own(known: Mapping[str, Probe]) -> tuple[list[str], list[str]]:
    """Offer the files named at the start; return the probes that observe one and the words for the command line."""
    st.caption(
        say(
            "One Python file that holds your model twice, once for each framework. Both sides must agree in outputs, "
            "loss and gradients before any time is taken. It runs with your rights, so it is named at the terminal, "
            "never here.",
            "一个 Python 文件，用两个框架各写一遍你的模型。计时前双方的输出、损失和梯度必须一致。"
            "它以你的权限运行，因此只能在终端指定，不能在此处指定。",
        )
    )
    example = PATH.parent / "user_model" / "example.py"
    with st.container(horizontal=True):
        st.download_button(
            say("An example to change", "可修改的示例"),
            example.read_bytes(),
            "my_model.py",
            "text/x-python",
            icon=":material/download:",
            on_click="ignore",
            key="own-example",
        )
    offered = grants.granted().workloads
    if not offered:
        st.info(
            say(
                "No file was named. Start the app with one: `framework-advisor app --workload my_model.py`",
                "尚未指定文件。请这样启动本应用：`framework-advisor app --workload my_model.py`",
            ),
            icon=":material/terminal:",
        )
        return [], []
    name = st.selectbox(say("Which model", "哪个模型"), list(offered), key="own-model", persist_state="session")
    # A browser could send any word.
    path = offered.get(str(name))
    return ([probe.id for probe in choose_for_user_model([], known)], ["--workload", path]) if path else ([], [])


# ---------------------------------------------------------------- how


def _how(compared: Sequence[str]) -> list[str]:
    """Show how it is measured; return the words for the command line."""
    arguments: list[str] = []
    with st.expander(
        say("How: Python, device, threads, repeats", "方式：Python、设备、线程、重复"), icon=":material/tune:"
    ):
        pythons = _pythons(compared)
        arguments += [
            word for name, path in pythons.items() if path != sys.executable for word in ("--python", f"{name}={path}")
        ]
        device = st.selectbox(
            say("Device", "设备"),
            DEVICES,
            format_func={kind: named(DEVICE, kind) for kind in DEVICES}.__getitem__,
            key="device",
            persist_state="session",
        )
        if device in DEVICES[1:]:
            arguments += ["--device", str(device)]
        arguments += _threads()
        if st.toggle(
            say("Confirm: restart both sides at least three times", "确认：双方至少重启三次"),
            key="confirm",
            persist_state="session",
            help=say(
                "Slower and surer: a fresh process can differ from the last by some per cent.",
                "更慢但更可靠：新进程与旧进程之间可能相差百分之几。",
            ),
        ):
            arguments.append("--confirm")
        st.caption(
            say(
                "Settings as the communities advise (“tuned”) are probes of their own under “I choose”.",
                "按社区建议调优的设置是单独的探针，见“自己选”。",
            )
        )
        _look(pythons)
    return arguments


def _pythons(compared: Sequence[str]) -> dict[str, str]:
    """Offer each framework the interpreters named at the start; return the place of the one chosen for each."""
    offered = grants.granted().pythons
    if not offered:
        # No caption: code is too pale in one.
        st.markdown(
            say(
                "Each framework runs under the Python of this app. To offer another one, start the app with it: "
                "`framework-advisor app --python NAME=PATH`",
                "各框架使用本应用所在的 Python。若要提供其他的，请这样启动本应用："
                "`framework-advisor app --python 名称=路径`",
            )
        )
        return dict.fromkeys(compared, sys.executable)
    st.caption(
        say(
            "Which Python has which framework? Each is started by itself, so two environments that cannot live "
            "together can still be compared.",
            "哪个 Python 装有哪个框架？两者各自启动，因此不能共存的两个环境也可以比较。",
        )
    )
    here = say("the one of this app", "本应用所在的 Python")
    chosen = {}
    for framework in compared:
        name = st.selectbox(
            say(f"Python with {elements.name_of(framework)}", f"装有 {elements.name_of(framework)} 的 Python"),
            ["", *offered],
            index=1 + list(offered).index(framework) if framework in offered else 0,
            format_func={"": here, **{name: name for name in offered}}.__getitem__,
            key=f"python-{framework}",
            persist_state="session",
        )
        # A browser could send any word.
        chosen[framework] = offered.get(str(name), sys.executable)
    return chosen


def _pick(label: str, names: Mapping[str, str], *, key: str) -> str | None:
    """Offer a few ways beside each other, the first unless told."""
    first, *_ = names
    return st.segmented_control(
        label,
        list(names),
        format_func=names.__getitem__,
        default=first,
        required=True,
        key=key,
        persist_state="session",
    )


def _threads() -> list[str]:
    ways = {
        "one": say("One: surest", "一个：最稳"),
        "all": say("All cores", "全部核心"),
        "some": say("A number", "指定数目"),
    }
    way = _pick(say("Threads in each framework", "每个框架的线程数"), ways, key="threads")
    if way == "some":
        number = st.number_input(
            say("How many", "线程数"), 1, process_readings.cores(), key="threads-number", persist_state="session"
        )
        return ["--threads", str(number)]
    return ["--threads", "all"] if way == "all" else []


def _look(pythons: Mapping[str, str]) -> None:
    """Show, when asked, what each interpreter holds; each framework is loaded in a process of its own."""
    if st.button(
        say("Check what is there", "检查这些环境"),
        icon=":material/search:",
        key="survey",
        disabled=measuring_process.busy(),
    ):
        with st.spinner(say("Loading each framework once …", "正在分别加载各框架……")):
            state.keep_survey(pythons, environments.survey(tuple(pythons), pythons=pythons))
    for framework, seen in state.survey(pythons).items():
        name = elements.name_of(framework)
        if seen["installed"]:
            devices = listed([_device(device) for device in seen["devices"]])
            st.success(
                elements.plain(f"{name} {seen['version']} · {devices} · {seen['python']}"), icon=":material/check:"
            )
        else:
            lacks = say(f"{name} cannot be used: {seen['reason']}", f"{name} 无法使用：{seen['reason']}")
            st.error(elements.plain(lacks), icon=":material/error:")


def _device(device: Mapping[str, Any]) -> str:
    return named(DEVICE, str(device.get("kind", "")))
