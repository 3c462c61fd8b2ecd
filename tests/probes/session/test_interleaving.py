"""Taking turns on a simulated machine of known truth, by the very code that takes real ones."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from probes.calibration import simulation
from probes.session import interleaving
from probes.session.arms import Arm
from probes.session.runner import grade
from probes.session.worker_client import Lost
from probes.statistics import ratios, roofline
from probes.types import Reason, Status


def sides(truth, noise="quiet", seed=0):
    machine = simulation.Machine(simulation.NOISES[noise], np.random.default_rng(seed))
    return [simulation.Side(Arm("a", "x"), 0.02, machine), simulation.Side(Arm("b", "x"), 0.02 * truth, machine)]


def take(pair, **more):
    options = {"until": math.inf, "timeout": 1, "cancelled": lambda: False}
    return interleaving.take(pair, **{**options, **more})


def test_a_quiet_machine_needs_the_least_pairs():
    taken = take(sides(1.3))
    assert len(taken.used) == interleaving.LOOKS[0]
    assert ratios.within(taken.log_ratios("a", "b")).mean == pytest.approx(math.log(1.3), abs=0.02)


def test_pairs_end_at_the_last_look_however_noisy():
    taken = take(sides(1.0, "laptop", seed=3))
    assert interleaving.LOOKS[0] <= len(taken.used) <= interleaving.LOOKS[-1]


def test_no_further_pair_is_begun_when_the_time_is_over():
    taken = take(sides(1.0, "laptop"), until=time.monotonic() - 1)
    assert len(taken.used) == interleaving.FEWEST


def test_stopping_never_asks_whether_one_is_excluded():
    # Twins on a noisy machine: with the width rule alone, no look finds a winner more often than the level allows.
    named = 0
    for seed in range(60):
        taken = take(sides(1.0, "cloud", seed=seed))
        found = ratios.ratio(ratios.within(taken.log_ratios("a", "b")), numerator="b", denominator="a")
        named += found.favours in ("a", "b")
    assert named == 0


class Waiting(simulation.Side):
    """Kept from the CPU for as long again as it works, in ``hit`` of every ten blocks."""

    hit = 10

    def ask(self, do, **arguments):
        answer = super().ask(do, **arguments)
        if do == "turn":
            kept = [number % 10 < self.hit for number in range(len(answer["seconds"]))]
            answer["surely"] = [0.0] * len(kept)
            answer["waited"] = [second * held for second, held in zip(answer["seconds"], kept, strict=True)]
            answer["seconds"] = [second * (1 + held) for second, held in zip(answer["seconds"], kept, strict=True)]
        return answer


def waiting(hit, truth=1.0):
    one, other = sides(truth)
    one.cost = other.cost = 0.001
    made = Waiting(other.arm, other.cost, other.machine)
    made.hit = hit
    return [one, made]


def test_what_another_load_holds_up_is_kept_in_the_record_and_blocks_it_left_alone_give_the_cost():
    taken = take(waiting(hit=6))
    estimate = taken.estimate("a", "b")
    assert estimate.mean == pytest.approx(0, abs=0.03)
    assert estimate.bias == 0
    assert sum(wait > 0 for wait in taken.waited["b"][0]) == pytest.approx(0.6 * len(taken.waited["b"][0]), abs=2)
    assert len(taken.disturbed) == len(taken.used)
    assert all(taken.used)


def test_where_every_block_is_held_up_the_doubt_widens_the_interval_and_more_turns_do_not_help():
    quiet, held = take(sides(1.0)).estimate("a", "b"), take(waiting(hit=10)).estimate("a", "b")
    # Wall time says 2, what is left without all waiting says 1: the truth lies between.
    assert held.mean == pytest.approx(math.log(2) / 2, abs=0.05)
    assert held.bias == pytest.approx(math.log(2) / 2 + ratios.CACHES * (1 - math.sqrt(2) / 2), abs=0.05)
    assert held.mean - held.half < 0 < math.log(2) < held.mean + held.half
    assert held.half > quiet.half + 0.3


def test_a_difference_far_beyond_the_doubt_is_told_although_every_pair_was_disturbed():
    one, other = waiting(hit=10)
    other.cost = 0.004
    taken = take([one, other])
    found = ratios.ratio(taken.estimate("a", "b"), numerator="b", denominator="a")
    assert len(taken.disturbed) == len(taken.used)
    assert found.favours == "a"


class Jumping(simulation.Side):
    """Claims turns longer than they were waited for."""

    def ask(self, do, **arguments):
        answer = super().ask(do, **arguments)
        if do == "turn" and self.taken % 9 == 0:
            answer["elapsed"] = 1000.0
        return answer


def test_a_turn_that_disagrees_with_the_managers_clock_is_not_used():
    one, other = sides(1.0)
    taken = take([one, Jumping(other.arm, other.cost, other.machine)])
    assert taken.lost > 0
    assert len(taken.seconds["a"]) == len(taken.used) >= interleaving.LOOKS[0]


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
    assert taken.loops["a"] * 1e-4 >= interleaving.BLOCK * 0.9
    assert taken.loops["b"] * 1e-3 >= interleaving.BLOCK * 0.9
    assert taken.loops["b"] * 1e-3 * len(taken.seconds["b"][0]) >= interleaving.TURN * 0.9


def several(*costs, seed=0):
    machine = simulation.Machine(simulation.NOISES["quiet"], np.random.default_rng(seed))
    names = "pqrstuvw"
    return [simulation.Side(Arm(name, "x"), 0.01 * cost, machine) for name, cost in zip(names, costs, strict=False)]


def test_three_take_turns_forth_and_back():
    taken = take(several(1, 2, 3))
    assert taken.order.startswith("abccbaabccba")
    assert len(taken.order) == 3 * len(taken.used)


def test_every_two_of_several_have_a_ratio_of_pairs():
    taken = take(several(1, 2, 3, 0.5))
    for one, other, truth in (("p", "q", 2), ("q", "r", 1.5), ("r", "p", 1 / 3), ("s", "r", 6)):
        estimate = taken.estimate(one, other)
        assert estimate.mean == pytest.approx(math.log(truth), abs=0.03)
        assert estimate.count == len(taken.used)


def test_turns_of_several_end_when_the_widest_is_narrow():
    quiet = take(several(1, 2, 3))
    machine = simulation.Machine(simulation.NOISES["laptop"], np.random.default_rng(5))
    noisy = take([*several(1, 2), simulation.Side(Arm("r", "x"), 0.01, machine)])
    assert len(quiet.used) == interleaving.LOOKS[0] < len(noisy.used)


class Dying(simulation.Side):
    """Is lost after forty turns, those of its warming up with them."""

    def ask(self, do, **arguments):
        if self.taken >= 40:
            raise Lost(Status.FAILED, Reason("out-of-memory"))
        return super().ask(do, **arguments)


def test_a_lost_arm_costs_the_others_no_turn():
    one, other, third = several(1, 2, 3)
    gone = []
    taken = take(
        [one, Dying(other.arm, other.cost, other.machine), third],
        looks=(60,),
        dropped=lambda client, lost: gone.append((client.arm.label, lost.status)),
    )
    assert gone == [("q", Status.FAILED)]
    assert len(taken.seconds["p"]) == len(taken.seconds["r"]) == len(taken.used) == 60
    assert len(taken.seconds["q"]) < 60
    assert taken.estimate("p", "r").mean == pytest.approx(math.log(3), abs=0.03)


def test_a_lost_arm_ends_the_turns_where_nobody_is_told():
    one, other = several(1, 2)
    with pytest.raises(Lost):
        take([one, Dying(other.arm, other.cost, other.machine)], looks=(60,))


def test_single_answers_are_timed_one_by_one():
    asked = []

    class Asked(simulation.Side):
        def ask(self, do, **arguments):
            asked.append((do, arguments))
            return super().ask(do, **arguments)

    one, other = several(0.01, 0.02)
    taken = take([Asked(one.arm, one.cost, one.machine), other], single=True)
    kept = [arguments for do, arguments in asked if do == "turn" and arguments.get("keep")]
    assert taken.loops == {"p": 1, "q": 1}
    # An answer takes 0.1 ms: four go between two that are timed, which lie half a millisecond apart.
    assert {arguments["between"] for arguments in kept} <= {4, 5}
    assert {len(turn) for turn in taken.seconds["p"]} == {kept[0]["blocks"]}
    assert kept[0]["blocks"] * 1e-4 * (1 + kept[0]["between"]) >= interleaving.TURN * 0.8


def test_a_blocked_design_misses_the_truth_that_turns_cover():
    cell = simulation.trial(1.0, "cloud", runs=80, process_sd=0.0, seed=1)
    assert cell["coverage"] >= 0.85
    assert cell["naive"]["coverage"] <= 0.70
    assert cell["wrong"] == 0 < cell["naive"]["wrong"]


@pytest.mark.parametrize(
    ("pairs", "disturbed", "battery", "expected"),
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
def test_the_grade_of_a_session(pairs, disturbed, battery, expected):
    assert grade(pairs, disturbed, battery=battery) == expected


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
    best = roofline.ceiling({"a": {"flops": 1e11, "bytes": 5e9}, "b": {"flops": 5e10, "bytes": 1e10}})
    assert best == {"flops": 1e11, "bytes": 1e10}
    assert roofline.share(best, seconds=0.01, flops=flops, moved=moved, first=first, mode=mode)["limit"] == limit
