"""What of a session may be given away, what makes it fit to be shipped, and what a decision keeps of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.decisions.document import Decision
from advisor.decisions.recheck import recheck
from advisor.decisions.reference_evidence import (
    check_reference,
    kind_of,
    load_reference,
    reference_files,
    reference_session,
    shared,
    unfit,
)
from advisor.decisions.runtime_context import NO_REFERENCE, RuntimeContext
from advisor.decisions.verification import verify
from advisor.errors import InputError, KnowledgeError
from advisor.knowledge.loading import load_knowledge
from advisor.knowledge.needs_files import parse_needs
from probes.backends import frameworks
from probes.catalog.loading import load_catalog
from probes.evidence.documents import evidence_document, parse_evidence
from probes.types import Evidence, Status
from tests.advisor.evidence import measurement, paired
from tests.advisor.reference import SELFTEST, XEON, recorded

PRIVATE = "li.wei"
"""A user, a host, a project: what must not be found in what is given away."""

VERSIONS = {"pytorch": "2.13.0", "tensorflow": "2.21.0"}


def fit() -> Evidence:
    return parse_evidence(shared(recorded()))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


# ---------------------------------------------------------------- what is given away


def test_no_host_user_path_or_serial_is_given_away() -> None:
    machine = {
        **XEON,
        "hostname": f"{PRIVATE}-laptop",
        "user": PRIVATE,
        "serial": PRIVATE,
        "os": f"Linux 6.8.0-{PRIVATE}",
        "gpus": [{"name": "NVIDIA A100", "memory_bytes": 1, "driver": "1", "uuid": PRIVATE}],
    }
    noted = {"pytorch": {"file": f"/home/{PRIVATE}/model.py", "error": PRIVATE}, "claims": {PRIVATE: "confirmed"}}
    session = recorded(
        paired("training-mlp-default", facts=noted, reason=f"noted by {PRIVATE}", reason_params={"detail": PRIVATE}),
        paired(f"own-{PRIVATE}", own_workload=True, workload="own"),
        measurement("failed", status=Status.FAILED, reason=f"no route to {PRIVATE}"),
        machine=machine,
    )
    document = shared(session)

    assert not [text for text in strings(document) if PRIVATE in text or "/home" in text]
    assert [probe["probe"] for probe in document["probes"]] == ["training-mlp-default"]
    assert document["machine"]["os"] == "Linux 6.8"


@given(
    st.dictionaries(
        st.text(min_size=1).map(lambda key: f"new {key}"),
        st.recursive(st.just(PRIVATE), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4),
        max_size=3,
    )
)
def test_what_some_later_version_notes_is_not_given_away_by_default(new: dict[str, Any]) -> None:
    session = recorded(machine={**XEON, **new})
    first, *rest = session.probes
    environments = {
        name: {**about, **new, "flags": {**about["flags"], **new}} for name, about in session.environments.items()
    }
    session = replace(session, probes=(replace(first, facts=new), *rest), environments=environments)

    assert not [text for text in strings(shared(session)) if PRIVATE in text]


def test_variables_that_were_passed_keep_their_values_to_themselves() -> None:
    session = recorded()
    about = session.environments["pytorch"]
    environments = {**session.environments, "pytorch": {**about, "set": {"HF_TOKEN": PRIVATE}}}
    document = shared(replace(session, environments=environments))

    assert document["environments"]["pytorch"]["set"] == {"HF_TOKEN": ""}


def test_what_was_given_away_is_evidence_with_the_same_ratios() -> None:
    session = recorded()
    given_away = parse_evidence(shared(session))

    assert [m.ratio for m in given_away.probes] == [m.ratio for m in session.probes if m.ratio is not None]
    assert shared(given_away) == evidence_document(given_away)


# ---------------------------------------------------------------- whether it is fit


def test_a_recorded_session_is_fit_once_it_is_redacted() -> None:
    assert unfit(fit()) == []
    assert [problem.partition(";")[0] for problem in unfit(recorded())] == ["not redacted"]


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ("selftest: missing", {"selftest": None}),
        ("2 of 8 pairs", {"selftest": {**SELFTEST, "same_arm": {"runs": 8, "winners_named": 2}}}),
        ("no planted slowdown", {"selftest": {**SELFTEST, "resolves": None}}),
        ("grade: C", {"grade": "C"}),
        ("probes: none", {"probes": ()}),
        ("machine.instructions", {"machine": {key: XEON[key] for key in XEON if key != "instructions"}}),
        ("machine.cpu", {"machine": {**XEON, "cpu": ""}}),
    ],
)
def test_what_cannot_stand_for_a_kind_of_machine_is_told(said: str, change: dict[str, Any]) -> None:
    problems = unfit(replace(fit(), **change))

    assert any(said in problem for problem in problems), problems


def test_versions_and_variables_of_each_framework_are_asked_for() -> None:
    good = fit()
    about = good.environments["tensorflow"]
    untold = replace(good, environments={**good.environments, "tensorflow": {**about, "versions": {}}})
    varied = {**about, "set": {"ONEDNN_MAX_CPU_ISA": "AVX2"}}
    limited = replace(good, environments={**good.environments, "tensorflow": varied})

    assert "environments.tensorflow.versions" in unfit(untold)[0]
    assert "ONEDNN_MAX_CPU_ISA, which is not a kind of machine" in unfit(limited)[0]


def test_a_kind_of_machine_has_a_name() -> None:
    assert kind_of(XEON) == "intel-xeon-avx512-2-cores-linux"
    gpu = {**XEON, "gpus": [{"name": "NVIDIA H100 80GB HBM3"}]}
    assert kind_of(gpu) == "intel-xeon-avx512-2-cores-nvidia-h100-80gb-hbm3-linux"
    assert kind_of({"arch": "aarch64", "cores": 4, "os": "Darwin 23.1"}) == "aarch64-4-cores-darwin"


# ---------------------------------------------------------------- the files


def kept(root: Path, session: Evidence | None = None, *, name: str = "") -> Path:
    """Write a session where a knowledge base keeps its reference evidence."""
    document = evidence_document(session or fit())
    file = root / "evidence" / f"{name or kind_of(document['machine'])}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(document))
    return file


def test_every_shipped_session_passes_the_checks() -> None:
    assert check_reference() == []
    assert len(load_reference()) == len(reference_files())


def test_a_good_file_passes_and_is_read(tmp_path: Path) -> None:
    kept(tmp_path)
    (session,) = load_reference(tmp_path)

    assert check_reference(tmp_path) == []
    assert (session.id, session.device) == ("intel-xeon-avx512-2-cores-linux", "cpu")
    assert session.versions == {"pytorch": "2.13.0+cpu", "tensorflow": "2.21.0"}
    assert [ratio.probe for ratio in session.ratios] == ["training-mlp-default", "inference-mlp-default"]


def test_every_problem_of_every_file_is_named(tmp_path: Path) -> None:
    kept(tmp_path, name="my-machine")
    kept(tmp_path, recorded(), name="another")
    (tmp_path / "evidence" / "broken.json").write_text("{")
    said = [str(problem) for problem in check_reference(tmp_path)]

    assert any("my-machine.json" in one and "rename it to intel-xeon" in one for one in said)
    assert any("another.json" in one and "not redacted" in one for one in said)
    assert any("broken.json" in one for one in said)


def test_an_edited_ratio_is_refused(tmp_path: Path) -> None:
    file = kept(tmp_path)
    document = json.loads(file.read_text())
    document["probes"][0]["ratio"] |= {"value": 9.0, "low": 8.0, "high": 10.0}
    file.write_text(json.dumps(document))

    assert check_reference(tmp_path)
    with pytest.raises(KnowledgeError, match="samples"):
        load_reference(tmp_path)


def test_no_folder_is_no_reference(tmp_path: Path) -> None:
    assert load_reference(tmp_path) == ()
    assert check_reference(tmp_path) == []


def test_the_reference_is_left_out_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    knowledge = load_knowledge()
    monkeypatch.delenv(NO_REFERENCE)
    assert RuntimeContext.here(knowledge).reference == load_reference()
    assert RuntimeContext.here(knowledge, reference=False).reference == ()
    monkeypatch.setenv(NO_REFERENCE, "1")
    assert RuntimeContext.here(knowledge).reference == ()


# ---------------------------------------------------------------- what a decision keeps of it


def context(*sessions: Evidence, today: date = date(2026, 11, 28)) -> RuntimeContext:
    """Return a machine of the reference's kind, beside which these sessions are shipped."""
    return RuntimeContext(
        today=today,
        versions=VERSIONS,
        machine=XEON,
        probes=tuple(load_catalog().values()),
        measurable=frameworks(),
        reference=tuple(reference_session(one, id=f"m{i}", sha256=f"{i:064}") for i, one in enumerate(sessions)),
    )


