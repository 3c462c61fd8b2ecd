"""JSON Schemas of the documents the program reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor.knowledge.needs_files import NeedsDocument
from advisor.model.holding import Described
from advisor.model.recommendation import Recommendation

Schema = dict[str, Any]


def names() -> list[str]:
    """Return the names of all documents, e.g. "recommendation"."""
    return list(_SCHEMAS)


def schema(name: str) -> Schema | None:
    """Return the JSON Schema of document ``name`` ("recommendation" or "recommendation/1"), or None."""
    made = _SCHEMAS.get(name.removesuffix("/1"))
    if made is None:
        return None
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name.removesuffix("/1"), **made()}


def _needs() -> Schema:
    return NeedsDocument.model_json_schema(by_alias=True)


def _understanding() -> Schema:
    from advisor.reading import Understanding

    return Understanding.model_json_schema(by_alias=True, mode="serialization")


def _recommendation() -> Schema:
    found = Recommendation.model_json_schema(by_alias=True, mode="serialization", schema_generator=Described)
    found["required"] = sorted({*found.get("required", []), "schema", "for", "against", "flips", "next_questions"})
    return found


def _evidence() -> Schema:
    from probes.evidence.schema import EvidenceDocument

    return EvidenceDocument.model_json_schema(by_alias=True)


def _routes() -> Schema:
    from probes.evidence.routes import RoutesDocument

    return RoutesDocument.model_json_schema(by_alias=True)


def _evidence_set() -> Schema:
    from probes.evidence.sets import EvidenceSetDocument

    return EvidenceSetDocument.model_json_schema(by_alias=True)


def _decision() -> Schema:
    from advisor.decisions.document import Decision

    found = Decision.model_json_schema(by_alias=True, schema_generator=Described)
    found["required"] = ["schema", *found["required"]]
    return found


_SCHEMAS: dict[str, Callable[[], Schema]] = {
    "needs": _needs,
    "understanding": _understanding,
    "recommendation": _recommendation,
    "evidence": _evidence,
    "evidence-set": _evidence_set,
    "routes": _routes,
    "decision": _decision,
}
