"""A set of evidence is read as strictly as each of its sessions."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from probes.evidence.documents import EvidenceError, evidence_document, parse_evidence
from probes.evidence.routes import routes_document
from probes.evidence.sets import EvidenceSet, EvidenceSetDocument, NotMeasured, parse_sessions, set_document
from probes.types import Reason
from tests import measured_routes
from tests.probes.evidence.test_documents import EVIDENCE

LOST = NotMeasured({"cpu": "y"}, ("10.0.0.2",), Reason("node-lost", why="it is gone"))


def document(*, sessions: int = 2) -> dict[str, Any]:
    found = EvidenceSet((EVIDENCE,) * sessions, (LOST,), EVIDENCE.started, EVIDENCE.finished)
    made: dict[str, Any] = json.loads(json.dumps(set_document(found)))
    return made


def test_what_is_written_fits_the_published_schema_and_comes_back() -> None:
    jsonschema.validate(document(), EvidenceSetDocument.model_json_schema(by_alias=True))

    assert parse_sessions(document()) == (parse_evidence(evidence_document(EVIDENCE)),) * 2


def test_one_session_alone_is_read_as_before() -> None:
    assert parse_sessions(evidence_document(EVIDENCE)) == (parse_evidence(evidence_document(EVIDENCE)),)


def test_the_faults_of_every_session_come_at_once_with_their_place() -> None:
    wrong = document()
    wrong["evidence"][0]["grade"] = "E"
    wrong["evidence"][1]["probes"][0]["ratio"]["favours"] = "tensorflow"
    wrong["made_by"] = "me"
    with pytest.raises(EvidenceError) as refused:
        parse_sessions(wrong)

    places = [problem.split(": ")[0] for problem in refused.value.problems]
    assert places == ["made_by", "evidence[0].grade", "evidence[1].probes[0].ratio.favours"]


@pytest.mark.parametrize("sessions", [[], {}, None, ["x"], [[]]])
def test_a_set_without_a_session_is_none(sessions: Any) -> None:
    with pytest.raises(EvidenceError, match="evidence"):
        parse_sessions({**document(), "evidence": sessions})


@pytest.mark.parametrize("data", [None, [], "x", {"schema": "evidence-set/2"}])
def test_what_is_neither_is_refused(data: Any) -> None:
    with pytest.raises(EvidenceError):
        parse_sessions(data)


def test_a_table_of_routes_alone_is_a_session_without_probes() -> None:
    table = measured_routes.table()

    (session,) = parse_sessions(routes_document(table))

    assert session.routes == table
    assert (session.probes, session.grade, session.finished) == ((), table.grade, table.finished)
    assert parse_sessions(evidence_document(session)) == (session,)
