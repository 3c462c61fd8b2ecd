"""From nothing to the first finished step: start, import, build, first step.

Question: how long until a fresh process has taken its first training step?
Why it matters: notebooks, tests, command lines, functions in the cloud and autoscaled services start often.
How it is measured: fresh processes, the frameworks in turn; from the moment the process is asked for to the end
    of the first synchronised step, split into Python, import, build and first step.
What is held equal: model, weights, batch, threads, the order of the turns; files are in the page cache for both.
What it does not tell: the first start after booting, when files come from the disk, or start inside a container.
Source: pyperf's manner of measuring command start-up (fresh processes, alternated).
"""

from __future__ import annotations

from probes.scenarios import Observation, Stage

NAME = {"en": "From start to first step", "zh": "冷启动"}

ZH = """从零到完成第一步：启动、导入、构建、第一步。

问题：一个新进程要多久才完成第一步训练？
为何重要：笔记本、测试、命令行、云函数和自动伸缩的服务都经常启动。
如何测量：新进程，各框架轮流；从请求进程之时到第一步同步完成为止，分为 Python、导入、构建和第一步。
双方相同之处：模型、权重、批、线程数、轮流次序；双方的文件都在页缓存中。
不能说明什么：开机后的首次启动（文件来自磁盘），以及容器内的启动。
"""

KIND = "observed"
UNIT = "s"
PROCESSES = 3
PARITY = ("outputs", "loss", "gradients", "weights")


def observe(stage: Stage) -> Observation:
    made = {}

    def build():
        twin = stage.twin()
        made["call"] = (twin.step, twin.place(stage.data()))

    parts = {**stage.cold, "build": stage.timed(build)}
    step, batch = made["call"]
    parts["first"] = stage.timed(lambda: step(batch))
    return Observation(sum(parts.values()), {f"{name}_s": seconds for name, seconds in parts.items()})
