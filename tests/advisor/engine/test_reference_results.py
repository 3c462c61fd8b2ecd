"""Machines like the user's speak where the user has not measured: less than own measurements, and never beside them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.engine import observations
from advisor.engine.reference_results import reference_results
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.model.reference import ReferenceResult, ReferenceSession
from advisor.recommendation import recommend
from probes.types import Evidence, Probe
from tests.advisor import worlds
from tests.advisor.evidence import measurement, session
from tests.advisor.reference import VERSIONS, XEON, reference, said
from tests.advisor.small import TODAY, gap, world

NEEDS = Needs(answers={"goal": "fast"})
PROBES = tuple(
    Probe(id=name, question={}, scenario="s", workload=name, mode="eager", criterion=on)
    for name, on in (("p", "speed"), ("q", "speed"), ("f", "easy"))
)
SIMILAR = {**XEON, "cores": 16}
OTHER = {**XEON, "arch": "aarch64"}
MINOR = {**VERSIONS, "a": "2.12.0"}


def after(
    *own: Evidence,
    reference: tuple[ReferenceSession, ...] = (),
    knowledge: Knowledge | None = None,
    machine: dict[str, Any] | None = XEON,
    versions: dict[str, str] = VERSIONS,
) -> Recommendation:
    return recommend(
        NEEDS,
        knowledge or world(),
        own,
        today=TODAY,
        probes=PROBES,
        machine=machine,
        versions=versions,
        reference=reference,
    )


def own(*measurements: Any, **more: Any) -> Evidence:
    return session(*measurements, machine=XEON, **more)


def only(found: Recommendation) -> ReferenceResult:
    (result,) = found.reference
    return result


# ---------------------------------------------------------------- the order of trust


def test_trust_falls_from_own_over_same_kind_and_similar_to_documented() -> None:
    there = (reference(said("p", 0.5)),)
    mine = gap(after(own(measurement("p", ratio=0.5))))
    same, similar = gap(after(reference=there)), gap(after(reference=there, machine=SIMILAR))
    documented = gap(after())

    assert mine < same < similar < documented


def test_a_similar_machine_says_more_than_two_claims_of_grade_moderate() -> None:
    """On a criterion whose full scale is 2 their difference has the deviation sqrt(2) .25 on a scale of 2 ln 2."""
    found = only(after(reference=(reference(said("p", 0.5)),), machine=SIMILAR))

    assert found.sd < math.sqrt(2) * 0.25 * 2 * math.log(2)


def test_what_a_machine_counts_for_is_added_in_quadrature() -> None:
    """By hand: sampling (.02 / 1.96)^2, transfer .3^2, machine .25^2 or 1.5^2 .25^2, another version .25^2."""
    there, base = (reference(said("p", 0.5)),), (0.02 / 1.959964) ** 2 + 0.3**2
    cases = [(XEON, VERSIONS, 1.0), (SIMILAR, VERSIONS, 1.5**2), (XEON, MINOR, 2.0), (SIMILAR, {}, 1.5**2 + 1.0)]
    for machine, versions, units in cases:
        found = only(after(reference=there, machine=machine, versions=versions))
        assert found.sd**2 == pytest.approx(base + units * 0.25**2)
        assert found.weighs


def test_another_kind_of_machine_is_shown_and_counts_nothing() -> None:
    for found in (
        after(reference=(reference(said("p", 0.5)),), machine=OTHER),
        after(reference=(reference(said("p", 0.5)),), versions={**VERSIONS, "a": "3.0"}),
    ):
        assert not only(found).weighs
        assert "does not count" in only(found).counts.en
        assert found.utility == after().utility
        assert found.notes == after().notes


# ---------------------------------------------------------------- beside one's own


def test_an_own_measurement_of_the_same_probe_and_pair_makes_the_reference_silent() -> None:
    mine = own(measurement("p", ratio=2.0))

    assert after(mine, reference=(reference(said("p", 0.5)),)).reference == ()
    assert gap(after(mine, reference=(reference(said("p", 0.5)),))) == gap(after(mine))


def test_an_own_measurement_without_a_ratio_silences_nothing() -> None:
    assert only(after(own(measurement("p")), reference=(reference(said("p", 0.5)),))).weighs


def test_on_a_criterion_measured_by_another_probe_it_still_speaks_and_never_louder() -> None:
    wide = own(measurement("p", ratio=2.0, half_width=2.0))
    found = only(after(wide, reference=(reference(said("q", 0.5)),)))
    mine = observations.interpret((wide,), world(), probes=PROBES, machine=XEON).observations[0]

    assert found.probes == ("q",)
    assert found.sd**2 == pytest.approx(mine.variance)


@given(st.floats(0.01, 3.0), st.lists(st.floats(0.2, 5.0), min_size=1, max_size=6))
def test_no_number_of_files_outweighs_one_own_measurement(half_width: float, values: list[float]) -> None:
    mine = own(measurement("p", ratio=2.0, half_width=half_width))
    there = tuple(reference(said("q", value), id=f"m{i}") for i, value in enumerate(values))
    finding = observations.interpret((mine,), world(), probes=PROBES, machine=XEON)
    found = reference_results(
        there,
        world(),
        probes=PROBES,
        machine=XEON,
        versions=VERSIONS,
        measured=(mine,),
        observations=finding.observations,
    )

    assert sum(1 / one.sd**2 for one in found) <= sum(1 / o.variance for o in finding.observations) * (1 + 1e-9)


def test_the_result_before_measuring_had_the_reference_already() -> None:
    there = (reference(said("p", 0.2)),)
    found = after(own(measurement("p", ratio=2.0)), reference=there)

    assert found.before is not None
    assert found.before.utility == after(reference=there).utility


def test_what_was_measured_elsewhere_is_not_shown_as_measured_here() -> None:
    found = after(reference=(reference(said("p", 0.1)),))

    assert found.criteria[0].measured is None
    assert (found.contradictions, found.verdicts, found.before) == ((), (), None)
    assert [step.probe for step in found.probe_plan] == [step.probe for step in after().probe_plan]


def test_documents_own_measurements_and_the_reference_are_told_together() -> None:
    mine = own(measurement("p", ratio=2.0))
    alone, beside = after(mine), after(mine, reference=(reference(said("q", 0.1)),))

    assert alone.criteria[0].measured
    assert beside.criteria[0].measured
    one, two = alone.criteria[0].measured.pairs[0], beside.criteria[0].measured.pairs[0]
    assert (one.documented, one.measured, one.z) == (two.documented, two.measured, two.z)
    assert two.together.ratio < one.together.ratio


# ---------------------------------------------------------------- which file speaks


def test_the_most_alike_machine_speaks_alone() -> None:
    near, far = reference(said("p", 0.5), id="near"), reference(said("p", 3.0), id="far", machine=SIMILAR)

    assert only(after(reference=(far, near))).session == "near"
    assert after(reference=(far, near)).utility == after(reference=(near,)).utility


def test_of_equally_alike_machines_the_latest_speaks_whatever_their_order() -> None:
    old = reference(said("p", 3.0), id="z-old", finished="2026-10-01T00:00:00Z")
    new = reference(said("p", 0.5), id="a-new")

    assert only(after(reference=(old, new))).session == only(after(reference=(new, old))).session == "a-new"


def test_the_machine_counts_once_however_many_workloads_it_measured() -> None:
    """By hand: two workloads of sampling s^2 and transfer .3^2 averaged, and the machine's .25^2 undivided."""
    found = only(after(reference=(reference(said("p", 0.5), said("q", 0.5)),)))
    sampling = (0.02 / 1.959964) ** 2

    assert found.probes == ("p", "q")
    assert found.sd**2 == pytest.approx((sampling + 0.3**2) / 2 + 0.25**2)


