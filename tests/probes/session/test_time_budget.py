"""Who gets how much of the time."""

from __future__ import annotations

import pytest

from probes.session import time_budget


def test_a_probe_gets_its_part_of_what_is_left_and_half_as_much_again():
    assert time_budget.share(100.0, [10.0, 30.0], now=60.0) == pytest.approx(60 + 1.5 * 40 * 10 / 40)


def test_what_will_not_fit_starves_nobody():
    assert time_budget.share(100.0, [10.0, 1000.0], now=80.0) == 100.0


def test_without_a_budget_there_is_no_end_and_everything_fits():
    assert time_budget.share(None, [10.0], now=0.0) is None
    assert time_budget.fits(1000.0, None)


def test_a_probe_begins_while_most_of_its_seconds_are_left():
    assert time_budget.fits(10.0, 8.0)
    assert not time_budget.fits(10.0, 7.9)


def test_fresh_workers_end_with_the_budget_or_after_a_stated_part_of_the_time_spent():
    assert time_budget.until(100.0, spent=500.0, now=60.0) == 100.0 - time_budget.TAIL
    assert time_budget.until(None, spent=10.0, now=60.0) == 60 + time_budget.EXTRA[0]
    assert time_budget.until(None, spent=500.0, now=60.0) == 60 + 250
