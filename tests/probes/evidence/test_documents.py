"""The evidence document comes back as it went out, and nothing else comes in."""

from __future__ import annotations

import copy
import json
import math
import os
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from probes import reasons
from probes.catalog.loading import load_catalog
from probes.evidence.documents import (
    EvidenceError,
    evidence_document,
    parse_evidence,
    read_evidence,
    unknown_probes,
    write_evidence,
)
from probes.types import Evidence, Measurement, Ratio, Status
from tests.probes.arms import measure

# Pair ratios 1.2, 1.3 and 1.25: their geometric mean is the cube root of 1.95, and Student's t gives [1.131, 1.380].
RATIO = Ratio(
    value=1.2493, low=1.12, high=1.40, pairs=3, favours="pytorch", numerator="tensorflow", denominator="pytorch"
)
OK = Measurement(
    probe="training-mlp-eager",
    scenario="training_step",
    workload="mlp",
    mode="eager",
    status=Status.OK,
    samples={"pytorch": (0.01, 0.01, 0.02), "tensorflow": (0.012, 0.013, 0.025)},
    ratio=RATIO,
    facts={"p": 0.001},
    seconds=5.0,
)
ABSENT = Measurement(
    probe="training-mlp-xla",
    scenario="training_step",
    workload="mlp",
    mode="xla",
    status=Status.NOT_SUPPORTED,
    reason="no torch_xla",
)
EVIDENCE = Evidence(
    machine={"cpu": "x"},
    environments={"pytorch": {"versions": {"torch": "2"}}},
    probes=(OK, ABSENT),
    selftest=None,
    grade="A",
    started="2026-01-01T00:00:00+00:00",
    finished="2026-01-01T00:01:00+00:00",
)


@pytest.fixture
def data():
    return json.loads(json.dumps(evidence_document(EVIDENCE)))


def test_a_document_reads_back_as_it_was(data):
    assert parse_evidence(data) == EVIDENCE


def test_a_file_reads_back_as_it_was(tmp_path):
    write_evidence(EVIDENCE, tmp_path / "e.json")
    assert read_evidence(tmp_path / "e.json") == EVIDENCE
    assert [p.name for p in tmp_path.iterdir()] == ["e.json"]


