"""``python -m probes.cluster.driver``: the one process that speaks with a Ray cluster; loads Ray, no framework.

Ray ends the process that holds its driver when the cluster's head is lost. That is why the driver is a process of its
own: it takes a request as one JSON line on standard input, tells what happens as JSON lines on standard output, and
whoever started it (``gathering``) keeps what it has told. A line "stop" ends the sessions in order; the end of its
input ends everything at once.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TextIO

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from probes import reasons
from probes.cluster import kinds
from probes.cluster.kinds import Kind, Node
from probes.cluster.node import Measuring
from probes.system import json_reading
from probes.types import Reason, Status

REACHED = 3.0
"""Seconds in which a cluster's port must answer; one that nobody listens on refuses at once."""

DESCRIBED = 120.0
"""Seconds in which a node must describe itself: a process is started there, and Python may be on a cold disk."""

FREE = 300.0
"""Seconds for which other work may keep a node before the next one of its kind is tried."""

SILENCE = 60.0
"""Seconds after which a node that gives no news is lost, however it may be; Ray itself notices most ends in seconds."""

STOPPED = 20.0
"""Seconds that a stopped session has to end its workers and to hand over what is finished."""

QUANTUM = 1.0
"""Seconds for which a session is asked to wait for news, and between two looks at whether to stop."""


class Channel:
    """Where the driver tells what happens, one JSON object a line, from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._lock = stream, threading.Lock()

    def tell(self, event: str, **more: Any) -> None:
        """Write one event."""
        line = json.dumps({"event": event, **more})  # half a character, too, must get through
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()


class NodeLost(Exception):
    """A node cannot go on; the reason says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reasons.text(reason))
        self.reason = reason


def main() -> None:
    """Serve one request."""
    channel = Channel(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)  # Ray prints; nothing but events may stand on the channel
    channel.tell("loaded")
    request = json.loads(sys.stdin.readline())
    stop = threading.Event()
    threading.Thread(target=_listen, args=(stop,), daemon=True).start()
    if refused := _connect(request["address"]):
        channel.tell("refused", **reasons.document(refused))
        return
    gather(request["plan"], channel, stop=stop, free=request.get("free", FREE))
    channel.tell("finished")
    ray.shutdown()


def _listen(stop: threading.Event) -> None:
    """Follow what the other side wants: a line ends the sessions, the end of the input ends this process."""
    for _ in sys.stdin:
        stop.set()
    # Not through the interpreter's end, which would wait for threads; Ray ends what belongs to a driver that is gone.
    os._exit(0)


def _connect(address: str) -> Reason | None:
    """Join the cluster; return why it cannot be joined, None where it was."""
    if address == "auto":
        address = os.environ.get("RAY_ADDRESS", address)  # as Ray takes it
    if unreached := _unreached(address):
        return unreached
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, namespace="framework-advisor")
    except (ConnectionError, RuntimeError, OSError, ValueError, TimeoutError) as error:
        return Reason("no-cluster", address=address, why=_first_line(error))
    return None


