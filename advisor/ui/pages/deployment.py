"""The page of deployment: the user's targets, the measured routes held against them, and how each is taken."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import streamlit as st

from advisor.engine import route_results
from advisor.model.text import Text
from advisor.report import deployment, machines, route_rows
from advisor.report.route_words import ROUTES
from advisor.ui import state
from advisor.ui.components import charts, elements, progress, route_source
from advisor.ui.components.evidence_files import take
from advisor.ui.components.targets import show_targets
from advisor.ui.components.upload import upload
from advisor.ui.texts import language, listed, say, words
from probes.environments import folders
from probes.session import routing
from probes.session.routing_plan import OWN, Planned
from probes.statistics import targets
from probes.types import RouteRow, Status

TITLE = Text(en="Deployment", zh="部署")
ICON = "rocket_launch"
ORDER = 45

BUDGET = 300
"""Seconds that a measurement is given unless told: a dozen routes on two cores."""

PLANNED = 60.0
"""Seconds after which it is looked again what is installed; an environment that is added shows at once."""


def page() -> None:
    """Show the page."""
    st.title(say("Deployment", "部署"))
    st.write(
        say(
            "A route exports the model from its framework to a runtime: ONNX Runtime, LiteRT, a browser. Its size, "
            "latency, memory and accuracy are measured and compared with your targets.",
            "路线是把模型从框架导出到某个运行时（ONNX Runtime、LiteRT、浏览器等）的方式。"
            "实测其大小、延迟、内存与结果是否一致，并与你的目标对照。",
        )
    )
    show_targets()
    progress.message()
    planned = _planned(folders.interpreters())
    if progress.current() is not None:
        progress.show({}, names=_names(planned))
    made = route_results.tables(tuple(state.evidence().values()), state.context().machine)
    if made:
        first, *others = made
        _table(first)
        if others:
            st.caption(
                say(
                    f"{len(others)} more tables are in use; this one counts most: your own model before a small one, "
                    "this machine before others, later before earlier.",
                    f"另有 {len(others)} 份表在用；此处为最可信的一份：你自己的模型优先于小模型，本机优先于其他机器，"
                    "较晚的优先于较早的。",
                )
            )
    _measure(planned, measured=bool(made))


@st.cache_data(ttl=PLANNED, show_spinner=False)
def _planned(interpreters: dict[str, str]) -> list[Planned]:
    """Return every row to come: looking for what is installed starts a process of each environment of its own."""
    return routing.plan(routing.Source("workload", routing.DEFAULT), pythons=interpreters)


def _names(planned: Sequence[Planned]) -> dict[str, str]:
    """Return what a reader calls the rows to come, by their labels."""
    frameworks = _frameworks()
    return {
        row.label: " · ".join([route_rows.name(_unmeasured(row), language(), frameworks), row.precision])
        for row in planned
    }


def _frameworks() -> dict[str, str]:
    return {name: words(framework.name) for name, framework in state.knowledge().frameworks.items()}


# ---------------------------------------------------------------- what was measured


def _table(made: route_results.Table) -> None:
    needs, knowledge, found = state.needs(), state.knowledge(), made.routes
    table = route_rows.table(
        found,
        lang=language(),
        asked=deployment.targets_of(needs, found),
        frameworks=_frameworks(),
        moment=machines.moment(found.started),
        elsewhere=made.elsewhere,
        indicative=lambda row: route_results.indicative(row, made, needs, knowledge),
    )
    st.header(say("Measured routes", "实测路线"))
    st.markdown("\n".join(f"- {elements.plain(sentence)}" for sentence in table.summary))
    told = ROUTES[language()]
    st.caption(elements.plain(table.conditions))
    if table.points():
        st.altair_chart(charts.routes(table, knowledge), width="stretch", key="routes-chart")
        st.caption(elements.plain(told["routes_chart_text"] + say(" ", "") + told["routes_chart_lines"]))
    if table.measured:
        _rows(table)
    for note in (told["routes_judged"] if table.heads else "", table.indicative):
        if note:
            st.caption(elements.plain(note))
    _missing(table)
    with st.container(horizontal=True):
        st.download_button(
            "routes.csv",
            route_rows.csv_text(found),
            "routes.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="routes-csv",
        )
        elements.go_button("recommendation", say("What it changes", "它改变了什么"), icon=":material/arrow_forward:")
        st.button(
            say("Do not use it", "不采用"),
            icon=":material/visibility_off:",
            key="drop-routes",
            on_click=_drop,
            args=(found.started, found.finished),
        )
    _how(table)


def _drop(started: str, finished: str) -> None:
    for name, session in state.evidence().items():
        if session.routes is not None and (session.routes.started, session.routes.finished) == (started, finished):
            state.drop_evidence(name)


def _sorts() -> dict[str, tuple[str, Callable[[RouteRow], float]]]:
    """Return by what a table can be sorted: its name, and the figure; what was not measured stands last."""
    told = ROUTES[language()]

    def known(value: float | None) -> float:
        return math.inf if value is None else value

    return {
        "best": (say("Targets met, then p95", "先按达到的目标，再按 p95"), lambda row: 0.0),
        "size": (told["routes_size"], lambda row: known(row.artifact_bytes)),
        "p95": ("p95", lambda row: known(row.p95_ms and row.p95_ms.value)),
        "p50": ("p50", lambda row: known(row.p50_ms and row.p50_ms.value)),
        "ratio": (told["routes_ratio"], lambda row: known(row.ratio and row.ratio.value)),
        "load": (told["routes_load"], lambda row: known(row.load_ms)),
        "memory": (told["routes_memory"], lambda row: known(row.peak_memory_bytes)),
    }


def _rows(table: route_rows.Table) -> None:
    sorts = _sorts()
    by = st.selectbox(say("Sort by", "排序依据"), list(sorts), format_func=lambda key: sorts[key][0], key="routes-sort")
    ordered = sorted(table.measured, key=lambda line: (sorts[by or "best"][1](line.row), line.number))
    with st.container(key="figures"):
        elements.table([_cells(table, line) for line in ordered])


def _cells(table: route_rows.Table, line: route_rows.Line) -> dict[str, object]:
    told = ROUTES[language()]
    return {
        told["routes_number"]: line.number,
        told["routes_name"]: line.full_name,
        **dict(zip(table.heads, (verdict.text for verdict in line.verdicts), strict=True)),
        told["routes_size"]: line.size,
        told["routes_p95"]: line.p95,
        told["routes_p50"]: line.p50,
        told["routes_ratio"]: line.ratio,
        told["routes_load"]: line.load,
        told["routes_first"]: line.first,
        told["routes_throughput"]: line.throughput,
        told["routes_memory"]: line.memory,
        told["routes_answers"]: line.answers,
        told["routes_runtime"]: line.runtime,
    }


def _missing(table: route_rows.Table) -> None:
    """Show the routes that were not measured, those of one reason together."""
    if not table.missing:
        return
    st.subheader(ROUTES[language()]["routes_missing"])
    colon = say(": ", "：")
    st.markdown(
        "\n".join(
            f"- **{elements.plain(status)}**{colon}{elements.plain(listed([line.full_name for line in lines]))}  \n"
            f"{elements.plain(reason)}"
            for (status, reason), lines in table.alike().items()
        )
    )


# ---------------------------------------------------------------- how it is done


def _how(table: route_rows.Table) -> None:
    st.subheader(say("How to do it", "如何实现"))
    st.write(
        say(
            "The code below is what a measurement runs. `order` holds the model, the output folder and, for int8, "
            "samples for calibration.",
            "以下就是测量所运行的代码。`order` 含模型、输出文件夹，以及 int8 校准用的样本。",
        )
    )
    shown = {line.row.route + line.row.runtime: line for line in reversed(table.lines)}
    for line in sorted(shown.values(), key=lambda line: line.number):
        label = " · ".join(dict.fromkeys(filter(None, (line.name, line.framework))))
        code = route_source.conversion(line.row.route)
        if code:
            with st.expander(elements.plain(label), icon=":material/code:"):
                _one(line, code)


def _one(line: route_rows.Line, code: str) -> None:
    if line.deprecated:
        st.warning(elements.plain(line.deprecated), icon=":material/warning:")
    commands = route_source.installs(line.row)
    if commands:
        st.markdown(f"**{say('Install', '安装')}**")
        st.code("\n".join(commands), language="bash", wrap_lines=True)
    st.markdown(f"**{say('Convert', '转换')}**")
    st.code(code, language="python")
    run = route_source.running(line.row.runtime)
    if run:
        st.markdown(f"**{say('Load and run', '加载并运行')}**")
        st.code(run, language="javascript" if run.startswith("//") else "python")
    noted = {**line.row.settings, **line.row.versions}
    if noted:
        st.caption(
            elements.plain(
                say("Measured with ", "测量时：") + listed([f"{name} {value}" for name, value in noted.items()])
            )
        )


# ---------------------------------------------------------------- measuring


def _measure(planned: Sequence[Planned], *, measured: bool) -> None:
    st.header(say("Measure more", "继续测量") if measured else say("Measure routes", "测量路线"))
    if not measured:
        st.info(
            say(
                "No route is measured yet: the recommendation rests on documents.",
                "尚未测量任何路线，推荐仅依据文档。",
            ),
            icon=":material/info:",
        )
    if progress.current() is None:
        _here(planned)
    st.markdown(f"**{say('Your model, or another machine', '你的模型，或另一台机器')}**")
    st.code(_command(), language=None, wrap_lines=True)
    st.write(
        say(
            "This measures a small model. Add `--workload MODEL.py` for your own model, or `--file MODEL.onnx` for a "
            "file; `--data DATA.npz` uses your samples. Then open `routes.json` here.",
            "该命令测量一个小模型。加上 `--workload MODEL.py` 测量你的模型，或加上 `--file MODEL.onnx` 测量已有文件；"
            "`--data DATA.npz` 使用你的样本。之后在此打开 `routes.json`。",
        )
    )
    upload(
        say("Open a file of measured routes (JSON)", "打开实测路线文件（JSON）"),
        take,
        types=("json",),
        key="routes-file",
    )
    _possible(planned)


def _here(planned: Sequence[Planned]) -> None:
    """Offer to measure the small model's routes that are installed."""
    ready = [row for row in planned if row.status is None]
    if not any(row.route != OWN for row in ready):
        return
    seconds = routing.together(ready)
    count = sum(row.route != OWN for row in ready)
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    budget = left.number_input(
        say("Budget (seconds)", "时间预算（秒）"),
        min_value=30,
        max_value=3600,
        value=BUDGET,
        step=30,
        key="routes-budget",
    )
    right.button(
        say("Measure here", "在本机测量"),
        icon=":material/play_arrow:",
        type="primary",
        width="stretch",
        key="routes-start",
        on_click=_start,
        args=(tuple(row.label for row in planned), float(budget)),
    )
    st.caption(
        say(
            f"A small model of the program by {count} routes that are installed, about {seconds:.0f} s in all. "
            "Keep the machine quiet meanwhile.",
            f"程序自带的小模型，经已安装的 {count} 条路线，共约 {seconds:.0f} 秒。测量期间请勿使用本机做其他工作。",
        )
    )


