"""A small image classifier of the kind that is shipped to phones and boards: depthwise-separable convolutions.

Question: what does a net cost whose parts every converter and every small runtime knows?
Why it matters: classifiers on devices are nets of this kind (MobileNet), of a hundred kilobytes or a few megabytes, and
    whether they get out of the framework, how large and how fast, is asked of exactly these layers.
What is held equal: the same drawn pictures (ten kinds of bright figures on a dark ground, in any place, size and
    colour, under noise), which two hundred steps teach a net to tell apart, so that a quantised copy can agree or not;
    the same stock layers in a Sequential model on each side, the same weights, momentum SGD. Kernels of three at stride
    one, where Keras' "same" pads as PyTorch's 1 does; pooling halves. Each side keeps its own layout.
What it does not tell: batch normalisation (folded away before a net is shipped), photographs, millions of weights.
Source: Howard et al. 2017, "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
    arXiv 1704.04861.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from probes.types import Build, Twin

ZH = """手机与开发板上常用的小型图像分类器：深度可分离卷积。

问题：由各转换器与小型运行时都认识的部件组成的网络，代价是多少？
为何重要：设备上的分类器正是这类网络（MobileNet），大小从一百 KB 到几 MB；能否导出、有多大、有多快，问的就是这些层。
双方相同之处：相同的绘制图片（暗底上的十种亮图形，位置、大小与颜色任意，带噪声），两百步即可教会网络区分它们，量化后的
    副本是否给出相同答案才有意义；双方都是由相同现成层组成的 Sequential 模型，相同的权重，带动量的 SGD。卷积核为三、
    步幅为一，此时 Keras 的 same 与 PyTorch 的填充 1 一致；由池化减半。各边用自己的布局。
不能说明什么：批归一化（发布前已被折叠）、照片，或有数百万权重的网络。
"""

SIZES: dict[str, dict[str, Any]] = {
    "small": {"batch": 32, "side": 32, "width": 16, "stages": 4},
    "medium": {"batch": 32, "side": 96, "width": 24, "stages": 4},
}
CLASSES = 10
RATE, MOMENTUM = 2**-5, 0.9
EXEMPTIONS: tuple[str, ...] = ()

HWIO_TO_OIHW = (3, 2, 0, 1)
HWIM_TO_IMHW = (2, 3, 0, 1)
NHWC_TO_NCHW = (0, 3, 1, 2)


def _widths(size):
    """Return the channels that each stage gives: the first convolution's, then those of the separable ones."""
    return [size["width"] * 2**stage for stage in range(size["stages"] + 1)]


def _kernels(size):
    """List (name, shape of the kernel, side of the output) of every layer with weights; the dense one is the last."""
    widths, side = _widths(size), size["side"]
    found = [("stem", (3, 3, 3, widths[0]), side)]
    for stage, (a, b) in enumerate(pairwise(widths)):
        side //= 2
        found.append((f"block{stage}.depthwise", (3, 3, a, 1), side))
        found.append((f"block{stage}.pointwise", (1, 1, a, b), side))
    return [*found, ("head", (widths[-1], CLASSES), 1)]


def FLOPS(size):
    """Count two a multiply-add, three passes; the first convolution needs no gradient of its input."""
    products = []
    for _, shape, side in _kernels(size):
        count = 1
        for length in shape:
            count *= length
        products.append(2.0 * size["batch"] * side**2 * count)
    return 3 * sum(products) - products[0]


def _figures(x, y):
    """Return which pixels each kind of figure covers, by coordinates from its middle in units of its size."""
    import numpy as np

    far, tall = np.hypot(x, y), np.maximum(abs(x), abs(y))
    return [
        far < 0.9,
        (far < 1) & (far > 0.6),
        tall < 0.8,
        (tall < 0.9) & (tall > 0.55),
        (y < 0.8) & (y > 2 * abs(x) - 0.9),
        (y > -0.8) & (y < 0.9 - 2 * abs(x)),
        (tall < 1) & (np.minimum(abs(x), abs(y)) < 0.28),
        (tall < 0.9) & (abs(abs(x) - abs(y)) < 0.3),
        (tall < 1) & (np.sin(3 * np.pi * x) > 0),
        (tall < 1) & (np.sin(3 * np.pi * y) > 0),
    ]


