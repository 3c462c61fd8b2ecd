"""Our times beside those of each runtime's own tool, on the same file: ``python -m probes benchmark --side-by-side``.

A tool runs in its own process, as its makers ship it, and takes turns with a fresh process of ours: one thread, batch
1, inputs of the same shape, the median of as many answers. What a tool leaves out that ours does is said beside it.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from probes import routes
from probes.session import routing
from probes.session.arms import Arm
from probes.session.worker_client import Client, Lost, environment
from probes.statistics import percentiles, ratios
from probes.types import Interval, Status

SOURCE = routing.Source("workload", routing.DEFAULT, size="medium")
"""An answer takes about half a millisecond: long beside the hundredth that two tools round to, and short beside the
slices in which a busy machine's scheduler lets others run, so that most answers are run through."""

PAIRS = {False: 10, True: 4}
"""Fresh pairs of processes, ours and a tool's; fewer where it is to be quick."""

ANSWERS, WARM = 500, 100
WITHIN = 1.05
"""Our median over theirs, or theirs over ours, that is asked for at most."""

PATIENCE = 120.0

Shapes = Sequence[tuple[int, ...]]

_PERF_TEST = """
import sys, time, numpy, onnxruntime
path, answers, warm = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
bound, rng = session.io_binding(), numpy.random.default_rng(0)
for one in session.get_inputs():
    shape = [size if isinstance(size, int) else 1 for size in one.shape]
    bound.bind_ortvalue_input(one.name, onnxruntime.OrtValue.ortvalue_from_numpy(rng.random(shape, numpy.float32)))
for one in session.get_outputs():
    bound.bind_output(one.name)
seconds = []
for _ in range(warm + answers):
    begin = time.perf_counter()
    session.run_with_iobinding(bound)
    seconds.append(time.perf_counter() - begin)
print(1e3 * float(numpy.median(seconds[warm:])))
"""
"""What ``onnxruntime_perf_test`` does, which no wheel ships: inputs and outputs bound once, every run timed."""


_OPENVINO_CALL = """
import sys, time, json, numpy, openvino
path, shapes, answers, warm = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
asked = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
request = openvino.Core().compile_model(path, "CPU", asked).create_infer_request()
inputs = {number: numpy.random.default_rng(0).random(shape, numpy.float32) for number, shape in enumerate(shapes)}
beyond = []
for _ in range(warm + answers):
    begin = time.perf_counter()
    answer = request.infer(inputs)
    answer[0]
    beyond.append(1e3 * (time.perf_counter() - begin) - request.latency)
print(float(numpy.median(beyond[warm:])))
"""
"""What a call takes beyond the latency that ``benchmark_app`` reads."""


@dataclass(frozen=True)
class Tool:
    """A runtime's own stopwatch.

    Attributes:
        name: what its makers call it.
        command: file of the model, folder for what it writes, shapes of the inputs -> arguments of this interpreter.
        median: that folder, what it printed -> milliseconds.
        leaves_out: what ours times and it does not.
        left_out: file, shapes -> arguments that print how many milliseconds that takes, where it weighs something; they
            know nothing of ours, so that what remains of ours is held against the tool.
    """

    name: str
    command: Callable[[Path, Path, Shapes], list[str]]
    median: Callable[[Path, str], float]
    leaves_out: str
    left_out: Callable[[Path, Shapes], list[str]] | None = None


def _litert(file: Path, out: Path, shapes: Shapes) -> list[str]:
    asked = {
        "model": file,
        "num_runs": ANSWERS,
        "warmup_runs": WARM,
        "num_threads": 1,
        "result_json": out / "found.json",
    }
    return ["-m", "ai_edge_litert.tools.benchmark_litert_model", *(f"--{key}={value}" for key, value in asked.items())]


def _openvino(file: Path, out: Path, shapes: Shapes) -> list[str]:
    shape = "".join(f"[{','.join(map(str, sizes))}]" for sizes in shapes)
    asked = {"-m": file, "-d": "CPU", "-hint": "none", "-api": "sync", "-nthreads": 1, "-nstreams": 1}
    asked |= {"-infer_precision": "f32", "-niter": ANSWERS, "-data_shape": shape, "-report_folder": out}
    given = [str(part) for pair in asked.items() for part in pair]
    start = "from openvino.tools.benchmark.main import main; main()"  # as the console script does
    return ["-c", start, *given, "-json_stats", "-report_type", "no_counters"]


