"""The advisor's messages, made from a state and a recommendation. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from advisor.dialogue.retrieval import cite
from advisor.dialogue.texts import say
from advisor.dialogue.types import TARGETS, Action, Chip, Citation, Lang, Message, State
from advisor.model.formatting import percent
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from probes.statistics import targets

_CRITIQUES = ("cheaper", "faster", "smaller", "easier")
_REASONS = 4


def option_name(knowledge: Knowledge, question: str, option: str, lang: Lang) -> str:
    """Return an option's name in the user's language."""
    return next((c.name.in_(lang) for c in knowledge.questions[question].options if c.id == option), option)


def framework_name(knowledge: Knowledge, framework: str, lang: Lang) -> str:
    """Return a framework's display name."""
    return knowledge.frameworks[framework].name.in_(lang)


def understood(state: State, knowledge: Knowledge, *, lead: str = "understood") -> Message:
    """Return all facts held, each as a chip that takes it back."""
    lang = state.lang
    chips = []
    for question in knowledge.questions:
        for option in state.needs.options(question):
            chips.append(_fact(state, knowledge, question, option, "said"))
        for option in state.needs.excluded.get(question, ()):
            chips.append(_fact(state, knowledge, question, option, "excluded"))
        for option in state.implied.get(question, ()):
            chips.append(_fact(state, knowledge, question, option, "implied"))
    for name, value in state.needs.targets.items():
        chips.append(
            Chip(
                label=targets.text({name: value}, lang),
                action=Action(verb="remove", question=TARGETS, option=name),
                state="said",
                quote=state.quotes.get(f"{TARGETS}.{name}", ""),
            )
        )
    text = say(lead, lang)
    if any(chip.state == "implied" for chip in chips):
        text += " " + say("assumed", lang)
    return Message(kind="understood", text=text, chips=tuple(chips))


def _fact(state: State, knowledge: Knowledge, question: str, option: str, kind: str) -> Chip:
    name = option_name(knowledge, question, option, state.lang)
    label = say("not-that", state.lang, option=name) if kind == "excluded" else name
    return Chip.model_validate(
        {
            "label": label,
            "action": Action(verb="remove", question=question, option=option),
            "state": kind,
            "quote": state.quotes.get(f"{question}.{option}", ""),
        }
    )


def question(state: State, knowledge: Knowledge, name: str, *, why: str, offers: Sequence[str] = ()) -> Message:
    """Return one question with its options as chips; ``offers``: those half understood, put first."""
    lang = state.lang
    asked = knowledge.questions[name]
    order = [*offers, *(choice.id for choice in asked.options if choice.id not in offers)]
    lines = [f"**{asked.text.in_(lang)}** {asked.help.in_(lang)}"]
    if offers:
        lines.insert(0, say("unsure", lang))
    if why:
        lines.append(say("why-asked", lang, why=why))
    chips = [
        Chip(
            label=option_name(knowledge, name, option, lang),
            action=Action(verb="answer", question=name, option=option),
            state="choice",
        )
        for option in order
    ]
    steps = [
        Chip(label=say("skip", lang), action=Action(verb="skip", question=name)),
        Chip(label=say("show-result", lang), action=Action(verb="result")),
    ]
    return Message(kind="question", text="\n\n".join(lines), chips=(*chips, *steps))


def conflict(state: State, knowledge: Knowledge) -> Message:
    """Return the first contradiction as a question."""
    lang, found = state.lang, state.conflicts[0]
    new = option_name(knowledge, found.question, found.option, lang)
    held = [option_name(knowledge, found.question, option, lang) for option in state.needs.options(found.question)]
    ruled = found.option in state.needs.excluded.get(found.question, ())
    comma = "、" if lang == "zh" else ", "
    if not found.wanted:
        key, old, shown = "conflict-exclude", new, say("not-that", lang, option=new)
    elif ruled:
        key, old, shown = "conflict-want", say("not-that", lang, option=new), new
    else:
        key, old, shown = "conflict-replace", comma.join(held), new
    chips = (
        Chip(label=say("take-new", lang, new=shown), action=Action(verb="replace"), state="choice"),
        Chip(label=say("take-old", lang, old=old), action=Action(verb="keep"), state="choice"),
    )
    return Message(kind="conflict", text=say(key, lang, old=old, new=new), chips=chips)


