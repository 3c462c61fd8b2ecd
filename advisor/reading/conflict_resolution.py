"""From matches and their polarity to slots, and from slots to needs.

Pure. Ruled out beats wanted; said beats implied; a rule beats the model; sure is filled, half sure offered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from advisor.model.knowledge import Knowledge, Question
from advisor.model.needs import Needs
from advisor.reading.lexicon import Concept, Match
from advisor.reading.negation_scope import Polarity
from advisor.reading.roles import Roles
from advisor.reading.types import FILL, IMPLIED, OFFER

HEDGED = 0.68
"""Factor on the confidence of what the writer is not sure of: filled becomes offered."""
_VOTE = 0.02
"""What each hint adds to the least confidence that is filled in."""


@dataclass(frozen=True)
class Reading:
    """One piece of evidence, placed in the normalised text.

    ``fallback``: holds unless something else of its question is wanted ("no GPU" says cpu, but for a TPU).
    ``hint``: from a weak word; holds unless something surer is said, and more hints outweigh fewer.
    ``yields``: (question, option) beside which it does not hold, where they are said for sure.
    ``partial``: its exclusion yields to any other of its kind ("Android but not iOS").
    ``generic``: its exclusion yields to a product named ("no GPU on the phone ... my RTX 3090").
    """

    question: str
    option: str
    wanted: bool
    confidence: float
    start: int
    end: int
    by: Literal["rule", "model"] = "rule"
    implied: bool = False
    generic: bool = False
    partial: bool = False
    fallback: bool = False
    hint: bool = False
    yields: tuple[tuple[str, str], ...] = ()


def evidence(match: Match, polarity: Polarity, *, background: Collection[str]) -> list[Reading]:
    """Return what one match says, given how it is meant.

    Args:
        background: questions about the past too; what is mentioned only in passing still answers them.
    """
    concept = match.concept
    if polarity in {"excluded", "replaced"}:
        denied = concept.denied_excludes
        if denied is None:
            denied = {} if concept.weak else concept.says
        instead = concept.denied_says if polarity == "excluded" else {}
        return [
            *_readings(match, denied, wanted=False, confidence=0.95),
            *_readings(match, instead, wanted=True, confidence=0.9, fallback=True),
        ]
    if polarity == "aside":
        kept = {question: options for question, options in concept.says.items() if question in background}
        return _readings(match, kept, wanted=True, confidence=concept.confidence)
    factor = HEDGED if polarity == "hedged" else 1.0
    return [
        *_readings(
            match,
            concept.says,
            wanted=True,
            confidence=concept.confidence * factor,
            fallback=concept.weak,
            hint=concept.weak,
        ),
        *_readings(match, concept.implies, wanted=True, confidence=IMPLIED * factor, implied=True),
        *_readings(match, concept.rules_out, wanted=False, confidence=0.9),
    ]


def _readings(
    match: Match,
    said: Mapping[str, tuple[str, ...]],
    *,
    wanted: bool,
    confidence: float,
    implied: bool = False,
    fallback: bool = False,
    hint: bool = False,
) -> list[Reading]:
    if not said:
        return []
    return [
        Reading(
            question,
            option,
            wanted,
            confidence,
            match.start,
            match.end,
            implied=implied,
            generic=match.concept.generic,
            partial=match.concept.partial,
            fallback=fallback,
            hint=hint,
            yields=tuple((name, one) for name, others in match.concept.yields_to.items() for one in others),
        )
        for question, options in said.items()
        for option in options
    ]


def conditional(concept: Concept, found: Iterable[Reading]) -> bool:
    """Return True if what ``concept`` rules out holds: one of the answers it needs has been read."""
    return not concept.needs or any(
        reading.wanted and not reading.implied and reading.option in concept.needs.get(reading.question, ())
        for reading in found
    )


_Key = tuple[str, str, bool]
"""Question, option, whether it is wanted."""


def resolve(found: Sequence[Reading], knowledge: Knowledge) -> tuple[list[Reading], list[tuple[str, str]]]:
    """Resolve repetition and conflict.

    Returns:
        at most one reading per question, option and polarity, by place in the text; and the (question, option)
        pairs stated both ways.
    """
    strongest = _strongest(reading for reading in _voted(found) if reading.question in knowledge.questions)
    consistent, contradictions = _one_polarity(strongest, background=Roles.of(knowledge).background)
    resolved = _one_each(_not_outweighed(consistent), knowledge)
    return sorted(resolved, key=lambda reading: (reading.start, reading.end)), contradictions


def _strongest(found: Iterable[Reading]) -> dict[_Key, Reading]:
    """Return the strongest of the readings that agree."""
    strongest: dict[_Key, Reading] = {}
    for reading in found:
        key = (reading.question, reading.option, reading.wanted)
        if key not in strongest or _rank(reading) > _rank(strongest[key]):
            strongest[key] = reading
    return strongest


def _one_polarity(
    readings: Mapping[_Key, Reading], *, background: Collection[str]
) -> tuple[list[Reading], list[tuple[str, str]]]:
    """Keep each option either wanted or excluded: excluded, unless its exclusion yields to a product that is named.

    Returns:
        the readings kept; and the options stated both ways, but for ``background`` questions: to leave what the team
        knows is no contradiction.
    """
    kept = dict(readings)
    contradictions = []
    for (question, option, positive), excluded in readings.items():
        wanted = readings.get((question, option, True))
        if positive or wanted is None:
            continue
        if not wanted.implied and (excluded.partial or (excluded.generic and not wanted.generic)):
            del kept[question, option, False]
            continue
        if not wanted.implied and question not in background:
            contradictions.append((question, option))
        del kept[question, option, True]
    return list(kept.values()), contradictions


def _not_outweighed(readings: Sequence[Reading]) -> list[Reading]:
    """Drop what holds only where nothing surer is stated: the implied, fallbacks, and what yields to another option."""
    stated = [reading for reading in readings if reading.wanted and not reading.implied]
    answered = {reading.question for reading in stated}
    sure = [reading for reading in stated if reading.confidence >= FILL]
    firm = {reading.question for reading in sure if not reading.fallback}
    options = {(reading.question, reading.option) for reading in sure}
    return [
        reading
        for reading in readings
        if not (reading.implied and reading.question in answered)
        and not (reading.fallback and reading.question in firm)
        and not (reading.wanted and options.intersection(reading.yields))
    ]


def _voted(found: Sequence[Reading]) -> Iterator[Reading]:
    """Yield the hints, the more frequent of several as the surer one."""
    votes = Counter((reading.question, reading.option) for reading in found if reading.hint)
    for reading in found:
        if reading.hint and reading.confidence >= FILL:
            count = votes[reading.question, reading.option]
            yield replace(reading, confidence=min(FILL + _VOTE * count, reading.confidence))
        else:
            yield reading


def _rank(reading: Reading) -> tuple[bool, bool, bool, float, bool]:
    return (not reading.implied, reading.by == "rule", not reading.fallback, reading.confidence, not reading.yields)


def _one_each(found: list[Reading], knowledge: Knowledge) -> list[Reading]:
    """Leave one filled option where a question takes one, and no "none" beside its neighbours."""
    result = [reading for reading in found if not reading.wanted]
    for question in {reading.question: None for reading in found if reading.wanted}:
        own = [reading for reading in found if reading.wanted and reading.question == question]
        if knowledge.questions[question].kind == "one":
            own = _single(own, knowledge.questions[question], frameworks=set(knowledge.frameworks))
        elif any(reading.option != "none" and reading.confidence >= FILL for reading in own):
            own = [reading for reading in own if reading.option != "none"]
        result += own
    return result


def _single(own: list[Reading], question: Question, *, frameworks: set[str]) -> list[Reading]:
    """Settle on one option; several frameworks, read surely, mean an option of their own where there is one."""
    order = [choice.id for choice in question.options]
    known = [r for r in own if r.option in frameworks and r.confidence >= FILL]
    if question.reading.several and len({r.option for r in known}) > 1:
        return [replace(max(known, key=lambda r: r.confidence), option=question.reading.several)]
    later = question.reading.ties == "later"

    def rank(reading: Reading) -> tuple[bool, bool, float, int]:
        place = order.index(reading.option)
        return (not reading.implied, not reading.fallback, reading.confidence, place if later else -place)

    first, *others = sorted(own, key=rank, reverse=True)
    lowered = [replace(other, confidence=min(other.confidence, OFFER)) for other in others if not other.implied]
    return [first, *lowered]


def needs_of(settled: Sequence[Reading], knowledge: Knowledge) -> Needs:
    """Return what was said surely: the filled answers and the exclusions."""
    answers: dict[str, str | tuple[str, ...]] = {}
    excluded: dict[str, tuple[str, ...]] = {}
    for name, question in knowledge.questions.items():
        order = [choice.id for choice in question.options]
        wanted = {
            r.option for r in settled if r.question == name and r.wanted and not r.implied and r.confidence >= FILL
        }
        ruled = {r.option for r in settled if r.question == name and not r.wanted and r.confidence >= FILL}
        if wanted:
            chosen = tuple(option for option in order if option in wanted)
            answers[name] = chosen[0] if question.kind == "one" else chosen
        if ruled:
            excluded[name] = tuple(option for option in order if option in ruled)
    return Needs(answers=answers, excluded=excluded)


def implied_of(settled: Sequence[Reading], knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Return what follows from the text without being said, by question."""
    return _grouped((r for r in settled if r.wanted and r.implied), knowledge)


def offers_of(settled: Sequence[Reading], knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Return the half-sure options of the questions that were not filled, best first."""
    half = (r for r in settled if r.wanted and not r.implied and OFFER <= r.confidence < FILL)
    return _grouped(half, knowledge)


def _grouped(found: Iterable[Reading], knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    by_question: dict[str, list[Reading]] = {}
    for reading in found:
        by_question.setdefault(reading.question, []).append(reading)
    return {
        name: tuple(r.option for r in sorted(by_question[name], key=lambda r: -r.confidence))
        for name in knowledge.questions
        if name in by_question
    }
