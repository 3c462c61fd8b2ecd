"""What doctor says beforehand: the Python that serves, the compiler that is missing, and what is known at once."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from advisor.cli import doctor, main
from probes.session import environments
from probes.system import machine

RANGES = {"a": ">=3.10,<3.14", "b": ">=3.11,<3.16", "c": ">=3.12"}


def test_a_python_outside_a_range_is_told_with_those_that_serve_all() -> None:
    found = doctor.pythons_for(RANGES, running="3.14.1")

    assert found["serves"] == ["b", "c"]
    assert found["serving_all"] == ["3.12", "3.13"]


def test_a_range_that_begins_inside_a_series_is_served_by_the_series() -> None:
    assert doctor.pythons_for({"a": ">=3.12.4,<3.14"}, running="3.12.4")["serving_all"] == ["3.12", "3.13"]


def test_ranges_that_do_not_meet_have_no_python_in_common() -> None:
    assert doctor.pythons_for({"a": "<3.10", "b": ">=3.11"}, running="3.11.0")["serving_all"] == []


def test_a_missing_compiler_is_named_before_a_probe_fails_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], nobody_here: list[str]
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")

    with pytest.raises(SystemExit):
        main(["doctor", *nobody_here])
    said = " ".join(capsys.readouterr().out.split())
    assert "Compiled probes of PyTorch need a C++ compiler (g++ or clang): not found; " in said

    with pytest.raises(SystemExit):
        main(["doctor", "--json", *nobody_here])
    document = json.loads(capsys.readouterr().out)
    assert document["compilers"]["cxx"] is None
    assert document["compilers"]["needed_by"] == ["pytorch"]


def test_a_compiler_that_is_there_is_no_news(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], nobody_here: list[str]
) -> None:
    monkeypatch.setenv("CXX", f"{sys.executable} -O2")

    with pytest.raises(SystemExit):
        main(["doctor", *nobody_here])

    assert machine.cxx_compiler() == sys.executable
    assert "C++" not in capsys.readouterr().out


def test_what_is_known_without_a_framework_is_printed_first(
    capsys: pytest.CaptureFixture[str], nobody_here: list[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["doctor", *nobody_here])
    said = capsys.readouterr().out

    assert not left.value.code
    assert said.startswith("Python ")
    assert said.index("Tools installed here") < said.index("TensorFlow not usable here")


def test_the_document_keeps_its_parts(capsys: pytest.CaptureFixture[str], nobody_here: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(["doctor", "--json", *nobody_here])
    document = json.loads(capsys.readouterr().out)

    assert set(document) >= {"python", "machine", "frameworks", "tools", "app"}
    for found in document["frameworks"].values():
        assert set(found) >= {"installed", "version", "python", "devices", "reason", "add"}


def test_a_framework_that_is_slow_to_answer_holds_up_no_other(tmp_path: Path) -> None:
    slow = tmp_path / "python"
    slow.write_text("#!/bin/sh\nsleep 2\n", encoding="utf-8")
    slow.chmod(0o755)

    answers = environments.begin(["tensorflow", "null"], pythons={"tensorflow": str(slow)})

    assert [name for name, _ in answers] == ["null", "tensorflow"]