def test_without_files_without_a_machine_or_without_a_known_probe_nothing_changes() -> None:
    plain = after().document()

    assert "reference" not in plain
    assert after(reference=(reference(said("unknown", 0.5)), reference(said("f", 0.5)))).document() == plain
    nowhere = after(reference=(reference(said("p", 0.5)),), machine=None).document()
    assert nowhere == after(machine=None).document()


def test_frameworks_that_the_knowledge_base_does_not_hold_are_passed_over() -> None:
    assert after(reference=(reference(said("p", 0.5, pair=("c", "a"))),)).reference == ()


# ---------------------------------------------------------------- in words


def test_the_result_says_where_it_was_measured_and_what_that_counts_for() -> None:
    found = only(after(reference=(reference(said("p", 0.5)),), machine=SIMILAR))

    assert found.where.en == (
        "On a machine similar to yours (Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz, 2 cores, Linux; "
        "cores: 2 there, 16 here)"
    )
    assert found.where.zh.startswith("在与你相近的机器上（Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz、2 核、Linux；")
    assert "2.00 × better" in found.finding.en
    assert found.counts.en == "It counts less than a measurement of your own or from the same kind of machine."
    assert found.counts.zh == "其权重低于你自己的测量，也低于同类机器上的测量。"
    assert any("machine like yours" in note.en for note in after(reference=(reference(said("p", 0.5)),)).notes)


# ---------------------------------------------------------------- symmetry

SWAP = {"a": "b", "b": "a", "c": "c"}
CATALOGUE = tuple(
    Probe(id=name, question={}, scenario="s", workload=name, mode="eager", criterion="w") for name in ("p", "q", "r")
)  # "w" is the criterion of those worlds that has a ratio scale
PAIRS = st.sampled_from([("b", "a"), ("c", "a"), ("c", "b")])
RATIOS = st.lists(
    st.tuples(st.sampled_from(["p", "q", "r"]), st.floats(0.1, 10.0), PAIRS),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one[::2],
)


def mirrored(probe: str, value: float, pair: tuple[str, str]) -> tuple[str, float, tuple[str, str]]:
    """Return the same measurement with a and b exchanged; a session names the alphabetically later one first."""
    one, other = (SWAP[name] for name in pair)
    return (probe, value, (one, other)) if one > other else (probe, 1 / value, (other, one))


@settings(max_examples=40, deadline=None)
@given(worlds.knowledges(), worlds.needs(), RATIOS, st.sampled_from([XEON, SIMILAR, OTHER]))
def test_exchanging_two_frameworks_mirrors_what_the_reference_does(
    knowledge: Knowledge, needs: Needs, measured: list[tuple[str, float, tuple[str, str]]], machine: dict[str, Any]
) -> None:
    def result(knowledge: Knowledge, ratios: list[tuple[str, float, tuple[str, str]]]) -> Recommendation:
        there = reference(
            *(said(probe, value, pair=pair) for probe, value, pair in ratios),
            versions={"a": "1.0", "b": "1.0", "c": "1.0"},
        )
        return recommend(
            needs,
            knowledge,
            today=TODAY,
            probes=CATALOGUE,
            machine=machine,
            versions={"a": "1.0", "b": "1.0", "c": "1.0"},
            reference=(there,),
        )

    one = result(knowledge, measured)
    other = result(worlds.exchanged(knowledge, "a", "b"), [mirrored(*entry) for entry in measured])
    for name, swapped in SWAP.items():
        assert other.utility[swapped] == pytest.approx(one.utility[name], abs=1e-12)
        assert other.acceptability[swapped] == pytest.approx(one.acceptability[name], abs=0.005)
    assert len(one.reference) == len(other.reference) == len({pair for _, _, pair in measured})
