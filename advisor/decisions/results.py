"""What comes of verifying, rechecking and comparing decisions; each gives the JSON that ``--json`` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from advisor.model.recommendation import KnowledgeStamp
from advisor.model.text import Text


class Result(BaseModel):
    """Made by the program alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready document."""
        return self.model_dump(mode="json")


class Change(Result):
    """Something that has changed since a decision was made: a dotted name, its value then and now."""

    what: str
    then: Any
    now: Any
    text: Text


class Deviation(Result):
    """A place of a document where the computation gives another value."""

    place: str
    saved: Any
    computed: Any
    text: Text


class Difference(Result):
    """Something in which two decisions differ."""

    what: str
    first: Any
    second: Any
    text: Text


class Makers(Result):
    """The program that made a document and this one; ``same``: their engines are."""

    saved: Mapping[str, str]
    here: Mapping[str, str]
    same: bool


class KnowledgeBases(Result):
    """The knowledge base that a document was computed from and the one installed, None where none was given."""

    saved: KnowledgeStamp
    here: KnowledgeStamp | None
    same: bool


class Verification(Result):
    """A decision, computed again from what it holds.

    Attributes:
        same: nothing differs, and seals vouch for what went in. why: what a difference comes from, a key of
            ``verification.MADE_BY``, with its text.
        differences: all but texts that another program words otherwise, which stand in wording; where the seals are
            gone, also every part that nobody can vouch for any more.
        edited: the parts that are not as they were sealed; None where nothing was sealed.
        basis: "document" or "installed", where the knowledge came from.
    """

    same: bool
    why: str
    text: Text
    differences: tuple[Deviation, ...]
    wording: tuple[Deviation, ...]
    edited: tuple[str, ...] | None
    basis: str
    program: Makers
    knowledge: KnowledgeBases


class Outcome(Result):
    """The part of a recommendation that a decision stands or falls with."""

    recommended: str | None
    strength: str
    acceptability: Mapping[str, float]
    utility: Mapping[str, float]


class Reason(Result):
    """What turned a decision: one of its inputs that, were it as it was then, would let the decision stand."""

    what: str
    text: Text


class Recheck(Result):
    """A decision, decided again with what is known today.

    Attributes:
        stands: the same framework is recommended. because: where it does not stand, what turned it; none where it does.
        changes: what it was made with first, what came of it last.
        edited: the parts that are not as they were sealed; None where nothing was sealed.
    """

    stands: bool
    because: tuple[Reason, ...] = ()
    then: Outcome
    now: Outcome
    changes: tuple[Change, ...]
    edited: tuple[str, ...] | None


class Comparison(Result):
    """Two decisions side by side: the result first, then what led to it, the largest change first within each."""

    same: bool
    differences: tuple[Difference, ...]
