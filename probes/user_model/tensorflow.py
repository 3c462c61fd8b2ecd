"""A Keras model of the user's: built, written down layer by layer, changed where told, trained."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from probes.backends import tensorflow as backend
from probes.types import Build, Reason, Twin, Unsupported
from probes.user_model import Event, Setting, Trace, Weight, answer_alone, key, line_in, whole
from probes.user_model.tensorflow_activations import FUNCTIONS, activation, activation_of
from probes.user_model.tensorflow_layers import LAYERS

CHANNELS = "last"


@dataclass
class Model:
    """A built ``keras.Model``, the lines that made its layers, and how several inputs reach it.

    ``arranged`` turns inputs by name into the arguments of a call.
    """

    keras: Any
    lines: dict[int, int]
    arranged: Callable[[Mapping[str, Any]], tuple[Any, ...]]

    def call(self, inputs: Mapping[str, Any], *, training: bool) -> Any:
        """Answer a batch."""
        return answer_alone(self.keras(*self.arranged(inputs), training=training))


@contextlib.contextmanager
def reference(dtype: str = "float64") -> Iterator[None]:
    """Make what the model's own code creates of that type too."""
    import tensorflow as tf

    config = tf.keras.config
    before = config.floatx()
    config.set_floatx(dtype)
    config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        config.set_floatx(before)
        config.set_dtype_policy(before)


@contextlib.contextmanager
def _instead(holder: Any, name: str, function: Any) -> Iterator[None]:
    """Replace a method by a function while something is watched."""
    before = holder.__dict__[name]
    setattr(holder, name, function)
    try:
        yield
    finally:
        setattr(holder, name, before)


def build(make: Callable[[], Any], dtype: str, inputs: Mapping[str, Any], *, changed: Collection[str] = ()) -> Model:
    """Build a model of the user's in a dtype; one call fills layers that take their shape from the input."""
    import tensorflow as tf

    layer = tf.keras.layers.Layer
    path = make.__code__.co_filename
    lines: dict[int, int] = {}
    plain = layer.__init__

    def noted(self: Any, *args: Any, **options: Any) -> None:
        lines.setdefault(id(self), line_in(path))
        plain(self, *args, **options)

    with contextlib.ExitStack() as held:
        held.enter_context(reference(dtype))
        if "zeros masked" in changed:  # a functional model, made now or at its first call, keeps the mask in its graph
            held.enter_context(_instead(tf.keras.layers.Embedding, "compute_mask", lambda *args, **kwargs: None))
        with _instead(layer, "__init__", noted):
            made = make()
        if not isinstance(made, tf.keras.Model):
            raise Unsupported(Reason("no-model", kind=type(made).__name__, wanted="keras.Model"))
        model = Model(made, lines, _arrangement(made, list(inputs)))
        model.call(_tensors(inputs), training=False)
    return model


