"""Every row of the device check can fail: each is shown a finding that is right and one that is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from probes.calibration import device_rows
from probes.calibration.device_rows import FAILED, NOT_RUN, NOT_TESTABLE, PASSED, Check, Sight
from probes.types import Measurement, Ratio, Status

GIB = 1 << 30
CARD = [{"name": "NVIDIA H100 80GB HBM3"}]


def sight(**changes: Any) -> Sight:
    observed: dict[str, Any] = {
        "launches": {
            "products": 70,
            "side": 4096,
            "launched_s": 0.001,
            "waited_s": 0.2,
            "left_s": 0.0001,
            "flops_per_second": 5e13,
        },
        "precision": {"product": 4e-7, "convolution": 3e-7},
        "precision_with_tf32": {"product": 3e-4, "convolution": 3e-4},
        "searches": False,
        "memory": {"held": GIB // 8, "allocated": GIB // 8, "peak": GIB // 4, "reserved": GIB // 4},
    }
    memory = {"process": GIB, "delta": GIB, "total": 80 * GIB}
    return Sight("pytorch", ("cpu", "cuda"), description="NVIDIA H100", observed={**observed, **changes}, memory=memory)


def taken(value: float = 1.0, *, half: float = 0.05, favours: str = "inconclusive", **changes: Any) -> Measurement:
    made = Measurement(
        "training-mlp-eager",
        "training_step",
        "mlp",
        "eager",
        Status.OK,
        samples={"a": (1.0,) * 9, "b": (value,) * 9},
        ratio=Ratio(value, value * (1 - half), value * (1 + half), 9, favours, "b", "a"),
        parity={"passed": True, "reason": "", "loss": {"bound": 1e-5, "a": {"distance": 4e-6}}},
        roof={"a": {"compute": 0.5}, "b": {"compute": 0.4}, "flops_per_second": 5e13},
        facts={"threads": 1, "turns": [{"steady": {"a": True, "b": True}}]},
    )
    return replace(made, **changes)


SKIPPED = taken(status=Status.SKIPPED, reason="no time", ratio=None, samples={}, parity=None, roof=None, facts={})
INFERENCE = taken(scenario="inference")


def test_a_wait_that_leaves_work_undone_fails() -> None:
    # the products of a fifth of a second, launched and "awaited" in a millisecond: the fetch waits for all of them
    early = {**sight().observed["launches"], "waited_s": 0.001, "left_s": 0.199}

    assert device_rows.launches([sight()]).outcome == PASSED
    assert device_rows.launches([sight(launches=early)]).outcome == FAILED


def test_ten_bits_of_mantissa_fail_and_the_ruler_is_shown_to_see_them() -> None:
    right = device_rows.precision([sight()])
    # 2 ** -11, half a unit in the last of ten bits, is the size of one rounding to TF32
    wrong = device_rows.precision([sight(precision={"product": 2**-11, "convolution": 3e-7})])
    old = device_rows.precision([sight(precision_with_tf32={"product": 4e-7, "convolution": 3e-7})])

    assert (right.outcome, wrong.outcome, old.outcome) == (PASSED, FAILED, PASSED)
    assert "with TF32 allowed product 3.0e-04" in right.reason
    assert "has none" in old.reason


def test_a_framework_that_searches_for_kernels_fails_and_one_that_does_not_tell_passes() -> None:
    assert device_rows.searching([sight(searches=True)]).outcome == FAILED
    assert device_rows.searching([sight(searches=None)]).outcome == PASSED


@pytest.mark.parametrize(
    ("free", "used", "outcome"), [(70, 10, PASSED), (1, 79, FAILED), (70, 20, FAILED)], ids=["room", "full", "nonsense"]
)
def test_a_card_that_another_program_fills_fails(free: int, used: int, outcome: str) -> None:
    memory = [{"total": 80 * GIB, "used": used * GIB, "free": free * GIB}]

    assert device_rows.free_memory("cuda", memory).outcome == outcome
    assert device_rows.free_memory("cpu", memory).outcome == NOT_TESTABLE
    assert device_rows.free_memory("cuda", []).outcome == NOT_TESTABLE


def test_nvml_must_show_what_the_allocator_holds_by_process_or_else_by_the_devices_rise() -> None:
    unseen = replace(sight(), memory={"process": 1000, "delta": GIB, "total": 80 * GIB})
    by_rise = replace(sight(), memory={"process": None, "delta": GIB, "total": 80 * GIB})

    assert device_rows.device_memory([sight()], "cuda").outcome == PASSED
    assert device_rows.device_memory([unseen], "cuda").outcome == FAILED
    found = device_rows.device_memory([by_rise], "cuda")
    assert found.outcome == PASSED
    assert "the device's rise by NVML 1.00 GiB, its allocator 0.25 GiB" in found.reason


def test_a_process_that_takes_the_whole_card_at_once_fails() -> None:
    greedy = replace(sight(), memory={"process": 72 * GIB, "delta": 72 * GIB, "total": 80 * GIB})

    assert device_rows.growth([sight()], "cuda").outcome == PASSED
    assert device_rows.growth([greedy], "cuda").outcome == FAILED
    assert device_rows.growth([greedy], "cpu").outcome == NOT_TESTABLE


def test_parity_needs_both_a_training_and_an_inference_gate_and_says_how_near_its_bound_it_came() -> None:
    found = device_rows.gates([taken(), INFERENCE])
    failed = taken(status=Status.NOT_COMPARABLE, ratio=None, parity={"passed": False, "reason": "off in loss"})

    assert found.outcome == PASSED
    assert "40%" in found.reason  # 4e-6 of 1e-5
    assert device_rows.gates([taken()]).outcome == NOT_RUN
    assert device_rows.gates([failed, INFERENCE]).outcome == FAILED
    assert device_rows.gates([SKIPPED]) == Check("parity against float64", NOT_RUN, "no time")


def test_a_winner_between_twins_fails_even_where_a_correction_withdrew_it() -> None:
    assert device_rows.twins([taken()]).outcome == PASSED
    assert device_rows.twins([taken(1.2, favours="a")]).outcome == FAILED
    assert device_rows.twins([taken(1.2, facts={"before_holm": "a"})]).outcome == FAILED
    assert device_rows.twins([taken(), SKIPPED]).outcome == NOT_RUN


@pytest.mark.parametrize(("value", "half", "outcome"), [(1.1, 0.05, PASSED), (1.05, 0.06, FAILED), (1.3, 0.05, FAILED)])
def test_a_planted_slowdown_must_be_told_apart_and_covered(value: float, half: float, outcome: str) -> None:
    assert device_rows.planted(1.1, [taken(value, half=half)]).outcome == outcome


def test_more_than_the_roof_fails_whether_the_probe_refused_or_not() -> None:
    refused = taken(status=Status.NOT_COMPARABLE, ratio=None, roof=None, reason_code="above-roof")

    assert device_rows.roofs([taken()]).outcome == PASSED
    assert device_rows.roofs([taken(roof={"a": {"compute": 1.4}})]).outcome == FAILED
    assert device_rows.roofs([refused]).outcome == FAILED


def test_costs_that_fall_while_they_are_timed_fail() -> None:
    searching = taken(samples={"a": (3.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0), "b": (1.0,) * 9})

    assert device_rows.settled([taken()]).outcome == PASSED
    assert device_rows.settled([searching]).outcome == FAILED


def test_a_hot_card_fails_and_a_power_cap_under_load_does_not() -> None:
    assert device_rows.clocks("cuda", CARD, ["power cap"]).outcome == PASSED
    assert device_rows.clocks("cuda", CARD, ["hardware thermal", "power cap"]).outcome == FAILED
    assert device_rows.clocks("cuda", [], []).outcome == NOT_TESTABLE


def test_the_evidence_must_name_the_card_that_nvml_names() -> None:
    def on(description: str) -> dict[str, Any]:
        devices = [{"kind": "cuda", "name": "cuda:0", "description": description}]
        return {"pytorch": {"device": "cuda:0", "flags": {"devices": devices}}}

    assert device_rows.named(on("NVIDIA H100 80GB HBM3"), "cuda", CARD).outcome == PASSED
    assert device_rows.named(on("NVIDIA T4"), "cuda", CARD).outcome == FAILED
    assert device_rows.named(on(""), "cuda", CARD).outcome == FAILED
    assert device_rows.named({}, "cuda", CARD).outcome == NOT_RUN


def test_a_framework_that_is_not_there_is_no_failure_and_one_that_crashed_is() -> None:
    lacking = Sight("jax", reason="has no jax", ended=device_rows.ended(Status.NOT_INSTALLED))
    crashed = Sight("jax", reason="jax was killed", ended=device_rows.ended(Status.FAILED))

    assert device_rows.seen([sight(), lacking], "cuda", CARD).outcome == PASSED
    assert device_rows.seen([sight(), crashed], "cuda", CARD).outcome == FAILED
    assert device_rows.launches([sight(), lacking]).outcome == PASSED


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [([PASSED, NOT_TESTABLE], 0), ([PASSED, NOT_RUN], 3), ([NOT_RUN, FAILED, PASSED], 1)],
)
def test_the_exit_status_is_the_worst_rows(outcomes: list[str], status: int) -> None:
    assert device_rows.exit_status([Check("row", outcome, "") for outcome in outcomes]) == status
