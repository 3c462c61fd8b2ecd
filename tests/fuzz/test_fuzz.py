"""A short run of the fuzzing, what it found once, and that it would notice what it looks for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import strategies as st

from advisor import report
from advisor.errors import InputError
from tests.fuzz import __main__ as command
from tests.fuzz import inputs, trial
from tests.fuzz.readers import READERS, Reader, decision
from tests.fuzz.trial import ACCEPTED, CRASHED, OVER, REFUSED, Hung

FEW = {"text": 10, "lines": 60, "knowledge": 30, "lexicon": 15, "phrases": 15}
"""Inputs of a slow reader in the everyday run; 120 of each other one."""


@pytest.mark.parametrize("name", READERS)
def test_whatever_is_handed_in_is_accepted_or_refused_in_words(name: str) -> None:
    found = trial.batch(name, "everyday", FEW.get(name, 120))

    assert found.inputs == FEW.get(name, 120)
    assert [finding for finding in found.findings.values() if finding.what == CRASHED] == []


FOUND = {
    "a catalogue that is a number": ("catalogue", b"9"),
    "a catalogue whose id is a mapping": ("catalogue", b"- id: {a: b}\n- id: {a: b}\n"),
    "a probe without seconds": ("catalogue", b"- {id: x, question: {en: a, zh: b}, seconds: }\n"),
    "a probe whose mode is a list": ("catalogue", b"- {id: x, mode: [eager], baseline: [xla]}\n"),
    "a catalogue in another encoding": ("catalogue", b"\xff"),
    "a catalogue of brackets": ("catalogue", b"[" * 100_000),
    "a lexicon without characters": ("lexicon", b"concepts: []\ntraditional:\n"),
    "a lexicon of concepts that are numbers": ("lexicon", b"concepts: [1.5]\n"),
    "a lexicon in another encoding": ("lexicon", b"\x86"),
    "a lexicon of brackets, which ended the process": ("lexicon", b"[" * 100_000),
    "phrases of brackets, which ended the process": ("phrases", b"[" * 100_000),
    "phrases with a day that is none": ("phrases", b"train: 2026-99-99\n"),
    "a self-test of brackets": ("selftest", b"[" * 100_000),
    "a worker that answers brackets": ("worker", b"[" * 100_000 + b"\n"),
    "a worker that cannot and says no reason": ("worker", b'{"id": 1, "status": "failed"}\n'),
    "a worker whose reason is a word": ("worker", b'{"id": 1, "status": "failed", "reason": ""}\n'),
    "a worker whose reason has no words": (
        "worker",
        b'{"id": 1, "status": "failed", "reason": {"code": "no-such-code", "params": {}}}\n',
    ),
    "a worker whose status is a list": ("worker", b'{"id": 1, "status": []}\n'),
    "a worker that spent a list": ("worker", b'{"id": 1, "status": "ok", "inside": []}\n'),
    "a registry that answers brackets": ("release", b"[" * 100_000),
}
"""What a million inputs found, made small."""


@pytest.mark.parametrize(("name", "given"), FOUND.values(), ids=list(FOUND))
def test_what_was_found_is_refused(name: str, given: bytes, tmp_path: Path) -> None:
    assert trial.tried(READERS[name], given, tmp_path).what == REFUSED


@pytest.mark.parametrize("spread", [{"process_sd": []}, {"process_df": None}, {"process_sd": -1.0}, {"history": [1]}])
def test_a_calibration_that_no_interval_can_be_widened_by_is_left_aside(spread: dict[str, Any], tmp_path: Path) -> None:
    from tests.fuzz.readers import _selftest_corpus

    held = _selftest_corpus()[0]

    assert trial.tried(READERS["selftest"], json.dumps(held).encode(), tmp_path).what == ACCEPTED
    assert trial.tried(READERS["selftest"], json.dumps(held | spread).encode(), tmp_path).what == REFUSED


def test_a_decision_without_any_one_of_its_keys_is_opened_or_refused(tmp_path: Path) -> None:
    whole = decision()
    shown = replace(READERS["decision"], carry_on=lambda accepted: report.formats()["html"].render(accepted[1], "en"))
    fell = []
    for place, document in inputs.without_each_key(whole):
        outcome = trial.tried(shown, json.dumps(document).encode(), tmp_path)
        if outcome.what == ACCEPTED:
            outcome = trial._carried_on(shown, outcome.accepted) or outcome
        if outcome.what == CRASHED:
            fell.append(f"{place}: {outcome.message}")

    assert all(whole[part] for part in ("claims", "sources", "evidence"))
    assert fell == []


# ---------------------------------------------------------------- it notices


def reader(read: Callable[[str], Any], carry_on: Callable[[Any], object] = lambda accepted: None) -> Reader:
    """Return a reader of words in which "[" stands now and then."""
    words = st.lists(st.sampled_from(["a", "b", "c", "["]), max_size=12).map("".join)
    return Reader(1, lambda: words, lambda given, _folder: read(given), (InputError,), carry_on, every=1)


def trapped(given: str) -> str:
    if "[" in given:
        raise KeyError(given)
    return given


def speechless(given: str) -> str:
    if "[" in given:
        raise InputError([])
    return given


@pytest.mark.parametrize("read", [trapped, speechless])
def test_another_error_and_a_refusal_without_words_are_findings_made_small(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[str], str]
) -> None:
    monkeypatch.setitem(READERS, "trapped", reader(read))

    found = trial.batch("trapped", "0/0", 100)

    (finding,) = found.findings.values()
    assert finding.given == "["
    assert found.counts[CRASHED] > 1
    assert found.inputs == 100


def test_what_breaks_only_after_it_was_accepted_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(READERS, "late", reader(lambda given: given, trapped))

    (finding,) = trial.batch("late", "0/0", 100).findings.values()

    assert finding.place.startswith("then KeyError")


def test_an_input_that_has_no_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(given: str) -> str:
        while "[" in given:
            pass
        return given

    monkeypatch.setattr(trial, "HANGS", 0.05)

    outcome = trial.tried(reader(endless), "[", Path())

    assert (outcome.what, outcome.message) == (CRASHED, f"{Hung.__name__}: no end after 0 s")


def test_an_input_that_takes_over_a_second_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(given: str) -> str:
        return "".join(chr(97 + number % 26) for number in range(200_000)) if "[" in given else given

    monkeypatch.setattr(trial, "SLOW", 0.002)
    monkeypatch.setitem(READERS, "busy", reader(busy))

    found = trial.batch("busy", "0/0", 40)

    assert {finding.what for finding in found.findings.values()} == {OVER}


def test_the_same_seed_gives_the_same_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setitem(READERS, "seen", reader(lambda given: seen[-1].append(given)))
    for drawn in ("0/0", "0/0", "0/1"):
        seen.append([])
        trial.batch("seen", drawn, 50)

    assert seen[0] == seen[1] != seen[2]


def test_every_reader_has_its_share_and_none_is_left_out() -> None:
    tasks = list(command.planned(tuple(READERS), 20_000, 7))

    assert sum(size for _, _, size in tasks) == 20_000
    assert {name for name, _, _ in tasks} == set(READERS)
    assert all(size <= trial.BATCH and drawn.startswith("7/") for _, drawn, size in tasks)


def test_the_command_counts_keeps_what_it_finds_and_says_how_to_repeat_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(READERS, "address", reader(trapped))
    kept = tmp_path / "found.jsonl"

    said = CliRunner().invoke(
        command.main, ["--reader", "address", "--inputs", "50", "--jobs", "1", "--findings", str(kept)]
    )

    assert said.exit_code == 1
    assert "python -m tests.fuzz --reader address --batch 0/0 --inputs 50" in said.output
    (entry,) = map(json.loads, kept.read_text(encoding="utf-8").splitlines())
    assert (entry["reader"], entry["input"]) == ("address", "'['")


def test_the_command_leaves_with_0_where_nothing_is_found() -> None:
    said = CliRunner().invoke(command.main, ["--reader", "address", "--inputs", "50", "--jobs", "1"])

    assert said.exit_code == 0, said.output
    assert said.output.splitlines()[0].split()[:3] == ["reader", "inputs", "accepted"]
