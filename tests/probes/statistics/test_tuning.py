"""What tuning and modes are worth, held against what changing the framework is worth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from probes.statistics import tuning
from probes.types import EQUIVALENT, INCONCLUSIVE, Measurement, Ratio, Status


def measured(settings: str, pytorch: float, tensorflow: float, **more: Any) -> Measurement:
    """Six steady turns a side; the ratio as the band rule would have it."""
    value = tensorflow / pytorch
    favours = "pytorch" if value > 1.1 else "tensorflow" if value < 1 / 1.1 else EQUIVALENT
    ratio = Ratio(value, value * 0.97, value * 1.03, 6, favours, numerator="tensorflow", denominator="pytorch")
    wobble = (0.99, 1.0, 1.01, 1.0, 0.99, 1.01)
    given: dict[str, Any] = {
        "probe": f"training-net-{settings}",
        "scenario": "training_step",
        "workload": "net",
        "mode": "default",
        "status": Status.OK,
        "samples": {
            "pytorch": tuple(pytorch * w for w in wobble),
            "tensorflow": tuple(tensorflow * w for w in wobble),
        },
        "ratio": ratio,
        "settings": settings,
    }
    return Measurement(**{**given, **more})


def with_tuning(*found: Measurement) -> list[Measurement]:
    return tuning.with_tuning(found, process_sd=0.01, process_df=20)


def test_each_framework_is_compared_with_itself() -> None:
    plain, tuned = with_tuning(measured("default", 0.012, 0.010), measured("tuned", 0.006, 0.010))
    worth = tuned.facts["tuning"]

    assert "tuning" not in plain.facts
    assert worth["pytorch"]["times_as_fast"] == pytest.approx(2.0)
    assert worth["pytorch"]["low"] < 2.0 < worth["pytorch"]["high"]
    assert (worth["pytorch"]["favours"], worth["tensorflow"]["favours"]) == ("tuned", EQUIVALENT)
    assert worth["changing"]["default"]["favours"] == "tensorflow"
    assert worth["changing"]["tuned"]["favours"] == "pytorch"


def test_the_interval_carries_the_spread_of_fresh_processes() -> None:
    found = (measured("default", 0.012, 0.010), measured("tuned", 0.006, 0.010))
    narrow = tuning.with_tuning(found, process_sd=0.01, process_df=20)[1].facts["tuning"]["pytorch"]
    wide = tuning.with_tuning(found, process_sd=0.10, process_df=20)[1].facts["tuning"]["pytorch"]

    # 2.086 standard deviations of .01 and of .1 to either side, and the six turns' own hundredth
    assert narrow["high"] / narrow["low"] == pytest.approx(1.048, abs=0.01)
    assert wide["high"] / wide["low"] == pytest.approx(1.52, abs=0.03)


def test_a_tuned_probe_without_its_default_says_nothing() -> None:
    (alone,) = with_tuning(measured("tuned", 0.006, 0.010))
    other = measured("tuned", 0.006, 0.010, workload="another")

    assert "tuning" not in alone.facts
    assert "tuning" not in with_tuning(measured("default", 0.012, 0.010), other)[1].facts


@pytest.mark.parametrize(
    ("plain", "tuned", "said"),
    [
        ((0.012, 0.010), (0.006, 0.010), "tuning pytorch is worth more than changing to tensorflow (1.20 times"),
        ((0.030, 0.010), (0.025, 0.010), "changing to tensorflow (3.00 times as fast by default) is worth more"),
        ((0.010, 0.010), (0.006, 0.010), "by default no framework is ahead"),
        ((0.010, 0.012), (0.010, 0.006), "tuning tensorflow is worth more than changing to pytorch (1.20 times"),
    ],
)
def test_a_line_weighs_tuning_against_changing(
    plain: tuple[float, float], tuned: tuple[float, float], said: str
) -> None:
    (line,) = tuning.lines(with_tuning(measured("default", *plain), measured("tuned", *tuned)))

    assert said in line
    assert "\n" not in line


def test_what_cannot_be_told_is_said() -> None:
    plain = measured("default", 0.012, 0.010)
    assert plain.ratio is not None
    plain = replace(plain, ratio=replace(plain.ratio, favours=INCONCLUSIVE))
    (line,) = tuning.lines(with_tuning(plain, measured("tuned", 0.006, 0.010)))

    assert line.endswith("which framework is ahead by default cannot be told.")


def test_a_mode_is_told_for_each_framework_in_both_languages() -> None:
    side = {"baseline": "eager", "times_as_fast": 4.0, "low": 3.5, "high": 4.5, "favours": "compiled"}
    facts = {"pytorch": {**side, "pays_after_steps": 8.1}, "tensorflow": {**side, "favours": EQUIVALENT}}
    found = measured("default", 1.0, 1.0, probe="compiling-net", mode="compiled", ratio=None, samples={}, facts=facts)

    assert tuning.lines([found], names={"pytorch": "PyTorch"}) == [
        "compiling-net: PyTorch: compiled is 4.00 times as fast as eager [3.50, 4.50], paid after 9 steps; "
        "tensorflow: compiled is as fast as eager [3.50, 4.50]."
    ]
    assert "9 步之后划算" in tuning.lines([found], "zh")[0]
