"""TensorFlow to OpenVINO's own form; int8 by NNCF, its makers' quantiser."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from probes.routes import FP32, INT8, Converted, Order, RefusedOperators
from probes.routes._shared import refused_by_openvino

NAME = {"en": "OpenVINO, from TensorFlow", "zh": "OpenVINO，由 TensorFlow 转换"}
FRAMEWORK = "tensorflow"
RUNTIME = "openvino"
PRECISIONS = (FP32, INT8)
NEEDS = ("openvino", "nncf")
ENVIRONMENT = ""
SECONDS = 5.0
DEPRECATED = ""


def convert(order: Order) -> Converted:
    """Convert the traced function, quantise it where asked for, save it as .xml (what to compute) and .bin (weights).

    Source: https://docs.openvino.ai/2026/openvino-workflow/model-preparation/convert-model-tensorflow.html and
    https://docs.openvino.ai/2026/openvino-workflow/model-optimization-guide/quantizing-models-post-training.html
    """
    import openvino

    try:
        model = openvino.convert_model(order.model.serve)
    except openvino.frontend.OpConversionFailure as error:
        raise RefusedOperators(refused_by_openvino(str(error)), str(error)) from error
    inputs, outputs = _names(model.inputs, order.model.inputs), _names(model.outputs, order.model.outputs)
    if order.precision == INT8:
        import nncf

        batches = [[batch[name] for name in inputs] for batch in order.calibration]
        model = nncf.quantize(model, nncf.Dataset(batches), subset_size=len(batches))
    main = order.folder / "model.xml"
    openvino.save_model(model, main, compress_to_fp16=False)
    return Converted(main, inputs=inputs, outputs=outputs, settings={"compress_to_fp16": False})


def refused(order: Order) -> Sequence[str]:
    """Return nothing: the converter tells by converting, and its error names the operators."""
    return ()


def _names(places: Iterable[Any], known: Sequence[str]) -> tuple[str, ...]:
    """Return names in the order of the converted model, which is the alphabet's."""
    return tuple(name for place in places for name in known if name in place.names)
