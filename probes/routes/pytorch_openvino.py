"""PyTorch to OpenVINO's own form; int8 by NNCF, its makers' quantiser."""

from __future__ import annotations

from collections.abc import Sequence

from probes.routes import FP32, INT8, Converted, Order, RefusedOperators
from probes.routes._shared import refused_by_openvino

NAME = {"en": "OpenVINO", "zh": "OpenVINO"}
FRAMEWORK = "pytorch"
RUNTIME = "openvino"
PRECISIONS = (FP32, INT8)
NEEDS = ("openvino",)
ENVIRONMENT = ""
SECONDS = 5.0
DEPRECATED = ""


def convert(order: Order) -> Converted:
    """Convert the module, quantise it where asked for, and save it as .xml (what to compute) and .bin (weights).

    Source: https://docs.openvino.ai/2026/openvino-workflow/model-preparation/convert-model-pytorch.html and
    https://docs.openvino.ai/2026/openvino-workflow/model-optimization-guide/quantizing-models-post-training.html
    """
    import openvino

    try:
        model = openvino.convert_model(order.model.model, example_input=order.model.example)
    except openvino.frontend.OpConversionFailure as error:
        raise RefusedOperators(refused_by_openvino(str(error)), str(error)) from error
    if order.precision == INT8:
        import nncf

        batches = [[batch[name] for name in order.model.inputs] for batch in order.calibration]
        model = nncf.quantize(model, nncf.Dataset(batches), subset_size=len(batches))
    openvino.save_model(model, order.folder / "model.xml", compress_to_fp16=False)
    return Converted(order.folder / "model.xml", settings={"read by": "torch.jit.trace", "compress_to_fp16": False})


def refused(order: Order) -> Sequence[str]:
    """Name what OpenVINO has no conversion rule for: reading a model is quick, and tells."""
    import openvino

    try:
        openvino.convert_model(order.model.model, example_input=order.model.example)
    except openvino.frontend.OpConversionFailure as error:
        return refused_by_openvino(str(error))
    return ()
