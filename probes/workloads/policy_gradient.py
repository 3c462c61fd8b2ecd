"""Plays a cart-pole with a small policy and updates it by REINFORCE: a loop of tiny calls.

Question: which framework is quicker where the model is tiny and called once for every step of a simulator?
Why it matters: reinforcement learning alternates between one small forward pass and code outside the framework, so
    the price of a call decides and a bigger machine does not help.
What is held equal: weights, the simulator (NumPy, float64), the stream of random numbers, sampling by inverse
    distribution in NumPy from the logits of each step, discounted and normalised returns, the loss, momentum SGD.
What it does not tell: vectorised simulators, simulators on the accelerator, or learning speed.
Source: Williams 1992, Machine Learning 8; Barto, Sutton & Anderson 1983 (the cart-pole and its constants).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from probes.types import Build, Twin

ZH = """用小策略网络玩倒立摆，并以 REINFORCE 更新：一连串小调用。

问题：模型很小、模拟器每走一步就调用一次时，哪个框架更快？
为何重要：强化学习在小小的前向与框架之外的代码之间来回，所以一次调用的代价起决定作用，更大的机器也无济于事。
双方相同之处：权重、模拟器（NumPy，float64）、随机数流、由每步 logits 在 NumPy 中按逆分布采样、折扣并归一化的回
    报、损失、带动量的 SGD。
