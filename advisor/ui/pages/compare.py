"""The page that lays two decisions side by side."""

from __future__ import annotations

from typing import Any

import streamlit as st

from advisor.decisions import store
from advisor.errors import InputError
from advisor.model.formatting import percent
from advisor.model.text import Text
from advisor.ui import state
from advisor.ui.components import elements
from advisor.ui.state import decision
from advisor.ui.texts import STRENGTH, say, words

TITLE = Text(en="Compare", zh="对比")
ICON = "compare_arrows"
ORDER = 60

SHOWN = 200
"""Kept decisions to choose from, the newest."""

NOW = 0
"""Stands for the decision of the present answers; numbers in the store begin at 1."""


def page() -> None:
    """Show the page."""
    st.title(say("Two decisions side by side", "两份决策对照"))
    st.write(
        say(
            "Keep a decision, change the answers or measure, and see here what moved.",
            "先保存一份决策，再更改回答或进行测量，在此查看变化。",
        )
    )
    try:
        listed = store.listing("decision", limit=SHOWN)
    except InputError as error:
        elements.problems(error.problems)
        return
    rows = {row["id"]: row for row in listed.rows}
    elements.not_kept()
    elements.damaged("decision", listed)
    present = state.anything_known()
    choices = [NOW, *rows] if present else list(rows)
    if len(choices) < 2:
        st.info(
            say(
                "There are not two yet: keep one on the report page, then change something.",
                "尚不足两份：请在报告页保存一份，然后做些更改。",
            )
        )
        elements.go_button("report", say("To the report", "前往报告"), primary=True)
        return

    def label(number: int) -> str:
        if number == NOW:
            return say("The present answers", "当前回答")
        row = rows[number]
        return f"{number} · {row['made_on']} · {elements.name_of(row['recommended'])}"

    names = {number: label(number) for number in choices}
    left, right = st.columns(2)
    first = left.selectbox(say("First", "第一份"), choices, index=1, format_func=names.__getitem__, key="compare-first")
    second = right.selectbox(
        say("Second", "第二份"), choices, index=0, format_func=names.__getitem__, key="compare-second"
    )
    try:
        one, two = _document(first), _document(second)
    except InputError as error:
        elements.problems(error.problems)
        return
    for column, document in ((left, one), (right, two)):
        with column:
            _summary(document)
    from advisor.decisions.diff import compare_decisions

    st.header(say("What differs", "差异"))
    result = compare_decisions(one, two)
    elements.differences(result.differences, none=say("Nothing differs.", "没有差异。"))


def _document(number: int) -> dict[str, Any]:
    return decision().document() if number == NOW else store.decision_document(number)


def _summary(document: dict[str, Any]) -> None:
    found = document["recommendation"]
    with st.container(border=True):
        strength = STRENGTH.get(found["strength"])
        st.markdown(
            f"**{elements.plain(elements.name_of(found['recommended']))}** "
            + (elements.badge(words(strength), "primary") if strength else "")
        )
        for key, share in sorted(found["acceptability"].items()):
            st.markdown(f"{elements.plain(elements.name_of(key))} {percent(share)}")
