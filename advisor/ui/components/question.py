"""One question: its options, what each moves, and what may be ruled out."""

from __future__ import annotations

import streamlit as st

from advisor.model.knowledge import Choice, Question
from advisor.ui import state
from advisor.ui.components import elements
from advisor.ui.components.targets import counted, counts_as, reason
from advisor.ui.query_params import alone
from advisor.ui.texts import say, words


def show_question(question: Question, *, with_effects: bool = True) -> None:
    """Show one question with its options, what each moves, and what may be ruled out."""
    key = f"q-{question.id}"
    number = counted(question)
    chosen = state.needs().options(question.id) if number is None else (number,)
    many = question.kind == "many"
    state.show_in_widget(key, list(chosen) if many else (chosen[0] if chosen else None))

    def changed() -> None:
        picked = state.widget(key)
        options = tuple(picked) if isinstance(picked, (list, tuple)) else (picked,) if picked else ()
        newest = [option for option in options if option not in chosen]
        options = ("none",) if "none" in newest and many else alone(options) if many else options
        state.answer(question.id, options)

    with st.container(gap="xsmall", key=f"question-{question.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{elements.plain(words(question.text))}**", width="stretch")
            if with_effects:
                with st.popover(say("Effect", "作用"), type="tertiary", icon=":material/info:"):
                    _effects(question)
                if many:
                    with st.popover(_ruled_out_label(question), type="tertiary", icon=":material/block:"):
                        _rule_out(question)
        st.pills(
            words(question.text),
            [choice.id for choice in question.options],
            format_func={choice.id: words(choice.name) for choice in question.options}.__getitem__,
            selection_mode="multi" if many else "single",
            key=key,
            on_change=changed,
            label_visibility="collapsed",
        )
        does = _what_it_does(question, chosen) if with_effects else elements.plain(words(question.help))
        st.caption(elements.plain(counts_as(question)) + does)
    if with_effects:
        st.space("small")


def _what_it_does(question: Question, chosen: tuple[str, ...]) -> str:
    if not chosen:
        return elements.plain(words(question.help))
    picked = [choice for choice in question.options if choice.id in chosen]
    moved = _moved(picked)
    if not moved:
        return say("Moves nothing by itself.", "本身不改变权重。")
    return say("Gives weight to: ", "增加权重：") + elements.plain(moved)


def _moved(picked: list[Choice]) -> str:
    total: dict[str, float] = {}
    for choice in picked:
        for criterion, emphasis in choice.emphasis.items():
            total[criterion] = total.get(criterion, 0.0) + emphasis
    criteria = state.knowledge().criteria
    ordered = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    return say(", ", "、").join(
        words(criteria[name].name) + (" " + "+" * min(3, round(weight)) if weight >= 1 else "")
        for name, weight in ordered
        if name in criteria and weight > 0
    )


def _effects(question: Question) -> None:
    st.markdown(elements.plain(words(question.why)))
    for choice in question.options:
        moved = _moved([choice]) or say("nothing by itself", "本身无影响")
        help_ = f" {elements.plain(words(choice.help))}" if choice.help else ""
        st.markdown(
            f"**{elements.plain(words(choice.name))}**{help_}  \n"
            f":small[{say('weighs', '加权')}: {elements.plain(moved)}]"
        )
    if reason(question):
        st.caption(f"{say('Targets in numbers', '用数字给出的目标')}: {elements.plain(reason(question))}")
    if question.requires:
        st.caption(
            say(
                "A framework without a working way to what you choose here is ruled out.",
                "对你在此选择的目标没有可行途径的框架会被排除。",
            )
        )


def _ruled_out_label(question: Question) -> str:
    out = state.needs().excluded.get(question.id, ())
    if not out:
        return say("Rule out", "排除")
    return say("Ruled out", "已排除") + f" ({len(out)})"


def _rule_out(question: Question) -> None:
    key = f"x-{question.id}"
    state.show_in_widget(key, list(state.needs().excluded.get(question.id, ())))

    def changed() -> None:
        state.rule_out(question.id, tuple(state.widget(key)))

    st.pills(
        say("What is out of the question?", "哪些绝不考虑？"),
        [choice.id for choice in question.options if choice.id != "none"],
        format_func={choice.id: words(choice.name) for choice in question.options}.__getitem__,
        selection_mode="multi",
        key=key,
        on_change=changed,
    )
