"""A Keras file: architecture and weights in one archive, loaded by Keras wherever it is installed.

Source: https://keras.io/guides/serialization_and_saving/
"""

from __future__ import annotations

from collections.abc import Sequence

from probes.backends.tensorflow import classes_beside
from probes.routes import FP32, Converted, Order
from probes.types import Reason, Unsupported

NAME = {"en": "Keras file (.keras)", "zh": "Keras 文件（.keras）"}
FRAMEWORK = "tensorflow"
RUNTIME = "keras"
PRECISIONS = (FP32,)
NEEDS: tuple[str, ...] = ()
ENVIRONMENT = ""
SECONDS = 4.0
DEPRECATED = ""


def convert(order: Order) -> Converted:
    """Save the model whole; a layer of a class of one's own would load only where its code is."""
    import keras

    model = order.model.model
    if not isinstance(model, keras.Model):
        raise Unsupported(Reason("no-keras-model"))
    if kinds := classes_beside(model):
        raise Unsupported(Reason("keras-needs-code", kinds=kinds))
    main = order.folder / "model.keras"
    model.save(main)
    return Converted(main)


def refused(order: Order) -> Sequence[str]:
    """Return nothing: whatever Keras computes, it keeps."""
    return ()
