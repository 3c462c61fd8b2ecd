"""Free text, English or Chinese or both, to needs. Offline; no language model; never fails on any string.

    read("毕业设计，树莓派上做实时检测，没有显卡", knowledge).needs

Two readers, `docs` in `knowledge/phrases/README.md`: the lexicon's rules (`lexicon`, `scope`) and, for what
they do not know, classifiers on character n-grams (`model`). `merge` says who is believed. What is only
implied ("Raspberry Pi": a cpu) is kept apart in ``Understanding.implied`` and is not in ``.needs``.

Reads two kinds of files under the knowledge base (lexicon.yaml, phrases/) and keeps the trained model, as
plain arrays, in the user's cache directory. Never touches the network or the clock.
"""

from __future__ import annotations


from advisor.knowledge import home
from advisor.reading import lexicon, merge, normal, scope
from advisor.reading.merge import Reading
from advisor.reading.types import FILL, OFFER, Slot, Understanding
from advisor.types import Knowledge

__all__ = ["FILL", "OFFER", "Slot", "Understanding", "read"]


def read(text: str, knowledge: Knowledge) -> Understanding:
    """Read ``text``; what was not understood is left out, never guessed."""
    words = lexicon.load(home() / "lexicon.yaml")
    normalised = normal.normalise(text, words.traditional)
    matches = words.find(normalised.text)
    found: list[Reading] = []
    conditional: list[tuple[lexicon.Concept, list[Reading]]] = []
    for clause in scope.clauses(normalised.text, matches):
        for match, polarity in zip(clause.matches, scope.polarities(normalised.text, clause), strict=True):
            said = merge.evidence(match, polarity)
            if match.concept.needs:
                conditional.append((match.concept, said))
            else:
                found += said
    found += [reading for concept, said in conditional if merge.conditional(concept, found) for reading in said]
    settled, contradictions = merge.settle(found, knowledge)
    needs = merge.needs_of(settled, knowledge)
    offers = merge.offers_of(settled, knowledge)
    offers = {name: options for name, options in offers.items() if name not in needs.answers}
    unanswered = [name for name in knowledge.questions if name not in needs.answers and name not in offers]
    return Understanding(
        language=normal.language(normalised, words.terms),
        needs=needs,
        slots=tuple(_slot(reading, normalised) for reading in settled),
        ask=(*offers, *unanswered),
        out_of_scope=not settled,
        implied=merge.implied_of(settled, knowledge),
        offers=offers,
        contradictions=tuple(contradictions),
    )


def _slot(reading: Reading, normalised: normal.Normal) -> Slot:
    return Slot(
        question=reading.question,
        option=reading.option,
        polarity="wanted" if reading.wanted else "excluded",
        confidence=round(reading.confidence, 3),
        span=normalised.span(reading.start, reading.end),
        by=reading.by,
        implied=reading.implied,
    )
