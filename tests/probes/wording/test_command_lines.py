"""The probe command says the same in both languages, however it is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from advisor.cli import cli
from probes.__main__ import main
from probes.types import Calibration
from probes.wording import command_lines

FOUND: Calibration = {
    "same_arm": {"runs": 8, "winners_named": 0, "ratio": {"value": 1.0, "low": 0.99, "high": 1.01}},
    "planted": [{"slowdown": 1.1, "runs": 4, "found": 3, "ratio": {"value": 1.1, "low": 1.08, "high": 1.12}}],
    "resolves": 1.1,
    "seconds": 47.3,
    "seconds_a_probe": 2.9,
    "process_sd": 0.02,
    "process_df": 16.0,
    "history": [],
    "framework": "null",
    "cpu": "A x2",
}


def test_a_self_test_tells_what_was_found_and_what_the_machine_tells_apart() -> None:
    assert command_lines.selftest(FOUND, "en") == [
        "Same framework in both arms: winners named 0 of 8",
        "Planted slowdown 1.10: found 3 of 4",
        "This machine tells apart ratios from 1.10 (3 s)",
    ]
    assert command_lines.selftest(FOUND, "zh") == [
        "两臂用同一框架：误判胜负 0 次，共 8 次",
        "预设减速 1.10：检出 3 次，共 4 次",
        "本机能分辨的最小比值为 1.10（3 秒）",
    ]


def test_a_machine_that_tells_nothing_apart_is_said_to_be_too_busy() -> None:
    busy: Calibration = {**FOUND, "resolves": None}

    assert command_lines.selftest(busy, "en")[-1].startswith("This machine is too busy")
    assert command_lines.selftest(busy, "zh")[-1].startswith("本机干扰太多")


@pytest.mark.parametrize(
    "told",
    [
        command_lines.starting,
        lambda lang: command_lines.plan(["a", "b"], None, lang),
        lambda lang: command_lines.plan(["a", "b"], 60.0, lang),
        lambda lang: command_lines.grade("A", lang),
        lambda lang: command_lines.left(3, "/here", lang),
        lambda lang: command_lines.selftest_pair(1.0, 1.003, lang),
        lambda lang: command_lines.selftest_pair(1.05, 1.052, lang),
    ],
)
def test_every_line_of_the_progress_is_in_the_readers_language(told: Callable[[str], str]) -> None:
    assert told("en").isascii()
    assert any("\u4e00" <= letter <= "\u9fff" for letter in told("zh"))


@pytest.mark.parametrize("options", [[], ["--lang", "zh"], ["--json"]], ids=["English", "Chinese", "JSON"])
def test_both_commands_list_the_same_probes(options: list[str]) -> None:
    alone, whole = (
        CliRunner().invoke(*command) for command in ((main, ["list", *options]), (cli, ["probe", "list", *options]))
    )

    assert (alone.exit_code, whole.exit_code) == (0, 0)
    assert alone.output == whole.output
    if "--json" in options:
        listed: list[dict[str, Any]] = json.loads(alone.output)["probes"]
        assert {"id", "question", "mode", "seconds", "asked_only", "claims"} <= listed[0].keys()
