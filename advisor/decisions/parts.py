"""The parts of a decision that stay plain JSON: what stands in them, and whether they fit together. Pure.

A decision holds its needs, evidence, claims and basis as they were written; what reads them relies on their shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advisor.knowledge.shape_problems import shape_problems
from advisor.knowledge.yaml_lines import Path
from advisor.model.holding import REFUSED, of_a_later_version
from advisor.model.knowledge import Claim
from advisor.model.recommendation import Recommendation
from advisor.model.text import Text
from probes.system.suggestions import spelled

MANUAL = "see 'framework-advisor schema decision'"

_SECTIONS = ("frameworks", "criteria", "questions", "sources", "claims", "tools", "beliefs")


class CitedClaim(Claim):
    """A claim as a decision holds it, with its status beside it."""

    status_: Literal["active", "disputed", "superseded", "retired"] = Field(alias="status")


class CataloguedProbe(BaseModel):
    """What a reader needs of a probe; early decisions hold no more."""

    model_config = ConfigDict(extra="allow")

    question: Text | None = None
    metric: str = ""


class Program(BaseModel):
    """Who computed a decision (see ``provenance.program_stamp``)."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str]

    version: str


class Line(BaseModel):
    """A line of the conversation that led to the needs."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str]

    who: str
    text: str


class _Parts(Protocol):
    """What a decision is made of, as ``document.Decision`` holds it."""

    @property
    def recommendation(self) -> Recommendation: ...

    @property
    def claims(self) -> Mapping[str, Mapping[str, Any]]: ...

    @property
    def basis(self) -> Mapping[str, Any]: ...


def refusals(error: ValidationError, model: type[BaseModel], place: Path = ()) -> list[str]:
    """Return everything that a model refuses of the part of a decision at ``place``, a line each."""
    inner = [one for one in error.errors(include_url=False) if one["type"] == REFUSED]
    shapes = shape_problems(error, model, manual=MANUAL, passes=lambda one: one in inner or of_a_later_version(one))
    found = [f"{spelled((*place, *where)) or 'decision'}: {message}; {way_out}" for where, message, way_out in shapes]
    for one in inner:
        where, context = (*place, *one["loc"]), one["ctx"]
        found += [f"{spelled(where)}.{line}" for line in context.get("lines", ())]
        if "error" in context:
            found += refusals(context["error"], context["model"], where)
    return found


def problems(decision: _Parts) -> list[str]:
    """Return what of the parts of a decision, each of the right shape, does not fit together."""
    found = decision.recommendation
    return [*_misplaced(decision.basis), *_unknown_frameworks(found), *_uncited(decision)]


def whole(model: type[BaseModel], part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part as its readers rely on it: with what the model takes a key for that does not stand in it."""
    left_out = {key: field for key, field in model.model_fields.items() if not field.is_required() and key not in part}
    return {**part, **{key: field.get_default(call_default_factory=True) for key, field in left_out.items()}}


def _misplaced(basis: Mapping[str, Any]) -> list[str]:
    return [
        f"basis.{section}.{key}: holds the entry of '{entry['id']}'"
        for section in _SECTIONS
        for key, entry in basis.get(section, {}).items()
        if entry["id"] != key
    ]


def _unknown_frameworks(found: Recommendation) -> Iterator[str]:
    """Yield where a framework is spoken of that has no share or no utility."""
    for framework in [found.recommended, *found.utility] if found.recommended is not None else found.utility:
        for key, held in (("acceptability", found.acceptability), ("utility", found.utility)):
            if framework not in held:
                yield f"recommendation.{key}: has no '{framework}', of which the rest speaks"
    for i, row in enumerate(found.criteria):
        for framework in row.value.keys() ^ row.contribution.keys():
            yield f"recommendation.criteria[{i}]: value and contribution do not both hold '{framework}'"


def _uncited(decision: _Parts) -> Iterator[str]:
    """Yield the claims that move the result and do not stand in the document."""
    found = decision.recommendation
    cited: Sequence[tuple[str, Iterable[str]]] = [
        ("for", found.for_),
        ("against", found.against),
        *((f"criteria[{i}].claims", row.claims) for i, row in enumerate(found.criteria)),
    ]
    for place, names in cited:
        for name in names:
            if name not in decision.claims:
                yield f"recommendation.{place}: claim '{name}' does not stand under claims"
