"""What a Keras layer does, is told and holds, in words common to all frameworks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from probes.user_model import Event, Setting, Weight, whole

Shape = tuple[int, ...]
Names = dict[int, str]


def _weights(layer: Any, names: Names, roles: Mapping[str, str], statistics: tuple[str, ...] = ()) -> list[Weight]:
    found = []
    for attribute, role in roles.items():
        variable = getattr(layer, attribute, None)
        if variable is not None and (raw := names.pop(id(variable), "")):
            found.append(Weight(raw, role, whole(tuple(variable.shape)), attribute in statistics))
    return found


def _attribute(layer: Any, name: str, default: Any) -> Setting:
    """Describe one attribute of a layer that may be set after it was made."""
    value = getattr(layer, name)
    return Setting(value, name, value != default, lambda value: setattr(layer, name, value))


def _given(layer: Any, names: Mapping[str, str]) -> dict[str, Setting]:
    """Describe what is compared and never changed."""
    found = {}
    for common, name in names.items():
        value = getattr(layer, name)
        found[common] = Setting(list(value) if isinstance(value, tuple | list) else value, name)
    return found


_SHOWN = ("epsilon", "momentum", "slope", "alpha", "heads", "stride")


def _event(layer: Any, kind: str, settings: Mapping[str, Setting] | None = None, weights: Any = ()) -> Event:
    settings = dict(settings or {})
    size = next((f"{n}={getattr(layer, n)}" for n in ("units", "filters", "output_dim") if hasattr(layer, n)), "")
    shown = {
        s.called: s.shown
        for name, s in settings.items()
        if name in _SHOWN or (s.stated and name == "padding") or (s.value and name.endswith("rate"))
    }
    said = [size] * bool(size) + [f"{called}={value}" for called, value in shown.items()]
    return Event(layer.name, f"{type(layer).__name__}({', '.join(said)})", kind, settings, list(weights))


def _dense(layer: Any, shape: Shape, names: Names) -> list[Event]:
    return [_event(layer, "dense", weights=_weights(layer, names, {"kernel": "kernel", "bias": "bias"}))]


def _einsum(layer: Any, shape: Shape, names: Names) -> list[Event]:
    return [_event(layer, "einsum dense", weights=_weights(layer, names, {"kernel": "kernel", "bias": "bias"}))]


def _same(sizes: Any, kernel: Any, stride: Any, dilation: Any) -> list[list[int]]:
    """Return what padding "same" adds before and after each axis: the odd one goes after."""
    pads = []
    for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True):
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        pads.append([total // 2, total - total // 2])
    return pads


def _padding(layer: Any, pads: list[list[int]], change: Callable[[Any], None] | None) -> Setting:
    return Setting(pads, "padding", layer.padding == "same", change, {str(pads): repr(layer.padding)})


def _convolution(layer: Any, shape: Shape, names: Names) -> list[Event]:
    import tensorflow as tf

    settings = _given(layer, {"stride": "strides", "dilation": "dilation_rate", "groups": "groups"})
    rank = layer.rank
    pads = [[0, 0]] * rank
    if layer.padding == "same":
        pads = _same(shape[1 : 1 + rank], layer.kernel_size, layer.strides, layer.dilation_rate)
    elif layer.padding == "causal":
        pads = [[d * (k - 1), 0] for k, d in zip(layer.kernel_size, layer.dilation_rate, strict=True)]

    def explicit(value: Any) -> None:
        """Let the operation pad as told, at no further operation's cost."""
        padding = [[0, 0], *value, [0, 0]]
        layer.convolution_op = lambda inputs, kernel: tf.nn.conv2d(
            inputs, kernel, layer.strides, padding, dilations=layer.dilation_rate
        )

    able = rank == 2 and layer.groups == 1 and layer.data_format == "channels_last"
    settings["padding"] = _padding(layer, pads, explicit if able else None)
    return [_event(layer, "convolution", settings, _weights(layer, names, {"kernel": "kernel", "bias": "bias"}))]


def _depthwise(layer: Any, shape: Shape, names: Names) -> list[Event]:
    weights = _weights(layer, names, {"kernel": "kernel", "bias": "bias"})
    for weight in weights:
        if weight.role == "kernel":
            *space, inputs, times = weight.index.shape
            weight.index = weight.index.reshape(*space, 1, inputs * times)
    settings = _given(layer, {"stride": "strides", "dilation": "dilation_rate"})
    settings["groups"] = Setting(shape[-1], "groups")
    pads = [[0, 0]] * layer.rank
    if layer.padding == "same":
        pads = _same(shape[1 : 1 + layer.rank], layer.kernel_size, layer.strides, layer.dilation_rate)
    settings["padding"] = _padding(layer, pads, None)
    return [_event(layer, "convolution", settings, weights)]