def spoilt(data, path, value):
    made = copy.deepcopy(data)
    place = made
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return made


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["schema"], "evidence/2", "schema"),
        (["probes", 0, "samples", "pytorch", 1], math.nan, "probes[0].samples.pytorch[1]: nan"),
        (["probes", 0, "samples", "pytorch", 1], math.inf, "inf is no finite number"),
        (
            ["probes", 0, "samples", "pytorch", 1],
            -0.1,
            "samples.pytorch[1]: -0.1; every sample must be a finite number",
        ),
        (["probes", 0, "samples", "pytorch", 1], 0, "samples.pytorch[1]: 0; every sample"),
        (["probes", 0, "samples", "tensorfow"], [1.0], "unknown framework 'tensorfow'; did you mean 'tensorflow'?"),
        (["probes", 0, "samples", "tensorflow"], [0.1], "3 of pytorch and 1 of tensorflow; samples come in pairs"),
        (["probes", 0, "ratio", "pairs"], 8, "8 pairs cannot come from 3 samples a side"),
        (["probes", 0, "ratio", "pairs"], True, "ratio.pairs: a positive whole number"),
        (["probes", 0, "ratio", "value"], 1.3, "ratio.value: 1.3, but the samples give 1.249"),
        (["probes", 0, "ratio", "low"], 1.2, "narrower than its samples allow, [1.131, 1.38]"),
        (["probes", 0, "ratio", "favours"], "tensorflow", "'tensorflow' contradicts the interval [1.12, 1.4]"),
        (["probes", 0, "ratio", "favours"], "equivalent", "which says 'pytorch'"),
        (["probes", 0, "ratio", "numerator"], "pytorch", "numerator and denominator are both 'pytorch'"),
        (["probes", 0, "facts", "processes"], 3, "ratio.low: 1.12, but the samples give 1.131"),
        (["environments", "torch"], {}, "environments.torch: unknown framework 'torch'; did you mean 'pytorch'?"),
        (["started"], "yesterday", "started: 'yesterday' is no time; ISO 8601"),
        (["started"], "2026-01-01T00:02:00+00:00", "lies before started"),
        (["finished"], "2026-13-01", "finished: '2026-13-01' is no time"),
        (["probes", 0, "samples", "pytorch", 1], "0.1", "finite number"),
        (["probes", 0, "samples", "pytorch"], [], "samples.pytorch: missing"),
        (["probes", 0, "samples"], ..., "samples: missing"),
        (["probes", 0, "samples", "pytorch"], ..., "samples"),
        (["probes", 0, "ratio", "value"], 0, "ratio.value"),
        (["probes", 0, "ratio", "low"], 2.0, "low <= value <= high"),
        (["probes", 0, "ratio", "favours"], "caffe", "favours: 'caffe'"),
        (["probes", 0, "ratio", "valu"], 1.0, "did you mean 'value'?"),
        (["probes", 0, "ratio", "pairs"], ..., "ratio.pairs"),
        (["probes", 0, "status"], "fine", "status: 'fine'"),
        (["probes", 0, "statsu"], "ok", "did you mean 'status'?"),
        (["probes", 1, "reason"], "", "says why"),
        (["probes", 0, "probe"], ..., "probes[0].probe"),
        (["probes", 0, "seconds"], -1, "seconds"),
        (["probes", 0], 3, "probes[0]: an object"),
        (["probes"], None, "probes: a list"),
        (["machine"], [], "machine: an object"),
        (["grade"], "E", "grade"),
        (["started"], 5, "started"),
        (["selftest"], 5, "selftest"),
        (["machine", "load"], math.nan, "machine.load"),
    ],
)
def test_bad_evidence_is_refused_with_its_place(data, path, value, said):
    with pytest.raises(EvidenceError) as caught:
        parse_evidence(spoilt(data, path, value))
    assert said in str(caught.value)


def refused(data):
    with pytest.raises(EvidenceError) as caught:
        parse_evidence(data)
    return caught.value.problems


def test_all_problems_come_at_once(data):
    data["grade"] = "E"
    data["finished"] = "2025-01-01T00:00:00+00:00"
    data["environments"]["torch"] = {}
    data["probes"][0]["ratio"]["value"] = 1.39
    data["probes"][0]["ratio"]["favours"] = "tensorflow"
    data["probes"][1]["reason"] = ""
    assert len(refused(data)) == 6


def test_a_probe_stands_once_for_the_same_frameworks(data):
    data["probes"].append(data["probes"][0])
    assert refused(data) == ["probes[2].probe: 'training-mlp-eager' is listed twice; it is probes[0] already"]


def test_a_probe_stands_once_for_each_pair_of_three_frameworks(data):
    entry = copy.deepcopy(data["probes"][0])
    entry["samples"]["null"] = entry["samples"].pop("pytorch")
    entry["ratio"].update(denominator="null", favours="null")
    data["probes"].append(entry)
    assert len(parse_evidence(data).probes) == 3


def test_times_without_a_zone_are_read_as_universal_time(data):
    data["started"], data["finished"] = "2026-01-01T00:00:00", "2026-01-01T00:01:00Z"
    assert parse_evidence(data).started == "2026-01-01T00:00:00"


def test_an_interval_that_says_more_than_its_verdict_is_not_refused(data):
    data["probes"][0]["ratio"]["favours"] = "inconclusive"
    assert parse_evidence(data).probes[0].ratio.favours == "inconclusive"


