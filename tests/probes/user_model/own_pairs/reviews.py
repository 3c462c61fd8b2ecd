"""Film reviews: embedding, LSTM, the last state classified; Keras' side ends in a softmax."""

INPUT = (16, 25)
TOKENS = 1000
LOSS = "cross-entropy"


def pytorch():
    import torch.nn as nn

    class Reviews(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(1000, 32)
            self.lstm = nn.LSTM(32, 48, batch_first=True)
            self.dropout = nn.Dropout(0.5)
            self.fc = nn.Linear(48, 2)

        def forward(self, text):
            embedded = self.embedding(text)
            _, (hidden, _) = self.lstm(embedded)
            return self.fc(self.dropout(hidden[-1]))

    return Reviews()


def tensorflow():
    from tensorflow.keras.layers import LSTM, Dense, Dropout, Embedding
    from tensorflow.keras.models import Sequential

    model = Sequential()
    model.add(Embedding(1000, 32))
    model.add(LSTM(48))
    model.add(Dropout(0.5))
    model.add(Dense(2, activation="softmax"))
    return model
