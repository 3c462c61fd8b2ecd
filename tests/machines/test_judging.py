"""What counts as the main job doing what it should."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.curation import main_job
from probes.system.emulated_machines import MACHINES, Ended

RATIO = {"probe": "one", "status": "ok", "reason": "", "ratio": {"value": 2.0}}
LEFT_OUT = {"probe": "two", "status": "skipped", "reason": "the budget is spent"}
FAILED = {"probe": "three", "status": "failed", "reason": "pytorch: no C++ compiler on PATH"}


def outcome(machine: str = "as-it-is", **changed: Any) -> main_job.Outcome:
    ended = Ended(status=changed.pop("status", 0), seconds=1.0, said=changed.pop("said", ""))
    return main_job.Outcome(MACHINES[machine], ended=ended, **{"probes": (RATIO, LEFT_OUT), "page": True, **changed})


def test_a_ratio_and_a_page_are_what_is_owed() -> None:
    assert main_job.faults(outcome(), least=1) == []
    assert main_job.faults(outcome(status=3, probes=(RATIO, FAILED)), least=1) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"said": "Traceback (most recent call last):\n"}, "the output holds 'Traceback (most recent call last)'"),
        ({"said": "This is a fault of the program."}, "the output holds 'fault of the program'"),
        ({"status": None}, "did not end"),
        ({"status": 2, "said": "a\nno needs file\n"}, "exit status 2: no needs file"),
        ({"status": 1}, "exit status 1 without a sentence that says why"),
        ({"probes": (LEFT_OUT,)}, "0 ratios, 1 expected: no reason given"),
        ({"probes": (FAILED,)}, "0 ratios, 1 expected: pytorch: no C++ compiler on PATH"),
        ({"probes": (RATIO, {**FAILED, "reason": ""})}, "three gives no reason"),
        (
            {"probes": (RATIO, {**FAILED, "reason": "raised:\nsee TORCH_LOGS"})},
            "three gives a reason that is no sentence: 'raised:\\nsee TORCH_LOGS'",
        ),
        ({"page": False}, "the page could not be written from what was measured"),
        ({"left": ("~",)}, "left behind: ~"),
    ],
)
def test_each_thing_that_is_wrong_is_said(changed: dict[str, Any], expected: str) -> None:
    assert expected in main_job.faults(outcome(**changed), least=1)


@pytest.mark.parametrize(
    "said",
    [
        "Nothing could be\ncompared: no tensorflow (1 of 1 probes).",
        "没有得到任何可\n比结果：",
        "没有得到任何可\n比结果：".encode("ascii", "backslashreplace").decode(),
    ],
    ids=["English", "Chinese", "Chinese in ASCII"],
)
def test_the_sentence_that_says_why_is_known_however_a_terminal_breaks_and_spells_it(said: str) -> None:
    wrong = main_job.faults(outcome(status=1, said=said), least=0)

    assert wrong == []


def test_where_a_machine_lacks_something_the_reason_must_name_it() -> None:
    silent = {**FAILED, "reason": "pytorch: it did not work"}

    assert main_job.faults(outcome("no-compiler", probes=(RATIO, FAILED)), least=1) == []
    assert main_job.faults(outcome("no-compiler", probes=(RATIO, silent)), least=1) == [
        "three: 'pytorch: it did not work' does not name compiler"
    ]


def test_the_reason_of_a_row_is_what_most_probes_share_and_never_the_budget() -> None:
    assert outcome(probes=(RATIO, LEFT_OUT, LEFT_OUT, FAILED)).reason == FAILED["reason"]
    assert outcome().reason == ""
