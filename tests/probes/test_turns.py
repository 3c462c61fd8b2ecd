"""Taking turns on a simulated machine of known truth, by the very code that takes real ones."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from probes import compare, roof, simulate, turns
from probes.duet import grade
from probes.process import Arm


def sides(truth, noise="quiet", seed=0):
    mood = simulate.Machine(simulate.NOISES[noise], np.random.default_rng(seed))
    return [simulate.Side(Arm("a", "x"), 0.02, mood), simulate.Side(Arm("b", "x"), 0.02 * truth, mood)]


def take(pair, **more):
    options = {"until": math.inf, "timeout": 1, "net": False, "cancelled": lambda: False}
    return turns.take(pair, **{**options, **more})


def test_a_quiet_machine_needs_the_least_pairs():
    taken = take(sides(1.3))
    assert len(taken.used) == turns.LOOKS[0]
    assert compare.within(taken.log_ratios("a", "b")).mean == pytest.approx(math.log(1.3), abs=0.02)


def test_pairs_end_at_the_last_look_however_noisy():
    taken = take(sides(1.0, "laptop", seed=3))
    assert turns.LOOKS[0] <= len(taken.used) <= turns.LOOKS[-1]


def test_no_further_pair_is_begun_when_the_time_is_over():
    taken = take(sides(1.0, "laptop"), until=time.monotonic() - 1)
    assert len(taken.used) == turns.FEWEST


def test_stopping_never_asks_whether_one_is_excluded():
    # Twins on a noisy machine: with the width rule alone, no look finds a winner more often than the level allows.
    named = 0
    for seed in range(60):
        taken = take(sides(1.0, "cloud", seed=seed))
        found = compare.ratio(compare.within(taken.log_ratios("a", "b")), numerator="b", denominator="a")
        named += found.favours in ("a", "b")
    assert named == 0


class Waiting(simulate.Side):
    """Kept from the CPU for half of every turn."""

    def ask(self, do, **arguments):
        answer = super().ask(do, **arguments)
        if do == "turn":
            answer["waited"] = list(answer["seconds"])
            answer["seconds"] = [2 * second for second in answer["seconds"]]
        return answer


def waiting(truth=1.0):
    one, other = sides(truth)
    return [one, Waiting(other.arm, other.cost, other.machine)]


def test_waiting_for_a_cpu_is_taken_out_of_costs_and_kept_in_the_record():
    taken = take(waiting(), net=True)
    assert compare.within(taken.log_ratios("a", "b")).mean == pytest.approx(0, abs=0.03)
    assert taken.waited["b"][0] is not None
    assert len(taken.trouble) == len(taken.used)


def test_without_that_it_stays_in():
    taken = take(waiting())
    assert compare.within(taken.log_ratios("a", "b")).mean == pytest.approx(math.log(2), abs=0.05)


def test_weather_never_takes_out_more_than_its_share():
    taken = take(waiting(), net=True)
    assert 0 < sum(not used for used in taken.used) <= turns.UNUSED * (len(taken.used) + turns.LEAST / 2)


class Jumping(simulate.Side):
    """Claims turns longer than they were waited for."""

    def ask(self, do, **arguments):
        answer = super().ask(do, **arguments)
        if do == "turn" and self.taken % 9 == 0:
            answer["elapsed"] = 1000.0
        return answer


def test_a_turn_that_disagrees_with_the_managers_clock_is_not_used():
    one, other = sides(1.0)
    taken = take([one, Jumping(other.arm, other.cost, other.machine)])
    assert any("clock" in why for why in taken.trouble.values())
    assert len(taken.seconds["a"]) == len(taken.used)


def test_a_long_iteration_takes_fewer_a_turn():
    one, other = sides(1.0)
    one.cost = other.cost = 0.5
    taken = take([one, other])
    assert {len(turn) for turn in taken.seconds["a"]} == {1}
    assert taken.loops == {"a": 1, "b": 1}


def test_loops_make_a_turn_last():
    one, other = sides(1.0)
    one.cost, other.cost = 1e-4, 1e-3
    taken = take([one, other])
    assert taken.loops["a"] * 1e-4 * turns.ITERATIONS >= turns.TURN * 0.9
    assert taken.loops["b"] * 1e-3 * turns.ITERATIONS >= turns.TURN * 0.9


def test_a_blocked_design_misses_the_truth_that_turns_cover():
    cell = simulate.trial(1.0, "cloud", runs=80, process_sd=0.0, seed=1)
    assert cell["coverage"] >= 0.85
    assert cell["naive"]["coverage"] <= 0.70
    assert cell["wrong"] == 0 < cell["naive"]["wrong"]


@pytest.mark.parametrize(
    ("pairs", "troubled", "battery", "expected"),
    [
        (100, 0, False, "A"),
        (100, 2, False, "A"),
        (100, 3, False, "B"),
        (100, 11, False, "C"),
        (100, 31, False, "D"),
        (100, 0, True, "C"),
        (100, 50, True, "D"),
        (0, 0, False, "A"),
    ],
)
def test_the_grade_of_a_session(pairs, troubled, battery, expected):
    assert grade(pairs, troubled, battery=battery) == expected


@pytest.mark.parametrize(
    ("flops", "moved", "first", "mode", "limit"),
    [
        (8e8, 0, 0.1, "eager", "compute"),
        (1e8, 8e7, 0.1, "eager", "bandwidth"),
        (1e8, 1e7, 0.1, "eager", "dispatch"),
        (1e8, 1e7, 30.0, "compiled", "compile"),
        (1.2e9, 0, 0.1, "eager", "bug"),
    ],
)
def test_what_limits_a_probe(flops, moved, first, mode, limit):
    best = roof.ceiling({"a": {"flops": 1e11, "bytes": 5e9}, "b": {"flops": 5e10, "bytes": 1e10}})
    assert best == {"flops": 1e11, "bytes": 1e10}
    assert roof.share(best, seconds=0.01, flops=flops, moved=moved, first=first, mode=mode)["limit"] == limit