TOOLS: Mapping[str, Tool] = {
    "onnx-runtime": Tool(
        "the Python equivalent of onnxruntime_perf_test",
        lambda file, out, shapes: ["-c", _PERF_TEST, str(file), str(ANSWERS), str(WARM)],
        lambda out, printed: float(printed.split()[-1]),
        "handing over inputs and fetching outputs, which it binds once",
    ),
    "litert": Tool(
        "LiteRT's benchmark_litert_model",
        _litert,
        lambda out, printed: float(json.loads((out / "found.json").read_text())["latency"]["median_ms"]),
        "writing inputs and reading outputs, which it keeps in buffers; it rounds to 0.01 ms",
    ),
    "openvino": Tool(
        "OpenVINO's benchmark_app",
        _openvino,
        lambda out, printed: _latency(json.loads((out / "benchmark_report.json").read_text())),
        "the call: it reads the request's own latency, to 0.01 ms",
        lambda file, shapes: ["-c", _OPENVINO_CALL, str(file), json.dumps(shapes), str(ANSWERS), str(WARM)],
    ),
}
"""By runtime."""


def _latency(report: Mapping[str, Any]) -> float:
    found = report["execution_results"]
    if "error" in found:
        raise ValueError(found["error"])
    return float(found["latency (ms)"])


Told = Callable[[str], None]


