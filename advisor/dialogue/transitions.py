"""The transitions: what is typed or pressed, in this state, leads to that state and those messages. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from advisor import reading
from advisor.dialogue import facts, messages
from advisor.dialogue.intents import about, command, greeting, intent
from advisor.dialogue.retrieval import cite, closest
from advisor.dialogue.texts import say
from advisor.dialogue.types import TARGETS, Action, Lang, Message, State, Turn, Verb
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.reading import Understanding

Judge = Callable[[Needs], Recommendation]
Transition = tuple[State, list[Message]]

_WITH_FACTS = frozenset({"why", "why-not", "what-if", "flips", "sources"})
"""Requests that may name things without stating anything about the project."""
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
class _Context:
    """What every transition needs."""

    knowledge: Knowledge
    judge: Judge
    reader: reading.Reader

    def judged(self, state: State) -> Recommendation:
        """Return the recommendation on what is stated and implied so far."""
        return self.judge(state.assumed(self.knowledge))


def start(*, lang: Lang = "en") -> Transition:
    """Begin a conversation."""
    return _recorded(State(lang=lang), [Message(kind="greeting", text=say("hello", lang))])


def reply(
    state: State, said: str | Action, knowledge: Knowledge, judge: Judge, *, reader: reading.Reader | None = None
) -> Transition:
    """Answer a line of text or a pressed chip.

    Args:
        state: as the last call returned it.
        said: what the user typed, or the action of the chip that was pressed.
        knowledge: gives questions, claims and sources.
        judge: needs to recommendation, with date, evidence and versions bound by the caller.
        reader: the loaded lexicon and model; by default those that come with the program.
    """
    context = _Context(knowledge, judge, reader or reading.load_model())
    if isinstance(said, Action):
        return _recorded(*_act(said, state, context))
    state = state.model_copy(update={"transcript": (*state.transcript, Turn(who="user", text=said))[-_KEEP_TURNS:]})
    return _recorded(*_answer_line(said, state, context))


def _recorded(state: State, replies: list[Message]) -> Transition:
    """Return the transition with the advisor's messages in the transcript."""
    turns = tuple(Turn(who="advisor", text=message.text) for message in replies)
    return state.model_copy(update={"transcript": (*state.transcript, *turns)[-_KEEP_TURNS:]}), replies


# ---------------------------------------------------------------- a line of text


def _answer_line(text: str, state: State, context: _Context) -> Transition:
    understanding = reading.read(text, context.knowledge, reader=context.reader)
    line = context.reader.normalise(text).text.strip()
    state = _in_language(understanding, state)
    if greeting(line):
        return state, [Message(kind="greeting", text=say("hello", state.lang))]
    action = _short_answer(line, state, context)
    if action is not None:
        return _act(action, state, context)
    told = understanding.needs
    facts_stated = bool(told.answers or told.excluded or told.targets)
    wish = intent(line, _framework_names(context.knowledge))
    if wish is not None and (not facts_stated or wish.verb in _WITH_FACTS or command(line, wish)):
        return _granted(wish, text, understanding, state, context)
    if state.described and about(line, _tool_names(context.knowledge)):
        return state, [_sources_on(text, state, context)]
    if facts_stated or understanding.implied or understanding.offers:
        return _described(text, understanding, state, context)
    return _not_understood(text, understanding, state, context)


def _in_language(understanding: Understanding, state: State) -> State:
    """Return the state in the language of the line; another one than ours changes nothing."""
    languages: Mapping[str, Lang] = {"zh": "zh", "mixed": "zh", "en": "en"}
    return state.model_copy(update={"lang": languages.get(understanding.language, state.lang)})


def _short_answer(line: str, state: State, context: _Context) -> Action | None:
    """Return what a line does that answers the contradiction or the question asked, None where it does not."""
    if state.conflicts and _NEW.match(line):
        return Action(verb="replace")
    if state.conflicts and _OLD.match(line):
        return Action(verb="keep")
    if not state.asked:
        return None
    chosen = _chosen(line, state.asked, context)
    if chosen:
        return Action(verb="answer", question=state.asked, option=chosen)
    return Action(verb="skip", question=state.asked) if _SKIP.match(line) else None


