"""Tries what a run on a cluster does when a node is lost: a real cluster of three nodes on this machine, one killed.

The nodes are of two kinds, told apart by the cores they may use: two nodes with one core, one with two. The control arm
is measured, so no framework is needed. Loads Ray.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from probes.cluster import gathering, node
from probes.cluster.gathering import Gathered
from probes.session import outcome
from probes.session.arms import Arm
from probes.system import exit_status
from probes.types import Evidence, Probe, Status

STORE = 80 << 20
"""Bytes of a node's object store; Ray's least is 75 MiB."""

MOMENTS = ("connected", "waiting", "measuring", "start", "done")
"""Events after which a node is killed, within a second: while nodes describe themselves, wait, start and measure."""

PROBES = tuple(
    Probe(f"control-{number}", {}, "training_step", "control", "eager", "", seconds=0.5) for number in (1, 2)
)

BUDGET = 6.0
"""Seconds for both probes: on a busy machine, too, time for the second is left, in which a node can be killed."""


class TooFewCores(Exception):
    """Kinds of nodes are told apart by their cores, which takes two."""


@dataclass
class Local:
    """A cluster on this machine.

    Attributes:
        cluster: Ray's.
        cores: of this machine, those the nodes may use.
        alone: the node that has no other of its kind. spare: one of the kind that the head is of.
    """

    cluster: Any
    cores: frozenset[int]
    alone: Any = None
    spare: Any = None

    @property
    def address(self) -> str:
        """Return HOST:PORT of the head."""
        return str(self.cluster.address)

    def renew(self) -> None:
        """Start the nodes that are gone."""
        first, second, *_ = sorted(self.cores)
        if self.spare is None:
            self.spare = self._node({second})
        if self.alone is None:
            self.alone = self._node({first, second})

    def _node(self, cores: set[int]) -> Any:
        with bound(cores, back=self.cores):
            return self.cluster.add_node(num_cpus=len(cores), object_store_memory=STORE)

    def kill(self, victim: str) -> None:
        """Kill "alone", "spare" or the "head" as a machine that loses its power goes: without a word."""
        lost = self.cluster.head_node if victim == "head" else getattr(self, victim)
        self.cluster.remove_node(lost, allow_graceful=False)
        if victim != "head":
            setattr(self, victim, None)


@contextmanager
def bound(cores: set[int], *, back: frozenset[int]) -> Iterator[None]:
    """Bind what is started in the block to these cores."""
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, back)


@contextmanager
def cluster() -> Iterator[Local]:
    """Start a head and two nodes on this machine; nothing is left of them after the block.

    Raises:
        TooFewCores: one core makes one kind.
    """
    from ray.cluster_utils import Cluster

    cores = frozenset(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise TooFewCores
    head = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": STORE}
    with bound({min(cores)}, back=cores):
        made = Cluster(initialize_head=True, head_node_args=head)
    try:
        local = Local(made, cores)
        local.renew()
        yield local
    finally:
        made.shutdown()


def plan(probes: Sequence[Probe] = PROBES, *, budget: float = BUDGET) -> dict[str, Any]:
    """Return the plan that is tried: the control arm against itself."""
    return node.plan(probes, arms=[Arm("a", "null"), Arm("b", "null")], budget=budget)


@dataclass(frozen=True)
class Kill:
    """Which node is killed when.

    Attributes:
        victim: "alone" or "spare".
        moment: one of ``MOMENTS``, told of the victim's kind where it is told of a kind.
        delay: seconds after it.
    """

    victim: str
    moment: str
    delay: float

    @property
    def cores(self) -> int:
        """Return the cores of the victim's kind."""
        return 2 if self.victim == "alone" else 1


