"""A model taken out of its framework, as a worker sees it: the source and its answers, the converter, the artifact.

Each request comes to a fresh process: ``prepare`` trains the source a little and keeps its weights, its test data and
what it answers in float64; ``convert`` makes one artifact of it; ``load`` and ``own`` make an artifact, or the
framework itself, ready to answer, and then take turns like every worker. Standard library, NumPy and what the route
needs only.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from probes import routes, runtimes
from probes.scenarios import Stage
from probes.statistics import ratios
from probes.system import process_readings
from probes.types import Exportable, Reason, Twin, Unsupported

STEPS = 200
"""Training steps before a model is taken out, at most: int8 agrees or not on answers that mean something."""

TRAINING = 2.0
"""Seconds after which fewer steps must do."""

SAMPLES = {"calibration": 100, "test": 300}
"""Samples drawn at most: of the first int8 takes its ranges, on the others answers are compared."""

LARGEST = 32e6
"""Bytes of samples drawn at most."""

PATIENCE = 5.0
"""Seconds after which fewer samples must do for the float64 answers."""

CYCLE = 16
"""Samples that the timed answers go round: one alone would lie in every cache."""

BATCH = 16
"""Samples of the batch at which the throughput is taken; one where the artifact takes no more."""

THROUGHPUT = (5, 200, 0.5)
"""Answers to that batch, at least and at most, and seconds after which there are enough."""

Arrays = dict[str, Any]


class MissingModule(Exception):
    """A converter's or runtime's package is not there.

    Attributes:
        name: of the module.
        add: the command that adds it, where that is known here.
    """

    def __init__(self, name: str, add: str = "") -> None:
        super().__init__(name)
        self.name, self.add = name, add


# ---------------------------------------------------------------------------------------------------------- source


def prepare(backend: Any, stage: Callable[[], Stage], request: Mapping[str, Any]) -> dict[str, Any]:
    """Train the source, draw or read its data, and keep both with its float64 answers in ``request["arrays"]``.

    A saved file is not trained, and its own float32 answers are the reference: it cannot be made anew in float64.
    """
    import numpy as np

    if request["file"]:
        opened = backend.opened(request["file"])
        sample = _drawn(opened.inputs)
        data = _given(request, sample) or _stacked([_drawn(opened.inputs, seed) for seed in range(SAMPLES["test"])])
        model = opened.exportable(_rows(data, 0))
        held, weights, parameters = _split({name: data[name] for name in model.inputs}), {}, None
        answer = _answering(request, model)
        wanted = _one_by_one(held["test"], lambda one: dict(zip(model.outputs, answer(_laid(one, model)), strict=True)))
    else:
        made = stage()
        twin = _trained(made)
        sample = _rows(made.data(), 0)
        model = _exportable(twin, sample)
        data = _given(request, {name: sample[name] for name in model.inputs}) or _batches(made)
        weights, parameters = twin.dump(), twin.parameters
        held = _split({name: data[name] for name in model.inputs})
        other = made.fresh(dtype="float64")
        other.load(weights)
        wanted = _answers(held["test"], lambda batch: other.outputs(other.place(batch)))
    count = len(next(iter(wanted.values()))) if wanted else 0
    arrays = {f"w/{name}": array for name, array in weights.items()}
    arrays |= {f"c/{name}": array for name, array in held["calibration"].items()}
    arrays |= {f"x/{name}": array[:count] for name, array in held["test"].items()}
    arrays |= {f"y/{name}": array for name, array in wanted.items()}
    np.savez(request["arrays"], **arrays)
    return {"samples": count, "parameters": parameters, "inputs": list(model.inputs), "outputs": list(model.outputs)}


def _trained(stage: Stage) -> Twin:
    twin = stage.twin()
    until = time.monotonic() + TRAINING
    for step in range(STEPS):
        twin.step(twin.place(stage.data(seed=stage.seed + step)))
        if time.monotonic() > until:
            break
    return twin


def _exportable(twin: Twin, sample: Arrays) -> Exportable:
    if twin.exportable is None:
        raise Unsupported(Reason("no-way-out"))
    return twin.exportable(sample)


def _rows(batch: Mapping[str, Any], first: int, count: int = 1) -> Arrays:
    """Return some samples of a batch."""
    return {name: array[first : first + count] if array.ndim else array for name, array in batch.items()}


def _stacked(batches: Sequence[Mapping[str, Any]]) -> Arrays:
    import numpy as np

    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def _batches(stage: Stage) -> Arrays:
    """Draw batches as the workload draws them, never one that was trained on: their seeds come after those."""
    drawn: list[Arrays] = []
    count, size = 0, 0
    while count < sum(SAMPLES.values()) and size < LARGEST:
        batch = {name: array for name, array in stage.data(seed=stage.seed + STEPS + len(drawn)).items() if array.ndim}
        drawn.append(batch)
        count += min(len(array) for array in batch.values())
        size += sum(array.nbytes for array in batch.values())
    return _stacked(drawn)


def _split(data: Arrays) -> dict[str, Arrays]:
    """Part samples into those of which ranges are taken and those on which answers are compared; one has to do both."""
    count = min(len(array) for array in data.values())
    first = min(SAMPLES["calibration"], count // 3)
    return {
        "calibration": {name: array[: max(1, first)] for name, array in data.items()},
        "test": {name: array[first : first + SAMPLES["test"]] for name, array in data.items()},
    }


def _drawn(inputs: Mapping[str, tuple[tuple[int, ...], str]], seed: int = 0) -> Arrays:
    """Draw one sample for the inputs of a file; whole numbers are 0 and 1, which every vocabulary has."""
    import numpy as np

    rng = np.random.default_rng(seed)
    return {
        name: (rng.standard_normal(shape) if np.dtype(dtype).kind == "f" else rng.integers(0, 2, shape)).astype(dtype)
        for name, (shape, dtype) in inputs.items()
    }


def _given(request: Mapping[str, Any], sample: Mapping[str, Any]) -> Arrays | None:
    """Read the user's samples, in the form of ``sample``; None where there are none.

    Raises:
        Unsupported: an input is missing, or has another shape.
    """
    import numpy as np

    if not request["data"]:
        return None
    with np.load(request["data"], allow_pickle=False) as held:
        found = {name: held[name] for name in held.files}
    if len(sample) == 1 and len(set(found) - {"y"}) == 1:
        found = dict(zip(sample, [found[name] for name in found if name != "y" or len(found) == 1], strict=True))
    found = {name: found[name] if name in found else found.get(name.removeprefix("x_")) for name in sample}
    for name, array in found.items():
        if array is None:
            raise Unsupported(Reason("data-lacks", name=name, names=list(sample)))
        if array.shape[1:] != sample[name].shape[1:]:
            given, wanted = (" × ".join(map(str, one.shape[1:])) or "1" for one in (array, sample[name]))
            raise Unsupported(Reason("data-shape", name=name, given=given, wanted=wanted))
    return {name: array.astype(sample[name].dtype) for name, array in found.items() if array is not None}


def _answers(data: Arrays, call: Callable[[Arrays], Mapping[str, Any]]) -> Arrays:
    """Answer all samples, many at once where a sample's answer does not hang on the others in its batch."""
    import numpy as np

    count = len(next(iter(data.values())))
    part = min(count, 32)
    alone, among = call(_rows(data, 0)), call(_rows(data, 0, part))
    alike = all(
        array.shape[:1] == (part,) and array[:1].shape == alone[name].shape and np.allclose(array[:1], alone[name])
        for name, array in among.items()
    )
    if not alike:
        return _one_by_one(data, call)
    until, found = time.monotonic() + PATIENCE, [among]
    for first in range(part, count, part):
        if time.monotonic() > until:
            break
        found.append(call(_rows(data, first, part)))
    return {name: np.concatenate([one[name] for one in found]) for name in among}


