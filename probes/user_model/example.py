"""A model of your own, to copy: ``python -m probes example > mine.py``, change it, then

    python -m probes run --workload mine.py -o evidence.json

Two functions are needed, one a framework, which return the same model; each imports its framework inside, since every
process holds one alone. Both get the same weights, batch, loss (mean squared error) and plain gradient descent, and
must then agree in float64 to seven digits (outputs, loss, every gradient, the weights after one step) before any time
is taken. Where they do not, the reason names what differs.

What may be added:
    LOSS = "cross-entropy"      the last axis of the output holds logits of classes (a softmax there is seen to)
    TOKENS = 5000               the input is whole numbers below this, for models that begin with an embedding
    INPUT = {"picture": (8, 32, 32, 3), "numbers": (8, 12)}
                                several inputs, by name (or a list of shapes); TOKENS is then by name too
    RATE = 0.01                 of gradient descent
    def data(size, seed)        your own batch instead of random numbers: {"x": array, "y": array}; several inputs as
                                {"x": {"picture": array, "numbers": array}, "y": array}
    WEIGHTS = {"pytorch": ["0.weight", ...], "tensorflow": ["dense/kernel", ...]}
                                which weights are the same, one list a framework in one common order; without it, they
                                are matched by what their layers are and when they run, and searched among equals

Write both as you always do. Images have their channels last in INPUT; PyTorch gets them first. What the frameworks
set differently by default is set alike, said and kept in the evidence (--as-written refuses instead):
    normalisation               epsilon and momentum
    padding "same"              the odd one goes where PyTorch puts it: TensorFlow's operations pad as they are told
    GELU, leaky ReLU            the approximation, the slope
    dropout                     0 on both sides, also inside attention and recurrent layers
    LSTM                        PyTorch's second bias is held at 0; gates are put in one order
    embeddings                  padding_idx and mask_zero are taken off
    softmax at the end          taken off on both sides, or put on both where a function applies it
    flatten before a dense layer, reshape after one
                                the weights are permuted where channels come first on one side
Of two values the one that cannot be changed is taken, else the one that is no framework's default, else that of the
function which stands first in this file. What then still differs is refused, with the first layer that departs.
A model that this cannot express (two optimisers, a loss of your own) takes four functions: data, weights, pytorch and
tensorflow as probes/workloads/mlp.py has them.
"""

# One batch: 64 samples of 100 numbers. Images would be (64, 32, 32, 3).
INPUT = (64, 100)


def pytorch() -> object:
    from torch import nn

    return nn.Sequential(nn.Linear(100, 200), nn.Tanh(), nn.Linear(200, 1))


def tensorflow() -> object:
    import keras

    return keras.Sequential([keras.layers.Dense(200, activation="tanh"), keras.layers.Dense(1)])
