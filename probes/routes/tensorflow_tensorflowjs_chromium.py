"""TensorFlow to TensorFlow.js, run by its WebAssembly backend in a page of Chromium.

Source: https://www.tensorflow.org/js/guide/conversion
"""

from __future__ import annotations

from probes.routes import FP32, INT8, tensorflow_tensorflowjs_node

NAME = {"en": "TensorFlow.js in the browser (Chromium)", "zh": "TensorFlow.js（浏览器 Chromium）"}
FRAMEWORK = "tensorflow"
RUNTIME = "tensorflowjs-chromium"
PRECISIONS = (FP32, INT8)
NEEDS = tensorflow_tensorflowjs_node.NEEDS
ENVIRONMENT = "tensorflowjs"
SECONDS = 22.0
DEPRECATED = ""

convert = tensorflow_tensorflowjs_node.convert
refused = tensorflow_tensorflowjs_node.refused