def _start(labels: Sequence[str], budget: float) -> None:
    progress.begin_routes(labels, targets={str(k): v for k, v in state.needs().targets.items()}, budget=budget)


def _command() -> str:
    asked = ",".join(
        f"{targets.TARGETS[name].short}{'>=' if targets.TARGETS[name].at_least else '<='}"
        f"{targets.plain_number(value)}{targets.TARGETS[name].unit}"
        for name, value in state.needs().targets.items()
    )
    given = f' --target "{asked}"' if asked else ""
    return f"framework-advisor routes run --budget {BUDGET}{given} -o routes.json"


def _possible(planned: Sequence[Planned]) -> None:
    """Show every route of the small model, whether it can run here, and what adds those that cannot."""
    with st.expander(say("What can be measured here", "此处可以测量的路线"), icon=":material/list:"):
        frameworks = _frameworks()
        elements.table(
            [
                {
                    say("Framework", "框架"): frameworks.get(row.framework, row.framework),
                    say("Route", "路线"): route_rows.name(_unmeasured(row), language(), frameworks),
                    say("Precision", "精度"): row.precision,
                    say("Seconds", "秒"): round(row.seconds),
                    say("Here", "此处"): say("ready", "可用") if row.status is None else say("to install", "待安装"),
                }
                for row in planned
                if row.route != OWN
            ]
        )
        lines = [line for row in planned if row.status is not None for line in route_source.installs(_unmeasured(row))]
        if lines:
            st.markdown(f"**{say('Install what is missing', '安装缺少的部分')}**")
            st.code("\n".join(dict.fromkeys(lines)), language="bash", wrap_lines=True)


def _unmeasured(planned: Planned) -> RouteRow:
    return RouteRow(planned.route, planned.framework, planned.runtime, planned.precision, Status.SKIPPED)
