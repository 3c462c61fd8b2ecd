"""How much host memory the model and its training step take, the framework's own left out.

Question: what does training this model add to what the import already holds?
Why it matters: for large models the import is small change; what a step keeps for the backward pass decides which
    model still fits.
How it is measured: as peak memory (fresh process, the kernel's high-water mark, five steps), less what was resident
    after the import.
What is held equal: model, weights, batch, dtype, threads, the same ruler in both.
What it does not tell: libraries that one framework loads with its import and the other at the first step count for
    the import in the one and for the model in the other; the larger the model, the less that matters.
Source: proc(5), fields VmHWM, VmRSS and clear_refs.
"""

from __future__ import annotations

from probes.scenarios import Observation, Stage, memory
from probes.types import Reason, Unsupported

NAME = {"en": "Memory of a model", "zh": "模型内存"}

ZH = """模型及其训练步占多少主机内存，不计框架自身。

问题：训练这个模型，在导入所占之外还要多少？
为何重要：对大模型而言，导入只是零头；一步为反向传播保留多少，决定哪种模型还装得下。
如何测量：同内存峰值的测法（新进程、内核最高水位、五步），减去导入后的常驻内存。
双方相同之处：模型、权重、批、数据类型、线程数，双方用同一把尺子。
不能说明什么：有的库一个框架在导入时加载、另一个在第一步时加载，于是一边算作导入、一边算作模型；模型越大，此差别
    越不重要。
"""

KIND = "observed"
UNIT = "bytes"
PROCESSES = 3
PARITY = memory.PARITY


def observe(stage: Stage) -> Observation:
    facts = memory.observe(stage).facts
    added = facts.get("above_import_bytes")
    if not added or not facts["parts_have_peaks_of_their_own"]:
        raise Unsupported(Reason("no-fresh-peak"))
    return Observation(float(added), facts)
