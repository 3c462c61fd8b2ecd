"""TensorFlow.js in Node: its WebAssembly backend, outside a browser."""

from __future__ import annotations

from probes.runtimes import _javascript
from probes.runtimes._javascript import hosts

NAME = "TensorFlow.js (Node)"
MODULE = "@tensorflow/tfjs"
ADD = _javascript.ADD
ENVIRONMENT = _javascript.ENVIRONMENT
SUFFIXES = ("model.json",)

_program = _javascript.Program("tensorflowjs", ("@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"), hosts.Node)

CODE = _program.source
absent = _program.absent
before_import = _program.before_import
start = _program.start
versions = _program.versions
load = _program.load