def _one_by_one(data: Arrays, call: Callable[[Arrays], Mapping[str, Any]]) -> Arrays:
    count = len(next(iter(data.values())))
    until, found = time.monotonic() + PATIENCE, []
    for number in range(count):
        found.append(call(_rows(data, number)))
        if time.monotonic() > until:
            break
    return {name: _joined([one[name] for one in found]) for name in found[0]}


def _joined(answers: Sequence[Any]) -> Any:
    """Join the answers to single samples along one axis."""
    import numpy as np

    arrays = [np.asarray(answer) for answer in answers]
    if all(array.shape[:1] == (1,) for array in arrays):
        return np.concatenate(arrays)
    return np.stack(arrays)


def _laid(sample: Mapping[str, Any], model: Exportable) -> list[Any]:
    return laid(sample, model.inputs, model.layouts, model.dtypes)


def laid(
    sample: Mapping[str, Any],
    inputs: Sequence[str],
    layouts: Mapping[str, Sequence[int]],
    dtypes: Mapping[str, str],
) -> list[Any]:
    """Return canonical arrays as an artifact takes them, in its order."""
    import numpy as np

    found = []
    for name in inputs:
        array = sample[name]
        array = np.transpose(array, layouts[name]) if name in layouts else array
        found.append(np.ascontiguousarray(array, dtypes.get(name, array.dtype)))
    return found


