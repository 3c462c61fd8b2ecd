"""Has a plan measured once on every kind of node of a Ray cluster, and keeps what arrives.

Loads no Ray: the driver is a process of its own, so that whatever ends it ends nothing that has arrived. What a node
sends is read like any evidence from elsewhere.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from probes import reasons
from probes.evidence.documents import EvidenceError, parse_evidence
from probes.evidence.sets import EvidenceSet, NotMeasured
from probes.evidence.unfinished import KeepOf
from probes.session import outcome
from probes.system import exit_status, json_reading
from probes.types import Evidence, Reason, Status

LOADED = 120.0
"""Seconds in which the driver must have loaded Ray; a cold disk takes tens of them."""

CONNECTED = 15.0
"""Seconds in which it must then have joined the cluster: a port on which nobody listens is told within three, one that
something else listens on not at all."""

HANDED_OVER = 30.0
"""Seconds that a stopped driver has to hand over what is finished; its sessions have 20."""

TWICE = 1.0
"""Seconds after Ctrl-C from which another one ends everything at once; a terminal and a wrapper may both send one."""

LOST_HEAD = 20
"""Seconds for which Ray tries to reach a head that is gone before it ends the driver; by default 60."""

CANCELLED = ("cancelled-before", "cancelled-while")
"""Reasons that are the user's word."""

_QUANTUM = 0.25
"""Seconds between two looks at whether the user has cancelled."""

_ROOT = Path(__file__).resolve().parents[2]

_TYPES = {"kind": int, "node": str, "nodes": list, "machine": dict, "document": dict, "reason": str, "news": dict}

_HOLDS: Mapping[str, tuple[str, ...]] = {
    "loaded": (),
    "refused": ("reason",),
    "connected": ("nodes",),
    "undescribed": ("node", "reason"),
    "kind": ("kind", "machine", "nodes"),
    "waiting": ("kind", "node"),
    "measuring": ("kind", "node"),
    "news": ("kind", "node", "news"),
    "so-far": ("kind", "node", "document"),
    "lost": ("kind", "node", "reason"),
    "without-frameworks": ("kind", "node"),
    "measured": ("kind", "node", "document"),
    "not-measured": ("kind", "reason"),
    "finished": (),
}
"""The driver's events, and what each of them holds."""

Event = Mapping[str, Any]
Arrived = Callable[[Evidence, EvidenceSet], None]


class Unreachable(Exception):
    """There is no cluster to measure on; ``reason`` says why and what helps."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reasons.text(reason))
        self.reason = reason


@dataclass(frozen=True)
class Gathered:
    """What came of it.

    Attributes:
        found: the sessions, one a kind of machine, and the kinds without one. What a lost node had finished is a
            session, in which the other probes failed for that reason.
        nodes: where each session was measured, in their order.
        interrupted: whether the user or the loss of the cluster ended it.
    """

    found: EvidenceSet
    nodes: tuple[str, ...]
    interrupted: bool


def gather(
    plan: Mapping[str, Any],
    *,
    address: str,
    progress: Callable[[Event], None] = lambda event: None,
    arrived: Arrived = lambda session, found: None,
    keep: KeepOf = lambda kind, session: None,
    cancelled: Callable[[], bool] = lambda: False,
    free: float | None = None,
) -> Gathered:
    """Measure a plan on every kind of node.

    Args:
        plan: from ``node.plan``.
        address: "auto", "HOST:PORT" or "ray://HOST:PORT".
        progress: told what happens, as the events of the driver.
        arrived: given a session that nothing is added to any more, and all that is there so far.
        keep: given, after every probe, what a kind of machine has so far, and None once ``arrived`` has been given it.
        cancelled: asked all the time; True, like Ctrl-C, ends the sessions and keeps what is finished.
        free: seconds for which other work may keep a node; the driver's own unless told.

    Raises:
        Unreachable: Ray is not installed, or there is no cluster.
    """
    if find_spec("ray") is None:
        raise Unreachable(Reason("no-ray", command="python -m pip install 'framework-advisor[cluster]'"))
    request = {"address": address, "plan": plan, **({} if free is None else {"free": free})}
    records = _Records(progress, arrived, keep)
    with tempfile.TemporaryFile() as printed, _Driver(request, printed) as driver:
        _listen(driver, records, address=address, cancelled=cancelled)
    return records.ended(stopped=driver.stopped)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _listen(driver: _Driver, records: _Records, *, address: str, cancelled: Callable[[], bool]) -> None:
    """Read the driver's events until it has ended; Ctrl-C stops it in order, a second one at once."""
    while True:
        try:
            if cancelled():
                driver.stop()
            line = driver.line(timeout=_QUANTUM)
            if line is None:
                break
            if line:
                records.read(line)
        except KeyboardInterrupt:
            if driver.stopped_for > TWICE:
                break
            driver.stop()
        if records.finished or driver.stopped_for > HANDED_OVER or time.monotonic() > records.due:
            break
    if not (records.connected or driver.stopped):
        raise Unreachable(Reason("no-cluster", address=address, why="it does not answer as a Ray cluster does"))


