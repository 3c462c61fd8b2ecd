"""The control arm's workload: one dense layer with a squared loss and plain gradient descent, in NumPy.

Question: does the instrument find what was planted, and nothing else?
Why it matters: a stopwatch that was never tried on equal things proves nothing on unequal ones.
What is held equal: everything, on purpose.
What it does not tell: anything about a framework.
Source: A/A tests in controlled experiments (Kohavi et al. 2009, Data Mining and Knowledge Discovery 18).
"""

from __future__ import annotations

from typing import Any

from probes.types import Build, Exportable, Twin

ZH = """对照臂的工作负载：一个全连接层、平方损失、普通梯度下降，用 NumPy 写成。

问题：仪器是否能找到人为植入的差别，且别无其他？
为何重要：从未在相同之物上试过的秒表，在不同之物上什么也证明不了。
双方相同之处：一切都相同，有意如此。
不能说明什么：任何关于框架的事。
"""

SIZES: dict[str, dict[str, Any]] = {
    "small": {"batch": 64, "features": 128, "classes": 32},
    "medium": {"batch": 256, "features": 512, "classes": 64},
}
RATE = 0.1
EXEMPTIONS: tuple[str, ...] = ()


def FLOPS(size):
    """Count two products, two operations a multiply-add."""
    return 4.0 * size["batch"] * size["features"] * size["classes"]


def data(size, seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    return {
        "x": rng.standard_normal((size["batch"], size["features"]), dtype=np.float32),
        "y": rng.standard_normal((size["batch"], size["classes"]), dtype=np.float32),
    }


def weights(size, seed):
    import numpy as np

    rng = np.random.default_rng(seed + 1)
    return {"kernel": rng.standard_normal((size["features"], size["classes"]), dtype=np.float32) / np.float32(10)}


def null(build: Build) -> Twin:
    import numpy as np

    from probes.backends import null as backend

    held: dict[str, Any] = {}
    build.compile(lambda: None)

    def load(arrays):
        held["kernel"] = arrays["kernel"].astype(build.dtype)
        if backend.wrong("weight"):
            held["kernel"][0, 0] += 0.01

    def error(batch):
        return batch["x"] @ held["kernel"] - batch["y"]

    def loss(batch):
        return (error(batch) ** 2).mean()

    def gradients(batch):
        wrong = error(batch)
        return {"kernel": 2 * batch["x"].T @ wrong / wrong.size}

    def step(batch):
        if backend.due("step"):
            backend.commit()
        wrong = error(batch)
        held["kernel"] -= RATE * 2 * (batch["x"].T @ wrong) / wrong.size
        return (wrong**2).mean()

    return Twin(
        load=load,
        dump=lambda: {"kernel": held["kernel"].copy()},
        place=lambda batch: {name: np.asarray(array, build.dtype) for name, array in batch.items()},
        step=step,
        forward=lambda batch: {"y": batch["x"] @ held["kernel"]},
        loss=loss,
        outputs=lambda batch: {"y": batch["x"] @ held["kernel"]},
        gradients=gradients,
        parameters=build.size["features"] * build.size["classes"],
        exportable=lambda batch: Exportable(held["kernel"], ("x",), ("y",), (batch["x"],), dtypes={"x": "float32"}),
    )
