"""Where there is no cluster that is said within seconds; what a node sends is read like any evidence from elsewhere."""

from __future__ import annotations

import copy
import json
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from probes import reasons
from probes.cluster import gathering, view
from probes.cluster.gathering import Unreachable, _Records
from probes.evidence.documents import evidence_document
from probes.system import exit_status
from probes.types import Evidence, Measurement, Reason, Status
from tests.probes.evidence.test_documents import EVIDENCE, OK

DOCUMENT = evidence_document(EVIDENCE)
KIND = {"event": "kind", "kind": 0, "machine": {"cpu": "x"}, "nodes": ["10.0.0.1"]}
MEASURED = {"event": "measured", "kind": 0, "node": "10.0.0.1", "document": DOCUMENT}
FINISHED = {"event": "finished"}
PLAN = ("first", "second", "third")


class Kept:
    """What a run gave to whoever asked for it."""

    def __init__(self) -> None:
        self.shown: list[Any] = []
        self.arrived: list[Evidence] = []
        self.safe: dict[int, Evidence | None] = {}

    def records(self) -> _Records:
        """Return the records of a run that tells here."""
        return _Records(self.shown.append, lambda session, found: self.arrived.append(session), self.safe.__setitem__)


def records(*events: dict[str, Any] | bytes, kept: Kept | None = None) -> _Records:
    """Read events as they come, a line each."""
    made = (kept or Kept()).records()
    for event in events:
        made.read(event if isinstance(event, bytes) else json.dumps(event).encode())
    return made


def session(ended: int, status: Status = Status.CANCELLED) -> Evidence:
    """Return a session in which the first ``ended`` probes of the plan have ended."""
    absent = [Measurement(one, "training_step", "mlp", "eager", status, reason="why") for one in PLAN[ended:]]
    return replace(EVIDENCE, probes=(*(replace(OK, probe=one) for one in PLAN[:ended]), *absent))


def told(event: str, node: str, held: Evidence) -> dict[str, Any]:
    return {"event": event, "kind": 0, "node": node, "document": evidence_document(held)}


GONE = Reason("node-lost", why="it is gone")


def lost(node: str, reason: Reason = GONE) -> dict[str, Any]:
    return {"event": "lost", "kind": 0, "node": node, **reasons.document(reason)}


def gone(reason: Reason = GONE) -> dict[str, Any]:
    return {"event": "not-measured", "kind": 0, **reasons.document(reason)}


def statuses(held: Evidence) -> list[Status]:
    return [found.status for found in held.probes]


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
    found = records(KIND, {**MEASURED, "document": forged}, FINISHED).ended(stopped=False)

    assert not found.found.sessions
    (absent,) = found.found.not_measured
    assert "10.0.0.1" in reasons.text(absent.reason)
    assert "probes[0].ratio.favours" in reasons.text(absent.reason)
    assert view.status(found) == exit_status.NEGATIVE


def test_a_lost_head_keeps_what_had_arrived_and_counts_as_interrupted() -> None:
    other = {**KIND, "kind": 1, "nodes": ["10.0.0.2"]}
    found = records(KIND, other, MEASURED).ended(stopped=False)

    assert len(found.found.sessions) == 1
    assert [absent.reason.code for absent in found.found.not_measured] == ["cluster-lost"]
    assert view.status(found) == exit_status.INTERRUPTED


def test_a_kind_without_evidence_is_a_part_that_could_not_run() -> None:
    left = {"event": "not-measured", "kind": 1, **reasons.document(Reason("node-runs-nothing"))}
    found = records(KIND, {**KIND, "kind": 1}, MEASURED, left, FINISHED).ended(stopped=False)

    assert view.status(found) == exit_status.PARTLY


def test_what_a_lost_node_had_finished_stands_and_the_rest_failed_for_that_reason() -> None:
    kept = Kept()
    events = (KIND, told("so-far", "a", session(1)), told("so-far", "a", session(2)), lost("a"), gone(), FINISHED)
    found = records(*events, kept=kept).ended(stopped=False)

    (held,) = found.found.sessions
    assert statuses(held) == [Status.OK, Status.OK, Status.FAILED]
    assert held.probes[-1].reason == "the node was lost: it is gone"
    assert not found.found.not_measured
    assert found.nodes == ("a",)
    assert kept.arrived == [held]
    assert view.status(found) == exit_status.PARTLY


def test_a_node_that_went_through_the_plan_stands_for_its_kind() -> None:
    events = (KIND, told("so-far", "a", session(2)), lost("a"), told("so-far", "b", session(1)))
    found = records(*events, told("measured", "b", session(3)), FINISHED).ended(stopped=False)

    assert found.nodes == ("b",)
    assert [statuses(held) for held in found.found.sessions] == [[Status.OK] * 3]


@pytest.mark.parametrize(
    "later",
    [
        [told("so-far", "b", session(1)), lost("b"), gone()],
        [told("measured", "b", session(1))],
        [told("measured", "b", session(0, Status.NOT_INSTALLED))],
    ],
    ids=["lost too", "cancelled", "without frameworks"],
)
def test_of_several_nodes_the_one_that_finished_most_stands_for_its_kind(later: list[dict[str, Any]]) -> None:
    found = records(KIND, told("so-far", "a", session(2)), lost("a"), *later, FINISHED).ended(stopped=False)

    assert found.nodes == ("a",)
    assert statuses(found.found.sessions[0]) == [Status.OK, Status.OK, Status.FAILED]


