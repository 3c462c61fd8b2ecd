"""The door: limits of the fusion, transfer, conflicts and verdicts, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engine import arrays, observations, scoring
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.recommendation import recommend
from probes.types import Evidence, Measurement, Probe, Status
from tests.advisor.evidence import HERE, measurement, session
from tests.advisor.small import TODAY, claim, gap, world

NEEDS = Needs(answers={"goal": "fast"})
PROBES = tuple(
    Probe(id=name, question={}, scenario="s", workload=name, mode="eager", criterion=on, claims=("c",))
    for name, on in (("p", "speed"), ("q", "speed"), ("f", "easy"))
)


def after(*sessions: Evidence, knowledge: Knowledge | None = None, needs: Needs = NEEDS) -> Recommendation:
    return recommend(needs, knowledge or world(), sessions, today=TODAY, probes=PROBES, machine=HERE)


def test_what_a_mode_is_worth_within_a_framework_judges_claims_and_observes_no_pair() -> None:
    ratio = {"value": 3.0, "low": 2.9, "high": 3.1, "numerator": "a eager", "denominator": "a compiled"}
    facts = {"a": {"times_as_fast": 3.0, "measurement": {"ratio": ratio}}, "claims": {"c": "contradicted"}}
    found = observations.interpret([session(measurement("p", facts=facts))], world(), probes=PROBES)

    assert not found.observations
    assert found.dropped == {"c"}


# ---------------------------------------------------------------- fusion


@given(st.floats(-1, 1), st.floats(0.05, 1), st.floats(-1, 1))
def test_a_perfect_measurement_is_the_result_and_a_useless_one_changes_nothing(m0: float, s0: float, y: float) -> None:
    mean, sd, _ = observations.fuse(m0, s0, observed=y, variance=1e-12)
    assert (mean, sd) == (pytest.approx(y, abs=1e-6), pytest.approx(0.0, abs=1e-5))
    mean, sd, _ = observations.fuse(m0, s0, observed=y, variance=1e12)
    assert (mean, sd) == (pytest.approx(m0, abs=1e-6), pytest.approx(s0))


def test_equal_precisions_meet_in_the_middle() -> None:
    mean, sd, z = observations.fuse(0.0, 0.2, observed=0.4, variance=0.04)
    assert mean == pytest.approx(0.2)
    assert sd == pytest.approx(0.2 / math.sqrt(2.0))
    assert z == pytest.approx(0.4 / math.sqrt(0.08))


def test_the_joint_update_is_the_fusion_of_the_difference() -> None:
    mean, covariance = arrays.observe(
        np.array([[0.7, 0.4]]), np.diag([0.04, 0.01])[None], pair=(0, 1), gap=0.1, noise=0.02
    )
    expected, sd, _ = observations.fuse(0.3, math.sqrt(0.05), observed=0.1, variance=0.02)
    assert mean[0, 0] - mean[0, 1] == pytest.approx(expected)
    spread = covariance[0, 0, 0] + covariance[0, 1, 1] - 2 * covariance[0, 0, 1]
    assert spread == pytest.approx(sd**2)


def test_full_scale_is_half_the_scale() -> None:
    """A ratio of 2 on a criterion with full scale 2 is a difference of .5; with no prior to speak of it is reached."""
    blank = world(claim("c", "easy", {"a": 0}))
    sure = blank.model_copy(update={"settings": blank.settings.model_copy(update={"transfer": 1e-6})})
    found = after(session(measurement("p", ratio=2.0, half_width=1e-6)), knowledge=sure)
    assert gap(found) == pytest.approx(0.5, abs=1e-4)
    assert found.recommended == "a"


def test_a_ratio_beyond_the_scale_says_no_more_than_its_end() -> None:
    """With full scale 2, a ratio of 4 is the whole scale: one of 400 moves the values exactly as far."""
    at_the_end = after(session(measurement("p", ratio=4.0)))
    assert gap(after(session(measurement("p", ratio=400.0)))) == pytest.approx(gap(at_the_end))
    assert gap(after(session(measurement("p", ratio=2.0)))) < gap(at_the_end) - 0.01


def test_a_score_takes_in_what_was_measured() -> None:
    finding = observations.interpret((session(measurement("p", ratio=0.5)),), world(), probes=PROBES, machine=HERE)
    scored = scoring.score(NEEDS, world(), today=TODAY, finding=finding)
    assert scored.utility == after(session(measurement("p", ratio=0.5))).utility


def test_a_measurement_moves_the_result_and_says_what_it_moved() -> None:
    found = after(session(measurement("p", ratio=0.5)))
    assert found.before is not None
    assert found.before.recommended == "a"
    assert found.before.strength == after().strength == "clear"
    assert gap(found) < found.before.utility["a"] - found.before.utility["b"]
    assert found.before.moved[0].criterion == "speed"


def test_a_model_of_ones_own_speaks_to_what_probes_of_its_scenario_and_mode_speak_to() -> None:
    modes = (("eager", "easy"), ("default", "speed"), ("compiled", "speed"))
    probes = [Probe(f"t-{mode}", {}, "training_step", "mlp", mode, on) for mode, on in modes]
    probes.append(Probe("c", {}, "training_step", "mlp", "compiled", "easy", baseline="eager"))

    def criterion_in(mode: str) -> str | None:
        own = measurement("training-own", scenario="training_step", mode=mode, own_workload=True)
        return observations.criterion_of(own, probes, world())

    assert [criterion_in(mode) for mode, _ in modes] == ["easy", "speed", "speed"]
    assert criterion_in("xla") is None


def test_ones_own_workload_says_more_than_a_probe() -> None:
    theirs = after(session(measurement("p", ratio=0.5)))
    own = after(session(measurement("p", ratio=0.5, own_workload=True)))
    assert gap(own) < gap(theirs)


def test_another_machine_says_less_and_is_labelled() -> None:
    here = after(session(measurement("p", ratio=0.5)))
    there = after(session(measurement("p", ratio=0.5), machine={**HERE, "cpu": "there"}))
    assert gap(here) < gap(there)
    assert there.criteria[0].measured is not None
    assert there.criteria[0].measured.pairs[0].other_machine
    assert any("another machine" in note.en for note in there.notes)


def test_modes_of_one_workload_share_their_transfer() -> None:
    """Twice the same workload says little more than once; another workload says more."""
    once = after(session(measurement("p", ratio=0.5)))
    modes = after(session(measurement("p", ratio=0.5), measurement("p", ratio=0.5, mode="compiled")))
    other = after(session(measurement("p", ratio=0.5), measurement("q", ratio=0.5)))
    assert gap(modes) == pytest.approx(gap(once), abs=0.005)
    assert gap(other) < gap(modes) - 0.02


def test_tuned_settings_do_not_decide() -> None:
    assert gap(after(session(measurement("p", ratio=0.5, settings="tuned")))) == gap(after())


def test_a_ratio_enters_as_its_logarithm_with_sampling_error_and_transfer() -> None:
    found = observations.interpret((session(measurement("p", ratio=0.5)),), world(), probes=PROBES)
    assert [(o.criterion, o.numerator, o.denominator) for o in found.observations] == [("speed", "b", "a")]
    assert found.observations[0].mean == pytest.approx(math.log(0.5))
    assert found.observations[0].variance == pytest.approx((0.02 / 1.959964) ** 2 + 0.3**2)


# ---------------------------------------------------------------- conflicts


def test_a_contradiction_keeps_both_numbers() -> None:
    """Claimed: a ratio of 2^(2 * .49 ..); measured: a third of it the other way."""
    firm = world(claim("c", "speed", {"a": 2, "b": -2}))
    found = after(session(measurement("p", ratio=0.4)), knowledge=firm)
    (conflict,) = found.contradictions
    assert conflict.criterion == "speed"
    assert conflict.expected > 2.0
    assert conflict.measured == pytest.approx(0.4)
    assert abs(conflict.z) > 2.0
    assert "2.50 × better" in conflict.text.en  # 1 / .4, told of the side that is ahead


def test_agreement_is_no_contradiction() -> None:
    assert after(session(measurement("p", ratio=1.5))).contradictions == ()


# ---------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        (measurement("p", ratio=1.5), "confirmed"),
        (measurement("p", ratio=0.6), "contradicted"),
        (measurement("p", ratio=1.0), "no practical difference"),
        (measurement("p", ratio=1.1, half_width=0.3), "inconclusive"),
        (measurement("p", status=Status.NOT_INSTALLED, reason="b is missing"), "not testable here"),
    ],
)
def test_verdicts_on_a_claim_that_names_the_cheaper(made: Measurement, verdict: str) -> None:
    (found,) = after(session(made)).verdicts
    assert (found.claim, found.verdict) == ("c", verdict)
    if verdict in ("inconclusive", "not testable here"):
        assert found.reason is not None
        assert found.reason.en
        assert found.reason.zh


def test_a_claim_of_equality_is_confirmed_by_equivalence() -> None:
    level = world(claim("c", "speed", {"a": 1, "b": 1}, favours="both"))
    assert after(session(measurement("p", ratio=1.0)), knowledge=level).verdicts[0].verdict == "confirmed"
    assert after(session(measurement("p", ratio=1.5)), knowledge=level).verdicts[0].verdict == "contradicted"


def test_a_claim_that_neither_is_better_is_one_of_equality() -> None:
    level = world(claim("c", "speed", {"a": 1, "b": 1}, favours="none"))
    assert after(session(measurement("p", ratio=1.0)), knowledge=level).verdicts[0].verdict == "confirmed"


def test_a_claim_about_somebody_else_is_not_tested_by_this_pair() -> None:
    elsewhere = world(claim("c", "speed", {"a": 1}))
    assert after(session(measurement("p", ratio=1.5)), knowledge=elsewhere).verdicts[0].verdict == "not testable here"


def test_probes_that_disagree_are_inconclusive_together() -> None:
    (found,) = after(session(measurement("p", ratio=1.5), measurement("q", ratio=0.6))).verdicts
    assert found.verdict == "inconclusive"
    assert [entry.verdict for entry in found.probes] == ["confirmed", "contradicted"]


def test_an_outdated_claim_gets_a_verdict_and_weighs_nothing() -> None:
    old = world(claim("c", "speed", {"a": 2}, truth="outdated", favours="a"))
    found = after(session(measurement("p", ratio=1.5)), knowledge=old)
    assert found.verdicts[0].verdict == "confirmed"
    assert found.verdicts[0].truth == "outdated"


FACTS = world(claim("c", "easy", {"a": 1, "b": 0}, grade="low"))
NICE = Needs(answers={"goal": "nice"})


def test_a_fact_that_confirms_a_claim_makes_it_speak_with_grade_high() -> None:
    found = after(session(measurement("f", facts={"claims": {"c": "confirmed"}})), knowledge=FACTS, needs=NICE)
    high = world(claim("c", "easy", {"a": 1, "b": 0}, grade="high"))
    assert found.criteria[0].sd["a"] == pytest.approx(after(knowledge=high, needs=NICE).criteria[0].sd["a"])


def test_a_fact_that_contradicts_a_claim_silences_it_and_shows_it() -> None:
    found = after(session(measurement("f", facts={"claims": {"c": "contradicted"}})), knowledge=FACTS, needs=NICE)
    assert found.recommended is None
    assert found.verdicts[0].verdict == "contradicted"
    assert found.before is not None
    assert found.before.recommended == "a"
