"""Numbers are read by what they are about: filled in where that is clear, offered where it is not, else left alone."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from advisor import reading
from advisor.knowledge.loading import load_knowledge
from advisor.reading import quantities
from advisor.reading.types import FILL

KNOWLEDGE = load_knowledge()
WORDINGS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").with_stem("targets").read_text())


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda wording: wording["text"][:40])
def test_what_is_asked_for_is_filled_in_and_what_is_unclear_is_offered(wording: dict[str, Any]) -> None:
    found = reading.read(wording["text"], KNOWLEDGE)
    assert found.needs.targets == wording.get("fill", {})
    offered = {slot.target for slot in found.targets if slot.confidence < FILL}
    assert offered == set(wording.get("offered", ()))


@pytest.mark.parametrize(
    ("text", "target", "value", "words"),
    [
        ("On a phone, please: under 20 ms.", "latency_p95_ms", 20, "under 20 ms"),
        ("It must fit into 512 KB.", "artifact_mb", 0.512, "fit into 512 KB"),
        ("Needs less than 2 GB of RAM", "memory_mb", 2000, "less than 2 GB"),
        ("It starts within a second", "cold_start_s", 1, "within a second"),
        ("每秒至少一千次，越快越好", "throughput_per_s", 1000, "每秒至少一千次"),
        ("要求延迟低于２０毫秒", "latency_p95_ms", 20, "低于２０毫秒"),
    ],
)
def test_the_span_is_that_of_the_bound_and_its_number(text: str, target: str, value: float, words: str) -> None:
    (slot,) = reading.read(text, KNOWLEDGE).document()["targets"]
    assert (slot["target"], slot["value"]) == (target, value)
    assert text[slot["span"][0] : slot["span"][1]] == words


def test_a_number_said_in_two_ways_is_offered_only() -> None:
    found = reading.read("Latency under 20 ms on the server, latency under 50 ms on the phone", KNOWLEDGE)
    assert not found.needs.targets
    assert [slot.value for slot in found.targets] == [20, 50]


def test_a_text_without_numbers_has_no_targets_in_its_document() -> None:
    assert "targets" not in reading.read("object detection on a phone", KNOWLEDGE).document()


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("two hundred and fifty ms", "250", "ms"),
        ("one and a half seconds", "1.5", "seconds"),
        ("a tenth of a second", "0.1", "second"),
        ("1,500 ms", "1500", "ms"),
        ("twenty-five kb", "25", "kb"),
        ("三百五十毫秒", "350", "毫秒"),
        ("零点三秒", "0.3", "秒"),
        ("半秒", "0.5", "秒"),
        ("2 million requests per second", "2000000", "/s"),
        ("1.5万次/秒", "15000", "/s"),
    ],
)
def test_numbers_are_read_in_digits_and_in_words(text: str, value: str, unit: str) -> None:
    (found,) = quantities.find(text)
    assert (found.value, found.unit) == (Decimal(value), unit)


@pytest.mark.parametrize("text", ["a few hundred kilobytes", "几百 kb", "every 20 ms", "每两毫秒", "half of us", "p95"])
def test_what_counts_nothing_is_no_quantity(text: str) -> None:
    assert quantities.find(text) == []


@given(
    st.text(
        alphabet=st.sampled_from("一二百千万点半0123456789., mskbMB<>=≤%/每秒毫次内存延迟hundred thousand a of and"),
        max_size=80,
    )
)
def test_any_text_is_read(text: str) -> None:
    found = reading.read(text, KNOWLEDGE)
    assert all(0 <= slot.span[0] < slot.span[1] <= len(text) for slot in found.targets)
