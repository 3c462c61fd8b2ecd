"""What a Keras layer does, is told and holds, in words common to all frameworks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from probes.user_model import Event, Names, Setting, Weight, as_given, weights_of
from probes.user_model.tensorflow_activations import activation, attribute

Shape = tuple[int, ...]

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
    return [_event(layer, "dense", weights=weights_of(layer, names, {"kernel": "kernel", "bias": "bias"}))]


def _einsum(layer: Any, shape: Shape, names: Names) -> list[Event]:
    return [_event(layer, "einsum dense", weights=weights_of(layer, names, {"kernel": "kernel", "bias": "bias"}))]


def _same(sizes: Any, kernel: Any, stride: Any, dilation: Any) -> list[list[int]]:
    """Return what padding "same" adds before and after each axis: the odd one goes after."""
    pads = []
    for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True):
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        pads.append([total // 2, total - total // 2])
    return pads


def _padding(layer: Any, pads: list[list[int]], change: Callable[[Any], None] | None) -> Setting:
    return Setting(pads, "padding", layer.padding == "same", change, {str(pads): repr(layer.padding)})


def _instead(layer: Any, operation: Callable[[Any], Any]) -> None:
    """Replace the operation that a layer calls; its bias and activation follow as before."""

    def call(inputs: Any) -> Any:
        made = operation(inputs)
        if layer.use_bias:
            made = made + layer.bias
        return made if layer.activation is None else layer.activation(made)

    layer.call = call


def _of_two(pads: Any, strides: Any, dilations: Any) -> tuple[Any, Any, Any]:
    """Write a convolution's paddings, strides and dilations for two axes: one is a row, as in TensorFlow itself."""
    if len(pads) == 1:
        pads, strides, dilations = [[0, 0], *pads], (1, *strides), (1, *dilations)
    return [[0, 0], *pads, [0, 0]], strides, dilations


def _convolution(layer: Any, shape: Shape, names: Names) -> list[Event]:
    import tensorflow as tf

    settings = as_given(layer, {"stride": "strides", "dilation": "dilation_rate", "groups": "groups"})
    rank = layer.rank
    pads = [[0, 0]] * rank
    if layer.padding == "same":
        pads = _same(shape[1 : 1 + rank], layer.kernel_size, layer.strides, layer.dilation_rate)
    elif layer.padding == "causal":
        pads = [[d * (k - 1), 0] for k, d in zip(layer.kernel_size, layer.dilation_rate, strict=True)]

    def explicit(value: Any) -> None:
        """Pad within the operation as told, at no further operation's cost."""
        padding, strides, dilations = _of_two(value, layer.strides, layer.dilation_rate)

        def convolve(inputs: Any) -> Any:
            if rank == 2:
                return tf.nn.conv2d(inputs, layer.kernel, strides, padding, dilations=dilations)
            wide = tf.nn.conv2d(inputs[:, None], layer.kernel[None], strides, padding, dilations=dilations)
            return tf.squeeze(wide, 1)

        _instead(layer, convolve)

    able = rank < 3 and layer.groups == 1 and layer.data_format == "channels_last"
    settings["padding"] = _padding(layer, pads, explicit if able else None)
    return [_event(layer, "convolution", settings, weights_of(layer, names, {"kernel": "kernel", "bias": "bias"}))]


def _depthwise(layer: Any, shape: Shape, names: Names) -> list[Event]:
    import tensorflow as tf

    weights = weights_of(layer, names, {"kernel": "kernel", "bias": "bias"})
    for weight in weights:
        if weight.role == "kernel":
            *space, inputs, times = weight.index.shape
            weight.index = weight.index.reshape(*space, 1, inputs * times)
    settings = as_given(layer, {"stride": "strides", "dilation": "dilation_rate"})
    settings["groups"] = Setting(shape[-1], "groups")
    pads = [[0, 0]] * layer.rank
    if layer.padding == "same":
        pads = _same(shape[1 : 1 + layer.rank], layer.kernel_size, layer.strides, layer.dilation_rate)

    def explicit(value: Any) -> None:
        padding = [[0, 0], *value, [0, 0]]

        strides = (1, *layer.strides, 1)
        _instead(
            layer,
            lambda inputs: tf.nn.depthwise_conv2d(
                inputs, layer.kernel, strides, padding, dilations=layer.dilation_rate
            ),
        )

    able = layer.rank == 2 and layer.data_format == "channels_last"
    settings["padding"] = _padding(layer, pads, explicit if able else None)
    return [_event(layer, "convolution", settings, weights)]


def _transposed(layer: Any, shape: Shape, names: Names) -> list[Event]:
    import tensorflow as tf

    settings = as_given(layer, {"stride": "strides", "dilation": "dilation_rate"})
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
        """Crop within the operation as told, at no further operation's cost."""
        padding = [[0, 0], *value, [0, 0]]

        def convolve(inputs: Any) -> Any:
            wanted = layer.compute_output_shape(tuple(inputs.shape))
            size = tf.stack([tf.shape(inputs)[0], *wanted[1:]])
            return tf.nn.conv2d_transpose(inputs, layer.kernel, size, layer.strides, padding)

        _instead(layer, convolve)

    able = layer.rank == 2 and layer.data_format == "channels_last" and set(layer.dilation_rate) == {1}
    settings["padding"] = _padding(layer, pads, explicit if able else None)
    weights = weights_of(layer, names, {"kernel": "kernel", "bias": "bias"})
    return [_event(layer, "transposed convolution", settings, weights)]


