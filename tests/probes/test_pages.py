"""Every scenario and workload says what it asks and what it does not tell."""

from __future__ import annotations

from pathlib import Path

import pytest

import probes
from probes import catalog, pages
from probes.types import Probe

ROOT = Path(probes.__file__).parent
SCENARIOS = sorted(path for path in (ROOT / "scenarios").glob("*.py") if path.stem != "__init__")
WORKLOADS = sorted(path for path in (ROOT / "workloads").glob("*.py") if path.stem != "__init__")


def named(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", SCENARIOS, ids=named)
def test_a_scenario_answers_every_question_of_its_page(path: Path) -> None:
    found = pages.sections(path)

    assert not [name for name in ("", *pages.SECTIONS) if not found.get(name)]


@pytest.mark.parametrize("path", WORKLOADS, ids=named)
def test_a_workload_answers_every_question_but_how(path: Path) -> None:
    found = pages.sections(path)

    assert not [name for name in ("", *pages.SECTIONS) if not found.get(name) and name != "How it is measured"]


@pytest.mark.parametrize("probe", catalog.load().values(), ids=lambda probe: probe.id)
def test_every_probe_has_a_whole_page(probe: Probe) -> None:
    page = pages.page(probe)

    assert all(page[name] for name in pages.SECTIONS)
    assert pages.text(probe).startswith(f"# {probe.id}\n")
