"""A model of your own, to copy: ``python -m probes example > mine.py``, change it, then

    python -m probes run --workload mine.py -o evidence.json

Two functions are needed, one a framework, which return the same model; each imports its framework inside, since every
process holds one alone. Both get the same weights, batch, loss (mean squared error) and plain gradient descent, and
must then agree in float64 to seven digits (outputs, loss, every gradient, the weights after one step) before any time
is taken. Where they do not, the reason names what differs.

What may be added:
    LOSS = "cross-entropy"      the last axis of the output holds logits of classes
    TOKENS = 5000               the input is whole numbers below this, for models that begin with an embedding
    RATE = 0.01                 of gradient descent
    def data(size, seed)        your own batch instead of random numbers: {"x": array, "y": array}
    WEIGHTS = {"pytorch": ["0.weight", ...], "tensorflow": ["dense/kernel", ...]}
                                which weights are the same, one list a framework in one common order; without it, those
                                of one shape are matched in the order of named_parameters() and model.weights

Images have their channels last in INPUT; PyTorch gets them first. Set equal what the frameworks set differently by
default (epsilon and momentum of normalisation, padding), and leave dropout out: no two random generators agree.
A model that this cannot express (several inputs, an LSTM, two optimisers) takes four functions: data, weights, pytorch
and tensorflow as probes/workloads/mlp.py has them.
"""

# One batch: 64 samples of 100 numbers. Images would be (64, 32, 32, 3).
INPUT = (64, 100)


def pytorch() -> object:
    from torch import nn

    return nn.Sequential(nn.Linear(100, 200), nn.Tanh(), nn.Linear(200, 1))


def tensorflow() -> object:
    import keras

    return keras.Sequential([keras.layers.Dense(200, activation="tanh"), keras.layers.Dense(1)])
