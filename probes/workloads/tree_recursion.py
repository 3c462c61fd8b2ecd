"""Trains a recursive net over binary trees of different shapes: the model's structure is the data.

Question: what does it cost to let plain Python recursion follow the data, in each framework and mode?
Why it matters: parsers, programs, molecules and nested documents have no common shape. Eager code runs them as
    written; a compiler that traces must trace every new tree, unless the model is rewritten as a loop over arrays.
What is held equal: weights, trees, one tanh layer over two children joined, mean cross-entropy at the roots, momentum
    SGD. Both sides are the natural recursive function; TensorFlow's ``extra["rewritten"]`` is the same model as a while
    loop over nodes in postorder, which ``tf.function`` traces once for all trees.
What it does not tell: batching over trees of equal depth, or graph libraries.
Source: Socher et al. 2013, EMNLP (recursive nets over parse trees); Looks et al. 2017, arXiv 1702.02181.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probes.types import Build, Twin

ZH = """在形状各异的二叉树上训练递归网络：模型的结构就是数据。

问题：让普通 Python 递归跟着数据走，在各框架各模式下要付多少？
为何重要：语法树、程序、分子和嵌套文档没有共同的形状。即时执行照写照跑；靠追踪的编译器每棵新树都得重新追踪，除非
    把模型改写成数组上的循环。
双方相同之处：权重、树、合并两个子节点的一个 tanh 层、树根处的平均交叉熵、带动量的 SGD。双方都是自然的递归函数；
    TensorFlow 的 extra[“rewritten”] 是同一模型写成按后序遍历节点的 while 循环，tf.function 对所有树只追踪一次。
