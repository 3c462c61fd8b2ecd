"""How much host memory training takes: import, model and step apart.

Question: what does a training process need at its peak, and what of it is the framework itself?
Why it matters: the peak decides whether a job fits a machine; the part that the import takes is paid by every
    worker process, however small its model.
How it is measured: in a fresh process, the kernel's high-water mark of resident bytes (VmHWM), which misses no spike
    and inherits nothing from the parent; read after the import, after building, and after five training steps.
    The mark is started anew between the parts, so each part has a peak of its own.
What is held equal: model, weights, batch, dtype, threads, the same ruler in both.
What it does not tell: memory on an accelerator except where the framework counts it (named beside), fragmentation in
    long runs, or the copies a data pipeline holds.
Source: proc(5), fields VmHWM and clear_refs; why not ru_maxrss: getrusage(2) keeps a parent's peak over exec.
"""

from __future__ import annotations

from probes.scenarios import Observation, Stage
from probes.system import process_readings
from probes.types import Reason, Unsupported

NAME = {"en": "Memory of a process", "zh": "进程内存"}

ZH = """训练要多少主机内存：导入、模型、训练步分开看。

问题：训练进程的内存峰值是多少，其中多少属于框架本身？
为何重要：峰值决定任务装不装得进一台机器；导入所占的部分，每个工作进程都要付，模型再小也一样。
如何测量：在新进程中读内核记录的常驻内存最高水位（VmHWM），它不漏掉尖峰，也不继承父进程的峰值；在导入后、构建后、
    五步训练后各读一次。各段之间重置水位，所以每段有自己的峰值。
双方相同之处：模型、权重、批、数据类型、线程数，双方用同一把尺子。
不能说明什么：加速器上的内存（框架自己统计的另行注明）、长时间运行的碎片，或数据管道持有的副本。
"""

KIND = "observed"
UNIT = "bytes"
PROCESSES = 3
PARITY = ("outputs", "loss", "gradients", "weights")

STEPS = 5


def observe(stage: Stage) -> Observation:
    if process_readings.peak_memory() is None:
        raise Unsupported(Reason("no-peak-memory"))
    imported, base = stage.marks.get("peak-import", 0), process_readings.resident_memory()
    stage.backend.reset_memory()

    alone = process_readings.reset_peak()
    twin = stage.twin()
    batch = twin.place(stage.data())
    stage.backend.synchronise()
    built = process_readings.peak_memory() or 0

    process_readings.reset_peak()
    for _ in range(STEPS):
        twin.step(batch)
    stage.backend.synchronise()
    stepped = process_readings.peak_memory() or 0

    peak = max(imported, built, stepped)
    facts = {
        "import_peak_bytes": imported,
        "after_import_bytes": base,
        "build_peak_bytes": built,
        "step_peak_bytes": stepped,
        "parts_have_peaks_of_their_own": alone,
        "parameters": twin.parameters,
        "accelerator": stage.backend.memory(),
    }
    if base is not None:
        facts["above_import_bytes"] = max(built, stepped) - base
    return Observation(float(peak), facts)
