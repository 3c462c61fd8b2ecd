"""One encoder block of a transformer over word ids, classified by the mean of its positions."""

INPUT = (8, 20)
TOKENS = 500
LOSS = "cross-entropy"


def pytorch():
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.attention = nn.MultiheadAttention(width, heads, dropout=0.1, batch_first=True)
            self.norm1 = nn.LayerNorm(width)
            self.norm2 = nn.LayerNorm(width)
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
            self.dropout = nn.Dropout(0.1)

        def forward(self, x):
            attended, _ = self.attention(x, x, x, need_weights=False)
            x = self.norm1(x + self.dropout(attended))
            return self.norm2(x + self.dropout(self.mlp(x)))

    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(500, 32)
            self.places = nn.Embedding(20, 32)
            self.block = Block(32, 4)
            self.head = nn.Linear(32, 3)

        def forward(self, x):
            places = torch.arange(x.shape[1], device=x.device)
            x = self.words(x) + self.places(places)
            return self.head(self.block(x).mean(dim=1))

    return Classifier()


def tensorflow():
    import keras
    from keras import layers

    class Embed(layers.Layer):
        def __init__(self):
            super().__init__()
            self.words = layers.Embedding(500, 32)
            self.places = layers.Embedding(20, 32)

        def call(self, x):
            return self.words(x) + self.places(keras.ops.arange(20))

    inputs = keras.Input((20,), dtype="int32")
    x = Embed()(inputs)
    attended = layers.MultiHeadAttention(num_heads=4, key_dim=8, dropout=0.1)(x, x)
    x = layers.LayerNormalization()(x + layers.Dropout(0.1)(attended))
    y = layers.Dense(128, activation="gelu")(x)
    y = layers.Dropout(0.1)(layers.Dense(32)(y))
    x = layers.LayerNormalization()(x + y)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(3)(x))
