"""The nouns of measurement.

Standard library only: workers import this under an interpreter that may hold nothing
but NumPy and one framework. Knows nothing of advice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, TypedDict, Union

SCHEMA = "evidence/1"
ROUTES_SCHEMA = "routes/1"


class Status(str, Enum):  # noqa: UP042 - workers run under 3.10, which has no StrEnum
    """How a probe ended. Absence is a value, each with a reason beside it.

    ``SKIPPED`` was left out for the budget, which is the plan and no failure; ``CANCELLED`` is the user's word.
    """

    OK = "ok"
    NOT_INSTALLED = "not-installed"
    NOT_SUPPORTED = "not-supported"
    FAILED = "failed"
    TIMED_OUT = "timed-out"
    NOT_COMPARABLE = "not-comparable"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


Parameter = Union[str, int, float, "Reason", Sequence[Union[str, "Reason"]]]
"""What a reason can hold: a name or a number, what somebody else said, another reason, or several of them."""

VERBATIM = "verbatim"
"""Code of what is told in somebody else's words, held in ``detail``: an exception's text, evidence without codes."""


@dataclass(frozen=True, init=False)
class Reason:
    """Why something could not be measured, or what is noted beside it: a code and parameters, never prose.

    ``probes/reasons.py`` holds the words of every code, in every language. Plain JSON values, so that a reason crosses
    the worker's channel and stands in evidence.

    Attributes:
        code: an entry of ``probes.reasons.CATALOGUE``.
        params: by the names that the entry's words use.
    """

    code: str
    params: Mapping[str, Any]

    def __init__(self, code: str, /, **params: Parameter) -> None:
        plain = {name: tuple(value) if isinstance(value, list) else value for name, value in params.items()}
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "params", plain)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"code": self.code, "params": {name: _plain(value) for name, value in self.params.items()}}

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Reason:
        """Return the reason that JSON values hold.

        Raises:
            KeyError, TypeError: they hold none.
        """
        return cls(str(found["code"]), **{name: _reason(value) for name, value in found["params"].items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Reason):
        return value.plain()
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _reason(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Reason.of(value)
    return tuple(_reason(one) for one in value) if isinstance(value, list | tuple) else value


EQUIVALENT = "equivalent"
INCONCLUSIVE = "inconclusive"


class UserFile(NamedTuple):
    """A Python file of the user's, read once: what was checked is what runs.

    Attributes:
        path: where it was read, from the root of the disk; what it imports from beside it is found there.
        text: what it held.
    """

    path: str
    text: str


MODES = ("eager", "compiled", "xla", "default")

OWN = "own"
"""Workload of a probe that observes a model of the user's, which a file brings."""

DEVICES = ("auto", "cpu", "cuda", "rocm", "mps", "xpu", "tpu", "gpu")
"""What may be asked for: a kind of device, "gpu" for any accelerator, "auto" for the best that all sides share."""


@dataclass(frozen=True)
class Probe:
    """One entry of ``catalog.yaml``: scenario x workload x mode, and what it can test.

    Attributes:
        id: kebab-case, e.g. ``training-mlp-eager``.
        question: what it answers, by language code.
        scenario: module name in ``probes/scenarios``.
        workload: module name in ``probes/workloads``; empty for scenarios that need none, ``OWN`` for the user's.
        mode: one of ``MODES``.
        criterion: id of the criterion the verdict speaks to (an opaque word here).
        claims: ids of the claims it tests (opaque words here).
        checks: claim -> the scenario's checks that speak of it, each "name" or "framework:name"; of a claim without any
            the ratio speaks.
        seconds: expected wall time on two cores, imports not counted.
        relevant: answers {question: [options]} that make it interesting; empty = always.
        asked_only: True where it never runs unasked (cold torch.compile takes 30-50 s).
        size: workload size, "small" or "medium".
        settings: "default" or "tuned".
        metric: what is compared, e.g. "step time"; always a cost (lower is better).
        baseline: the mode that ``mode`` is held against inside each framework; empty = frameworks are compared.
        faster: framework -> claims that its ``mode`` is faster than its ``baseline``.
        kept: framework -> claims that its ``baseline`` is as fast as its ``mode``.
    """

    id: str
    question: Mapping[str, str]
    scenario: str
    workload: str
    mode: str
    criterion: str
    claims: tuple[str, ...] = ()
    seconds: float = 10.0
    relevant: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked_only: bool = False
    size: str = "small"
    settings: str = "default"
    metric: str = "step time"
    baseline: str = ""
    faster: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Ratio:
    """cost(numerator) / cost(denominator) with a 95 % interval on the log scale.

    The two frameworks stand in alphabetical order: denominator first, numerator second,
    so for the usual pair it is cost(tensorflow) / cost(pytorch); above 1 the denominator
    is cheaper. ``favours`` is a framework id, ``equivalent`` or ``inconclusive``.
    """

    value: float
    low: float
    high: float
    pairs: int
    favours: str
    numerator: str
    denominator: str


