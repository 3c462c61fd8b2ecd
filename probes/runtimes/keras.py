"""A Keras file, loaded by Keras; ``predict_on_batch`` compiles the model at its first answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from probes.backends import tensorflow as backend
from probes.runtimes import Run

NAME = "Keras"
MODULE = "keras"
ADD = backend.ADD
SUFFIXES = (".keras",)


def before_import(threads: int) -> None:
    """Set what TensorFlow reads when it loads, and that Keras speaks to it."""
    backend.before_import(threads=threads, settings="default")


def start(threads: int) -> None:
    """Import TensorFlow with Keras, keep it to the CPU and to so many threads."""
    backend.start(threads=threads, settings="default")
    backend.use("cpu")
    import keras

    keras.config.disable_interactive_logging()


def versions() -> Mapping[str, str]:
    """Return the versions of Keras and of what it runs on."""
    import tensorflow as tf

    return {"keras": metadata.version("keras"), "tensorflow": tf.__version__, "numpy": metadata.version("numpy")}


def described(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return what the model takes."""
    import keras

    inputs = keras.saving.load_model(path, compile=False).inputs
    return {one.name: (tuple(1 if size is None else int(size) for size in one.shape), one.dtype) for one in inputs}


def load(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Load the file; what it needs beside stock layers is not loaded from it, as Keras has it by default."""
    import keras

    model = keras.saving.load_model(path, compile=False)

    def run(arrays: Sequence[Any]) -> list[Any]:
        answer = model.predict_on_batch(arrays[0] if len(arrays) == 1 else list(arrays))
        return keras.tree.flatten(answer)

    return run
