"""The child's main: one framework, one process, one request at a time.

Runs under any Python from 3.10 on that has NumPy and the framework; holds nothing else of ours. Answers on a
channel of its own, because frameworks print on the standard streams. Ends itself when its parent is gone.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any

from probes.runtimes import Runtime
from probes.scenarios import Live, Stage
from probes.statistics import ratios
from probes.system import process_readings
from probes.types import VERBATIM, Build, Reason, Status, Unsupported, UserFile
from probes.user_model.files import load_file
from probes.user_model.workload import adapt
from probes.worker import deployment


class NotInstalled(Exception):
    """The framework, or what it needs, is not there; the reason names what would add it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def main(arguments: list[str]) -> None:
    """Serve requests until the channel closes.

    Args:
        arguments: descriptor to read requests from, descriptor to answer on, the manager's monotonic clock at the
            time of spawning (all systems count it from their start, so that processes share it).
    """
    began = time.monotonic()
    incoming, outgoing, spawned = int(arguments[0]), int(arguments[1]), float(arguments[2])
    if incoming == 0:  # no private pipes on this system: keep the standard ones for us, give the frameworks stderr
        incoming, outgoing = os.dup(0), os.dup(1)
        os.dup2(2, 1)
    worker = Worker({"python": max(0.0, began - spawned)}, outgoing)
    with os.fdopen(incoming, "r", encoding="utf-8") as requests, os.fdopen(outgoing, "w", encoding="utf-8") as answers:
        for line in requests:
            request = json.loads(line)
            answer = worker.answer(request)
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
            if request["do"] == "exit":
                break


def _size(workload: ModuleType, name: str) -> dict[str, Any]:
    """Find one of a workload's sizes; a workload of the user's may have none."""
    sizes: dict[str, dict[str, Any]] = getattr(workload, "SIZES", {name: {}})
    if name not in sizes:
        raise Unsupported(Reason("no-size", size=name, sizes=list(sizes)))
    return sizes[name]


def _refusal(request: dict[str, Any], status: Status, reason: Reason) -> dict[str, Any]:
    """Return the answer to a request that could not be done."""
    return {"id": request["id"], "status": status.value, "reason": reason.plain()}


def _rounded(seconds: float) -> float:
    """Keep five digits: a clock gives no more, and evidence holds thousands of these."""
    return float(f"{seconds:.5g}")


