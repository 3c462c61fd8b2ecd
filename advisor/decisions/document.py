"""What is true: one self-contained decision, from which every form of the report is drawn.

Pure: the date comes in; of the disk only the program's own text is read, once, for its digest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advisor.decisions import seals as sealing
from advisor.decisions.provenance import program_stamp
from advisor.decisions.redaction import without_places
from advisor.errors import InputError
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.recommendation import measurable_frameworks
from probes.evidence.documents import evidence_document

if TYPE_CHECKING:
    from probes.types import Evidence, Probe


class Decision(BaseModel):
    """The ``decision/1`` document.

    Attributes:
        basis: the part of the knowledge base the result was computed from, so that it can be
            recomputed from the report alone.
        transcript: the conversation that led to the needs, as the user wrote it.
        versions: installed framework versions at the time, which the ageing of claims depends on.
        probes: the catalogue the plan was chosen from. measurable: frameworks that probes could run.
        program: who computed it (see ``program.stamp``). seals: a digest of each part (see ``saved.seals``).
    """

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    schema_: Literal["decision/1"] = Field("decision/1", alias="schema")
    needs: dict[str, Any]
    recommendation: Recommendation
    evidence: tuple[dict[str, Any], ...]
    claims: dict[str, dict[str, Any]]
    sources: dict[str, dict[str, Any]]
    made_on: date
    program: dict[str, str]
    random_seed: int
    basis: dict[str, Any]
    transcript: tuple[dict[str, str], ...] = ()
    versions: dict[str, str] = {}
    probes: dict[str, dict[str, Any]] = {}
    measurable: tuple[str, ...] = ()
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
) -> Decision:
    """Gather everything the decision rests on into one document; where things lie on this disk stays here."""
    told = recommendation.model_copy(
        update={
            "verdicts": tuple(without_places(recommendation.verdicts)),
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
    kept = {
        name: claim
        for name, claim in knowledge.claims.items()
        if claim.status in ("active", "disputed") or name in cited
    }
    return knowledge.model_copy(update={"claims": kept}).model_dump(mode="json")


def read_decision(document: Any) -> Decision:
    """Read a decision/1 document that someone hands in.

    Raises:
        InputError: another schema, or a key that is missing or wrong; all problems at once.
    """
    if not isinstance(document, Mapping):
        raise InputError(['not a decision: expected a JSON object with "schema": "decision/1"'])
    if document.get("schema") != "decision/1":
        raise InputError([f"not a decision: its schema is {document.get('schema')!r}, expected 'decision/1'"])
    try:
        return Decision.model_validate(document)
    except ValidationError as error:
        raise InputError(
            [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        ) from error


def _cited(recommendation: Recommendation) -> set[str]:
    """Return the ids of every claim the recommendation leans on or speaks of."""
    groups: list[Iterable[str]] = [recommendation.for_, recommendation.against]
    groups += [criterion.claims for criterion in recommendation.criteria]
    groups += [route.claims for route in recommendation.routes]
    groups += [exclusion.claims for exclusion in recommendation.excluded]
    groups += [[str(verdict["claim"])] for verdict in recommendation.verdicts if "claim" in verdict]
    return {name for group in groups for name in group}