class _Records:
    """What the driver has told so far.

    Attributes:
        connected: whether it has joined the cluster. finished: whether it has told everything.
        due: when, on the monotonic clock, it must have told the next step on the way there.
    """

    def __init__(self, progress: Callable[[Event], None], arrived: Arrived, keep: KeepOf) -> None:
        self._progress, self._arrived, self._keep, self._started = progress, arrived, keep, _now()
        self.connected = self.finished = False
        self.due = time.monotonic() + LOADED
        self._kinds: dict[int, Event] = {}
        self._sessions: dict[int, tuple[str, Evidence]] = {}
        self._so_far: dict[int, dict[str, Evidence]] = {}  # kind -> node -> what it had finished
        self._lost: dict[tuple[int, str], Reason] = {}
        self._absent: dict[int, Reason] = {}
        self._handed: set[int] = set()
        self._unread: Reason | None = None
        self._undescribed: list[NotMeasured] = []

    def read(self, line: bytes) -> None:
        """Read the event that a line holds; one that cannot be read costs the machine that it was about.

        Raises:
            Unreachable: it tells that there is no cluster.
        """
        try:
            told = _event(json_reading.loads(line, ours=True))
        except ValueError as error:
            self._unread = Reason("node-line", why=str(error))
        else:
            self._hand_over(self._kept(told))

    def _hand_over(self, event: Event) -> None:
        """Pass on what is new after an event, and the event."""
        match event["event"]:
            case "measured" | "not-measured":
                self._arrive(event["kind"], stopped=False)
            # As it would be had it been cancelled now: nobody will be there to tell of another end.
            case "so-far" if best := self._best(event["kind"], stopped=True):
                self._keep(event["kind"], best[1])
        self._progress(event)

    def _arrive(self, kind: int, *, stopped: bool) -> None:
        best = self._best(kind, stopped=stopped)
        if best is None or kind in self._handed:
            return
        self._handed.add(kind)
        self._arrived(best[1], self.gathered(stopped=stopped).found)
        self._keep(kind, None)

    def _kept(self, event: Event) -> Event:
        """Keep what an event tells; return it as it is to be shown, without evidence."""
        match event["event"]:
            case "refused":
                raise Unreachable(reasons.read(event))
            case "loaded":
                self.due = time.monotonic() + CONNECTED
            case "connected":
                self.connected, self.due = True, math.inf
            case "undescribed":
                self._undescribed.append(NotMeasured({}, (event["node"],), reasons.read(event)))
            case "kind":
                self._kinds[event["kind"]] = event
            case "not-measured":
                self._absent[event["kind"]] = reasons.read(event)
            case "lost":
                self._lost[event["kind"], event["node"]] = reasons.read(event)
            case "measured" | "so-far":
                return self._evidence(event)
            case "finished":
                self.finished = True
        return event

    def _evidence(self, event: Event) -> Event:
        """Read the evidence of a node; return the event without it, or what is told where it is none."""
        kind, node = event["kind"], event["node"]
        shown = {"event": event["event"], "kind": kind, "node": node}
        so_far = self._so_far.setdefault(kind, {})
        try:
            session = parse_evidence(event["document"])
        except EvidenceError as error:
            so_far.pop(node, None)  # of a node that contradicts itself nothing is believed
            self._absent[kind] = reason = Reason("node-evidence", node=node, problems=tuple(error.problems))
            return (
                {**shown, "event": "not-measured", **reasons.document(reason)}
                if shown["event"] == "measured"
                else shown
            )
        if shown["event"] == "measured":
            self._sessions[kind] = (node, session)
        else:
            so_far[node] = session
        return shown

    def _best(self, kind: int, *, stopped: bool) -> tuple[str, Evidence] | None:
        """Return the session of a kind and its node: the one that went through the plan, else the one with most."""
        whole = self._sessions.get(kind)
        if whole and outcome.status(whole[1]) in (exit_status.DONE, exit_status.PARTLY):
            return whole
        left = self._left(stopped=stopped)
        cut = [
            (node, _cut_off(session, self._lost.get((kind, node), left)))
            for node, session in self._so_far.get(kind, {}).items()
        ]
        return max([*([whole] if whole else []), *cut], key=lambda one: _finished(one[1]), default=None)

    def _left(self, *, stopped: bool) -> Reason:
        """Return why nothing more was told of a kind."""
        return Reason("cancelled-while") if stopped else self._unread or Reason("cluster-lost")

    def ended(self, *, stopped: bool) -> Gathered:
        """Hand over what nothing is added to any more, and return all of it."""
        for kind in self._kinds:
            self._arrive(kind, stopped=stopped)
        return self.gathered(stopped=stopped)

    def gathered(self, *, stopped: bool) -> Gathered:
        """Return all of it; kinds that nothing was told of were cut off."""
        best = {number: self._best(number, stopped=stopped) for number in sorted(self._kinds)}
        left = self._left(stopped=stopped)
        absent = [
            NotMeasured(kind["machine"], tuple(kind["nodes"]), self._absent.get(number, left))
            for number, kind in self._kinds.items()
            if best[number] is None
        ]
        told = [session for session in best.values() if session is not None]
        found = EvidenceSet(
            sessions=tuple(session for _, session in told),
            not_measured=(*absent, *self._undescribed),
            started=self._started,
            finished=_now(),
        )
        return Gathered(found, tuple(node for node, _ in told), interrupted=stopped or not self.finished)