def _granted(wish: Action, text: str, understanding: Understanding, state: State, context: _Context) -> Transition:
    """Do what a line asks for; a supposition and a request for sources may name what they are about."""
    if wish.verb == "what-if":
        return _suppose_described(understanding, state, context)
    if wish.verb == "sources":
        return state, [_sources_on(text, state, context)]
    return _act(wish, state, context)


def _described(text: str, understanding: Understanding, state: State, context: _Context) -> Transition:
    state = facts.learn(state, understanding, text, context.knowledge)
    replies = [messages.understood(state, context.knowledge)]
    offers = {q: options for q, options in understanding.offers.items() if q not in state.needs.answers}
    if offers and not state.conflicts:
        name, options = next(iter(offers.items()))
        state = state.model_copy(update={"asked": name})
        return state, [*replies, messages.question(state, context.knowledge, name, why="", offers=options)]
    return _onward(state, context, replies)


def _not_understood(text: str, understanding: Understanding, state: State, context: _Context) -> Transition:
    if understanding.language == "other":
        return _onward(state, context, [Message(kind="off-topic", text=say("other-language", state.lang))])
    close = [] if understanding.out_of_scope else closest(text, context.knowledge)
    if close:
        cited = tuple(cite(claim, context.knowledge, state.lang) for claim in close)
        return state, [Message(kind="answer", text=say("found", state.lang), citations=cited)]
    key = "off-topic" if understanding.out_of_scope else "nothing"
    return _onward(state, context, [Message(kind="off-topic", text=say(key, state.lang))])


def _onward(state: State, context: _Context, replies: list[Message]) -> Transition:
    """Go on to the contradiction, the next most valuable question or, when settled, the recommendation."""
    if state.conflicts:
        return state, [*replies, messages.conflict(state, context.knowledge)]
    recommendation = context.judged(state)
    open_questions = [
        (found.question, found.why.in_(state.lang) if found.why else "")
        for found in recommendation.next_questions
        if found.question not in state.skipped and found.question not in state.needs.answers
    ]
    if not state.described:
        open_questions = [(name, "") for name in context.knowledge.questions if name not in state.skipped]
    if open_questions and not recommendation.settled:
        name, why = open_questions[0]
        state = state.model_copy(update={"asked": name})
        return state, [*replies, messages.question(state, context.knowledge, name, why=why)]
    state = state.model_copy(update={"asked": None})
    return state, [*replies, messages.result(state, recommendation, context.knowledge)]


# ---------------------------------------------------------------- an action


def _act(action: Action, state: State, context: _Context) -> Transition:
    """Do what a chip, or a line that asks for it, stands for."""
    change = _CHANGES.get(action.verb)
    if change is not None:
        return change(action, state, context)
    if not state.described:
        return _onward(state, context, [Message(kind="answer", text=say("need-facts", state.lang))])
    recommendation = context.judged(state)
    if action.verb == "critique":
        return _critique(action.option or "faster", recommendation, state, context)
    return state, [_ABOUT_RESULT[action.verb](action, recommendation, state, context.knowledge)]


def _adopt(action: Action, state: State, context: _Context) -> Transition:
    if state.proposed is None:
        return state, [Message(kind="answer", text=say("nothing-proposed", state.lang))]
    state = state.model_copy(update={"needs": state.proposed, "proposed": None})
    return _onward(state, context, [messages.understood(state, context.knowledge, lead="adopted")])


def _restart(action: Action, state: State, context: _Context) -> Transition:
    text = f"{say('again', state.lang)} {say('hello', state.lang)}"
    return State(lang=state.lang), [Message(kind="greeting", text=text)]


def _help(action: Action, state: State, context: _Context) -> Transition:
    return state, [Message(kind="answer", text=say("help", state.lang))]


def _suppose(action: Action, state: State, context: _Context) -> Transition:
    question, option = action.question, action.option
    if question is None or option is None or not _known(context.knowledge, question, option):
        return state, [Message(kind="answer", text=say("what-if-none", state.lang))]
    return _propose(state, facts.want(state.needs, question, option, context.knowledge), context)


