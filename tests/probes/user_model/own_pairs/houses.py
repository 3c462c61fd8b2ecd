"""The price of a house from a picture and twelve numbers: two inputs that are joined."""

INPUT = {"picture": (8, 16, 16, 3), "numbers": (8, 12)}


def pytorch():
    import torch
    from torch import nn

    class Houses(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(
                nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 8 * 8, 16)
            )
            self.numbers = nn.Sequential(nn.Linear(12, 16), nn.ReLU())
            self.price = nn.Linear(32, 1)

        def forward(self, picture, numbers):
            return self.price(torch.cat([self.features(picture), self.numbers(numbers)], dim=1))

    return Houses()


def tensorflow():
    import keras
    from keras import layers

    picture = keras.Input(shape=(16, 16, 3), name="picture")
    numbers = keras.Input(shape=(12,), name="numbers")
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(picture)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(16)(x)
    y = layers.Dense(16, activation="relu")(numbers)
    joined = layers.concatenate([x, y])
    return keras.Model(inputs=[picture, numbers], outputs=layers.Dense(1)(joined))
