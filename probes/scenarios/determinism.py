"""Whether the same seed gives the same bits.

Question: do two trainings from the same seed end with the same weights, bit for bit?
Why it matters: reproducing a result, bisecting a regression and auditing a model all want it.
How it is measured: three training steps from the same weights on the same batch, twice; the weights are compared bit
    by bit. Random numbers drawn after setting the seed twice are compared as well. Then once more with the
    framework's own switch for deterministic operations, and what the switch costs a step.
What is held equal: model, weights, batch, threads.
What it does not tell: equality between machines, versions or numbers of threads, which neither framework promises.
Source: PyTorch notes on reproducibility; tf.config.experimental.enable_op_determinism.
"""

from __future__ import annotations

import statistics

from probes.scenarios import Observation, Stage

NAME = {"en": "Same seed, same result", "zh": "可复现性"}

ZH = """相同种子是否得到相同的比特。

问题：从同一种子出发的两次训练，最终权重是否逐位相同？
为何重要：复现结果、定位退化、审计模型都需要它。
如何测量：从相同权重、同一批数据训练三步，做两遍，逐位比较权重。设定种子后抽取的随机数也比较。再打开框架自己的确
    定性开关做一次，并看它让每步慢多少。
双方相同之处：模型、权重、批、线程数。
不能说明什么：不同机器、版本或线程数之间的一致，两个框架都不保证。
"""

KIND = "observed"
UNIT = "s"
PROCESSES = 1
PARITY = ()

STEPS = 3


def pytorch():
    import torch

    def draw(seed):
        torch.manual_seed(seed)
        return torch.rand(64).numpy()

    return draw, lambda: torch.use_deterministic_algorithms(True), "torch.use_deterministic_algorithms(True)"


def tensorflow():
    import tensorflow as tf

    def draw(seed):
        tf.random.set_seed(seed)
        return tf.random.uniform((64,)).numpy()

    def switch():
        tf.random.set_seed(0)
        tf.config.experimental.enable_op_determinism()

    return draw, switch, "tf.config.experimental.enable_op_determinism()"


def observe(stage: Stage) -> Observation:
    draw, switch, name = stage.part(globals())()
    facts = {"same_random_numbers": bool((draw(1) == draw(1)).all()), **twice(stage)}
    switch()
    try:
        facts["deterministic"] = {"switch": name, **twice(stage)}
    except Exception as error:  # an operation without a deterministic form raises; that is the finding
        facts["deterministic"] = {"switch": name, "refused": f"{type(error).__name__}: {error}"[:300]}
    return Observation(None, facts)


def twice(stage):
    """Train twice from the same start; compare bits."""
    import numpy as np

    ends, seconds = [], []
    for _ in range(2):
        twin = stage.fresh()
        batch = twin.place(stage.data())
        for _ in range(STEPS):
            seconds.append(stage.timed(lambda twin=twin, batch=batch: twin.step(batch)))
        ends.append(twin.dump())
    apart = {
        n: float(np.abs(ends[0][n] - ends[1][n]).max()) for n in ends[0] if not np.array_equal(ends[0][n], ends[1][n])
    }
    return {
        "same_bits": not apart,
        "largest_difference": max(apart.values(), default=0.0),
        "arrays_apart": sorted(apart),
        "step_s": statistics.median(seconds),
    }
