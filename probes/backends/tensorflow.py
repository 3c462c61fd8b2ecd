"""TensorFlow: configured, compiled, synchronised and asked through its own calls. Imports it only in ``start``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import metadata
from typing import Any

from probes.system import process_readings
from probes.types import Build, Exportable, Opened, Reason, Twin, Unsupported

MODULE = "tensorflow"
ADD = "python -m pip install tensorflow"
SWITCHES: Mapping[str, str] = {"onednn": "TF_ENABLE_ONEDNN_OPTS"}
BUILDS = ("tensorflow-cpu", "tensorflow-rocm")
CXX = False
FILES = (".keras", "saved_model.pb")

_functions: list[Any] = []
"""Every function compiled since the last ``release``: their traces are what the counters count."""


_greedy: list[str] = []
"""Why TensorFlow could not be kept from taking a whole GPU, where it could not."""


def before_import(*, threads: int, settings: str) -> None:
    """Quiet the C++ log; Keras 3 must speak to TensorFlow. The Eigen pools do not read OMP_NUM_THREADS.

    Without AVX512-VNNI, AVX-VNNI or AMX TensorFlow leaves oneDNN off by default: tuned turns it on.
    """
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["OMP_NUM_THREADS"] = str(threads)
    if settings == "tuned":
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def start(*, threads: int, settings: str) -> None:
    """Import TensorFlow; set threads, full float32 precision and growing device memory."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_tensor_float_32_execution(False)
    _greedy.clear()
    try:
        for device in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(device, True)
    except (RuntimeError, ValueError) as error:  # something has used a device already, or set another one otherwise
        if os.environ.get("TF_FORCE_GPU_ALLOW_GROWTH", "").lower() != "true":
            _greedy.append(str(error))


def devices() -> list[dict[str, str]]:
    """List the CPU and every accelerator TensorFlow can use."""
    import tensorflow as tf

    build = tf.sysconfig.get_build_info()
    found = [{"kind": "cpu", "name": "/CPU:0", "description": "CPU"}]
    for i, device in enumerate(tf.config.list_physical_devices("GPU")):
        details = tf.config.experimental.get_device_details(device)
        kind = "cuda" if build.get("is_cuda_build") else "rocm" if build.get("is_rocm_build") else "mps"
        found.append({"kind": kind, "name": f"/GPU:{i}", "description": details.get("device_name", "GPU")})
    for word, kind in (("XPU", "xpu"), ("TPU", "tpu")):
        found += [
            {"kind": kind, "name": f"/{word}:{i}", "description": word}
            for i, _ in enumerate(tf.config.list_physical_devices(word))
        ]
    return found


def use(kind: str) -> str:
    """Make the first device of a kind the place where everything goes; return TensorFlow's name of it.

    For the CPU every accelerator is hidden, because TensorFlow would place work there unasked. Must be
    called before the first operation.
    """
    for device in devices():
        if device["kind"] == kind:
            if kind == "cpu":
                _hide_accelerators()
            elif _greedy:
                raise Unsupported(Reason("gpu-greedy", why=_greedy[0]))
            return device["name"]
    raise Unsupported(Reason("no-device", framework="TensorFlow", kind=kind, seen=[d["kind"] for d in devices()]))


def _hide_accelerators() -> None:
    import tensorflow as tf

    try:
        tf.config.set_visible_devices(tf.config.list_physical_devices("CPU"))
    except RuntimeError as error:  # something has used a device already
        if tf.config.list_logical_devices("GPU"):
            raise Unsupported(Reason("not-kept-to-cpu", why=str(error))) from None


def ledger() -> dict[str, Any]:
    """Read the settings back that must be equal in both arms."""
    import tensorflow as tf

    return {
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "tf32": bool(tf.config.experimental.tensor_float_32_execution_enabled()),
    }


def defaults() -> dict[str, Any]:
    """Read back what TensorFlow chooses for itself; it has no call that tells the instruction set of its kernels."""
    return {
        "onednn": _onednn(),
        "layout": "channels last",
        "allocator": process_readings.allocator(),
        "instruction_set": None,
    }


def facts() -> dict[str, Any]:
    """Read back what else must be known."""
    import tensorflow as tf

    keras = tf.keras
    build = tf.sysconfig.get_build_info()
    return {
        "versions": {
            "tensorflow": tf.__version__,
            "keras": getattr(keras, "__version__", ""),
            "numpy": metadata.version("numpy"),
        },
        "threads_inter": tf.config.threading.get_inter_op_parallelism_threads(),
        "build": {"cuda": build.get("cuda_version"), "rocm": bool(build.get("is_rocm_build"))},
    }


def _onednn() -> bool | None:
    try:
        from tensorflow.python.util import _pywrap_util_port
    except ImportError:  # private, and the only place that tells; some builds lack it
        return None
    return bool(_pywrap_util_port.IsMklEnabled())


