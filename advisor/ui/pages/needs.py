"""The page of questions: all of them, or guided to those that can still change the answer."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from advisor.errors import InputError
from advisor.knowledge.needs_files import read_needs
from advisor.model.knowledge import QUESTION_GROUPS, Question
from advisor.model.needs import Needs
from advisor.model.text import Text
from advisor.ui import state
from advisor.ui.components import elements, guided_questions
from advisor.ui.components.question import show_question
from advisor.ui.components.targets import show_targets
from advisor.ui.components.upload import upload
from advisor.ui.texts import GROUP, say, words

TITLE = Text(en="Your project", zh="你的项目")
ICON = "edit_note"
ORDER = 10

PRIORITY = {
    0: ("does not matter", "不重要"),
    1: ("matters", "有些重要"),
    2: ("matters much", "很重要"),
    3: ("decides", "起决定作用"),
}


def page() -> None:
    """Show the page."""
    st.title(say("Which framework suits your project?", "哪个框架适合你的项目？"))
    st.write(
        say(
            "Answer what you know. Every answer shows what it moves; the result is a plan with its reasons, "
            "its sources and what would change it.",
            "回答你知道的部分即可。每个回答都会说明它影响什么；结果是一份附有理由、来源及变数的方案。",
        )
    )
    way = st.segmented_control(
        say("How would you like to answer?", "希望如何作答？"),
        ["all", "guided"],
        format_func={"all": say("All questions", "全部问题"), "guided": say("Guide me", "引导我")}.__getitem__,
        default="all",
        required=True,
        key="way_choice",
        persist_state="session",
    )
    _start_from()
    elements.answer_strip()
    guided_questions.contradictions()
    if way == "guided":
        guided_questions.show()
    else:
        _all_questions()
    _priorities()
    _carry_over()


def _all_questions() -> None:
    by_group: dict[str | None, list[Question]] = {group: [] for group in QUESTION_GROUPS}
    for question in state.knowledge().questions.values():
        by_group.setdefault(question.group, []).append(question)
    for group, questions in by_group.items():
        if questions:
            st.header(words(QUESTION_GROUPS[group]) if group else say("More", "其他"))
        sharpened = [question for question in questions if question.sharpened_by is not None]
        for question in questions:
            show_question(question)
            if sharpened and question is sharpened[-1]:
                show_targets()


def _priorities() -> None:
    with st.expander(say("Advanced: say yourself what matters", "进阶：自行指定什么重要"), icon=":material/tune:"):
        st.caption(
            say(
                "The answers already give each criterion its weight. What you set here is added to it.",
                "各回答已赋予每项准则权重，此处的设定会叠加其上。",
            )
        )
        criteria = state.knowledge().criteria
        groups = {one.group: words(GROUP[one.group]) if one.group in GROUP else one.group for one in criteria.values()}
        group = st.selectbox(
            say("Group", "类别"),
            list(groups),
            format_func=groups.__getitem__,
            persist_state="session",
            key="priority-group",
        )
        for criterion in criteria.values():
            if criterion.group == group:
                _priority(criterion.id)


def _priority(criterion: str) -> None:
    key = f"p-{criterion}"
    old = state.needs().priorities
    stated = old.get(criterion)
    state.show_in_widget(key, None if stated is None else min(3, round(stated)))

    def changed() -> None:
        rest = {name: value for name, value in old.items() if name != criterion}
        level = state.widget(key)
        priorities = rest if level is None else {**rest, criterion: float(level)}
        state.put(state.needs().model_copy(update={"priorities": priorities}))

    found = state.knowledge().criteria[criterion]
    ends = f"{say('Worst', '最差')}: {words(found.zero)} {say('Best', '最好')}: {words(found.one)}"
    st.pills(
        words(found.name),
        list(PRIORITY),
        format_func={level: say(*both) for level, both in PRIORITY.items()}.__getitem__,
        key=key,
        on_change=changed,
        help=elements.plain(f"{words(found.question)} {ends}"),
    )


# ---------------------------------------------------------------- files


def _start_from() -> None:
    from advisor.knowledge.loading import knowledge_folder

    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        with st.popover(say("Start from an example", "从示例开始"), icon=":material/lightbulb:"):
            for path in sorted((knowledge_folder() / "examples").glob("*.yaml")):
                label = path.stem.replace("-", " ").capitalize()
                st.button(label, key=f"example-{path.stem}", on_click=_open_example, args=(str(path),), width="stretch")
        st.button(
            say("Undo", "撤销"), icon=":material/undo:", on_click=state.undo, disabled=not state.can_undo(), key="undo"
        )
        st.button(
            say("Start over", "重新开始"),
            icon=":material/restart_alt:",
            on_click=state.put,
            args=(Needs(),),
            key="reset",
            disabled=state.needs() == Needs(),
        )


def _open_example(path: str) -> None:
    state.put(read_needs(path, state.knowledge()))
    state.ask_again()


def _carry_over() -> None:
    import yaml

    with st.expander(say("Take the answers with you", "带走这些回答"), icon=":material/save:"):
        st.caption(
            say(
                "The address of this page holds the answers: copy it, and the link restores them.",
                "本页地址已包含全部回答：复制地址即可在别处恢复。",
            )
        )
        st.code(state.link(), language=None, wrap_lines=True)
        text = yaml.safe_dump(state.needs().document(), allow_unicode=True, sort_keys=False)
        st.download_button(
            say("Download needs.yaml", "下载 needs.yaml"),
            text,
            "needs.yaml",
            "application/yaml",
            icon=":material/download:",
            on_click="ignore",
            key="needs-download",
        )
        upload(say("Or open a needs file", "或打开需求文件"), _take, types=("yaml", "yml", "json"), key="needs-file")


def _take(content: bytes) -> None:
    state.put(read_upload(content))


def read_upload(content: bytes) -> Needs:
    """Read an uploaded needs file.

    Raises:
        InputError: no text, no YAML or JSON, or no valid needs; every problem at once.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "needs.yaml"
        path.write_bytes(content)
        try:
            return read_needs(path, state.knowledge())
        except InputError as error:
            raise InputError([problem.replace(f"{path}", path.name) for problem in error.problems]) from None
