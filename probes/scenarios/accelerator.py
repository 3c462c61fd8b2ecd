"""What only a device that works by itself can get wrong: waiting, precision, searching for kernels, memory.

Question: is this device waited for, does it compute in full float32, and does the framework search for kernels unasked?
Why it matters: a launch that is not waited for is timed as if the work were free; TF32 keeps ten bits where the other
    side keeps twenty-three; a search for the fastest kernel falls into some turns and not into others.
How it is measured: in one fresh process, products of large matrices are launched, waited for, and one number is
    fetched: what the fetch still had to wait for was left out by the wait. A product and a convolution are held
    against NumPy in double precision, once more with TF32 allowed, which shows that the ruler sees it.
What is held equal: matrices, images and kernels of one random seed; each framework's own calls.
What it does not tell: how fast a model is; more than one device.
Source: the frameworks' notes on CUDA semantics and TensorFloat-32; Goldberg, ACM Computing Surveys 23(1), 1991.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from probes.scenarios import Observation, Stage

NAME = {"en": "What only an accelerator gets wrong", "zh": "加速器特有的问题"}

ZH = """只有自行工作的设备才会出错的事：等待、精度、内核搜索、显存。

问题：是否真的等待此设备完成，它是否以完整的 float32 计算，框架是否会自行搜索内核？
为何重要：未等待完成的启动会被当作不花时间；TF32 只保留十位尾数，而另一方保留二十三位；对最快内核的搜索会落在某些轮次
    而不落在另一些轮次。
如何测量：在一个新进程中启动大矩阵乘法，等待其完成，再取回一个数：取数时还要等待的，就是先前漏等的。矩阵乘法与卷积
    与 NumPy 的双精度结果相比，再在允许 TF32 时比一次，以证明这把尺子看得见它。
双方相同之处：同一随机种子的矩阵、图像和卷积核；各框架自己的调用。
不能说明什么：模型有多快；多台设备。
"""

KIND = "observed"
UNIT = "s"
PROCESSES = 1
PARITY = ()

LARGEST = 4096
"""Side of the largest matrices that are multiplied."""

LONG = 0.002
"""Seconds a product must take to be large; less is the launch's own time."""

WORK = 0.2
"""Seconds of products in one row: a wait that is left out then shows beside the time of a fetch."""

MOST = 200
"""Products in one row at most, should their time be misread."""

HELD = 1 << 24
"""Numbers in each of two arrays that stay on the device while its memory is read: 64 MiB each."""

SIDE = 1024
"""Side of the matrices whose product is held against double precision."""


@dataclass
class Part:
    """What a framework brings: its own product, its own convolution, and its own word on TF32 and searching.

    Attributes:
        multiply: two matrices -> their product, fetched.
        convolve: images (n, height, width, channels), kernels (3, 3, in, out) -> valid convolution, fetched.
        allow_tf32: turns it on and off.
        searches: whether the framework times several kernels at a first call; None where it does not tell.
    """

    multiply: Callable[[Any, Any], Any]
    convolve: Callable[[Any, Any], Any]
    allow_tf32: Callable[[bool], None]
    searches: bool | None


def observe(stage: Stage) -> Observation:
    facts = {"launches": _launches(stage)}
    part = stage.part(globals())(stage.build.device)
    stage.backend.reset_memory()
    facts["precision"] = _errors(part)
    part.allow_tf32(True)
    facts["precision_with_tf32"] = _errors(part)
    part.allow_tf32(False)
    facts["searches"] = part.searches
    held = stage.backend.copy(HELD, stage.build.device)
    held()
    stage.backend.synchronise()
    facts["memory"] = {**stage.backend.memory(), "held": 2 * 4 * HELD}
    return Observation(None, facts)


