"""Tables of routes are read strictly, and held against the samples in them."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from advisor.decisions import schemas
from probes.evidence.documents import EvidenceError, evidence_document, parse_evidence, read_evidence, write_evidence
from probes.evidence.routes import parse_routes, read_routes, routes_document, write_routes
from probes.types import Evidence, Interval

RNG = np.random.default_rng(0)
OWN = [[float(one) for one in np.round(0.002 * np.exp(0.05 * RNG.standard_normal(40)), 7)] for _ in range(12)]
TURNS = [[round(one / 2, 8) for one in turn] for turn in OWN]
"""Half of what the framework itself takes, answer by answer: the ratio is 1/2 in every turn."""

HALF = 2.306 * 0.03
"""Half width on the log scale where turns do not differ: t of 8 degrees of freedom times the spread of processes."""


def figures(turns: list[list[float]]) -> dict[str, Any]:
    values = [1e3 * float(np.exp(np.percentile(np.log(np.concatenate(turns)), p))) for p in (50, 95, 99)]
    names = ("p50_ms", "p95_ms", "p99_ms")
    return {
        **dict(zip(names, values, strict=True)),
        "intervals": {name: [value * 0.85, value / 0.85] for name, value in zip(names, values, strict=True)},
    }


def document() -> dict[str, Any]:
    parity = {"max_abs": 1e-6, "relative": 1e-7, "bound": 1e-4}
    common = {"framework": "pytorch", "status": "ok", "parity": parity, "precision": "fp32"}
    own = {"route": "own", "runtime": "pytorch", **common, **figures(OWN), "samples": {"turns": OWN}}
    onnx = {
        "route": "pytorch-onnx",
        "runtime": "onnx-runtime",
        **common,
        **figures(TURNS),
        "samples": {"turns": TURNS, "own": OWN},
        "ratio": {"value": 0.5, "low": 0.5 * math.exp(-HALF), "high": 0.5 * math.exp(HALF)},
        "files": {"model.onnx": 1000, "model.onnx.data": 500},
        "artifact_bytes": 1500,
        "throughput_per_s": 9000.0,
        "throughput_batch": 16,
        "targets": {"artifact_mb": "meets"},
    }
    absent = {
        "route": "pytorch-executorch",
        "runtime": "executorch",
        "framework": "pytorch",
        "precision": "int8",
        "status": "not-installed",
        "reason": "executorch needs an environment of its own; add it: framework-advisor routes add executorch",
        "reason_code": "route-not-added",
        "reason_params": {"environment": "executorch"},
    }
    return {
        "schema": "routes/1",
        "machine": {"cpu": "x"},
        "source": {"kind": "workload", "name": "mlp", "parameters": 10},
        "targets": {"artifact_mb": 1.0},
        "rows": [own, onnx, absent],
        "threads": 1,
        "seed": 0,
        "grade": "A",
        "started": "2026-11-28T09:00:00+00:00",
        "finished": "2026-11-28T09:05:00+00:00",
        "spread": {"process_sd": 0.03, "process_df": 8},
    }


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    made = copy.deepcopy(document())
    change(made)
    return made


def test_figures_stand_as_numbers_with_their_intervals_beside_them() -> None:
    row = parse_routes(document()).rows[1]

    assert row.p50_ms == Interval(document()["rows"][1]["p50_ms"], *document()["rows"][1]["intervals"]["p50_ms"])
    assert row.ratio is not None
    assert row.ratio.value == 0.5
    assert row.throughput_per_s == Interval(9000.0, 9000.0, 9000.0)


def test_a_table_is_written_and_read_without_loss(tmp_path: Path) -> None:
    table = parse_routes(document())

    write_routes(table, tmp_path / "routes.json")

    assert read_routes(tmp_path / "routes.json") == table


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["rows"][1].update(p50_ms=9.0), "rows[1].p50_ms: low <= value <= high does not hold"),
        (
            lambda d: d["rows"][1].update(p50_ms=9.0, intervals={**d["rows"][1]["intervals"], "p50_ms": [8.0, 10.0]}),
            "rows[1].p50_ms: 9 lies above p95_ms",
        ),
        (
            lambda d: d["rows"][1].update(ratio={"value": 0.4, "low": 0.3, "high": 0.6}),
            "rows[1].ratio: 0.4, but the samples give 0.5",
        ),
        (
            lambda d: d["rows"][1].update(ratio={"value": 0.5, "low": 0.499, "high": 0.501}),
            "narrower than its samples allow",
        ),
        (lambda d: d["rows"][1].pop("parity"), "rows[1].parity: missing"),
        (lambda d: d["rows"][1]["parity"].update(relative=0.01), "rows[1].parity.relative: 0.01 lies beyond the bound"),
        (lambda d: d["rows"][1]["parity"].update(relative=2.0, bound=5.0), "rows[1].parity.bound: 5 is looser"),
        (lambda d: d["rows"][1].update(artifact_bytes=1000), "artifact_bytes: 1000, but its files hold 1500"),
        (lambda d: d["rows"][1]["samples"].pop("own"), "rows[1].samples.own: a list of turns"),
        (lambda d: d["rows"][1]["samples"].update(own=OWN[:5]), "rows[1].samples.own: 5 turns, and 12 of the route"),
        (lambda d: d["rows"][1]["samples"].update(turns=TURNS[:2]), "samples.turns: 2, and 4 are needed"),
        (lambda d: d["rows"][1]["samples"].update(turns=[[0.0]] * 12), "positive numbers of seconds"),
        (lambda d: d["rows"][1].update(throughput_batch=None), "throughput and throughput_batch come together"),
        (lambda d: d["rows"][2].pop("reason"), "rows[2].reason: missing; a route that is not-installed says why"),
        (lambda d: d["rows"][2].update(p50_ms=1.0), "rows[2].p50_ms: a route that is not-installed has none"),
        (lambda d: d["rows"].append(d["rows"][1]), "is listed twice; it is rows[1] already"),
        (lambda d: d["rows"][0].update(ratio=d["rows"][1]["ratio"]), "not held against itself"),
        (lambda d: d["rows"][1]["targets"].update(memory_mb="fails"), "the table asks for no such target"),
        (lambda d: d["targets"].update(latency=1), "targets.latency: unknown target"),
        (lambda d: d["rows"][1].update(agreement={"value": 1.0, "low": 0.9, "high": 1.0}), "agreement_of beside it"),
        (lambda d: d["rows"][1].update(status="fine"), "rows[1].status: 'fine' is none of"),
        (lambda d: d["rows"][1].update(precision="int4"), "rows[1].precision: 'int4' is none of"),
        (lambda d: d["rows"][1].update(speed=1), "rows[1].speed: unknown key"),
        (lambda d: d["rows"][1]["ratio"].update(upper=1), "rows[1].ratio.upper: unknown key"),
        (lambda d: d["rows"][1]["ratio"].update(value=math.inf), "rows[1].ratio.value"),
        (lambda d: d.update(schema="routes/2"), "schema: 'routes/2' is not 'routes/1'"),
        (lambda d: d.update(threads=0), "threads: a positive whole number is needed"),
        (lambda d: d.pop("rows"), "rows: missing; a list is needed"),
        (lambda d: d.update(rows=3), "rows: a list is needed"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(change: Callable[[dict[str, Any]], Any], said: str) -> None:
    with pytest.raises(EvidenceError) as refused:
        parse_routes(changed(change))

    assert said in str(refused.value)


def test_int8_may_lie_farther_off_where_it_agrees() -> None:
    def coarse(made: dict[str, Any]) -> None:
        made["rows"][1].update(precision="int8", agreement={"value": 0.97, "low": 0.94, "high": 0.99}, agreement_of=200)
        made["rows"][1]["parity"] = {"max_abs": 1.0, "relative": 0.4, "bound": 0.25}

    assert parse_routes(changed(coarse)).rows[1].agreement_of == 200


@pytest.mark.parametrize("data", [None, 3, [], "routes/1", {}])
def test_what_is_no_table_is_refused(data: Any) -> None:
    with pytest.raises(EvidenceError):
        parse_routes(data)


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "routes.json").write_text("{")

    with pytest.raises(EvidenceError, match=r"routes\.json: not JSON"):
        read_routes(tmp_path / "routes.json")


def evidence(**more: Any) -> Evidence:
    return Evidence(
        machine={"cpu": "x"},
        environments={},
        probes=(),
        selftest=None,
        grade="D",
        started="2026-11-28T09:00:00+00:00",
        finished="2026-11-28T09:05:00+00:00",
        **more,
    )


def test_evidence_may_hold_a_table(tmp_path: Path) -> None:
    whole = evidence(routes=parse_routes(document()))

    write_evidence(whole, tmp_path / "evidence.json")

    assert read_evidence(tmp_path / "evidence.json") == whole


def test_what_is_wrong_with_the_table_of_evidence_is_named_with_its_place() -> None:
    held = {**evidence_document(evidence()), "routes": changed(lambda made: made["rows"][1].pop("parity"))}

    with pytest.raises(EvidenceError, match=r"routes\.rows\[1\]\.parity: missing"):
        parse_evidence(held)


def test_evidence_without_a_table_is_written_as_ever() -> None:
    assert list(evidence_document(evidence())) == [
        "schema", "machine", "environments", "probes", "selftest", "grade", "started", "finished",
    ]  # fmt: skip


def test_the_schema_takes_what_is_written() -> None:
    schema = schemas.schema("routes/1")
    assert schema is not None

    jsonschema.validate(json.loads(json.dumps(routes_document(parse_routes(document())))), schema)


def test_nobodys_home_is_written() -> None:
    table = parse_routes(changed(lambda made: made["rows"][2].update(reason="/home/alice/venv/bin/python has none")))

    assert "alice" not in json.dumps(routes_document(table))


def test_what_a_row_does_not_hold_does_not_stand_in_it() -> None:
    rows = routes_document(parse_routes(document()))["rows"]

    assert "intervals" not in rows[2]
    assert rows[2]["p50_ms"] is None  # what was not seen is null, never 0
    assert "reason_code" not in rows[1]