不能说明什么：向量化的模拟器、加速器上的模拟器，或学习的快慢。
"""

SIZES: dict[str, dict[str, Any]] = {
    "small": {"batch": 64, "hidden": 32, "episodes": 64},
    "medium": {"batch": 512, "hidden": 128, "episodes": 512},
}
"""``batch`` counts steps of the simulator; a pole that falls begins the next episode."""

RATE, MOMENTUM, DISCOUNT = 2**-6, 0.9, 0.99
ACTIONS = 2
EXEMPTIONS: tuple[str, ...] = (
    "Fetching the logits of every step belongs to the subject here: they cross to NumPy while the clock runs, in both.",
)


def FLOPS(size):
    """Count one forward pass a step to act, and one forward and backward pass over all steps to learn."""
    return 4 * 2.0 * size["batch"] * size["hidden"] * (4 + size["hidden"] + ACTIONS)


def data(size, seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    return {
        "observations": rng.uniform(-0.2, 0.2, (size["batch"], 4)).astype(np.float32),
        "starts": rng.uniform(-0.05, 0.05, (size["episodes"], 4)).astype(np.float32),
        "uniforms": rng.random(size["batch"], dtype=np.float32),
    }


def weights(size, seed):
    import numpy as np

    rng, made = np.random.default_rng(seed + 1), {}
    hidden = size["hidden"]
    for i, (a, b) in enumerate([(4, hidden), (hidden, hidden), (hidden, ACTIONS)]):
        made[f"dense{i}.kernel"] = rng.standard_normal((a, b), dtype=np.float32) * np.float32(a**-0.5)
        made[f"dense{i}.bias"] = rng.standard_normal(b, dtype=np.float32) * np.float32(0.1)
    return made


def push(state, action):
    """Move the cart-pole by one fiftieth of a second; say whether it is still up."""
    x, speed, angle, spin = state
    force, sine, cosine = (10.0 if action else -10.0), math.sin(angle), math.cos(angle)
    pull = (force + 0.05 * spin**2 * sine) / 1.1
    turn = (9.8 * sine - cosine * pull) / (0.5 * (4.0 / 3.0 - 0.1 * cosine**2 / 1.1))
    thrust = pull - 0.05 * turn * cosine / 1.1
    state = (x + 0.02 * speed, speed + 0.02 * thrust, angle + 0.02 * spin, spin + 0.02 * turn)
    return state, abs(state[0]) < 2.4 and abs(state[2]) < 0.2095


def discounted(lengths):
    """Sum the rewards to come, one a step until the pole falls, for every step of episodes of these lengths."""
    import numpy as np

    left = np.concatenate([np.arange(length, 0, -1) for length in lengths])
    return (1 - DISCOUNT**left) / (1 - DISCOUNT)


def play(batch, logits_of):
    """Play through all random numbers of a batch.

    Args:
        batch: ``starts`` and ``uniforms``.
        logits_of: observation (1, 4) -> NumPy logits (1, actions).

    Returns:
        ``observations`` (steps, 4), ``actions`` (steps,) and normalised discounted ``returns`` (steps,).
    """
    import numpy as np

    seen, actions, lengths, episode = [], [], [0], 0
    state = tuple(float(x) for x in batch["starts"][0])
    for uniform in batch["uniforms"]:
        observation = np.asarray([state], np.float32)
        logits = logits_of(observation)[0]
        action = int(uniform < 1 / (1 + math.exp(float(logits[0]) - float(logits[1]))))
        seen.append(observation)
        actions.append(action)
        lengths[-1] += 1
        state, standing = push(state, action)
        if not standing:
            episode += 1
            state = tuple(float(x) for x in batch["starts"][episode % len(batch["starts"])])
            lengths.append(0)
    returns = discounted(lengths)
    returns = (returns - returns.mean()) / (returns.std() + 1e-8)
    return {
        "observations": np.concatenate(seen),
        "actions": np.asarray(actions, np.int32),
        "returns": returns.astype(np.float32),
    }


def pytorch(build: Build) -> Twin:
    import torch
    from torch import nn

    from probes.backends.pytorch import supervised

    hidden = build.size["hidden"]
    dense = [nn.Linear(4, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, ACTIONS)]

    def loss(outputs, batch):
        chosen = torch.log_softmax(outputs["logits"], -1).gather(1, batch["actions"][:, None])[:, 0]
        return -(chosen * batch["returns"]).mean()

    learner = supervised(
        build,
        nn.Sequential(dense[0], nn.Tanh(), dense[1], nn.Tanh(), dense[2]),
        tensors={f"dense{i}.kernel": (layer.weight, (1, 0)) for i, layer in enumerate(dense)}
        | {f"dense{i}.bias": (layer.bias, None) for i, layer in enumerate(dense)},
        call=lambda model, batch: {"logits": model(batch["observations"])},
        loss=loss,
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM),
    )

    def logits_of(observation):
        return learner.forward(learner.place({"observations": observation}))["logits"].cpu().numpy()

    return _playing(learner, logits_of)


def tensorflow(build: Build) -> Twin:
    import keras
    import tensorflow as tf

    from probes.backends.tensorflow import supervised, written_by_hand

    build = written_by_hand(build)
    hidden, layers = build.size["hidden"], keras.layers
    dense = [
        layers.Dense(hidden, activation="tanh", dtype=build.dtype),
        layers.Dense(hidden, activation="tanh", dtype=build.dtype),
        layers.Dense(ACTIONS, dtype=build.dtype),
    ]
    model = keras.Sequential(dense)
    model.build((None, 4))

    def loss(outputs, batch):
        chosen = tf.gather(tf.nn.log_softmax(outputs["logits"]), batch["actions"], axis=1, batch_dims=1)
        return -tf.reduce_mean(chosen * batch["returns"])

    learner = supervised(
        build,
        model,
        tensors={f"dense{i}.kernel": layer.kernel for i, layer in enumerate(dense)}
        | {f"dense{i}.bias": layer.bias for i, layer in enumerate(dense)},
        call=lambda model, batch, training: {"logits": model(batch["observations"])},
        loss=loss,
        optimiser=keras.optimizers.SGD(RATE, momentum=MOMENTUM),
    )

    def logits_of(observation):
        return learner.forward(learner.place({"observations": observation}))["logits"].numpy()

    return _playing(learner, logits_of)


def _playing(learner: Twin, logits_of) -> Twin:
    """Play before learning: the learner's batch is what its own policy has just lived through."""

    def lived(batch):
        return learner.place(play(batch["host"], logits_of))

    return replace(
        learner,
        place=lambda batch: {"host": batch, "resident": learner.place({"observations": batch["observations"]})},
        step=lambda batch: learner.step(lived(batch)),
        loss=lambda batch: learner.loss(lived(batch)),
        gradients=lambda batch: learner.gradients(lived(batch)),
        forward=lambda batch: learner.forward(batch["resident"]),
        outputs=lambda batch: learner.outputs(batch["resident"]),
    )
