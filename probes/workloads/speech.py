"""Trains a small recurrent speech model: log-spectrogram, convolution, LSTM, one label a frame.

Question: which framework runs a step of a recurrent model on audio faster?
Why it matters: recurrences cannot be spread over time steps, so the loop itself, signal processing and small
    matrix products decide, not the peak speed of the machine.
What is held equal: weights, waveform, frames without padding, the same Hann window, log(1 + power), convolution over
    time with symmetric padding, LSTM gates in the order i, f, g, o with one bias, mean cross-entropy over frames,
    momentum SGD.
What it does not tell: connectionist temporal classification, decoding, streaming, or recurrent layers with fused
    GPU kernels.
Source: Hannun et al. 2014, arXiv 1412.5567; torch.nn.LSTM and keras.layers.LSTM.
"""

from __future__ import annotations

from typing import Any

from probes.types import Build, Reason, Twin, Unsupported

ZH = """训练小型循环语音模型：对数频谱、卷积、LSTM，每帧一个标签。

问题：音频上的循环模型，一步哪个框架更快？
为何重要：循环无法在时间步上并行，所以起决定作用的是循环本身、信号处理与小矩阵乘法，而非机器的峰值速度。
双方相同之处：权重、波形、不填充的分帧、同样的 Hann 窗、log(1 + 功率)、对称填充的时间卷积、门次序为 i、f、g、o 且
    只有一个偏置的 LSTM、各帧平均交叉熵、带动量的 SGD。
不能说明什么：联结时序分类、解码、流式处理，或带融合 GPU 内核的循环层。
"""

SIZES: dict[str, dict[str, Any]] = {
    "small": {"batch": 4, "samples": 4096, "window": 256, "hop": 128, "channels": 32, "units": 64, "labels": 29},
    "medium": {"batch": 16, "samples": 16000, "window": 400, "hop": 160, "channels": 128, "units": 256, "labels": 29},
}
RATE, MOMENTUM = 2**-5, 0.9
SPAN = 5
"""Frames under the convolution: odd, so that padding is symmetric in both frameworks."""

EXEMPTIONS: tuple[str, ...] = (
    "PyTorch's LSTM adds two biases where Keras adds one: the second is zero and frozen, at the cost of one addition.",
)


def _frames(size):
    return 1 + (size["samples"] - size["window"]) // size["hop"]


def FLOPS(size):
    """Count two a multiply-add in convolution, gates and head; the transform, small beside them, is left out."""
    bins, c, u = size["window"] // 2 + 1, size["channels"], size["units"]
    frame = SPAN * bins * c + 4 * u * (c + u) + u * size["labels"]
    return 3 * 2.0 * size["batch"] * _frames(size) * frame - 2.0 * size["batch"] * _frames(size) * SPAN * bins * c


