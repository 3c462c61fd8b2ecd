"""Feeding a model: the frameworks' own loaders over the same arrays with the same transform.

Question: how long does it take to go once through a data set in memory?
Why it matters: where samples are prepared in Python, or the device is fast, the loader is what training waits for.
How it is measured: both workers in turn; one iteration goes through all samples once: shuffled, each cast, normalised
    and mirrored by the loader's own means, then batched. In the process itself, without workers or prefetching; beside
    it the same with two helpers (PyTorch: worker processes that stay, TensorFlow: two threads and prefetching).
What is held equal: arrays, batch size, the transform of each sample, float32 results, one thread.
What it does not tell: reading and decoding files, storage, sharding over machines, or transforms on an accelerator.
Source: torch.utils.data and tf.data performance guides.
"""

from __future__ import annotations

import multiprocessing
import time

from probes.scenarios import Live, Stage

NAME = {"en": "Feeding data", "zh": "数据管道"}

ZH = """给模型供数据：各框架自带的加载器，同样的数组，同样的变换。

问题：把内存中的数据集过一遍要多久？
为何重要：若样本在 Python 中预处理，或设备很快，训练等的就是加载器。
如何测量：双方轮流；一次迭代过完所有样本一遍：打乱，逐个转换类型、归一化、翻转，再组批，都用加载器自己的办法。先
    在进程内进行，不用工作进程也不预取；另测各用两个帮手的情形（PyTorch 为常驻工作进程，TensorFlow 为两个线程加预取）。
双方相同之处：数组、批大小、每个样本的变换、float32 结果、单线程。
不能说明什么：文件的读取与解码、存储、多机分片，或加速器上的变换。
"""

KIND = "paired"
UNIT = "s"
PARITY = ()

SAMPLES, SIDE, BATCH = 512, 32, 32
HELPERS = 2
MEAN, SPREAD = 120.0, 60.0


def images(seed):
    """Return the images, (SAMPLES, SIDE, SIDE, 3) of uint8."""
    import numpy as np

    return np.random.default_rng(seed).integers(0, 256, (SAMPLES, SIDE, SIDE, 3), dtype=np.uint8)


def pytorch(arrays):
    import torch
    from torch.utils.data import DataLoader, Dataset

    class Images(Dataset):
        def __len__(self):
            return len(arrays)

        def __getitem__(self, index):
            image = torch.from_numpy(arrays[index]).to(torch.float32)
            return ((image - MEAN) / SPREAD).flip(1)

    def loader(helpers):
        spread = (
            {"num_workers": helpers, "multiprocessing_context": "fork", "persistent_workers": True} if helpers else {}
        )
        return DataLoader(Images(), batch_size=BATCH, shuffle=True, **spread)

    return loader


def tensorflow(arrays):
    import tensorflow as tf

    def transform(image):
        return tf.reverse((tf.cast(image, tf.float32) - MEAN) / SPREAD, axis=[1])

    def loader(helpers):
        options = tf.data.Options()
        options.threading.private_threadpool_size = max(1, helpers)
        samples = tf.data.Dataset.from_tensor_slices(arrays).shuffle(SAMPLES).with_options(options)
        ready = samples.map(transform, num_parallel_calls=helpers or None).batch(BATCH)
        return ready.prefetch(tf.data.AUTOTUNE) if helpers else ready

    return loader


def start(stage: Stage) -> Live:
    loader = stage.part(globals())(images(stage.seed))
    plain = loader(0)

    def once(ready):
        last = None
        for batch in ready:
            last = batch
        return last

    def finish(seconds):
        last = once(plain)
        facts = {
            "samples_per_second": SAMPLES * len(seconds) / sum(seconds),
            "batch_shape": list(last.shape),
            "dtype": str(last.dtype),
        }
        if "fork" not in multiprocessing.get_all_start_methods():
            facts["helpers"] = "not tried: worker processes of PyTorch would have to be spawned here"
            return facts
        ready = loader(HELPERS)
        once(ready)  # starts the helpers
        begin = time.perf_counter()
        for _ in range(5):
            once(ready)
        facts["helpers"] = {"number": HELPERS, "samples_per_second": 5 * SAMPLES / (time.perf_counter() - begin)}
        return facts

    return Live(iterate=lambda: once(plain), items=SAMPLES, finish=finish)
