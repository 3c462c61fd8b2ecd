"""TensorFlow to TensorFlow.js: SavedModel, then its makers' converter, run by its WebAssembly backend in Node.

The converter holds an older TensorFlow than today's, hence the environment of its own. Its int8 is of the weights
alone, for a smaller download: they are floats again when the model is loaded.

Source: https://www.tensorflow.org/js/guide/conversion, https://github.com/tensorflow/tfjs/tree/master/tfjs-converter
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probes.routes import FP32, INT8, Converted, Order, RefusedOperators
from probes.routes.tensorflow_saved_model import save

NAME = {"en": "TensorFlow.js in Node", "zh": "TensorFlow.js（Node）"}
FRAMEWORK = "tensorflow"
RUNTIME = "tensorflowjs-node"
PRECISIONS = (FP32, INT8)
NEEDS = ("tensorflowjs",)
ENVIRONMENT = "tensorflowjs"
SECONDS = 20.0
DEPRECATED = ""


def convert(order: Order) -> Converted:
    """Save the traced function, and convert it to a graph model."""
    import tempfile
    from pathlib import Path

    from tensorflowjs.converters import tf_saved_model_conversion_v2

    quantised = {"uint8": "*"} if order.precision == INT8 else None
    with tempfile.TemporaryDirectory() as beside:
        folder = Path(beside, "saved_model")
        save(order.model, folder)
        try:
            tf_saved_model_conversion_v2.convert_tf_saved_model(
                str(folder), str(order.folder), signature_def="serving_default", quantization_dtype_map=quantised
            )
        except ValueError as error:
            if unknown := _unknown(str(error)):
                raise RefusedOperators(unknown, str(error).splitlines()[0]) from error
            raise
    settings = {"scheme": "uint8, weights alone"} if quantised else {}
    return Converted(order.folder / "model.json", settings=settings)


def _unknown(said: str) -> list[str]:
    """Return the operators that an error of the converter names."""
    names = re.search(r"Unsupported Ops in the model (?:before|after) optimization\s+(.+)", said, re.DOTALL)
    return re.split(r",\s*", names[1].strip()) if names else []


def refused(order: Order) -> Sequence[str]:
    """Return nothing: the converter tells when it converts."""
    return ()
