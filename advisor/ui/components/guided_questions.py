"""Guided answering: only the questions that can still change the answer, each with the reason for asking."""

from __future__ import annotations

import streamlit as st

from advisor.model.knowledge import Choice, Question
from advisor.model.recommendation import NextQuestion
from advisor.ui import state
from advisor.ui.components import elements
from advisor.ui.components.targets import show_targets
from advisor.ui.query_params import alone
from advisor.ui.texts import language, say, words
from probes.statistics import targets


def show() -> None:
    """Show the next question, or say that none can change the answer any more."""
    found = state.recommendation()
    open_ = [step for step in found.next_questions if step.question not in state.skipped()]
    _progress(len(found.next_questions))
    if found.settled:
        _settled()
    elif open_:
        _ask(open_[0])
    else:
        st.info(
            say(
                "Every question that could still change the answer has been skipped. The answer stands as it is; "
                "its strength says how much is left open.",
                "所有仍可能改变结论的问题都已跳过。结论维持现状，其强度说明尚有多少不确定。",
            ),
            icon=":material/done:",
        )
        st.button(say("Ask me again", "重新提问"), on_click=state.ask_again, key="guided-again")
    show_targets()
    _given()


def _progress(left: int) -> None:
    total = len(state.knowledge().questions)
    given = len(state.needs().answers)
    st.caption(
        say(
            f"{given} of {total} questions answered; {left} more could still change the answer.",
            f"共 {total} 个问题，已回答 {given} 个；还有 {left} 个可能改变结论。",
        )
    )


def _ask(step: NextQuestion) -> None:
    question = state.knowledge().questions[step.question]
    with st.container(border=True, key="guided-question"):
        st.subheader(words(question.text))
        st.markdown(f"**{say('Why I ask', '为什么问')}:** {_why(step, question)}")
        st.caption(elements.plain(words(question.help)))
        if question.kind == "one":
            _one(question)
        else:
            _many(question)


def _why(step: NextQuestion, question: Question) -> str:
    return elements.plain(words(step.why or question.why))


def _one(question: Question) -> None:
    for choice in _open(question):
        st.button(
            words(choice.name),
            key=f"guided-{question.id}-{choice.id}",
            on_click=state.answer,
            args=(question.id, (choice.id,)),
            help=elements.plain(words(choice.help)) if choice.help else None,
            width="stretch",
        )
    _skip(question)


def _many(question: Question) -> None:
    key = f"guided-many-{question.id}"
    picked = st.pills(
        say("Choose all that apply", "可多选"),
        [choice.id for choice in _open(question)],
        format_func={choice.id: words(choice.name) for choice in question.options}.__getitem__,
        selection_mode="multi",
        key=key,
    )
    st.button(
        say("Continue", "继续"),
        key=f"guided-{question.id}-continue",
        type="primary",
        disabled=not picked,
        on_click=state.answer,
        args=(question.id, alone(picked or ())),
    )
    _skip(question)


def _open(question: Question) -> list[Choice]:
    """Return the options that have not been ruled out."""
    out = state.needs().excluded.get(question.id, ())
    return [choice for choice in question.options if choice.id not in out]


def _skip(question: Question) -> None:
    st.button(
        say("I don't know", "不知道，跳过"),
        key=f"guided-{question.id}-skip",
        type="tertiary",
        icon=":material/skip_next:",
        on_click=state.skip,
        args=(question.id,),
    )


def _settled() -> None:
    st.success(
        say(
            "No remaining answer can change this: every way of answering the open questions was checked "
            "and leaves the same recommendation.",
            "其余任何回答都无法改变结论：未答问题的所有可能组合都已核对，建议不变。",
        ),
        icon=":material/verified:",
    )
    elements.go_button("recommendation", say("Show the recommendation", "查看建议"), primary=True)


def _given() -> None:
    needs = state.needs()
    if not needs.answers and not needs.targets:
        return
    st.markdown(f"**{say('What you have said', '你已说明的内容')}**")
    questions = state.knowledge().questions
    with st.container(horizontal=True, gap="small"):
        for name in needs.answers:
            options = say(", ", "、").join(elements.option_name(name, option) for option in needs.options(name))
            st.button(
                f"{options}",
                key=f"guided-back-{name}",
                icon=":material/close:",
                help=elements.plain(words(questions[name].text)) if name in questions else None,
                on_click=state.answer,
                args=(name, ()),
            )
        for name, value in needs.targets.items():
            st.button(
                elements.plain(targets.text({name: value}, language())),
                key=f"guided-back-target-{name}",
                icon=":material/close:",
                help=say("Target in numbers", "用数字给出的目标"),
                on_click=state.aim,
                args=(name, None),
            )


def contradictions() -> None:
    """Show answers that do not fit together; both are kept, the reader decides."""
    needs = state.needs()
    for at, (question, options) in enumerate(needs.contradictions().items()):
        named = say(", ", "、").join(elements.option_name(question, option) for option in options)
        text = words(state.knowledge().questions[question].text)
        with st.container(border=True, key=f"contradiction-{at}"):
            st.markdown(
                elements.plain(
                    say(
                        f"{named}: both wanted and ruled out under “{text}”. Which holds?",
                        f"“{text}”中的 {named} 既被选中又被排除，以哪个为准？",
                    )
                )
            )
            with st.container(horizontal=True):
                rest = tuple(option for option in needs.options(question) if option not in options)
                st.button(
                    say("Wanted", "选中"),
                    key=f"wanted-{at}",
                    on_click=state.answer,
                    args=(question, needs.options(question)),
                )
                st.button(say("Ruled out", "排除"), key=f"unwanted-{at}", on_click=state.answer, args=(question, rest))