def decided(here: RuntimeContext, *measured: Evidence) -> dict[str, Any]:
    knowledge = load_knowledge()
    needs = parse_needs({"answers": {"stage": "research", "domain": ["vision"]}}, knowledge)
    found = here.recommend(needs, knowledge, measured)
    document: dict[str, Any] = json.loads(json.dumps(here.decision(needs, found, measured, knowledge).document()))
    return document


def test_a_decision_holds_the_reference_and_verifies_without_the_files() -> None:
    document = decided(context(fit()))

    assert [session["id"] for session in document["reference"]] == ["m0"]
    assert document["recommendation"]["reference"]
    assert verify(document).same


def test_a_decision_with_own_measurements_verifies_with_the_result_before_them() -> None:
    mine = replace(recorded(), machine=XEON)
    document = decided(context(fit()), mine)

    assert document["recommendation"].get("reference") is None
    assert document["recommendation"]["before"]
    assert verify(document).same


def test_an_edit_of_the_reference_is_found() -> None:
    document = decided(context(fit()))
    document["reference"][0]["ratios"][0]["value"] = 1.0
    result = verify(document)

    assert (result.same, result.why) == (False, "edited")


@pytest.mark.parametrize("value", [0, -1, 1e300, "2", None])
def test_a_reference_that_is_no_ratio_is_refused_with_its_place(value: Any) -> None:
    document = decided(context(fit()))
    document["reference"][0]["ratios"][0]["low"] = value

    with pytest.raises(InputError, match=r"reference\[0\].ratios\[0\].low"):
        verify(document)


def test_a_decision_without_reference_has_no_such_key() -> None:
    document = decided(context())

    assert "reference" not in document
    assert "reference" not in document["recommendation"]
    assert Decision.model_validate(document).reference == ()


def test_a_recheck_says_which_reference_counts_now() -> None:
    document, knowledge = decided(context()), load_knowledge()
    now = context(fit())
    found = recheck(
        document,
        knowledge,
        today=now.today,
        versions=now.versions,
        machine=now.machine,
        probes=now.probes,
        measurable=now.measurable,
        reference=now.reference,
    )

    assert [change.text.en for change in found.changes if change.what == "reference.m0"] == [
        "The reference measurements of m0 count now."
    ]


def test_the_schema_of_a_decision_describes_the_reference() -> None:
    import jsonschema

    from advisor.decisions import schemas

    document = decided(context(fit()))

    jsonschema.validate(document, schemas.schema("decision"))
    jsonschema.validate(document["recommendation"], schemas.schema("recommendation"))
