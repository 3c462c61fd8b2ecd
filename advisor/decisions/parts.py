"""The parts of a decision that somebody hands in: what stands in them, and whether they fit together. Pure.

A decision holds its needs, evidence, claims and basis as plain JSON, as it was written; what reads them relies on
their shape.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from advisor.errors import nearest
from advisor.knowledge.shape_problems import shape_problems
from advisor.model.knowledge import CLAIM_STATUS, Claim, Knowledge, Source
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.model.text import Text
from probes.evidence.documents import shape_of
from probes.system.suggestions import spelled

MANUAL = "see 'framework-advisor schema decision'"
_ROUNDED = 1e-9
"""What sums of shares may lie above 1."""

_STATUS = tuple(CLAIM_STATUS.values())
_SECTIONS = ("frameworks", "criteria", "questions", "sources", "claims", "tools", "beliefs")


class _Parts(Protocol):
    """What a decision is made of, as ``document.Decision`` holds it."""

    @property
    def needs(self) -> Mapping[str, Any]: ...

    @property
    def recommendation(self) -> Recommendation: ...

    @property
    def evidence(self) -> Sequence[Mapping[str, Any]]: ...

    @property
    def claims(self) -> Mapping[str, Mapping[str, Any]]: ...

    @property
    def sources(self) -> Mapping[str, Mapping[str, Any]]: ...

    @property
    def transcript(self) -> Sequence[Mapping[str, str]]: ...

    @property
    def program(self) -> Mapping[str, str]: ...

    @property
    def basis(self) -> Mapping[str, Any]: ...

    @property
    def probes(self) -> Mapping[str, Mapping[str, Any]]: ...


class _CataloguedProbe(BaseModel):
    """What a reader needs of a probe; early decisions hold no more."""

    model_config = ConfigDict(extra="allow")

    question: Text | None = None
    metric: str = ""


def refusals(
    error: ValidationError,
    model: type[BaseModel],
    place: str = "",
    *,
    passes: Callable[[ErrorDetails], bool] = lambda one: False,
) -> list[str]:
    """Return everything that a model refuses of the part of a decision at ``place``, a line each, but what passes."""
    return [
        f"{spelled((place, *where) if place else where) or 'decision'}: {message}; {way_out}"
        for where, message, way_out in shape_problems(error, model, manual=MANUAL, passes=passes)
    ]


def problems(decision: _Parts) -> list[str]:
    """Return what is wrong in the parts of a decision of the right shape, each with its place.

    Keys that a later version of the program may have added are no problem.
    """
    found = [
        *_unread(Needs, _without_schema(decision.needs), "needs"),
        *_unread(Needs, _without_schema(decision.recommendation.needs), "recommendation.needs"),
        *(p for name, claim in decision.claims.items() for p in _cited_claim(claim, f"claims.{name}")),
        *(p for name, source in decision.sources.items() for p in _unread(Source, source, f"sources.{name}")),
        *(p for name, probe in decision.probes.items() for p in _unread(_CataloguedProbe, probe, f"probes.{name}")),
        *(f"evidence[{i}].{told}" for i, session in enumerate(decision.evidence) for told in shape_of(session)),
    ]
    found += [
        f"transcript[{i}].{key}: missing; every line says who spoke and the text"
        for i, line in enumerate(decision.transcript)
        for key in ("who", "text")
        if key not in line
    ]
    if decision.basis:
        found += _unread(Knowledge, decision.basis, "basis") or _misplaced(decision.basis)
    if "version" not in decision.program:
        found.append("program.version: missing; add which version of the program computed it")
    found += _no_shares(decision.recommendation)
    return found or [*_unknown_frameworks(decision.recommendation), *_uncited(decision)]


def whole(model: type[BaseModel], part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part as its readers rely on it: with what the model takes a key for that does not stand in it."""
    left_out = {key: field for key, field in model.model_fields.items() if not field.is_required() and key not in part}
    return {**part, **{key: field.get_default(call_default_factory=True) for key, field in left_out.items()}}


def _without_schema(needs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in needs.items() if key != "schema"}


def _cited_claim(claim: Mapping[str, Any], place: str) -> list[str]:
    """Return what is wrong in a claim, which stands in a decision with its status beside it."""
    status = claim.get("status")
    wrong = [] if status in _STATUS else [f"{place}.status: unknown word {status!r}; {nearest(str(status), _STATUS)}"]
    return wrong + _unread(Claim, {key: value for key, value in claim.items() if key != "status"}, place)


def _unread(model: type[BaseModel], part: Mapping[str, Any], place: str) -> list[str]:
    """Return what a model refuses of a part, read as the JSON that it is."""
    try:
        model.model_validate_json(json.dumps(part), strict=True)
    except ValidationError as error:
        return refusals(error, model, place, passes=_passes)
    return []


def _passes(error: ErrorDetails) -> bool:
    """Return whether an error is none to a reader of the document.

    What is written under "unless" is put in order before it is read, after which strictness knows no JSON list.
    """
    return error["type"] == "extra_forbidden" or "unless" in error["loc"]


def _misplaced(basis: Mapping[str, Any]) -> list[str]:
    return [
        f"basis.{section}.{key}: holds the entry of '{entry['id']}'"
        for section in _SECTIONS
        for key, entry in basis.get(section, {}).items()
        if entry["id"] != key
    ]


def _no_shares(found: Recommendation) -> Iterator[str]:
    """Yield where a share of draws is none."""
    shares = {"acceptability": found.acceptability, "confidence": found.confidence}
    shares |= {f"flips[{i}].acceptability": flip.acceptability for i, flip in enumerate(found.flips)}
    if found.before is not None:
        shares["before.acceptability"] = found.before.acceptability
    for place, held in shares.items():
        for framework, share in held.items():
            if not 0 <= share <= 1 + _ROUNDED:
                yield f"recommendation.{place}.{framework}: {share:g} is no share; write a number from 0 to 1"


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
