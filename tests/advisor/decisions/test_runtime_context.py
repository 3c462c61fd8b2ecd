"""The command line and the app take the same surroundings, so that the same inputs give the same recommendation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from advisor.cli import cli
from advisor.decisions.runtime_context import RuntimeContext, installed_versions
from advisor.knowledge.loading import knowledge_folder, load_knowledge
from advisor.knowledge.needs_files import read_needs
from probes.backends import frameworks
from probes.evidence.documents import evidence_document
from tests.advisor.evidence import paired, session

EXAMPLES = sorted((knowledge_folder() / "examples").glob("*.yaml"))
MEASURED = session(paired("training-mlp-default", scenario="training_step", workload="mlp", mode="default"))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed distributions that comes before all others."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def install(site: Path, distribution: str, version: str) -> None:
    """Write what pip would leave behind of a distribution: its metadata."""
    folder = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")


def in_the_app(needs: str, evidence: str) -> dict[str, Any]:
    """Return the recommendation that the pages show for ``needs`` and ``evidence``."""

    def page(needs: str, evidence: str) -> None:
        import json

        import streamlit as st

        from advisor.knowledge.needs_files import read_needs
        from advisor.ui import state
        from probes.evidence.documents import parse_evidence

        state.begin()
        state.put(read_needs(needs, state.knowledge()))
        if evidence:
            state.add_evidence("1", parse_evidence(json.loads(evidence)))
        st.session_state.shown = state.recommendation().document()

    app = AppTest.from_function(page, kwargs={"needs": needs, "evidence": evidence}, default_timeout=60).run()
    assert not app.exception
    found: dict[str, Any] = app.session_state.shown
    return found


def on_the_command_line(needs: str, evidence: Path | None) -> Mapping[str, Any]:
    """Return the recommendation that the command prints for ``needs`` and ``evidence``."""
    files = [] if evidence is None else ["--evidence", str(evidence)]
    printed = CliRunner().invoke(cli, ["recommend", "--needs", needs, *files, "--json"], catch_exceptions=False)
    found: Mapping[str, Any] = json.loads(printed.stdout)
    return found


@pytest.mark.parametrize("example", EXAMPLES[:3], ids=lambda path: path.stem)
@pytest.mark.parametrize("measured", [False, True])
def test_the_command_line_and_the_app_recommend_the_same(
    example: Path, measured: bool, tmp_path: Path, site: Path
) -> None:
    install(site, "tensorflow-cpu", "2.16.1")
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(evidence_document(MEASURED)))

    shown = in_the_app(str(example), file.read_text() if measured else "")
    printed = on_the_command_line(str(example), file if measured else None)

    assert json.loads(json.dumps(shown)) == printed


def test_another_build_of_a_framework_counts_as_the_framework(site: Path) -> None:
    base = load_knowledge().frameworks["tensorflow"]
    nowhere = base.model_copy(update={"package": "no-such-distribution"})
    install(site, "tensorflow-rocm", "2.14.0")

    assert installed_versions([nowhere]) == {"tensorflow": "2.14.0"}


def test_a_framework_that_is_not_installed_has_no_version() -> None:
    base = load_knowledge().frameworks["jax"]
    nowhere = base.model_copy(update={"package": "no-such-distribution"})

    assert installed_versions([nowhere]) == {}


def test_what_has_a_backend_can_be_measured() -> None:
    assert RuntimeContext.here(load_knowledge()).measurable == frameworks() == ("pytorch", "tensorflow")


def test_many_needs_at_once_give_what_each_gives_alone() -> None:
    knowledge = load_knowledge()
    context = RuntimeContext(today=date(2026, 11, 1), versions={}, machine={}, probes=(), measurable=frameworks())
    asked = [read_needs(str(example), knowledge) for example in EXAMPLES]

    together = context.recommender(knowledge, [MEASURED])

    for needs in asked:
        assert together(needs) == context.recommend(needs, knowledge, [MEASURED])