@dataclass(frozen=True)
class Measurement:
    """What one probe observed. ``samples`` are per-turn costs in ``unit``; none is ever dropped.

    ``reason`` is an English sentence; ``reason_code`` and ``reason_params`` are the same as data, from which
    ``probes.reasons`` makes it in any language. Evidence of earlier versions has the sentence alone.
    """

    probe: str
    scenario: str
    workload: str
    mode: str
    status: Status
    reason: str = ""
    reason_code: str = ""
    reason_params: Mapping[str, Any] = field(default_factory=dict)
    unit: str = "s"
    samples: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    ratio: Ratio | None = None
    parity: Mapping[str, Any] | None = None
    roof: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    own_workload: bool = False
    settings: str = "default"

    @classmethod
    def of(cls, probe: Probe, status: Status, **found: Any) -> Measurement:
        """Return what a probe found; who it is comes from the probe."""
        return cls(
            probe=probe.id,
            scenario=probe.scenario,
            workload=probe.workload,
            mode=probe.mode,
            status=status,
            own_workload=probe.workload == OWN,
            settings=probe.settings,
            **found,
        )


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RouteRow:
    """What was seen of one route in one precision. What was not seen is None, never 0.

    Attributes:
        route: id, a module of ``probes/routes``; "own" for the framework's own inference, against which the others are
            held; "as-is" for a file of the user's that its runtime takes unconverted.
        framework: whose model it is; "" for a file that belongs to none.
        runtime: a module of ``probes/runtimes``.
        precision: "fp32" or "int8".
        status: "ok" only where it answered and its answers are right (``parity`` or ``agreement`` within bounds).
        reason: an English sentence; ``reason_code`` and ``reason_params`` are the same as data.
        artifact_bytes: of every file that must be shipped.
        files: name -> bytes of them.
        convert_s: seconds to make it, imports left out.
        load_ms: a fresh process, the runtime imported, until the artifact is ready to answer.
        first_ms: the first answer after that.
        p50_ms, p95_ms, p99_ms: of one answer at batch 1, with intervals over turns and processes.
        throughput_per_s: answers a second at the batch in ``throughput_batch``, 1 where it takes no larger one.
        ratio: p50 against the framework's own inference, paired turn by turn; None for that row itself.
        peak_memory_bytes: of a fresh process that only loads and runs it: Python, NumPy, the runtime and some test data
            are in it.
        parity: {"max_abs", "relative", "bound"} against the float64 reference; "relative" is the error over the
            reference, both root mean square.
        agreement: for int8: share of the samples on which the answer's largest entry is the reference's.
        agreement_of: samples behind it.
        refused: operators that the converter does not take.
        targets: target -> "meets", "fails", "cannot-tell" or "indicative".
        settings: what the converter chose.
        versions: distribution -> version.
        samples: "turns": one list of seconds an answer each turn; "own": those of the framework's own inference, turn
            by turn, beside the first process; "waited", "surely" and "own_waited", "own_surely", where the system tells
            and anything waited: what other load held each answer up, at most and at least; "batch": seconds of answers
            at the larger batch. Of several processes: "processes" and "batches", how many of those belong to each, and
            one reading a process of "load_ms", "first_ms" and "peak_memory_bytes".
        deprecated: what its makers say in its place.
        processes: fresh processes behind the figures; the ratio comes from the first.
        bounds: "load_ms", "first_ms", "cold_start_ms" (both together) and "peak_memory_bytes" -> where another fresh
            process lies, where several were read.
    """

    route: str
    framework: str
    runtime: str
    precision: str
    status: Status
    reason: str = ""
    reason_code: str = ""
    reason_params: Mapping[str, Any] = field(default_factory=dict)
    artifact_bytes: int | None = None
    files: Mapping[str, int] = field(default_factory=dict)
    convert_s: float | None = None
    load_ms: float | None = None
    first_ms: float | None = None
    p50_ms: Interval | None = None
    p95_ms: Interval | None = None
    p99_ms: Interval | None = None
    throughput_per_s: Interval | None = None
    throughput_batch: int | None = None
    ratio: Interval | None = None
    peak_memory_bytes: int | None = None
    parity: Mapping[str, float] | None = None
    agreement: Interval | None = None
    agreement_of: int | None = None
    refused: tuple[str, ...] = ()
    targets: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    samples: Mapping[str, Any] = field(default_factory=dict)
    deprecated: str = ""
    processes: int = 1
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Routes:
    """One table.

    Attributes:
        machine: as in ``evidence/1``.
        source: {"kind": "workload" | "model" | "file", "name", "sha256" of a file, "parameters"}.
        targets: name -> number that the user asked for (``probes.statistics.targets``).
        rows: in the order in which they were planned; what was not come to is "cancelled" or "skipped".
        threads: of every runtime.
        seed: of weights, data and order.
        spread: "process_sd", the standard deviation of ln(seconds) between fresh processes by which every interval was
            widened, and "process_df", its degrees of freedom.
        grade: A to D, as of a session of probes.
        started, finished: ISO 8601.
    """

    machine: Mapping[str, Any]
    source: Mapping[str, Any]
    targets: Mapping[str, float]
    rows: tuple[RouteRow, ...]
    threads: int
    seed: int
    grade: str
    started: str
    finished: str
    spread: Mapping[str, float] = field(default_factory=dict)
    schema: str = ROUTES_SCHEMA


