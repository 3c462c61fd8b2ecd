"""The nouns of a conversation: frozen, JSON-ready. Pure."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.reading.types import assumed

Lang = Literal["en", "zh"]
Verb = Literal[
    "answer",  # question, option: say it (also: accept what was only implied or offered)
    "exclude",  # question, option: rule it out
    "remove",  # question, option: take a chip back, whatever its polarity
    "skip",  # question: do not ask it again
    "replace",  # the contradiction asked about: take the new
    "keep",  # the contradiction asked about: stay with the old
    "adopt",  # the what-if or critique just shown: apply it
    "result",
    "why",
    "why-not",  # option: framework id
    "flips",
    "what-if",  # question, option
    "critique",  # option: cheaper, faster, smaller, easier, lasting
    "sources",
    "measure",
    "report",
    "help",
    "restart",
]


TARGETS = "targets"
"""Stands where a question does in an action on a target; the option is then the target's name."""


class Noun(BaseModel):
    """Frozen; unknown keys are refused, so that a state kept by an older version is not misread."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Action(Noun):
    """What a chip does when pressed; the user's other way of speaking."""

    verb: Verb
    question: str | None = None
    option: str | None = None


class Chip(Noun):
    """A button. ``quote``: the user's own words it was read from (show as text, never render as markup).

    ``state``: said (filled), excluded, implied (assumed, not said), choice (an answer), step (what to do next).
    """

    label: str
    action: Action
    state: Literal["said", "excluded", "implied", "choice", "step"] = "step"
    quote: str = ""


class Citation(Noun):
    """A claim behind an answer, with its sources as (title, publisher, date or "", address)."""

    claim: str
    statement: str
    sources: tuple[tuple[str, str, str, str], ...]


class Message(Noun):
    """One message of the advisor. ``text`` holds only our words (Markdown); user text stands in chips alone.

    ``do``: what the caller is to start now: "measure" the probe plan, make the "report".
    """

    kind: Literal["understood", "question", "conflict", "result", "answer", "off-topic", "action", "greeting"]
    text: str
    chips: tuple[Chip, ...] = ()
    citations: tuple[Citation, ...] = ()
    do: Literal["measure", "report"] | None = None


class Turn(Noun):
    """A line of the transcript."""

    who: Literal["user", "advisor"]
    text: str


class Conflict(Noun):
    """Something new that contradicts what was said before; asked about, never overwritten."""

    question: str
    option: str
    wanted: bool


class State(Noun):
    """Everything the conversation knows; ``model_dump(mode="json")`` keeps it, ``model_validate`` brings it back.

    Attributes:
        needs: what the user said or confirmed. implied: question -> options assumed, not said.
        quotes: "question.option" -> the words it was read from.
        conflicts: contradictions still to be asked about, the first being asked.
        asked: the question being asked. skipped: those the user does not want to answer.
        described: whether anything is known about the project.
        proposed: needs of the last what-if or critique, adopted on demand.
    """

    lang: Lang = "en"
    needs: Needs = Needs()
    implied: dict[str, tuple[str, ...]] = {}
    quotes: dict[str, str] = {}
    conflicts: tuple[Conflict, ...] = ()
    asked: str | None = None
    skipped: tuple[str, ...] = ()
    proposed: Needs | None = None
    described: bool = False
    transcript: tuple[Turn, ...] = ()

    def assumed(self, knowledge: Knowledge) -> Needs:
        """Return the needs with what is implied added at half certainty: what the advice rests on."""
        return assumed(self.needs, self.implied, knowledge)


__all__ = [
    "Action",
    "Chip",
    "Citation",
    "Conflict",
    "Lang",
    "Message",
    "Needs",
    "Recommendation",
    "State",
    "Turn",
    "Verb",
]
