"""TensorFlow itself as a runtime: the function that ``Model.predict`` traces, against which its routes are held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from probes.backends import tensorflow
from probes.runtimes import Run
from probes.types import Exportable

NAME = "TensorFlow"
MODULE = tensorflow.MODULE
ADD = tensorflow.ADD
SUFFIXES = ()


def before_import(threads: int) -> None:
    """Quiet the C++ log; Keras must speak to TensorFlow."""
    tensorflow.before_import(threads=threads, settings="default")


def start(threads: int) -> None:
    """Import TensorFlow and set its threads."""
    tensorflow.start(threads=threads, settings="default")
    tensorflow.use("cpu")


def versions() -> Mapping[str, str]:
    """Name the versions of TensorFlow and Keras."""
    found: Mapping[str, str] = tensorflow.facts()["versions"]
    return found


def load(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Load a saved model and answer by its traced function."""
    import numpy as np

    opened = tensorflow.opened(str(path))
    return answering(opened.exportable({n: np.zeros(shape, dtype) for n, (shape, dtype) in opened.inputs.items()}))


def answering(model: Exportable) -> Run:
    """Answer by the traced function, as a user of TensorFlow does who exports nothing."""
    import tensorflow as tf

    def run(arrays: Sequence[Any]) -> Sequence[Any]:
        named = dict(zip(model.inputs, map(tf.constant, arrays), strict=True))
        found = model.serve(**named)
        return [found[name].numpy() for name in model.outputs]

    return run
