"""Trains and decodes a small causal language model (pre-norm transformer decoder).

Question: which framework runs a step of a GPT-like model, and its token-by-token decoding, faster?
Why it matters: training and serving language models is attention, wide matrix products and, when
    decoding, hundreds of tiny calls in a row; the last shows the price of a call.
What is held equal: weights, tokens, exact GELU, LayerNorm epsilon, causal attention by each framework's own
    scaled-dot-product call, mean cross-entropy over all positions, SGD with momentum .9; decoding is
    greedy with a cache of fixed size written in place, the prompt in one call and then one token a call.
What it does not tell: what hand-tuned serving engines (vLLM and the like), sampling, paging of the cache,
    quantisation or several devices would change.
Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; Vaswani et al. 2017,
    arXiv 1706.03762.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from probes.types import Build, Twin

ZH = """训练并解码小型因果语言模型（前置归一化的 Transformer 解码器）。

问题：类似 GPT 的模型，训练一步与逐词解码，哪个框架更快？
为何重要：训练与服务语言模型就是注意力和宽矩阵乘法，解码时则是接连数百次小调用，后者显出一次调用的代价。
双方相同之处：权重、词、精确 GELU、LayerNorm 的 epsilon、各框架自己的缩放点积因果注意力、所有位置的平均交叉熵、
    动量 .9 的 SGD；解码为贪心，缓存大小固定、就地写入，提示一次调用，之后每词一次。