class Worker:
    """What one process holds between requests."""

    def __init__(self, cold: dict[str, float], channel: int) -> None:
        self.cold, self.channel = cold, channel
        self.marks = self._mark("python")
        self.framework = ""
        self.backend: Any = None
        self.threads = 1
        self.settings = "default"
        self.slowdown = 1.0
        self.device = self.kind = "cpu"
        self.stage: Stage | None = None
        self.live: Live | None = None
        self.scenario: ModuleType | None = None
        self.seconds: list[float] = []
        self.base: dict[str, int] = {}
        self.files: dict[UserFile, ModuleType] = {}
        self.runtime: Runtime | None = None
        self.loaded: deployment.Loaded | None = None

    @staticmethod
    def _mark(name: str) -> dict[str, int]:
        readings = {
            f"resident-{name}": process_readings.resident_memory(),
            f"peak-{name}": process_readings.peak_memory(),
        }
        return {key: value for key, value in readings.items() if value is not None}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked, say how long it took, and turn whatever goes wrong into an answer."""
        began = time.perf_counter()
        return {**self._answer(request), "inside": time.perf_counter() - began}

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            result = self._do(request)
        except deployment.MissingModule as missing:
            return _refusal(request, Status.NOT_INSTALLED, self._missing(missing, request))
        except NotInstalled as absent:
            return _refusal(request, Status.NOT_INSTALLED, absent.reason)
        except Unsupported as unsupported:
            return _refusal(request, Status.NOT_SUPPORTED, unsupported.reason)
        except MemoryError as error:
            detail = str(error)
            reason = Reason("out-of-memory-detail", detail=detail) if detail else Reason("out-of-memory")
            return _refusal(request, Status.FAILED, reason)
        except Exception as error:  # whatever a framework raises is the probe's reason, never this process's end
            last = traceback.format_exception_only(type(error), error)[-1].strip()
            refusal = _refusal(request, Status.FAILED, Reason(VERBATIM, detail=last[:500]))
            return {**refusal, "detail": traceback.format_exc()[-4000:]}
        return {"id": request["id"], "status": "ok", **result}

    def _do(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked; once more where what stood in the way was a broken cache that could be mended."""
        handle: Callable[[dict[str, Any]], dict[str, Any]] = getattr(self, "do_" + request["do"])
        try:
            return handle(request)
        except Exception as error:  # any error may name the broken file; all others go on their way
            missing = None if self.backend is None else self.backend.explain(error)
            if missing is not None:
                raise NotInstalled(missing) from error
            if self.backend is None or not self.backend.mend(error):
                raise
        return handle(request)

    @staticmethod
    def _missing(missing: deployment.MissingModule, request: dict[str, Any]) -> Reason:
        """Return which package is missing, and the command that adds it: the manager's where it told one."""
        command = request.get("add") or missing.add
        return Reason("not-installed", python=sys.executable, package=missing.name, command=command)

    def synchronise(self) -> None:
        """Wait until all devices are done; a runtime's answers are there when it returns."""
        if self.backend is not None:
            self.backend.synchronise()

    def do_runtime(self, request: dict[str, Any]) -> dict[str, Any]:
        """Import and configure a runtime, in place of a framework."""
        self.threads, plant = request["threads"], request.get("plant") or {}
        self.slowdown = plant.get("slowdown", 1.0)
        if plant.get("fault"):
            importlib.import_module(f"probes.backends.{request['framework']}").plant(plant, channel=self.channel)
        begin = time.perf_counter()
        self.runtime = deployment.start(request["runtime"], self.threads)
        self.cold["import"] = time.perf_counter() - begin
        return {"cold": self.cold, "versions": dict(self.runtime.versions())}

    def do_prepare(self, request: dict[str, Any]) -> dict[str, Any]:
        """Train what is taken out, and keep its weights, test data and float64 answers."""
        return deployment.prepare(self.backend, lambda: self._stage(request), request)

    def do_convert(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make one artifact."""
        return deployment.convert(self.backend, lambda: self._stage(request), request)

    def do_load(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make an artifact, or the framework itself, ready to answer; keep its answers to the test data.

        The peak memory is that of this process so far: Python, NumPy, the runtime, the artifact and the test data.
        """
        if self.runtime is None:
            loaded = deployment.own(self.backend, lambda: self._stage(request), request)
        else:
            loaded = deployment.load(self.runtime, request)
        self.loaded, self.seconds = loaded, []
        times = loaded.first()
        peak = process_readings.peak_memory()
        answers = self._save(request, loaded.answers())
        self.live = Live(iterate=loaded.iterate, items=1)
        if self.backend is not None:
            self.base = self.backend.counters()
        gc.collect()
        gc.freeze()
        return {**times, "peak_memory": peak, "arrays": answers}

    def do_throughput(self, request: dict[str, Any]) -> dict[str, Any]:
        """Time answers to a batch, where the artifact takes one."""
        assert self.loaded is not None
        return self.loaded.throughput()

    def do_hello(self, request: dict[str, Any]) -> dict[str, Any]:
        """Import and configure the framework; say what is there."""
        self.framework, self.threads = request["framework"], request["threads"]
        self.settings = request["settings"]
        plant = request.get("plant") or {}
        self.slowdown = plant.get("slowdown", 1.0)
        begin = time.perf_counter()
        try:
            backend = importlib.import_module(f"probes.backends.{self.framework}")
        except ModuleNotFoundError as error:
            if error.name != f"probes.backends.{self.framework}":
                raise
            raise Unsupported(Reason("no-backend", framework=self.framework)) from None
        if plant.get("fault"):
            backend.plant(plant, channel=self.channel)
        backend.before_import(threads=self.threads, settings=self.settings)
        # What is printed last stands in the reason, should the import never end or take this process with it.
        print(f"importing {backend.MODULE}", file=sys.stderr, flush=True)  # noqa: T201
        try:
            backend.start(threads=self.threads, settings=self.settings)
        except ModuleNotFoundError as error:
            if error.name not in (backend.MODULE, "numpy"):
                raise
            raise NotInstalled(
                Reason("not-installed", python=sys.executable, package=str(error.name), command=backend.ADD)
            ) from None
        self.backend = backend
        self.cold["import"] = time.perf_counter() - begin
        self.marks.update(self._mark("import"))
        return {"devices": backend.devices(), "cold": self.cold, "marks": self.marks}

    def do_use(self, request: dict[str, Any]) -> dict[str, Any]:
        """Settle on a device; read the ledger back."""
        self.device, self.kind = self.backend.use(request["kind"]), request["kind"]
        facts = {
            **self.backend.facts(),
            "python": sys.version.split()[0],
            "executable": sys.executable,
            "device": self.device,
        }
        ledger = {
            **self.backend.ledger(),
            "device": request["kind"],
            "quota": process_readings.quota(),
            "cores": process_readings.cores(),
            "settings": self.settings,
        }
        return {"facts": facts, "ledger": ledger, "defaults": self.backend.defaults()}

    def do_describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return what kind of scenario this is, and which sides the workload has."""
        scenario = importlib.import_module(f"probes.scenarios.{request['scenario']}")
        workload = self._workload(request)
        if workload is not None:
            _size(workload, request["size"])
        return {
            "kind": scenario.KIND,
            "unit": scenario.UNIT,
            "parity": list(getattr(scenario, "PARITY", ())),
            "processes": int(getattr(scenario, "PROCESSES", 1)),
            "retraces": bool(getattr(scenario, "RETRACES", False)),
            "exemptions": list(getattr(workload, "EXEMPTIONS", ())),
        }

    def _workload(self, request: dict[str, Any]) -> ModuleType | None:
        if given := request.get("workload_file"):
            file = UserFile(*given)
            if file not in self.files:
                self.files[file] = adapt(load_file(file, self.framework), self.framework)
            workload = self.files[file]
            if request.get("plan") and hasattr(workload, "own"):
                workload.own.follow(request["plan"])
            return workload
        if not request["workload"]:
            return None
        return importlib.import_module(f"probes.workloads.{request['workload']}")

    def _stage(self, request: dict[str, Any], *, dtype: str = "float32", mode: str | None = None) -> Stage:
        workload, mode = self._workload(request), mode or request["mode"]
        return Stage(
            backend=self.backend,
            workload=workload,
            side=getattr(workload, self.framework, None),
            build=Build(
                size={} if workload is None else _size(workload, request["size"]),
                dtype=dtype,
                device=self.device,
                mode=mode,
                compile=self.backend.compile(mode),
                settings=self.settings,
            ),
            seed=request["seed"],
            threads=self.threads,
            scratch=request["scratch"],
            cold=dict(self.cold),
            marks=dict(self.marks),
        )

    def do_written(self, request: dict[str, Any]) -> dict[str, Any]:
        """Write down the layers of a user's model of two functions; nothing of any other workload."""
        workload = self._workload(request)
        return {"written": workload.own.written() if workload is not None and hasattr(workload, "own") else None}

    def do_answers(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer in float64 with the weights planned; with every layer's output where asked for."""
        workload: Any = self._workload(request)
        events, arrays = workload.own.answers(layers=request["layers"])
        return {"events": events, "arrays": self._save(request, arrays)}

    def do_tried(self, request: dict[str, Any]) -> dict[str, Any]:
        """Try several ways to carry the weights across: how far the answer lies from the other side's with each."""
        import numpy as np

        workload: Any = self._workload(request)
        with np.load(request["wanted"]) as held:
            wanted = held["y"]
        return {"distances": workload.own.tried(request["plans"], wanted, request["bound"])}

    def do_open(self, request: dict[str, Any]) -> dict[str, Any]:
        """Build a paired probe and take its first iteration, which carries the cost of compiling."""
        self.do_close({})
        self.base = self.backend.counters()
        self.scenario = importlib.import_module(f"probes.scenarios.{request['scenario']}")
        stage = self._stage(request)
        begin = time.perf_counter()
        self.live = self.scenario.start(stage)
        self.backend.synchronise()
        built = time.perf_counter()
        self.live.iterate()
        self.backend.synchronise()
        stage.cold.update(build=built - begin, first=time.perf_counter() - built)
        self.stage, self.seconds = stage, []
        parts = request["parity"]
        answer = {"cold": stage.cold, "flops": self.live.flops, "moved": self.live.moved, "items": self.live.items}
        if stage.workload is not None and stage.side is not None:
            answer["parameters"] = stage.twin().parameters
        if parts:
            answer["arrays"] = self._save(request, self._parts(stage, parts, stepped=True))
        gc.collect()
        gc.freeze()
        return answer

    def do_parts(self, request: dict[str, Any]) -> dict[str, Any]:
        """Compute the parity parts without timing: in float64 eagerly as the reference, or as the probe will run."""
        reference = request["reference"]
        stage = self._stage(request, dtype=request["dtype"], mode="eager" if reference else None)
        return {"arrays": self._save(request, self._parts(stage, request["parity"], stepped=False))}

    @staticmethod
    def _parts(stage: Stage, parts: list[str], *, stepped: bool) -> dict[str, Any]:
        """Gather outputs, loss, gradients and the weights after one optimiser step from the canonical ones."""
        assert stage.workload is not None
        twin = stage.twin()
        weights = stage.workload.weights(stage.build.size, stage.seed)
        found = {} if stepped else {f"start/{name}": array for name, array in weights.items()}
        if not stepped and hasattr(stage.workload, "called"):
            found.update({f"called/{name}": called for name, called in stage.workload.called().items()})
        batch = twin.place(stage.data())
        if "weights" in parts:
            if not stepped:
                twin.step(batch)
            found.update({f"weights/{name}": array for name, array in twin.dump().items()})
        for part in ("outputs", "gradients"):
            if part in parts:
                twin.load(weights)
                found.update({f"{part}/{name}": array for name, array in getattr(twin, part)(batch).items()})
        if "loss" in parts:
            twin.load(weights)
            found["loss/loss"] = stage.backend.fetched(twin.loss(batch))
        twin.load(weights)
        return found

    @staticmethod
    def _save(request: dict[str, Any], arrays: dict[str, Any]) -> str:
        import numpy as np

        with tempfile.NamedTemporaryFile(dir=request["scratch"], suffix=".npz", delete=False) as file:
            np.savez(file, **arrays)
        return file.name

    def do_turn(self, request: dict[str, Any]) -> dict[str, Any]:
        """Time ``blocks`` of ``loops`` iterations each; up to ``most`` where another load held nearly all of them up.

        Before each block lie ``between`` iterations that are not timed, where single answers are.

        Returns:
            Of one iteration, one entry a block: ``seconds`` of wall time; ``waited``, what other load held up at most;
            ``surely``, at least; None where the system does not tell. With one thread both are what the calling thread
            waited: one that has nothing to do waits on nobody's way. With several, all may lie on the way.
        """
        assert self.live is not None
        iterate, loops, synchronise = self.live.iterate, range(request["loops"]), self.synchronise
        between = range(request.get("between", 0))
        clock, slowdown, waits = time.perf_counter, self.slowdown, process_readings.Waits()
        seconds: list[float] = []
        waited: list[float] = []
        surely: list[float] = []
        used, start = time.process_time(), clock()
        blocks, most = request["blocks"], request.get("most", request["blocks"])
        while len(seconds) < blocks or (len(seconds) < most and not ratios.enough_clean(seconds, waited)):
            for _ in between:
                iterate()
            synchronise()
            before = waits.read()
            begin = clock()
            for _ in loops:
                iterate()
            synchronise()
            end = clock()
            if slowdown > 1:
                # Its own time is stretched, not what another load added to it.
                worked = end - begin - waits.between(before, waits.read())[self.threads > 1]
                until, resumed = time.thread_time() + worked * (slowdown - 1), clock()
                while time.thread_time() < until:
                    pass
                end += clock() - resumed
            seconds.append(_rounded((end - begin) / request["loops"]))
            if before:
                alone, together = waits.between(before, waits.read())
                surely.append(_rounded(alone / request["loops"]))
                waited.append(_rounded((alone if self.threads == 1 else together) / request["loops"]))
        waits.close()
        answer = {
            "seconds": seconds,
            "waited": waited or None,
            "surely": surely or None,
            "elapsed": clock() - start,
            "cpu": time.process_time() - used,
        }
        if request.get("keep"):
            self.seconds += seconds
        return answer

    def do_counters(self, request: dict[str, Any]) -> dict[str, Any]:
        """Count compilations, breaks and retraces since ``open``; a runtime compiles nothing while it answers."""
        now = self.backend.counters() if self.backend is not None else {"retraces": 0}
        return {"counters": {name: now[name] - self.base.get(name, 0) for name in now}}

    def do_finish(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask the scenario for its facts, after the last turn."""
        assert self.live is not None
        return {
            "facts": self.live.finish(self.seconds),
            "memory": self.backend.memory(),
            "host_peak": process_readings.peak_memory(),
        }

    def do_close(self, request: dict[str, Any]) -> dict[str, Any]:
        """Drop what the last probe held."""
        held, self.stage, self.live = self.live is not None, None, None
        if held:
            gc.unfreeze()
            self.backend.release()
        return {}

    def do_observe(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make one observation in this fresh process."""
        scenario = importlib.import_module(f"probes.scenarios.{request['scenario']}")
        seen = scenario.observe(self._stage(request))
        return {"cost": seen.cost, "facts": seen.facts}

    def do_roof(self, request: dict[str, Any]) -> dict[str, Any]:
        """Measure the best matrix product and the best copy this framework reaches on this device."""
        size = 256
        while True:
            product = self.backend.matmul(size, "float32", self.device)
            best = self._best(product)
            if best > 0.01 or size >= 8192:
                break
            size *= 2
        count = request["copy_floats"]
        copied = self._best(self.backend.copy(count, self.device))
        return {"flops": 2.0 * size**3 / best, "bytes": 8.0 * count / copied, "matrix": size, "copied": 4 * count}

    def _best(self, call: Any) -> float:
        """Return the fastest of five after one that warms up: another load rarely meets all of them."""
        seconds = []
        for _ in range(6):
            self.backend.synchronise()
            begin = time.perf_counter()
            call()
            self.backend.synchronise()
            seconds.append(time.perf_counter() - begin)
        return min(seconds[1:])

    def do_exit(self, request: dict[str, Any]) -> dict[str, Any]:
        """Acknowledge the end; the loop then stops."""
        return {}
