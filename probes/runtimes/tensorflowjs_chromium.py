"""TensorFlow.js in a page of headless Chromium: its WebAssembly backend, as a visitor's browser runs it."""

from __future__ import annotations

from probes.runtimes import _javascript
from probes.runtimes._javascript import hosts

NAME = "TensorFlow.js (Chromium)"
MODULE = "@tensorflow/tfjs"
ADD = _javascript.ADD
ENVIRONMENT = _javascript.ENVIRONMENT
SUFFIXES = ("model.json",)

_program = _javascript.Program("tensorflowjs", ("@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"), hosts.Chromium)

CODE = _program.source
absent = _program.absent
before_import = _program.before_import
start = _program.start
versions = _program.versions
load = _program.load