def compile(mode: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return ``tf.function``, with XLA for the xla mode."""
    if mode in ("eager", "default"):
        return lambda function: function
    import tensorflow as tf

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        made = tf.function(function, jit_compile=mode == "xla" or None)
        _functions.append(made)
        return made

    return compiled


def written_by_hand(build: Build) -> Build:
    """Return how a loop that ``Model.fit`` cannot run is built in the default mode: TensorFlow's guides decorate it."""
    return build if build.mode != "default" else replace(build, mode="compiled", compile=compile("compiled"))


def synchronise() -> None:
    """Wait for all devices."""
    import tensorflow as tf

    tf.test.experimental.sync_devices()


def memory() -> dict[str, int]:
    """Ask the allocator of the first GPU; TensorFlow counts none on a CPU."""
    import tensorflow as tf

    if not tf.config.get_visible_devices("GPU"):
        return {}
    info = tf.config.experimental.get_memory_info("GPU:0")
    return {"allocated": int(info["current"]), "peak": int(info["peak"])}


def reset_memory() -> None:
    """Start a new peak on the first GPU."""
    import tensorflow as tf

    if tf.config.get_visible_devices("GPU"):
        tf.config.experimental.reset_memory_stats("GPU:0")


def counters() -> dict[str, int]:
    """Count traces of compiled functions: the first is the compilation, every further one a retrace."""
    traces = [function.experimental_get_tracing_count() for function in _functions]
    return {
        "compilations": sum(count > 0 for count in traces),
        "graph_breaks": 0,
        "fallbacks": 0,
        "retraces": sum(traces),
    }


def explain(error: BaseException) -> Reason | None:
    """Recognise nothing: TensorFlow compiles with nothing that has to be installed beside it."""
    return None


def mend(error: BaseException) -> bool:
    """Repair nothing: TensorFlow keeps no compiled code between processes."""
    return False


def keep_compiled(folder: str) -> None:
    """Do nothing: TensorFlow keeps no compiled code between processes."""


def fetched(tensor: Any) -> Any:
    """Return a tensor as an array."""
    return tensor.numpy()


def matmul(n: int, dtype: str, device: str) -> Callable[[], Any]:
    """Multiply two matrices; TensorFlow has no call that writes into one that is there."""
    import tensorflow as tf

    with tf.device(device):
        left, right = (tf.random.uniform((n, n), dtype=dtype) for _ in range(2))
    return lambda: tf.linalg.matmul(left, right)


def copy(count: int, device: str) -> Callable[[], Any]:
    """Copy into fresh memory; TensorFlow has no call that writes into what is there."""
    import tensorflow as tf

    with tf.device(device):
        source = tf.random.uniform((count,))
    return lambda: tf.raw_ops.DeepCopy(x=source)


def release() -> None:
    """Forget compiled functions and Keras' global state."""
    import gc

    import tensorflow as tf

    _functions.clear()
    tf.keras.backend.clear_session()
    gc.collect()


def opened(path: str) -> Opened:
    """Load a ``.keras`` file, or a SavedModel by the signature that servers call."""
    import tensorflow as tf

    if path.endswith(".keras"):
        return _opened_keras(tf.keras.models.load_model(path))
    loaded = tf.saved_model.load(path)
    signatures = loaded.signatures
    serve = signatures.get("serving_default") or next(iter(signatures.values()), None)
    if serve is None:
        raise Unsupported(Reason("inputs-untold", path=path.rpartition("/")[2]))
    specs = serve.structured_input_signature[1]
    outputs = tuple(sorted(serve.structured_outputs))

    def exportable(batch: Mapping[str, Any]) -> Exportable:
        placed = {name: tf.constant(batch[name]) for name in specs}
        dtypes = {name: spec.dtype.name for name, spec in specs.items()}
        # The loaded object goes along: a signature outlives its variables, which no converter then finds.
        return Exportable(loaded, tuple(specs), outputs, tuple(placed.values()), serve, dtypes=dtypes, whole=False)

    return Opened({name: _form(spec) for name, spec in specs.items()}, exportable)


def _opened_keras(model: Any) -> Opened:
    import tensorflow as tf

    inputs = {tensor.name: tensor for tensor in model.inputs}
    single = len(inputs) == 1
    arranged = (lambda found: next(iter(found.values()))) if single else (lambda found: [found[n] for n in inputs])

    def call(model: Any, batch: Mapping[str, Any], training: bool) -> Mapping[str, Any]:
        found = model(arranged({name: batch[name] for name in inputs}), training=training)
        if isinstance(found, Mapping):
            return found
        return {str(n): one for n, one in enumerate(found if isinstance(found, tuple | list) else [found])}

    return Opened(
        {name: _form(tensor) for name, tensor in inputs.items()},
        lambda batch: _exportable(model, call, {name: tf.constant(batch[name]) for name in inputs}),
    )


def _form(tensor: Any) -> tuple[tuple[int, ...], str]:
    dtype = tensor.dtype if isinstance(tensor.dtype, str) else tensor.dtype.name
    return tuple(1 if size is None else int(size) for size in tensor.shape), dtype


def supervised(
    build: Build,
    model: Any,
    *,
    tensors: Mapping[str, Any],
    call: Callable[..., Mapping[str, Any]],
    loss: Callable[[Mapping[str, Any], Mapping[str, Any]], Any],
    optimiser: Any,
    fit: tuple[Callable[[Mapping[str, Any]], tuple[Any, Any]], Any] | None = None,
) -> Twin:
    """Make a twin of a Keras model trained with one loss and one optimiser.

    In the default mode a step is the function that ``Model.fit`` calls for every batch and an answer what
    ``Model.predict`` compiles, both as Keras chooses by itself; the callbacks around them are left out.

    Args:
        build: dtype, device, mode and settings.
        model: a built ``keras.Model``.
        tensors: canonical name -> variable; canonical layouts are TensorFlow's own.
        call: (model, batch, training) -> outputs by name.
        loss: (outputs, batch) -> scalar tensor.
        optimiser: a Keras optimiser.
        fit: for the default mode: batch -> (x, y), and the Keras loss that equals ``loss``.
    """
    import tensorflow as tf

    trained = model.trainable_variables
    names = {id(variable): name for name, variable in tensors.items()}
    optimiser.build(trained)

    def one_step(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(call(model, batch, True), batch)
        optimiser.apply_gradients(zip(tape.gradient(value, trained), trained, strict=True))
        return value

    step = build.compile(one_step)
    forward = build.compile(lambda batch: call(model, batch, False))
    if build.mode == "default":
        forward = tf.function(forward, reduce_retracing=True, jit_compile=model.jit_compile)
        if fit is None:
            raise Unsupported(Reason("no-keras-fit"))
        step = _fit_step(model, optimiser, *fit)

    def place(batch: Mapping[str, Any]) -> dict[str, Any]:
        with tf.device(build.device):
            return {
                name: tf.constant(array, dtype=build.dtype if array.dtype.kind == "f" else array.dtype.name)
                for name, array in batch.items()
            }

    def load(weights: Mapping[str, Any]) -> None:
        for name, variable in tensors.items():
            variable.assign(weights[name].astype(build.dtype))

    def gradients(batch: Any) -> dict[str, Any]:
        with tf.GradientTape() as tape:
            value = loss(call(model, batch, True), batch)
        found = tape.gradient(value, trained)
        return {
            names[id(variable)]: tf.convert_to_tensor(gradient).numpy()
            for variable, gradient in zip(trained, found, strict=True)
            if gradient is not None
        }

    return Twin(
        load=load,
        dump=lambda: {name: variable.numpy() for name, variable in tensors.items()},
        place=place,
        step=step,
        forward=forward,
        loss=lambda batch: loss(call(model, batch, True), batch),
        outputs=lambda batch: {name: tensor.numpy() for name, tensor in forward(batch).items()},
        gradients=gradients,
        parameters=int(sum(tf.size(variable).numpy() for variable in trained)),
        exportable=lambda batch: _exportable(model, call, place(batch)),
    )


def _exportable(model: Any, call: Callable[..., Mapping[str, Any]], placed: Mapping[str, Any]) -> Exportable:
    """Trace a function of the named inputs that the answer hangs on; it reads no labels, which lie in the batch too."""
    import tensorflow as tf

    seen: set[str] = set()

    class Watched(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            seen.add(name)
            return super().__getitem__(name)

    outputs = tuple(call(model, Watched(placed), False))
    inputs = tuple(name for name in placed if name in seen)
    specs = {name: tf.TensorSpec(placed[name].shape, placed[name].dtype, name=name) for name in inputs}

    serve = tf.function(lambda **tensors: call(model, tensors, False), autograph=False)
    return Exportable(
        model=model,
        inputs=inputs,
        outputs=outputs,
        example=tuple(placed[name] for name in inputs),
        serve=serve.get_concrete_function(**specs),
        dtypes={name: placed[name].dtype.name for name in inputs},
        whole=not classes_beside(model),
    )


def classes_beside(model: Any) -> list[str]:
    """Name the classes of a Keras model that are not Keras' own: what it saves holds none of their code."""
    kinds = {type(layer) for layer in model._flatten_layers()}  # layers inside layers have no public list
    return sorted(kind.__name__ for kind in kinds if kind.__module__.partition(".")[0] != "keras")


def _fit_step(
    model: Any, optimiser: Any, unpack: Callable[[Mapping[str, Any]], tuple[Any, Any]], loss: Any
) -> Callable[[Any], Any]:
    import tensorflow as tf

    model.compile(optimizer=optimiser, loss=loss)
    function = model.make_train_function() or model.train_function
    feeds: dict[int, Any] = {}

    def step(batch: Any) -> Any:
        if id(batch) not in feeds:
            feeds[id(batch)] = iter(tf.data.Dataset.from_tensors(unpack(batch)).repeat())
        return function(feeds[id(batch)])

    return step