def _transposed(layer: Any, shape: Shape, names: Names) -> list[Event]:
    import tensorflow as tf

    settings = _given(layer, {"stride": "strides", "dilation": "dilation_rate"})
    sizes = shape[1 : 1 + layer.rank]
    pads = [[0, 0]] * layer.rank
    if layer.padding == "same":
        pads = _same(
            [n * s for n, s in zip(sizes, layer.strides, strict=True)],
            layer.kernel_size,
            layer.strides,
            layer.dilation_rate,
        )

    def explicit(value: Any) -> None:
        """Let the operation crop as told, at no further operation's cost."""
        padding = [[0, 0], *value, [0, 0]]

        def call(inputs: Any) -> Any:
            wanted = layer.compute_output_shape(tuple(inputs.shape))
            size = tf.stack([tf.shape(inputs)[0], *wanted[1:]])
            made = tf.nn.conv2d_transpose(inputs, layer.kernel, size, layer.strides, padding)
            if layer.use_bias:
                made = made + layer.bias
            return made if layer.activation is None else layer.activation(made)

        layer.call = call

    able = layer.rank == 2 and layer.data_format == "channels_last" and set(layer.dilation_rate) == {1}
    settings["padding"] = _padding(layer, pads, explicit if able else None)
    weights = _weights(layer, names, {"kernel": "kernel", "bias": "bias"})
    return [_event(layer, "transposed convolution", settings, weights)]


def _batch_norm(layer: Any, shape: Shape, names: Names) -> list[Event]:
    roles = {"gamma": "scale", "beta": "offset", "moving_mean": "mean", "moving_variance": "variance"}
    settings = {"epsilon": _attribute(layer, "epsilon", 1e-3), "momentum": _attribute(layer, "momentum", 0.99)}
    weights = _weights(layer, names, roles, ("moving_mean", "moving_variance"))
    return [_event(layer, "batch normalisation", settings, weights)]


def _layer_norm(layer: Any, shape: Shape, names: Names) -> list[Event]:
    settings = {"epsilon": _attribute(layer, "epsilon", 1e-3)}
    return [
        _event(layer, "layer normalisation", settings, _weights(layer, names, {"gamma": "scale", "beta": "offset"}))
    ]


def _group_norm(layer: Any, shape: Shape, names: Names) -> list[Event]:
    settings = {"epsilon": _attribute(layer, "epsilon", 1e-3), **_given(layer, {"groups": "groups"})}
    return [
        _event(layer, "group normalisation", settings, _weights(layer, names, {"gamma": "scale", "beta": "offset"}))
    ]


def _embedding(layer: Any, shape: Shape, names: Names) -> list[Event]:
    settings = {
        "kept at zero": Setting(None, "padding_idx", False),
        "zeros masked": _attribute(layer, "mask_zero", False),
    }
    return [_event(layer, "embedding", settings, _weights(layer, names, {"_embeddings": "table"}))]


_KINDS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simple rnn"}


def _recurrent(layer: Any, shape: Shape, names: Names) -> list[Event]:
    cell = layer.cell
    kind = next(_KINDS[c.__name__] for c in type(layer).__mro__ if c.__name__ in _KINDS)
    weights = _weights(cell, names, {"kernel": "kernel", "recurrent_kernel": "recurrent kernel", "bias": "bias"})
    settings = {
        "rate": _attribute(cell, "dropout", 0.0),
        "recurrent rate": _attribute(cell, "recurrent_dropout", 0.0),
        "batch first": Setting(True, "batch_first", False),
    }
    if kind == "gru":
        if cell.reset_after and cell.use_bias:
            both = weights.pop()
            weights += [
                Weight(both.raw, f"{side} bias", both.index[i]) for i, side in enumerate(("input", "recurrent"))
            ]
        settings["reset after"] = Setting(cell.reset_after, "reset_after", not cell.reset_after)
    else:
        settings["second bias"] = Setting("none", "second bias", False)
    return [_event(layer, kind, settings, weights)]


def _bidirectional(layer: Any, shape: Shape, names: Names) -> list[Event]:
    found = []
    for side in (layer.forward_layer, layer.backward_layer):
        found += _recurrent(side, shape, names)
    return found


