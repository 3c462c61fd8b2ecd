"""Small photographs: convolutions that halve the image by their stride, padding "same"."""

INPUT = (8, 32, 32, 3)
LOSS = "cross-entropy"


def pytorch():
    from torch import nn

    def block(inputs, outputs):
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, kernel_size=3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(),
        )

    return nn.Sequential(
        block(3, 16),
        block(16, 32),
        block(32, 64),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


def tensorflow():
    import keras
    from keras import layers

    model = keras.Sequential()
    for filters in (16, 32, 64):
        model.add(layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False))
        model.add(layers.BatchNormalization())
        model.add(layers.LeakyReLU())
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(10))
    return model
