"""A multi-layer perceptron: the smallest thing everybody trains.

Question: what does a step cost where a few large matrix products are all there is?
Why it matters: it is the plainest sum of what a framework adds to the arithmetic, and the head of most other models.
What is held equal: three dense layers with ReLU, softmax cross-entropy, momentum SGD; one batch; the same weights.
What it does not tell: anything about layers with memory, convolution or attention.
Source: Rumelhart, Hinton & Williams 1986, Nature 323.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from probes.types import Build, Twin

ZH = """多层感知机：人人都训练的最小模型。

问题：只有几个大矩阵乘法时，一步要多久？
为何重要：它最直白地显示框架在算术之外加了多少，也是多数其他模型的末端。
双方相同之处：三个带 ReLU 的全连接层、softmax 交叉熵、带动量的 SGD；同一批数据；相同的权重。
不能说明什么：任何关于带记忆的层、卷积或注意力的事。
"""

SIZES: dict[str, dict[str, Any]] = {
    "small": {"batch": 128, "features": 256, "width": 512, "classes": 10},
    "medium": {"batch": 256, "features": 784, "width": 2048, "classes": 10},
}
RATE, MOMENTUM = 2**-7, 0.9
"""Keras keeps the rate in float32 even for float64 weights, so it must be a number float32 holds exactly."""
EXEMPTIONS: tuple[str, ...] = ()


def _widths(size):
    return [size["features"], size["width"], size["width"], size["classes"]]


def FLOPS(size):
    """Count two a multiply-add; the backward pass costs twice the forward pass, less the unneeded input gradient."""
    widths = _widths(size)
    products = [2.0 * size["batch"] * a * b for a, b in pairwise(widths)]
    return 3 * sum(products) - products[0]


def data(size, seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    return {
        "x": rng.standard_normal((size["batch"], size["features"]), dtype=np.float32),
        "y": rng.integers(0, size["classes"], size["batch"], dtype=np.int32),
    }


def weights(size, seed):
    import numpy as np

    rng, widths, made = np.random.default_rng(seed + 1), _widths(size), {}
    for i, (a, b) in enumerate(pairwise(widths)):
        made[f"dense{i}.kernel"] = rng.standard_normal((a, b), dtype=np.float32) * np.float32((2 / a) ** 0.5)
        made[f"dense{i}.bias"] = rng.standard_normal(b, dtype=np.float32) * np.float32(0.01)
    return made


def pytorch(build: Build) -> Twin:
    import torch
    from torch import nn

    from probes.backends.pytorch import supervised

    widths = _widths(build.size)
    dense = [nn.Linear(a, b) for a, b in pairwise(widths)]
    model = nn.Sequential(dense[0], nn.ReLU(), dense[1], nn.ReLU(), dense[2])

    return supervised(
        build,
        model,
        tensors={f"dense{i}.kernel": (layer.weight, (1, 0)) for i, layer in enumerate(dense)}
        | {f"dense{i}.bias": (layer.bias, None) for i, layer in enumerate(dense)},
        call=lambda model, batch: {"logits": model(batch["x"])},
        loss=lambda outputs, batch: nn.functional.cross_entropy(outputs["logits"], batch["y"]),
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM),
    )


def tensorflow(build: Build) -> Twin:
    import tensorflow as tf

    from probes.backends.tensorflow import supervised

    layers, widths = tf.keras.layers, _widths(build.size)
    dense = [layers.Dense(width, dtype=build.dtype) for width in widths[1:]]
    relu = [layers.ReLU(dtype=build.dtype) for _ in range(2)]
    model = tf.keras.Sequential([dense[0], relu[0], dense[1], relu[1], dense[2]])
    model.build((build.size["batch"], widths[0]))
    entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype=build.dtype)

    return supervised(
        build,
        model,
        tensors={f"dense{i}.kernel": layer.kernel for i, layer in enumerate(dense)}
        | {f"dense{i}.bias": layer.bias for i, layer in enumerate(dense)},
        call=lambda model, batch, training: {"logits": model(batch["x"], training=training)},
        loss=lambda outputs, batch: entropy(batch["y"], outputs["logits"]),
        optimiser=tf.keras.optimizers.SGD(RATE, momentum=MOMENTUM),
        fit=(lambda batch: (batch["x"], batch["y"]), entropy),
    )
