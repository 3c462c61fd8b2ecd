"""Where there is no cluster that is said within seconds; what a node sends is read like any evidence from elsewhere."""

from __future__ import annotations

import copy
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from probes import reasons
from probes.cluster import gathering, view
from probes.cluster.gathering import Unreachable, _Records
from probes.evidence.documents import evidence_document
from probes.session import outcome
from tests.probes.evidence.test_documents import EVIDENCE

DOCUMENT = evidence_document(EVIDENCE)
KIND = {"event": "kind", "kind": 0, "machine": {"cpu": "x"}, "nodes": ["10.0.0.1"]}
MEASURED = {"event": "measured", "kind": 0, "node": "10.0.0.1", "document": DOCUMENT}


def records(*events: dict[str, Any]) -> _Records:
    made = _Records(lambda event: None, lambda session, found: None)
    for event in events:
        made.take(event)
    return made


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.parametrize("form", ["127.0.0.1:{port}", "ray://127.0.0.1:{port}"])
def test_a_port_on_which_nobody_listens_is_no_cluster(form: str, closed_port: int) -> None:
    address = form.format(port=closed_port)
    with pytest.raises(Unreachable, match=f"no Ray cluster at {address}: Connection refused"):
        gathering.gather({}, address=address)


def test_the_address_that_the_environment_names_is_meant_by_auto(
    monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{closed_port}")
    with pytest.raises(Unreachable, match=f"no Ray cluster at 127.0.0.1:{closed_port}"):
        gathering.gather({}, address="auto")


def test_without_ray_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(Unreachable, match=r"Ray is not installed.*framework-advisor\[cluster\]"):
        gathering.gather({}, address="auto")


def test_evidence_that_contradicts_itself_is_refused_on_arrival_with_the_node() -> None:
    forged = copy.deepcopy(DOCUMENT)
    forged["probes"][0]["ratio"]["favours"] = "tensorflow"
    found = records(KIND, {**MEASURED, "document": forged}, {"event": "finished"}).gathered(stopped=False)

    assert not found.found.sessions
    (absent,) = found.found.not_measured
    assert "10.0.0.1" in reasons.text(absent.reason)
    assert "probes[0].ratio.favours" in reasons.text(absent.reason)
    assert view.status(found) == outcome.NOTHING


def test_a_lost_head_keeps_what_had_arrived_and_counts_as_interrupted() -> None:
    other = {**KIND, "kind": 1, "nodes": ["10.0.0.2"]}
    found = records(KIND, other, MEASURED).gathered(stopped=False)

    assert len(found.found.sessions) == 1
    assert [absent.reason.code for absent in found.found.not_measured] == ["cluster-lost"]
    assert view.status(found) == outcome.INTERRUPTED


def test_a_kind_without_evidence_is_a_part_that_could_not_run() -> None:
    left = {"event": "not-measured", "kind": 1, **reasons.document(reasons.Reason("node-runs-nothing"))}
    found = records(KIND, {**KIND, "kind": 1}, MEASURED, left, {"event": "finished"}).gathered(stopped=False)

    assert view.status(found) == outcome.PARTLY


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_outcome_names_every_machine_and_every_reason(lang: str) -> None:
    undescribed = {"event": "undescribed", "node": "10.0.0.3"}
    undescribed |= reasons.document(reasons.Reason("node-without-program", python="/bin/python", why="no probes"))
    said: list[str] = []
    lines = view.Lines((), said.append, lang)
    made = _Records(lines.show, lambda session, found: None)
    for event in (KIND, undescribed, MEASURED, {"event": "finished"}):
        made.take(event)
    lines.finish(made.gathered(stopped=False))

    told = "\n".join(said)
    assert "training-mlp-eager" in told
    assert "10.0.0.1" in told
    assert told.count("/bin/python") == 2  # when it happened, and in the end


def test_a_node_whose_python_lacks_this_program_says_which_python(monkeypatch: pytest.MonkeyPatch) -> None:
    from probes.cluster import driver  # loads Ray

    monkeypatch.setitem(sys.modules, "probes.cluster.node", None)
    monkeypatch.delattr("probes.cluster.node")
    told = driver._describe()

    assert told["python"] == sys.executable
    assert "probes.cluster" in told["missing"]