def data(size, seed):
    import numpy as np

    rng, batch = np.random.default_rng(seed), size["batch"]

    def drawn(low, high, *shape):
        return rng.uniform(low, high, (batch, *shape)).astype(np.float32)

    kinds = rng.integers(0, CLASSES, batch, dtype=np.int32)
    line = np.linspace(-1, 1, size["side"], dtype=np.float32)
    extent = drawn(0.4, 0.75, 1, 1)
    x = (line[None, None, :] - drawn(-0.3, 0.3, 1, 1)) / extent
    y = (line[None, :, None] - drawn(-0.3, 0.3, 1, 1)) / extent
    inside = np.choose(kinds[:, None, None], np.broadcast_arrays(*_figures(x, y)))[..., None]
    pictures = np.where(inside, drawn(0.3, 1, 1, 1, 3), drawn(-1, -0.3, 1, 1, 3))
    noise = rng.standard_normal(pictures.shape, dtype=np.float32) * np.float32(0.2)
    return {"x": pictures + noise, "y": kinds}


def weights(size, seed):
    import numpy as np

    rng, made = np.random.default_rng(seed + 1), {}
    for name, shape, _ in _kernels(size):
        depthwise = name.endswith("depthwise")
        fan = int(np.prod(shape[:2] if depthwise else shape[:-1]))
        made[f"{name}.kernel"] = rng.standard_normal(shape, dtype=np.float32) * np.float32((2 / fan) ** 0.5)
        made[f"{name}.bias"] = np.zeros(shape[2] if depthwise else shape[-1], np.float32)
    return made


def pytorch(build: Build) -> Twin:
    from torch import nn, optim

    from probes.backends.pytorch import supervised

    widths = _widths(build.size)
    parts = [nn.Conv2d(3, widths[0], 3, padding=1), nn.ReLU()]
    for a, b in pairwise(widths):
        parts += [nn.MaxPool2d(2), nn.Conv2d(a, a, 3, padding=1, groups=a), nn.ReLU(), nn.Conv2d(a, b, 1), nn.ReLU()]
    model = nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], CLASSES))

    tensors: dict[str, Any] = {}
    layers = [layer for layer in model if hasattr(layer, "weight")]
    for (name, shape, _), layer in zip(_kernels(build.size), layers, strict=True):
        axes = (1, 0) if len(shape) == 2 else HWIM_TO_IMHW if name.endswith("depthwise") else HWIO_TO_OIHW
        tensors |= {f"{name}.kernel": (layer.weight, axes), f"{name}.bias": (layer.bias, None)}

    return supervised(
        build,
        model,
        tensors=tensors,
        call=lambda model, batch: {"logits": model(batch["x"])},
        loss=lambda outputs, batch: nn.functional.cross_entropy(outputs["logits"], batch["y"]),
        optimiser=lambda parameters: optim.SGD(parameters, lr=RATE, momentum=MOMENTUM),
        layouts={"x": NHWC_TO_NCHW},
    )


def tensorflow(build: Build) -> Twin:
    import tensorflow as tf

    from probes.backends.tensorflow import supervised

    size, layers, widths = build.size, tf.keras.layers, _widths(build.size)
    options: dict[str, Any] = {"padding": "same", "activation": "relu", "dtype": build.dtype}
    parts = [tf.keras.Input((size["side"], size["side"], 3), dtype=build.dtype), layers.Conv2D(widths[0], 3, **options)]
    for width in widths[1:]:
        parts += [
            layers.MaxPooling2D(2, dtype=build.dtype),
            layers.DepthwiseConv2D(3, **options),
            layers.Conv2D(width, 1, **options),
        ]
    parts += [layers.GlobalAveragePooling2D(dtype=build.dtype), layers.Dense(CLASSES, dtype=build.dtype)]
    model = tf.keras.Sequential(parts)

    tensors: dict[str, Any] = {}
    weighted = [layer for layer in model.layers if layer.weights]
    for (name, *_), layer in zip(_kernels(size), weighted, strict=True):
        tensors |= {f"{name}.kernel": layer.kernel, f"{name}.bias": layer.bias}
    entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype=build.dtype)

    return supervised(
        build,
        model,
        tensors=tensors,
        call=lambda model, batch, training: {"logits": model(batch["x"], training=training)},
        loss=lambda outputs, batch: entropy(batch["y"], outputs["logits"]),
        optimiser=tf.keras.optimizers.SGD(RATE, momentum=MOMENTUM),
        fit=(lambda batch: (batch["x"], batch["y"]), entropy),
    )
