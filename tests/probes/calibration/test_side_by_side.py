"""Our times beside a tool's, with stand-ins for the tools; the real ones where the frameworks are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from probes.calibration import side_by_side
from probes.calibration.side_by_side import Tool

RUNTIME = "null"
STOPWATCH = """
import sys, time, numpy
kernel = numpy.load(sys.argv[1])["kernel"]
row, seconds = numpy.ones((1, len(kernel)), numpy.float32), []
for _ in range(300):
    begin = time.perf_counter()
    row @ kernel
    seconds.append(time.perf_counter() - begin)
print(1e3 * float(numpy.median(seconds)))
"""


@pytest.fixture
def asked(tmp_path: Path) -> Mapping[str, Any]:
    np.savez(tmp_path / "model.npz", kernel=np.ones((512, 512), np.float32))
    loaded: dict[str, Any] = {"as_is": True, "main": str(tmp_path / "model.npz"), "arrays": str(tmp_path / "in.npz")}
    return {**loaded, "inputs": [], "outputs": [], "layouts": {}, "dtypes": {}, "data": ""}


def tool(*arguments: str, left_out: float | None = None) -> Tool:
    more = None if left_out is None else lambda file, shapes: ["-c", f"print({left_out})"]
    command = lambda file, out, shapes: [*arguments, str(file)]  # noqa: E731
    return Tool("a stopwatch", command, lambda out, text: float(text), "no", more)


def compared(monkeypatch: pytest.MonkeyPatch, asked: Mapping[str, Any], one: Tool) -> dict[str, Any]:
    monkeypatch.setattr(side_by_side, "TOOLS", {RUNTIME: one})
    return side_by_side.compared(RUNTIME, asked, pairs=3, progress=lambda text: None)


@pytest.mark.measures
def test_both_are_timed_in_fresh_processes_and_their_ratio_has_an_interval(
    monkeypatch: pytest.MonkeyPatch, asked: Mapping[str, Any]
) -> None:
    found = compared(monkeypatch, asked, tool("-c", STOPWATCH))

    assert found["status"] == "ok"
    assert len(found["pairs"]) == 3
    assert found["ratio"]["low"] < found["ratio"]["value"] < found["ratio"]["high"]


@pytest.mark.measures
def test_what_a_tool_leaves_out_is_taken_off_ours(monkeypatch: pytest.MonkeyPatch, asked: Mapping[str, Any]) -> None:
    found = compared(monkeypatch, asked, tool("-c", STOPWATCH, left_out=0.001))

    assert [pair[2] for pair in found["pairs"]] == [0.001] * 3
    expected = np.mean([math.log((ours - 0.001) / theirs) for ours, theirs, _ in found["pairs"]])
    assert math.log(found["ratio"]["value"]) == pytest.approx(expected)


@pytest.mark.measures
def test_a_tool_that_fails_is_told_in_its_own_last_words(
    monkeypatch: pytest.MonkeyPatch, asked: Mapping[str, Any]
) -> None:
    found = compared(monkeypatch, asked, tool("-c", "raise SystemExit('this model is unknown here')"))

    assert found["status"] == "failed"
    assert "a stopwatch: this model is unknown here" in found["reason"]


def result(ours: float, theirs: float, **ratio: float) -> dict[str, Any]:
    one = {"runtime": "r", "tool": "t", "leaves_out": "much", "status": "ok", "reason": "", "ratio": ratio}
    return {"source": "m", "answers": 500, "seconds": 9.0, "tools": [{**one, "pairs": [(ours, theirs, 0.0)] * 4}]}


@pytest.mark.parametrize(("value", "within"), [(1.04, True), (0.96, True), (1.06, False), (0.94, False)])
def test_what_lies_farther_off_than_five_percent_is_said(value: float, within: bool) -> None:
    shown = side_by_side.table(result(value, 1.0, value=value, low=value - 0.01, high=value + 0.01))

    assert f"{value:.3f} [{value - 0.01:.3f}, {value + 0.01:.3f}] over 4 pairs" in shown
    assert ("NOT within it" in shown) is not within
    assert "it leaves out much" in shown


def test_a_tool_without_figures_says_why() -> None:
    absent = {"runtime": "r", "tool": "t", "status": "not-installed", "reason": "no such package", "pairs": []}

    shown = side_by_side.table({"source": "m", "answers": 500, "seconds": 9.0, "tools": [absent]})

    assert "r: t: not-installed: no such package" in shown


def test_every_tool_has_a_route_that_makes_its_files() -> None:
    assert all(side_by_side._route(runtime) for runtime in side_by_side.TOOLS)
