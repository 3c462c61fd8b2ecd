"""Free text, English or Chinese or both, to needs. Offline; no language model; never fails on any string.

    read("毕业设计，树莓派上做实时检测，没有显卡", knowledge).needs

Two readers: the lexicon's rules (``lexicon``, ``negation_scope``) and, for what they do not know, classifiers on
character n-grams (``model``, taught by knowledge/phrases/). ``existing_code`` takes the text as a whole where single
clauses are not enough; ``conflict_resolution`` decides which reading holds. What is only implied ("Raspberry Pi":
a cpu) is kept apart in ``Understanding.implied`` and is not in ``.needs``.

Reads lexicon.yaml and phrases/ of the knowledge base and keeps the trained model, as plain arrays, in the
user's cache directory. Never touches the network or the clock.
"""

from __future__ import annotations

from advisor.model.knowledge import Knowledge
from advisor.reading import conflict_resolution, existing_code, normalization, targets
from advisor.reading.conflict_resolution import Reading
from advisor.reading.reader import Reader
from advisor.reading.reader import load as load_model
from advisor.reading.roles import Roles
from advisor.reading.types import FILL, OFFER, Slot, TargetSlot, Understanding

__all__ = ["FILL", "OFFER", "Reader", "Slot", "TargetSlot", "Understanding", "load_model", "read"]


def read(text: str, knowledge: Knowledge, *, reader: Reader | None = None) -> Understanding:
    """Read ``text``; what was not understood is left out, never guessed.

    Args:
        text: any string; 100,000 characters take a fraction of a second.
        knowledge: gives the questions; options it does not know are not said.
        reader: the loaded lexicon and model; by default those that come with the program.
    """
    reader = reader or load_model()
    roles = Roles.of(knowledge)
    normalised = reader.normalise(text)
    found, clauses = reader.by_rule(normalised.text, roles)
    answered = {reading.question for reading in found if not reading.implied}
    found += reader.by_model(normalised.text, clauses, answered)
    found = existing_code.revise(found, normalised.text, reader.cues, frameworks=knowledge.frameworks, roles=roles)
    settled, contradictions = conflict_resolution.resolve(found, knowledge)
    numbers = reader.numbers(normalised.text)
    stated = {number.target: number.value for number in numbers if number.confidence >= FILL}
    outside = reader.out_of_scope(normalised.text, answered=bool(answered or stated))
    if outside:
        settled, contradictions, numbers, stated = [], [], [], {}
    needs = conflict_resolution.needs_of(settled, knowledge).model_copy(update={"targets": stated})
    offered = conflict_resolution.offers_of(settled, knowledge)
    offers = {question: options for question, options in offered.items() if question not in needs.answers}
    unanswered = [name for name in knowledge.questions if name not in needs.answers and name not in offers]
    return Understanding(
        language=normalization.language(normalised, reader.lexicon.terms),
        needs=needs,
        slots=tuple(_slot(reading, normalised) for reading in settled),
        ask=(*offers, *unanswered),
        out_of_scope=outside,
        implied=conflict_resolution.implied_of(settled, knowledge),
        offers=offers,
        contradictions=tuple(contradictions),
        targets=tuple(_target(number, normalised) for number in numbers),
    )


def _target(number: targets.Reading, normalised: normalization.NormalizedText) -> TargetSlot:
    return TargetSlot(
        target=number.target,
        value=number.value,
        confidence=number.confidence,
        span=normalised.span(number.start, number.end),
    )


def _slot(reading: Reading, normalised: normalization.NormalizedText) -> Slot:
    return Slot(
        question=reading.question,
        option=reading.option,
        polarity="wanted" if reading.wanted else "excluded",
        confidence=round(reading.confidence, 3),
        span=normalised.span(reading.start, reading.end),
        by=reading.by,
        implied=reading.implied,
    )
