"""The main job on the machines that users have, with real workers and a short budget.

``python -m advisor.benchmark machines`` runs every machine alone with the full budget. Here those that take nothing
from one another share a run, so that the folder ends within minutes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.curation import main_job
from probes.system.emulated_machines import MACHINES, Machine, Start, Unavailable, grouped

pytestmark = [pytest.mark.frameworks, pytest.mark.measures]

BUDGET = 9.0
"""Seconds: one or two probes of the main job; the imports come on top."""

TOGETHER = (
    # Caps of both sides, each in the place of the other's: the processor without AVX512, and the one in between.
    ("avx2-only",),
    ("tensorflow-onednn-on", "pytorch-default"),
    ("one-core",),
    ("half-a-core",),
    ("no-home",),
    # Where the program may write is one thing, what it may ask another, what it may print a third.
    ("home-with-letters", "dead-proxy", "ascii"),
    ("read-only-home", "ascii-chinese"),
    ("busy-all-cores",),
)
"""What of the table shares a run. avx2-only is tensorflow-onednn-off, pytorch-avx2 and onednn-avx2 at once; one busy
core is less than all; no-compiler has a test of its own, since no compiled probe fits the short budget."""


@contextmanager
def ready(machine: Machine, tmp_path: Path) -> Iterator[Start]:
    work, made = tmp_path / "work", tmp_path / "machine"
    work.mkdir()
    made.mkdir()
    try:
        with machine.start(made) as start:
            yield replace(start, folder=start.folder or work)
    except Unavailable as error:
        pytest.skip(f"{machine.name}: {error}")


@pytest.mark.parametrize("names", TOGETHER, ids=" + ".join)
def test_the_main_job_gives_a_ratio_on(names: tuple[str, ...]) -> None:
    found = main_job.run(grouped(*(MACHINES[name] for name in names)), budget=BUDGET)

    if found.unavailable:
        pytest.skip(f"{' + '.join(names)}: {found.unavailable}")
    assert not main_job.faults(found, least=1), found.ended.said[-4000:]


def test_without_a_compiler_what_needs_one_says_so_and_the_rest_is_measured(tmp_path: Path) -> None:
    with ready(MACHINES["no-compiler"], tmp_path) as start:
        probes = ("inference-mlp-compiled", "inference-mlp-default")
        ended = main_job.command(
            ("probe", "run", *probes, "--budget", "30", "-o", "evidence.json"), start, timeout=main_job.PATIENCE
        )
        assert start.folder is not None
        compiled, plain = json.loads((start.folder / "evidence.json").read_text(encoding="utf-8"))["probes"]

    assert ended.status == 3, ended.said[-4000:]
    assert plain["ratio"] is not None
    assert compiled["ratio"] is None
    assert "compiler" in compiled["reason"]
    assert "\n" not in compiled["reason"], "the framework's own words instead of a sentence"
    assert not [words for words in main_job.FAULTS if words in ended.said]
