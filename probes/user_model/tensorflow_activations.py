"""What Keras puts on a layer's result, or calls as a function of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from probes.user_model import Event, Setting

_FUNCTION_KINDS = {
    "relu": "relu",
    "relu6": "relu6",
    "gelu": "gelu",
    "leaky_relu": "leaky relu",
    "elu": "elu",
    "selu": "selu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "silu": "silu",
    "swish": "silu",
    "softmax": "softmax",
    "log_softmax": "log-softmax",
    "softplus": "softplus",
    "mish": "mish",
    "hard_silu": "hard swish",
    "hard_sigmoid": "hard sigmoid",
    "linear": "linear",
}


_APPROXIMATE = {"tanh": "True", "none": "False"}


def attribute(layer: Any, name: str, default: Any) -> Setting:
    """Describe one attribute of a layer that may be set after it was made."""
    value = getattr(layer, name)
    return Setting(value, name, value != default, lambda value: setattr(layer, name, value))


def activation_of(layer: Any) -> Any:
    """Return what a layer puts on its result as a last step; None where it has none."""
    import tensorflow as tf

    active = getattr(layer, "activation", None)
    if type(layer).__name__ == "Activation" or active is None or hasattr(layer, "cell"):
        return None
    return None if active is tf.keras.activations.linear else active


def activation(layer: Any, active: Any) -> Event:
    """Describe the activation that a layer applies."""
    import tensorflow as tf

    name = getattr(active, "__name__", type(active).__name__)
    kind = _FUNCTION_KINDS.get(name, f"function {name}")

    def put(function: Any) -> None:
        layer.activation = function

    settings = {}
    functions = tf.keras.activations
    if kind == "gelu":
        settings["approximation"] = Setting(
            "none",
            "approximate",
            False,
            lambda value: put(lambda x: functions.gelu(x, approximate=value == "tanh")),
            _APPROXIMATE,
        )
    elif kind == "leaky relu":
        settings["slope"] = Setting(
            0.2, "negative_slope", False, lambda value: put(lambda x: functions.leaky_relu(x, negative_slope=value))
        )
    elif kind == "elu":
        settings["alpha"] = Setting(1.0, "alpha", False)
    whose = type(layer).__name__
    text = f"{whose}({name!r})" if whose == "Activation" else f"{whose}(activation={name!r})"
    event = Event(layer.name, text, kind, settings)
    event.without = lambda value: put(functions.linear)
    return event


def _operation(kind: str) -> Callable[[Any], Event]:
    def describe(operation: Any) -> Event:
        settings = {}
        if kind == "gelu":
            settings["approximation"] = Setting(
                "tanh" if operation.approximate else "none",
                "approximate",
                operation.approximate,
                lambda value: setattr(operation, "approximate", value == "tanh"),
                _APPROXIMATE,
            )
        elif kind == "leaky relu":
            settings["slope"] = attribute(operation, "negative_slope", 0.2)
        return Event(operation.name, f"{type(operation).__name__}()", kind, settings)

    return describe


FUNCTIONS: dict[str, Callable[[Any], Event]] = {
    "Relu": _operation("relu"),
    "Gelu": _operation("gelu"),
    "LeakyRelu": _operation("leaky relu"),
    "Softmax": _operation("softmax"),
    "LogSoftmax": _operation("log-softmax"),
    "Tanh": _operation("tanh"),
    "Sigmoid": _operation("sigmoid"),
    "Silu": _operation("silu"),
    "Flatten": _operation("flatten"),
}
