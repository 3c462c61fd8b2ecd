"""The page of the knowledge base: search it, see what changed, see how balanced it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import streamlit as st

from advisor.curation.coverage import balance, cover
from advisor.dialogue.retrieval import matching
from advisor.model.formatting import percent
from advisor.model.knowledge import Claim, Knowledge, Tool
from advisor.model.text import Text
from advisor.ui import state
from advisor.ui.components import elements
from advisor.ui.texts import GRADE, GROUP, TOOL_STATUS, TRUTH, language, say, section, words

TITLE = Text(en="Knowledge", zh="知识库")
ICON = "menu_book"
ORDER = 70

CLAIMS_A_PAGE, TOOLS_A_PAGE = 12, 30

Entry = TypeVar("Entry", Claim, Tool)


def page() -> None:
    """Show the page."""
    base = state.knowledge()
    st.title(say("What we know, and where from", "我们知道什么，依据何在"))
    vouched = percent(balance(base).vouched)
    st.write(
        say(
            f"{len(base.claims)} claims from {len(base.sources)} dated sources; {vouched} of them rest on a primary "
            "source or on one that no framework's maker publishes.",
            f"共 {len(base.claims)} 条论点，来自 {len(base.sources)} 个注明日期的来源；其中 {vouched} 有一手来源"
            "或独立于框架厂商的来源。",
        )
    )
    parts_of = {
        say("Claims", "论点"): _claims,
        say("What changed", "变化"): _changed,
        say("Tools", "工具"): _tools,
        say("Balance", "均衡性"): _balance,
    }
    # Drawing all four at once took a browser more than twice as long as the one that is looked at.
    for tab, draw in zip(_tabs(list(parts_of)), parts_of.values(), strict=True):
        if tab.open:
            with tab:
                draw(base)


def _tabs(labels: list[str]) -> list[Any]:
    """Return tabs of which one is open; that one and what was typed in each stay, also when the language changes."""
    state.keep_widgets("knowledge-", "tool-")
    key = f"tabs-{language()}"
    if state.widget(key) is None:
        state.show_in_widget(key, labels[state.knowledge_tab()])
    tabs = st.tabs(labels, key=key, on_change="rerun")
    state.open_knowledge_tab([bool(tab.open) for tab in tabs].index(True))
    return list(tabs)


# ---------------------------------------------------------------- claims


def _claims(base: Knowledge) -> None:
    query = st.text_input(
        say("Search", "搜索"),
        key="knowledge-query",
        placeholder=say("e.g. mobile, TorchScript, 显存", "例如：移动端、TorchScript"),
        max_chars=200,
        icon=":material/search:",
    )
    groups = {group: words(GROUP[group]) if group in GROUP else group for group in _groups(base)}
    group = st.pills(
        say("Subject", "主题"),
        list(groups),
        selection_mode="multi",
        key="knowledge-group",
        format_func=groups.__getitem__,
    )
    with st.expander(say("Filters", "筛选"), icon=":material/filter_list:"):
        left, right = st.columns(2)
        criterion = left.multiselect(
            say("Criterion", "准则"),
            list(base.criteria),
            key="knowledge-criterion",
            placeholder=say("all", "全部"),
            format_func={key: words(one.name) for key, one in base.criteria.items()}.__getitem__,
        )
        truth = right.multiselect(
            say("Holds today?", "至今成立？"),
            list(TRUTH),
            key="knowledge-truth",
            placeholder=say("all", "全部"),
            format_func={key: words(text) for key, (text, _) in TRUTH.items()}.__getitem__,
        )
        grade = left.multiselect(
            say("Strength of evidence", "证据强度"),
            list(GRADE),
            key="knowledge-grade",
            placeholder=say("all", "全部"),
            format_func={key: words(text) for key, text in GRADE.items()}.__getitem__,
        )
        framework = right.multiselect(
            say("About", "涉及框架"),
            list(base.frameworks),
            key="knowledge-framework",
            placeholder=say("all", "全部"),
            format_func={key: words(one.name) for key, one in base.frameworks.items()}.__getitem__,
        )
        origin = left.multiselect(
            say("Origin", "出处"),
            ["source", "ours"],
            key="knowledge-origin",
            placeholder=say("all", "全部"),
            format_func={
                "source": say("the source document", "源文档"),
                "ours": say("added by us", "我们补充"),
            }.__getitem__,
        )
        source = right.multiselect(
            say("Source", "来源"),
            sorted(base.sources),
            key="knowledge-source",
            placeholder=say("all", "全部"),
            format_func={key: f"{one.title} ({key})" for key, one in base.sources.items()}.__getitem__,
        )
    found = [
        claim
        for claim in map(base.claims.__getitem__, matching(query, base))
        if (not group or base.criteria[claim.criterion].group in group)
        and (not criterion or claim.criterion in criterion)
        and (not truth or claim.truth in truth)
        and (not grade or claim.grade in grade)
        and (not framework or set(framework) & set(claim.value))
        and (not origin or claim.origin in origin)
        and (not source or set(source) & set(claim.sources))
    ]
    st.caption(say(f"{len(found)} claims", f"{len(found)} 条论点"))
    if not found:
        st.info(say("Nothing fits. Take a filter away.", "没有符合条件的内容，请放宽筛选。"))
        return
    _listed(_ordered(found, base), base)


def _groups(base: Knowledge) -> list[str]:
    """Return the groups of criteria, in the criteria's own order."""
    return list(dict.fromkeys(criterion.group for criterion in base.criteria.values()))