def _unreached(address: str) -> Reason | None:
    """Return that nobody listens at HOST:PORT; Ray itself would try for a minute."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdecimal():
        return None
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACHED).close()
    except (OSError, OverflowError) as error:
        return Reason("no-cluster", address=address, why=getattr(error, "strerror", None) or str(error))
    return None


def gather(plan: Mapping[str, Any], channel: Channel, *, stop: threading.Event, free: float = FREE) -> None:
    """Measure ``plan`` once on every kind of node, all kinds at once, and tell what comes of it."""
    found = kinds.nodes(ray.nodes())
    channel.tell("connected", nodes=[node.name for node in found])
    with ThreadPoolExecutor(max_workers=max(1, len(found))) as pool:
        described = [one for one in pool.map(lambda node: _described(node, channel), found) if one is not None]
        different = kinds.kinds(described)
        for number, kind in enumerate(different):
            names = [node.name for node in kind.nodes]
            channel.tell("kind", kind=number, machine=dict(kind.machine), nodes=names)
        walks = [
            pool.submit(Walk(number, kind, plan=plan, channel=channel, stop=stop, free=free).run)
            for number, kind in enumerate(different)
        ]
        for walk in walks:
            walk.result()


def _described(node: Node, channel: Channel) -> tuple[Node, Mapping[str, Any]] | None:
    """Return what a node says that it is; None where it cannot, and that is told."""
    # By its value, not by its name: a node without this program can still say so.
    describe = ray.remote(_describe).options(num_cpus=0, max_retries=0, scheduling_strategy=_on(node))
    try:
        told = ray.get(describe.remote(), timeout=DESCRIBED)
    except ray.exceptions.GetTimeoutError:
        reason = Reason("node-silent", seconds=DESCRIBED)
    except ray.exceptions.RayTaskError as error:
        reason = Reason("node-failed", detail=_last_line(error))
    except ray.exceptions.RayError as error:
        reason = Reason("node-lost", why=_first_line(error))
    else:
        try:
            description = _read(told, keys=frozenset())
        except NodeLost as lost:
            reason = lost.reason
        else:
            if "missing" not in description:
                return node, description
            reason = Reason("node-without-program", python=description["python"], why=description["missing"])
    channel.tell("undescribed", node=node.name, **reasons.document(reason))
    return None


def _describe() -> str:
    """Describe a node from inside, as JSON text; where this program is not installed there, say so."""
    import json
    import sys

    try:
        from probes.cluster import node
    except ImportError as error:
        return json.dumps({"missing": str(error), "python": sys.executable})
    return json.dumps(node.description())


NEWS = frozenset({"events", "kept", "so_far", "document", "failure"})
"""What the news of a session holds."""


def _read(told: Any, *, keys: frozenset[str]) -> dict[str, Any]:
    """Return the object that a node has sent as JSON text.

    Raises:
        NodeLost: it cannot be read, or is none with these keys.
    """
    try:
        found = json_reading.loads(told if isinstance(told, str) else "", ours=True)
    except json_reading.Refused as refused:
        raise NodeLost(Reason("node-unreadable", why=str(refused))) from None
    events = found.get("events", []) if isinstance(found, dict) and keys <= set(found) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise NodeLost(Reason("node-unreadable", why="it has another form; install the same version everywhere"))
    answer: dict[str, Any] = found
    return answer


def _on(node: Node) -> NodeAffinitySchedulingStrategy:
    return NodeAffinitySchedulingStrategy(node.id, soft=False)


class Walk:
    """One kind of node: its nodes are tried in turn until the plan was measured on one."""

    def __init__(
        self, number: int, kind: Kind, *, plan: Mapping[str, Any], channel: Channel, stop: threading.Event, free: float
    ) -> None:
        self._number, self._kind, self._plan, self._free = number, kind, plan, free
        self._channel, self._stop = channel, stop

    def run(self) -> None:
        """Measure on the first node that can; tell the session, or why there is none."""
        reason = Reason("cancelled-before")
        session: dict[str, Any] | None = None
        for node in self._kind.nodes:
            if self._stop.is_set():
                break
            try:
                document = self._on_node(node)
            except NodeLost as lost:
                reason = lost.reason
                self._tell("lost", node, **reasons.document(reason))
                continue
            session = {"node": node.name, "document": document}
            if not _without_frameworks(document):
                break
            self._tell("without-frameworks", node)  # another node of the kind may have them
        if session is None:
            self._channel.tell("not-measured", kind=self._number, **reasons.document(reason))
        else:
            self._channel.tell("measured", kind=self._number, **session)

    def _tell(self, event: str, node: Node, **more: Any) -> None:
        self._channel.tell(event, kind=self._number, node=node.name, **more)

    def _on_node(self, node: Node) -> dict[str, Any]:
        """Return the evidence of a session that had the whole node to itself.

        Raises:
            NodeLost: there is none.
        """
        if not node.cpus:
            raise NodeLost(Reason("node-runs-nothing"))
        whole = ray.remote(Measuring).options(
            num_cpus=node.cpus, num_gpus=node.gpus, max_concurrency=3, max_restarts=0, scheduling_strategy=_on(node)
        )
        session = whole.remote()
        try:
            self._begin(session, node)
            return self._followed(session, node)
        except ray.exceptions.RayTaskError as error:
            raise NodeLost(Reason("node-failed", detail=_last_line(error))) from None
        except ray.exceptions.RayError as error:
            raise NodeLost(Reason("node-lost", why=_first_line(error))) from None
        finally:
            with contextlib.suppress(Exception):  # Ray says in many ways that an actor has ended already
                ray.kill(session)

    def _begin(self, session: Any, node: Node) -> None:
        """Wait until the node is free, and start the plan there."""
        self._tell("waiting", node)
        began, started = time.monotonic(), session.begin.remote(self._plan)
        while not ray.wait([started], timeout=QUANTUM)[0]:
            if self._stop.is_set():
                raise NodeLost(Reason("cancelled-before"))
            if time.monotonic() - began > self._free:
                raise NodeLost(Reason("node-busy", seconds=self._free))
        ray.get(started)
        self._tell("measuring", node)

    def _followed(self, session: Any, node: Node) -> dict[str, Any]:
        """Hand on the news of a session, and what it has finished, until it ends; return its evidence."""
        seen, kept, heard, stopped = 0, 0, time.monotonic(), 0.0
        while True:
            if self._stop.is_set() and not stopped:
                session.stop.remote()
                stopped = time.monotonic()
            if stopped and time.monotonic() - stopped > STOPPED:
                raise NodeLost(Reason("cancelled-while"))
            try:
                told = ray.get(session.news.remote(seen, kept, wait=QUANTUM), timeout=SILENCE)
            except ray.exceptions.ActorUnavailableError:  # the way there is disturbed; it may come back
                if time.monotonic() - heard > SILENCE:
                    raise
                time.sleep(QUANTUM)
                continue
            except ray.exceptions.GetTimeoutError:
                raise NodeLost(Reason("node-silent", seconds=SILENCE)) from None
            heard, news = time.monotonic(), _read(told, keys=NEWS)
            self._hand_on(news, node)
            seen, kept = seen + len(news["events"]), news["kept"]
            if news["failure"] is not None:
                raise NodeLost(reasons.read(news["failure"]))
            if news["document"] is not None:
                document: dict[str, Any] = news["document"]
                return document

    def _hand_on(self, news: Mapping[str, Any], node: Node) -> None:
        if news["so_far"] is not None:  # before the news of it: what is told as done is kept
            self._tell("so-far", node, document=news["so_far"])
        for event in news["events"]:
            self._tell("news", node, news=event)


def _without_frameworks(document: Mapping[str, Any]) -> bool:
    """Return whether nothing was measured because a framework is not installed; ``gathering`` checks the document."""
    probes = document.get("probes")
    return isinstance(probes, list) and all(
        isinstance(probe, Mapping) and probe.get("status") == Status.NOT_INSTALLED for probe in probes
    )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".:")


def _last_line(error: Exception) -> str:
    """Return what a remote exception says; its text begins with the remote traceback."""
    return next(reversed(str(error).strip().splitlines()), type(error).__name__)


if __name__ == "__main__":
    main()