@dataclass(frozen=True)
class Evidence:
    """One session on one machine: the ``evidence/1`` document as types; with a table of routes where one was made."""

    machine: Mapping[str, Any]
    environments: Mapping[str, Mapping[str, Any]]
    probes: tuple[Measurement, ...]
    selftest: Mapping[str, Any] | None
    grade: str
    started: str
    finished: str
    schema: str = SCHEMA
    routes: Routes | None = None


@dataclass(frozen=True)
class Build:
    """How one side of a workload is to be built.

    Attributes:
        size: the entry of the workload's ``SIZES``.
        dtype: "float32", or "float64" for the parity reference.
        device: as the framework names it, e.g. "cpu", "cuda:0", "/GPU:0".
        mode: one of ``MODES``.
        compile: what the mode does to a function (identity in eager mode). A side applies it to
            the largest function its framework can compile whole: PyTorch the loss (its backward
            comes with it), TensorFlow the whole step.
        settings: "default", or "tuned" where a side may take what its community recommends
            (PyTorch channels_last, say) as long as the parity gate still passes.
    """

    size: Mapping[str, Any]
    dtype: str
    device: str
    mode: str
    compile: Callable[[Callable[..., Any]], Callable[..., Any]]
    settings: str = "default"


@dataclass(frozen=True)
class Exportable:
    """A model as its framework's converters take it, ready to answer (never to train).

    Attributes:
        model: the framework's own object: an ``nn.Module`` in eval mode that takes the inputs in their order and
            returns a tuple; a ``keras.Model``, built of stock layers where it can be; a function of JAX arrays.
        serve: for frameworks with signatures, a traced function of the named inputs (``tf.ConcreteFunction``), else
            None.
        inputs: names in the order in which the model takes them.
        outputs: names in the order in which it gives them.
        example: one batch of the framework's own tensors, in that order.
        layouts: input -> axes that turn the canonical array into what the artifact takes; absent = as it is.
        dtypes: input -> NumPy name of what the artifact takes.
        whole: whether the model can be saved and loaded without the code that made it.
    """

    model: Any
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    example: tuple[Any, ...]
    serve: Any = None
    layouts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    dtypes: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True


