"""The benchmark of the first page opens the app as a user does; what it finds is told, not judged."""

from __future__ import annotations

import psutil
import pytest

from advisor.curation import first_page

pytestmark = pytest.mark.browser


def test_a_cold_start_is_drawn_before_it_answers_and_leaves_no_server() -> None:
    before = {child.pid for child in psutil.Process().children()}
    if not first_page.chromium():
        pytest.skip("no Chromium to drive here: apt-get install chromium")

    (found,) = first_page.rounds(1)

    assert 0 < found.drawn <= found.interactive
    assert found.served > 0
    assert found.cpu > 0
    assert {child.pid for child in psutil.Process().children()} == before


def test_the_median_is_of_each_figure_by_itself() -> None:
    found = [
        first_page.Opening(served=1, drawn=5, interactive=6, cpu=2, load=None),
        first_page.Opening(served=2, drawn=4, interactive=9, cpu=3, load=0.5),
        first_page.Opening(served=3, drawn=3, interactive=7, cpu=1, load=0.5),
    ]

    assert first_page.summary(found) == {"served": 2, "drawn": 4, "interactive": 7, "cpu": 2}
