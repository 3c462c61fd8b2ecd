"""The knowledge base as plain rows: claims, systems, single entries. Pure."""

from __future__ import annotations

from typing import Any

from advisor.model.knowledge import Claim, Knowledge, Tool


def claims(knowledge: Knowledge) -> list[dict[str, Any]]:
    """Return one row a claim, by criterion and id, as ``knowledge list --json`` prints them."""
    return [
        claim_row(claim, knowledge)
        for claim in sorted(knowledge.claims.values(), key=lambda claim: (claim.criterion, claim.id))
    ]


def claim_row(claim: Claim, knowledge: Knowledge) -> dict[str, Any]:
    """Return a claim as a JSON-ready row with its derived keys."""
    row = claim.model_dump(mode="json")
    row["status"] = claim.status
    row["probe"] = list(knowledge.probes_of.get(claim.id, ()))
    return row


def systems(knowledge: Knowledge) -> list[dict[str, Any]]:
    """Return one row a tool, by id, as ``knowledge list --systems --json`` prints them."""
    about: dict[str, list[str]] = {}
    for claim in knowledge.claims.values():
        for tool in claim.tools:
            about.setdefault(tool, []).append(claim.id)
    return [system_row(tool, sorted(about.get(tool.id, [])), knowledge) for tool in _by_id(knowledge)]


def system_row(tool: Tool, about: list[str], knowledge: Knowledge) -> dict[str, Any]:
    """Return a tool as a JSON-ready row: its state, the claims about it and the probes that test those."""
    row = tool.model_dump(mode="json", exclude={"latest_version", "latest_date"})
    date = tool.latest_date.isoformat() if tool.latest_date else None
    row["latest"] = {"version": tool.latest_version, "date": date}
    row["claims"] = about
    row["probes"] = sorted({probe for claim in about for probe in knowledge.probes_of.get(claim, ())})
    if row["probes"]:
        row["why_not_probeable"] = None
    return row


def entry(knowledge: Knowledge, name: str) -> dict[str, Any] | None:
    """Return whatever bears the id ``name``, with what hangs on it, or None."""
    if name in knowledge.claims:
        row = claim_row(knowledge.claims[name], knowledge)
        cited = [knowledge.sources[key].model_dump(mode="json") for key in knowledge.claims[name].sources]
        return {"type": "claim", **row, "cited": cited}
    if name in knowledge.tools:
        row = next(row for row in systems(knowledge) if row["id"] == name)
        routes = [route.model_dump(mode="json") for route in knowledge.routes if name in route.tools]
        return {"type": "tool", **row, "routes": routes}
    if name in knowledge.criteria:
        on = [claim.id for claim in knowledge.claims.values() if claim.criterion == name]
        return {"type": "criterion", **knowledge.criteria[name].model_dump(mode="json"), "claims": sorted(on)}
    if name in knowledge.questions:
        return {"type": "question", **knowledge.questions[name].model_dump(mode="json")}
    if name in knowledge.sources:
        citing = [claim.id for claim in knowledge.claims.values() if name in claim.sources]
        return {"type": "source", **knowledge.sources[name].model_dump(mode="json"), "claims": sorted(citing)}
    if name in knowledge.frameworks:
        return {"type": "framework", **knowledge.frameworks[name].model_dump(mode="json")}
    return None


def counts(knowledge: Knowledge) -> dict[str, int]:
    """Return how many entries of each kind there are."""
    return {
        "frameworks": len(knowledge.frameworks),
        "criteria": len(knowledge.criteria),
        "questions": len(knowledge.questions),
        "claims": len(knowledge.claims),
        "sources": len(knowledge.sources),
        "tools": len(knowledge.tools),
        "routes": len(knowledge.routes),
    }


def ids(knowledge: Knowledge) -> list[str]:
    """Return every id that ``entry`` knows."""
    groups = (
        knowledge.claims,
        knowledge.tools,
        knowledge.criteria,
        knowledge.questions,
        knowledge.sources,
        knowledge.frameworks,
    )
    return sorted(name for group in groups for name in group)


def _by_id(knowledge: Knowledge) -> list[Tool]:
    return sorted(knowledge.tools.values(), key=lambda tool: tool.id)
