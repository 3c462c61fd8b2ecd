"""Every scenario and workload says what it asks and what it does not tell."""

from __future__ import annotations

import re
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


LANGUAGES = pytest.mark.parametrize("lang", pages.LANGUAGES)
CITED_ONCE = {"en": set(), "zh": {"source"}}


@LANGUAGES
@pytest.mark.parametrize("path", SCENARIOS, ids=named)
def test_a_scenario_answers_every_question_of_its_page(path: Path, lang: str) -> None:
    found = pages.sections(path, lang)

    assert {"", *pages.SECTIONS} - {name for name, said in found.items() if said} == CITED_ONCE[lang]


@LANGUAGES
@pytest.mark.parametrize("path", WORKLOADS, ids=named)
def test_a_workload_answers_every_question_but_how(path: Path, lang: str) -> None:
    found = pages.sections(path, lang)

    assert {"", *pages.SECTIONS} - {name for name, said in found.items() if said} == {"how"} | CITED_ONCE[lang]


@pytest.mark.parametrize("path", SCENARIOS + WORKLOADS, ids=named)
def test_the_chinese_is_chinese_and_loses_no_figure(path: Path) -> None:
    english, chinese = pages.sections(path), pages.sections(path, "zh")

    for name, said in chinese.items():
        assert any("一" <= character <= "鿿" for character in said)
        for figure in re.findall(r"\b\d+\b", said):
            assert figure in english[name] or name in ("", "how"), figure
        assert " " not in re.sub(r"[ -~]+ [ -~]+|(?<=[ -~]) | (?=[ -~])", "", said), "no space between Chinese words"


@LANGUAGES
@pytest.mark.parametrize("probe", catalog.load().values(), ids=lambda probe: probe.id)
def test_every_probe_has_a_whole_page(probe: Probe, lang: str) -> None:
    page = pages.page(probe, lang)

    assert all(page[pages.HEADINGS[key][lang]] for key in pages.SECTIONS)
    assert pages.text(probe, lang).startswith(f"# {probe.id}\n")


def test_a_probe_of_modes_says_that_its_ratio_compares_no_frameworks() -> None:
    probe = catalog.load()["compiling-mlp"]

    assert "Each framework is held against itself, compiled against eager" in pages.text(probe)
    assert "各框架与自身相比，compiled 对 eager" in pages.text(probe, "zh")