def _ordered(found: list[Claim], base: Knowledge) -> list[Claim]:
    """Return claims by subject, and in a subject those that weigh before those kept for the record."""
    place = {criterion: at for at, criterion in enumerate(base.criteria)}
    return sorted(found, key=lambda claim: (place[claim.criterion], list(TRUTH).index(claim.truth), claim.id))


def _listed(found: list[Claim], base: Knowledge) -> None:
    subject = ""
    for claim in _paged(found, "knowledge-page", CLAIMS_A_PAGE):
        if claim.criterion != subject:
            subject = claim.criterion
            st.markdown(f"##### {elements.plain(words(base.criteria[subject].name))}")
        truth, color = TRUTH[claim.truth]
        mark = "" if claim.truth == "current" else f" {elements.badge(words(truth), color)}"
        with st.expander(f"{elements.plain(words(claim.statement))}{mark}"):
            elements.claim_card(claim)


def _paged(found: list[Entry], key: str, size: int) -> Iterator[Entry]:
    """Yield the entries of the page chosen under ``key``, the last one where there are fewer; then show the choice."""
    pages = max(1, -(-len(found) // size))
    at = min(state.widget(key) or 1, pages)
    state.show_in_widget(key, at)
    yield from found[(at - 1) * size : at * size]
    if pages > 1:
        st.number_input(say(f"Page of {pages}", f"第几页（共 {pages} 页）"), 1, pages, key=key, width=160)


# ---------------------------------------------------------------- what changed


def _changed(base: Knowledge) -> None:
    said = [claim for claim in base.claims.values() if claim.origin == "source"]
    moved = [claim for claim in said if claim.truth != "current"]
    st.write(
        say(
            f"The document this project started from makes {len(said)} claims. {len(said) - len(moved)} still hold; "
            f"these {len(moved)} do not, or only in part.",
            f"本项目起点文档共有 {len(said)} 条论点：{len(said) - len(moved)} 条至今成立，"
            f"以下 {len(moved)} 条不再成立或只部分成立。",
        )
    )
    for chapter in sorted({claim.section or "" for claim in moved}):
        if chapter:
            st.markdown(f"##### {elements.plain(section(chapter))}")
        for claim in moved:
            if (claim.section or "") != chapter:
                continue
            with st.container(border=True):
                truth, color = TRUTH[claim.truth]
                st.markdown(
                    f"{elements.badge(words(truth), color)} ~~{elements.plain(words(claim.statement))}~~"
                    if claim.truth in ("wrong", "outdated")
                    else f"{elements.badge(words(truth), color)} {elements.plain(words(claim.statement))}"
                )
                st.markdown(elements.plain(words(claim.finding)))
                successor = base.claims.get(claim.superseded_by or "")
                if successor:
                    st.caption(f"{say('What holds instead', '取而代之')}: {elements.plain(words(successor.statement))}")


# ---------------------------------------------------------------- tools


def _tools(base: Knowledge) -> None:
    query = st.text_input(say("Find a tool", "查找工具"), key="tool-query", max_chars=100, icon=":material/search:")
    status = st.pills(
        say("Status", "状态"),
        list(TOOL_STATUS),
        selection_mode="multi",
        key="tool-status",
        format_func={key: words(text) for key, (text, _) in TOOL_STATUS.items()}.__getitem__,
    )
    found = [
        tool
        for tool in base.tools.values()
        if (not status or tool.status in status)
        and query.casefold() in f"{tool.id} {tool.name} {tool.what.en} {tool.what.zh}".casefold()
    ]
    st.caption(say(f"{len(found)} tools", f"{len(found)} 个工具"))
    for tool in _paged(sorted(found, key=lambda one: one.name.casefold()), "tool-page", TOOLS_A_PAGE):
        _tool(tool, base)


def _tool(tool: Tool, base: Knowledge) -> None:
    label, color = TOOL_STATUS[tool.status]
    with st.expander(f"{elements.plain(tool.name)} {elements.badge(words(label), color)}"):
        st.markdown(elements.plain(words(tool.what)))
        facts = [
            f"{say('Belongs to', '所属')}: "
            + (say("neutral", "中立") if tool.framework == "neutral" else elements.name_of(tool.framework))
        ]
        if tool.latest_version or tool.latest_date:
            when = f", {tool.latest_date.isoformat()}" if tool.latest_date else ""
            facts.append(f"{say('Latest release', '最新版本')}: {elements.plain(tool.latest_version or '')}{when}")
        if tool.successor:
            name = base.tools[tool.successor].name if tool.successor in base.tools else tool.successor
            facts.append(f"{say('Use instead', '替代')}: {elements.plain(name)}")
        if tool.note:
            facts.append(elements.plain(words(tool.note)))
        st.caption("  \n".join(facts))
        if tool.install:
            st.code(tool.install, language="bash", wrap_lines=True)
        elements.sources(tool.sources)


# ---------------------------------------------------------------- balance


def _balance(base: Knowledge) -> None:
    st.write(
        say(
            "How many claims stand behind each criterion, whom they favour, and how many rest on sources independent "
            "of the maker.",
            "每项准则有多少论点、分别有利于谁，以及其中多少有独立来源。",
        )
    )
    by_group: dict[str, list[dict[str, object]]] = {}
    for found in cover(base):
        criterion = base.criteria[found.criterion]
        by_group.setdefault(criterion.group, []).append(
            {
                say("Criterion", "准则"): words(criterion.name),
                say("Claims", "论点"): found.claims,
                **{elements.name_of(key): count for key, count in found.favouring.items()},
                say("Independent", "独立"): found.independent,
                say("Testable", "可测"): found.testable,
            }
        )
    for group, rows in by_group.items():
        st.markdown(f"##### {elements.plain(words(GROUP[group]) if group in GROUP else group)}")
        elements.table(rows)
