"""The page of the answer: what, how sure, by which way, for and against, and what would change it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import streamlit as st

from advisor.analysis import messages
from advisor.deployment.route_words import known_in_words
from advisor.model.formatting import percent
from advisor.model.knowledge import Knowledge
from advisor.model.recommendation import BeforeMeasuring, Flip, Recommendation, RouteResult
from advisor.model.text import Text
from advisor.report import reference_rows
from advisor.ui import state
from advisor.ui.components import charts, elements, method_comparison
from advisor.ui.texts import ROUTE_STATUS, STRENGTH, language, listed, say, words

TITLE = Text(en="Recommendation", zh="建议")
ICON = "task_alt"
ORDER = 30

MEASURED_ON = {"probe": "evidence", "route": "deployment"}
"""Kind of flip -> page on which it is measured."""

SHOWN_REASONS = 5
SHOWN_FLIPS = 6
SHOWN_STEPS = 4


def page() -> None:
    """Show the page."""
    found, knowledge = state.recommendation(), state.knowledge()
    _answer(found, knowledge)
    _notes(found)
    if not state.anything_known():
        st.info(
            say(
                "Nothing is answered yet, so nothing speaks for one side. Begin with a question.",
                "尚未回答任何问题，因此没有任何一方占优。请先回答一个问题。",
            )
        )
        elements.go_button("needs", say("Answer questions", "回答问题"), primary=True)
        return
    _next(found, knowledge)
    _plan(found, knowledge)
    _reasons(found)
    _contributions(found, knowledge)
    _flips(found, knowledge)
    _worth_measuring(found)
    _reference(found)
    _measured(found, knowledge)
    _inside(found, knowledge)


def _answer(found: Recommendation, knowledge: Knowledge) -> None:
    st.caption(say("Recommendation", "建议"))
    with st.container(border=True, key="answer"):
        st.title(elements.headline(found), anchor=False)
        st.markdown(
            f"{elements.badge(words(STRENGTH[found.strength]), 'primary')} "
            f"{elements.plain(elements.strength_line(found))}"
        )
        if sum(found.acceptability.values()) > 0:
            st.altair_chart(charts.acceptability(found, knowledge), width="stretch", key="acceptability")
        if found.recommended is not None:
            _confidence(found)
        for excluded in found.excluded:
            reason = words(excluded.text) if excluded.text else excluded.reason
            st.warning(
                f"**{elements.plain(say('Ruled out', '已排除'))}: "
                f"{elements.plain(elements.name_of(excluded.framework))}.** "
                f"{elements.plain(reason)}",
                icon=":material/block:",
            )
    if state.can_undo():
        st.button(say("Undo the last change", "撤销上次更改"), icon=":material/undo:", on_click=state.undo, key="undo")


def _confidence(found: Recommendation) -> None:
    share = found.confidence.get(found.recommended or "", 0.0)
    name = elements.name_of(found.recommended)
    verdict = (
        say("the evidence is good enough to decide on", "证据足以据此决定")
        if share >= 0.9
        else say("better evidence could still turn it", "更好的证据仍可能改变它")
        if share >= 0.5
        else say("the evidence is thin", "证据薄弱")
    )
    text = say(
        f"Is the evidence good enough? For someone whose priorities suit {name} best, it comes out first in "
        f"{percent(share)} of the plausible readings of the evidence: {verdict}.",
        f"证据够好吗？对最适合 {name} 的那类优先级而言，在证据的合理解读中它有 {percent(share)} 排在第一：{verdict}。",
    )
    st.caption(elements.plain(text))


def _notes(found: Recommendation) -> None:
    for note in found.notes:
        if note in (messages.SETTLED, messages.EITHER):  # said above by the strength, or below
            continue
        st.info(elements.plain(words(note)), icon=":material/info:")
    from advisor.ui.components import guided_questions

    guided_questions.contradictions()


def _next(found: Recommendation, knowledge: Knowledge) -> None:
    if found.settled:
        st.success(
            say("Settled: no remaining answer can change this.", "已定：其余任何回答都不会改变结论。"),
            icon=":material/verified:",
        )
        return
    step = next((one for one in found.next_questions if one.question not in state.skipped()), None)
    if step is None:
        return
    from advisor.ui.components.question import show_question

    with st.container(border=True, key="next-question"):
        st.markdown(f"**{say('The question that matters most now', '当前最值得回答的问题')}**")
        show_question(knowledge.questions[step.question], with_effects=False)
        if step.why:
            st.caption(elements.plain(words(step.why)))


# ---------------------------------------------------------------- plan


def _plan(found: Recommendation, knowledge: Knowledge) -> None:
    st.header(say("The plan", "方案"))
    roles = {plan.framework: plan.role for plan in found.plans}
    order = sorted(
        found.acceptability,
        key=lambda key: (key != found.recommended, key not in roles, -found.acceptability[key], key),
    )
    if not found.routes:
        st.caption(
            say(
                "Name where it will run, and the plan says by which tools each framework gets there.",
                "说明运行环境后，这里会列出各框架可用的工具与途径。",
            )
        )
    labels = [elements.name_of(key) for key in order]
    if found.recommended is not None:
        labels[0] += " ★"
        labels[1:] = [
            label + say(" (runner-up)", "（备选）") if roles.get(key) == "runner-up" else label
            for key, label in zip(order[1:], labels[1:], strict=True)
        ]
    for tab, framework in zip(st.tabs(labels), order, strict=True):
        with tab:
            _framework_plan(framework, found, knowledge)


def _framework_plan(framework: str, found: Recommendation, knowledge: Knowledge) -> None:
    by_need: dict[str, list[RouteResult]] = defaultdict(list)
    for route in found.routes:
        by_need[route.need]
        if route.framework == framework:
            by_need[route.need].append(route)
    for excluded in found.excluded:
        if excluded.framework == framework:
            st.warning(
                elements.plain(words(excluded.text) if excluded.text else excluded.reason), icon=":material/block:"
            )
    plan = next((one for one in found.plans if one.framework == framework), None)
    if plan is not None and plan.text is not None:
        st.info(elements.plain(words(plan.text)), icon=":material/merge:")
    for need, ways in by_need.items():
        left, right = st.columns([2, 5], gap="small")
        left.markdown(f"**{elements.plain(elements.need_name(need))}**")
        with right:
            _ways(ways)
    known = knowledge.frameworks.get(framework)
    if known is None:
        return
    lines = plan.install if plan is not None else (known.install,)
    released = say("latest release", "最新版本")
    st.caption(
        f"{say('To install', '安装命令')} · {released} {elements.plain(known.latest_version)}, "
        f"{known.latest_date.isoformat()} · Python {elements.plain(known.python)}"
    )
    st.code("\n".join(lines), language="bash", wrap_lines=True)


def _ways(ways: list[RouteResult]) -> None:
    living = sorted((way for way in ways if way.living), key=lambda way: not way.best)
    dead = [way for way in ways if not way.living]
    with st.container(gap="xsmall"):
        if not living:
            st.markdown(f":red[{say('No working way is known.', '没有已知的可行途径。')}]")
        for way in living[:1]:
            _way(way)
        if living[1:] or dead:
            label = say("Other ways", "其他途径") + f" ({len(living[1:]) + len(dead)})"
            with st.popover(label, type="tertiary"):
                for way in (*living[1:], *dead):
                    _way(way)
                    if way.install:
                        st.code(way.install, language="bash", wrap_lines=True)


def _way(way: RouteResult) -> None:
    status, color = ROUTE_STATUS[way.status]
    title = elements.plain(words(way.name)) if way.name else elements.plain(way.route)
    st.markdown(f"{title} {elements.badge(words(status), color)}")
    lines = []
    if way.tools:
        known = state.knowledge().tools
        names = [known[tool].name if tool in known else tool for tool in way.tools]
        lines.append(f"{say('Tools', '工具')}: {elements.plain(', '.join(names))}")
    if (told := known_in_words(way)) is not None:
        lines.append(elements.plain(words(told)))
    if way.note:
        lines.append(elements.plain(words(way.note)))
    if lines:
        st.caption("  \n".join(lines))


# ---------------------------------------------------------------- reasons


def _reasons(found: Recommendation) -> None:
    if found.recommended is None or not (found.for_ or found.against):
        return
    st.header(say("Reasons", "理由"))
    name = elements.name_of(found.recommended)
    favour, oppose = st.tabs([say(f"For {name}", f"支持 {name}"), say(f"Against {name}", f"反对 {name}")])
    for tab, ids in ((favour, found.for_), (oppose, found.against)):
        with tab:
            claims = elements.claims_by_id(ids)
            if not claims:
                st.caption(say("No claim speaks this way for your answers.", "对你的回答而言，没有这方面的论点。"))
            for claim in claims[:SHOWN_REASONS]:
                elements.claim_line(claim)
            if len(claims) > SHOWN_REASONS:
                with st.expander(say(f"{len(claims) - SHOWN_REASONS} more", f"另有 {len(claims) - SHOWN_REASONS} 条")):
                    for claim in claims[SHOWN_REASONS:]:
                        elements.claim_line(claim)


def _contributions(found: Recommendation, knowledge: Knowledge) -> None:
    rows = charts.contribution_rows(found, knowledge)
    if not rows:
        return
    st.header(say("Where the points come from", "分数从何而来"))
    totals = " · ".join(
        f"{elements.plain(elements.name_of(key))} **{100 * value:.1f}**" for key, value in sorted(found.utility.items())
    )
    st.markdown(f"{say('Total of 100', '总分（满分 100）')}: {totals}")
    st.altair_chart(charts.contributions(found, knowledge), width="stretch", key="contributions")
    with st.expander(say("As a table, with exact sums", "以表格显示精确加总")):
        elements.table(_table(rows, found))


def _table(rows: list[dict[str, Any]], found: Recommendation) -> list[dict[str, Any]]:
    head, weight = say("Criterion", "准则"), say("Weight %", "权重 %")
    names = {key: elements.name_of(key) for key in sorted(found.utility)}
    table = [
        {head: row["name"], weight: round(100 * row["weight"], 2)}
        | {name: round(100 * row["contribution"].get(key, 0.0), 3) for key, name in names.items()}
        for row in rows
    ]
    total = {head: say("Total", "合计"), weight: round(100 * sum(row["weight"] for row in rows), 2)}
    return [*table, total | {name: round(100 * found.utility[key], 3) for key, name in names.items()}]


# ---------------------------------------------------------------- what would change it


def _flips(found: Recommendation, knowledge: Knowledge) -> None:
    st.header(say("What would change it", "什么会改变结论"))
    if not found.flips:
        st.write(
            say(
                "No change of one or two answers, no single claim and no plausible probe result would change it.",
                "改动一两个回答、任何一条论点或任何合理的探针结果都不会改变结论。",
            )
        )
        return
    for at, flip in enumerate(found.flips):
        if at == SHOWN_FLIPS:
            break
        _flip(flip, at)
    if len(found.flips) > SHOWN_FLIPS:
        with st.expander(say(f"{len(found.flips) - SHOWN_FLIPS} more", f"另有 {len(found.flips) - SHOWN_FLIPS} 项")):
            for at, flip in enumerate(found.flips[SHOWN_FLIPS:], start=SHOWN_FLIPS):
                _flip(flip, at)


def _flip(flip: Flip, at: int) -> None:
    left, right = st.columns([4, 1], vertical_alignment="center")
    outcome = elements.name_of(flip.recommended) if flip.recommended else say("no clear winner", "无明显优胜者")
    share = flip.acceptability.get(flip.recommended or "", 0.0)
    tail = f" ({percent(share)})" if flip.recommended else ""
    if flip.text is not None:
        left.markdown(elements.plain(words(flip.text) + tail))
    else:
        left.markdown(f"{_change_words(flip)} → **{elements.plain(outcome)}**{elements.plain(tail)}")
    if flip.kind == "answer":
        right.button(
            say("Try it", "试一试"), key=f"try-{at}", on_click=state.apply, args=(flip.change,), width="stretch"
        )
    elif flip.kind in MEASURED_ON:
        with right:
            if st.button(say("Measure", "去测量"), key=f"measure-{at}", width="stretch"):
                elements.go(MEASURED_ON[flip.kind])


def _worth_measuring(found: Recommendation) -> None:
    """Show the routes whose outcome could change something, with what measures them."""
    telling = [step for step in found.probe_plan if step.command and step.telling]
    if not telling:
        return
    st.subheader(say("Routes worth measuring", "值得实测的路线"))
    for step in telling[:SHOWN_STEPS]:
        if step.reason is not None:
            st.markdown(
                elements.plain(words(step.reason)) + " " + say(f"{step.seconds:.0f} s", f"{step.seconds:.0f} 秒")
            )
        st.code(step.command, language="bash", wrap_lines=True)
    elements.go_button("deployment", say("Measure routes", "实测路线"), icon=":material/rocket_launch:")


def _change_words(flip: Flip) -> str:
    known = state.knowledge().questions
    pieces = []
    for question, value in flip.change.items():
        text = words(known[question].text) if question in known else question
        if value is None:
            pieces.append(say(f"take back “{text}”", f"撤回“{text}”"))
            continue
        options = [value] if isinstance(value, str) else list(value)
        named = say(", ", "、").join(elements.option_name(question, str(option)) for option in options)
        pieces.append(say(f"“{text}” answered “{named}”", f"“{text}”改答“{named}”"))
    return elements.plain(say(" and ", "，且").join(pieces))


# ---------------------------------------------------------------- measured, and the method


def _reference(found: Recommendation) -> None:
    """Show what machines like this one say where nothing was measured here."""
    rows = reference_rows.reference_rows(found, language())
    if not rows:
        return
    st.header(reference_rows.HEADING[language()])
    for row in rows:
        with st.container(border=True):
            st.markdown(elements.plain(row.where))
            st.markdown("\n".join(f"- {elements.plain(finding)}" for finding in row.findings))
            st.caption(elements.plain(row.counts))


def _measured(found: Recommendation, knowledge: Knowledge) -> None:
    if not state.evidence():
        with st.container(border=True, key="measure-it"):
            left, right = st.columns([3, 1], vertical_alignment="center")
            left.markdown(
                say(
                    "**None of this was measured on your machine yet.** A few paired probes take about a minute.",
                    "**以上均未在你的机器上测量。** 几项成对探针约需一分钟。",
                )
            )
            with right:
                elements.go_button("evidence", say("Measure", "去测量"), icon=":material/speed:")
        return
    st.header(say("What your machine says", "你的机器怎么说"))
    if found.before:
        _before_after(found, found.before)
    from advisor.ui.components import verdicts

    verdicts.claim_verdicts(found, knowledge)


def _before_after(found: Recommendation, before: BeforeMeasuring) -> None:
    left, right = st.columns(2)
    for column, title, share in (
        (left, say("Before the measurements", "测量之前"), before.acceptability),
        (right, say("After", "测量之后"), found.acceptability),
    ):
        with column, st.container(border=True):
            st.caption(title)
            for key in sorted(found.acceptability):
                st.markdown(f"{elements.plain(elements.name_of(key))} **{percent(share.get(key, 0.0))}**")
    moved = [row.criterion for row in before.moved][:3]
    if moved:
        criteria = state.knowledge().criteria
        named = listed([words(criteria[key].name) for key in moved if key in criteria])
        st.caption(elements.plain(say(f"What moved it: {named}.", f"主要变化：{named}。")))


def _inside(found: Recommendation, knowledge: Knowledge) -> None:
    with st.expander(say("Method and audit", "方法与审计"), icon=":material/science:"):
        st.caption(
            say(
                f"Knowledge base {found.knowledge.version} ({found.knowledge.sha256[:12]}), random seed "
                f"{found.random_seed}, {knowledge.settings.draws} draws of weights and values.",
                f"知识库 {found.knowledge.version}（{found.knowledge.sha256[:12]}），随机种子 {found.random_seed}，"
                f"权重与取值共抽样 {knowledge.settings.draws} 次。",
            )
        )
        method_comparison.show(found)
        st.download_button(
            "recommendation.json",
            found.model_dump_json(by_alias=True, indent=1),
            "recommendation.json",
            "application/json",
            on_click="ignore",
            key="recommendation-json",
            icon=":material/download:",
        )