def _arrangement(model: Any, names: list[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """Find out how a model wants its inputs: one by one, as a list or by name."""
    if len(names) == 1:
        return lambda inputs: (inputs[names[0]],)
    wanted = getattr(model, "_inputs_struct", None)
    if isinstance(wanted, dict):
        order = dict(zip(wanted, names if set(wanted) != set(names) else wanted, strict=True))
        return lambda inputs: ({own: inputs[name] for own, name in order.items()},)
    if wanted is not None:
        called = [tensor.name for tensor in model.inputs]
        in_order = called if set(called) == set(names) else names
        return lambda inputs: (tuple(inputs[name] for name in in_order),)
    parameters = [name for name in inspect.signature(model.call).parameters if name not in ("training", "mask")]
    if set(names) <= set(parameters):
        return lambda inputs: tuple(inputs[name] for name in parameters if name in inputs)
    if len(parameters) >= len(names):
        return lambda inputs: tuple(inputs.values())
    return lambda inputs: (tuple(inputs.values()) if "0" in inputs else dict(inputs),)


def _tensors(inputs: Mapping[str, Any], dtype: str = "") -> dict[str, Any]:
    import tensorflow as tf

    dtype = dtype or tf.keras.config.floatx()
    return {name: tf.constant(a, dtype if a.dtype.kind == "f" else a.dtype.name) for name, a in inputs.items()}


def output(model: Model, inputs: Mapping[str, Any]) -> Any:
    """Return a model's answer as an array."""
    return model.call(_tensors(inputs, model.keras.compute_dtype), training=False).numpy()


def tensors(model: Model) -> dict[str, Any]:
    """Return all variables of floating point by name: Keras' path without the model's own name."""
    found: dict[str, Any] = {}
    for variable in model.keras.weights:
        if not variable.dtype.startswith("float"):
            continue
        name = variable.path.removeprefix(f"{model.keras.name}/")
        while name in found:
            name += "'"
        found[name] = variable
    return found


def arrays(model: Model) -> dict[str, Any]:
    """Return copies of all variables by name."""
    return {name: variable.numpy().copy() for name, variable in tensors(model).items()}


def put(model: Model, arrays: Mapping[str, Any]) -> None:
    """Overwrite all variables."""
    for name, variable in tensors(model).items():
        variable.assign(arrays[name])


def trace(model: Model, inputs: Mapping[str, Any], *, keep: bool = False) -> Trace:
    """Run the model once and write down which layers ran.

    Args:
        model: from ``build``.
        inputs: one batch, by name.
        keep: keep the outputs.
    """
    import tensorflow as tf

    recorder = _Recorder(model, keep=keep)
    layer_class, operation_class = tf.keras.layers.Layer, tf.keras.Operation
    plain_layer, plain_operation = layer_class.__call__, operation_class.__call__

    def layered(self: Any, *args: Any, **kwargs: Any) -> Any:
        return recorder.layer(plain_layer, self, args, kwargs)

    def operated(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = plain_operation(self, *args, **kwargs)
        if not isinstance(self, layer_class):
            recorder.operation(self, args, made)
        return made

    with _instead(layer_class, "__call__", layered), _instead(operation_class, "__call__", operated):
        answer = model.call(_tensors(inputs, model.keras.compute_dtype), training=False)
    event, made = recorder.last
    if event is not None and event.kind in ("softmax", "log-softmax") and made is answer:
        event.settings["end"] = Setting(event.kind, "the end", change=event.without)
    return Trace(recorder.events, tuple(answer.shape))


class _Recorder:
    """Writes down what runs in a model: its layers, and operations that are called without a layer.

    Attributes:
        events: what ran, in order.
        names: id of a variable -> its name, of those that no event holds yet.
        inside: whether a layer is running now; what runs inside of one is a part of it.
        last: the last event with an output, and that output.
    """

    def __init__(self, model: Model, *, keep: bool) -> None:
        self.model, self.keep = model, keep
        self.events: list[Event] = []
        self.names = {id(variable): name for name, variable in tensors(model).items()}
        self.inside = False
        self.last: tuple[Event | None, Any] = (None, None)

    def note(self, event: Event, layer: Any, given: Any, made: Any) -> None:
        """Append an event with the shapes of what it got and gave."""
        given, made = _tensor(given), _tensor(made)
        event.given = tuple(given.shape) if given is not None else ()
        event.line = event.line or self.model.lines.get(id(layer), 0)
        if made is not None:
            event.made = tuple(made.shape)
            event.output = made.numpy().copy() if self.keep else None
            self.last = (event, made)
        self.events.append(event)

    def layer(self, call: Callable[..., Any], layer: Any, args: Any, kwargs: Any) -> Any:
        """Call a layer, and note what it is where no other one calls it."""
        if self.inside:
            return call(layer, *args, **kwargs)
        describe = next((LAYERS[c.__name__] for c in type(layer).__mro__ if c.__name__ in LAYERS), None)
        if describe is None:
            self.bare_weights(layer)
            return call(layer, *args, **kwargs)
        given = args[0] if args else next(iter(kwargs.values()), None)
        described = describe(layer, tuple(getattr(_tensor(given), "shape", ())), self.names)
        active = activation_of(layer)
        made, before = self.watched(call, layer, active, args, kwargs)
        self.described(layer, described, active, given, before, made)
        return made

    def bare_weights(self, layer: Any) -> None:
        """Note the variables that a layer of the user's holds beside its layers."""
        for variable in [*layer._trainable_variables, *layer._non_trainable_variables]:
            if raw := self.names.pop(id(variable), ""):
                weight = Weight(raw, "weight", whole(tuple(variable.shape)))
                self.events.append(Event(raw, raw, "weight", weights=[weight]))

    def watched(
        self, call: Callable[..., Any], layer: Any, active: Any, args: Any, kwargs: Any
    ) -> tuple[Any, list[Any]]:
        """Call a layer, and return its output with what its activation was given, if it has one."""
        before: list[Any] = []

        def watch(x: Any, *more: Any, **options: Any) -> Any:
            before.append(x)
            return active(x, *more, **options)

        self.inside = True
        try:
            if active is not None:
                layer.activation = watch
            return call(layer, *args, **kwargs), before
        finally:
            self.inside = False
            if active is not None:
                layer.activation = active

    def described(
        self, layer: Any, described: list[Event], active: Any, given: Any, before: list[Any], made: Any
    ) -> None:
        """Note what one layer is; its activation stands as an event of its own."""
        if not described:
            return
        for event in described[:-1]:
            self.note(event, layer, given, None)
        if before:
            self.note(described[-1], layer, given, before[0])
            self.note(activation(layer, active), layer, before[0], made)
        else:
            self.note(described[-1], layer, given, made)

    def operation(self, operation: Any, args: Any, made: Any) -> None:
        """Note an operation that no layer calls."""
        describe = FUNCTIONS.get(type(operation).__name__)
        if describe is not None and not self.inside:
            self.note(describe(operation), operation, args[0] if args else None, made)


def _tensor(found: Any) -> Any:
    """Return the first tensor of what a layer got or gave."""
    while isinstance(found, tuple | list | dict) and len(found):
        found = next(iter(found.values())) if isinstance(found, dict) else found[0]
    return found if hasattr(found, "shape") else None


def twin(build: Build, model: Model, *, names: tuple[str, ...], loss: str, rate: float, end: str, append: bool) -> Twin:
    """Train a model of the user's, as ``Part.twin`` says."""
    import tensorflow as tf

    losses = tf.keras.losses
    cost: Any = losses.MeanSquaredError(dtype=build.dtype)
    if loss == "cross-entropy":
        cost = losses.SparseCategoricalCrossentropy(from_logits=end != "softmax", dtype=build.dtype)
    close = {"softmax": tf.nn.softmax, "log-softmax": tf.nn.log_softmax}.get(end if append else "")
    kept = model.keras
    if close is not None:
        kept = _closed(model, close)
    keys = {name: key(name) for name in names}

    def arranged(batch: Mapping[str, Any]) -> tuple[Any, ...]:
        return model.arranged({name: batch[key] for name, key in keys.items()})

    one = len(arranged(dict.fromkeys(keys.values()))) == 1
    return backend.supervised(
        build,
        kept,
        tensors=tensors(model),
        call=lambda model, batch, training: {"y": model(*arranged(batch), training=training)},
        loss=lambda outputs, batch: cost(batch["y"], outputs["y"]),
        optimiser=tf.keras.optimizers.SGD(rate),
        fit=(lambda batch: (*arranged(batch), batch["y"]), cost) if one else None,
    )


def _closed(model: Model, close: Callable[[Any], Any]) -> Any:
    """Append a softmax to a model, as the other side ends in one that cannot be taken off."""
    import tensorflow as tf

    class Closed(tf.keras.Model):
        def __init__(self) -> None:
            super().__init__(dtype=model.keras.dtype_policy)
            self.inner = model.keras

        def call(self, *inputs: Any, training: bool = False) -> Any:
            return close(self.inner(*inputs, training=training))

    return Closed()
