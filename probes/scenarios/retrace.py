"""What a new shape costs: steps over inputs whose shape or structure changes every time.

Question: what does a step cost when its input has a shape, or a tree, that was not seen before?
Why it matters: sentences, graphs and trees vary. Eager code does not care; a compiler may stop and compile again, and
    then the code must be rewritten or the data padded.
How it is measured: in a fresh process, one training step on each of several inputs of different shape (new), then once
    more on each (seen). Compilations are counted by the framework's own counters. Where a side offers the model
    rewritten for its compiler, the same inputs go through that too.
What is held equal: weights and inputs, in the same order; the batch shrinks by one each time, or the trees differ.
What it does not tell: padding and bucketing, with which many projects avoid the question.
Source: TensorFlow's guide on tracing of tf.function; PyTorch's on dynamic shapes and recompilation.
"""

from __future__ import annotations

import statistics
import time

from probes.scenarios import Observation, Stage

NAME = {"en": "New shapes", "zh": "遇到新形状"}

ZH = """新形状的代价：每步输入的形状或结构都变。

问题：输入的形状或树从未见过时，一步要多久？
为何重要：句子、图和树各不相同。即时执行的代码不在乎；编译器可能停下来重新编译，那时就得改写代码或填充数据。
如何测量：在新进程中，对若干不同形状的输入各做一步训练（新），再各做一步（见过）。用框架自己的计数器数编译次数。
    若某边提供为编译器改写的模型，同样的输入也走一遍。
双方相同之处：权重与输入及其次序；批大小每次减一，或树各不相同。
不能说明什么：填充与分桶，许多项目靠它们避开这个问题。
"""

KIND = "observed"
UNIT = "s"
PROCESSES = 3
PARITY = ("outputs", "loss", "gradients", "weights")
RETRACES = True

INPUTS = 6
PATIENCE = 60.0
"""Seconds after which fewer inputs must do: a compiler may take many for each."""


def observe(stage: Stage) -> Observation:
    size, workload = stage.build.size, stage.workload
    assert workload is not None
    structured = bool(getattr(workload, "STRUCTURED", False))
    inputs = [
        workload.data(size, stage.seed + i)
        if structured
        else {name: array[: len(array) - i] for name, array in stage.data().items()}
        for i in range(INPUTS)
    ]
    stage.forget_compiled()
    before = stage.backend.counters()
    new, seen = walk(stage, stage.twin(), inputs)
    after = stage.backend.counters()
    facts = {
        "changes": "structure" if structured else "batch size",
        "inputs": len(new),
        "new_s": new,
        "seen_s": seen,
        "new_over_seen": statistics.mean(new) / statistics.mean(seen),
        "counted": {name: after[name] - before.get(name, 0) for name in after},
    }
    if "rewritten" in stage.twin().extra and stage.build.mode != "eager":
        base = stage.backend.counters()["retraces"]
        again, known = walk(stage, stage.twin().extra["rewritten"](), inputs)
        facts["rewritten"] = {
            "new_s": again,
            "seen_s": known,
            "retraces": stage.backend.counters()["retraces"] - base,
        }
    return Observation(statistics.mean(new), facts)


def walk(stage, twin, inputs):
    """Step over every input twice; the cost of starting up is taken out by one step on the first input."""
    begin = time.perf_counter()
    placed = [twin.place(data) for data in inputs]
    twin.step(placed[0])
    new, seen = [], []
    for batch in placed[1:]:
        new.append(stage.timed(lambda batch=batch: twin.step(batch)))
        if time.perf_counter() - begin > PATIENCE:
            break
    for batch in placed[1 : 1 + len(new)]:
        seen.append(stage.timed(lambda batch=batch: twin.step(batch)))
    return new, seen
