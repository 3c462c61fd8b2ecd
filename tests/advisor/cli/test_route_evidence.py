"""Measured routes on the command line: what figure would change the answer, what to measure, what claims they test."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from advisor.decisions import schemas
from probes.evidence.routes import write_routes
from probes.types import Status
from tests import measured_routes

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    """A window in which no sentence breaks."""
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def routes(tmp_path: Path) -> str:
    table = measured_routes.table()
    working = tuple(row for row in table.rows if row.status is not Status.NOT_SUPPORTED)
    source = {**table.source, "parameters": 58_000}
    write_routes(replace(table, source=source, rows=working), tmp_path / "routes.json")
    return str(tmp_path / "routes.json")


@pytest.fixture
def needs(tmp_path: Path) -> str:
    file = tmp_path / "needs.yaml"
    file.write_text("schema: needs/1\nanswers: {deploy: [mobile]}\ntargets: {artifact_mb: 0.1}\n")
    return str(file)


def joined(found: subprocess.CompletedProcess[str]) -> str:
    return " ".join(found.stdout.split())


def test_the_terminal_says_at_which_size_the_answer_changes(run: Run, needs: str, routes: str) -> None:
    english = joined(run("recommend", "--needs", needs, "--evidence", routes))
    chinese = run("recommend", "--needs", needs, "--evidence", routes, "--lang", "zh").stdout.replace("\n", "")

    assert "(int8): size 66.8 KB, PyTorch's best 239 KB; your target ≤ 100 KB decides: above 100 KB" in english
    assert "大小 66.8 KB，PyTorch 最佳为 239 KB；由你的目标“≤ 100 KB”决定" in chinese


def test_the_terminal_names_routes_worth_measuring_with_their_command(run: Run, needs: str, routes: str) -> None:
    said = joined(run("recommend", "--needs", needs, "--evidence", routes))

    assert "framework-advisor routes add executorch && framework-advisor routes run --routes pytorch-executorch" in said
    assert "tensorflow-litert -o routes.json" not in said  # it was measured


def test_the_document_holds_them_in_its_keys(run: Run, needs: str, routes: str) -> None:
    document = json.loads(run("recommend", "--needs", needs, "--evidence", routes, "--json").stdout)

    jsonschema.validate(document, schemas.schema("recommendation"))
    (way,) = [one for one in document["routes"] if one["route"] == "deploy-mobile-tensorflow-litert"]
    assert {(flip["figure"], flip["would_flip_at"]) for flip in way["would_flip_at"]} >= {("artifact_mb", 0.1)}
    planned = [step for step in document["probe_plan"] if "command" in step]
    assert {"probe", "value", "seconds", "would_flip_at", "command"} <= planned[0].keys()
    assert "pytorch-executorch" in {step["probe"] for step in planned}


def test_claims_are_held_against_a_table_of_routes(run: Run, routes: str) -> None:
    found = run("knowledge", "verdicts", "--evidence", routes)
    said = joined(found)

    assert found.returncode == 0
    assert "cannot tell Both reach a few hundred kilobytes" in said
    assert "tensorflow-litert int8: 0.288 times the bytes of its weights, claimed: at most 0.5, our trial: 0.28" in said
    assert "not measured: tensorflow-onnx fp32" in said
    chinese = run("knowledge", "verdicts", "--evidence", routes, "--lang", "zh").stdout
    assert "为权重字节数的 0.288 倍" in chinese


def test_a_contradicted_claim_ends_the_command_with_1(run: Run, tmp_path: Path) -> None:
    table = measured_routes.table()
    rows = [
        replace(row, status=Status.FAILED, reason="crashed") if row.route == "pytorch-executorch" else row
        for row in table.rows
    ]
    write_routes(replace(table, rows=tuple(rows)), tmp_path / "routes.json")

    found = run("knowledge", "verdicts", "--evidence", str(tmp_path / "routes.json"), "--json")

    assert found.returncode == 1
    verdicts = {one["claim"]: one for one in json.loads(found.stdout)["verdicts"]}
    assert verdicts["executorch-mobile-2026"]["verdict"] == "contradicted"


def test_without_a_measurement_it_says_where_to_get_one(run: Run) -> None:
    found = run("knowledge", "verdicts")

    assert found.returncode == 2
    assert "routes run" in found.stderr