def test_a_p_value_is_recomputed_where_every_sample_is_a_replicate(data):
    # (ln(1.95) / 3 - ln 1.05) / .02311 = 7.52 standard errors past the band, with 2 degrees of freedom.
    data["probes"][0]["ratio"].update(low=1.131, high=1.380)
    data["probes"][0]["facts"] = {"processes": 3, "p": 0.0086}
    assert parse_evidence(data)
    data["probes"][0]["facts"]["p"] = 0.001
    assert refused(data) == ["probes[0].facts.p: 0.001, but the samples give 0.00861"]


def test_a_verdict_that_many_others_overrule_is_refused(data):
    for i in range(20):
        entry = copy.deepcopy(data["probes"][0])
        entry.update(probe=f"other-{i}")
        entry["facts"]["p"] = 0.02
        data["probes"].append(entry)
    said = refused(data)
    assert len(said) == 20
    assert "probes[2].ratio.favours: 'pytorch' does not stand among the 21 verdicts" in said[0]


def test_a_probe_the_catalogue_does_not_hold_is_named_with_the_nearest(data):
    data["probes"][0]["probe"] = "training-mlp-eagre"
    found = parse_evidence(data)
    (unknown,) = unknown_probes([found], load_catalog())
    assert reasons.text(unknown) == (
        "the catalogue has no probe 'training-mlp-eagre'; did you mean 'training-mlp-eager'?"
    )
    own = replace(found, probes=(replace(OK, probe="training-own-eager", own_workload=True),))
    assert unknown_probes([own], load_catalog()) == []


@pytest.fixture(scope="module")
def whole():
    """What a real session wrote, every turn in it."""
    return json.loads(json.dumps(evidence_document(measure(second={"slowdown": 3.0}))))


