"""Every scenario and workload says what it asks and what it does not tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import probes
from probes.catalog import probe_docs
from probes.catalog.loading import load_catalog
from probes.types import Probe

ROOT = Path(probes.__file__).parent
SCENARIOS = sorted(path for path in (ROOT / "scenarios").glob("*.py") if path.stem != "__init__")
WORKLOADS = sorted(path for path in (ROOT / "workloads").glob("*.py") if path.stem != "__init__")


def named(path: Path) -> str:
    return path.stem


LANGUAGES = pytest.mark.parametrize("lang", probe_docs.LANGUAGES)
CITED_ONCE = {"en": set(), "zh": {"source"}}


@LANGUAGES
@pytest.mark.parametrize("path", SCENARIOS, ids=named)
def test_a_scenario_answers_every_question_of_its_page(path: Path, lang: str) -> None:
    found = probe_docs.sections(path, lang)

    assert {"", *probe_docs.SECTIONS} - {name for name, said in found.items() if said} == CITED_ONCE[lang]


@LANGUAGES
@pytest.mark.parametrize("path", WORKLOADS, ids=named)
def test_a_workload_answers_every_question_but_how(path: Path, lang: str) -> None:
    found = probe_docs.sections(path, lang)

    assert {"", *probe_docs.SECTIONS} - {name for name, said in found.items() if said} == {"how"} | CITED_ONCE[lang]


@pytest.mark.parametrize("path", SCENARIOS + WORKLOADS, ids=named)
def test_the_chinese_is_chinese_and_loses_no_figure(path: Path) -> None:
    english, chinese = probe_docs.sections(path), probe_docs.sections(path, "zh")

    for name, said in chinese.items():
        assert any("一" <= character <= "鿿" for character in said)
        for figure in re.findall(r"\b\d+\b", said):
            assert figure in english[name] or name in ("", "how"), figure
        assert " " not in re.sub(r"[ -~]+ [ -~]+|(?<=[ -~]) | (?=[ -~])", "", said), "no space between Chinese words"


@LANGUAGES
@pytest.mark.parametrize("probe", load_catalog().values(), ids=lambda probe: probe.id)
def test_every_probe_has_a_whole_page(probe: Probe, lang: str) -> None:
    page = probe_docs.page(probe, lang)

    assert all(page[probe_docs.HEADINGS[key][lang]] for key in probe_docs.SECTIONS)
    assert probe_docs.text(probe, lang).startswith(f"# {probe.id}\n")


def test_a_probe_of_modes_says_that_its_ratio_compares_no_frameworks() -> None:
    probe = load_catalog()["compiling-mlp"]

    assert "Each framework is held against itself, compiled against eager" in probe_docs.text(probe)
    assert "各框架与自身相比，compiled 对 eager" in probe_docs.text(probe, "zh")
