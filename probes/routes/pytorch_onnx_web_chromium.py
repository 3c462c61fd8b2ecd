"""PyTorch to ONNX by ``torch.onnx.export``, run by ONNX Runtime Web in a page of Chromium.

Source: https://onnxruntime.ai/docs/tutorials/web/
"""

from __future__ import annotations

from probes.routes import FP32, INT8, pytorch_onnx

NAME = {
    "en": "ONNX Runtime Web in the browser (Chromium), by torch.onnx",
    "zh": "ONNX Runtime Web（浏览器 Chromium），经 torch.onnx",
}
FRAMEWORK = "pytorch"
RUNTIME = "onnx-runtime-web-chromium"
PRECISIONS = (FP32, INT8)
NEEDS = pytorch_onnx.NEEDS
ENVIRONMENT = ""
SECONDS = 7.0
DEPRECATED = ""

convert = pytorch_onnx.convert
refused = pytorch_onnx.refused
