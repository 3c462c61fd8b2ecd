"""Any text: reading stays up, stays inside the text and stays with the known options."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import reading
from advisor.knowledge.loading import load_knowledge

KNOWLEDGE = load_knowledge()
PIECES = st.sampled_from(
    [
        "no ",
        "not ",
        "不",
        "没有",
        "GPU",
        " phone",
        "手机",
        "，",
        ", ",
        " or ",
        "和",
        "除了",
        "RTX 4090",
        "\u200f",
        "<b>",
        "🙂",
        "ﬁ",
        "İ",
    ]
)


def _sound(text: str) -> None:
    found = reading.read(text, KNOWLEDGE)
    for slot in found.slots:
        start, end = slot.span
        assert 0 <= start < end <= len(text)
        assert slot.option in {choice.id for choice in KNOWLEDGE.questions[slot.question].options}
    for question, options in found.needs.excluded.items():
        assert not set(options) & set(found.needs.options(question))


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=150)
def test_any_text_is_read_without_failing_and_spans_lie_inside(text: str) -> None:
    _sound(text)


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(deadline=None, max_examples=150)
def test_any_mix_of_our_words_never_wants_what_it_rules_out(text: str) -> None:
    _sound(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n",
        "🙂🙃🔥" * 50,
        "\x00\x01\x02\xff" * 100,
        "\ud800 lone surrogate",
        base64.b64encode(bytes(range(256))).decode(),
        "\u202eenohp eht no\u202c",
        "<img src=x onerror=alert(1)> **bold** [link](javascript:alert(1))",
        "Wir möchten das auf dem Handy laufen lassen.",
    ],
)
def test_odd_texts_are_read(text: str) -> None:
    _sound(text)


@pytest.mark.parametrize(
    "piece", ["no GPU ", "不用手机，", "a", "9", "，", "(", "we don't want phones or servers, ", "手机"]
)
def test_a_hundred_thousand_characters_are_read(piece: str) -> None:
    _sound((piece * 100_000)[:100_000])
