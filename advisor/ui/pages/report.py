"""The page of the report: see it, take it away in any form, keep it, open a kept one and check it again."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import streamlit as st

from advisor.decisions import store
from advisor.errors import InputError
from advisor.model.text import Text
from advisor.ui import state
from advisor.ui.components import elements
from advisor.ui.components.upload import upload
from advisor.ui.state import decision
from advisor.ui.texts import STRENGTH, language, say, words
from probes.system import json_reading

if TYPE_CHECKING:
    from advisor.decisions.document import Decision

TITLE = Text(en="Report", zh="报告")
ICON = "description"
ORDER = 50

SHOWN = 30
"""Kept decisions listed, the newest."""

PREVIEW_HEIGHT = 900
"""Pixels: about one printed page."""


def page() -> None:
    """Show the page."""
    st.title(say("The decision report", "决策报告"))
    st.write(
        say(
            "One document with the answer, its reasons and sources, the plan, the measurements and what would change "
            "it. It can be recomputed from itself.",
            "一份文档：结论、理由与来源、方案、实测数据以及变数，并可凭自身重新计算。",
        )
    )
    if state.anything_known():
        _present()
    else:
        st.info(
            say("Answer a question first; then there is something to report.", "请先回答问题，之后才有可报告的内容。")
        )
        elements.go_button("needs", say("Answer questions", "回答问题"), primary=True)
    _kept()


def _present() -> None:
    made = decision()
    _downloads(made)
    if st.button(say("Keep it on this machine", "保存在本机"), icon=":material/bookmark_add:", key="keep"):
        try:
            number = store.add_decision(made)
            st.success(say(f"Kept as decision {number}.", f"已保存为决策 {number}。"))
        except store.Unkept as unkept:
            st.warning(elements.plain(unkept.told(language())), icon=":material/bookmark_remove:")
        except InputError as error:
            elements.problems(error.problems)
    _preview(made)


def _downloads(made: Decision, key: str = "now") -> None:
    from advisor import report

    lang = language()
    st.caption(say("Download as", "下载为"))
    with st.container(horizontal=True, gap="small"):
        for suffix, form in report.formats().items():
            icon = f":material/{form.ICON}:"
            # So that the reason can be shown where it lacks a package or a font.
            if form.ON_DEMAND and not st.button(words(form.NAME), icon=icon, key=f"make-{key}-{suffix}"):
                continue
            try:
                content = form.render(made, lang)
            except InputError as error:
                elements.problems(error.problems)
                continue
            st.download_button(
                say("Download", "下载") + f" .{suffix}" if form.ON_DEMAND else words(form.NAME),
                data=content,
                file_name=f"decision.{suffix}",
                mime=form.MIME,
                icon=icon,
                on_click="ignore",
                key=f"download-{key}-{suffix}",
                type="primary" if suffix == "html" and key == "now" else "secondary",
            )


def _preview(made: Decision) -> None:
    from advisor import report

    st.header(say("Preview", "预览"))
    page = report.formats()["html"].render(made, language())
    # As a data address the report has an origin of its own and cannot reach into the app.
    st.iframe("data:text/html;charset=utf-8;base64," + b64encode(page).decode(), height=PREVIEW_HEIGHT)


# ---------------------------------------------------------------- kept ones


def _kept() -> None:
    st.header(say("Kept and received decisions", "已保存与收到的决策"))
    for row in elements.kept("decision", limit=SHOWN):
        left, right = st.columns([3, 1], vertical_alignment="center")
        strength = STRENGTH.get(row["strength"])
        label = f" {elements.badge(words(strength), 'gray')}" if strength else ""
        name = elements.plain(elements.name_of(row["recommended"]))
        left.markdown(
            f"**{row['id']}** · {elements.plain(row['made_on'])} · {name}{label}  \n"
            f":small[{elements.plain(_answers(row['answers']))}]"
        )
        if right.button(say("Open", "打开"), key=f"open-{row['id']}", width="stretch"):
            try:
                state.open_decision(store.decision_document(row["id"]))
            except InputError as error:
                elements.problems(error.problems)
    upload(say("Open a decision.json", "打开 decision.json"), _take, types=("json",), key="decision-file")
    opened = state.opened_decision()
    if opened is not None:
        _opened(opened)


def _take(content: bytes) -> None:
    state.open_decision(read_upload(content))


def _answers(answers: dict[str, Any]) -> str:
    said = []
    for question, value in answers.items():
        options = [value] if isinstance(value, str) else list(value)
        said += [elements.option_name(question, str(option)) for option in options]
    text = say(", ", "、").join(said)
    return text if len(text) < 140 else text[:139] + "…"


def read_upload(content: bytes) -> dict[str, Any]:
    """Read an uploaded decision document.

    Raises:
        InputError: no JSON or no valid decision; every problem at once.
    """
    from advisor.decisions.document import read_decision

    try:
        document: dict[str, Any] = json_reading.loads(content)
    except json_reading.Refused as error:
        raise InputError([say(f"not JSON: {error.why['en']}", f"不是 JSON：{error.why['zh']}")]) from error
    read_decision(document)
    return document


def _opened(document: dict[str, Any]) -> None:
    from advisor.decisions.document import read_decision

    with st.container(border=True, key="opened"):
        try:
            made = read_decision(document)
        except InputError as error:
            elements.problems(error.problems)
            return
        found = made.recommendation
        st.markdown(f"**{elements.plain(elements.headline(found))}** · {made.made_on.isoformat()}")
        st.caption(elements.plain(_answers(made.needs.get("answers", {}))))
        with st.container(horizontal=True, gap="small"):
            st.button(
                say("Continue from its answers", "沿用其回答"),
                icon=":material/edit:",
                key="reuse",
                on_click=_reuse,
                args=(made.needs,),
            )
            again = st.button(say("Does it still stand?", "是否仍然成立？"), icon=":material/update:", key="recheck")
            same = st.button(say("Recompute it", "重新计算"), icon=":material/calculate:", key="verify")
            if st.button(say("Close", "关闭"), icon=":material/close:", key="close"):
                state.close_decision()
                st.rerun()
        _downloads(made, key="opened")
        if again:
            _recheck(document)
        if same:
            _verify(document)


def _reuse(document: dict[str, Any]) -> None:
    from advisor.knowledge.needs_files import parse_needs

    state.put(parse_needs(document, state.knowledge()))


def _recheck(document: dict[str, Any]) -> None:
    result = state.context().recheck(document, state.knowledge())
    if result.stands:
        st.success(say("The decision still stands.", "结论仍然成立。"), icon=":material/verified:")
    else:
        st.warning(say("The decision no longer stands.", "结论不再成立。"), icon=":material/update:")
    elements.differences(result.changes, none=say("Nothing that matters has changed.", "没有影响结论的变化。"))


def _verify(document: dict[str, Any]) -> None:
    from advisor.decisions.verification import verify

    result = verify(document, state.knowledge(), probes=state.context().probes)
    if result.same:
        st.success(
            say("Recomputed from the report: the same result.", "根据报告重新计算：结果一致。"),
            icon=":material/verified:",
        )
    else:
        st.warning(say("The recomputed decision differs:", "重新计算的结果不同："), icon=":material/warning:")
    if result.why != "same":
        st.write(result.text.in_(language()))
    if result.edited:
        st.write(
            f"{say('Parts that are not as they were written: ', '与写成时不一致的部分：')}{', '.join(result.edited)}"
        )
    if result.differences:
        elements.differences(result.differences, none="")
