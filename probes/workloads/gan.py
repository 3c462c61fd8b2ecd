"""Trains a small generative adversarial network: two convolution nets, two optimisers, one step of each.

Question: which framework runs the two alternating updates of a GAN faster?
Why it matters: generative training rarely fits one model, one loss, one optimiser; what a hand-written loop with two
    of each costs is what people in generative modelling pay.
What is held equal: weights, images, noise, transposed convolutions with the same padding, leaky slope .25 (exact in
    float32), sigmoid cross-entropy on logits, momentum SGD for both nets; first the discriminator's update on real
    and detached fake images, then the generator's through the updated discriminator, whose own gradients are not
    computed then.
What it does not tell: Adam, normalisation layers, augmentation or the larger nets of practice; nor image quality.
Source: Goodfellow et al. 2014, arXiv 1406.2661; Radford et al. 2015, arXiv 1511.06434.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probes.types import Build, Twin

ZH = """训练小型生成对抗网络：两个卷积网络、两个优化器，各更新一步。

问题：GAN 的两次交替更新，哪个框架更快？
为何重要：生成式训练很少只有一个模型、一个损失、一个优化器；手写的双份循环花多少，做生成模型的人就付多少。
双方相同之处：权重、图像、噪声、填充相同的转置卷积、斜率 .25（float32 可精确表示）、对 logits 的 sigmoid 交叉熵、
    两个网络都用带动量的 SGD；先用真图与截断梯度的假图更新判别器，再经更新后的判别器更新生成器，此时不计算判别器自身
    的梯度。
