"""Token-by-token decoding of a small language model with a cache of keys and values.

Question: how long does it take to write a short answer, one token after the other?
Why it matters: each token is one small call whose result the next one needs; neither batching nor a faster chip hides
    the price of a call.
How it is measured: both workers in turn; one iteration is a whole greedy answer (the prompt in one call, then a call a
    token) with a cache of fixed size written in place.
What is held equal: weights, prompt, number of tokens, cache size, dtype, threads; a digest of the tokens stands in the
    facts of either side, so that one sees both write the same.
What it does not tell: serving engines with paged caches, sampling, quantised weights or models of billions.
Source: Pope et al. 2022, "Efficiently Scaling Transformer Inference", arXiv 2211.05102.
"""

from __future__ import annotations

from probes.scenarios import Live, Stage
from probes.types import Reason, Unsupported

NAME = {"en": "Generating text", "zh": "生成文本"}

ZH = """小型语言模型带键值缓存的逐词解码。

问题：一词接一词地写出一小段回答要多久？
为何重要：每个词是一次小调用，下一次要用它的结果；批处理和更快的芯片都掩盖不了一次调用的代价。
如何测量：双方轮流；一次迭代是一段完整的贪心回答（提示一次调用，之后每词一次），缓存大小固定、就地写入。
双方相同之处：权重、提示、词数、缓存大小、数据类型、线程数；双方的事实中都有所写各词的摘要，可见两边写的相同。
不能说明什么：带分页缓存的服务引擎、采样、量化权重，或数十亿参数的模型。
"""

KIND = "paired"
UNIT = "s"
PARITY = ("outputs",)


def start(stage: Stage) -> Live:
    twin = stage.twin()
    if "generate" not in twin.extra:
        raise Unsupported(Reason("no-generation", workload="language_model"))
    generate, batch = twin.extra["generate"], twin.place(stage.data())
    items = int(stage.build.size["batch"] * stage.build.size["new"])

    def finish(seconds):
        import hashlib

        import numpy as np

        written = generate(batch)
        tokens = np.asarray(written.cpu() if hasattr(written, "cpu") else written).astype(np.int64)
        return {
            "tokens_per_second": items * len(seconds) / sum(seconds),
            "tokens": items,
            "tokens_sha256": hashlib.sha256(tokens.tobytes()).hexdigest(),
        }

    return Live(iterate=lambda: generate(batch), items=items, finish=finish)
