"""The audit of dependencies: a finding is an error, silence is said and is none."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def clean(name: str) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": []}


UNKNOWN = {"name": "c", "skip_reason": "Dependency not found on PyPI and could not be audited: c (1.0)"}
WEAK = {"name": "b", "version": "1.0", "vulns": [{"id": "PYSEC-2024-60", "fix_versions": ["1.1"], "aliases": []}]}


def test_a_known_weakness_is_an_error_with_what_mends_it(audit: ModuleType) -> None:
    said, status = audit.verdict([clean("a"), WEAK, WEAK], 2)

    assert status == 1
    assert said == [
        "b 1.0: PYSEC-2024-60, mended in 1.1",
        "audited 2 of 2 packages; 1 with known weaknesses",
    ]


def test_no_weakness_is_no_error(audit: ModuleType) -> None:
    assert audit.verdict([clean("a")], 1) == (["audited 1 of 1 packages; 0 with known weaknesses"], 0)


def test_what_could_not_be_looked_up_is_counted(audit: ModuleType) -> None:
    said, status = audit.verdict([clean("a"), UNKNOWN], 2)

    assert (said, status) == (["audited 1 of 2 packages; 1 could not be looked up; 0 with known weaknesses"], 0)


@pytest.mark.parametrize("answers", [[], [UNKNOWN]])
def test_databases_that_do_not_answer_are_said_and_are_no_success(audit: ModuleType, answers: list[Any]) -> None:
    said, status = audit.verdict(answers, 2)

    assert status == 0
    assert said == ["not audited: no advisory database knows or answers for any of the 2 packages"]


def test_an_audit_that_cannot_run_says_so(
    audit: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that pip-audit cannot read ends as a database that does not answer."""
    path = tmp_path / "constraints.txt"
    path.write_text("b==1.0 ===\n", encoding="utf-8")

    assert audit.main(str(path)) == 0
    assert "not audited" in capsys.readouterr().out
