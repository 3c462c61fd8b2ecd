"""The same inputs through other decision methods, as a diagnostic that decides nothing."""

from __future__ import annotations

import streamlit as st

from advisor.errors import InputError
from advisor.model.recommendation import Recommendation
from advisor.ui.components import elements
from advisor.ui.texts import say, words


def show(found: Recommendation) -> None:
    """Show on demand what other methods would rank first, and why they do not decide."""
    if not st.toggle(say("What other methods would say", "其他方法会怎么说"), key="audit", persist_state="session"):
        return
    from advisor.analysis.method_comparison import WHY_NOT, compare_methods

    try:
        result = compare_methods(found)
    except InputError as error:
        st.caption("  \n".join(elements.plain(problem) for problem in error.problems))
        return
    agreed, turned = say("Same first choice", "首选相同"), say("Rank reversal", "排序逆转")
    yes, no = say("yes", "是"), say("no", "否")
    elements.table(
        [
            {
                say("Method", "方法"): one.method,
                say("Its order", "其排序"): " > ".join(elements.name_of(key) for key in one.order()),
                agreed: yes if one.agrees else no,
                turned: yes if one.turned_by_irrelevant else no,
            }
            for one in result.methods
        ],
    )
    st.caption(elements.plain(words(WHY_NOT)))
