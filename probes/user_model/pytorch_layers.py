"""What a layer or a function of PyTorch does, is told and holds, in words common to all frameworks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from probes.user_model import Event, Names, Setting, Weight, as_given, weights_of, whole


def _attribute(module: Any, name: str, default: Any, *, flipped: bool = False) -> Setting:
    """Describe one attribute of a module; ``flipped`` where the common value is one minus torch's."""

    def change(value: Any) -> None:
        setattr(module, name, round(1 - value, 12) if flipped else value)

    value = getattr(module, name)
    return Setting(round(1 - value, 12) if flipped else value, name, value != default, change, flipped=flipped)


def _linear(place: str, text: str, module: Any, names: Names) -> list[Event]:
    weights = weights_of(module, names, {"weight": "kernel", "bias": "bias"})
    for weight in weights:
        weight.index = weight.index.T
    return [Event(place, text, "dense", weights=weights)]


def _convolution(place: str, text: str, module: Any, names: Names) -> list[Event]:
    weights = weights_of(module, names, {"weight": "kernel", "bias": "bias"})
    for weight in weights:
        if weight.role == "kernel":
            rank = weight.index.ndim
            weight.index = weight.index.transpose(*range(2, rank), 1, 0)
    settings = as_given(module, {"stride": "stride", "dilation": "dilation", "groups": "groups"})
    if module.transposed:
        pads = [[p, p - more] for p, more in zip(module.padding, module.output_padding, strict=True)]
    elif module.padding == "same":
        totals = [d * (k - 1) for d, k in zip(module.dilation, module.kernel_size, strict=True)]
        pads = [[total // 2, total - total // 2] for total in totals]
    else:
        pads = [[0, 0] if module.padding == "valid" else [p, p] for p in _each(module.padding, module.kernel_size)]
    settings["padding"] = Setting(pads, "padding", words={str(pads): str(module.padding)})
    kind = "transposed convolution" if module.transposed else "convolution"
    return [Event(place, text, kind, settings, weights)]


def _each(value: Any, like: Any) -> list[int]:
    return list(value) if isinstance(value, tuple | list) else [value] * len(like)


def _batch_norm(place: str, text: str, module: Any, names: Names) -> list[Event]:
    roles = {"weight": "scale", "bias": "offset", "running_mean": "mean", "running_var": "variance"}
    settings = {"epsilon": _attribute(module, "eps", 1e-5)}
    if module.momentum is not None:
        settings["momentum"] = _attribute(module, "momentum", 0.1, flipped=True)
    weights = weights_of(module, names, roles, ("running_mean", "running_var"))
    return [Event(place, text, "batch normalisation", settings, weights)]


def _layer_norm(place: str, text: str, module: Any, names: Names) -> list[Event]:
    settings = {"epsilon": _attribute(module, "eps", 1e-5)}
    weights = weights_of(module, names, {"weight": "scale", "bias": "offset"})
    return [Event(place, text, "layer normalisation", settings, weights)]


def _group_norm(place: str, text: str, module: Any, names: Names) -> list[Event]:
    settings = {"epsilon": _attribute(module, "eps", 1e-5), **as_given(module, {"groups": "num_groups"})}
    weights = weights_of(module, names, {"weight": "scale", "bias": "offset"})
    return [Event(place, text, "group normalisation", settings, weights)]


def _embedding(place: str, text: str, module: Any, names: Names) -> list[Event]:
    settings = {
        "kept at zero": _attribute(module, "padding_idx", None),
        "zeros masked": Setting(False, "mask_zero", False),
    }
    return [Event(place, text, "embedding", settings, weights_of(module, names, {"weight": "table"}))]


_GATES = {"LSTM": (0, 1, 2, 3), "GRU": (1, 0, 2), "RNN": (0,)}
"""Order in which torch's gates make the canonical ones (i, f, c, o and z, r, h)."""

RECURRENT = {"lstm", "gru", "simple rnn"}


def cells(module: Any) -> int:
    """Return how many recurrent cells a module runs: layers times directions; 1 where it has none."""
    return int(module.num_layers) * (2 if module.bidirectional else 1) if hasattr(module, "num_layers") else 1


def _recurrent(place: str, text: str, module: Any, names: Names) -> list[Event]:
    import numpy as np

    gates, size = _GATES[module.mode.partition("_")[0]], module.hidden_size
    kind = {"LSTM": "lstm", "GRU": "gru", "RNN_TANH": "simple rnn", "RNN_RELU": "simple rnn"}[module.mode]
    rows = np.concatenate([np.arange(g * size, (g + 1) * size) for g in gates])
    found: list[Event] = []
    for number in range(module.num_layers):
        for suffix in ("", "_reverse") if module.bidirectional else ("",):
            second = "recurrent bias" if kind == "gru" else "second bias"
            first = "input bias" if kind == "gru" else "bias"
            roles = {"weight_ih": "kernel", "weight_hh": "recurrent kernel", "bias_ih": first, "bias_hh": second}
            place_of = f"_l{number}{suffix}"
            weights = weights_of(module, names, {f"{name}{place_of}": role for name, role in roles.items()})
            for weight in weights:
                weight.index = weight.index[rows].T
            settings = {"batch first": Setting(module.batch_first, "batch_first")}
            if kind == "gru":
                settings["reset after"] = Setting(True, "reset_after", False)
            if not found:
                settings["rate"] = _attribute(module, "dropout", 0.0)
            held = getattr(module, f"bias_hh{place_of}", None)
            if kind != "gru" and held is not None:
                settings["second bias"] = Setting(
                    "trained", f"bias_hh{place_of}", False, _frozen(held), {"none": "0, not trained"}
                )
            found.append(Event(place, text, kind, settings, weights))
    return found


def _frozen(tensor: Any) -> Callable[[Any], None]:
    import torch

    def change(value: Any) -> None:
        with torch.no_grad():
            tensor.zero_()
        tensor.requires_grad_(False)

    return change


def _attention(place: str, text: str, module: Any, names: Names) -> list[Event]:
    width = module.embed_dim
    weights = []
    parts = ("query", "key", "value")
    if module.in_proj_weight is not None and (raw := names.pop(id(module.in_proj_weight), "")):
        index = whole(tuple(module.in_proj_weight.shape))
        weights += [Weight(raw, f"{part} kernel", index[i * width : (i + 1) * width].T) for i, part in enumerate(parts)]
    for part in parts:
        tensor = getattr(module, f"{part[0]}_proj_weight")
        if tensor is not None and (raw := names.pop(id(tensor), "")):
            weights.append(Weight(raw, f"{part} kernel", whole(tuple(tensor.shape)).T))
    if module.in_proj_bias is not None and (raw := names.pop(id(module.in_proj_bias), "")):
        index = whole(tuple(module.in_proj_bias.shape))
        weights += [Weight(raw, f"{part} bias", index[i * width : (i + 1) * width]) for i, part in enumerate(parts)]
    last = weights_of(module.out_proj, names, {"weight": "output kernel", "bias": "output bias"})
    for weight in last:
        weight.index = weight.index.T
    settings = {
        "rate": _attribute(module, "dropout", 0.0),
        "heads": Setting(module.num_heads, "num_heads"),
        "batch first": Setting(module.batch_first, "batch_first"),
    }
    text = f"MultiheadAttention({width}, {module.num_heads})"
    return [Event(place, text, "attention", settings, weights + last)]


def _dropout(place: str, text: str, module: Any, names: Names) -> list[Event]:
    return [Event(place, text, "dropout", {"rate": _attribute(module, "p", 0.0)})]


def _pool(kind: str) -> Callable[..., list[Event]]:
    def describe(place: str, text: str, module: Any, names: Names) -> list[Event]:
        return [Event(place, text, kind, _pooled(module.padding, int(type(module).__name__[-2]), module))]

    return describe


def _pooled(padding: Any, rank: int, module: Any = None) -> dict[str, Setting]:
    """Describe a pooling of so many axes."""
    pads = list(padding) if isinstance(padding, tuple | list) else [padding] * rank
    both = [[p, p] for p in pads]
    settings = {"padding": Setting(both, "padding", words={str(both): str(padding)})}
    if module is not None and hasattr(module, "count_include_pad") and any(pads):
        settings["padding is counted"] = _attribute(module, "count_include_pad", True)
    return settings


def _plain(kind: str) -> Callable[..., list[Event]]:
    return lambda place, text, module, names: [Event(place, text, kind)]


def _tuned(kind: str, setting: str, name: str, default: Any) -> Callable[..., list[Event]]:
    return lambda place, text, module, names: [Event(place, text, kind, {setting: _attribute(module, name, default)})]


def _gelu(place: str, text: str, module: Any, names: Names) -> list[Event]:
    return [Event(place, text, "gelu", {"approximation": _attribute(module, "approximate", "none")})]


LAYERS: dict[str, Callable[..., list[Event]]] = {
    "Linear": _linear,
    **dict.fromkeys([f"{t}{n}d" for n in (1, 2, 3) for t in ("Conv", "ConvTranspose")], _convolution),
    **dict.fromkeys([f"BatchNorm{n}d" for n in (1, 2, 3)], _batch_norm),
    "LayerNorm": _layer_norm,
    "GroupNorm": _group_norm,
    "Embedding": _embedding,
    **dict.fromkeys(("LSTM", "GRU", "RNN"), _recurrent),
    "MultiheadAttention": _attention,
    **dict.fromkeys(("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"), _dropout),
    **dict.fromkeys([f"MaxPool{n}d" for n in (1, 2, 3)], _pool("max pooling")),
    **dict.fromkeys([f"AvgPool{n}d" for n in (1, 2, 3)], _pool("average pooling")),
    **dict.fromkeys([f"AdaptiveAvgPool{n}d" for n in (1, 2, 3)], _plain("global average pooling")),
    **dict.fromkeys([f"AdaptiveMaxPool{n}d" for n in (1, 2, 3)], _plain("global max pooling")),
    "Flatten": _plain("flatten"),
    "Upsample": _plain("upsampling"),
    "GELU": _gelu,
    "LeakyReLU": _tuned("leaky relu", "slope", "negative_slope", 0.01),
    "ELU": _tuned("elu", "alpha", "alpha", 1.0),
    "Softmax": _plain("softmax"),
    "LogSoftmax": _plain("log-softmax"),
    "ReLU": _plain("relu"),
    "ReLU6": _plain("relu6"),
    "Tanh": _plain("tanh"),
    "Sigmoid": _plain("sigmoid"),
    "SiLU": _plain("silu"),
    "SELU": _plain("selu"),
    "Softplus": _plain("softplus"),
    "Mish": _plain("mish"),
    "Hardswish": _plain("hard swish"),
    "Hardsigmoid": _plain("hard sigmoid"),
}


def _called(kind: str, **defaults: tuple[int, str, str, Any]) -> Callable[..., Event]:
    """Describe a function that is called; what it is given cannot be changed from outside."""

    def describe(name: str, args: Any, kwargs: Mapping[str, Any]) -> Event:
        settings = {}
        for common, (position, keyword, called, default) in defaults.items():
            value = args[position] if len(args) > position else kwargs.get(keyword, default)
            settings[common] = Setting(value, called, value != default)
        return Event(name, f"{name}()", kind, settings)

    return describe


_DROPOUTS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout")


def _undropped(name: str) -> Callable[..., Any]:
    """Return a dropout that drops nothing, and that whoever writes the layers down still sees."""
    from torch import overrides

    def undropped(input: Any, *args: Any, **kwargs: Any) -> Any:
        if overrides.has_torch_function_unary(input):
            return overrides.handle_torch_function(undropped, (input,), input, *args, **kwargs)
        return input

    undropped.__name__ = name
    return undropped


def _called_dropout(name: str, args: Any, kwargs: Mapping[str, Any]) -> Event:
    """Describe dropout that is called as a function; its rate is set to 0 for all such calls of this process."""
    from torch.nn import functional

    def change(value: Any) -> None:
        for called in _DROPOUTS:
            setattr(functional, called, _undropped(called))

    rate = args[1] if len(args) > 1 else kwargs.get("p", 0.5)
    return Event(name, f"{name}(p={rate})", "dropout", {"rate": Setting(rate, "p", change=change)})


def _called_pool(kind: str) -> Callable[..., Event]:
    def describe(name: str, args: Any, kwargs: Mapping[str, Any]) -> Event:
        padding = args[3] if len(args) > 3 else kwargs.get("padding", 0)
        return Event(name, f"{name}()", kind, _pooled(padding, int(name[-2])))

    return describe


FUNCTIONS: dict[str, Callable[..., Event]] = {
    **{name: _called(name) for name in ("relu", "tanh", "sigmoid", "silu", "selu", "softplus", "mish", "softmax")},
    "relu6": _called("relu6"),
    "log_softmax": _called("log-softmax"),
    "gelu": _called("gelu", approximation=(1, "approximate", "approximate", "none")),
    "leaky_relu": _called("leaky relu", slope=(1, "negative_slope", "negative_slope", 0.01)),
    "elu": _called("elu", alpha=(1, "alpha", "alpha", 1.0)),
    **dict.fromkeys(_DROPOUTS, _called_dropout),
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), _called_pool("max pooling")),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), _called_pool("average pooling")),
    **{f"adaptive_avg_pool{n}d": _called("global average pooling") for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": _called("global max pooling") for n in (1, 2, 3)},
    "flatten": _called("flatten"),
    "layer_norm": _called("layer normalisation", epsilon=(4, "eps", "eps", 1e-5)),
    "batch_norm": _called("batch normalisation", epsilon=(7, "eps", "eps", 1e-5)),
    "scaled_dot_product_attention": _called("scaled dot product"),
}