def _batch_norm(layer: Any, shape: Shape, names: Names) -> list[Event]:
    roles = {"gamma": "scale", "beta": "offset", "moving_mean": "mean", "moving_variance": "variance"}
    settings = {"epsilon": attribute(layer, "epsilon", 1e-3), "momentum": attribute(layer, "momentum", 0.99)}
    weights = weights_of(layer, names, roles, ("moving_mean", "moving_variance"))
    return [_event(layer, "batch normalisation", settings, weights)]


def _layer_norm(layer: Any, shape: Shape, names: Names) -> list[Event]:
    settings = {"epsilon": attribute(layer, "epsilon", 1e-3)}
    return [
        _event(layer, "layer normalisation", settings, weights_of(layer, names, {"gamma": "scale", "beta": "offset"}))
    ]


def _group_norm(layer: Any, shape: Shape, names: Names) -> list[Event]:
    settings = {"epsilon": attribute(layer, "epsilon", 1e-3), **as_given(layer, {"groups": "groups"})}
    return [
        _event(layer, "group normalisation", settings, weights_of(layer, names, {"gamma": "scale", "beta": "offset"}))
    ]


def _embedding(layer: Any, shape: Shape, names: Names) -> list[Event]:
    settings = {
        "kept at zero": Setting(None, "padding_idx", False),
        "zeros masked": attribute(layer, "mask_zero", False),
    }
    return [_event(layer, "embedding", settings, weights_of(layer, names, {"_embeddings": "table"}))]


_KINDS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simple rnn"}


def _recurrent(layer: Any, shape: Shape, names: Names) -> list[Event]:
    cell = layer.cell
    kind = next(_KINDS[c.__name__] for c in type(layer).__mro__ if c.__name__ in _KINDS)
    weights = weights_of(cell, names, {"kernel": "kernel", "recurrent_kernel": "recurrent kernel", "bias": "bias"})
    settings = {
        "rate": attribute(cell, "dropout", 0.0),
        "recurrent rate": attribute(cell, "recurrent_dropout", 0.0),
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
    for part, held_as in (("query", "_query_dense"), ("key", "_key_dense"), ("value", "_value_dense")):
        held = weights_of(getattr(layer, held_as), names, {"kernel": f"{part} kernel", "bias": f"{part} bias"})
        for weight in held:
            index = weight.index
            weight.index = index.reshape(index.shape[0], -1) if index.ndim == 3 else index.reshape(-1)
        weights += held
    last = weights_of(layer._output_dense, names, {"kernel": "output kernel", "bias": "output bias"})
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
    return [_event(layer, "dropout", {"rate": attribute(layer, "rate", 0.0)})]


def _pool(kind: str) -> Callable[..., list[Event]]:
    def describe(layer: Any, shape: Shape, names: Names) -> list[Event]:
        import tensorflow as tf

        rank = len(layer.pool_size)
        pads = [[0, 0]] * rank
        if layer.padding == "same":
            pads = _same(shape[1 : 1 + rank], layer.pool_size, layer.strides, [1] * rank)

        def explicit(value: Any) -> None:
            padding, strides, size = _of_two(value, layer.strides, layer.pool_size)

            def call(inputs: Any) -> Any:
                if rank == 2:
                    return tf.nn.max_pool2d(inputs, size, strides, padding)
                return tf.squeeze(tf.nn.max_pool2d(inputs[:, None], size, strides, padding), 1)

            layer.call = call

        able = rank < 3 and layer.pool_mode == "max" and layer.data_format == "channels_last"
        settings = {"padding": _padding(layer, pads, explicit if able else None)}
        if any(map(any, pads)) and layer.pool_mode == "average":
            settings["padding is counted"] = Setting(False, "padding is counted", False)
        return [_event(layer, kind, settings)]

    return describe


def _plain(kind: str) -> Callable[..., list[Event]]:
    return lambda layer, shape, names: [_event(layer, kind)]


def _leaky(layer: Any, shape: Shape, names: Names) -> list[Event]:
    return [_event(layer, "leaky relu", {"slope": attribute(layer, "negative_slope", 0.3)})]


def _elu(layer: Any, shape: Shape, names: Names) -> list[Event]:
    return [_event(layer, "elu", {"alpha": attribute(layer, "alpha", 1.0)})]


def _relu(layer: Any, shape: Shape, names: Names) -> list[Event]:
    if layer.max_value == 6:
        return [_event(layer, "relu6")]
    if layer.negative_slope:
        return [_event(layer, "leaky relu", {"slope": attribute(layer, "negative_slope", 0.0)})]
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
