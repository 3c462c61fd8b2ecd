"""``decision/1``: one model that is made, read, checked and described by its JSON Schema. Pure: the date comes in.

Self-contained: every form of the report is drawn from it, and it can be computed again from what it holds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advisor.decisions import parts
from advisor.decisions import seals as sealing
from advisor.decisions.provenance import program_stamp
from advisor.errors import InputError
from advisor.model.holding import Holds
from advisor.model.knowledge import Knowledge, Source
from advisor.model.needs import Needs
from advisor.model.recommendation import ClaimVerdict, MeasurableRoute, Recommendation
from advisor.model.reference import ReferenceSession
from advisor.recommendation import measurable_frameworks
from probes.evidence.documents import evidence_document, shape_of
from probes.evidence.schema import EvidenceDocument
from probes.wording.places import without_places

if TYPE_CHECKING:
    from probes.types import Evidence, Probe


SCHEMA = "decision/1"


class Decision(BaseModel):
    """The ``decision/1`` document.

    Beyond its shape: an entry of the basis stands under its own id, every framework that the recommendation speaks of
    has a share and a utility there, and every claim that moves the result stands under ``claims``.

    Attributes:
        basis: the part of the knowledge base the result was computed from, so that it can be
            recomputed from the report alone.
        transcript: the conversation that led to the needs, as the user wrote it.
        versions: installed framework versions at the time, which the ageing of claims depends on.
        probes: the catalogue the plan was chosen from. measurable: frameworks that probes could run.
        reference: sessions of other machines that came with the program; absent where it had none.
        routes: those that could be measured; absent from decisions that were made without.
        program: who computed it (see ``provenance.program_stamp``). seals: a digest of each part (see ``seals.seals``).
    """

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    schema_: Literal["decision/1"] = Field("decision/1", alias="schema")
    needs: Annotated[dict[str, Any], Holds(Needs)]
    recommendation: Recommendation
    evidence: tuple[Annotated[dict[str, Any], Holds(EvidenceDocument, problems=shape_of)], ...]
    claims: dict[str, Annotated[dict[str, Any], Holds(parts.CitedClaim)]]
    sources: dict[str, Annotated[dict[str, Any], Holds(Source)]]
    made_on: date
    program: Annotated[dict[str, str], Holds(parts.Program)]
    random_seed: int = Field(ge=0)
    basis: Annotated[dict[str, Any], Holds(Knowledge, or_empty=True)]
    transcript: tuple[Annotated[dict[str, str], Holds(parts.Line)], ...] = ()
    versions: dict[str, str] = {}
    probes: dict[str, Annotated[dict[str, Any], Holds(parts.CataloguedProbe)]] = {}
    measurable: tuple[str, ...] = ()
    reference: tuple[ReferenceSession, ...] = Field((), exclude_if=lambda sessions: not sessions)
    routes: tuple[MeasurableRoute, ...] = Field((), exclude_if=lambda routes: not routes)
    seals: dict[str, str] = {}

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready document."""
        return self.model_dump(mode="json", by_alias=True)


def build_decision(
    needs: Needs,
    recommendation: Recommendation,
    evidence: Sequence[Evidence],
    knowledge: Knowledge,
    *,
    made_on: date,
    versions: Mapping[str, str] | None = None,
    transcript: Iterable[Mapping[str, str]] = (),
    probes: Iterable[Probe] = (),
    measurable: Sequence[str] | None = None,
    reference: Sequence[ReferenceSession] = (),
    routes: Sequence[MeasurableRoute] = (),
) -> Decision:
    """Gather everything the decision rests on into one document; where things lie on this disk stays here."""
    told = recommendation.model_copy(
        update={
            "verdicts": tuple(
                ClaimVerdict.model_validate(without_places(verdict.model_dump())) for verdict in recommendation.verdicts
            ),
            "machine": without_places(recommendation.machine),
        }
    )
    cited = _cited(recommendation)
    claims = {name: knowledge.claims[name] for name in sorted(cited) if name in knowledge.claims}
    sources = sorted({key for claim in claims.values() for key in claim.sources})
    decision = Decision(
        needs=needs.document(),
        recommendation=told,
        evidence=tuple(without_places(evidence_document(session)) for session in evidence),
        claims={name: {**claim.model_dump(mode="json"), "status": claim.status} for name, claim in claims.items()},
        sources={key: knowledge.sources[key].model_dump(mode="json") for key in sources if key in knowledge.sources},
        made_on=made_on,
        program=program_stamp(),
        random_seed=recommendation.random_seed,
        basis=basis(knowledge, cited),
        transcript=tuple(dict(line) for line in transcript),
        versions=dict(versions or {}),
        probes={probe.id: _probe_entry(probe) for probe in probes},
        measurable=measurable_frameworks(tuple(knowledge.frameworks)) if measurable is None else tuple(measurable),
        reference=tuple(reference),
        routes=tuple(routes),
    )
    return decision.model_copy(update={"seals": sealing.seals(decision.document())})


def _probe_entry(probe: Probe) -> dict[str, Any]:
    """Return a probe as a decision holds it: without ``checks`` where it has none, as 0.1.0 wrote every probe."""
    entry = asdict(probe)
    if not entry["checks"]:
        del entry["checks"]
    return entry


def basis(knowledge: Knowledge, cited: Collection[str] = ()) -> dict[str, Any]:
    """Return what a recomputation needs: all claims that weigh and those ``cited``; the rest is only history."""
    kept = {name: claim for name, claim in knowledge.claims.items() if claim.weighs or name in cited}
    return knowledge.model_copy(update={"claims": kept}).model_dump(mode="json")


def read_decision(document: Any, *, name: str = "") -> Decision:
    """Read a decision/1 document that someone hands in, taking nothing for what it is not.

    Args:
        document: parsed JSON. name: how it is called in messages, where there are several.

    Raises:
        InputError: another schema, or a key that is missing or wrong; all problems at once, each with its place.
    """
    before = f"{name}: " if name else ""
    if not isinstance(document, Mapping):
        raise InputError([f'{before}not a decision: expected a JSON object with "schema": "{SCHEMA}"'])
    if document.get("schema") != SCHEMA:
        raise InputError([f"{before}not a decision: its schema is {document.get('schema')!r}, expected '{SCHEMA}'"])
    try:
        # As JSON, where strictness still takes a list for a tuple and a text for a date.
        found = Decision.model_validate_json(json.dumps(document, allow_nan=False), strict=True)
    except ValidationError as error:
        raise InputError([before + problem for problem in parts.refusals(error, Decision)]) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError([f"{before}not plain JSON ({error})"]) from error
    if problems := parts.problems(found):
        raise InputError([before + problem for problem in problems])
    return found


def _cited(recommendation: Recommendation) -> set[str]:
    """Return the ids of every claim the recommendation leans on or speaks of."""
    groups: list[Iterable[str]] = [recommendation.for_, recommendation.against]
    groups += [criterion.claims for criterion in recommendation.criteria]
    groups += [route.claims for route in recommendation.routes]
    groups += [exclusion.claims for exclusion in recommendation.excluded]
    groups += [[verdict.claim] for verdict in recommendation.verdicts]
    return {name for group in groups for name in group}