def _attention(layer: Any, shape: Shape, names: Names) -> list[Event]:
    weights = []
    for part, attribute in (("query", "_query_dense"), ("key", "_key_dense"), ("value", "_value_dense")):
        held = _weights(getattr(layer, attribute), names, {"kernel": f"{part} kernel", "bias": f"{part} bias"})
        for weight in held:
            index = weight.index
            weight.index = index.reshape(index.shape[0], -1) if index.ndim == 3 else index.reshape(-1)
        weights += held
    last = _weights(layer._output_dense, names, {"kernel": "output kernel", "bias": "output bias"})
    for weight in last:
        if weight.index.ndim == 3:
            weight.index = weight.index.reshape(-1, weight.index.shape[-1])

    def without(rate: Any) -> None:
        layer._dropout = rate
        layer._dropout_layer.rate = rate

    settings = {
        "rate": Setting(layer._dropout, "dropout", bool(layer._dropout), without),
        "heads": Setting(layer._num_heads, "num_heads"),
        "batch first": Setting(True, "batch_first", False),
    }
    return [_event(layer, "attention", settings, weights + last)]


def _dropout(layer: Any, shape: Shape, names: Names) -> list[Event]:
    return [_event(layer, "dropout", {"rate": _attribute(layer, "rate", 0.0)})]


def _pool(kind: str) -> Callable[..., list[Event]]:
    def describe(layer: Any, shape: Shape, names: Names) -> list[Event]:
        import tensorflow as tf

        rank = len(layer.pool_size)
        pads = [[0, 0]] * rank
        if layer.padding == "same":
            pads = _same(shape[1 : 1 + rank], layer.pool_size, layer.strides, [1] * rank)

        def explicit(value: Any) -> None:
            padding = [[0, 0], *value, [0, 0]]
            layer.call = lambda inputs: tf.nn.max_pool2d(inputs, layer.pool_size, layer.strides, padding)

        able = rank == 2 and layer.pool_mode == "max" and layer.data_format == "channels_last"
        settings = {"padding": _padding(layer, pads, explicit if able else None)}
        if any(map(any, pads)) and layer.pool_mode == "average":
            settings["padding is counted"] = Setting(False, "padding is counted", False)
        return [_event(layer, kind, settings)]

    return describe


def _plain(kind: str) -> Callable[..., list[Event]]:
    return lambda layer, shape, names: [_event(layer, kind)]


def _leaky(layer: Any, shape: Shape, names: Names) -> list[Event]:
    return [_event(layer, "leaky relu", {"slope": _attribute(layer, "negative_slope", 0.3)})]


def _elu(layer: Any, shape: Shape, names: Names) -> list[Event]:
    return [_event(layer, "elu", {"alpha": _attribute(layer, "alpha", 1.0)})]


def _relu(layer: Any, shape: Shape, names: Names) -> list[Event]:
    if layer.max_value == 6:
        return [_event(layer, "relu6")]
    if layer.negative_slope:
        return [_event(layer, "leaky relu", {"slope": _attribute(layer, "negative_slope", 0.0)})]
    return [_event(layer, "relu")]


def _softmax(layer: Any, shape: Shape, names: Names) -> list[Event]:
    event = _event(layer, "softmax")

    def without(value: Any) -> None:
        layer.call = lambda inputs, mask=None: inputs

    event.without = without
    return [event]


def _activation(layer: Any, shape: Shape, names: Names) -> list[Event]:
    event = activation(layer, layer.activation)
    return [event] if event.kind != "linear" else []


LAYERS: dict[str, Callable[[Any, Shape, Names], list[Event]]] = {
    "Dense": _dense,
    "EinsumDense": _einsum,
    **{f"Conv{n}D": _convolution for n in (1, 2, 3)},
    **{f"Conv{n}DTranspose": _transposed for n in (1, 2, 3)},
    **{f"DepthwiseConv{n}D": _depthwise for n in (1, 2)},
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "GroupNormalization": _group_norm,
    "Embedding": _embedding,
    **dict.fromkeys(_KINDS, _recurrent),
    "Bidirectional": _bidirectional,
    "MultiHeadAttention": _attention,
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout"), _dropout),
    **{f"MaxPooling{n}D": _pool("max pooling") for n in (1, 2, 3)},
    **{f"AveragePooling{n}D": _pool("average pooling") for n in (1, 2, 3)},
    **{f"GlobalAveragePooling{n}D": _plain("global average pooling") for n in (1, 2, 3)},
    **{f"GlobalMaxPooling{n}D": _plain("global max pooling") for n in (1, 2, 3)},
    "Flatten": _plain("flatten"),
    "Reshape": _plain("reshape"),
    **{f"UpSampling{n}D": _plain("upsampling") for n in (1, 2, 3)},
    "Activation": _activation,
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "ELU": _elu,
    "Softmax": _softmax,
}

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
                not operation.approximate,
                lambda value: setattr(operation, "approximate", value == "tanh"),
                _APPROXIMATE,
            )
        elif kind == "leaky relu":
            settings["slope"] = _attribute(operation, "negative_slope", 0.2)
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