def run(*, quick: bool, progress: Told) -> dict[str, Any]:
    """Convert one model for every runtime that has a tool, and time it by both.

    Returns:
        ``tools``, one each: ``runtime``, ``tool``, ``status``, ``reason``, ``pairs`` of (ours, theirs, what theirs
        leaves out) in milliseconds, ``ratio`` of ours without that to theirs; ``seconds`` of all of it, ``source``,
        ``answers`` a process.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        wanted = {name: route for name in TOOLS if (route := _route(name))}
        progress(f"converting {SOURCE.name} for {', '.join(wanted)}")
        table = routing.measure(SOURCE, routes=sorted(wanted.values()), artifacts=Path(folder))
        found = []
        for runtime, route in wanted.items():
            label = route.replace(":", " ")
            row = next(row for row in table.rows if f"{row.route} {row.precision}" == label)
            if row.status is not Status.OK:
                found.append(_absent(runtime, row.status, row.reason))
                continue
            asked = json.loads(Path(folder, label.replace(" ", "-") + ".json").read_text())
            found.append(compared(runtime, asked, pairs=PAIRS[quick], progress=progress))
    return {
        "source": SOURCE.name,
        "answers": ANSWERS,
        "tools": found,
        "seconds": time.monotonic() - began,
    }


def _absent(runtime: str, status: Status, reason: str) -> dict[str, Any]:
    return {"runtime": runtime, "tool": TOOLS[runtime].name, "status": status.value, "reason": reason, "pairs": []}


def _route(runtime: str) -> str | None:
    """Return the first route that makes files for a runtime, beside the frameworks, in float32."""
    for name in routes.known():
        route = routes.route(name)
        if route.RUNTIME.replace("_", "-") == runtime and not route.ENVIRONMENT and routes.FP32 in route.PRECISIONS:
            return f"{name}:{routes.FP32}"
    return None


def compared(runtime: str, asked: Mapping[str, Any], *, pairs: int, progress: Told) -> dict[str, Any]:
    """Time one file by fresh processes of ours and of the runtime's tool, in turns.

    Args:
        asked: what the runtime is asked to load, as ``routing.measure`` keeps it.
    """
    tool, taken = TOOLS[runtime], []
    for number in range(pairs):
        try:
            pair = _pair(tool, runtime, asked, ours_first=number % 2 == 0)
        except Lost as lost:
            return _absent(runtime, lost.status, str(lost))
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return _absent(runtime, Status.FAILED, f"{tool.name}: {error}"[:500])
        progress(f"{runtime}: ours {pair[0]:.4g} ms, {tool.name} {pair[1]:.4g} ms, left out {pair[2]:.4g} ms")
        taken.append(pair)
    logs = [math.log((ours - left_out) / theirs) for ours, theirs, left_out in taken]
    found = percentiles.interval(ratios.within(logs))
    return {
        "runtime": runtime,
        "tool": tool.name,
        "leaves_out": tool.leaves_out,
        "status": Status.OK.value,
        "reason": "",
        "pairs": taken,
        "ratio": {"value": found.value, "low": found.low, "high": found.high},
    }


def _pair(tool: Tool, runtime: str, asked: Mapping[str, Any], *, ours_first: bool) -> tuple[float, float, float]:
    """Return medians in milliseconds of a fresh process of ours, of the tool, and of what the tool leaves out."""
    with tempfile.TemporaryDirectory() as folder:
        client = Client(Arm(runtime, runtime, sys.executable), settings="default", scratch=folder)
        try:
            client.ask("runtime", timeout=PATIENCE, framework=runtime, threads=1, plant={}, runtime=runtime)
            client.ask("load", timeout=PATIENCE, **asked, scratch=folder, answers=False)
            file, shapes = Path(asked["main"]), _shapes(asked)
            ours = _ours(client) if ours_first else 0.0
            theirs = tool.median(Path(folder), _printed(tool.command(file, Path(folder), shapes), Path(folder)))
            ours = ours or _ours(client)
            left_out = 0.0 if tool.left_out is None else float(_printed(tool.left_out(file, shapes), Path(folder)))
            return ours, theirs, left_out
        finally:
            client.close()


def _shapes(asked: Mapping[str, Any]) -> Shapes:
    """Return the shapes in which an artifact takes one sample, in its order."""
    with np.load(asked["arrays"]) as held:
        samples = {name: held[f"x/{name}"][:1] for name in asked["inputs"]}
    layouts = asked["layouts"]
    return [tuple(one.shape[axis] for axis in layouts.get(name, range(one.ndim))) for name, one in samples.items()]


def _ours(client: Client) -> float:
    client.ask("turn", timeout=PATIENCE, blocks=WARM, loops=1)
    seconds: list[float] = client.ask("turn", timeout=PATIENCE, blocks=ANSWERS, loops=1)["seconds"]
    return 1e3 * statistics.median(seconds)


def _printed(arguments: list[str], folder: Path) -> str:
    """Return what a fresh interpreter prints.

    Raises:
        ValueError: it failed, with its last words.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE,
        cwd=folder,
        env=environment(sys.executable, settings="default"),
    )
    if done.returncode:
        raise ValueError((done.stderr.strip() or done.stdout.strip() or "it failed").splitlines()[-1])
    return done.stdout


def agrees(found: Interval) -> bool:
    """Return whether ours lies within what is asked for of a tool's."""
    return 1 / WITHIN <= found.value <= WITHIN


def table(result: Mapping[str, Any]) -> str:
    """Return the result as lines, each with its target."""
    lines = [
        f"p50 of {result['source']}, one thread, batch 1, {result['answers']} answers a process, ours and the tool's "
        f"processes in turns ({result['seconds']:.0f} s)"
    ]
    for one in result["tools"]:
        if one["status"] != Status.OK.value:
            lines.append(f"  {one['runtime']}: {one['tool']}: {one['status']}: {one['reason']}")
            continue
        ours, theirs, left_out = (statistics.median(side) for side in zip(*one["pairs"], strict=True))
        taken_off = f" ({left_out:.2g} ms, taken off)" if left_out else ""
        found = Interval(**one["ratio"])
        said = "" if agrees(found) else "; NOT within it"
        lines.append(
            f"  {one['runtime']}: ours {ours:.4g} ms, {one['tool']} {theirs:.4g} ms: {found.value:.3f} "
            f"[{found.low:.3f}, {found.high:.3f}] over {len(one['pairs'])} pairs (target: within 5 %{said}); it leaves "
            f"out {one['leaves_out']}{taken_off}"
        )
    return "\n".join(lines)
