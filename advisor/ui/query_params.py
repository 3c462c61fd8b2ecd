"""Answers in the address: a link restores them. Pure: no session, no files.

``?stage=production&deploy=mobile,server&hardware=cpu,-nvidia&weigh=training-speed:3&unsure=stage:0.5&target=artifact_mb:10``:
one parameter per question, options by id, a minus before what was ruled out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from advisor.model.knowledge import Knowledge
from advisor.model.needs import Answer, Needs
from probes.statistics.targets import NAMES, Refused, TargetName, checked, plain_number
from probes.system.suggestions import nearest_word

WEIGH = "weigh"
UNSURE = "unsure"
TARGET = "target"
LANGUAGE = "lang"
EVIDENCE = "measured"
NOT_ANSWERS = frozenset({LANGUAGE, EVIDENCE, "embed", "embed_options"})

Problem = tuple[str, str]
"""What the address held and the nearest thing that is known ("" where nothing is near)."""


def encode(needs: Needs) -> dict[str, str]:
    """Return the address parameters that restore ``needs``."""
    found = {question: ",".join(needs.options(question)) for question in needs.answers if needs.options(question)}
    for question, options in needs.excluded.items():
        said = [found[question]] if question in found else []
        if options:
            found[question] = ",".join(said + [f"-{option}" for option in options])
    for key, numbers in ((WEIGH, needs.priorities), (UNSURE, needs.certainty)):
        if numbers:
            found[key] = ",".join(f"{name}:{number:g}" for name, number in numbers.items())
    if needs.targets:
        found[TARGET] = ",".join(f"{name}:{plain_number(number)}" for name, number in needs.targets.items())
    return found


def decode(parameters: Mapping[str, str], knowledge: Knowledge) -> tuple[Needs, list[Problem]]:
    """Read the answers of an address; what is unknown is left out and named, never guessed."""
    problems: list[Problem] = []
    answers: dict[str, Answer] = {}
    excluded: dict[str, tuple[str, ...]] = {}
    for key, value in parameters.items():
        if key in NOT_ANSWERS or key in (WEIGH, UNSURE, TARGET):
            continue
        question = knowledge.questions.get(key)
        if question is None:
            problems.append((key, nearest_word(key, knowledge.questions) or ""))
            continue
        known = [choice.id for choice in question.options]
        wanted, unwanted = [], []
        for word in dict.fromkeys(part.strip() for part in value.split(",") if part.strip()):
            option = word.removeprefix("-")
            if option not in known:
                problems.append((f"{key}={word}", nearest_word(option, known) or ""))
            elif word.startswith("-"):
                unwanted.append(option)
            else:
                wanted.append(option)
        kept = alone(wanted) if question.kind == "many" else tuple(wanted[:1])
        problems += [(f"{key}={option}", "") for option in wanted if option not in kept]
        if kept:
            answers[key] = kept if question.kind == "many" else kept[0]
        if unwanted:
            excluded[key] = tuple(unwanted)
    priorities, strange = _numbers(parameters.get(WEIGH, ""), WEIGH, knowledge.criteria, 3.0)
    certainty, stranger = _numbers(parameters.get(UNSURE, ""), UNSURE, knowledge.questions, 1.0)
    targets, strangest = _targets(parameters.get(TARGET, ""))
    needs = Needs(answers=answers, excluded=excluded, priorities=priorities, certainty=certainty, targets=targets)
    return needs, problems + strange + stranger + strangest


def alone(options: Iterable[str]) -> tuple[str, ...]:
    """Return ``options`` with "none" kept only where it stands by itself."""
    chosen = tuple(options)
    rest = tuple(option for option in chosen if option != "none")
    return rest or chosen


def _targets(text: str) -> tuple[dict[TargetName, float], list[Problem]]:
    found: dict[TargetName, float] = {}
    problems: list[Problem] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = part.partition(":")
        known = next((target for target in NAMES if target == name), None)
        try:
            if known is None:
                raise Refused(name)
            found[known] = checked(known, float(number))
        except ValueError:
            problems.append((f"{TARGET}={part}", "" if known else nearest_word(name, NAMES) or ""))
    return found, problems


def _numbers(text: str, key: str, known: Iterable[str], top: float) -> tuple[dict[str, float], list[Problem]]:
    found: dict[str, float] = {}
    problems: list[Problem] = []
    names = set(known)
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = part.partition(":")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if name in names and 0.0 <= value <= top:
            found[name] = value
        else:
            problems.append((f"{key}={part}", "" if name in names else nearest_word(name, names) or ""))
    return found, problems
