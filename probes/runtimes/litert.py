"""LiteRT (was TensorFlow Lite), run by its own package: kernels of XNNPACK on the CPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from probes.runtimes import Run

NAME = "LiteRT"
MODULE = "ai_edge_litert"
ADD = "python -m pip install ai-edge-litert"
SUFFIXES = (".tflite",)

_asked = {"threads": 1}
"""What ``start`` was given; the interpreter takes it when it loads a model."""


def before_import(threads: int) -> None:
    """Set nothing: the package reads no variable."""


def start(threads: int) -> None:
    """Import the interpreter, and keep the number of threads for it."""
    import ai_edge_litert.interpreter  # noqa: F401 - so that loading a model takes no import

    _asked["threads"] = threads


def versions() -> Mapping[str, str]:
    """Return the version of the package."""
    return {"ai-edge-litert": metadata.version("ai-edge-litert"), "numpy": metadata.version("numpy")}


def described(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return what the file takes."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    named = {place["index"]: name for name, place in _signature(interpreter)[0].items()}
    return {
        named.get(place["index"], place["name"]): (tuple(map(int, place["shape"])), place["dtype"].__name__)
        for place in interpreter.get_input_details()
    }


def load(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Load the file; XNNPACK takes all that it knows, as by default."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path), num_threads=_asked["threads"])
    interpreter.allocate_tensors()
    given, made = _places(interpreter, inputs, outputs)
    shapes = {place["index"]: tuple(place["shape"]) for place in interpreter.get_input_details()}

    def run(arrays: Sequence[Any]) -> list[Any]:
        if any(shapes[index] != array.shape for index, array in zip(given, arrays, strict=True)):
            for index, array in zip(given, arrays, strict=True):
                interpreter.resize_tensor_input(index, array.shape)
                shapes[index] = array.shape
            interpreter.allocate_tensors()
        for index, array in zip(given, arrays, strict=True):
            interpreter.set_tensor(index, array)
        interpreter.invoke()
        return [interpreter.get_tensor(index) for index in made]

    return run


def _places(interpreter: Any, inputs: Sequence[str], outputs: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return where inputs and outputs lie: by the names in the file's signature where it has them, else in order."""
    given, made = interpreter.get_input_details(), interpreter.get_output_details()
    named, answered = _signature(interpreter)
    given = [named[name] for name in inputs] if inputs and set(inputs) == set(named) else given
    made = [answered[name] for name in outputs] if outputs and set(outputs) == set(answered) else made
    return [place["index"] for place in given], [place["index"] for place in made]


def _signature(interpreter: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return inputs and outputs by the names of the file's signature; nothing where it has none or several."""
    signatures = list(interpreter.get_signature_list())
    if len(signatures) != 1:
        return {}, {}
    runner = interpreter.get_signature_runner(signatures[0])
    return runner.get_input_details(), runner.get_output_details()
