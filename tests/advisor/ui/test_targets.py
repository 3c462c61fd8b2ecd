"""Numbers to be reached on the page: typed, kept in the address, counted as answers, and taken back."""

from __future__ import annotations

import pytest
import yaml

from tests.advisor.ui.pages import opened

ASKED = {"target": "latency_p95_ms:5,artifact_mb:0.512"}


def test_a_number_that_is_typed_stands_in_the_address_and_in_the_needs() -> None:
    app = opened("needs", deploy="mobile")
    app.number_input(key="t-memory_mb").set_value(512.5).run()
    assert app.session_state.needs.targets == {"memory_mb": 512.5}
    assert app.query_params["target"] == "memory_mb:512.5"


@pytest.mark.parametrize(
    ("lang", "shown", "words"),
    [
        ("en", "Targets in numbers: p95 latency ≤ 5 ms, size ≤ 512 KB", "The target p95 latency ≤ 5 ms counts as"),
        ("zh", "用数字给出目标：p95 延迟 ≤ 5 毫秒，大小 ≤ 512 KB", "目标“p95 延迟 ≤ 5 毫秒”按"),
    ],
)
def test_an_address_gives_the_numbers_back_and_the_page_says_what_they_count_as(
    lang: str, shown: str, words: str
) -> None:
    app = opened("needs", lang=lang, **ASKED)
    assert app.number_input(key="t-latency_p95_ms").value == 5
    assert any(expander.label.replace("\\", "") == shown for expander in app.expander)
    assert any(words in caption.value.replace("\\", "") for caption in app.caption)
    assert app.pills(key="q-latency").value == "real-time"


def test_an_answer_that_says_otherwise_takes_the_number_back() -> None:
    app = opened("needs", **ASKED)
    app.pills(key="q-latency").set_value("any").run()
    assert app.session_state.needs.targets == {"artifact_mb": 0.512}
    assert app.session_state.needs.answers == {"latency": "any"}


def test_a_number_of_nothing_is_refused_and_the_field_is_as_it_was() -> None:
    app = opened("needs")
    app.number_input(key="t-artifact_mb").set_value(0.0).run()
    assert not app.session_state.needs.targets
    assert app.toast[0].value.replace("\\", "").startswith("0 MB can be reached by nothing")


def test_what_was_said_lists_the_numbers_and_a_click_takes_one_back() -> None:
    app = opened("needs", stage="production", **ASKED)
    app.segmented_control(key="way_choice").set_value("guided").run()
    app.button(key="guided-back-target-artifact_mb").click().run()
    assert app.session_state.needs.targets == {"latency_p95_ms": 5}


def test_numbers_are_saved_with_the_needs() -> None:
    app = opened("needs", **ASKED)
    saved = yaml.safe_load(yaml.safe_dump(app.session_state.needs.document()))
    assert saved["targets"] == {"latency_p95_ms": 5, "artifact_mb": 0.512}