@dataclass
class Trial:
    """One run with nodes killed.

    Attributes:
        kills: which nodes, and when.
        gathered: what came of it. seconds: it took.
        killed: for each node that was killed, whether the run still went on then.
        ended: kind's cores -> node -> the probes that the node told as measured.
        lost: what was told of nodes that could not go on.
    """

    kills: tuple[Kill, ...]
    gathered: Gathered | None = None
    seconds: float = 0.0
    killed: list[bool] = field(default_factory=list)
    ended: dict[int, dict[str, set[str]]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    @property
    def sessions(self) -> tuple[Evidence, ...]:
        """Return the sessions that came of it, broken off or not."""
        return self.gathered.found.sessions if self.gathered else ()

    @property
    def cores(self) -> list[int]:
        """Return the cores of the machines whose sessions are complete, as the exit status counts it."""
        complete = (session for session in self.sessions if outcome.status(session) == exit_status.DONE)
        return sorted(session.machine["cores"] for session in complete)

    @property
    def finished(self) -> int:
        """Return how many probes were finished: of each kind on the node that finished most."""
        return sum(max(map(len, nodes.values())) for nodes in self.ended.values())

    @property
    def kept(self) -> int:
        """Return how many of them the sessions hold."""
        held: Counter[int] = Counter()
        for session in self.sessions:
            held[session.machine["cores"]] += sum(found.status is Status.OK for found in session.probes)
        return sum(min(held[cores], max(map(len, nodes.values()))) for cores, nodes in self.ended.items())

    @property
    def wrong(self) -> list[str]:
        """Return what is not as it should be: a living kind or a finished probe lost, or a loss without a reason."""
        if self.gathered is None or self.gathered.interrupted:
            return ["the run did not end by itself"]
        living = {1, 2} - {kill.cores for kill in self.kills if kill.victim == "alone"}
        wrong = [f"no evidence of the kind with {cores} core" for cores in living - set(self.cores)]
        told = [session.machine["cores"] for session in self.sessions]
        if len(told) > len(set(told)):
            wrong.append("a kind was measured twice")
        if 2 not in told and not self.gathered.found.not_measured:
            wrong.append("nothing is said of the kind that was lost")
        if self.kept < self.finished:
            wrong.append(f"{self.finished - self.kept} of {self.finished} finished probes were lost")
        if not all(self.killed):
            wrong.append("the run had ended before the node was killed")
        return wrong

    def note(self, event: Mapping[str, Any], *, cores: int | None) -> None:
        """Keep what an event tells of a kind's end."""
        if event["event"] in ("lost", "undescribed"):
            self.lost.append(f"{event['node']}: {event['reason']}")
        news = event.get("news", {})
        if cores is not None and news.get("event") == "done" and news["status"] == Status.OK:
            self.ended.setdefault(cores, {}).setdefault(event["node"], set()).add(news["probe"])


def attempt(local: Local, *kills: Kill, planned: Mapping[str, Any] | None = None) -> Trial:
    """Measure ``planned``, else what ``plan`` returns, on the cluster and kill nodes, each after its moment."""
    trial = Trial(kills)
    local.renew()
    due = [threading.Event() for _ in kills]
    over = threading.Event()
    kinds: dict[int, int] = {}

    def show(event: Mapping[str, Any]) -> None:
        if event["event"] == "kind":
            kinds[event["kind"]] = event["machine"]["cores"]
        cores = kinds.get(event.get("kind", -1))
        trial.note(event, cores=cores)
        for kill, moment in zip(kills, due, strict=True):
            if kill.moment in (event["event"], event.get("news", {}).get("event")) and cores in (None, kill.cores):
                moment.set()

    def carry_out(kill: Kill, moment: threading.Event) -> None:
        moment.wait()
        time.sleep(kill.delay)
        trial.killed.append(not over.is_set())
        local.kill(kill.victim)

    killers = [threading.Thread(target=carry_out, args=pair) for pair in zip(kills, due, strict=True)]
    for killer in killers:
        killer.start()
    began = time.monotonic()
    try:
        trial.gathered = gathering.gather(planned or plan(), address=local.address, progress=show)
    finally:
        trial.seconds = time.monotonic() - began
        over.set()
        for moment, killer in zip(due, killers, strict=True):
            moment.set()
            killer.join()
    return trial


def trials(runs: int, *, seed: int, progress: Callable[[str], None] = lambda text: None) -> list[Trial]:
    """Try ``runs`` times, each time another node, moment and delay drawn with ``seed``."""
    chance = random.Random(seed)  # noqa: S311 - which node dies when, not a secret
    made = []
    with cluster() as local:
        for number in range(1, runs + 1):
            kill = Kill(chance.choice(("alone", "spare")), chance.choice(MOMENTS), chance.uniform(0.0, 1.0))
            trial = attempt(local, kill)
            made.append(trial)
            told = "; ".join(trial.wrong) or "every living kind measured"
            progress(
                f"{number:3} {kill.victim} killed {kill.delay:.2f} s after '{kill.moment}', {trial.seconds:.0f} s, "
                f"cores of the machines measured {trial.cores}, finished probes kept {trial.kept} of {trial.finished}: "
                f"{told} {trial.lost}"
            )
    return made
