"""Data-parallel training with two replicas on this machine: does it run, and how much must be written?

Question: how many lines turn a training script into a data-parallel one, and does that script run here?
Why it matters: setting up is the part of distributed training that everybody pays, before any speed-up.
How it is measured: the smallest whole script by each framework's own guide is run once with two replicas on the CPU
    (PyTorch: torchrun and DistributedDataParallel over gloo; TensorFlow: MirroredStrategy over two logical devices).
    Compared are the lines of code of the two scripts; whether they ran, and in how many seconds, stands beside.
What is held equal: model, batch, optimiser, ten steps, two replicas.
What it does not tell: speed-up, which two replicas on one CPU cannot show; several machines; recovery from a failure.
    A launcher's command line is no line of the script, and is named.
Source: PyTorch tutorial on DistributedDataParallel; TensorFlow guide on MirroredStrategy with Keras.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from probes.scenarios import Observation, Stage, verdict
from probes.scenarios.code_size import code_lines

NAME = {"en": "Several replicas", "zh": "分布式"}

ZH = """在本机用两个副本做数据并行训练：能否运行，要写多少？

问题：把训练脚本改成数据并行要多少行，改后的脚本在此处能否运行？
为何重要：搭建是分布式训练中人人都要付的部分，还谈不上加速。
如何测量：按各框架自己的指南写出最小的完整脚本，在 CPU 上以两个副本运行一次（PyTorch 用 torchrun
    与 DistributedDataParallel，经由 gloo；TensorFlow 用两个逻辑设备上的 MirroredStrategy）。比较两个脚本的代码行数；
    是否跑通、用了几秒写在旁边。
双方相同之处：模型、批、优化器、十步、两个副本。
不能说明什么：加速比（一颗 CPU 上的两个副本显不出来）、多机、故障恢复。启动器的命令行不算脚本的一行，另行注明。
"""

KIND = "observed"
UNIT = "lines"
PROCESSES = 1
PARITY = ()

PATIENCE = 90.0

TORCH = """
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

dist.init_process_group("gloo")
data = TensorDataset(torch.randn(320, 16), torch.randint(0, 4, (320,)))
loader = DataLoader(data, batch_size=16, sampler=DistributedSampler(data))
model = DistributedDataParallel(nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4)))
optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
for x, y in loader:
    optimiser.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimiser.step()
assert dist.get_world_size() == 2
dist.destroy_process_group()
"""

TENSORFLOW = """
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
x, y = tf.random.normal((320, 16)), tf.random.uniform((320,), maxval=4, dtype=tf.int32)
data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(320).batch(32)
with strategy.scope():
    model = tf.keras.Sequential([tf.keras.layers.Dense(32, "relu"), tf.keras.layers.Dense(4)])
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(tf.keras.optimizers.SGD(0.01), loss)
model.fit(data, verbose=0)
assert strategy.num_replicas_in_sync == 2
"""


def pytorch():
    return TORCH, ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def tensorflow():
    return TENSORFLOW, []


def observe(stage: Stage) -> Observation:
    script, launch = stage.part(globals())()
    file = Path(stage.scratch) / f"distributed_{stage.backend.MODULE}.py"
    file.write_text(script)
    begin = time.perf_counter()
    try:
        ran = subprocess.run(
            [sys.executable, *launch, str(file)],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        said = (ran.stdout + ran.stderr).strip().splitlines()
        worked, reason = ran.returncode == 0, said[-1][:300] if said else ""
    except subprocess.TimeoutExpired:
        worked, reason = False, f"not done within {PATIENCE:.0f} s"
    lines = code_lines(script)
    return Observation(
        float(lines),
        {
            "ran": worked,
            "reason": "" if worked else reason,
            "seconds": time.perf_counter() - begin,
            "lines": lines,
            "launched_by": " ".join(["python", *launch, "script.py"]),
            "checks": {"ran": verdict(worked)},
        },
    )