def short(recommendation: Recommendation, knowledge: Knowledge, lang: Lang) -> str:
    """Return the answer in a few words."""
    best = recommendation.recommended
    if best is None:
        return say("no-answer", lang)
    return say(
        "short", lang, name=framework_name(knowledge, best, lang), share=percent(recommendation.acceptability[best])
    )


def result(state: State, recommendation: Recommendation, knowledge: Knowledge) -> Message:
    """Return the recommendation, its route, whether it is settled, and what can be asked about it."""
    lang, best = state.lang, recommendation.recommended
    if best is None:
        return Message(kind="result", text=say("no-answer", lang), chips=steps(state, recommendation, knowledge))
    name = framework_name(knowledge, best, lang)
    lines = [say(recommendation.strength, lang, name=name, share=percent(recommendation.acceptability[best]))]
    ways = [route for route in recommendation.routes if route.framework == best and route.best]
    if ways:
        listed = ("；" if lang == "zh" else "; ").join(
            f"{_need(knowledge, way.need, lang)}: {way.name.in_(lang) if way.name else ', '.join(way.tools)}"
            for way in ways
        )
        lines.append(say("routes", lang, routes=listed))
    lines += [
        say("excluded", lang, name=framework_name(knowledge, out.framework, lang), reason=_reason(out, lang))
        for out in recommendation.excluded
    ]
    lines.append(say("settled" if recommendation.settled else "open", lang))
    return Message(kind="result", text="\n\n".join(lines), chips=steps(state, recommendation, knowledge))


def steps(state: State, recommendation: Recommendation, knowledge: Knowledge) -> tuple[Chip, ...]:
    """Return what can be asked about a result."""
    lang = state.lang
    rival = recommendation.closest_rival
    chips = [Chip(label=say("why?", lang), action=Action(verb="why"))]
    if rival:
        name = framework_name(knowledge, rival, lang)
        chips.append(Chip(label=say("why-not?", lang, name=name), action=Action(verb="why-not", option=rival)))
    chips += [Chip(label=say(f"{kind}?", lang), action=Action(verb="critique", option=kind)) for kind in _CRITIQUES]
    chips += [
        Chip(label=say("flips?", lang), action=Action(verb="flips")),
        Chip(label=say("sources?", lang), action=Action(verb="sources")),
        Chip(label=say("measure?", lang), action=Action(verb="measure")),
        Chip(label=say("report?", lang), action=Action(verb="report")),
    ]
    return tuple(chips)


def why(state: State, recommendation: Recommendation, knowledge: Knowledge) -> Message:
    """Return the criteria that decide, and the claims behind them."""
    best, rival = recommendation.recommended, recommendation.closest_rival
    lang = state.lang
    if best is None or rival is None:
        return Message(kind="answer", text=say("no-answer", lang))
    names = {name: framework_name(knowledge, name, lang) for name in (best, rival)}
    lines = [say("why", lang, name=names[best], rival=names[rival])]
    lines += _criteria(recommendation, knowledge, best, rival, lang)
    cited = _cited(recommendation.for_[:3], knowledge, lang)
    return Message(kind="answer", text="\n".join(lines), citations=cited)


