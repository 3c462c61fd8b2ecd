"""One model reads, checks and describes evidence/1."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest

from probes.evidence.documents import EvidenceError, evidence_document, parse_evidence
from probes.evidence.schema import EvidenceDocument, MeasurementDocument, RatioDocument
from probes.types import Evidence, Measurement, Ratio
from tests.probes.evidence.test_documents import EVIDENCE

OLD = Path(__file__).with_name("evidence_with_pairs_left_out.json")


@pytest.mark.parametrize(
    ("model", "kind"), [(EvidenceDocument, Evidence), (MeasurementDocument, Measurement), (RatioDocument, Ratio)]
)
def test_the_document_has_the_fields_of_the_noun(model, kind):
    assert {field.alias or name for name, field in model.model_fields.items()} == {f.name for f in fields(kind)}


@pytest.mark.parametrize(
    "document", [evidence_document(EVIDENCE), json.loads(OLD.read_text(encoding="utf-8"))], ids=["written", "old"]
)
def test_what_is_written_and_was_written_fits_the_published_schema(document):
    jsonschema.validate(document, EvidenceDocument.model_json_schema(by_alias=True))


def test_the_faults_of_every_part_come_at_once_and_one_a_place():
    document = json.loads(json.dumps(evidence_document(EVIDENCE)))
    document["grade"] = "E"
    document["probes"][0]["samples"]["pytorch"] = [0.01, -1, -2]
    document["probes"][0]["ratio"].update(pairs=0, valu=1.0)
    document["probes"][1].update(reason="", wrkload="mlp")
    with pytest.raises(EvidenceError) as refused:
        parse_evidence(document)
    assert [problem.partition(": ")[0] for problem in refused.value.problems] == [
        "grade",
        "probes[0].samples.pytorch[1]",
        "probes[0].ratio.pairs",
        "probes[0].ratio.valu",
        "probes[1].wrkload",
    ]


def test_whole_numbers_stay_whole():
    document = json.loads(json.dumps(evidence_document(EVIDENCE)))
    document["probes"][0]["seconds"] = 5
    assert '"seconds": 5,' in json.dumps(evidence_document(parse_evidence(document)))
