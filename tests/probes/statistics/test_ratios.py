"""The statistics, against closed forms, SciPy and simulated noise of known truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from probes.statistics import ratios
from probes.statistics.ratios import Estimate

LOGS = st.lists(st.floats(-2, 2), min_size=2, max_size=40)


@given(LOGS)
def test_the_interval_is_students(logs):
    found = ratios.within(logs)
    if found.error < 1e-12:  # SciPy's own interval underflows there
        assert found.half < 1e-10
        return
    low, high = stats.t.interval(0.95, len(logs) - 1, loc=np.mean(logs), scale=stats.sem(logs))
    assert found.mean - found.half == pytest.approx(low, abs=1e-9)
    assert found.mean + found.half == pytest.approx(high, abs=1e-9)


@given(LOGS)
def test_exchanging_the_frameworks_mirrors_the_verdict(logs):
    one = ratios.ratio(ratios.within(logs), numerator="b", denominator="a")
    other = ratios.ratio(ratios.within([-x for x in logs]), numerator="a", denominator="b")
    assert other.favours == one.favours
    assert other.value == pytest.approx(1 / one.value)
    assert other.low == pytest.approx(1 / one.high)


@given(LOGS, st.floats(0.001, 0.2), st.floats(2, 30))
def test_widening_never_narrows_and_never_moves(logs, spread, df):
    before = ratios.within(logs)
    after = ratios.widened(before, process_sd=spread, process_df=df)
    assert after.mean == before.mean
    assert after.error >= before.error
    assert min(before.df, df) - 1e-9 <= after.df <= before.df + df + 1e-9


def test_no_process_spread_changes_nothing():
    estimate = Estimate(0.1, 0.02, 7, 8)
    assert ratios.widened(estimate, process_sd=0, process_df=8) == estimate


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.051, 1.3, "a"),
        (1.049, 1.3, "inconclusive"),
        (0.7, 1 / 1.051, "b"),
        (0.92, 1.09, "equivalent"),
        (1.06, 1.09, "a"),
        (0.90, 1.05, "inconclusive"),
        (0.5, 2.0, "inconclusive"),
    ],
)
def test_the_band_rule(low, high, verdict):
    assert ratios.verdict(math.log(low), math.log(high), numerator="b", denominator="a") == verdict


def test_a_verdict_never_rests_on_a_p_value_above_half_a_level():
    for mean in np.linspace(-0.4, 0.4, 41):
        for error in (0.005, 0.01, 0.02, 0.05):
            estimate = Estimate(float(mean), error, 9, 10)
            found = ratios.ratio(estimate, numerator="b", denominator="a")
            assert (ratios.p_value(estimate, found.favours) <= 0.025) is (found.favours != "inconclusive")


def test_holm_follows_the_worked_rule():
    # alpha = .025: .005 <= .025/4, .007 <= .025/3, .011 <= .025/2, .04 > .025
    assert ratios.holm({"a": 0.005, "b": 0.04, "c": 0.007, "d": 0.011, "none": 1.0}) == {"a", "c", "d"}
    # the smallest fails, so nothing stands although .02 alone would
    assert ratios.holm({"a": 0.02, "b": 0.02}) == frozenset()
    assert ratios.holm({}) == frozenset()


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=8))
def test_holm_is_stricter_than_no_correction_and_looser_than_bonferroni(p_values):
    standing = ratios.holm(p_values)
    claims = {key: p for key, p in p_values.items() if p < 1}
    assert standing <= {key for key, p in claims.items() if p <= 0.025}
    assert {key for key, p in claims.items() if p <= 0.025 / len(claims)} <= standing


@pytest.mark.parametrize("bad", [[], [0.0], [0.1, -0.1], [math.nan], [math.inf]])
def test_a_turn_needs_positive_finite_times(bad):
    with pytest.raises(ValueError, match="positive, finite"):
        ratios.turn_cost(bad)


def test_one_interruption_does_not_move_a_turn():
    assert ratios.turn_cost([1.0, 1.0, 9.0, 1.0, 1.0]) == 1.0


def test_one_pair_gives_no_interval():
    with pytest.raises(ValueError, match="at least 2"):
        ratios.within([0.1])


def test_a_warming_side_is_not_steady_and_a_noisy_one_is():
    rng = np.random.default_rng(5)
    assert not ratios.steady([1.0 * 0.9**i for i in range(12)])
    assert not ratios.steady([1.0] * 9)
    assert ratios.steady([1.0] * 10)
    noisy = list(1 + 0.2 * rng.standard_normal(200))
    assert any(ratios.steady(noisy[:n]) for n in range(10, 40))


def test_break_even_by_hand():
    # 10 s of compiling against none, saving 2 ms a step: 5000 steps.
    assert ratios.break_even(10.0, 0.008, 0.0, 0.010) == pytest.approx(5000)
    assert ratios.break_even(10.0, 0.010, 0.0, 0.008) is None
    assert ratios.break_even(1.0, 0.01, 1.0, 0.02) is None
    assert ratios.break_even(10.0, 0.01, 0.0, 0.01) is None


NOISE = {"quiet": (0.015, 0.0, 0.0), "cloud": (0.05, 0.05, 0.35), "laptop": (0.10, 0.05, 0.60)}


def _pair_of_turns(rng, ratio, noise):
    jitter, chance, size = NOISE[noise]

    def turn(cost):
        spikes = 1 + size * (rng.random(5) < chance)
        return ratios.turn_cost(list(cost * spikes * np.exp(jitter * rng.standard_normal(5))))

    return math.log(turn(ratio) / turn(1.0))


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("truth", [1.0, 1.3])
def test_intervals_cover_the_truth_on_simulated_noise(noise, truth):
    rng, runs = np.random.default_rng(11), 800
    covered = wrong = 0
    for _ in range(runs):
        found = ratios.ratio(
            ratios.within([_pair_of_turns(rng, truth, noise) for _ in range(12)]), numerator="b", denominator="a"
        )
        covered += found.low <= truth <= found.high
        wrong += truth == 1.0 and found.favours in ("a", "b")
    # Three standard errors of a proportion of .95 in 800 runs are .023.
    assert 0.92 <= covered / runs <= 0.98
    assert wrong / runs <= 0.02


def test_restarts_cover_where_one_pair_of_processes_does_not():
    rng, runs, spread, truth = np.random.default_rng(3), 600, 0.04, math.log(1.2)
    within = widened = between = 0
    for _ in range(runs):
        restarts = [
            ratios.within(list(truth + spread * rng.standard_normal() + 0.02 * rng.standard_normal(10)))
            for _ in range(4)
        ]
        one = restarts[0]
        wide = ratios.widened(one, process_sd=spread, process_df=30)
        many = ratios.between(restarts)
        within += abs(one.mean - truth) <= one.half
        widened += abs(wide.mean - truth) <= wide.half
        between += abs(many.mean - truth) <= many.half
    assert within / runs < 0.60
    assert 0.92 <= widened / runs <= 0.98
    assert 0.92 <= between / runs <= 0.98


def test_blocks_that_nothing_held_up_speak_for_a_turn():
    seconds, waited = [1.0, 1.1, 3.0, 1.2, 5.0], [0.0, 0.01, 2.0, 0.0, 4.0]
    assert ratios.block_cost(seconds, waited) == (1.1, 0.0)


def test_where_all_blocks_were_held_up_the_cost_lies_between_what_the_working_thread_and_all_waited():
    cost, doubt = ratios.block_cost([4.0, 4.0, 4.0], [3.0, 3.0, 3.0], [2.0, 2.0, 2.0])
    assert cost == pytest.approx(math.sqrt(1 * 2))  # the geometric middle of 4 - 3 and 4 - 2
    assert doubt == pytest.approx(math.log(2) / 2 + ratios.CACHES * (1 - math.sqrt(2) / 4))


def test_one_thread_that_waited_leaves_no_doubt_but_its_cold_caches():
    cost, doubt = ratios.block_cost([4.0, 4.0, 4.0], [2.0, 2.0, 2.0], [2.0, 2.0, 2.0])
    assert cost == pytest.approx(2.0)
    assert doubt == pytest.approx(ratios.CACHES / 2)


def test_nothing_said_of_single_threads_leaves_everything_between_wall_time_and_the_rest():
    cost, doubt = ratios.block_cost([4.0, 4.0], [3.0, 3.0])
    assert cost * math.exp(doubt) >= 4.0
    assert cost / math.exp(doubt) <= 1.0


def test_a_tenth_of_a_wall_time_is_left_whatever_was_waited():
    assert ratios.without([2.0, 2.0], [0.5, 2.0]) == [1.5, 0.2]


def test_an_exact_estimate_passes_its_band_for_certain():
    assert ratios.p_value(Estimate(math.log(1.2), 0.0, 30, 31), "a") == 0.0


def test_an_exact_estimate_without_process_spread_stays_exact():
    exact = Estimate(0.1, 0.0, 30, 31)
    assert ratios.widened(exact, process_sd=0.0, process_df=8) == exact


def test_without_readings_of_waiting_a_turn_is_its_median():
    assert ratios.block_cost([1.0, 9.0, 2.0], None) == (2.0, 0.0)


def test_a_doubt_widens_the_interval_on_both_sides_and_counts_against_a_verdict():
    sure = Estimate(math.log(1.2), 0.02, 30, 31)
    doubted = Estimate(math.log(1.2), 0.02, 30, 31, bias=0.1)
    assert doubted.half == pytest.approx(sure.half + 0.1)
    assert ratios.p_value(sure, "a") < 0.001
    assert ratios.p_value(doubted, "a") > 0.025


def test_one_pair_of_processes_is_widened_by_the_known_spread():
    one = Estimate(0.1, 0.01, 20, 21)
    assert ratios.pooled([one], process_sd=0.03, process_df=8) == ratios.widened(one, process_sd=0.03, process_df=8)


def test_more_pairs_of_processes_narrow_the_interval_and_their_own_spread_counts():
    def pairs(*means):
        return [Estimate(mean, 0.0, 20, 21) for mean in means]

    known = {"process_sd": 0.03, "process_df": 8.0}
    alike = ratios.pooled(pairs(0.1, 0.1), **known)
    # By hand: variance (8 * .03^2 + 1 * 0) / 9, of a mean of two, 9 degrees of freedom.
    assert alike.error == pytest.approx(math.sqrt(8 * 0.03**2 / 9 / 2))
    assert (alike.mean, alike.df, alike.count) == (pytest.approx(0.1), pytest.approx(9), 42)
    apart = ratios.pooled(pairs(0.0, 0.2), **known)
    assert apart.error == pytest.approx(math.sqrt((8 * 0.03**2 + 0.02) / 9 / 2))


def test_pooled_intervals_cover_the_truth_of_fresh_processes():
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(2000):
        means = rng.normal(0.0, math.hypot(0.03, 0.01), 2)
        spread = 0.03 * math.sqrt(rng.chisquare(16) / 16)
        estimate = ratios.pooled([Estimate(m, 0.01, 20, 21) for m in means], process_sd=spread, process_df=16)
        covered += abs(estimate.mean) <= estimate.half
    assert covered / 2000 == pytest.approx(0.95, abs=0.015)
