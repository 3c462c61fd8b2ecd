"""What a report says of the machines: medians, ratios, verdicts, what is missing and why."""

from __future__ import annotations

import copy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.report import charts, figures
from advisor.report.machines import Machines
from advisor.report.rows import ParityRow
from advisor.report.view import View
from tests.advisor.reports import Page, decision, text_of


def machines(lang: str = "en") -> Machines:
    return Machines(View(decision(), lang))


def test_a_ratio_is_told_with_both_medians_and_in_words() -> None:
    (found,) = machines().sessions()
    first, second = found.compared

    assert first.costs == {"pytorch": "1.1 ms", "tensorflow": "5.2 ms"}
    assert first.verdict == "PyTorch 5.00 × faster [4.90, 5.10]"
    assert second.verdict.startswith("cannot tell: PyTorch 2.40 × as fast as TensorFlow [")
    assert first.limits == ["PyTorch: arithmetic (44 % of what this machine can do)"]
    assert first.parity == [ParityRow("outputs", "PyTorch 3.3e-07, TensorFlow 4.5e-07", "1e-04")]


def test_differing_defaults_and_disturbed_pairs_stand_beside_the_result() -> None:
    (found,) = machines().sessions()
    first, second = found.compared

    assert first.notes == ["oneDNN on in PyTorch, off in TensorFlow"]
    assert second.notes == ["4 of 9 pairs were disturbed by other load; the interval is wider for them"]
    assert "--set tensorflow:TF_ENABLE_ONEDNN_OPTS=1" in found.defaults
    rows = {row.label: row.values for row in found.environments.rows}
    assert rows["oneDNN"] == ["on"]
    assert rows["CPU instructions"] == ["cannot be read back"]
    assert rows["Passed with --set"] == ["LEVEL=3"]
    for form in ("html", "md"):
        assert "9 对测量中有 4 对受到其他负载干扰" in text_of(decision(), form, "zh")


@given(st.floats(0.25, 5))
def test_the_axis_is_marked_by_how_many_times_a_side_is_ahead(reach: float) -> None:
    marks = charts.ticks(reach)

    assert marks == pytest.approx([1 / mark for mark in reversed(marks)])
    assert 1.0 in marks


def test_what_was_set_alike_is_told_once_for_all_probes() -> None:
    fact = {"framework": "b", "layer": "norm: Norm()", "line": 7, "setting": "epsilon", "was": "0.001", "now": "1e-05"}
    made = decision()
    evidence = copy.deepcopy(made.evidence)
    for row in evidence[0]["probes"][:2]:
        row["facts"] = {**row["facts"], "harmonised": [{**fact, "other": "a eps=1e-05"}]}

    (found,) = Machines(View(made.model_copy(update={"evidence": evidence}), "en")).sessions()

    assert found.alike == ["set alike in both: b epsilon from 0.001 to 1e-05 (norm: Norm; line 7)"]


def test_tuned_settings_stand_beside_the_defaults() -> None:
    (found,) = machines().sessions()

    assert found.tuned[0].endswith("PyTorch 1.1 ms → 1.1 ms (+0 %); TensorFlow 5.2 ms → 2.6 ms (-50 %)")


def test_what_gave_no_figure_says_why_and_the_way_out() -> None:
    (found,) = machines().sessions()

    assert [(row.probe, row.status, row.reason) for row in found.missing] == [
        ("training-mlp-xla", "not supported", "PyTorch: has no such side."),
        ("inference-mlp-default", "failed", "TensorFlow: it broke."),
    ]
    assert "probe run inference-mlp-default" in found.missing[1].way_out
    assert found.left_out == "Skipped for the budget: inference-convnet-default"


def test_a_contradiction_shows_both_numbers_and_what_moved_shows_its_size() -> None:
    (conflict,) = machines().conflicts()
    (together,) = machines().together()
    before = machines().before()

    assert "5.00" in conflict
    assert together.documented.partition("[")[2] in conflict
    assert together.measured.startswith("PyTorch 5.00 × faster than TensorFlow [")
    assert before is not None
    assert re.fullmatch(r"Training speed moved \d+\.\d points towards \w+", before.moved[0])


def test_the_page_says_what_the_view_says() -> None:
    page = "".join(Page(text_of(decision(), "html")).words)

    for phrase in ("5.2 ms", "PyTorch 5.00 × faster [4.90, 5.10]", "has no such side", "25.3 GB", "Example CPU"):
        assert phrase in page


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (7.79e-5, "s", "77.9 µs"),
        (0.0284, "s", "28.4 ms"),
        (134.0, "s", "134 s"),
        (1234.5, "s", "1,234 s"),
        (4e-7, "s", "0.4 µs"),
        (25_276_514_304, "bytes", "25.3 GB"),
        (66_000, "bytes", "66 kB"),
        (12, "lines", "12 lines"),
        (0.25, "", "0.25"),
    ],
)
def test_a_cost_has_the_unit_that_suits_its_size(value: float, unit: str, said: str) -> None:
    assert figures.amount(value, unit, "en") == said


@given(st.floats(0.02, 50), st.floats(0.001, 2))
def test_a_ratio_and_its_inverse_stand_mirrored_on_the_axis(value: float, width: float) -> None:
    low, high = value / (1 + width), value * (1 + width)
    one = {"value": value, "low": low, "high": high}
    other = {"value": 1 / value, "low": 1 / high, "high": 1 / low}

    drawn = charts.ratios([one, other])

    assert drawn is not None
    first, second = drawn.bars
    assert first.dot + second.dot == pytest.approx(100, abs=0.02)
    assert first.width == pytest.approx(second.width, abs=0.03)
    assert all(bar.left >= 0 and bar.left + bar.width <= 100.01 for bar in drawn.bars)
    assert len(drawn.ticks) <= charts.FEW
