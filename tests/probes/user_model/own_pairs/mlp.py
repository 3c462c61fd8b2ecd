"""Customer churn from thirty columns: dense layers with batch normalisation and dropout."""

INPUT = (64, 30)
LOSS = "cross-entropy"


def pytorch():
    from torch import nn

    return nn.Sequential(
        nn.Linear(30, 128),
        nn.BatchNorm1d(128),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(128, 64),
        nn.BatchNorm1d(64),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(64, 2),
    )


def tensorflow():
    from tensorflow import keras
    from tensorflow.keras import layers

    return keras.Sequential(
        [
            keras.Input(shape=(30,)),
            layers.Dense(128),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Dropout(0.3),
            layers.Dense(64),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Dropout(0.3),
            layers.Dense(2),
        ]
    )
