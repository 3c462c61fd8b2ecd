"""PyTorch to ONNX by ``torch.onnx.export``, run by ONNX Runtime Web in Node.

Source: https://onnxruntime.ai/docs/tutorials/web/
"""

from __future__ import annotations

from probes.routes import FP32, INT8, pytorch_onnx

NAME = {"en": "ONNX Runtime Web in Node, by torch.onnx", "zh": "ONNX Runtime Web（Node），经 torch.onnx"}
FRAMEWORK = "pytorch"
RUNTIME = "onnx-runtime-web-node"
PRECISIONS = (FP32, INT8)
NEEDS = pytorch_onnx.NEEDS
ENVIRONMENT = ""
SECONDS = 5.0
DEPRECATED = ""

convert = pytorch_onnx.convert
refused = pytorch_onnx.refused
