"""A transformer encoder of the BERT kind, classifying a sequence by its first token.

Question: what does a step cost where matrix products, softmax and normalisation alternate?
Why it matters: encoders of this kind classify, search and rank text everywhere.
What is held equal: attention is written out in both, operation by operation, so that the ratio is the framework's
    and not that of one side's fused kernel; exact GELU; normalisation's epsilon; Adam with the same equation; weights.
What it does not tell: what a fused attention kernel gains, dropout, padding masks, mixed precision.
Source: Devlin et al., BERT, NAACL 2019; Vaswani et al., Attention Is All You Need, NeurIPS 2017.
"""

from __future__ import annotations

from typing import Any

from probes.types import Build, Twin

ZH = """BERT 类的 Transformer 编码器，以首个词给序列分类。

问题：矩阵乘法、softmax 与归一化交替时，一步要多久？
为何重要：文本的分类、检索与排序处处用这类编码器。
双方相同之处：双方都把注意力逐个算子写出，使比值属于框架，而不是某一边的融合内核；精确 GELU；归一化的 epsilon；
    公式相同的 Adam；权重。
不能说明什么：融合注意力内核的收益、dropout、填充掩码、混合精度。
"""

SIZES: dict[str, dict[str, Any]] = {
    "small": {"batch": 8, "length": 32, "width": 128, "heads": 4, "layers": 2, "words": 1000, "classes": 2},
    "medium": {"batch": 16, "length": 128, "width": 256, "heads": 4, "layers": 4, "words": 8000, "classes": 2},
}
RATE, EPSILON = 2**-12, 1e-5
ADAM, BETAS = 2**-17, (1 - 3 / 32, 1 - 2**-10)
"""PyTorch's epsilon and betas of Adam, near the usual ones but held exactly by float32, through which Keras casts
them. Keras adds its epsilon before the bias correction: times sqrt(1 - beta2) it means the same at the first step."""
EXEMPTIONS = (
    "Adam's epsilon means the same at the first step only; later Keras' is the smaller one relative to the corrected "
    "second moment. Both lie far below the gradients, and the cost of a step does not depend on them",
)

PROJECTIONS = ("query", "key", "value", "joined")


def _dense(size):
    """List (name, inputs, outputs) of every dense layer of the encoder."""
    d = size["width"]
    found = [
        (f"layer{i}.{name}", a, b)
        for i in range(size["layers"])
        for name, a, b in [*((p, d, d) for p in PROJECTIONS), ("up", d, 4 * d), ("down", 4 * d, d)]
    ]
    return [*found, ("pool", d, d), ("head", d, size["classes"])]


def _norms(size):
    return ["start"] + [f"layer{i}.{name}" for i in range(size["layers"]) for name in ("norm1", "norm2")]


def FLOPS(size):
    """Count two a multiply-add, three passes; attention's two products counted too."""
    tokens, d = size["batch"] * size["length"], size["width"]
    dense = sum(2.0 * a * b * (tokens if name.startswith("layer") else size["batch"]) for name, a, b in _dense(size))
    return 3 * (dense + size["layers"] * 4.0 * tokens * size["length"] * d)


