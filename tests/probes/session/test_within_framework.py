"""A mode's worth within one framework says something of its claims and nothing of other frameworks."""

from __future__ import annotations

import pytest

from probes import reasons
from probes.session import within_framework
from probes.types import EQUIVALENT, INCONCLUSIVE, Measurement, Probe, Ratio, Reason, Status

PROBE = Probe(
    "compiling",
    {"en": "?", "zh": "？"},
    "training_step",
    "mlp",
    "compiled",
    "compilation",
    baseline="eager",
    faster={"pytorch": ("one-line",), "tensorflow": ("graphs",)},
    kept={"tensorflow": ("eager-keeps-speed",)},
)


def side(framework: str, favours: str) -> Measurement:
    mode, baseline = f"{framework} compiled", f"{framework} eager"
    ratio = Ratio(1.5, 1.3, 1.7, 3, favours, numerator=baseline, denominator=mode)
    return Measurement.of(
        PROBE,
        Status.OK,
        samples={mode: (1.0, 1.1, 1.2), baseline: (1.5, 1.6, 1.8)},
        ratio=ratio,
        facts={"cold": {mode: {"first": 9.0}}, "overtaking": {"starts_slower": mode, "iterations": 18.0}},
        seconds=4.0,
    )


@pytest.mark.parametrize(
    ("favours", "faster", "kept"),
    [
        ("tensorflow compiled", "confirmed", "contradicted"),
        ("tensorflow eager", "contradicted", "confirmed"),
        (EQUIVALENT, "no practical difference", "confirmed"),
        (INCONCLUSIVE, INCONCLUSIVE, INCONCLUSIVE),
    ],
)
def test_a_verdict_on_the_mode_is_one_on_what_is_claimed_of_it(favours: str, faster: str, kept: str) -> None:
    found = within_framework.join(PROBE, {"tensorflow": side("tensorflow", favours)})

    assert found.facts["claims"] == {"graphs": faster, "eager-keeps-speed": kept}


def test_the_figures_say_how_many_times_as_fast_and_when_it_has_paid() -> None:
    found = within_framework.join(PROBE, {"pytorch": side("pytorch", "pytorch compiled")})
    facts = found.facts["pytorch"]

    assert (facts["times_as_fast"], facts["low"], facts["high"], facts["favours"]) == (1.5, 1.3, 1.7, "compiled")
    assert (facts["mode_s"], facts["baseline_s"], facts["first_step_s"]) == (1.1, 1.6, 9.0)
    assert facts["pays_after_steps"] == 18.0
    assert found.seconds == 4.0


def test_the_joined_measurement_compares_no_frameworks() -> None:
    found = within_framework.join(PROBE, {name: side(name, f"{name} compiled") for name in ("pytorch", "tensorflow")})

    assert found.ratio is None
    assert not found.samples


def test_where_no_framework_has_the_mode_every_reason_is_told() -> None:
    sides = {
        name: reasons.absent(PROBE, Status.NOT_SUPPORTED, Reason("no-side", workload=f"w{name}")) for name in ("a", "b")
    }
    found = within_framework.join(PROBE, sides)

    assert found.status is Status.NOT_SUPPORTED
    assert found.reason == (
        "a: the workload wa has no side for this framework; b: the workload wb has no side for this framework"
    )