def _launches(stage: Stage) -> dict[str, Any]:
    side = 512
    while True:
        product = stage.backend.matmul(side, "float32", stage.build.device)
        float(product()[0, 0])
        one = min(stage.timed(product) for _ in range(3))
        if one > LONG or side >= LARGEST:
            break
        side *= 2
    count = max(1, min(MOST, round(WORK / one)))
    stage.backend.synchronise()
    begin = time.perf_counter()
    for _ in range(count):
        value = product()
    launched = time.perf_counter()
    stage.backend.synchronise()
    waited = time.perf_counter()
    float(value[0, 0])
    fetched = time.perf_counter()
    return {
        "side": side,
        "products": count,
        "launched_s": launched - begin,
        "waited_s": waited - begin,
        "left_s": fetched - waited,
        "flops_per_second": 2.0 * side**3 * count / (waited - begin),
    }


def _errors(part: Part) -> dict[str, float]:
    """Return the root mean square error of a product and a convolution over the root mean square of the exact one."""
    import numpy as np

    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal((SIDE, SIDE), dtype=np.float32) for _ in range(2))
    images = rng.standard_normal((4, 18, 18, 64), dtype=np.float32)
    kernels = rng.standard_normal((3, 3, 64, 64), dtype=np.float32)

    def error(found: Any, exact: Any) -> float:
        return float(np.sqrt(np.mean((np.asarray(found, np.float64) - exact) ** 2) / np.mean(exact**2)))

    return {
        "product": error(part.multiply(left, right), left.astype(np.float64) @ right.astype(np.float64)),
        "convolution": error(
            part.convolve(images, kernels), _convolved(images.astype(np.float64), kernels.astype(np.float64))
        ),
    }


def _convolved(images: Any, kernels: Any) -> Any:
    import numpy as np

    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))  # (n, h, w, in, 3, 3)
    return np.einsum("nhwcij,ijco->nhwo", windows, kernels, optimize=True)


def pytorch(device: str) -> Part:
    import torch
    from torch.nn import functional

    def there(array: Any, *axes: int) -> Any:
        return torch.from_numpy(array).permute(*(axes or range(array.ndim))).contiguous().to(device)

    def convolve(images: Any, kernels: Any) -> Any:
        found = functional.conv2d(there(images, 0, 3, 1, 2), there(kernels, 3, 2, 0, 1))
        return found.permute(0, 2, 3, 1).cpu().numpy()

    def allow_tf32(on: bool) -> None:
        torch.backends.cuda.matmul.allow_tf32 = on
        torch.backends.cudnn.allow_tf32 = on

    return Part(
        multiply=lambda left, right: torch.mm(there(left), there(right)).cpu().numpy(),
        convolve=convolve,
        allow_tf32=allow_tf32,
        searches=bool(torch.backends.cudnn.benchmark),
    )


def tensorflow(device: str) -> Part:
    import tensorflow as tf

    def multiply(left: Any, right: Any) -> Any:
        with tf.device(device):
            return tf.linalg.matmul(tf.constant(left), tf.constant(right)).numpy()

    def convolve(images: Any, kernels: Any) -> Any:
        with tf.device(device):
            return tf.nn.conv2d(tf.constant(images), tf.constant(kernels), strides=1, padding="VALID").numpy()

    return Part(
        multiply=multiply,
        convolve=convolve,
        allow_tf32=tf.config.experimental.enable_tensor_float_32_execution,
        searches=None,  # TF_CUDNN_USE_AUTOTUNE is read where it cannot be asked for; workers do not pass it on
    )


def null(device: str) -> Part:
    import numpy as np

    from probes.backends import null as backend

    def kept(array: Any) -> Any:
        """Keep ten bits of each mantissa where TF32 in disguise is planted."""
        if not backend.wrong("tf32"):
            return array
        return (array.view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)

    return Part(
        multiply=lambda left, right: kept(left) @ kept(right),
        convolve=lambda images, kernels: _convolved(kept(images), kept(kernels)),
        allow_tf32=lambda on: None,
        searches=False,
    )
