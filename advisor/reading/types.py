"""What reading hands on: slots with their place in the text, and the needs they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from advisor.model.knowledge import Knowledge, Share
from advisor.model.needs import Needs
from probes.statistics.targets import TargetName

FILL = 0.85
"""From this confidence on an answer is filled in (with an undo); below it is offered."""
OFFER = 0.5
"""Below this confidence nothing is said at all."""

IMPLIED = 0.7
"""Confidence of what only follows from what was said."""

HALF = 0.5
"""Certainty of an answer that only follows from others."""


class Slot(BaseModel):
    """One option read from the text.

    Attributes:
        span: half-open place in the text as it was given, in characters.
        by: the lexicon's rules or the trained model.
        implied: follows from what was said without being said ("Raspberry Pi" runs on a cpu).
    """

    model_config = ConfigDict(frozen=True)

    question: str
    option: str
    polarity: Literal["wanted", "excluded"]
    confidence: Share
    span: tuple[int, int]
    by: Literal["rule", "model"]
    implied: bool = False


class TargetSlot(BaseModel):
    """One number read from the text.

    Attributes:
        value: in the target's unit. confidence: from ``FILL`` on it stands in the needs, below it is only offered.
        span: half-open place in the text as it was given, in characters.
    """

    model_config = ConfigDict(frozen=True)

    target: TargetName
    value: float
    confidence: Share
    span: tuple[int, int]
    by: Literal["rule"] = "rule"


class Understanding(BaseModel):
    """The ``understanding/1`` document.

    Attributes:
        needs: what was said surely enough to fill in. Nothing implied, nothing half sure.
        implied: question -> options that only follow from what was said; ``assumed()`` adds them.
        offers: question -> options half sure, best first, to be offered as choices.
        ask: questions worth asking next, half-sure ones first.
        targets: numbers asked for; those that are not sure stand in no needs. Absent where there is none.
        contradictions: [question, option] said as wanted and as ruled out in one text; kept as ruled out.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    schema_: Literal["understanding/1"] = Field("understanding/1", alias="schema")
    language: Literal["en", "zh", "mixed", "other"]
    needs: Annotated[Needs, PlainSerializer(lambda needs: needs.document(), return_type=dict[str, Any])]
    slots: tuple[Slot, ...]
    ask: tuple[str, ...]
    out_of_scope: bool
    implied: dict[str, tuple[str, ...]] = {}
    offers: dict[str, tuple[str, ...]] = {}
    contradictions: tuple[tuple[str, str], ...] = ()
    targets: tuple[TargetSlot, ...] = Field((), exclude_if=lambda targets: not targets)

    def assumed(self, knowledge: Knowledge) -> Needs:
        """Return the needs with what is implied added, at half certainty."""
        return assumed(self.needs, self.implied, knowledge)

    def likely(self, knowledge: Knowledge) -> Needs:
        """Return the needs for whoever cannot be asked back: also what is half sure is assumed, at half certainty.

        Only what is at least as sure as what is implied; in a conversation it is asked about instead.
        """
        sure = {(slot.question, slot.option) for slot in self.slots if slot.confidence >= IMPLIED}
        strong = {q: tuple(option for option in options if (q, option) in sure) for q, options in self.offers.items()}
        return assumed(self.needs, {**strong, **self.implied}, knowledge)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready document."""
        return self.model_dump(mode="json", by_alias=True)


def assumed(needs: Needs, implied: Mapping[str, tuple[str, ...]], knowledge: Knowledge) -> Needs:
    """Return ``needs`` with the implied answers added at half certainty; what was said or ruled out stands.

    Args:
        needs: what was said.
        implied: question -> options, best first.
        knowledge: says which questions take several options.
    """
    answers, certainty = dict(needs.answers), dict(needs.certainty)
    for question, options in implied.items():
        rest = tuple(option for option in options if option not in needs.excluded.get(question, ()))
        if rest and question not in answers:
            answers[question] = rest if knowledge.questions[question].kind == "many" else rest[0]
            certainty[question] = HALF
    return needs.model_copy(update={"answers": answers, "certainty": certainty})
