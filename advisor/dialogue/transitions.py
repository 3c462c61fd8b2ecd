"""The transitions: what is said or pressed, in this state, leads to that state and those messages. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from advisor import reading
from advisor.dialogue import facts, messages
from advisor.dialogue.intents import about, command, greeting, intent
from advisor.dialogue.retrieval import cite, search
from advisor.dialogue.texts import say
from advisor.dialogue.types import Action, Lang, Message, State, Turn
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.reading import Understanding

Judge = Callable[[Needs], Recommendation]
Said = tuple[State, list[Message]]

_WITH_FACTS = frozenset({"why", "why-not", "what-if", "flips", "sources"})
"""Requests that may name things without telling anything about the project."""
_END = r"[\s.!。！]*$"
_SKIP = re.compile(
    r"^(?:skip|next|don't know|i don't know|no idea|not sure|whatever|doesn't matter"
    r"|跳过|下一个|不知道|不清楚|随便|都行|无所谓|不确定)" + _END
)
_NEW = re.compile(
    r"^(?:yes|yep|y|the new|new one|change it|the second|replace"
    r"|是的?|对|新的|改成新的|后者|以新的为准)" + _END
)
_OLD = re.compile(r"^(?:no|nope|n|the old|old one|keep|stay|the first|不是?|旧的|原来的|前者|保持|不改)" + _END)
_PLAIN = 30
"""Characters up to which "how do you know?" asks about the recommendation, not about something it names."""
_KEEP_TURNS = 400
"""Turns of the transcript that are kept; nobody reads more of them in a report."""


@dataclass(frozen=True)
class _Talk:
    """What every transition needs."""

    knowledge: Knowledge
    judge: Judge
    reader: reading.Reader


def start(*, lang: Lang = "en") -> Said:
    """Begin a conversation."""
    return _told(State(lang=lang), [Message(kind="greeting", text=say("hello", lang))])


def reply(
    state: State, said: str | Action, knowledge: Knowledge, judge: Judge, *, reader: reading.Reader | None = None
) -> Said:
    """Answer a line of text or a pressed chip.

    Args:
        state: as the last call returned it.
        said: what the user typed, or the action of the chip that was pressed.
        judge: needs to recommendation, with date, evidence and versions bound by the caller.
        reader: the loaded lexicon and model; by default those that come with the program.
    """
    talk = _Talk(knowledge, judge, reader or reading.load_model())
    if isinstance(said, Action):
        return _told(*_do(said, state, talk))
    state = state.model_copy(update={"transcript": (*state.transcript, Turn(who="user", text=said))[-_KEEP_TURNS:]})
    return _told(*_hear(said, state, talk))


def _told(state: State, replies: list[Message]) -> Said:
    turns = tuple(Turn(who="advisor", text=message.text) for message in replies)
    return state.model_copy(update={"transcript": (*state.transcript, *turns)[-_KEEP_TURNS:]}), replies


def _hear(text: str, state: State, talk: _Talk) -> Said:
    understanding = reading.read(text, talk.knowledge, reader=talk.reader)
    line = talk.reader.normalise(text).text.strip()
    if understanding.language in {"zh", "mixed"}:
        state = state.model_copy(update={"lang": "zh"})
    elif understanding.language == "en":
        state = state.model_copy(update={"lang": "en"})
    if greeting(line):
        return state, [Message(kind="greeting", text=say("hello", state.lang))]
    if state.conflicts and (_NEW.match(line) or _OLD.match(line)):
        return _do(Action(verb="replace" if _NEW.match(line) else "keep"), state, talk)
    if state.asked:
        chosen = _chosen(line, state.asked, talk)
        if chosen:
            return _do(Action(verb="answer", question=state.asked, option=chosen), state, talk)
        if _SKIP.match(line):
            return _do(Action(verb="skip", question=state.asked), state, talk)
    names = {
        name.lower(): framework
        for framework, entry in talk.knowledge.frameworks.items()
        for name in (framework, entry.name.en, entry.name.zh)
    }
    wish = intent(line, names)
    facts_told = bool(understanding.needs.answers or understanding.needs.excluded)
    if wish is not None and (not facts_told or wish.verb in _WITH_FACTS or command(line, wish)):
        if wish.verb == "what-if":
            return _what_if(understanding, state, talk)
        if wish.verb == "sources":
            return state, [_sources(text, state, talk)]
        return _do(wish, state, talk)
    if state.told and about(line, _tool_names(talk.knowledge)):
        return state, [_sources(text, state, talk)]
    if facts_told or understanding.implied or understanding.offers:
        return _described(text, understanding, state, talk)
    return _not_understood(text, understanding, state, talk)


def _described(text: str, understanding: Understanding, state: State, talk: _Talk) -> Said:
    state = facts.learn(state, understanding, text, talk.knowledge)
    replies = [messages.understood(state, talk.knowledge)]
    offers = {q: options for q, options in understanding.offers.items() if q not in state.needs.answers}
    if offers and not state.conflicts:
        name, options = next(iter(offers.items()))
        state = state.model_copy(update={"asked": name})
        return state, [*replies, messages.question(state, talk.knowledge, name, why="", offers=options)]
    return _onward(state, talk, replies)


def _not_understood(text: str, understanding: Understanding, state: State, talk: _Talk) -> Said:
    if understanding.language == "other":
        return _onward(state, talk, [Message(kind="off-topic", text=say("other-language", state.lang))])
    close = [] if understanding.out_of_scope else search(text, talk.knowledge)
    if close:
        cited = tuple(cite(claim, talk.knowledge, state.lang) for claim in close)
        return state, [Message(kind="answer", text=say("found", state.lang), citations=cited)]
    key = "off-topic" if understanding.out_of_scope else "nothing"
    return _onward(state, talk, [Message(kind="off-topic", text=say(key, state.lang))])


def _onward(state: State, talk: _Talk, replies: list[Message]) -> Said:
    """Go on to the contradiction, the next most valuable question or, when settled, the recommendation."""
    if state.conflicts:
        return state, [*replies, messages.conflict(state, talk.knowledge)]
    recommendation = talk.judge(state.assumed(talk.knowledge))
    open_questions = [
        (found.question, found.why.in_(state.lang) if found.why else "")
        for found in recommendation.next_questions
        if found.question not in state.skipped and found.question not in state.needs.answers
    ]
    if not state.told:
        open_questions = [(name, "") for name in talk.knowledge.questions if name not in state.skipped]
    if open_questions and not recommendation.settled:
        name, why = open_questions[0]
        state = state.model_copy(update={"asked": name})
        return state, [*replies, messages.question(state, talk.knowledge, name, why=why)]
    state = state.model_copy(update={"asked": None})
    return state, [*replies, messages.result(state, recommendation, talk.knowledge)]


def _do(action: Action, state: State, talk: _Talk) -> Said:
    knowledge, lang = talk.knowledge, state.lang
    question, option = action.question, action.option
    match action.verb:
        case "answer" | "exclude" | "remove" | "skip":
            return _fact(action, state, talk)
        case "replace" | "keep":
            return _resolve(state, talk, take_new=action.verb == "replace")
        case "adopt":
            if state.proposed is None:
                return state, [Message(kind="answer", text=say("nothing-proposed", lang))]
            state = state.model_copy(update={"needs": state.proposed, "proposed": None})
            return _onward(state, talk, [messages.understood(state, knowledge, lead="adopted")])
        case "restart":
            fresh = State(lang=lang)
            return fresh, [Message(kind="greeting", text=f"{say('again', lang)} {say('hello', lang)}")]
        case "help":
            return state, [Message(kind="answer", text=say("help", lang))]
        case "what-if":
            if question is None or option is None or not _known(knowledge, question, option):
                return state, [Message(kind="answer", text=say("what-if-none", lang))]
            return _propose(state, facts.want(state.needs, question, option, knowledge), talk)
    if not state.told:
        return _onward(state, talk, [Message(kind="answer", text=say("need-facts", lang))])
    recommendation = talk.judge(state.assumed(talk.knowledge))
    match action.verb:
        case "why":
            return state, [messages.why(state, recommendation, knowledge)]
        case "why-not":
            other = option if option in knowledge.frameworks else None
            return state, [messages.why_not(state, recommendation, knowledge, other)]
        case "flips":
            return state, [messages.flips(state, recommendation)]
        case "critique":
            return _critique(option or "faster", recommendation, state, talk)
        case "sources":
            cited = tuple(
                cite(claim, knowledge, lang) for claim in recommendation.for_[:5] if claim in knowledge.claims
            )
            return state, [
                Message(kind="answer", text=say("sources" if cited else "sources-none", lang), citations=cited)
            ]
        case "measure":
            return state, [Message(kind="action", text=say("measure", lang), do="measure")]
        case "report":
            return state, [Message(kind="action", text=say("report", lang), do="report")]
    return state, [messages.result(state, recommendation, knowledge)]


def _known(knowledge: Knowledge, question: str, option: str) -> bool:
    return question in knowledge.questions and any(c.id == option for c in knowledge.questions[question].options)


def _fact(action: Action, state: State, talk: _Talk) -> Said:
    question, option, knowledge = action.question, action.option, talk.knowledge
    if question is None or question not in knowledge.questions:
        return _onward(state, talk, [Message(kind="off-topic", text=say("nothing", state.lang))])
    if action.verb == "skip":
        return _onward(state.model_copy(update={"skipped": (*state.skipped, question), "asked": None}), talk, [])
    if option is None or not _known(knowledge, question, option):
        return _onward(state, talk, [Message(kind="off-topic", text=say("nothing", state.lang))])
    if action.verb == "remove":
        needs = facts.drop(state.needs, question, option)
        if knowledge.questions[question].kind == "one" and question in needs.answers:
            needs = needs.model_copy(update={"answers": {k: v for k, v in needs.answers.items() if k != question}})
        state = facts.without_implied(state.model_copy(update={"needs": needs}), question, [option])
    else:
        wanted = action.verb == "answer"
        clash = facts.conflict(state.needs, question, option, wanted=wanted, knowledge=knowledge)
        if clash:
            state = state.model_copy(update={"conflicts": (*state.conflicts, clash)})
        else:
            change = (
                facts.want(state.needs, question, option, knowledge)
                if wanted
                else facts.exclude(state.needs, question, option)
            )
            state = facts.without_implied(state.model_copy(update={"needs": change}), question)
    told = bool(state.needs.answers or state.needs.excluded or state.implied)
    state = state.model_copy(update={"told": told, "asked": None})
    return _onward(state, talk, [messages.understood(state, knowledge)])


def _resolve(state: State, talk: _Talk, *, take_new: bool) -> Said:
    if not state.conflicts:
        return _onward(state, talk, [])
    found, *rest = state.conflicts
    needs = state.needs
    if take_new:
        needs = (
            facts.want(needs, found.question, found.option, talk.knowledge)
            if found.wanted
            else facts.exclude(needs, found.question, found.option)
        )
    state = state.model_copy(update={"needs": needs, "conflicts": tuple(rest)})
    return _onward(state, talk, [messages.understood(state, talk.knowledge)])


def _what_if(understanding: Understanding, state: State, talk: _Talk) -> Said:
    needs = state.needs
    for question in understanding.needs.answers:
        for option in understanding.needs.options(question):
            needs = facts.want(needs, question, option, talk.knowledge)
    for question, options in understanding.needs.excluded.items():
        for option in options:
            needs = facts.exclude(needs, question, option)
    if needs == state.needs:
        return state, [Message(kind="answer", text=say("what-if-none", state.lang))]
    return _propose(state, needs, talk)


def _propose(state: State, needs: Needs, talk: _Talk) -> Said:
    before = talk.judge(state.assumed(talk.knowledge))
    after = talk.judge(state.model_copy(update={"needs": needs}).assumed(talk.knowledge))
    text = say(
        "what-if",
        state.lang,
        change=messages.changes(state.needs, needs, talk.knowledge, state.lang),
        after=messages.short(after, talk.knowledge, state.lang),
        before=messages.short(before, talk.knowledge, state.lang),
    )
    state = state.model_copy(update={"proposed": needs})
    return state, [messages.proposal(state, text)]


def _critique(kind: str, recommendation: Recommendation, state: State, talk: _Talk) -> Said:
    """Move one criterion's priority up by one and show what that does."""
    weighs = [found.id for found in recommendation.criteria if found.weight > 0]
    known = [name for name in talk.reader.lexicon.critiques.get(kind, ()) if name in talk.knowledge.criteria]
    if not known:
        return state, [Message(kind="answer", text=say("help", state.lang))]
    criterion = next((name for name in known if name in weighs), known[0])
    raised = min(state.needs.priorities.get(criterion, 0.0) + 1.0, 3.0)
    needs = state.needs.model_copy(update={"priorities": {**state.needs.priorities, criterion: raised}})
    after = talk.judge(state.model_copy(update={"needs": needs}).assumed(talk.knowledge))
    text = say(
        "critique",
        state.lang,
        criterion=talk.knowledge.criteria[criterion].name.in_(state.lang),
        after=messages.short(after, talk.knowledge, state.lang),
        before=messages.short(recommendation, talk.knowledge, state.lang),
    )
    state = state.model_copy(update={"proposed": needs})
    return state, [messages.proposal(state, text)]


def _sources(text: str, state: State, talk: _Talk) -> Message:
    """Return the claims closest to the words asked about, else those the recommendation rests on."""
    named = about(text.lower(), _tool_names(talk.knowledge))
    close = search(text, talk.knowledge) if named or len(text) > _PLAIN or not state.told else []
    if close:
        cited = tuple(cite(claim, talk.knowledge, state.lang) for claim in close)
        return Message(kind="answer", text=say("found", state.lang), citations=cited)
    return _do(Action(verb="sources"), state, talk)[1][-1]


def _tool_names(knowledge: Knowledge) -> list[str]:
    frameworks = {name.lower() for name in knowledge.frameworks}
    return [tool.name.lower() for tool in knowledge.tools.values() if tool.name.lower() not in frameworks]


def _chosen(line: str, question: str, talk: _Talk) -> str | None:
    """Return the option that a short answer names: its id, its name or its number."""
    options = talk.knowledge.questions[question].options
    if line.isdecimal() and 1 <= int(line[:3]) <= len(options):
        return options[int(line) - 1].id
    for choice in options:
        if line in {choice.id, choice.name.en.lower(), choice.name.zh.lower()}:
            return choice.id
    return None
