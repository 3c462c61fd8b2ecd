"""An autoencoder with layers of one shape, which one side makes in another order than it uses them."""

INPUT = (32, 64)


def pytorch():
    import torch
    from torch import nn

    class Autoencoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.decoder = nn.ModuleList([nn.Linear(64, 64), nn.Linear(64, 64)])
            self.encoder = nn.ModuleList([nn.Linear(64, 64), nn.Linear(64, 64)])

        def forward(self, x):
            for layer in self.encoder:
                x = torch.relu(layer(x))
            x = torch.tanh(self.decoder[0](x))
            return torch.sigmoid(self.decoder[1](x))

    return Autoencoder()


def tensorflow():
    import tensorflow as tf
    from tensorflow.keras import layers

    encoder = tf.keras.Sequential([layers.Dense(64, activation="relu"), layers.Dense(64, activation="relu")])
    decoder = tf.keras.Sequential([layers.Dense(64, activation="tanh"), layers.Dense(64, activation="sigmoid")])
    inputs = tf.keras.Input(shape=(64,))
    return tf.keras.Model(inputs, decoder(encoder(inputs)))
