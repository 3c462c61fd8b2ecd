"""Models that answer in Node and in a page of Chromium: right, timed there, and with nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from probes import reasons
from probes.environments import folders, installing
from probes.runtimes._javascript import hosts
from probes.session import interleaving, routing
from probes.session.routing import Source
from probes.types import RouteRow, Routes, Status
from tests.probes.routes.processes import family
from tests.probes.routes.test_web import DIES, PACKAGE, SILENT, program

pytestmark = pytest.mark.frameworks

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """npm's packages as ``routes add web`` installs them."""
    before = os.environ["FRAMEWORK_ADVISOR_HOME"]
    os.environ["FRAMEWORK_ADVISOR_HOME"] = str(tmp_path_factory.mktemp("home"))
    try:
        installing.add("web")
        yield folders.interpreters()["web"]
        installing.remove("web")  # hundreds of megabytes
    except installing.Failed as failed:
        pytest.skip(str(failed))  # no Node, or no network
    finally:
        os.environ["FRAMEWORK_ADVISOR_HOME"] = before


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interleaving, "TURN", 0.01)
    monkeypatch.setattr(routing, "LOOKS", (4,))


def rows(table: Routes) -> dict[str, RouteRow]:
    return {f"{row.route if row.route != 'as-is' else row.runtime} {row.precision}": row for row in table.rows}


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A product of matrices as a file of ONNX, and samples."""
    from onnx import TensorProto, helper, numpy_helper, save

    folder = tmp_path_factory.mktemp("linear")
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in (("x", 6), ("y", 3))]
    kernel = numpy_helper.from_array(np.arange(18, dtype=np.float32).reshape(6, 3), "kernel")
    node = helper.make_node("MatMul", ["x", "kernel"], ["y"])
    graph = helper.make_graph([node], "linear", ends[:1], ends[1:], [kernel])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "model.onnx")
    np.savez(folder / "data.npz", x=np.random.default_rng(0).standard_normal((24, 6), np.float32))
    return folder / "model.onnx", folder / "data.npz"


@pytest.mark.measures
def test_pytorchs_model_answers_alike_in_node_and_in_a_page(packages: str) -> None:
    asked = [f"pytorch-onnx-web-{one}" for one in ("node:fp32", "chromium:fp32", "chromium:int8")]
    if hosts.Chromium.program() is None:
        asked = asked[:1]

    found = rows(routing.measure(Source("workload", "mlp"), routes=asked, pythons={"web": packages}))

    for name in asked:
        row = found[name.replace(":", " ")]
        assert row.status is Status.OK, row.reason
        assert row.p50_ms is not None
        assert row.ratio is not None
        assert "onnxruntime-web" in row.versions
        assert row.parity["relative"] < (1e-5 if row.precision == "fp32" else 0.25)
    assert found["pytorch-onnx-web-node fp32"].samples["turns"]
    if len(asked) > 1:
        page = found["pytorch-onnx-web-chromium fp32"]
        assert page.settings["cross_origin_isolated"] is True
        assert page.settings["runtime_bytes"] > 1e6
        assert "chromium" in page.versions
    assert not family()


@pytest.mark.parametrize("host", ["node", "chromium"])
def test_tensorflowjs_gives_the_product_of_two_matrices(host: str, packages: str, tmp_path: Path) -> None:
    if host == "chromium" and hosts.Chromium.program() is None:
        pytest.skip("Chromium is not on this machine")
    ran = subprocess.run(
        [sys.executable, "-m", "tests.probes.routes.web_answers", f"tensorflowjs-{host}", str(tmp_path / "model")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NODE_PATH": packages},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = json.loads(ran.stdout.splitlines()[-1])

    assert found["far"] < 1e-6
    assert len(found["seconds"]) == 5
    assert min(found["seconds"]) > 0
    assert {"@tensorflow/tfjs", host} < set(found["versions"])
    assert found["peak"] is None or found["peak"] > 1e7
    assert sorted(one.name for one in tmp_path.iterdir()) == ["model"]


def test_a_program_that_fails_costs_its_own_row_and_is_gone(
    linear: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rows(stood_in(linear, tmp_path, monkeypatch, patience=15.0))

    assert found["onnx-runtime fp32"].status is Status.OK
    node, page = found["onnx-runtime-web-node fp32"], found["onnx-runtime-web-chromium fp32"]
    assert (node.status, page.status) == (Status.FAILED, Status.TIMED_OUT)
    assert "JavaScript heap out of memory" in node.reason
    assert "did not answer 'runtime' within 15 s" in page.reason
    assert page.reason.endswith("waiting for Chromium")
    assert not family()


def test_a_browser_that_hangs_ends_with_the_session(
    linear: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def told(event: Mapping[str, Any]) -> None:
        begun.extend([event["route"]] if event["event"] == "start" else [])

    def cancelled() -> bool:
        return bool(begun) and "chromium" in begun[-1] and any("chromium" in one.name() for one in family())

    found = rows(stood_in(linear, tmp_path, monkeypatch, progress=told, cancelled=cancelled))

    assert found["onnx-runtime-web-chromium fp32"].status is Status.CANCELLED
    assert reasons.text(reasons.of(found["onnx-runtime-web-chromium fp32"]))
    assert not family()


def stood_in(linear: tuple[Path, Path], folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Routes:
    """Measure a file with programs on the PATH that fail, each in its way."""
    for place in ("bin", "node_modules/onnxruntime-web"):
        (folder / place).mkdir(parents=True)
    (folder / "node_modules/onnxruntime-web/package.json").write_text(json.dumps(PACKAGE))
    program(folder / "bin", "node", DIES)
    program(folder / "bin", "chromium", SILENT)
    monkeypatch.setenv("PATH", str(folder / "bin"))
    file, data = linear
    npm = {"web": str(folder / "node_modules")}
    return routing.measure(Source("file", file.name, file), data=data, pythons=npm, **options)


COARSE = """
import { Answering } from %r;
const fine = performance.now.bind(performance);
performance.now = () => Math.floor(fine() * 10) / 10;
const quick = { start() {}, load: () => async () => [] };
const host = { own: async () => quick, about: () => ({}), waits: () => null, tells: false };
const answering = new Answering(host);
const asked = async (request) => console.log(JSON.stringify(await answering.answer(request)));
await asked({ do: "start", runtime: "quick", threads: 1 });
await asked({ do: "load", folder: "", main: "", inputs: [], outputs: [] });
await asked({ do: "keep", samples: [[]] });
for (let i = 0; i < 2; i++) await asked({ do: "turn", blocks: 3, loops: 1, between: 0, slowdown: 1 });
await asked({ do: "unknown" });
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not on this machine")
def test_where_a_clock_is_coarse_many_answers_are_timed_at_once(tmp_path: Path) -> None:
    """A clock of 0.1 ms, as of a page that is not isolated: 20 of its steps are 2 ms."""
    script = tmp_path / "coarse.mjs"
    script.write_text(COARSE % (hosts.FOLDER / "answering.mjs").as_uri())

    ran = subprocess.run([str(shutil.which("node")), str(script)], capture_output=True, text=True, check=True)
    start, _, _, _, turn, unknown = map(json.loads, ran.stdout.splitlines())

    assert 0.09 < start["tick"] < 0.11
    assert all(times * seconds > 1.9e-3 for times, seconds in zip(turn["times"], turn["seconds"], strict=True))
    assert min(turn["times"]) > 20
    assert "not a function" in unknown["error"]
