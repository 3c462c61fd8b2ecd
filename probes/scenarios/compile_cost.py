"""What compiling costs, and after how many steps it has paid.

Question: how long does the first compiled step take, and when does compiling beat not compiling?
Why it matters: a compiler that takes a minute is free in a week of training and ruinous in a notebook or a test.
How it is measured: in a fresh process with an empty compiler cache: the first step of an eager and of a compiled twin
    from the same weights, then the median of later steps of both. Break-even is where the eager line and the
    compiled line cross. Then everything compiled is dropped and the first step is taken again: what a cache saves.
What is held equal: weights, batch, dtype, threads; compiled means the same for both (no graph breaks allowed).
What it does not tell: larger models, whose compilation grows with the number of their operations, or other shapes.
Source: torch.compile and tf.function guides on tracing; PyTorch's request for compile times in benchmarks
    (pytorch/pytorch pull request 97699).
"""

from __future__ import annotations

import statistics

from probes.scenarios import Observation, Stage

NAME = {"en": "What compiling costs", "zh": "编译的代价"}

ZH = """编译的代价，以及多少步之后划算。

问题：编译后的第一步要多久，编译何时胜过不编译？
为何重要：一分钟的编译，在一周的训练里不算什么，在笔记本或测试里却要命。
如何测量：在新进程中，编译缓存为空：从相同权重出发，先测即时执行与编译后各自的第一步，再取两者后续各步的中位数。
    两条线的交点即划算之处。随后丢弃所有编译结果，再测一次第一步：看缓存省下多少。
双方相同之处：权重、批、数据类型、线程数；双方“编译”含义相同（不许图中断）。
不能说明什么：更大的模型（编译时间随算子数增长），或其他形状。
"""

KIND = "observed"
UNIT = "s"
PROCESSES = 3
PARITY = ("outputs", "loss", "gradients", "weights")

STEPS = 15
"""Later steps behind each median."""


def observe(stage: Stage) -> Observation:
    stage.forget_compiled()
    data = stage.data()

    def run(**changes):
        twin = stage.fresh(**changes)
        batch = twin.place(data)
        first = stage.timed(lambda: twin.step(batch))
        return first, statistics.median(stage.timed(lambda: twin.step(batch)) for _ in range(STEPS))

    eager_first, eager = run(mode="eager", compile=lambda function: function)
    before = stage.backend.counters()
    first, steady = run()
    counters = {name: count - before.get(name, 0) for name, count in stage.backend.counters().items()}
    stage.backend.release()
    again, _ = run()
    return Observation(
        first,
        {
            "first_s": first,
            "steady_s": steady,
            "eager_first_s": eager_first,
            "eager_s": eager,
            "first_again_s": again,
            "pays_after_steps": break_even(first, steady, eager_first, eager),
            "counters": counters,
        },
    )


def break_even(first: float, steady: float, other_first: float, other: float) -> int | None:
    """Count the steps after which the compiled run is ahead for good; None where it never is."""
    if first <= other_first and steady <= other:
        return 1
    if steady >= other:
        return None
    return 1 + max(0, -int(-(first - other_first) // (other - steady)))
