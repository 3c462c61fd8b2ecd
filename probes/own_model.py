"""A model of your own, to copy: ``python -m probes example > mine.py``, change it, then

    python -m probes run --workload mine.py -o evidence.json

Four functions are needed. ``weights`` and ``data`` give NumPy arrays, the same for both sides; ``pytorch`` and
``tensorflow`` build the same model and say which of its tensors holds which array. Both sides must then agree in
float64 to nine digits (outputs, loss, every gradient, the weights after one step) before any time is taken.
"""

from typing import Any

import numpy as np

BATCH, FEATURES, HIDDEN = 64, 100, 200

# Take numbers that float32 holds exactly (powers of two): Keras keeps the rate in float32 even for float64 weights.
RATE = 2**-7


def data(size: Any, seed: int) -> dict[str, Any]:
    """One batch; it stays on the device while the steps are timed."""
    rng = np.random.default_rng(seed)
    return {
        "x": rng.standard_normal((BATCH, FEATURES), dtype=np.float32),
        "y": rng.standard_normal((BATCH, 1), dtype=np.float32),
    }


def weights(size: Any, seed: int) -> dict[str, Any]:
    """Every trainable array under a name of your choice; dense kernels as (inputs, outputs)."""
    rng = np.random.default_rng(seed + 1)
    return {
        "hidden.kernel": rng.standard_normal((FEATURES, HIDDEN), dtype=np.float32) / np.float32(10),
        "hidden.bias": np.zeros(HIDDEN, np.float32),
        "out.kernel": rng.standard_normal((HIDDEN, 1), dtype=np.float32) / np.float32(10),
        "out.bias": np.zeros(1, np.float32),
    }


def pytorch(build: Any) -> Any:
    """The PyTorch side."""
    import torch
    from torch import nn

    from probes.backends.pytorch import supervised

    hidden, out = nn.Linear(FEATURES, HIDDEN), nn.Linear(HIDDEN, 1)
    return supervised(
        build,
        nn.Sequential(hidden, nn.Tanh(), out),
        # name: (tensor, axes that turn the array above into it); Linear holds (outputs, inputs).
        tensors={
            "hidden.kernel": (hidden.weight, (1, 0)),
            "hidden.bias": (hidden.bias, None),
            "out.kernel": (out.weight, (1, 0)),
            "out.bias": (out.bias, None),
        },
        call=lambda model, batch: {"y": model(batch["x"])},
        loss=lambda outputs, batch: nn.functional.mse_loss(outputs["y"], batch["y"]),
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=RATE),
    )


def tensorflow(build: Any) -> Any:
    """The TensorFlow side."""
    import tensorflow as tf

    from probes.backends.tensorflow import supervised

    # Give every layer build.dtype: the reference is computed in float64.
    hidden = tf.keras.layers.Dense(HIDDEN, activation="tanh", dtype=build.dtype)
    out = tf.keras.layers.Dense(1, dtype=build.dtype)
    model = tf.keras.Sequential([hidden, out])
    model.build((BATCH, FEATURES))
    squared = tf.keras.losses.MeanSquaredError(dtype=build.dtype)
    return supervised(
        build,
        model,
        tensors={
            "hidden.kernel": hidden.kernel,
            "hidden.bias": hidden.bias,
            "out.kernel": out.kernel,
            "out.bias": out.bias,
        },
        call=lambda model, batch, training: {"y": model(batch["x"], training=training)},
        loss=lambda outputs, batch: squared(batch["y"], outputs["y"]),
        optimiser=tf.keras.optimizers.SGD(RATE),
        # How Keras fit sees a batch, and the loss it is compiled with.
        fit=(lambda batch: (batch["x"], batch["y"]), squared),
    )
