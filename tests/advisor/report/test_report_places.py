"""Where things lie on this disk, and whose disk it is, stays out of a report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.needs import Needs
from probes.wording.places import without_places
from tests.advisor.reports import MACHINE, decide, measured, text_of


def test_where_things_lie_on_this_disk_stays_here() -> None:
    evidence = measured(reason='tensorflow: in "/home/jane/secret/model.py", see C:\\Users\\jane\\x.txt and ~/jane/y')
    environments = {"pytorch": {"flags": {"executable": "/home/jane/venv/bin/python"}}}
    private = replace(evidence, environments=environments, machine={**MACHINE, "hostname": "jane-laptop"})
    made = decide(Needs(answers={"stage": "production"}), (private,))

    for form in ("html", "md", "json"):
        assert "jane" not in text_of(made, form)
    assert "model.py" in text_of(made, "html")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('File "/home/jane/model.py", line 2', 'File "model.py", line 2'),
        ("no space left on /home/jane", "no space left on "),
        ('File "x.py", line 2\n  File "/home/ja', 'File "x.py", line 2\n  File "'),
        ("file:///srv/data/set.npz is missing", "set.npz is missing"),
    ],
)
def test_a_place_on_disk_becomes_a_name(said: str, told: str) -> None:
    assert without_places(said) == told


@given(st.text(max_size=80))
def test_taking_places_out_twice_changes_nothing_more(text: str) -> None:
    once = without_places(text)

    assert without_places(once) == once


@pytest.mark.parametrize("kept", ["https://example.org/a/b", "/CPU:0", "and/or", "pip install torch", "a / b"])
def test_what_is_no_place_on_disk_is_kept(kept: str) -> None:
    assert without_places(kept) == kept