# ------------------------------------------------------------------------------------------------------- converter


def source(backend: Any, stage: Callable[[], Stage], request: Mapping[str, Any], held: Arrays) -> Exportable:
    """Return the model that ``prepare`` trained, made anew in this process; the saved file as it is."""
    sample = _rows(_named(held, "x"), 0)
    if request["file"]:
        found: Exportable = backend.opened(request["file"]).exportable(sample)
        return found
    made = stage()
    twin = made.twin()
    twin.load(_named(held, "w"))
    return _exportable(twin, {**_rows(made.data(), 0), **sample})


def read(path: str) -> Arrays:
    """Read the arrays that ``prepare`` kept."""
    import numpy as np

    with np.load(path, allow_pickle=False) as held:
        return {name: held[name] for name in held.files}


def _named(held: Arrays, part: str) -> Arrays:
    return {name[2:]: array for name, array in held.items() if name.startswith(part + "/")}


def convert(backend: Any, stage: Callable[[], Stage], request: Mapping[str, Any]) -> dict[str, Any]:
    """Make one artifact in ``request["folder"]``.

    Returns:
        ``refused`` operators where there are any; else ``seconds``, whether anything is ``there``, ``files`` with their
        bytes, ``main``, what the runtime is to be told (``inputs``, ``outputs``, ``layouts``, ``dtypes``),
        ``settings``, ``warned`` and ``versions``.

    Raises:
        MissingModule: what the converter needs is not there.
    """
    route = routes.route(request["route"])
    for name in route.NEEDS:
        if importlib.util.find_spec(name) is None:
            raise MissingModule(name)
    held, folder = read(request["arrays"]), Path(request["folder"])
    model = source(backend, stage, request, held)
    calibration = _named(held, "c")
    batches = [
        dict(zip(model.inputs, _laid(_rows(calibration, number), model), strict=True))
        for number in range(len(next(iter(calibration.values()))))
    ]
    order = routes.Order(model, folder, request["precision"], batches)
    for name in route.NEEDS:
        importlib.import_module(name)
    begin = time.perf_counter()
    try:
        if refused := list(route.refused(order)):
            return {"refused": refused, "said": ""}
        begin = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made = route.convert(order)
    except routes.RefusedOperators as error:
        return {"refused": list(error.operators), "said": str(error)[:500]}
    except ModuleNotFoundError as error:
        raise MissingModule(error.name or str(error)) from None
    seconds = time.perf_counter() - begin
    files = {str(path.relative_to(folder)): path.stat().st_size for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        "refused": [],
        "there": Path(made.main).exists() and bool(files),
        "seconds": seconds,
        "files": files,
        "main": str(made.main),
        "inputs": list(made.inputs or model.inputs),
        "outputs": list(made.outputs or model.outputs),
        "layouts": {name: list(axes) for name, axes in {**model.layouts, **(made.layouts or {})}.items()},
        "dtypes": {**model.dtypes, **(made.dtypes or {})},
        "settings": dict(made.settings or {}),
        "warned": _deprecations(caught),
        "versions": _versions(route.NEEDS),
    }


def _deprecations(caught: Sequence[warnings.WarningMessage]) -> list[str]:
    """Return what was said to be on its way out, each once; the text alone, no place on this machine."""
    texts = [" ".join(str(one.message).split())[:200] for one in caught if "deprecat" in str(one.message).lower()]
    return list(dict.fromkeys(texts))[:5]


def _versions(modules: Sequence[str]) -> dict[str, str]:
    known = metadata.packages_distributions()
    names = [name for module in modules for name in known.get(module, [])[:1]]
    return {name: metadata.version(name) for name in names}


