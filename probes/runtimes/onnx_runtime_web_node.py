"""ONNX Runtime Web in Node: its WebAssembly, outside a browser."""

from __future__ import annotations

from probes.runtimes import _javascript
from probes.runtimes._javascript import hosts

NAME = "ONNX Runtime Web (Node)"
MODULE = "onnxruntime-web"
ADD = _javascript.ADD
ENVIRONMENT = _javascript.ENVIRONMENT
SUFFIXES = (".onnx",)

_program = _javascript.Program("onnx_runtime_web", ("onnxruntime-web",), hosts.Node)

CODE = _program.source
absent = _program.absent
before_import = _program.before_import
start = _program.start
versions = _program.versions
load = _program.load