@dataclass(frozen=True)
class Opened:
    """A model that a framework has loaded from a file of the user's.

    Attributes:
        inputs: name -> shape of one sample, 1 for what is open, and NumPy name of its dtype.
        exportable: NumPy batch of one sample -> what a converter takes.
    """

    inputs: Mapping[str, tuple[tuple[int, ...], str]]
    exportable: Callable[[Mapping[str, Any]], Exportable]


@dataclass
class Twin:
    """One framework's side of a workload: the same model, ready to run.

    Arrays cross only through ``load``, ``dump``, ``gradients`` and ``outputs``, all of them NumPy
    under the workload's canonical names and layouts. ``place`` puts a batch on the device once;
    ``step``, ``forward`` and ``loss`` take a placed batch and return framework tensors, never
    fetched. The timed path is the checked path.

    Attributes:
        load: canonical weights in.
        dump: canonical weights out (after steps too).
        place: NumPy batch -> batch on the device.
        step: one training step (forward, loss, backward, optimiser); returns the loss tensor.
        forward: inference outputs.
        loss: the loss alone.
        outputs: forward outputs as {name: array}.
        gradients: every gradient of the loss as {canonical weight name: array}.
        parameters: number of trainable scalars.
        extra: callables some scenarios ask for by name (e.g. "generate"); absent = not supported.
        exportable: NumPy batch -> what a converter takes; None where this side hands nothing out.
    """

    load: Callable[[Mapping[str, Any]], None]
    dump: Callable[[], dict[str, Any]]
    place: Callable[[Mapping[str, Any]], Any]
    step: Callable[[Any], Any]
    forward: Callable[[Any], Any]
    loss: Callable[[Any], Any]
    outputs: Callable[[Any], dict[str, Any]]
    gradients: Callable[[Any], dict[str, Any]]
    parameters: int
    extra: dict[str, Callable[..., Any]] = field(default_factory=dict)
    exportable: Callable[[Mapping[str, Any]], Exportable] | None = None


# A workload is a module of probes/workloads with
#   SIZES: {"small": {...}, "medium": {...}}       numbers only
#   FLOPS(size) -> float                           floating point operations of one training step
#   data(size, seed) -> dict[str, ndarray]         one batch, float32/int32, the same for every side
#   weights(size, seed) -> dict[str, ndarray]      canonical float32 weights
#   pytorch(build: Build) -> Twin                  each framework's side is a function named by its
#   tensorflow(build: Build) -> Twin               framework id; absent = Status.NOT_SUPPORTED
#   EXEMPTIONS: tuple[str, ...]                    what is known to differ and why
# ``SIZES``, ``FLOPS`` and ``EXEMPTIONS`` may be left out (one size, no roof, nothing exempt), as in
# probes/user_model/example.py.
# Data, weights and
# both sides are asked for in the worker, under Python 3.10 or newer with NumPy and one framework alone.
# What a scenario is stands in probes/scenarios/__init__.py, what a backend is in probes/backends/__init__.py.


class Unsupported(Exception):
    """This framework, workload or machine cannot do it; the reason names why and what would help."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class PooledRatio(TypedDict):
    """The mean of some ratios, with its 95 % interval."""

    value: float
    low: float
    high: float


class SameArm(TypedDict):
    """What a self-test found with the same framework in both arms."""

    runs: int
    winners_named: int
    ratio: PooledRatio


class Planted(TypedDict):
    """In how many runs a self-test found a slowdown that was planted."""

    slowdown: float
    runs: int
    found: int
    ratio: PooledRatio


class Spread(TypedDict):
    """How far processes of one program differ, as a standard deviation on the log scale, and its degrees of freedom."""

    process_sd: float
    process_df: float


class PastSpread(TypedDict):
    """What one self-test showed of the spread: a variance on the log scale, and its degrees of freedom."""

    variance: float
    df: float


class Calibration(Spread):
    """What difference a machine can resolve, as a self-test writes it.

    ``resolves``: the smallest planted ratio found in most runs, None where it is none. ``history``: the spreads that
    this one comes from, the newest first.
    """

    same_arm: SameArm
    planted: list[Planted]
    resolves: float | None
    seconds: float
    seconds_a_probe: float
    history: list[PastSpread]
    framework: str
    cpu: str