# -------------------------------------------------------------------------------------------------------- artifact


class Loaded:
    """What answers in this process, and the samples that it is given."""

    def __init__(self, run: runtimes.Run, held: Arrays, request: Mapping[str, Any], seconds: float) -> None:
        self.run, self.seconds = run, seconds
        inputs = list(request["inputs"]) or list(_named(held, "x"))
        arrays = _named(held, "x")
        count = len(next(iter(arrays.values())))
        self.outputs = list(request["outputs"])
        self.samples = [
            laid(_rows(arrays, number), inputs, request["layouts"], request["dtypes"]) for number in range(count)
        ]
        self._next = itertools.cycle(self.samples[:CYCLE]).__next__

    def iterate(self) -> Any:
        """Answer one sample, the next of some."""
        return self.run(self._next())

    def first(self) -> dict[str, float]:
        """Return what it took to be ready, and to give the first answer."""
        begin = time.perf_counter()
        self.run(self.samples[0])
        return {"load_ms": 1e3 * self.seconds, "first_ms": 1e3 * (time.perf_counter() - begin)}

    def about(self) -> dict[str, Any]:
        """Return the peak memory so far, and what is to be known of whatever answers."""
        return {"peak_memory": process_readings.peak_memory(), "settings": {}}

    def answers(self) -> Arrays:
        """Answer every sample."""
        found = [self.run(sample) for sample in self.samples]
        names = self.outputs or [str(number) for number in range(len(found[0]))]
        if len(names) != len(found[0]):
            raise Unsupported(Reason("outputs-unlike", count=len(found[0]), wanted=names))
        return {f"y/{name}": _joined([one[number] for one in found]) for number, name in enumerate(names)}

    def throughput(self) -> dict[str, Any]:
        """Time answers to a batch: ``BATCH`` samples, or one after the other where the artifact takes but one.

        Nothing is made anew for it: size, latency and throughput are those of one artifact, and one that was converted
        for a fixed batch serves a sample at a time. So does one that says something else of samples that come together.
        """
        batch = self._batch()
        if batch is None:
            return {"seconds": self.timed(self.samples[0]), "batch": 1}
        return {"seconds": self.timed(batch), "batch": BATCH}

    def _batch(self) -> list[Any] | None:
        """Return a batch that the artifact takes, and of whose samples it says the same as of each alone."""
        import numpy as np

        few = self.samples[:BATCH]
        if len(few) < BATCH:
            return None
        batch = [np.concatenate([sample[number] for sample in few]) for number in range(len(few[0]))]
        alone = [_joined([one[number] for one in map(self.run, few)]) for number in range(len(self.run(few[0])))]
        try:
            together = [np.array(array) for array in self.run(batch)]
        except Exception:  # a fixed shape: whatever the runtime says of it is no failure
            self.run(few[0])  # some runtimes keep the shape they were refused with: back to the one that works
            return None
        return batch if all(_same(one, other) for one, other in zip(alone, together, strict=True)) else None

    def timed(self, batch: Sequence[Any]) -> list[float]:
        """Time answers to a batch."""
        return list(_timed(lambda: self.run(batch)))


class LoadedApart(Loaded):
    """What answers in another process than this, which takes the times there."""

    def __init__(self, run: runtimes.Apart, held: Arrays, request: Mapping[str, Any]) -> None:
        super().__init__(run, held, request, run.seconds)
        self.apart = run
        run.keep(self.samples[:CYCLE])

    def first(self) -> dict[str, float]:
        """Return what it took there to be ready, and to give the first answer."""
        self.apart(self.samples[0])
        return {"load_ms": 1e3 * self.seconds, "first_ms": 1e3 * self.apart.took}

    def about(self) -> dict[str, Any]:
        """Return that process' peak memory so far, and what is to be known of it."""
        return {"peak_memory": self.apart.peak_memory(), "settings": dict(self.apart.settings)}

    def timed(self, batch: Sequence[Any]) -> list[float]:
        """Time answers to a batch."""
        return self.apart.batch(batch, *THROUGHPUT)

    def turn(self, request: Mapping[str, Any], *, slowdown: float) -> dict[str, Any]:
        """Time a turn there, as ``Worker.do_turn`` times one here."""
        blocks, begin, used = request["blocks"], time.perf_counter(), time.process_time()
        most, waits = request.get("most", blocks), process_readings.Waits()
        seconds: list[float] = []
        waited: list[float] = []
        while len(seconds) < blocks or (len(seconds) < most and not ratios.enough_clean(seconds, waited)):
            more, readings = self.apart.turn(
                blocks=blocks, loops=request["loops"], between=request.get("between", 0), slowdown=slowdown
            )
            seconds += more
            waited += [waits.between(before, after)[0] / answers for before, after, answers in readings or ()]
        waits.close()
        told = [float(f"{one:.5g}") for one in waited] or None
        return {
            "seconds": [float(f"{one:.5g}") for one in seconds],
            "waited": told,
            "surely": told,
            "elapsed": time.perf_counter() - begin,
            "cpu": time.process_time() - used,
        }