def _skip(action: Action, state: State, context: _Context) -> Transition:
    if action.question is None or action.question not in context.knowledge.questions:
        return _nothing_read(state, context)
    return _onward(state.model_copy(update={"skipped": (*state.skipped, action.question), "asked": None}), context, [])


def _change_fact(action: Action, state: State, context: _Context) -> Transition:
    """Answer with an option, rule it out or take it back."""
    question, option, knowledge = action.question, action.option, context.knowledge
    if action.verb == "remove" and question == TARGETS and option in state.needs.targets:
        state = state.model_copy(update={"needs": facts.without_target(state.needs, option)})
        return _facts_changed(state, context)
    if question is None or option is None or not _known(knowledge, question, option):
        return _nothing_read(state, context)
    if action.verb == "remove":
        state = _removed(question, option, state, knowledge)
    else:
        state = _added(question, option, state, knowledge, wanted=action.verb == "answer")
    return _facts_changed(state, context)


def _facts_changed(state: State, context: _Context) -> Transition:
    """Show what is held now, and go on."""
    needs = state.needs
    described = bool(needs.answers or needs.excluded or needs.targets or state.implied)
    state = state.model_copy(update={"described": described, "asked": None})
    return _onward(state, context, [messages.understood(state, context.knowledge)])


def _removed(question: str, option: str, state: State, knowledge: Knowledge) -> State:
    needs = facts.drop(state.needs, question, option)
    if knowledge.questions[question].kind == "one" and question in needs.answers:
        needs = needs.model_copy(update={"answers": {k: v for k, v in needs.answers.items() if k != question}})
    return facts.without_implied(state.model_copy(update={"needs": needs}), question, [option])


def _added(question: str, option: str, state: State, knowledge: Knowledge, *, wanted: bool) -> State:
    clash = facts.conflict(state.needs, question, option, wanted=wanted, knowledge=knowledge)
    if clash:
        return state.model_copy(update={"conflicts": (*state.conflicts, clash)})
    needs = facts.state_option(state.needs, question, option, wanted=wanted, knowledge=knowledge)
    return facts.without_implied(state.model_copy(update={"needs": needs}), question)


def _nothing_read(state: State, context: _Context) -> Transition:
    return _onward(state, context, [Message(kind="off-topic", text=say("nothing", state.lang))])


def _decide(action: Action, state: State, context: _Context) -> Transition:
    """Resolve the contradiction asked about: take the new or stay with the old."""
    if not state.conflicts:
        return _onward(state, context, [])
    conflict, *rest = state.conflicts
    needs = state.needs
    if action.verb == "replace":
        needs = facts.state_option(
            needs, conflict.question, conflict.option, wanted=conflict.wanted, knowledge=context.knowledge
        )
    state = state.model_copy(update={"needs": needs, "conflicts": tuple(rest)})
    return _onward(state, context, [messages.understood(state, context.knowledge)])


_CHANGES: Mapping[Verb, Callable[[Action, State, _Context], Transition]] = {
    "answer": _change_fact,
    "exclude": _change_fact,
    "remove": _change_fact,
    "skip": _skip,
    "replace": _decide,
    "keep": _decide,
    "adopt": _adopt,
    "restart": _restart,
    "help": _help,
    "what-if": _suppose,
}
"""What is done whether or not anything is known about the project."""


def _why_not(action: Action, recommendation: Recommendation, state: State, knowledge: Knowledge) -> Message:
    other = action.option if action.option in knowledge.frameworks else None
    return messages.why_not(state, recommendation, knowledge, other)


_ABOUT_RESULT: Mapping[Verb, Callable[[Action, Recommendation, State, Knowledge], Message]] = {
    "result": lambda _, recommendation, state, knowledge: messages.result(state, recommendation, knowledge),
    "why": lambda _, recommendation, state, knowledge: messages.why(state, recommendation, knowledge),
    "why-not": _why_not,
    "flips": lambda _, recommendation, state, knowledge: messages.flips(state, recommendation),
    "sources": lambda _, recommendation, state, knowledge: messages.sources(state, recommendation, knowledge),
    "measure": lambda _, recommendation, state, knowledge: messages.start_of("measure", state),
    "report": lambda _, recommendation, state, knowledge: messages.start_of("report", state),
}
"""What needs a recommendation, and so something about the project."""


