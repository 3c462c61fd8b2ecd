"""Scenarios: what is observed. One module each; the folder is the registry.

A scenario runs inside a worker and sees one framework. It is one of two kinds.

**Paired** (``KIND = "paired"``): both workers stay alive and take turns. The module holds

    KIND = "paired"
    UNIT = "s"                       # unit of a sample: always a cost, lower is better
    PARITY = ("outputs", "loss", "gradients", "weights")    # what the timed path must get right
    def start(stage: Stage) -> Live

``start`` builds the twin through ``stage.twin()`` (the very twin that the parity gate checks) and returns
what one iteration is. The manager warms it up, calibrates the loops and takes the turns; a scenario never
holds a stopwatch. ``PARITY = ()`` where there is nothing to compare (a data pipeline).

**Observed** (``KIND = "observed"``): each sample costs a fresh process, frameworks in turn (ABBA). The module holds

    KIND = "observed"
    UNIT = "s"                       # or "bytes", "lines" ...
    PROCESSES = 3                    # fresh processes a framework (1 where the cost cannot vary, e.g. lines of code)
    PARITY = ()                      # as above: what the live workers check before anything is observed
    def observe(stage: Stage) -> Observation

``Observation.cost`` is that process's sample, or None where there are facts and nothing to compare.
Facts of the first process of each framework stand in the evidence under ``facts[framework]``.

Either may raise ``Unsupported(Reason(...))``: the probe then has the status ``not-supported`` with that reason. Any
other exception is a failure of the probe, with its last line as the reason. Paired scenarios hold
``stage.backend.compile`` honest by counters, which the manager reads around the timed turns: a graph break,
recompilation or retrace there makes the probe ``not-comparable``; ``RETRACES = True`` stands in a scenario whose
subject they are.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from probes.types import Build, Reason, Twin, Unsupported


@dataclass
class Stage:
    """What a worker hands to a scenario.

    Attributes:
        backend: the framework's module of ``probes/backends``.
        workload: the workload's module; None for scenarios that need none.
        side: the workload's function for this framework; None likewise.
        build: how the twin is to be built (float32, the probe's device, mode and settings).
        seed: for data and weights.
        threads: what this worker was set to.
        scratch: a folder of this probe's own, removed afterwards.
        cold: seconds this process has spent on "python" (spawn to the first line), "import" (the framework,
            configured and its devices listed), later "build" and "first" (step, compile included).
        marks: bytes resident ("resident-python", "resident-import") and peak ("peak-python", "peak-import").
    """

    backend: ModuleType
    workload: ModuleType | None
    side: Callable[[Build], Twin] | None
    build: Build
    seed: int
    threads: int
    scratch: str
    cold: dict[str, float] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    _twin: Twin | None = None

    def data(self, *, size: Mapping[str, Any] | None = None, seed: int | None = None) -> dict[str, Any]:
        """Make one NumPy batch, of the build's size unless told."""
        assert self.workload is not None
        return self.workload.data(size or self.build.size, self.seed if seed is None else seed)

    def twin(self) -> Twin:
        """Build this framework's twin once and load the canonical weights into it."""
        if self._twin is None:
            assert self.workload is not None
            if self.side is None:
                name = self.workload.__name__.rpartition(".")[2]
                raise Unsupported(Reason("no-side", workload=name))
            self._twin = self.side(self.build)
            self._twin.load(self.workload.weights(self.build.size, self.seed))
        return self._twin

    def fresh(self, **changes: Any) -> Twin:
        """Build one more twin with the canonical weights, changed as told: ``mode`` and ``compile``, or ``size``."""
        assert self.workload is not None
        other = Stage(
            backend=self.backend,
            workload=self.workload,
            side=self.side,
            build=replace(self.build, **changes),
            seed=self.seed,
            threads=self.threads,
            scratch=self.scratch,
        )
        return other.twin()

    def timed(self, call: Callable[[], Any]) -> float:
        """Time one call, synchronised at both ends."""
        self.backend.synchronise()
        begin = time.perf_counter()
        call()
        self.backend.synchronise()
        return time.perf_counter() - begin

    def forget_compiled(self) -> None:
        """Point what keeps compiled code on disk to an empty place, or every process but the first is a warm one."""
        self.backend.keep_compiled(tempfile.mkdtemp(dir=self.scratch))

    def part(self, held: Mapping[str, Any]) -> Callable[..., Any]:
        """Find this framework's part among a scenario's globals: one function a framework, named by its id."""
        name = self.backend.__name__.rpartition(".")[2]
        if name not in held:
            raise Unsupported(Reason("no-part", framework=name))
        found: Callable[..., Any] = held[name]
        return found


@dataclass
class Live:
    """A paired scenario under way.

    Attributes:
        iterate: one iteration; returns a framework's value (never fetched). The worker synchronises after the loop.
        flops: floating point operations of one iteration; 0 where no roof makes sense.
        moved: bytes one iteration must move at least (weights read, gradients written ...); 0 where unknown.
        items: samples (or tokens) one iteration handles, for the throughput; 0 where that means nothing.
        finish: called once after the last turn, with the seconds of every iteration of every turn;
            returns facts (percentiles, throughput).
    """

    iterate: Callable[[], Any]
    flops: float = 0.0
    moved: float = 0.0
    items: int = 0
    finish: Callable[[list[float]], dict[str, Any]] = lambda seconds: {}


def verdict(holds: bool | None) -> str:
    """Return the word for a check that holds, does not hold, or (None) cannot be made on this machine."""
    return "not testable here" if holds is None else "confirmed" if holds else "contradicted"


@dataclass
class Observation:
    """What one fresh process saw: a cost in the scenario's unit, or None, and facts (JSON values).

    ``facts["checks"]``, where given, is {name of a check: its ``verdict``}; which claim a check speaks of stands in the
    catalogue, and the manager joins the sides' by it.
    """

    cost: float | None
    facts: dict[str, Any] = field(default_factory=dict)