不能说明什么：按深度组批的树，或图计算库。
"""

SIZES: dict[str, dict[str, Any]] = {
    "small": {"batch": 4, "fewest": 4, "most": 12, "width": 64, "words": 256, "classes": 5},
    "medium": {"batch": 16, "fewest": 8, "most": 32, "width": 256, "words": 4096, "classes": 5},
}
RATE, MOMENTUM = 2**-5, 0.9
EXEMPTIONS: tuple[str, ...] = ()
STRUCTURED = True
"""Another seed gives inputs of another structure."""


def FLOPS(size):
    """Count two a multiply-add in the inner nodes of trees of mean size, thrice for a step."""
    inner = (size["fewest"] + size["most"]) / 2 - 1
    return 3 * 2.0 * size["batch"] * (inner * 2 * size["width"] ** 2 + size["width"] * size["classes"])


def data(size, seed):
    """Draw random binary trees as arrays in postorder, padded with -1: a leaf has a word, other nodes two children."""
    import numpy as np

    rng = np.random.default_rng(seed)
    nodes = 2 * size["most"] - 1
    made = {name: np.full((size["batch"], nodes), -1, np.int32) for name in ("left", "right", "word")}
    count = np.zeros(size["batch"], np.int32)

    def grow(tree, leaves):
        if leaves == 1:
            made["word"][tree, count[tree]] = rng.integers(size["words"])
        else:
            cut = int(rng.integers(1, leaves))
            children = grow(tree, cut), grow(tree, leaves - cut)
            made["left"][tree, count[tree]], made["right"][tree, count[tree]] = children
        count[tree] += 1
        return count[tree] - 1

    for tree in range(size["batch"]):
        grow(tree, int(rng.integers(size["fewest"], size["most"] + 1)))
    return {**made, "count": count, "label": rng.integers(0, size["classes"], size["batch"], dtype=np.int32)}


def weights(size, seed):
    import numpy as np

    rng, width = np.random.default_rng(seed + 1), size["width"]
    shapes = {
        "table": (size["words"], width),
        "join.kernel": (2 * width, width),
        "head.kernel": (width, size["classes"]),
    }
    made = {name: (rng.standard_normal(shape) / shape[0] ** 0.5).astype(np.float32) for name, shape in shapes.items()}
    made["table"] = rng.standard_normal(shapes["table"], dtype=np.float32) * np.float32(0.5)
    for name, count in (("join", width), ("head", size["classes"])):
        made[f"{name}.bias"] = (0.1 * rng.standard_normal(count)).astype(np.float32)
    return made


def nested(batch):
    """Turn arrays into what one would write by hand: a tree is a word or a pair of trees."""
    trees = []
    for left, right, word, count in zip(batch["left"], batch["right"], batch["word"], batch["count"], strict=True):
        made: list[Any] = []
        for node in range(count):
            made.append(int(word[node]) if word[node] >= 0 else (made[left[node]], made[right[node]]))
        trees.append(made[-1])
    return tuple(trees)


def pytorch(build: Build) -> Twin:
    import torch
    from torch import nn

    from probes.backends.pytorch import supervised

    size = build.size

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(size["words"], size["width"])
            self.join = nn.Linear(2 * size["width"], size["width"])
            self.head = nn.Linear(size["width"], size["classes"])

        def encode(self, tree):
            if isinstance(tree, int):
                return self.table.weight[tree]
            left, right = tree
            return torch.tanh(self.join(torch.cat([self.encode(left), self.encode(right)])))

        def forward(self, trees):
            return self.head(torch.stack([self.encode(tree) for tree in trees]))

    model = Model()
    twin = supervised(
        build,
        model,
        tensors={
            "table": (model.table.weight, None),
            "join.kernel": (model.join.weight, (1, 0)),
            "join.bias": (model.join.bias, None),
            "head.kernel": (model.head.weight, (1, 0)),
            "head.bias": (model.head.bias, None),
        },
        call=lambda model, batch: {"logits": model(batch["trees"])},
        loss=lambda outputs, batch: nn.functional.cross_entropy(outputs["logits"], batch["label"]),
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM),
    )
    return replace(twin, place=lambda batch: {"trees": nested(batch), **twin.place({"label": batch["label"]})})


def tensorflow(build: Build) -> Twin:
    import keras
    import tensorflow as tf

    from probes.backends.tensorflow import supervised

    size, dtype, layers = build.size, build.dtype, keras.layers

    class Model(keras.Model):
        def __init__(self):
            super().__init__(dtype=dtype)
            self.table = layers.Embedding(size["words"], size["width"], dtype=dtype)
            self.join = layers.Dense(size["width"], activation="tanh", dtype=dtype)
            self.head = layers.Dense(size["classes"], dtype=dtype)

        def encode(self, tree):
            if isinstance(tree, int):
                return tf.gather(self.table.embeddings, [tree])
            left, right = tree
            return self.join(tf.concat([self.encode(left), self.encode(right)], axis=1))

        def call(self, trees):
            return self.head(tf.concat([self.encode(tree) for tree in trees], axis=0))

    model = Model()
    model.table.build(None)
    model(trees=((0, 0),))
    places = {
        "table": model.table.embeddings,
        "join.kernel": model.join.kernel,
        "join.bias": model.join.bias,
        "head.kernel": model.head.kernel,
        "head.bias": model.head.bias,
    }
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype=dtype)

    def rewritten(model, batch, training):
        def one(tree):
            left, right, word, count = tree
            states = tf.TensorArray(dtype, count, clear_after_read=False, element_shape=(1, size["width"]))

            def visit(node, states):
                state = tf.cond(
                    word[node] >= 0,
                    lambda: tf.gather(model.table.embeddings, word[node : node + 1]),
                    lambda: model.join(tf.concat([states.read(left[node]), states.read(right[node])], axis=1)),
                )
                return node + 1, states.write(node, state)

            _, states = tf.while_loop(lambda node, _: node < count, visit, (0, states))
            return states.read(count - 1)[0]

        trees = tuple(batch[name] for name in ("left", "right", "word", "count"))
        return {"logits": model.head(tf.map_fn(one, trees, fn_output_signature=tf.TensorSpec((size["width"],), dtype)))}

    def twin_of(call):
        return supervised(
            build,
            model,
            tensors=places,
            call=call,
            loss=lambda outputs, batch: entropy(batch["label"], outputs["logits"]),
            optimiser=keras.optimizers.SGD(RATE, momentum=MOMENTUM),
        )

    natural = twin_of(lambda model, batch, training: {"logits": model(trees=batch["trees"])})
    return replace(
        natural,
        place=lambda batch: {"trees": nested(batch), **natural.place({"label": batch["label"]})},
        extra={"rewritten": lambda: twin_of(rewritten)},
    )
