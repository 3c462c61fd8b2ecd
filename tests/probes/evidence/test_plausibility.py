"""Evidence of a real session whose figures were made to contradict each other is refused, or marked where it may be."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from probes import reasons
from probes.catalog.loading import load_catalog
from probes.evidence.documents import EvidenceError, parse_evidence, unknown_probes
from tests import golden

Document = dict[str, Any]


@cache
def written() -> str:
    decision = json.loads(gzip.decompress((golden.HERE / "decisions" / "research-lab-measured.json.gz").read_bytes()))
    return json.dumps(decision["evidence"][0])


def saved() -> Document:
    document: Document = json.loads(written())
    return document


def refused(document: Document) -> list[str]:
    with pytest.raises(EvidenceError) as caught:
        parse_evidence(document)
    return caught.value.problems


def put(*place: str | int) -> Callable[[Document, Any], None]:
    def change(document: Document, value: Any) -> None:
        *parents, last = place
        holder: Any = document
        for key in parents:
            holder = holder[key]
        holder[last] = value(holder[last]) if callable(value) else value

    return change


FIRST = ("probes", 0)


def test_the_session_as_it_was_is_read() -> None:
    assert parse_evidence(saved()).grade == "A"
    assert unknown_probes([parse_evidence(saved())], load_catalog()) == []


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ((*FIRST, "parity", "outputs", "pytorch", "distance"), lambda d: d * 1e9, "distance: 330.69"),
        ((*FIRST, "parity", "outputs", "pytorch", "distance"), None, "distance: None lies beyond its bound"),
        ((*FIRST, "parity", "outputs", "pytorch", "bound"), 1e30, "bound: 1e+30 is no bound"),
        ((*FIRST, "parity", "passed"), False, "parity.passed: false, but the probe is ok"),
        ((*FIRST, "parity", "outputs"), 3, "parity: outputs: an object is needed"),
        ((*FIRST, "roof", "flops_per_second"), 1e30, "no machine does more than 1e+18"),
        ((*FIRST, "roof", "bytes_per_second"), -1.0, "no machine does more than 1e+15"),
        ((*FIRST, "roof", "pytorch", "compute"), 40.0, "roof.pytorch: above what the machine can do"),
        ((*FIRST, "unit"), "bytes", "unit: 'bytes', but training_step is measured in 's'"),
        ((*FIRST, "facts", "within", 0, "ratio"), lambda r: r * 2, "within[0].ratio: "),
        ((*FIRST, "facts", "within"), [], "facts.within: one entry for each of the"),
        ((*FIRST, "facts", "turns"), [], "facts.turns: missing"),
        (("started",), "2999-01-01T00:00:00+00:00", "lies in the future; this machine's clock says"),
        (("finished",), "2999-01-01T00:00:00+00:00", "lies in the future; this machine's clock says"),
        (("finished",), "2020-01-01T00:00:00+00:00", "lies before started"),
        (("selftest",), {"process_sd": "wide"}, "process_sd: a number is needed"),
        ((*FIRST, "parity"), None, "parity: missing; training_step is measured where both sides compute the same"),
        ((*FIRST, "parity", "exempt"), ["weights:*: x"], "exempt: 'weights:*: x' is not exempt for mlp"),
        ((*FIRST, "parity", "reference", "loss"), 1e9, "reference.loss: 1000000000.0 lies beyond its bound"),
        ((*FIRST, "facts", "pytorch", "parameters"), 1, "facts: parameters is 1 (pytorch), 399370 (tensorflow)"),
        ((*FIRST, "seconds"), 1e6, "probes[0].seconds: 1000000.0, but the session took"),
        (("environments", "pytorch", "device"), "cuda", "device is 'cuda' (pytorch), '/CPU:0' (tensorflow)"),
        (("environments", "tensorflow", "threads"), 2, "threads is 1 (pytorch), 2 (tensorflow)"),
        (("environments",), lambda held: {"pytorch": held["pytorch"]}, "environments.tensorflow: missing; probes[0]"),
        (("machine", "cores"), 0, "machine.cores: 0; a machine has more than 0"),
        (("machine", "cores"), 64, "machine.cores: 64, but the whole machine has 2"),
        (("machine", "quota"), -1, "machine.quota: -1; a machine has more than 0"),
        (("started",), "1970-01-01T00:00:00+00:00", "lies before there was such a measurement"),
    ],
    ids=range(28),
)
def test_what_cannot_be_is_refused_with_its_place(place: tuple[str | int, ...], value: Any, said: str) -> None:
    document = saved()
    put(*place)(document, value)
    assert any(said in problem for problem in refused(document)), refused(document)


def test_turns_cannot_be_taken_away_and_one_side_made_quicker() -> None:
    document = saved()
    probe = document["probes"][0]
    del probe["facts"]["turns"]
    probe["samples"]["tensorflow"] = [cost * 0.2 for cost in probe["samples"]["tensorflow"]]
    for key in ("value", "low", "high"):
        probe["ratio"][key] *= 0.2
    probe["ratio"]["favours"] = "tensorflow"
    assert any("facts.turns: missing" in problem for problem in refused(document))


def test_a_grade_is_no_better_than_the_disturbed_pairs_allow() -> None:
    document = saved()
    for probe in document["probes"]:
        if "disturbed" in probe["facts"]:
            probe["facts"]["disturbed"]["pairs"] = probe["facts"]["disturbed"]["of"] // 2
    (said,) = refused(document)
    assert said.startswith("grade: 'A', but ")
    assert said.endswith("which makes 'D' at best")
    document["grade"] = "D"
    assert parse_evidence(document).grade == "D"


def test_a_grade_may_be_worse_as_on_battery() -> None:
    document = saved()
    document["grade"] = "C"
    assert parse_evidence(document).grade == "C"


@pytest.mark.parametrize(
    ("key", "value"), [("workload", "transformer"), ("mode", "xla"), ("settings", "tuned"), ("scenario", "inference")]
)
def test_what_is_not_the_probe_of_the_catalogue_is_marked(key: str, value: str) -> None:
    document = copy.deepcopy(saved())
    was = document["probes"][0][key]
    document["probes"][0][key] = value
    (mark,) = unknown_probes([parse_evidence(document)], load_catalog())
    assert reasons.text(mark) == (
        f"training-mlp-default was measured with {key} '{value}'; in the catalogue it has '{was}'"
    )
    assert f"目录中为 {was}" in reasons.text(mark, "zh")