def _same(one: Any, other: Any) -> bool:
    import numpy as np

    return bool(one.shape == other.shape and np.allclose(one, other, rtol=1e-2, atol=1e-3 * np.abs(one).max()))


def _timed(call: Callable[[], Any]) -> Iterator[float]:
    least, most, enough = THROUGHPUT
    begin, count = time.perf_counter(), 0
    while count < least or (count < most and time.perf_counter() - begin < enough):
        start = time.perf_counter()
        call()
        yield float(f"{time.perf_counter() - start:.5g}")
        count += 1


def load(runtime: runtimes.Runtime, request: dict[str, Any]) -> Loaded:
    """Load an artifact; for a file of the user's without any data, draw some and keep them in ``request["arrays"]``.

    Raises:
        Unsupported: the runtime cannot tell what a file takes, and there is no data.
    """
    import numpy as np

    main, path = Path(request["main"]), Path(request["arrays"])
    if request["as_is"] and not path.exists():
        np.savez(path, **{f"x/{name}": array for name, array in _as_is(runtime, main, request).items()})
    begin = time.perf_counter()
    run = runtime.load(main, tuple(request["inputs"]), tuple(request["outputs"]))
    seconds = time.perf_counter() - begin
    if isinstance(run, runtimes.Apart):
        return LoadedApart(run, read(request["arrays"]), request)
    return Loaded(run, read(request["arrays"]), request, seconds)


def _as_is(runtime: runtimes.Runtime, main: Path, request: Mapping[str, Any]) -> Arrays:
    described: Callable[[Path], Mapping[str, tuple[tuple[int, ...], str]]] | None
    described = getattr(runtime, "described", None)
    if described is None:
        if not request["data"]:
            raise Unsupported(Reason("needs-data"))
        return read(request["data"])
    inputs = described(main)
    drawn = _given(request, _drawn(inputs))
    return drawn or _stacked([_drawn(inputs, seed) for seed in range(SAMPLES["test"] // 3)])


def own(backend: Any, stage: Callable[[], Stage], request: dict[str, Any]) -> Loaded:
    """Make the framework itself ready to answer, with the weights that were taken out."""
    held = read(request["arrays"])
    begin = time.perf_counter()
    model = source(backend, stage, request, held)
    run = _answering(request, model)
    seconds = time.perf_counter() - begin
    asked = {
        "inputs": model.inputs,
        "outputs": model.outputs,
        "layouts": model.layouts,
        "dtypes": model.dtypes,
    }
    return Loaded(run, held, asked, seconds)


def _answering(request: Mapping[str, Any], model: Exportable) -> runtimes.Run:
    found: runtimes.Run = importlib.import_module(f"probes.runtimes.{request['framework']}").answering(model)
    return found


def start(name: str, threads: int) -> runtimes.Runtime:
    """Import a runtime's package, with so many threads.

    Raises:
        Unsupported: there is no such runtime.
        MissingModule: its package is not there.
    """
    try:
        runtime = runtimes.runtime(name)
    except KeyError:
        raise Unsupported(Reason("no-runtime", runtime=name)) from None
    runtime.before_import(threads)
    print(f"importing {runtime.MODULE}", file=sys.stderr, flush=True)  # noqa: T201 - it stands in the reason of a hang
    try:
        runtime.start(threads)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in (runtime.MODULE.partition(".")[0], "numpy"):
            raise
        raise MissingModule(error.name, runtime.ADD) from None
    return runtime