def _event(told: Any) -> Event:
    """Return what a line of the driver holds.

    Raises:
        ValueError: it is no event of the driver's, or lacks something.
    """
    name = told.get("event") if isinstance(told, Mapping) else None
    if not isinstance(name, str) or name not in _HOLDS:
        raise ValueError("it is no event of a cluster")
    for key in _HOLDS[name]:
        value = told.get(key)
        strange = not isinstance(value, _TYPES[key])
        if strange or (key == "nodes" and not all(isinstance(node, str) for node in value)):
            raise ValueError(f"'{name}' without its '{key}'")
    found: Event = told
    return found


def _finished(session: Evidence) -> int:
    return sum(found.status is Status.OK for found in session.probes)


def _cut_off(session: Evidence, reason: Reason) -> Evidence:
    """Return a session that was broken off; unless it was cancelled, its unfinished probes failed for ``reason``."""
    if reason.code in CANCELLED:
        return session
    why = reasons.document(reason)
    probes = (
        replace(found, status=Status.FAILED, **why) if found.status is Status.CANCELLED else found
        for found in session.probes
    )
    return replace(session, probes=tuple(probes))


@dataclass
class _Driver:
    """The driver's process, which does not outlive the block.

    Attributes:
        stopped: whether it was asked to end its sessions.
    """

    request: Mapping[str, Any]
    printed: IO[bytes]
    stopped: bool = False
    _since: float = 0.0
    _lines: queue.Queue[bytes | None] = field(default_factory=queue.Queue)

    def __enter__(self) -> _Driver:
        path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        quiet = {"RAY_gcs_rpc_server_reconnect_timeout_s": str(LOST_HEAD), "RAY_USAGE_STATS_ENABLED": "0"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "probes.cluster.driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.printed,
            env={**os.environ, **quiet, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
            start_new_session=True,  # Ctrl-C is for this process, which passes it on
        )
        self._tell(json.dumps(self.request))
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill() if sys.platform == "win32" else _kill_group(self._process.pid)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                if line.endswith(b"\n"):  # else broken off by the driver's end
                    self._lines.put(line)
        except ValueError:  # closed while it was read
            pass
        self._lines.put(None)

    def line(self, *, timeout: float) -> bytes | None:
        """Return the next line, an empty one where none came in time, None once the driver has ended."""
        try:
            return self._lines.get(timeout=timeout)
        except queue.Empty:
            return b""

    def stop(self) -> None:
        """Ask for the end of all sessions; asked twice is asked once."""
        if self.stopped:
            return
        self.stopped, self._since = True, time.monotonic()
        self._tell("stop")

    @property
    def stopped_for(self) -> float:
        """Return the seconds since it was asked to stop, 0 where it was not."""
        return time.monotonic() - self._since if self.stopped else 0.0

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except OSError:  # it has ended, which its output tells
            pass


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