不能说明什么：专门的服务引擎（如 vLLM）、采样、缓存分页、量化或多设备会带来的变化。
"""

SIZES: dict[str, dict[str, Any]] = {
    "small": {
        "batch": 8, "context": 64, "vocabulary": 512, "width": 64, "heads": 4, "layers": 2, "prompt": 16, "new": 24
    },
    "medium": {
        "batch": 4, "context": 128, "vocabulary": 4096, "width": 256, "heads": 4, "layers": 4, "prompt": 64, "new": 64
    },
}  # fmt: skip
RATE, MOMENTUM = 2**-4, 0.9
EPSILON = 1e-5
"""Of every LayerNorm: PyTorch's default. Keras's is 1e-3."""

EXEMPTIONS = (
    "Attention is each framework's own call (torch scaled_dot_product_attention, keras.ops.dot_product_attention): "
    "one equation, but PyTorch may use a fused kernel where Keras multiplies out.",
)


def FLOPS(size):
    """Count multiply-adds of the matrix products twice, forward once and backward twice."""
    tokens, width = size["batch"] * size["context"], size["width"]
    dense = size["layers"] * 12 * width**2 + width * size["vocabulary"]
    attention = size["layers"] * 2 * size["context"] * width
    return 3.0 * 2.0 * tokens * (dense + attention)


def data(size, seed):
    """Draw token ids; the target of each position is the next token."""
    import numpy as np

    rng = np.random.default_rng(seed)
    tokens = rng.integers(0, size["vocabulary"], (size["batch"], size["context"] + 1), dtype=np.int32)
    return {"tokens": tokens[:, :-1].copy(), "targets": tokens[:, 1:].copy()}


def weights(size, seed):
    """Draw canonical weights: normal with sd .08, norms at one."""
    import numpy as np

    rng = np.random.default_rng(seed + 1)
    width = size["width"]
    shapes: dict[str, tuple[int, ...]] = {
        "token.table": (size["vocabulary"], width),
        "position.table": (size["context"], width),
    }
    for layer in range(size["layers"]):
        for name, inputs, outputs in (("qkv", 1, 3), ("out", 1, 1), ("up", 1, 4), ("down", 4, 1)):
            shapes[f"{layer}.{name}.kernel"] = (inputs * width, outputs * width)
            shapes[f"{layer}.{name}.bias"] = (outputs * width,)
    shapes["head.kernel"] = (width, size["vocabulary"])
    drawn = {name: (0.08 * rng.standard_normal(shape)).astype(np.float32) for name, shape in shapes.items()}
    for norm in [f"{layer}.norm{i}" for layer in range(size["layers"]) for i in (1, 2)] + ["norm"]:
        drawn[f"{norm}.scale"], drawn[f"{norm}.shift"] = np.ones(width, np.float32), np.zeros(width, np.float32)
    return drawn


def pytorch(build: Build) -> Twin:
    import torch
    import torch.nn.functional as F
    from torch import nn

    from probes.backends.pytorch import supervised

    size, dtype, device = build.size, getattr(torch, build.dtype), torch.device(build.device)
    width, heads, context = size["width"], size["heads"], size["context"]

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1 = nn.LayerNorm(width, eps=EPSILON)
            self.qkv = nn.Linear(width, 3 * width)
            self.out = nn.Linear(width, width)
            self.norm2 = nn.LayerNorm(width, eps=EPSILON)
            self.up = nn.Linear(width, 4 * width)
            self.down = nn.Linear(4 * width, width)

        def forward(self, x, attend):
            batch, steps, _ = x.shape
            q, k, v = self.qkv(self.norm1(x)).view(batch, steps, 3, heads, -1).permute(2, 0, 3, 1, 4)
            mixed = attend(q, k, v).transpose(1, 2).reshape(batch, steps, width)
            x = x + self.out(mixed)
            return x + self.down(F.gelu(self.up(self.norm2(x))))

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.token = nn.Embedding(size["vocabulary"], width)
            self.position = nn.Embedding(context, width)
            self.blocks = nn.ModuleList(Block() for _ in range(size["layers"]))
            self.norm = nn.LayerNorm(width, eps=EPSILON)
            self.head = nn.Linear(width, size["vocabulary"], bias=False)

        def forward(self, tokens, positions, attends):
            x = self.token(tokens) + self.position(positions)
            for block, attend in zip(self.blocks, attends, strict=True):
                x = block(x, attend)
            return self.head(self.norm(x))

    model = Model()
    everywhere = torch.arange(context, device=device)
    causal = [partial(F.scaled_dot_product_attention, is_causal=True)] * size["layers"]
    twin = supervised(
        build,
        model,
        tensors=_pytorch_tensors(model),
        call=lambda model, batch: {"logits": model(batch["tokens"], everywhere, causal)},
        loss=lambda outputs, batch: F.cross_entropy(outputs["logits"].flatten(0, 1), batch["targets"].flatten()),
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM),
    )

    cache = torch.zeros(size["layers"], 2, size["batch"], heads, context, width // heads, device=device, dtype=dtype)

    def cached(layer, positions, q, k, v):
        keys, values = cache[layer]
        keys.index_copy_(2, positions, k)
        values.index_copy_(2, positions, v)
        seen = everywhere[None, :] <= positions[:, None]
        return F.scaled_dot_product_attention(q, keys, values, attn_mask=seen)

    @build.compile
    def decode(tokens, positions):
        attends = [partial(cached, layer, positions) for layer in range(size["layers"])]
        return model(tokens, positions, attends)[:, -1].argmax(-1, keepdim=True)

    def generate(batch):
        with torch.inference_mode():
            prompt = size["prompt"]
            found = [decode(batch["tokens"][:, :prompt], everywhere[:prompt])]
            for position in range(prompt, prompt + size["new"] - 1):
                found.append(decode(found[-1], everywhere[position : position + 1]))
            return torch.cat(found, dim=1)

    return replace(twin, extra={"generate": generate})


def _pytorch_tensors(model):
    """Map every canonical name to its tensor, with the axes that turn the canonical array into it."""
    tensors = {
        "token.table": (model.token.weight, None),
        "position.table": (model.position.weight, None),
        "head.kernel": (model.head.weight, (1, 0)),
        "norm.scale": (model.norm.weight, None),
        "norm.shift": (model.norm.bias, None),
    }
    for i, block in enumerate(model.blocks):
        for name in ("qkv", "out", "up", "down"):
            tensors[f"{i}.{name}.kernel"] = (getattr(block, name).weight, (1, 0))
            tensors[f"{i}.{name}.bias"] = (getattr(block, name).bias, None)
        for name in ("norm1", "norm2"):
            tensors[f"{i}.{name}.scale"] = (getattr(block, name).weight, None)
            tensors[f"{i}.{name}.shift"] = (getattr(block, name).bias, None)
    return tensors


def tensorflow(build: Build) -> Twin:
    import keras
    import tensorflow as tf

    from probes.backends.tensorflow import supervised, written_by_hand

    size, dtype = build.size, build.dtype
    width, heads, context = size["width"], size["heads"], size["context"]
    layers = keras.layers

    class Block(keras.Layer):
        def __init__(self):
            super().__init__(dtype=dtype)
            self.norm1 = layers.LayerNormalization(epsilon=EPSILON, dtype=dtype)
            self.qkv = layers.Dense(3 * width, dtype=dtype)
            self.out = layers.Dense(width, dtype=dtype)
            self.norm2 = layers.LayerNormalization(epsilon=EPSILON, dtype=dtype)
            self.up = layers.Dense(4 * width, activation=_gelu, dtype=dtype)
            self.down = layers.Dense(width, dtype=dtype)

        def call(self, x, attend):
            steps = x.shape[1]
            q, k, v = tf.unstack(tf.reshape(self.qkv(self.norm1(x)), (-1, steps, 3, heads, width // heads)), axis=2)
            mixed = tf.reshape(attend(q, k, v), (-1, steps, width))
            x = x + self.out(mixed)
            return x + self.down(self.up(self.norm2(x)))

    class Model(keras.Model):
        def __init__(self):
            super().__init__(dtype=dtype)
            self.token = layers.Embedding(size["vocabulary"], width, dtype=dtype)
            self.position = layers.Embedding(context, width, dtype=dtype)
            self.blocks = [Block() for _ in range(size["layers"])]
            self.norm = layers.LayerNormalization(epsilon=EPSILON, dtype=dtype)
            self.head = layers.Dense(size["vocabulary"], use_bias=False, dtype=dtype)

        def call(self, tokens, positions=None, attends=None):
            positions, attends = everywhere if positions is None else positions, attends or causal
            x = self.token(tokens) + self.position(positions)
            for block, attend in zip(self.blocks, attends, strict=True):
                x = block(x, attend=attend)
            return self.head(self.norm(x))

    everywhere = tf.range(context)
    causal = [partial(keras.ops.dot_product_attention, is_causal=True)] * size["layers"]
    model = Model()
    model(tf.zeros((1, context), tf.int32))
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype=dtype)
    twin = supervised(
        build,
        model,
        tensors=_tensorflow_tensors(model),
        call=lambda model, batch, training: {"logits": model(batch["tokens"])},
        loss=lambda outputs, batch: entropy(batch["targets"], outputs["logits"]),
        optimiser=keras.optimizers.SGD(RATE, momentum=MOMENTUM),
        fit=(lambda batch: (batch["tokens"], batch["targets"]), entropy),
    )
    slots = (size["batch"], context, heads, width // heads)
    with tf.device(build.device):
        cache = [[tf.Variable(tf.zeros(slots, dtype)) for _ in "kv"] for _ in range(size["layers"])]

    def cached(layer, positions, q, k, v):
        keys, values = cache[layer]
        first, last = positions[0], positions[-1] + 1
        keys[:, first:last].assign(k)
        values[:, first:last].assign(v)
        seen = everywhere[None, :] <= positions[:, None]
        return keras.ops.dot_product_attention(q, keys, values, mask=seen[None, None])

    @written_by_hand(build).compile
    def decode(tokens, positions):
        attends = [partial(cached, layer, positions) for layer in range(size["layers"])]
        last = model(tokens, positions=positions, attends=attends)[:, -1]
        return tf.argmax(last, -1, output_type=tf.int32)[:, None]

    def generate(batch):
        prompt = size["prompt"]
        found = [decode(batch["tokens"][:, :prompt], everywhere[:prompt])]
        for position in range(prompt, prompt + size["new"] - 1):
            found.append(decode(found[-1], everywhere[position : position + 1]))
        return tf.concat(found, axis=1)

    return replace(twin, extra={"generate": generate})


def _tensorflow_tensors(model):
    """Map every canonical name to its variable; canonical layouts are TensorFlow's own."""
    tensors = {
        "token.table": model.token.embeddings,
        "position.table": model.position.embeddings,
        "head.kernel": model.head.kernel,
        "norm.scale": model.norm.gamma,
        "norm.shift": model.norm.beta,
    }
    for i, block in enumerate(model.blocks):
        for name in ("qkv", "out", "up", "down"):
            tensors[f"{i}.{name}.kernel"] = getattr(block, name).kernel
            tensors[f"{i}.{name}.bias"] = getattr(block, name).bias
        for name in ("norm1", "norm2"):
            tensors[f"{i}.{name}.scale"] = getattr(block, name).gamma
            tensors[f"{i}.{name}.shift"] = getattr(block, name).beta
    return tensors


def _gelu(x):
    """Compute GELU by its formula: tf.nn.gelu keeps the square root of 2 in float32 whatever the dtype."""
    import tensorflow as tf

    return 0.5 * x * (1 + tf.math.erf(x * 0.5**0.5))