def why_not(state: State, recommendation: Recommendation, knowledge: Knowledge, other: str | None) -> Message:
    """Return why another framework is not recommended, and what speaks for it all the same."""
    lang, best = state.lang, recommendation.recommended
    other = other or recommendation.closest_rival
    if best is None or other is None:
        return Message(kind="answer", text=say("no-answer", lang))
    name = framework_name(knowledge, other, lang)
    if other == best:
        return Message(kind="answer", text=say("same", lang, name=name))
    lines = [
        say("excluded", lang, name=name, reason=_reason(out, lang))
        for out in recommendation.excluded
        if out.framework == other
    ]
    lines.append(say("why", lang, name=framework_name(knowledge, best, lang), rival=name))
    lines += _criteria(recommendation, knowledge, best, other, lang)
    strong = _criteria(recommendation, knowledge, other, best, lang)
    # A blank line ends the list above; without it Markdown would draw the heading into the last item.
    lines += ["", say("why-not", lang, name=name), *strong] if strong else ["", say("why-not-none", lang, name=name)]
    cited = _cited(recommendation.against[:3], knowledge, lang)
    return Message(kind="answer", text="\n".join(lines), citations=cited)


def _criteria(recommendation: Recommendation, knowledge: Knowledge, best: str, rival: str, lang: Lang) -> list[str]:
    """Return the criteria on which ``best`` gains over ``rival``, the most decisive first."""
    gains = {
        found.id: found.contribution.get(best, 0.0) - found.contribution.get(rival, 0.0)
        for found in recommendation.criteria
    }
    lines = []
    for found in sorted(recommendation.criteria, key=lambda found: (-gains[found.id], found.id))[:_REASONS]:
        if gains[found.id] > 0:
            values = ", ".join(
                f"{framework_name(knowledge, name, lang)} {found.value.get(name, 0.5):.2f}" for name in (best, rival)
            )
            criterion = knowledge.criteria[found.id].name.in_(lang)
            lines.append(say("line", lang, criterion=criterion, weight=percent(found.weight), values=values))
    return lines


def flips(state: State, recommendation: Recommendation) -> Message:
    """Return the changes that would turn the answer round."""
    texts = [flip.text.in_(state.lang) for flip in recommendation.flips if flip.text is not None][:5]
    if not texts:
        return Message(kind="answer", text=say("flips-none", state.lang))
    return Message(kind="answer", text="\n".join([say("flips", state.lang), *(f"- {text}" for text in texts)]))


def sources(state: State, recommendation: Recommendation, knowledge: Knowledge) -> Message:
    """Return the claims that the recommendation rests on most."""
    cited = _cited(recommendation.for_[:5], knowledge, state.lang)
    return Message(kind="answer", text=say("sources" if cited else "sources-none", state.lang), citations=cited)


def start_of(do: Literal["measure", "report"], state: State) -> Message:
    """Return the message that has the caller start measuring or make the report."""
    return Message(kind="action", text=say(do, state.lang), do=do)


def _cited(claims: Iterable[str], knowledge: Knowledge, lang: Lang) -> tuple[Citation, ...]:
    return tuple(cite(claim, knowledge, lang) for claim in claims if claim in knowledge.claims)


def proposal(state: State, text: str) -> Message:
    """Return a before-and-after with the choice to adopt it."""
    chips = (
        Chip(label=say("adopt", state.lang), action=Action(verb="adopt"), state="choice"),
        Chip(label=say("leave", state.lang), action=Action(verb="result"), state="choice"),
    )
    return Message(kind="answer", text=text, chips=chips)


def changes(before: Needs, after: Needs, knowledge: Knowledge, lang: Lang) -> str:
    """Return in words what ``after`` has that ``before`` has not."""
    new = [
        option_name(knowledge, question, option, lang)
        for question in after.answers
        for option in after.options(question)
        if option not in before.options(question)
    ]
    new += [
        say("not-that", lang, option=option_name(knowledge, question, option, lang))
        for question, options in after.excluded.items()
        for option in options
        if option not in before.excluded.get(question, ())
    ]
    new += [
        targets.text({name: value}, lang) for name, value in after.targets.items() if before.targets.get(name) != value
    ]
    return ("、" if lang == "zh" else ", ").join(new)


def _need(knowledge: Knowledge, need: str, lang: Lang) -> str:
    return knowledge.need_name(need).in_(lang)


def _reason(out: object, lang: Lang) -> str:
    text = getattr(out, "text", None)
    return text.in_(lang) if text is not None else str(getattr(out, "reason", ""))
