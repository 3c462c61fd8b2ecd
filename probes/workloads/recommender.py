"""Trains a small recommender: embedding bags, dot interactions and two perceptrons (DLRM-like).

Question: which framework runs a step of a click model over sparse categories faster?
Why it matters: recommenders read a few rows of large tables per sample and do little arithmetic on them, so
    gather, scatter and sparse updates decide, not matrix products.
What is held equal: weights, categories (each bag of fixed length, summed), interactions in the same order, sigmoid
    cross-entropy on logits, plain SGD, and sparse gradients: both touch only the rows that were read.
What it does not tell: tables that span several devices, hashing, input pipelines over terabytes of logs, TPU
    embedding cores.
Source: Naumov et al. 2019, "Deep Learning Recommendation Model for Personalization and Recommendation
    Systems", arXiv 1906.00091.
"""

from __future__ import annotations

from typing import Any

from probes.types import Build, Twin

ZH = """训练小型推荐模型：嵌入袋、点积交互与两个感知机（类似 DLRM）。

问题：稀疏类别上的点击模型，一步哪个框架更快？
为何重要：推荐模型每个样本只读大表的几行，算得很少，所以起决定作用的是收集、散布与稀疏更新，而非矩阵乘法。
双方相同之处：权重、类别（每袋长度固定、求和）、次序相同的交互、对 logits 的 sigmoid 交叉熵、普通 SGD，以及稀疏
    梯度：双方只触及读过的行。
不能说明什么：跨多设备的表、哈希、数 TB 日志上的输入管道、TPU 的嵌入核心。
"""

SIZES: dict[str, dict[str, Any]] = {
    "small": {"batch": 128, "dense": 13, "tables": 8, "rows": 10_000, "width": 16, "bag": 4, "hidden": 64},
    "medium": {"batch": 512, "dense": 13, "tables": 26, "rows": 50_000, "width": 32, "bag": 4, "hidden": 256},
}
RATE = 2**-4
EXEMPTIONS: tuple[str, ...] = ()


def _pairs(size):
    fields = size["tables"] + 1
    return fields * (fields - 1) // 2


def _shapes(size):
    hidden, width = size["hidden"], size["width"]
    joined = width + _pairs(size)
    layers = {"bottom0": (size["dense"], hidden), "bottom1": (hidden, width), "top0": (joined, hidden)}
    return {**layers, "top1": (hidden, 1)}


def FLOPS(size):
    """Count two a multiply-add in dense layers and interactions, thrice for a step; gathers do none."""
    dense = sum(a * b for a, b in _shapes(size).values())
    return 3 * 2.0 * size["batch"] * (dense + (size["tables"] + 1) ** 2 * size["width"])


