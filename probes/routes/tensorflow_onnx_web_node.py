"""TensorFlow to ONNX by tf2onnx, run by ONNX Runtime Web in Node.

Source: https://onnxruntime.ai/docs/tutorials/web/
"""

from __future__ import annotations

from probes.routes import FP32, INT8, tensorflow_onnx

NAME = {"en": "ONNX Runtime Web in Node, by tf2onnx", "zh": "ONNX Runtime Web（Node），经 tf2onnx"}
FRAMEWORK = "tensorflow"
RUNTIME = "onnx-runtime-web-node"
PRECISIONS = (FP32, INT8)
NEEDS = tensorflow_onnx.NEEDS
ENVIRONMENT = ""
SECONDS = 5.0
DEPRECATED = ""

convert = tensorflow_onnx.convert
refused = tensorflow_onnx.refused
