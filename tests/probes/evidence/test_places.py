"""Whose machine it was, and where its interpreters lie, stays out of evidence."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from probes.evidence.documents import evidence_document, parse_evidence, write_evidence
from probes.types import Evidence, Status
from probes.wording.places import without_owner
from tests.advisor.evidence import measurement, paired, session

TRACEBACK = 'File "/home/jane/secret/model.py", line 2; see C:\\Users\\jane\\x.txt and /var/home/jane'


def told(executable: str) -> Evidence:
    failed = measurement("inference-mlp-eager", status=Status.FAILED, reason=TRACEBACK)
    environment = {"version": "2.13.0", "python": "3.11.7", "flags": {"executable": executable}}
    made = session(paired("training-mlp-eager"), failed)
    return replace(made, environments=dict.fromkeys(("pytorch", "tensorflow"), environment))


@pytest.mark.parametrize(
    "executable", ["/opt/jane/venv/bin/python3", "/home/jane/venv/bin/python3", "C:\\Users\\jane\\venv\\python3"]
)
def test_written_evidence_names_neither_owner_nor_folders_of_interpreters(tmp_path: Path, executable: str) -> None:
    write_evidence(told(executable), tmp_path / "evidence.json")
    written = json.loads((tmp_path / "evidence.json").read_text(encoding="utf-8"))

    assert "jane" not in json.dumps(written)
    assert written["environments"]["pytorch"]["flags"]["executable"] == "python3"
    assert written["probes"][1]["reason"] == 'File "~/secret/model.py", line 2; see ~\\x.txt and ~'


def test_evidence_of_before_with_a_whole_path_is_still_read() -> None:
    document = evidence_document(told("python3"))
    document["environments"]["pytorch"]["flags"]["executable"] = "/home/jane/venv/bin/python3"

    assert parse_evidence(document).environments["pytorch"]["flags"]["executable"] == "/home/jane/venv/bin/python3"


def test_what_is_written_twice_is_as_once() -> None:
    once = evidence_document(told("/home/jane/venv/bin/python3"))

    assert evidence_document(parse_evidence(once)) == once


@pytest.mark.parametrize("kept", ["https://example.org/home/jane", "/opt/data/set.npz", "home/jane", "the home/office"])
def test_what_is_nobodys_home_is_kept(kept: str) -> None:
    assert without_owner(kept) == kept
