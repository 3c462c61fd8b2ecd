"""LiteRT (was TensorFlow Lite): the file of phones, boards and microcontrollers, made by TensorFlow's own converter.

Int8 is the full-integer scheme after training: ranges from representative data, one scale a channel for weights; what
goes in and comes out stays float, so that the file takes what the float one takes.

Source: https://ai.google.dev/edge/litert/conversion/tensorflow/convert_tf and
    https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/post_training_quantization
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from probes.routes import FP32, INT8, Converted, Order, RefusedOperators
from probes.routes.tensorflow_saved_model import save

NAME = {"en": "LiteRT, by TensorFlow's converter", "zh": "LiteRT（TensorFlow 自带转换器）"}
FRAMEWORK = "tensorflow"
RUNTIME = "litert"
PRECISIONS = (FP32, INT8)
NEEDS: tuple[str, ...] = ()
ENVIRONMENT = ""
SECONDS = 4.0
DEPRECATED = ""


def convert(order: Order) -> Converted:
    """Convert a SavedModel to LiteRT's own operators alone: TensorFlow's would need another, larger runtime."""
    import tempfile

    import tensorflow as tf

    with tempfile.TemporaryDirectory() as beside:
        saved = Path(beside, "saved_model")
        save(order.model, saved)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(saved))
        if order.precision == INT8:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: iter(order.calibration)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        main = order.folder / "model.tflite"
        main.write_bytes(_converted(converter))
    return Converted(main, settings={"operators": "integer alone, float in and out"} if order.precision == INT8 else {})


def refused(order: Order) -> Sequence[str]:
    """Return nothing: the converter tells by converting, and its error names the operators."""
    return ()


def _converted(converter: Any) -> bytes:
    """Run the converter; raise ``RefusedOperators`` where its error names operators."""
    from tensorflow.lite.python.convert import ConverterError

    try:
        return bytes(converter.convert())
    except ConverterError as error:
        named = [found.operator.name.removeprefix("tf.") for found in error.errors if found.operator.name]
        if not named:
            raise
        raise RefusedOperators(named, str(error)) from error
