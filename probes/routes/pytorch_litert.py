"""PyTorch to LiteRT, by LiteRT Torch; int8 by its makers' quantiser."""

from __future__ import annotations

import re
from collections.abc import Sequence

from probes.backends import pytorch
from probes.routes import FP32, INT8, Converted, Order, RefusedOperators

NAME = {"en": "LiteRT, by LiteRT Torch", "zh": "LiteRT（LiteRT Torch）"}
FRAMEWORK = "pytorch"
RUNTIME = "litert"
PRECISIONS = (FP32, INT8)
NEEDS = ("litert_torch", "ai_edge_quantizer")
ENVIRONMENT = "litert-torch"
SECONDS = 25.0
DEPRECATED = ""


def convert(order: Order) -> Converted:
    """Convert the module, then quantise the file where asked for.

    Source: https://github.com/google-ai-edge/litert-torch and https://github.com/google-ai-edge/ai-edge-quantizer
    """
    import litert_torch
    from ai_edge_quantizer import qtyping, quantizer, recipe
    from ai_edge_quantizer.algorithm_manager import AlgorithmName

    path = str(order.folder / "model.tflite")
    try:
        model = litert_torch.convert(order.model.model, order.model.example)
    except RuntimeError as error:
        if unknown := re.findall(r"Lowering not found: (\S+)", str(error)):
            raise RefusedOperators(unknown, str(error).splitlines()[0]) from error
        raise
    model.export(path)
    narrow = {name: "int32" for name, dtype in order.model.dtypes.items() if dtype == "int64"}
    if order.precision == INT8:
        quantiser = quantizer.Quantizer(path, recipe.static_wi8_ai8())
        for end in (qtyping.TFLOperationName.INPUT, qtyping.TFLOperationName.OUTPUT):  # these stay float32
            quantiser.update_quantization_recipe(".*", end, algorithm_key=AlgorithmName.NO_QUANTIZE)
        batches = [
            {
                f"args_{place}": batch[name].astype(narrow.get(name, order.model.dtypes[name]))
                for place, name in enumerate(order.model.inputs)
            }
            for batch in order.calibration
        ]
        ranges = quantiser.calibrate({"serving_default": batches})
        quantiser.quantize(ranges).export_model(path, overwrite=True)
    settings = {"recipe": "static_wi8_ai8"} if order.precision == INT8 else {}
    return Converted(order.folder / "model.tflite", settings=settings, dtypes=narrow)


def refused(order: Order) -> Sequence[str]:
    """Name what torch.export, on which this converter is built, will not take; the rest it tells while it converts."""
    return pytorch.not_exportable(order.model.model, order.model.example)
