"""SavedModel: TensorFlow's own format of a graph and its weights, for TensorFlow Serving and every other converter.

Source: https://www.tensorflow.org/guide/saved_model
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from probes.routes import FP32, Converted, Order
from probes.types import Exportable

NAME = {"en": "SavedModel", "zh": "SavedModel"}
FRAMEWORK = "tensorflow"
RUNTIME = "saved-model"
PRECISIONS = (FP32,)
NEEDS: tuple[str, ...] = ()
ENVIRONMENT = ""
SECONDS = 4.0
DEPRECATED = ""


def convert(order: Order) -> Converted:
    """Save the traced function with the weights that it reads."""
    main = order.folder / "saved_model"
    save(order.model, main)
    return Converted(main)


def save(model: Exportable, folder: Path) -> None:
    """Write a SavedModel of what answers alone.

    Of the whole Keras model TensorFlow would keep the training functions and an optimiser's state too.

    Args:
        model: what is taken out.
        folder: where to; it is made.
    """
    import tensorflow as tf

    module = tf.Module()
    module.weights = list(model.serve.variables)
    tf.saved_model.save(module, str(folder), signatures={"serving_default": model.serve})


def refused(order: Order) -> Sequence[str]:
    """Return nothing: TensorFlow takes each of its own operations."""
    return ()
