"""The mutation run: which modules, what is reported of a survivor. The run itself is a benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from advisor.curation import mutation
from advisor.curation.engine_benchmark import main
from advisor.errors import InputError

WRITTEN = """
def x_half__mutmut_orig(value: float) -> float:
    low = 0
    return value / 2

def x_half__mutmut_1(value: float) -> float:
    low = 0
    return value * 2
"""


def test_a_survivor_shows_the_line_that_no_test_notices() -> None:
    assert mutation.change(WRITTEN, "x_half__mutmut_1") == "-return value / 2\n+return value * 2"


def test_every_deciding_module_is_there() -> None:
    root = Path(__file__).resolve().parents[3]

    assert [place for place in mutation.DECIDING if not (root / place).is_file()] == []


def test_modules_are_named_by_their_last_part_or_their_place() -> None:
    assert mutation.chosen_places(["pooling", "probes/statistics/ratios.py"]) == (
        "advisor/engine/pooling.py",
        "probes/statistics/ratios.py",
    )


def test_an_unknown_module_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InputError, match=r"no deciding module 'poling'; known: .*pooling"):
        mutation.chosen_places(["poling"])


def test_the_command_refuses_an_unknown_module_without_a_traceback() -> None:
    ended = CliRunner().invoke(main, ["mutation", "--module", "poling"])

    assert ended.exit_code == 2
    assert "known:" in ended.output