def test_what_the_user_cancelled_counts_as_cancelled() -> None:
    cancelled = Reason("cancelled-while")
    for events in ((), (lost("a", cancelled), gone(cancelled), FINISHED)):
        found = records(KIND, told("so-far", "a", session(1)), *events).ended(stopped=True)

        (held,) = found.found.sessions
        assert statuses(held) == [Status.OK, Status.CANCELLED, Status.CANCELLED]
        assert view.status(found) == exit_status.INTERRUPTED


def test_what_a_kind_has_so_far_is_kept_until_it_has_arrived() -> None:
    kept = Kept()
    made = records(KIND, told("so-far", "a", session(2)), lost("a"), told("so-far", "b", session(1)), kept=kept)
    held = kept.safe[0]
    assert held is not None
    assert statuses(held)[:2] == [Status.OK, Status.OK]  # no later node takes it away

    made.read(json.dumps(told("measured", "b", session(3))).encode())
    assert kept.safe == {0: None}
    assert not any("document" in shown for shown in kept.shown)


def test_of_a_node_that_contradicts_itself_nothing_is_believed() -> None:
    forged = copy.deepcopy(told("so-far", "a", session(2)))
    forged["document"]["probes"][0]["ratio"]["favours"] = "tensorflow"
    found = records(KIND, told("so-far", "a", session(1)), forged, gone(), FINISHED).ended(stopped=False)

    assert not found.found.sessions


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"event": "measured", "kind": 1, "kind": 0}', "duplicate key 'kind'"),
        (b'{"event": ' + b"[" * 200_000, "nested more than 64 levels deep"),
        (b'{"event": "measured", "kind": ' + b"9" * 5000 + b"}", "a number of 5,000 digits is too large"),
        (b"Traceback (most recent call last):", "line 1"),
        (b'{"event": "\xff"}', "not UTF-8 at byte 11"),
        (b"[]", "no event of a cluster"),
        (b'{"event": []}', "no event of a cluster"),
        (b'{"event": "measured"}', "'measured' without its 'kind'"),
        (b'{"event": "measured", "kind": 1, "node": {}, "document": 1}', "'measured' without its 'node'"),
        (b'{"event": "kind", "kind": 2, "machine": {}, "nodes": [1]}', "'kind' without its 'nodes'"),
    ],
)
def test_a_line_that_cannot_be_read_costs_the_machine_that_it_was_about(line: bytes, why: str) -> None:
    other = {**KIND, "kind": 1, "nodes": ["10.0.0.2"]}
    found = records(KIND, other, line + b"\n", MEASURED, FINISHED).ended(stopped=False)

    assert len(found.found.sessions) == 1
    (absent,) = found.found.not_measured
    assert absent.nodes == ("10.0.0.2",)
    assert absent.reason.code == "node-line"
    assert why in reasons.text(absent.reason)
    assert view.status(found) == exit_status.PARTLY


@pytest.mark.parametrize(
    "sent",
    [
        '{"events": [], "events": []}',
        '{"events": ' + "[" * 200_000,
        '{"events": [], "kept": ' + "9" * 5000 + "}",
        "gone",
        "[]",
        "{}",
        '{"events": 1, "kept": 0, "so_far": null, "document": null, "failure": null}',
        None,
    ],
    ids=lambda sent: str(sent)[:30],
)
def test_a_node_whose_answer_cannot_be_read_is_given_up_with_the_reason(sent: Any) -> None:
    from probes.cluster import driver  # loads Ray

    with pytest.raises(driver.NodeLost, match="what the node sent cannot be read"):
        driver._read(sent, keys=driver.NEWS)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_outcome_names_every_machine_and_every_reason(lang: str) -> None:
    undescribed = {"event": "undescribed", "node": "10.0.0.3"}
    undescribed |= reasons.document(Reason("node-without-program", python="/bin/python", why="no probes"))
    said: list[str] = []
    lines = view.Lines((), said.append, lang)
    made = _Records(lines.show, lambda session, found: None, lambda kind, session: None)
    for event in (KIND, undescribed, MEASURED, FINISHED):
        made.read(json.dumps(event).encode())
    lines.finish(made.ended(stopped=False))

    told = "\n".join(said)
    assert "training-mlp-eager" in told
    assert "10.0.0.1" in told
    assert told.count("/bin/python") == 2  # when it happened, and in the end


@pytest.mark.parametrize("news", [{"event": "done", "probe": "p", "status": "?"}, {"event": "start"}, {}])
def test_news_of_another_form_shows_nothing(news: Any) -> None:
    said: list[str] = []
    view.Lines((), said.append, "en").show({"event": "news", "node": "a", "news": news})

    assert not said


def test_a_node_whose_python_lacks_this_program_says_which_python(monkeypatch: pytest.MonkeyPatch) -> None:
    from probes.cluster import driver  # loads Ray

    monkeypatch.setitem(sys.modules, "probes.cluster.node", None)
    monkeypatch.delattr("probes.cluster.node")
    told = driver._read(driver._describe(), keys=frozenset())

    assert told["python"] == sys.executable
    assert "probes.cluster" in told["missing"]
