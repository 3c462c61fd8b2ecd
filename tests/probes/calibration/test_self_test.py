"""What a self-test learns of this machine; its measurements are tested with the command."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from probes.calibration import self_test
from probes.statistics import ratios
from probes.system import machine


def test_without_a_history_the_documented_spread_stands():
    found = self_test.pooled_spread([])
    assert found == {"process_sd": pytest.approx(ratios.PROCESS_SD), "process_df": ratios.PROCESS_DF}


def test_one_lucky_or_unlucky_self_test_moves_the_spread_by_its_weight_alone():
    # By hand: 8 degrees of freedom at 3 % and 8 of what was seen.
    lucky, unlucky = (self_test.pooled_spread([{"variance": sd**2, "df": 8.0}]) for sd in (0.0, 0.08))
    assert lucky["process_sd"] == pytest.approx(0.03 / math.sqrt(2))
    assert unlucky["process_sd"] == pytest.approx(math.sqrt((0.03**2 + 0.08**2) / 2))


def test_a_long_history_outweighs_what_was_assumed():
    found = self_test.pooled_spread([{"variance": 0.01**2, "df": 8.0}] * 7)
    assert found["process_sd"] == pytest.approx(math.sqrt((0.03**2 + 7 * 0.01**2) / 8))
    assert found["process_df"] == 64


def test_the_spread_of_twins_is_their_mean_square_less_what_their_turns_leave_open():
    twins = [ratios.Estimate(mean, 0.01, 20, 21) for mean in (0.03, -0.03, 0.03, -0.03)]
    assert self_test._spread(twins) == {"variance": pytest.approx(0.03**2 - 0.01**2), "df": 4.0}


def test_only_the_newest_history_of_the_same_framework_counts():
    earlier = {"framework": "pytorch", "history": [{"variance": v * 1e-4, "df": 8.0} for v in range(20)]}
    kept = self_test._history(earlier, "pytorch")
    assert [entry["variance"] for entry in kept] == [v * 1e-4 for v in range(7)]
    assert self_test._history(earlier, "null") == []
    assert self_test._history(None, "null") == []


@pytest.mark.parametrize(
    "wrong",
    [
        "[" * 150_000,
        "9" * 5_000,
        "[]",
        '{"cpu": 3}',
        '{"cpu": CPU, "cpu": CPU}',
        '{"cpu": CPU, "process_sd": "wide"}',
        '{"cpu": CPU, "process_sd": 0}',
        '{"cpu": CPU, "process_df": [1]}',
        '{"cpu": CPU, "resolves": {}}',
        '{"cpu": CPU, "seconds_a_probe": "x"}',
        '{"cpu": CPU, "history": 3}',
        '{"cpu": CPU, "history": [3]}',
        '{"cpu": CPU, "history": [{"df": "x", "variance": 0}]}',
        '{"cpu": CPU, "history": [{"df": 8}]}',
        '{"cpu": CPU, "process_sd": NaN}',
        "\ufeff\x00",
    ],
    ids=range(16),
)
def test_a_calibration_of_another_form_counts_as_none(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path))
    seen = machine.fingerprint()
    cpu = json.dumps(f"{seen['cpu']} x{seen['cores']}")
    self_test.place().write_text(wrong.replace("CPU", cpu), encoding="utf-8")
    assert self_test.load_calibration() is None
    self_test.place().write_text('{"cpu": CPU, "process_sd": 0.02, "process_df": 8}'.replace("CPU", cpu))
    assert self_test.load_calibration() is not None