def _known(knowledge: Knowledge, question: str, option: str) -> bool:
    return question in knowledge.questions and any(c.id == option for c in knowledge.questions[question].options)


def _suppose_described(understanding: Understanding, state: State, context: _Context) -> Transition:
    """Suppose what a line describes on top of what is known."""
    needs = facts.with_targets(state.needs, understanding.needs)
    for question, option, wanted in facts.stated(understanding.needs):
        needs = facts.state_option(needs, question, option, wanted=wanted, knowledge=context.knowledge)
    if needs == state.needs:
        return state, [Message(kind="answer", text=say("what-if-none", state.lang))]
    return _propose(state, needs, context)


def _propose(state: State, needs: Needs, context: _Context) -> Transition:
    before = context.judged(state)
    after = context.judged(state.model_copy(update={"needs": needs}))
    text = say(
        "what-if",
        state.lang,
        change=messages.changes(state.needs, needs, context.knowledge, state.lang),
        after=messages.short(after, context.knowledge, state.lang),
        before=messages.short(before, context.knowledge, state.lang),
    )
    state = state.model_copy(update={"proposed": needs})
    return state, [messages.proposal(state, text)]


def _critique(kind: str, recommendation: Recommendation, state: State, context: _Context) -> Transition:
    """Move one criterion's priority up by one and show what that does."""
    weighs = [found.id for found in recommendation.criteria if found.weight > 0]
    known = [name for name in context.reader.lexicon.critiques.get(kind, ()) if name in context.knowledge.criteria]
    if not known:
        return state, [Message(kind="answer", text=say("help", state.lang))]
    criterion = next((name for name in known if name in weighs), known[0])
    raised = min(state.needs.priorities.get(criterion, 0.0) + 1.0, 3.0)
    needs = state.needs.model_copy(update={"priorities": {**state.needs.priorities, criterion: raised}})
    after = context.judged(state.model_copy(update={"needs": needs}))
    text = say(
        "critique",
        state.lang,
        criterion=context.knowledge.criteria[criterion].name.in_(state.lang),
        after=messages.short(after, context.knowledge, state.lang),
        before=messages.short(recommendation, context.knowledge, state.lang),
    )
    state = state.model_copy(update={"proposed": needs})
    return state, [messages.proposal(state, text)]


def _sources_on(text: str, state: State, context: _Context) -> Message:
    """Return the claims closest to the words asked about, else those the recommendation rests on."""
    named = about(text.lower(), _tool_names(context.knowledge))
    close = closest(text, context.knowledge) if named or len(text) > _PLAIN or not state.described else []
    if close:
        cited = tuple(cite(claim, context.knowledge, state.lang) for claim in close)
        return Message(kind="answer", text=say("found", state.lang), citations=cited)
    return _act(Action(verb="sources"), state, context)[1][-1]


def _framework_names(knowledge: Knowledge) -> dict[str, str]:
    """Return lower-case name -> framework id."""
    return {
        name.lower(): framework
        for framework, entry in knowledge.frameworks.items()
        for name in (framework, entry.name.en, entry.name.zh)
    }


def _tool_names(knowledge: Knowledge) -> list[str]:
    frameworks = {name.lower() for name in knowledge.frameworks}
    return [tool.name.lower() for tool in knowledge.tools.values() if tool.name.lower() not in frameworks]


def _chosen(line: str, question: str, context: _Context) -> str | None:
    """Return the option that a short answer names: its id, its name or its number."""
    options = context.knowledge.questions[question].options
    if line.isdecimal() and len(line) < 3 and 1 <= int(line) <= len(options):
        return options[int(line) - 1].id
    for choice in options:
        if line in {choice.id, choice.name.en.lower(), choice.name.zh.lower()}:
            return choice.id
    return None