def data(size, seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    # No word twice: for a repeated one Keras' Adam squares the parts of the gradient, not their sum.
    words = rng.permutation(size["words"])[: size["batch"] * size["length"]]
    return {
        "x": words.reshape(size["batch"], size["length"]).astype(np.int32),
        "y": rng.integers(0, size["classes"], size["batch"], dtype=np.int32),
    }


def weights(size, seed):
    import numpy as np

    rng, d = np.random.default_rng(seed + 1), size["width"]
    made = {
        "words": rng.standard_normal((size["words"], d), dtype=np.float32) * np.float32(0.1),
        "places": rng.standard_normal((size["length"], d), dtype=np.float32) * np.float32(0.1),
    }
    for name, a, b in _dense(size):
        made[f"{name}.kernel"] = rng.standard_normal((a, b), dtype=np.float32) * np.float32(a**-0.5)
        made[f"{name}.bias"] = rng.standard_normal(b, dtype=np.float32) * np.float32(0.02)
    for name in _norms(size):
        made[f"{name}.scale"] = rng.uniform(0.8, 1.2, d).astype(np.float32)
        made[f"{name}.shift"] = rng.standard_normal(d, dtype=np.float32) * np.float32(0.02)
    return made


def pytorch(build: Build) -> Twin:
    import torch
    from torch import nn

    from probes.backends.pytorch import supervised

    size = build.size
    heads, depth = size["heads"], size["width"] // size["heads"]

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(size["words"], size["width"])
            self.places = nn.Parameter(torch.empty(size["length"], size["width"]))
            self.dense = nn.ModuleDict({n.replace(".", "_"): nn.Linear(a, b) for n, a, b in _dense(size)})
            self.norms = nn.ModuleDict(
                {n.replace(".", "_"): nn.LayerNorm(size["width"], EPSILON) for n in _norms(size)}
            )

        def attend(self, x, i):
            batch, length, width = x.shape

            def split(name):
                y = self.dense[f"layer{i}_{name}"](x)
                return y.reshape(batch, length, heads, depth).transpose(1, 2)

            scores = torch.matmul(split("query"), split("key").transpose(2, 3)) * depth**-0.5
            mixed = torch.matmul(torch.softmax(scores, dim=-1), split("value"))
            return self.dense[f"layer{i}_joined"](mixed.transpose(1, 2).reshape(batch, length, width))

        def forward(self, ids):
            x = self.norms["start"](self.words(ids) + self.places)
            for i in range(size["layers"]):
                x = self.norms[f"layer{i}_norm1"](x + self.attend(x, i))
                y = nn.functional.gelu(self.dense[f"layer{i}_up"](x))
                x = self.norms[f"layer{i}_norm2"](x + self.dense[f"layer{i}_down"](y))
            return self.dense["head"](torch.tanh(self.dense["pool"](x[:, 0])))

    model = Encoder()
    tensors: dict[str, Any] = {"words": (model.words.weight, None), "places": (model.places, None)}
    for name, *_ in _dense(size):
        layer = model.dense[name.replace(".", "_")]
        tensors |= {f"{name}.kernel": (layer.weight, (1, 0)), f"{name}.bias": (layer.bias, None)}
    for name in _norms(size):
        norm = model.norms[name.replace(".", "_")]
        tensors |= {f"{name}.scale": (norm.weight, None), f"{name}.shift": (norm.bias, None)}

    return supervised(
        build,
        model,
        tensors=tensors,
        call=lambda model, batch: {"logits": model(batch["x"])},
        loss=lambda outputs, batch: nn.functional.cross_entropy(outputs["logits"], batch["y"]),
        optimiser=lambda parameters: torch.optim.Adam(parameters, lr=RATE, betas=BETAS, eps=ADAM),
    )


def tensorflow(build: Build) -> Twin:
    import tensorflow as tf

    from probes.backends.tensorflow import supervised

    size, layers = build.size, tf.keras.layers
    heads, depth = size["heads"], size["width"] // size["heads"]

    class Encoder(tf.keras.Model):
        def __init__(self):
            super().__init__(dtype=build.dtype)
            self.words = layers.Embedding(size["words"], size["width"], dtype=build.dtype)
            self.places = self.add_weight(name="places", shape=(size["length"], size["width"]), dtype=build.dtype)
            self.dense = {n.replace(".", "_"): layers.Dense(b, dtype=build.dtype) for n, _, b in _dense(size)}
            self.norms = {
                n.replace(".", "_"): layers.LayerNormalization(epsilon=EPSILON, dtype=build.dtype) for n in _norms(size)
            }

        def attend(self, x, i):
            length, width = x.shape[1:]

            def split(name):
                y = self.dense[f"layer{i}_{name}"](x)
                return tf.transpose(tf.reshape(y, (-1, length, heads, depth)), (0, 2, 1, 3))

            scores = tf.matmul(split("query"), split("key"), transpose_b=True) * depth**-0.5
            mixed = tf.matmul(tf.nn.softmax(scores), split("value"))
            return self.dense[f"layer{i}_joined"](tf.reshape(tf.transpose(mixed, (0, 2, 1, 3)), (-1, length, width)))

        def call(self, ids, training=False):
            x = self.norms["start"](self.words(ids) + self.places)
            for i in range(size["layers"]):
                x = self.norms[f"layer{i}_norm1"](x + self.attend(x, i))
                y = self.dense[f"layer{i}_up"](x)
                y = 0.5 * y * (1.0 + tf.math.erf(y / 2**0.5))  # tf.nn.gelu's own words, whose sqrt(2) is a float32
                x = self.norms[f"layer{i}_norm2"](x + self.dense[f"layer{i}_down"](y))
            return self.dense["head"](tf.tanh(self.dense["pool"](x[:, 0])))

    model = Encoder()
    model(tf.zeros((1, size["length"]), tf.int32))
    tensors = {"words": model.words.embeddings, "places": model.places}
    for name, *_ in _dense(size):
        layer = model.dense[name.replace(".", "_")]
        tensors |= {f"{name}.kernel": layer.kernel, f"{name}.bias": layer.bias}
    for name in _norms(size):
        norm = model.norms[name.replace(".", "_")]
        tensors |= {f"{name}.scale": norm.gamma, f"{name}.shift": norm.beta}
    entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype=build.dtype)

    return supervised(
        build,
        model,
        tensors=tensors,
        call=lambda model, batch, training: {"logits": model(batch["x"], training=training)},
        loss=lambda outputs, batch: entropy(batch["y"], outputs["logits"]),
        optimiser=tf.keras.optimizers.Adam(RATE, *BETAS, epsilon=ADAM * 2**-5),
        fit=(lambda batch: (batch["x"], batch["y"]), entropy),
    )