def data(size, seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    pitch = rng.uniform(0.02, 0.2, (size["batch"], 1))
    tone = np.sin(2 * np.pi * pitch * np.arange(size["samples"]))
    noise = 0.1 * rng.standard_normal((size["batch"], size["samples"]))
    return {
        "wave": (0.1 * (tone + noise)).astype(np.float32),
        "labels": rng.integers(0, size["labels"], (size["batch"], _frames(size)), dtype=np.int32),
    }


def weights(size, seed):
    import numpy as np

    rng = np.random.default_rng(seed + 1)
    bins, c, u = size["window"] // 2 + 1, size["channels"], size["units"]
    shapes: dict[str, tuple[int, ...]] = {
        "conv.kernel": (SPAN, bins, c),
        "lstm.kernel": (c, 4 * u),
        "lstm.recurrent": (u, 4 * u),
        "head.kernel": (u, size["labels"]),
    }
    made = {n: (rng.standard_normal(s) / np.prod(s[:-1]) ** 0.5).astype(np.float32) for n, s in shapes.items()}
    for name, width in (("conv", c), ("lstm", 4 * u), ("head", size["labels"])):
        made[f"{name}.bias"] = (0.1 * rng.standard_normal(width)).astype(np.float32)
    return made


def _hann(length):
    import numpy as np

    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def pytorch(build: Build) -> Twin:
    import torch
    from torch import nn

    from probes.backends.pytorch import supervised

    size = build.size
    if build.mode == "compiled":
        import torch._dynamo

        if not getattr(torch._dynamo.config, "allow_rnn", True):
            raise Unsupported(Reason("lstm-not-compiled"))

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv1d(size["window"] // 2 + 1, size["channels"], SPAN, padding=SPAN // 2)
            self.lstm = nn.LSTM(size["channels"], size["units"], batch_first=True)
            self.head = nn.Linear(size["units"], size["labels"])
            self.register_buffer("window", torch.from_numpy(_hann(size["window"])))

        def forward(self, wave):
            length, hop = size["window"], size["hop"]
            spectrum = torch.stft(wave, length, hop, window=self.window, center=False, return_complex=True)
            power = torch.log1p(spectrum.abs() ** 2)  # (batch, bins, frames)
            heard = torch.relu(self.conv(power)).transpose(1, 2)
            states, _ = self.lstm(heard)
            return self.head(states)

    model = Model()
    nn.init.zeros_(model.lstm.bias_hh_l0).requires_grad_(False)

    return supervised(
        build,
        model,
        tensors={
            "conv.kernel": (model.conv.weight, (2, 1, 0)),
            "conv.bias": (model.conv.bias, None),
            "lstm.kernel": (model.lstm.weight_ih_l0, (1, 0)),
            "lstm.recurrent": (model.lstm.weight_hh_l0, (1, 0)),
            "lstm.bias": (model.lstm.bias_ih_l0, None),
            "head.kernel": (model.head.weight, (1, 0)),
            "head.bias": (model.head.bias, None),
        },
        call=lambda model, batch: {"logits": model(batch["wave"])},
        loss=lambda outputs, batch: nn.functional.cross_entropy(
            outputs["logits"].flatten(0, 1), batch["labels"].flatten()
        ),
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM),
    )


def tensorflow(build: Build) -> Twin:
    import keras
    import tensorflow as tf

    from probes.backends.tensorflow import supervised

    size, dtype, layers = build.size, build.dtype, keras.layers

    class Model(keras.Model):
        def __init__(self):
            super().__init__(dtype=dtype)
            self.conv = layers.Conv1D(size["channels"], SPAN, padding="same", activation="relu", dtype=dtype)
            self.lstm = layers.LSTM(size["units"], return_sequences=True, dtype=dtype)
            self.head = layers.Dense(size["labels"], dtype=dtype)
            self.window = tf.constant(_hann(size["window"]), dtype)

        def call(self, wave):
            length, hop = size["window"], size["hop"]
            spectrum = tf.signal.stft(wave, length, hop, fft_length=length, window_fn=lambda n, dtype: self.window)
            power = tf.math.log1p(tf.abs(spectrum) ** 2)  # (batch, frames, bins)
            heard = self.conv(power)
            states = self.lstm(heard)
            return self.head(states)

    model = Model()
    model(tf.zeros((1, size["samples"]), dtype))
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype=dtype)

    return supervised(
        build,
        model,
        tensors={
            "conv.kernel": model.conv.kernel,
            "conv.bias": model.conv.bias,
            "lstm.kernel": model.lstm.cell.kernel,
            "lstm.recurrent": model.lstm.cell.recurrent_kernel,
            "lstm.bias": model.lstm.cell.bias,
            "head.kernel": model.head.kernel,
            "head.bias": model.head.bias,
        },
        call=lambda model, batch, training: {"logits": model(batch["wave"])},
        loss=lambda outputs, batch: entropy(batch["labels"], outputs["logits"]),
        optimiser=keras.optimizers.SGD(RATE, momentum=MOMENTUM),
        fit=(lambda batch: (batch["wave"], batch["labels"]), entropy),
    )