def places(value, path=()):
    """Every place of a document, turns and weather thinned out."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


STRANGE = (None, True, -1, 0, 10**400, -(10**400), 1e308, 5e-324, "x", [], {}, [None], {"x": 1}, [[1e-320]], ["x"])


def read_or_refused(made):
    """Anything but a refusal with its problems is a fault of the reader."""
    try:
        parse_evidence(made)
    except EvidenceError as error:
        return bool(error.problems)
    return True


def test_whatever_stands_in_a_document_it_is_read_or_refused(whole):
    for number, path in enumerate(path for path in places(whole) if path):
        assert read_or_refused(spoilt(whole, path, STRANGE[number % len(STRANGE)]))


@pytest.mark.parametrize("path", [["probes", 0, "workload"], ["selftest"], ["probes", 0, "unit"]])
def test_what_may_be_left_out_may_be_left_out(data, path):
    assert parse_evidence(spoilt(data, path, ...))


@pytest.mark.parametrize("strange", STRANGE, ids=lambda value: str(value)[:12])
@pytest.mark.parametrize(
    "path",
    [
        ["probes", 0, "samples", "pytorch", 0],
        ["probes", 0, "samples", "pytorch"],
        ["probes", 0, "samples"],
        ["probes", 0, "ratio", "value"],
        ["probes", 0, "ratio", "low"],
        ["probes", 0, "ratio", "pairs"],
        ["probes", 0, "ratio", "favours"],
        ["probes", 0, "ratio", "numerator"],
        ["probes", 0, "facts", "p"],
        ["probes", 0, "facts", "before_holm"],
        ["probes", 0, "facts", "processes"],
        ["probes", 0, "facts", "turns"],
        ["probes", 0, "facts", "pytorch"],
        ["probes", 0, "status"],
        ["probes", 0, "seconds"],
        ["probes", 0, "probe"],
        ["environments", "pytorch"],
        ["started"],
        ["grade"],
    ],
    ids=lambda path: ".".join(str(step) for step in path[2:] or path),
)
def test_strange_values_never_break_the_reader(data, path, strange):
    assert read_or_refused(spoilt(data, path, strange))


class TestWholeDocuments:
    """... and then altered."""

    def test_it_is_recomputed_to_the_same_numbers(self, whole):
        (found,) = parse_evidence(whole).probes
        assert found.ratio.pairs == sum(len(record["seconds"]["a"]) for record in found.facts["turns"])

    @pytest.mark.parametrize(
        ("path", "change", "said"),
        [
            (["ratio", "value"], lambda v: v * 1.008, "ratio.value: "),
            (["ratio", "low"], lambda v: v * 0.95, "ratio.low: "),
            (["ratio", "high"], lambda v: v * 1.05, "ratio.high: "),
            (["ratio", "pairs"], lambda v: v - 1, "pairs of the turns were used"),
            (["samples", "a", 2], lambda v: v * 2, "samples.a[2]: "),
            (["facts", "turns", 0, "seconds", "b"], lambda v: v[1:], "one list of seconds a pair"),
            (["facts", "turns", 0, "seconds", "b", 0], lambda v: [-1.0], "positive numbers of seconds"),
            (["facts", "turns", 0, "seconds", "b"], lambda v: None, "seconds.b: one list"),
            (["facts", "turns", 0, "waited", "b"], lambda v: [3], "waited.b: for every turn"),
            (["facts", "turns", 0], lambda v: 3, "facts.turns[0]: an object"),
        ],
    )
    def test_a_changed_number_is_found(self, whole, path, change, said):
        made = copy.deepcopy(whole)
        place = made["probes"][0]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = change(place[path[-1]])
        assert said in "\n".join(refused(made))

    def test_a_narrower_spread_of_processes_does_not_narrow_the_interval(self, whole):
        made = copy.deepcopy(whole)
        made["probes"][0]["facts"]["process_sd"] = 0.2
        assert "ratio.low" in "\n".join(refused(made))

    @pytest.mark.frameworks
    def test_a_confirmed_ratio_is_recomputed_from_its_restarts(self):
        made = json.loads(json.dumps(evidence_document(measure(confirm=True))))
        assert parse_evidence(made).probes[0].facts["design"] == "confirm"
        made["probes"][0]["ratio"]["high"] *= 1.2
        assert "ratio.high" in "\n".join(refused(made))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"schema": "evidence/1", "schema": "evidence/1"}'])
def test_files_that_hold_no_evidence_are_refused(tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(EvidenceError, match=r"bad\.json"):
        read_evidence(path)


def test_a_file_that_is_not_there_and_one_that_is_no_text(tmp_path):
    (tmp_path / "b").write_bytes(b"\xff\xfe\x00")
    for name in ("a", "b"):
        with pytest.raises(EvidenceError, match=str(tmp_path / name)):
            read_evidence(tmp_path / name)


def test_a_folder_that_is_not_there_cannot_be_written(tmp_path):
    with pytest.raises(EvidenceError, match="cannot be written"):
        write_evidence(EVIDENCE, tmp_path / "none" / "e.json")


def test_a_full_disk_leaves_what_stood_there(tmp_path):
    path = tmp_path / "e.json"
    path.write_text("before")
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64));"
        "from probes.evidence import documents; from tests.probes.evidence.test_documents import EVIDENCE\n"
        "try:\n documents.write_evidence(EVIDENCE, sys.argv[1])\n"
        "except documents.EvidenceError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-B", "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert "cannot be written: File too large" in said.stdout
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["e.json"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 64


def test_standard_output_can_be_written():
    read, write = os.pipe()
    write_evidence(EVIDENCE, f"/dev/fd/{write}")
    os.close(write)
    with os.fdopen(read) as stream:
        assert parse_evidence(json.load(stream)) == EVIDENCE


def test_evidence_of_versions_that_left_disturbed_pairs_out_is_recomputed_by_their_rule():
    saved = json.loads(Path(__file__).with_name("evidence_with_pairs_left_out.json").read_text(encoding="utf-8"))

    (found,) = parse_evidence(saved).probes

    assert (found.ratio.pairs, len(found.samples["a"])) == (5, 7)
    saved["probes"][0]["ratio"]["low"] *= 0.9
    with pytest.raises(EvidenceError, match=r"ratio\.low"):
        parse_evidence(saved)
