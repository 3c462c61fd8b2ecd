"""Environments of their own, for converters and runtimes that cannot live beside the frameworks.

Each is one entry of ``ENVIRONMENTS`` and its lock files; a folder of the user's data holds what is installed.
``locks`` reads those files, ``folders`` knows what is there, ``installing`` adds and removes, ``resolving`` makes the
lock files anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LINUX, MACOS, WINDOWS = "linux-x86_64", "macos-arm64", "windows-x86_64"

PYTHON, NODE = "python", "node"
"""What an environment is made of: a virtual environment, or a folder of npm packages."""


@dataclass(frozen=True)
class Environment:
    """What one environment holds and where it installs.

    Attributes:
        title: what it is for, by language.
        asks: what a person would type after ``pip install`` (or ``npm install``); the resolver adds the rest.
        locks: files of ``lock_files``, installed in this order; for npm a folder.
        python: range of Python versions that its packages are made for (PEP 440); of no meaning for npm.
        systems: where they install, as ``here`` names systems.
        imports: modules that must import before it counts as installed; packages for npm.
        kind: ``PYTHON`` or ``NODE``.
    """

    title: Mapping[str, str]
    asks: tuple[str, ...]
    locks: tuple[str, ...]
    python: str
    systems: tuple[str, ...]
    imports: tuple[str, ...]
    kind: str = PYTHON


ENVIRONMENTS: Mapping[str, Environment] = {
    "executorch": Environment(
        title={"en": "PyTorch to ExecuTorch: phones and boards", "zh": "PyTorch 到 ExecuTorch：手机与开发板"},
        asks=("executorch==1.5.1", "torch==2.13.0"),
        locks=("torch-cpu.txt", "executorch.txt"),
        python=">=3.11,<3.14",
        systems=(LINUX, MACOS, WINDOWS),
        imports=("torch", "executorch.exir", "executorch.runtime"),
    ),
    "litert-torch": Environment(
        title={"en": "PyTorch to LiteRT: phones and boards", "zh": "PyTorch 到 LiteRT：手机与开发板"},
        # Later ones of backports-strenum are for Python 3.10 alone, which the resolver does not look at.
        asks=("litert-torch==0.10.0", "torch==2.13.0", "backports-strenum<1.3"),
        locks=("torch-cpu.txt", "litert-torch.txt"),
        python=">=3.11,<3.14",
        systems=(LINUX,),
        imports=("torch", "litert_torch"),
    ),
    "tensorflowjs": Environment(
        title={"en": "TensorFlow to TensorFlow.js: browsers", "zh": "TensorFlow 到 TensorFlow.js：浏览器"},
        asks=("tensorflowjs==4.22.0", "ydf==0.12.0", "tensorflow==2.19.*", "setuptools<81"),
        locks=("tensorflowjs.txt",),
        python=">=3.11,<3.13",
        systems=(LINUX,),
        imports=("tensorflow", "tensorflowjs"),
    ),
    "web": Environment(
        title={
            "en": "ONNX Runtime Web and TensorFlow.js: what runs in Node and in browsers",
            "zh": "ONNX Runtime Web 与 TensorFlow.js：在 Node 和浏览器中运行",
        },
        asks=("onnxruntime-web", "@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"),
        locks=("web",),
        python="",
        systems=(LINUX, MACOS, WINDOWS),
        imports=("onnxruntime-web", "@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"),
        kind=NODE,
    ),
}
"""By name, which a route's ``ENVIRONMENT`` gives."""


def add_line(name: str) -> str:
    """Return the command that adds an environment."""
    return f"framework-advisor routes add {name}"


def of_npm(name: str) -> bool:
    """Return whether a name is that of an environment that is a folder of npm packages."""
    return name in ENVIRONMENTS and ENVIRONMENTS[name].kind == NODE
