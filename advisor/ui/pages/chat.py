"""The page of the conversation: say it in your own words, see what was understood, correct it, ask back.

What the user typed is shown letter by letter; only the advisor's own words are rendered.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import streamlit as st

from advisor import dialogue
from advisor.analysis.probe_value import pair_of
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.model.text import Text
from advisor.ui import state
from advisor.ui.components import elements, probe_picker, progress
from advisor.ui.conversation import Line, Talk
from advisor.ui.texts import language, say
from probes.catalog.loading import load_catalog

TITLE = Text(en="Talk it over", zh="聊一聊")
ICON = "chat"
ORDER = 20

LONGEST = 20_000
"""Characters taken at once; the reader copes with more, a chat line does not."""

BUDGET = 60.0
"""Seconds of measuring that "measure it" stands for."""

PAUSE = 0.012
"""Seconds between two words of a new answer: readable as it comes, never a wait."""

ICONS = {
    "said": ":material/close:",
    "excluded": ":material/block:",
    "implied": ":material/question_mark:",
}
FACTS = frozenset(ICONS)

FIRST = (
    ("We fine-tune language models on one node with four GPUs.", "我们在一台四卡服务器上微调大语言模型。"),
    ("A camera app that recognises plants, on the phone and offline.", "手机上离线识别植物的拍照应用。"),
    ("I am new to this and want to learn with small examples.", "我是新手，想从小例子学起。"),
)
"""Openers for whoever does not know how to begin."""


def page() -> None:
    """Show the page."""
    head, again = st.columns([4, 1], vertical_alignment="bottom")
    head.title(say("Talk it over", "聊一聊"))
    again.button(say("Restart", "重新开始"), icon=":material/restart_alt:", on_click=_begin, key="chat-restart")
    st.caption(
        say(
            "Describe the project in your own words, in English or Chinese. It is read on this machine, by rules and a "
            "small model; nothing is sent anywhere.",
            "请用自己的话描述项目，中英文均可。内容由规则和一个小模型在本机读取，不会发送到任何地方。",
        )
    )
    if state.talk() is None:
        _begin()
    _measured_meanwhile()
    _take_over()
    progress.message()
    log = list(_talk().log)
    # An answer in between does not take the choices of the open question away.
    choosing = max((at for at, line in enumerate(log) if _choices(line)), default=-1)
    for at, line in enumerate(log):
        _line(line, at, choosing=at == choosing)
    if len(log) == 1:
        _openers()
    _facts()
    typed = st.chat_input(
        say("Your project, or a question about the answer", "你的项目，或对结论的疑问"), max_chars=LONGEST
    )
    if typed:
        with st.chat_message("user", avatar=":material/person:"):
            st.markdown(elements.plain(typed))
        with st.spinner(say("Reading …", "正在阅读……")):
            _answer(typed)
        st.rerun()


# ---------------------------------------------------------------- the conversation


def _begin() -> None:
    begun, messages = dialogue.start(lang=language())
    state.begin_talk(Talk(begun, [Line(message=message) for message in messages], tuple(state.evidence()), Needs()))


def _talk() -> Talk:
    talk = state.talk()
    assert talk is not None
    return talk


def _answer(said: str | dialogue.Action) -> None:
    """Answer what the user typed or pressed; the reply is kept in the conversation."""
    if isinstance(said, dialogue.Action) and said.verb == "restart":
        _begin()
        return
    talk, needs, base, measured = _talk(), state.needs(), state.knowledge(), state.evidence()

    def judge(wanted: Needs) -> Recommendation:
        return state.recommendation_for(wanted, measured)

    with talk.lock:
        if needs != talk.needs and talk.state.assumed(base) == talk.needs:
            # Another page has changed the answers meanwhile: they hold.
            changed = {"needs": needs, "implied": {}, "conflicts": (), "asked": None}
            talk.state = talk.state.model_copy(update=changed)
        talk.log.append(Line(user=said if isinstance(said, str) else _pressed(said, talk)))
        talk.state, messages = dialogue.reply(talk.state, said, base, judge)
        talk.log.extend(Line(message=message, fresh=True) for message in messages)
        talk.measure = talk.measure or any(message.do == "measure" for message in messages)


def _take_over() -> None:
    """Set the answers of every page to those of the conversation, and start what was asked for."""
    talk = _talk()
    with talk.lock:
        assumed = talk.state.assumed(state.knowledge())
        if assumed != talk.needs:
            talk.needs = assumed
            state.put(assumed)
        state.keep_transcript({"who": turn.who, "text": turn.text} for turn in talk.state.transcript)
        wanted, talk.measure = talk.measure, False
    if wanted:
        _measure()


def _pressed(action: dialogue.Action, talk: Talk) -> str:
    chips = (chip for line in reversed(talk.log) for chip in line.chips)
    return next((chip.label for chip in chips if chip.action == action), action.verb)


def _measure() -> None:
    plan = state.recommendation().probe_plan
    if progress.current() is None:
        probes = [step.probe for step in plan] or probe_picker.cross_section(load_catalog(), BUDGET)
        progress.begin(probes, budget=BUDGET, frameworks=pair_of(plan))
        # The frame, drawn before, shows how far it is.
        st.rerun()


def _measured_meanwhile() -> None:
    """Add the result again once the measurement that was asked for here has ended."""
    talk, now = _talk(), tuple(state.evidence())
    if now == talk.evidence:
        return
    talk.evidence = now
    if now and len(talk.log) > 1:
        _answer(dialogue.Action(verb="result"))


# ---------------------------------------------------------------- how it looks


def _choices(line: Line) -> list[dialogue.Chip]:
    return [chip for chip in line.chips if chip.state not in FACTS]


def _line(line: Line, at: int, *, choosing: bool) -> None:
    message = line.message
    if message is None:
        with st.chat_message("user", avatar=":material/person:"):
            st.markdown(elements.plain(line.user))
        return
    with st.chat_message("assistant", avatar=":material/balance:"):
        if line.fresh:
            line.fresh = False
            st.write_stream(_words(message.text))
        else:
            st.markdown(message.text)
        _citations(message)
        if message.do is not None:
            _go_on(message.do, at)
        if choosing:
            _chips(_choices(line), at)


def _words(text: str) -> Iterator[str]:
    for word in text.split(" "):
        yield word + " "
        time.sleep(PAUSE)


def _citations(message: dialogue.Message) -> None:
    if not message.citations:
        return
    with st.expander(say(f"Sources ({len(message.citations)})", f"来源（{len(message.citations)}）")):
        for citation in message.citations:
            claim = state.knowledge().claims.get(citation.claim)
            st.markdown(f"**{elements.plain(citation.statement)}**")
            if claim:
                elements.sources(claim.sources)


def _go_on(do: str, at: int) -> None:
    page, label = {
        "measure": ("evidence", say("Watch the measurement", "查看测量进度")),
        "report": ("report", say("To the report", "前往报告")),
    }[do]
    if st.button(label, icon=":material/arrow_forward:", key=f"chat-door-{at}"):
        elements.go(page)


def _chips(chips: list[dialogue.Chip], at: int) -> None:
    if not chips:
        return
    with st.container(horizontal=True, gap="small", key=f"chips-{at}"):
        for number, chip in enumerate(chips):
            st.button(
                elements.plain(chip.label),
                key=f"chip-{at}-{number}",
                on_click=_answer,
                args=(chip.action,),
                type="secondary" if chip.state == "choice" else "tertiary",
            )


def _facts() -> None:
    """Show what was understood, each with its words, to be taken back by a click."""
    talk = _talk()
    chips = {
        (chip.action.question, chip.action.option): chip
        for line in talk.log
        for chip in line.chips
        if chip.state in FACTS
    }
    kept = [chip for chip in chips.values() if _holds(chip, talk.state)]
    if not kept:
        return
    with st.container(border=True, key="chat-facts"):
        st.caption(say("What I understood; a click takes it back", "我的理解；点击即可撤回"))
        with st.container(horizontal=True, gap="small"):
            for number, chip in enumerate(kept):
                quote = f"“{chip.quote}”" if chip.quote else say("follows from what you said", "由你的话推断")
                st.button(
                    elements.plain(chip.label),
                    key=f"fact-{number}",
                    icon=ICONS[chip.state],
                    help=elements.plain(quote),
                    on_click=_answer,
                    args=(chip.action,),
                )


def _holds(chip: dialogue.Chip, talk: dialogue.State) -> bool:
    question, option = chip.action.question or "", chip.action.option or ""
    if question == dialogue.TARGETS:
        return option in talk.needs.targets
    if chip.state == "excluded":
        return option in talk.needs.excluded.get(question, ())
    if chip.state == "implied":
        return option in talk.implied.get(question, ())
    return option in talk.needs.options(question)


def _openers() -> None:
    st.caption(say("For example", "例如"))
    for at, (english, chinese) in enumerate(FIRST):
        text = say(english, chinese)
        st.button(text, key=f"opener-{at}", on_click=_answer, args=(text,), width="stretch")
