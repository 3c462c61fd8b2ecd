"""Percentiles over turns and shares, against closed forms and published figures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from probes.statistics import percentiles

NO_SPREAD = {"process_sd": 0.0, "process_df": 8.0}


def test_equal_turns_have_no_width_but_that_of_processes():
    turns = [[0.001, 0.002, 0.003]] * 10

    (alone,) = percentiles.intervals(turns, (50,), seed=0, **NO_SPREAD)
    (spread,) = percentiles.intervals(turns, (50,), seed=0, process_sd=0.03, process_df=8)

    assert (alone.low, alone.value, alone.high) == pytest.approx((0.002, 0.002, 0.002))
    # Student's t of 8 degrees of freedom at 97.5 %: 2.306
    assert math.log(spread.high / spread.value) == pytest.approx(2.306 * 0.03, rel=1e-3)


@pytest.mark.parametrize(("percent", "normal"), [(50, 0.0), (95, 1.645)])
def test_intervals_cover_the_true_percentile_where_turns_are_correlated(percent, normal):
    rng, covered = np.random.default_rng(1), 0
    for number in range(100):
        # Each turn has a level of its own, as a machine's clock gives it.
        turns = [np.exp(0.05 * rng.standard_normal() + 0.1 * rng.standard_normal(50)) for _ in range(20)]
        (found,) = percentiles.intervals(turns, (percent,), seed=number, **NO_SPREAD)
        covered += found.low <= math.exp(normal * math.hypot(0.05, 0.1)) <= found.high
    # Of 100 intervals of 95 % coverage fewer than 86 are seen once in 10,000 times.
    assert covered >= 86


def test_an_interval_is_the_same_every_time_it_is_computed():
    turns = [list(np.random.default_rng(i).random(30) + 1) for i in range(6)]

    assert percentiles.intervals(turns, (95,), seed=3, **NO_SPREAD) == percentiles.intervals(
        turns, (95,), seed=3, **NO_SPREAD
    )


def test_turns_of_unlike_lengths_are_drawn_whole():
    short, long = [1.0] * 10, [2.0] * 90

    (found,) = percentiles.intervals([short, long] * 5, (50,), seed=0, **NO_SPREAD)

    assert found.value == pytest.approx(2.0)


def test_turns_that_differ_among_themselves_leave_room_for_another_session():
    rng = np.random.default_rng(2)

    def half(level):
        turns = [np.exp(level * rng.standard_normal() + 0.02 * rng.standard_normal(80)) for _ in range(30)]
        (found,) = percentiles.intervals(turns, (50,), seed=0, **NO_SPREAD)
        return math.log(found.high / found.value)

    # Where turns are alike, 2,400 answers say it to half a percent; where they spread by a tenth, another session may
    # lie a tenth off: 2.05 times that (Student's t of 29 degrees of freedom).
    assert half(0.0) < 0.01
    assert half(0.1) == pytest.approx(2.05 * 0.1, rel=0.4)


def test_several_processes_give_the_interval_in_which_the_next_one_lies():
    # ln of the processes' costs: mean 0, standard deviation 0.1 (closed form), turns all alike
    processes = [[[math.exp(0.1 * z)] * 10] * 4 for z in (-math.sqrt(1.5), 0.0, math.sqrt(1.5))]

    (found,) = percentiles.pooled(processes, (50,), seed=0, **NO_SPREAD)

    # Prediction of one more (Student's t of 2 degrees of freedom at 97.5 %: 4.303): 4.303 s sqrt(1 + 1/3); s**2 = 0.015
    assert found.value == pytest.approx(1.0)
    assert math.log(found.high / found.value) == pytest.approx(4.303 * math.sqrt(0.015 * 4 / 3), rel=1e-3)
    assert found.low == pytest.approx(1 / found.high)


def test_the_percentile_of_several_processes_is_that_of_all_their_answers_each_process_weighing_alike():
    short, long = [[1.0, 1.0]] * 4, [[2.0] * 50] * 4

    (found,) = percentiles.pooled([short, long, long], (30,), seed=0, **NO_SPREAD)

    assert found.value == pytest.approx(1.0)


def test_the_interval_of_several_processes_reaches_the_percentile_of_all_there_are():
    rng, below, above = np.random.default_rng(5), 0, 0
    truth = math.exp(1.6449 * math.hypot(0.03, 0.1))  # of processes spread by 3 % with answers spread by a tenth

    for number in range(200):
        levels = 0.03 * rng.standard_normal(6)
        drawn = [np.exp(level + 0.1 * rng.standard_normal((8, 50))) for level in levels]
        (found,) = percentiles.pooled(drawn, (95,), seed=number, process_sd=0.03, process_df=8)
        below += found.high <= truth
        above += found.low > truth

    # 2 % is promised; with that more than 11 of 200 would be seen once in 1,000 times.
    assert below <= 11
    assert above <= 11


def test_readings_of_processes_give_where_the_next_one_lies():
    found = percentiles.readings([10.0, 10.0 * math.e])

    # Two readings one apart on the log scale: s = 1 / sqrt 2; Student's t of one degree of freedom is 12.706.
    assert found.value == pytest.approx(10 * math.sqrt(math.e))
    assert math.log(found.high / found.value) == pytest.approx(12.706 * math.sqrt(0.5 * 1.5), rel=1e-3)


def test_one_turn_gives_no_interval():
    with pytest.raises(ValueError, match="at least 2"):
        percentiles.intervals([[1.0, 2.0]], (50,), seed=0, **NO_SPREAD)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, table I, method 3 (Wilson score without continuity correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_has_wilsons_interval(hits, count, low, high):
    found = percentiles.share(hits, count)

    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)
