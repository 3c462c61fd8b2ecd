"""PyTorch to ONNX by ``torch.onnx.export``, run by ONNX Runtime; int8 by its static quantisation.

Source: https://pytorch.org/docs/stable/onnx.html, https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probes.routes import FP32, INT8, Converted, Order, RefusedOperators
from probes.routes._shared import quantise_onnx

NAME = {"en": "ONNX Runtime, by torch.onnx", "zh": "ONNX Runtime，经 torch.onnx"}
FRAMEWORK = "pytorch"
RUNTIME = "onnx_runtime"
PRECISIONS = (FP32, INT8)
NEEDS = ("onnx", "onnxscript", "onnxruntime")
ENVIRONMENT = ""
SECONDS = 4.0
DEPRECATED = ""

_UNKNOWN = re.compile(r"No ONNX function found for <OpOverload\(op='([^']+)'")
"""How the exporter names what it has no function for."""


def convert(order: Order) -> Converted:
    """Export as PyTorch's documentation does, then quantise as ONNX Runtime's does."""
    import tempfile
    from pathlib import Path

    import torch

    path = order.folder / "model.onnx"
    names = {"input_names": list(order.model.inputs), "output_names": list(order.model.outputs)}
    with tempfile.TemporaryDirectory() as beside:
        whole = path if order.precision == FP32 else Path(beside, "model.onnx")
        try:
            program = torch.onnx.export(order.model.model, order.model.example, dynamo=True, **names)
        except Exception as error:  # only what names operators is told apart; all else goes on as it came
            if operators := _refused(error):
                raise RefusedOperators(operators, str(error).splitlines()[0]) from error
            raise
        program.save(whole, external_data=False)
        if order.precision == INT8:
            quantise_onnx(whole, path, order)
    settings: dict[str, str | int | bool] = {"exporter": "dynamo", "opset": program.model.opset_imports[""]}
    if order.precision == INT8:
        settings.update(scheme="static QDQ, weights a channel", calibration=len(order.calibration))
    return Converted(path, settings=settings)


def _refused(error: BaseException | None) -> list[str]:
    """Return the operators that an error, or one that led to it, names."""
    found: list[str] = []
    while error is not None:
        found += _UNKNOWN.findall(str(error))
        error = error.__cause__ or error.__context__
    return list(dict.fromkeys(found))


def refused(order: Order) -> Sequence[str]:
    """Return nothing: the exporter names an operator only when it meets it."""
    return []
