"""A small residual convolution net of the ResNet kind.

Question: what does a step cost where convolutions, batch normalisation and additions alternate?
Why it matters: image models still run on nets of this kind, and their speed hangs on layout and fused kernels.
What is held equal: explicit padding (Keras' "same" is asymmetric at stride two), normalisation's epsilon and momentum,
    momentum SGD, the same weights. Each side keeps its framework's own layout: channels first in PyTorch (channels
    last when tuned), channels last in TensorFlow.
What it does not tell: data augmentation, mixed precision, or nets large enough to fill a GPU.
Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016.
"""

from __future__ import annotations

from typing import Any

from probes.types import Build, Twin

ZH = """ResNet 类的小型残差卷积网络。

问题：卷积、批归一化与相加交替时，一步要多久？
为何重要：图像模型至今仍用这类网络，其速度取决于布局与融合内核。
双方相同之处：显式填充（Keras 的 same 在步幅为二时不对称）、归一化的 epsilon 与动量、带动量的 SGD、相同的权重。
    各边用自己框架的布局：PyTorch 通道在前（调优时在后），TensorFlow 通道在后。
不能说明什么：数据增强、混合精度，或大到能占满 GPU 的网络。
"""

SIZES: dict[str, dict[str, Any]] = {
    "small": {"batch": 16, "side": 32, "width": 16, "stages": 3, "classes": 10},
    "medium": {"batch": 32, "side": 64, "width": 32, "stages": 4, "classes": 100},
}
RATE, MOMENTUM = 2**-7, 0.9
EPSILON, DECAY = 1e-5, 0.9
EXEMPTIONS = ("weights:*.variance: PyTorch keeps the running variance over n - 1, Keras over n",)

HWIO_TO_OIHW = (3, 2, 0, 1)
NHWC_TO_NCHW = (0, 3, 1, 2)


def _convolutions(size):
    """List (name, kernel, inputs, outputs, stride, side of the output)."""
    width, side = size["width"], size["side"]
    found = [("stem", 3, 3, width, 1, side)]
    inputs = width
    for stage in range(size["stages"]):
        outputs, stride = width * 2**stage, 1 if stage == 0 else 2
        side //= stride
        found.append((f"block{stage}.first", 3, inputs, outputs, stride, side))
        found.append((f"block{stage}.second", 3, outputs, outputs, 1, side))
        if stride > 1:
            found.append((f"block{stage}.skip", 1, inputs, outputs, stride, side))
        inputs = outputs
    return found


def _last(size):
    return size["width"] * 2 ** (size["stages"] - 1)


def FLOPS(size):
    """Count two a multiply-add, three passes; the stem needs no gradient of its input."""
    products = [2.0 * size["batch"] * side**2 * k * k * a * b for _, k, a, b, _, side in _convolutions(size)]
    head = 2.0 * size["batch"] * _last(size) * size["classes"]
    return 3 * (sum(products) + head) - products[0]


