"""TensorFlow to ONNX by tf2onnx, run by ONNX Runtime Web in a page of Chromium.

Source: https://onnxruntime.ai/docs/tutorials/web/
"""

from __future__ import annotations

from probes.routes import FP32, INT8, tensorflow_onnx

NAME = {
    "en": "ONNX Runtime Web in the browser (Chromium), by tf2onnx",
    "zh": "ONNX Runtime Web（浏览器 Chromium），经 tf2onnx",
}
FRAMEWORK = "tensorflow"
RUNTIME = "onnx-runtime-web-chromium"
PRECISIONS = (FP32, INT8)
NEEDS = tensorflow_onnx.NEEDS
ENVIRONMENT = ""
SECONDS = 7.0
DEPRECATED = ""

convert = tensorflow_onnx.convert
refused = tensorflow_onnx.refused
