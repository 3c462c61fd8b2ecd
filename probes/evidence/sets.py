"""The ``evidence-set/1`` document: sessions of several machines in one file, and why others have none.

Each session in it is an ``evidence/1`` document and is read as strictly as one that stands alone. A table of routes
that stands alone (``routes/1``) is a session without probes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from probes import reasons
from probes.evidence.documents import EvidenceError, evidence_document, parse_evidence
from probes.evidence.routes import parse_routes
from probes.evidence.schema import EvidenceDocument
from probes.system.suggestions import spelled
from probes.types import ROUTES_SCHEMA, Evidence, Reason, Routes

SCHEMA = "evidence-set/1"


@dataclass(frozen=True)
class NotMeasured:
    """A kind of machine without a session.

    Attributes:
        machine: its description; empty where not even that is known.
        nodes: the names of those that were tried.
        reason: why.
    """

    machine: Mapping[str, Any]
    nodes: tuple[str, ...]
    reason: Reason


@dataclass(frozen=True)
class EvidenceSet:
    """Sessions, one a machine, and the machines without one."""

    sessions: tuple[Evidence, ...]
    not_measured: tuple[NotMeasured, ...]
    started: str
    finished: str


class NotMeasuredDocument(BaseModel):
    """One machine without a session."""

    model_config = ConfigDict(extra="forbid")

    machine: dict[str, Any]
    nodes: list[str]
    reason: str
    reason_code: str = ""
    reason_params: dict[str, Any] = {}


class EvidenceSetDocument(BaseModel):
    """``evidence-set/1``."""

    model_config = ConfigDict(extra="forbid")

    schema_: Literal["evidence-set/1"] = Field(alias="schema")
    evidence: Annotated[list[EvidenceDocument], Field(min_length=1, description="One session a machine.")]
    not_measured: list[NotMeasuredDocument] = Field(description="Machines without a session, each with its reason.")
    started: str
    finished: str


class _Head(EvidenceSetDocument):
    """The same without the sessions, which ``parse_evidence`` reads."""

    evidence: Annotated[list[Any], Field(min_length=1)]


def set_document(found: EvidenceSet) -> dict[str, Any]:
    """Return a set as plain JSON values."""
    return {
        "schema": SCHEMA,
        "evidence": [evidence_document(session) for session in found.sessions],
        "not_measured": [
            {"machine": dict(one.machine), "nodes": list(one.nodes), **reasons.document(one.reason)}
            for one in found.not_measured
        ],
        "started": found.started,
        "finished": found.finished,
    }


def parse_sessions(data: Any) -> tuple[Evidence, ...]:
    """Return the sessions of a document: one of ``evidence/1`` or ``routes/1``, all of ``evidence-set/1``.

    Raises:
        EvidenceError: with every problem of every session.
    """
    if isinstance(data, Mapping) and data.get("schema") == ROUTES_SCHEMA:
        return (session_of(parse_routes(data)),)
    if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
        return (parse_evidence(data),)
    problems: list[str] = []
    try:
        _Head.model_validate(data)
    except ValidationError as error:
        problems += [f"{spelled(one['loc'])}: {one['msg']}" for one in error.errors(include_url=False)]
    sessions: list[Evidence] = []
    held = data.get("evidence")
    for number, document in enumerate(held if isinstance(held, list) else []):
        try:
            sessions.append(parse_evidence(document))
        except EvidenceError as error:
            problems += [f"evidence[{number}].{problem}" for problem in error.problems]
    if problems:
        raise EvidenceError(problems)
    return tuple(sessions)


def session_of(table: Routes) -> Evidence:
    """Return a table of routes as the session of its machine, in which no probe ran."""
    return Evidence(
        machine=table.machine,
        environments={},
        probes=(),
        selftest=None,
        grade=table.grade,
        started=table.started,
        finished=table.finished,
        routes=table,
    )