不能说明什么：Adam、归一化层、数据增强或实际中更大的网络；也不涉及图像质量。
"""

SIZES: dict[str, dict[str, Any]] = {
    "small": {"batch": 16, "latent": 32, "image": 16, "channels": 16},
    "medium": {"batch": 32, "latent": 100, "image": 32, "channels": 64},
}
RATE, MOMENTUM, SLOPE = 2**-7, 0.9, 0.25
EXEMPTIONS: tuple[str, ...] = (
    "Images are channels-last in TensorFlow and channels-first in PyTorch, each framework's default on a CPU; "
    "PyTorch pays one small permutation at the flat ends of either net.",
)


def FLOPS(size):
    """Count convolutions, two a multiply-add, over the passes of a step.

    The generator runs forward twice and backward once. The discriminator runs forward and backward on two batches,
    then forward once and backward to its input.
    """
    side, c = size["image"], size["channels"]
    middle, outer = (side // 4) ** 2 * 16 * 2 * c * c, (side // 2) ** 2 * 16 * c
    net = 2.0 * size["batch"] * (middle + outer)
    return net * (2 + 2) + net * (2 * 3 + 2)


def data(size, seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    side = size["image"]
    return {
        "real": np.tanh(rng.standard_normal((size["batch"], side, side, 1))).astype(np.float32),
        "noise": rng.standard_normal((size["batch"], size["latent"]), dtype=np.float32),
    }


def weights(size, seed):
    import numpy as np

    rng = np.random.default_rng(seed + 1)
    c, quarter = size["channels"], size["image"] // 4
    flat = quarter**2 * 2 * c
    shapes: dict[str, tuple[tuple[int, ...], int, int]] = {  # kernel, bias, inputs of one unit
        "generator.dense": ((size["latent"], flat), flat, size["latent"]),
        "generator.up0": ((4, 4, c, 2 * c), c, 4 * 2 * c),
        "generator.up1": ((4, 4, 1, c), 1, 4 * c),
        "discriminator.down0": ((4, 4, 1, c), c, 16),
        "discriminator.down1": ((4, 4, c, 2 * c), 2 * c, 16 * c),
        "discriminator.dense": ((flat, 1), 1, flat),
    }
    made = {}
    for name, (kernel, bias, inputs) in shapes.items():
        made[f"{name}.kernel"] = rng.standard_normal(kernel, dtype=np.float32) * np.float32(inputs**-0.5)
        made[f"{name}.bias"] = rng.standard_normal(bias, dtype=np.float32) * np.float32(0.1)
    return made


def pytorch(build: Build) -> Twin:
    import torch
    from torch import nn
    from torch.nn.functional import binary_cross_entropy_with_logits

    from probes.backends.pytorch import supervised

    size = build.size
    c, quarter = size["channels"], size["image"] // 4

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(size["latent"], quarter**2 * 2 * c)
            self.up0 = nn.ConvTranspose2d(2 * c, c, 4, stride=2, padding=1)
            self.up1 = nn.ConvTranspose2d(c, 1, 4, stride=2, padding=1)

        def forward(self, noise):
            x = torch.relu(self.dense(noise)).reshape(-1, quarter, quarter, 2 * c).permute(0, 3, 1, 2)
            return torch.tanh(self.up1(torch.relu(self.up0(x))))

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            self.down0 = nn.Conv2d(1, c, 4, stride=2, padding=1)
            self.down1 = nn.Conv2d(c, 2 * c, 4, stride=2, padding=1)
            self.dense = nn.Linear(quarter**2 * 2 * c, 1)
            self.leaky = nn.LeakyReLU(SLOPE)

        def forward(self, image):
            x = self.leaky(self.down1(self.leaky(self.down0(image))))
            return self.dense(x.permute(0, 2, 3, 1).flatten(1))

    def places(net, prefix, axes):
        return {
            f"{prefix}.{name}.{part}": place
            for name, turn in axes.items()
            for part, place in (
                ("kernel", (getattr(net, name).weight, turn)),
                ("bias", (getattr(net, name).bias, None)),
            )
        }

    def entropy(logits, target):
        return binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    generator, discriminator = Generator(), Discriminator()
    plane, layouts = (3, 2, 0, 1), {"real": (0, 3, 1, 2)}
    critic = supervised(
        build,
        discriminator,
        tensors=places(discriminator, "discriminator", {"down0": plane, "down1": plane, "dense": (1, 0)}),
        call=lambda net, batch: {"real": net(batch["real"]), "fake": net(generator(batch["noise"]).detach())},
        loss=lambda outputs, batch: entropy(outputs["real"], 1.0) + entropy(outputs["fake"], 0.0),
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM),
        layouts=layouts,
    )
    artist = supervised(
        build,
        generator,
        tensors=places(generator, "generator", {"dense": (1, 0), "up0": plane, "up1": plane}),
        call=lambda net, batch: {"fake": net(batch["noise"])},
        loss=lambda outputs, batch: entropy(discriminator(outputs["fake"]), 1.0),
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM),
        layouts=layouts,
    )

    def frozen(call):
        def called(batch):
            discriminator.requires_grad_(False)
            found = call(batch)
            discriminator.requires_grad_(True)
            return found

        return called

    update = frozen(artist.step)
    return _joined(
        critic,
        replace(artist, loss=frozen(artist.loss), gradients=frozen(artist.gradients)),
        step=lambda batch: critic.step(batch).detach() + update(batch).detach(),
        outputs=lambda batch: {"fake": artist.outputs(batch)["fake"].transpose(0, 2, 3, 1)},
    )


def tensorflow(build: Build) -> Twin:
    import keras
    import tensorflow as tf

    from probes.backends.tensorflow import supervised, written_by_hand

    build = written_by_hand(build)
    size, dtype, layers = build.size, build.dtype, keras.layers
    c, quarter = size["channels"], size["image"] // 4
    halves = {"strides": 2, "padding": "same", "dtype": dtype}

    class Generator(keras.Model):
        def __init__(self):
            super().__init__(dtype=dtype)
            self.dense = layers.Dense(quarter**2 * 2 * c, activation="relu", dtype=dtype)
            self.up0 = layers.Conv2DTranspose(c, 4, activation="relu", **halves)
            self.up1 = layers.Conv2DTranspose(1, 4, activation="tanh", **halves)

        def call(self, noise):
            x = tf.reshape(self.dense(noise), (-1, quarter, quarter, 2 * c))
            return self.up1(self.up0(x))

    class Discriminator(keras.Model):
        def __init__(self):
            super().__init__(dtype=dtype)
            self.down0 = layers.Conv2D(c, 4, **halves)
            self.down1 = layers.Conv2D(2 * c, 4, **halves)
            self.dense = layers.Dense(1, dtype=dtype)
            self.leaky = layers.LeakyReLU(SLOPE, dtype=dtype)

        def call(self, image):
            x = self.leaky(self.down1(self.leaky(self.down0(image))))
            return self.dense(tf.reshape(x, (-1, quarter**2 * 2 * c)))

    def places(net, prefix, names):
        return {
            f"{prefix}.{name}.{part}": getattr(getattr(net, name), part)
            for name in names
            for part in ("kernel", "bias")
        }

    sigmoid = keras.losses.BinaryCrossentropy(from_logits=True, dtype=dtype)

    def entropy(logits, target):
        return sigmoid(tf.fill(tf.shape(logits), tf.constant(target, dtype)), logits)

    generator, discriminator = Generator(), Discriminator()
    discriminator(generator(tf.zeros((1, size["latent"]), dtype)))
    critic = supervised(
        build,
        discriminator,
        tensors=places(discriminator, "discriminator", ("down0", "down1", "dense")),
        call=lambda net, batch, training: {
            "real": net(batch["real"]),
            "fake": net(tf.stop_gradient(generator(batch["noise"]))),
        },
        loss=lambda outputs, batch: entropy(outputs["real"], 1.0) + entropy(outputs["fake"], 0.0),
        optimiser=keras.optimizers.SGD(RATE, momentum=MOMENTUM),
    )
    artist = supervised(
        build,
        generator,
        tensors=places(generator, "generator", ("dense", "up0", "up1")),
        call=lambda net, batch, training: {"fake": net(batch["noise"])},
        loss=lambda outputs, batch: entropy(discriminator(outputs["fake"]), 1.0),
        optimiser=keras.optimizers.SGD(RATE, momentum=MOMENTUM),
    )
    return _joined(
        critic,
        artist,
        step=build.compile(lambda batch: critic.step(batch) + artist.step(batch)),
        outputs=artist.outputs,
    )


def _joined(critic, artist, **parts) -> Twin:
    """Join the twins of the two nets; the loss is the sum of theirs, before either update."""

    def load(arrays):
        critic.load(arrays)
        artist.load(arrays)

    return Twin(
        load=load,
        dump=lambda: {**critic.dump(), **artist.dump()},
        place=critic.place,
        forward=artist.forward,
        loss=lambda batch: critic.loss(batch) + artist.loss(batch),
        gradients=lambda batch: {**critic.gradients(batch), **artist.gradients(batch)},
        parameters=critic.parameters + artist.parameters,
        **parts,
    )
