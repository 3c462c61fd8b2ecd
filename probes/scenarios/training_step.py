"""One training step: forward, loss, backward, optimiser.

Question: how long does one step of training take?
Why it matters: it is what a project waits for, some million times.
How it is measured: both workers hold the same model with the same weights and take turns; a turn is
    the median of timed blocks of at least 2 ms and lasts at least 50 ms; blocks that other load held up are left aside
    where some were not.
What is held equal: weights, batch (resident on the device), loss, optimiser equation, dtype, threads; the
    loss is not fetched.
What it does not tell: input pipelines, logging, several devices, or time to a given accuracy.
Source: Abedi & Brecht, ICPE 2017 (interleaving); MLPerf Training rules (what must be equal).
"""

from __future__ import annotations

from probes.scenarios import Live, Stage

NAME = {"en": "Training", "zh": "训练"}

ZH = """训练一步：前向、损失、反向、优化器。

问题：训练一步要多久？
为何重要：项目等的就是它，要等上百万次。
如何测量：双方持有权重相同的同一模型，轮流执行；每轮由至少 2 毫秒的计时块组成，
取其中位数，至少持续 50 毫秒；只要有未受其他负载耽搁的块，就以它们为准。
双方相同之处：权重、批（已在设备上）、损失、优化器公式、数据类型、线程数；不取回损失。
不能说明什么：输入管道、日志、多设备，或达到给定精度的时间。
"""

KIND = "paired"
UNIT = "s"
PARITY = ("outputs", "loss", "gradients", "weights")


def start(stage: Stage) -> Live:
    twin = stage.twin()
    batch = twin.place(stage.data())
    items = int(stage.build.size.get("batch", 0))
    flops = getattr(stage.workload, "FLOPS", lambda size: 0.0)

    def finish(seconds):
        return {"items_per_second": items * len(seconds) / sum(seconds)} if items else {}

    return Live(
        iterate=lambda: twin.step(batch),
        flops=float(flops(stage.build.size)),
        moved=4.0 * 5 * twin.parameters,  # weights read twice and written once, gradients written and read
        items=items,
        finish=finish,
    )
