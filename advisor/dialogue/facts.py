"""What the conversation holds: adding to it, taking back, finding contradictions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor.dialogue.types import TARGETS, Conflict, State
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Answer, Needs
from advisor.reading import Understanding


def learn(state: State, understanding: Understanding, text: str, knowledge: Knowledge) -> State:
    """Add what a text says; what contradicts the state becomes a conflict and changes nothing yet."""
    conflicts = list(state.conflicts)
    quotes = dict(state.quotes)
    for slot in understanding.slots:
        quotes[f"{slot.question}.{slot.option}"] = text[slot.span[0] : slot.span[1]]
    for number in understanding.targets:
        quotes[f"{TARGETS}.{number.target}"] = text[number.span[0] : number.span[1]]
    needs = with_targets(state.needs, understanding.needs)
    for question, option, wanted in stated(understanding.needs):
        clash = conflict(needs, question, option, wanted=wanted, knowledge=knowledge)
        if clash:
            conflicts.append(clash)
        else:
            needs = state_option(needs, question, option, wanted=wanted, knowledge=knowledge)
    implied = {**state.implied, **understanding.implied}
    implied = {question: options for question, options in implied.items() if question not in needs.answers}
    described = bool(needs.answers or needs.excluded or needs.targets or implied)
    return state.model_copy(
        update={
            "needs": needs,
            "implied": implied,
            "quotes": quotes,
            "conflicts": tuple(dict.fromkeys(conflicts)),
            "described": described,
        }
    )


def with_targets(needs: Needs, said: Needs) -> Needs:
    """Return the needs with the targets that were said last."""
    return needs.model_copy(update={"targets": {**needs.targets, **said.targets}})


def without_target(needs: Needs, name: str) -> Needs:
    """Return the needs without one of their targets."""
    return needs.model_copy(update={"targets": {key: value for key, value in needs.targets.items() if key != name}})


def stated(needs: Needs) -> Iterator[tuple[str, str, bool]]:
    """Yield question, option and whether it is wanted, of all that is chosen and then of all that is ruled out."""
    for question in needs.answers:
        yield from ((question, option, True) for option in needs.options(question))
    for question, options in needs.excluded.items():
        yield from ((question, option, False) for option in options)


def conflict(needs: Needs, question: str, option: str, *, wanted: bool, knowledge: Knowledge) -> Conflict | None:
    """Return the contradiction that adding an option would make, None where there is none."""
    held = needs.options(question)
    found = Conflict(question=question, option=option, wanted=wanted)
    if not wanted:
        return found if option in held else None
    if option in needs.excluded.get(question, ()):
        return found
    if knowledge.questions[question].kind == "one":
        return found if held and option not in held else None
    exclusive = (option == "none") != ("none" in held)
    return found if held and exclusive else None


def state_option(needs: Needs, question: str, option: str, *, wanted: bool, knowledge: Knowledge) -> Needs:
    """Return the needs with an option chosen or ruled out, whatever stood against it."""
    return want(needs, question, option, knowledge) if wanted else exclude(needs, question, option)


def want(needs: Needs, question: str, option: str, knowledge: Knowledge) -> Needs:
    """Return the needs with an option chosen, whatever stood against it."""
    order = [choice.id for choice in knowledge.questions[question].options]
    answer: Answer = option
    if knowledge.questions[question].kind == "many":
        held = set(needs.options(question)) | {option}
        held = {"none"} if option == "none" else held - {"none"}
        answer = tuple(name for name in order if name in held)
    return _without_exclusion(needs, question, option).model_copy(
        update={"answers": {**needs.answers, question: answer}}
    )


def exclude(needs: Needs, question: str, option: str) -> Needs:
    """Return the needs with an option ruled out, and not chosen."""
    needs = drop(needs, question, option)
    options = (*needs.excluded.get(question, ()), option)
    return needs.model_copy(update={"excluded": {**needs.excluded, question: options}})


def drop(needs: Needs, question: str, option: str) -> Needs:
    """Return the needs without any word on an option."""
    rest = tuple(name for name in needs.options(question) if name != option)
    answers = {name: answer for name, answer in needs.answers.items() if name != question}
    if rest:
        answers[question] = rest
    return _without_exclusion(needs, question, option).model_copy(update={"answers": answers})


def _without_exclusion(needs: Needs, question: str, option: str) -> Needs:
    rest = tuple(name for name in needs.excluded.get(question, ()) if name != option)
    excluded = {name: options for name, options in needs.excluded.items() if name != question}
    if rest:
        excluded[question] = rest
    return needs.model_copy(update={"excluded": excluded})


def without_implied(state: State, question: str, options: Iterable[str] | None = None) -> State:
    """Return the state with an implied answer taken back, all of the question's where none is named."""
    gone = set(state.implied.get(question, ())) if options is None else set(options)
    rest = tuple(name for name in state.implied.get(question, ()) if name not in gone)
    implied = {name: kept for name, kept in state.implied.items() if name != question}
    if rest:
        implied[question] = rest
    return state.model_copy(update={"implied": implied})
