"""Sessions that are open at once get the answers they would get alone, and a closed one gives back what it held."""

from __future__ import annotations

import pytest

from advisor.curation import app_load

pytestmark = pytest.mark.browser

SESSIONS = 12


def test_sessions_at_once_are_right_separate_and_let_go() -> None:
    found = app_load.measure(SESSIONS, rounds=2, seed=1)

    print("\n".join(app_load.lines(found, SESSIONS)))
    assert found.right == found.separate == SESSIONS
    assert found.kept == 2 * len(app_load.PAGES)
    *_, busy, after = found.states
    assert (busy.sessions, after.sessions, after.children) == (SESSIONS, 0, 0)
    assert after.descriptors <= busy.descriptors - SESSIONS
