"""The page of the conversation: say it in your own words, see what was understood, correct it, ask back.

What the user typed is shown letter by letter; only the advisor's own words are rendered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from advisor import dialogue
from advisor.analysis.probe_value import pair_of
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.ui import state
from advisor.ui.components import elements, probe_picker, progress
from advisor.ui.texts import language, say
from probes.catalog.loading import load_catalog

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
    if "talk" not in st.session_state:
        _begin()
    _measured_meanwhile()
    _take_over()
    progress.message()
    log = list(_talk().log)
    # An answer in between does not take the choices of the open question away.
    choosing = max((at for at, entry in enumerate(log) if _choices(entry)), default=-1)
    for at, entry in enumerate(log):
        _entry(entry, at, choosing=at == choosing)
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
            _say(typed)
        st.rerun()


# ---------------------------------------------------------------- the conversation


@dataclass
class Talk:
    """The conversation of a session.

    A line sent while the last one is still being answered starts a new run of the page beside the old one,
    whose session is then cut off: so what a reply changes stands here, under a lock, and the page takes it over.
    """

    said: dialogue.State
    log: list[dict[str, Any]]
    evidence: tuple[str, ...]
    needs: Needs
    lock: threading.Lock = field(default_factory=threading.Lock)
    measure: bool = False


def _begin() -> None:
    said, messages = dialogue.start(lang="zh" if language() == "zh" else "en")
    log: list[dict[str, Any]] = [{"message": message, "fresh": False} for message in messages]
    st.session_state.talk = Talk(said, log, tuple(state.evidence()), Needs())
    st.session_state.transcript = ()


def _talk() -> Talk:
    found: Talk = st.session_state.talk
    return found


def _say(said: str | dialogue.Action) -> None:
    """Hear the user out; what follows is kept in the conversation."""
    if isinstance(said, dialogue.Action) and said.verb == "restart":
        _begin()
        return
    talk, needs, base, measured = _talk(), state.needs(), state.knowledge(), state.evidence()

    def judge(wanted: Needs) -> Recommendation:
        return state.recommendation_for(wanted, measured)

    with talk.lock:
        if needs != talk.needs and talk.said.assumed(base) == talk.needs:
            # Another page has changed the answers meanwhile: they hold.
            changed = {"needs": needs, "implied": {}, "conflicts": (), "asked": None}
            talk.said = talk.said.model_copy(update=changed)
        talk.log.append({"user": said if isinstance(said, str) else _pressed(said, talk)})
        talk.said, messages = dialogue.reply(talk.said, said, base, judge)
        talk.log.extend({"message": message, "fresh": True} for message in messages)
        talk.measure = talk.measure or any(message.do == "measure" for message in messages)


def _take_over() -> None:
    """Let the answers of every page follow the conversation, and start what was asked for."""
    talk = _talk()
    with talk.lock:
        told = talk.said.assumed(state.knowledge())
        if told != talk.needs:
            talk.needs = told
            state.put(told)
        st.session_state.transcript = tuple({"who": turn.who, "text": turn.text} for turn in talk.said.transcript)
        wanted, talk.measure = talk.measure, False
    if wanted:
        _measure()


def _pressed(action: dialogue.Action, talk: Talk) -> str:
    for entry in reversed(talk.log):
        for chip in entry["message"].chips if "message" in entry else ():
            if chip.action == action:
                return str(chip.label)
    return action.verb


def _measure() -> None:
    plan = state.recommendation().probe_plan
    if progress.current() is None:
        probes = [step.probe for step in plan] or probe_picker.cross_section(load_catalog(), BUDGET)
        progress.begin(probes, budget=BUDGET, frameworks=pair_of(plan))
        # The frame, drawn before, shows how far it is.
        st.rerun()


def _measured_meanwhile() -> None:
    """Tell the result again once the measurement that was asked for here has ended."""
    talk, now = _talk(), tuple(state.evidence())
    if now == talk.evidence:
        return
    talk.evidence = now
    if now and len(talk.log) > 1:
        _say(dialogue.Action(verb="result"))


# ---------------------------------------------------------------- how it looks


def _choices(entry: dict[str, Any]) -> list[dialogue.Chip]:
    return [chip for chip in entry["message"].chips if chip.state not in FACTS] if "message" in entry else []


def _entry(entry: dict[str, Any], at: int, *, choosing: bool) -> None:
    if "user" in entry:
        with st.chat_message("user", avatar=":material/person:"):
            st.markdown(elements.plain(entry["user"]))
        return
    message: dialogue.Message = entry["message"]
    with st.chat_message("assistant", avatar=":material/balance:"):
        if entry["fresh"]:
            entry["fresh"] = False
            st.write_stream(_words(message.text))
        else:
            st.markdown(message.text)
        _citations(message)
        if message.do is not None:
            _door(message.do, at)
        if choosing:
            _chips(_choices(entry), at)


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


def _door(do: str, at: int) -> None:
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
                on_click=_say,
                args=(chip.action,),
                type="secondary" if chip.state == "choice" else "tertiary",
            )


def _facts() -> None:
    """Show what was understood, each with its words, to be taken back by a click."""
    chips: dict[str, dialogue.Chip] = {}
    for entry in _talk().log:
        for chip in entry["message"].chips if "message" in entry else ():
            if chip.state in FACTS:
                chips[f"{chip.action.question}.{chip.action.option}"] = chip
    said = _talk().said
    kept = [chip for chip in chips.values() if _holds(chip, said)]
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
                    on_click=_say,
                    args=(chip.action,),
                )


def _holds(chip: dialogue.Chip, said: dialogue.State) -> bool:
    question, option = chip.action.question or "", chip.action.option or ""
    if chip.state == "excluded":
        return option in said.needs.excluded.get(question, ())
    if chip.state == "implied":
        return option in said.implied.get(question, ())
    return option in said.needs.options(question)


def _openers() -> None:
    st.caption(say("For example", "例如"))
    for at, (english, chinese) in enumerate(FIRST):
        text = say(english, chinese)
        st.button(text, key=f"opener-{at}", on_click=_say, args=(text,), width="stretch")
