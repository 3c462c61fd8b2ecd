"""A subclassed Keras model beside a module that ends in a log-softmax; layer normalisation, GELU by its tanh."""

INPUT = (32, 40)
LOSS = "cross-entropy"


def pytorch():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(40, 96)
            self.norm = nn.LayerNorm(96)
            self.act = nn.GELU(approximate="tanh")
            self.drop = nn.Dropout(0.2)
            self.out = nn.Linear(96, 5)

        def forward(self, x):
            x = self.drop(self.act(self.norm(self.hidden(x))))
            return F.log_softmax(self.out(x), dim=1)

    return Net()


def tensorflow():
    import tensorflow as tf

    class Net(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = tf.keras.layers.Dense(96)
            self.norm = tf.keras.layers.LayerNormalization()
            self.act = tf.keras.layers.Activation("gelu")
            self.drop = tf.keras.layers.Dropout(0.2)
            self.out = tf.keras.layers.Dense(5)

        def call(self, x, training=False):
            x = self.act(self.norm(self.hidden(x)))
            x = self.drop(x, training=training)
            return self.out(x)

    return Net()