def data(size, seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    shape = (size["batch"], size["tables"], size["bag"])
    popular = rng.random(shape) ** 3  # a few rows are read often, as in clicks
    return {
        "dense": rng.standard_normal((size["batch"], size["dense"]), dtype=np.float32),
        "categories": (popular * size["rows"]).astype(np.int32),
        "clicked": rng.integers(0, 2, size["batch"]).astype(np.float32),
    }


def weights(size, seed):
    import numpy as np

    rng, made = np.random.default_rng(seed + 1), {}
    for name, (a, b) in _shapes(size).items():
        made[f"{name}.kernel"] = rng.standard_normal((a, b), dtype=np.float32) * np.float32((2 / a) ** 0.5)
        made[f"{name}.bias"] = rng.standard_normal(b, dtype=np.float32) * np.float32(0.1)
    for i in range(size["tables"]):
        made[f"table{i}"] = rng.standard_normal((size["rows"], size["width"]), dtype=np.float32) * np.float32(0.2)
    return made


def pytorch(build: Build) -> Twin:
    import torch
    from torch import nn

    from probes.backends.pytorch import supervised

    size, shapes = build.size, _shapes(build.size)
    lower = torch.tril_indices(size["tables"] + 1, size["tables"] + 1, offset=-1, device=build.device)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.tables = nn.ModuleList(
                nn.EmbeddingBag(size["rows"], size["width"], mode="sum", sparse=True) for _ in range(size["tables"])
            )
            for name, (a, b) in shapes.items():
                setattr(self, name, nn.Linear(a, b))

        def forward(self, dense, categories):
            bottom = torch.relu(self.bottom1(torch.relu(self.bottom0(dense))))
            bags = [table(categories[:, i]) for i, table in enumerate(self.tables)]
            fields = torch.stack([bottom, *bags], dim=1)  # (batch, fields, width)
            products = torch.bmm(fields, fields.transpose(1, 2))
            interactions = products[:, lower[0], lower[1]]
            top = torch.cat([bottom, interactions], dim=1)
            return self.top1(torch.relu(self.top0(top))).squeeze(1)

    model = Model()
    tensors: dict[str, Any] = {f"table{i}": (table.weight, None) for i, table in enumerate(model.tables)}
    for name in shapes:
        tensors[f"{name}.kernel"] = (getattr(model, name).weight, (1, 0))
        tensors[f"{name}.bias"] = (getattr(model, name).bias, None)

    return supervised(
        build,
        model,
        tensors=tensors,
        call=lambda model, batch: {"logits": model(batch["dense"], batch["categories"])},
        loss=lambda outputs, batch: nn.functional.binary_cross_entropy_with_logits(outputs["logits"], batch["clicked"]),
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=RATE),
    )


def tensorflow(build: Build) -> Twin:
    import keras
    import numpy as np
    import tensorflow as tf

    from probes.backends.tensorflow import supervised

    size, shapes, dtype = build.size, _shapes(build.size), build.dtype
    fields = size["tables"] + 1
    rows, columns = np.tril_indices(fields, k=-1)
    lower = tf.constant(rows * fields + columns, tf.int32)

    class Model(keras.Model):
        def __init__(self):
            super().__init__(dtype=dtype)
            self.tables = [
                keras.layers.Embedding(size["rows"], size["width"], dtype=dtype) for _ in range(size["tables"])
            ]
            for name, (_, b) in shapes.items():
                activation = None if name == "top1" else "relu"
                setattr(self, name, keras.layers.Dense(b, activation=activation, dtype=dtype))

        def call(self, inputs):
            dense, categories = inputs
            bottom = self.bottom1(self.bottom0(dense))
            bags = [tf.reduce_sum(table(categories[:, i]), axis=1) for i, table in enumerate(self.tables)]
            stacked = tf.stack([bottom, *bags], axis=1)  # (batch, fields, width)
            products = tf.matmul(stacked, stacked, transpose_b=True)
            interactions = tf.gather(tf.reshape(products, (-1, fields * fields)), lower, axis=1)
            top = tf.concat([bottom, interactions], axis=1)
            return tf.squeeze(self.top1(self.top0(top)), 1)

    model = Model()
    model((tf.zeros((1, size["dense"]), dtype), tf.zeros((1, size["tables"], size["bag"]), tf.int32)))
    tensors = {f"table{i}": table.embeddings for i, table in enumerate(model.tables)}
    for name in shapes:
        tensors[f"{name}.kernel"] = getattr(model, name).kernel
        tensors[f"{name}.bias"] = getattr(model, name).bias
    entropy = keras.losses.BinaryCrossentropy(from_logits=True, dtype=dtype)

    return supervised(
        build,
        model,
        tensors=tensors,
        call=lambda model, batch, training: {"logits": model((batch["dense"], batch["categories"]))},
        loss=lambda outputs, batch: entropy(batch["clicked"], outputs["logits"]),
        optimiser=keras.optimizers.SGD(RATE),
        fit=(lambda batch: ((batch["dense"], batch["categories"]), batch["clicked"]), entropy),
    )
