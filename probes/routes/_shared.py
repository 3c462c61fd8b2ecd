"""What routes of several frameworks do alike. No route itself; worker side, as they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from probes.routes import Order


def quantise_onnx(whole: Path, main: Path, order: Order) -> None:
    """Quantise as ONNX Runtime's guide does: prepare, take ranges from the data, write."""
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    batches = iter(order.calibration)

    class Reader(quantization.CalibrationDataReader):
        def get_next(self) -> Any:
            return next(batches, None)

    quant_pre_process(whole, whole)
    quantization.quantize_static(whole, main, Reader(), quant_format=quantization.QuantFormat.QDQ, per_channel=True)


def refused_by_openvino(said: str) -> list[str]:
    """Return the operators that an error of OpenVINO's converters names."""
    return [
        name for line in re.findall(r"No conversion rule found for operations: (.+)", said) for name in line.split(", ")
    ]