def data(size, seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    return {
        "x": rng.standard_normal((size["batch"], size["side"], size["side"], 3), dtype=np.float32),
        "y": rng.integers(0, size["classes"], size["batch"], dtype=np.int32),
    }


def weights(size, seed):
    import numpy as np

    rng, made = np.random.default_rng(seed + 1), {}
    for name, k, a, b, _, _ in _convolutions(size):
        made[f"{name}.kernel"] = rng.standard_normal((k, k, a, b), dtype=np.float32) * np.float32(
            (2 / (k * k * a)) ** 0.5
        )
        made[f"{name}.scale"] = rng.uniform(0.5, 1.5, b).astype(np.float32)
        made[f"{name}.shift"] = rng.standard_normal(b, dtype=np.float32) * np.float32(0.1)
        made[f"{name}.mean"] = np.zeros(b, np.float32)
        made[f"{name}.variance"] = np.ones(b, np.float32)
    made["head.kernel"] = rng.standard_normal((_last(size), size["classes"]), dtype=np.float32) * np.float32(0.05)
    made["head.bias"] = np.zeros(size["classes"], np.float32)
    return made


def pytorch(build: Build) -> Twin:
    import torch
    from torch import nn

    from probes.backends.pytorch import supervised

    size = build.size

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ModuleDict()
            for name, k, a, b, stride, _ in _convolutions(size):
                conv = nn.Conv2d(a, b, k, stride, padding=k // 2, bias=False)
                self.parts[name.replace(".", "_")] = nn.Sequential(conv, nn.BatchNorm2d(b, EPSILON, 1 - DECAY))
            self.head = nn.Linear(_last(size), size["classes"])

        def forward(self, x):
            x = torch.relu(self.parts["stem"](x))
            for stage in range(size["stages"]):
                y = torch.relu(self.parts[f"block{stage}_first"](x))
                y = self.parts[f"block{stage}_second"](y)
                skip = self.parts[f"block{stage}_skip"](x) if stage else x
                x = torch.relu(y + skip)
            return self.head(x.mean(dim=(2, 3)))

    model = Net()
    tensors: dict[str, Any] = {"head.kernel": (model.head.weight, (1, 0)), "head.bias": (model.head.bias, None)}
    for name, *_ in _convolutions(size):
        conv, norm = model.parts[name.replace(".", "_")]
        tensors[f"{name}.kernel"] = (conv.weight, HWIO_TO_OIHW)
        tensors |= {f"{name}.scale": (norm.weight, None), f"{name}.shift": (norm.bias, None)}
        tensors |= {f"{name}.mean": (norm.running_mean, None), f"{name}.variance": (norm.running_var, None)}

    return supervised(
        build,
        model,
        tensors=tensors,
        call=lambda model, batch: {"logits": model(batch["x"])},
        loss=lambda outputs, batch: nn.functional.cross_entropy(outputs["logits"], batch["y"]),
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM),
        layouts={"x": NHWC_TO_NCHW},
    )


def tensorflow(build: Build) -> Twin:
    import tensorflow as tf

    from probes.backends.tensorflow import supervised

    size, layers = build.size, tf.keras.layers

    class Net(tf.keras.Model):
        def __init__(self):
            super().__init__(dtype=build.dtype)
            self.parts = {}
            for name, k, a, b, stride, _ in _convolutions(size):
                pad = layers.ZeroPadding2D(k // 2, dtype=build.dtype)
                conv = layers.Conv2D(b, k, stride, padding="valid", use_bias=False, dtype=build.dtype)
                norm = layers.BatchNormalization(momentum=DECAY, epsilon=EPSILON, dtype=build.dtype)
                conv.build((None, None, None, a))
                norm.build((None, None, None, b))
                self.parts[name.replace(".", "_")] = (pad, conv, norm) if k > 1 else (conv, norm)
            self.head = layers.Dense(size["classes"], dtype=build.dtype)
            self.head.build((None, _last(size)))

        def part(self, name, x, training):
            *before, norm = self.parts[name]
            for layer in before:
                x = layer(x)
            return norm(x, training=training)

        def call(self, x, training=False):
            x = tf.nn.relu(self.part("stem", x, training))
            for stage in range(size["stages"]):
                y = tf.nn.relu(self.part(f"block{stage}_first", x, training))
                y = self.part(f"block{stage}_second", y, training)
                skip = self.part(f"block{stage}_skip", x, training) if stage else x
                x = tf.nn.relu(y + skip)
            return self.head(tf.reduce_mean(x, axis=(1, 2)))

    model = Net()
    model.build((size["batch"], size["side"], size["side"], 3))
    tensors = {"head.kernel": model.head.kernel, "head.bias": model.head.bias}
    for name, *_ in _convolutions(size):
        *_, conv, norm = model.parts[name.replace(".", "_")]
        tensors[f"{name}.kernel"] = conv.kernel
        tensors |= {f"{name}.scale": norm.gamma, f"{name}.shift": norm.beta}
        tensors |= {f"{name}.mean": norm.moving_mean, f"{name}.variance": norm.moving_variance}
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
