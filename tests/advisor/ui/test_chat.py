"""The conversation from end to end: it starts the measurement it promises, and it stands in the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from advisor.cli import cli
from advisor.ui import state

PROJECT = "Object detection in our Android app; the team knows Keras."


pytestmark = pytest.mark.usefixtures("own_home")


def draw() -> None:
    """The script that AppTest runs: the conversation and, beneath it, the report."""
    from advisor.ui import state
    from advisor.ui.pages import chat, report

    state.begin()
    chat.page()
    report.page()
    state.mirror()


def told(*said: str) -> AppTest:
    app = AppTest.from_function(draw, default_timeout=60).run()
    for line in said:
        app.chat_input[0].set_value(line).run()
        assert not app.exception
    return app


def pressed(app: AppTest, label: str) -> AppTest:
    chip = next(b for b in app.button if str(b.key).startswith("chip-") and b.label.replace("\\", "") == label)
    chip.click().run()
    assert not app.exception
    return app


@pytest.mark.frameworks
@pytest.mark.parametrize("way", ["typed", "pressed"])
def test_measure_it_starts_the_probe_plan_of_what_was_told(way: str) -> None:
    app = told(PROJECT, "what do you recommend?")
    app = pressed(app, "Measure it") if way == "pressed" else told(PROJECT, "measure it")
    run = app.session_state.run
    try:
        plan = state.recommendation_for(app.session_state.needs, {}).planned_probes
        assert plan
        assert run.probes == [step.probe for step in plan]
        assert run.pid
    finally:
        run.end()


def test_nothing_told_starts_no_measurement() -> None:
    app = told("measure it")

    assert "run" not in app.session_state or app.session_state.run is None


def test_the_conversation_stands_in_the_report_of_the_page() -> None:
    app = told(PROJECT)

    def build(needs, transcript) -> None:  # type: ignore[no-untyped-def]  # AppTest runs its bare source
        import streamlit as st

        from advisor.ui import state
        from advisor.ui.state import decision

        state.begin()
        st.session_state.needs, st.session_state.transcript = needs, transcript
        st.session_state.made = decision()

    held = {key: app.session_state[key] for key in ("needs", "transcript")}
    page = AppTest.from_function(build, kwargs=held, default_timeout=60).run()
    assert not page.exception
    assert {"who": "user", "text": PROJECT} in page.session_state.made.transcript


def test_the_conversation_stands_in_the_report_of_the_terminal(tmp_path: Path) -> None:
    target = tmp_path / "talk.json"
    found = CliRunner().invoke(cli, ["chat", "--report", str(target)], input=f"{PROJECT}\ngive me the report\n\n")

    assert found.exit_code == 0, found.output
    lines = json.loads(target.read_text(encoding="utf-8"))["transcript"]
    assert {"who": "user", "text": PROJECT} in lines
    assert {"who": "user", "text": "give me the report"} in lines
    assert lines[0]["who"] == "advisor"
