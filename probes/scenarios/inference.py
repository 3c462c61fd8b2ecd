"""One forward pass: one sample at a time, and a batch at a time.

Question: how long does one answer of a trained model take?
Why it matters: it is what a user of a service waits for; the slowest answers are what is complained of.
How it is measured: batch 1, both workers in turn, median of timed blocks of at least 2 ms a turn. Beside it the 50th,
    95th and 99th percentile over single answers, and the throughput at the workload's own batch.
What is held equal: weights, inputs (resident), dtype, threads; outputs are not fetched; no gradient is recorded.
What it does not tell: transport, queues, batching by a server, or other formats (see the export probes).
Source: MLPerf Inference rules (tail latency for single stream).
"""

from __future__ import annotations

import time

from probes.scenarios import Live, Stage

NAME = {"en": "Answering (inference)", "zh": "推理"}

ZH = """一次前向：每次一个样本，以及每次一批。

问题：训练好的模型给出一次答案要多久？
为何重要：这是服务的用户所等的时间；被抱怨的总是最慢的那些答案。
如何测量：批大小为 1，双方轮流，每轮取至少 2 毫秒的计时块的中位数。旁边给出单次答案的第 50、95、99 百分位，以及按
    工作负载自身批大小的吞吐。
双方相同之处：权重、输入（已在设备上）、数据类型、线程数；不取回输出；不记录梯度。
不能说明什么：传输、排队、服务器的组批，或其他格式（见导出探测）。
"""

KIND = "paired"
UNIT = "s"
PARITY = ("outputs",)

_ANSWERS = 200
"""Single answers behind the percentiles: the 99th then rests on two of them, which is said beside it."""
_PATIENCE = 1.0
"""Seconds after which fewer answers must do."""


def start(stage: Stage) -> Live:
    import numpy as np

    twin = stage.twin()
    batch = stage.data()
    items = int(stage.build.size.get("batch", 1))
    one = twin.place({name: array[:1] if array.ndim else array for name, array in batch.items()})
    flops = getattr(stage.workload, "FLOPS", lambda size: 0.0)

    def timed(placed):
        stage.backend.synchronise()
        begin = time.perf_counter()
        twin.forward(placed)
        stage.backend.synchronise()
        return time.perf_counter() - begin

    def finish(seconds):
        single: list[float] = []
        begin = time.perf_counter()
        while len(single) < _ANSWERS and time.perf_counter() - begin < _PATIENCE:
            single.append(timed(one))
        full = twin.place(batch)
        timed(full)  # a new shape may compile
        whole = min(timed(full) for _ in range(5))
        p50, p95, p99 = np.percentile(single, [50, 95, 99])
        return {
            "p50_s": float(p50),
            "p95_s": float(p95),
            "p99_s": float(p99),
            "answers": len(single),
            "items_per_second": items / whole,
        }

    return Live(
        iterate=lambda: twin.forward(one),
        flops=float(flops({**stage.build.size, "batch": 1})) / 3,
        moved=4.0 * twin.parameters,
        items=1,
        finish=finish,
    )
