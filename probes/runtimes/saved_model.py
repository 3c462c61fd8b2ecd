"""SavedModel, run by TensorFlow without Keras or the code that made the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from probes.backends import tensorflow as backend
from probes.runtimes import Run

NAME = "TensorFlow SavedModel"
MODULE = backend.MODULE
ADD = backend.ADD
SUFFIXES = ("saved_model.pb",)
"""The file by which a folder is known as one."""


def before_import(threads: int) -> None:
    """Set what TensorFlow reads when it loads."""
    backend.before_import(threads=threads, settings="default")


def start(threads: int) -> None:
    """Import TensorFlow, keep it to the CPU and to so many threads."""
    backend.start(threads=threads, settings="default")
    backend.use("cpu")


def versions() -> Mapping[str, str]:
    """Return the version of TensorFlow; its distribution has a name for each kind of build."""
    import tensorflow as tf

    return {"tensorflow": tf.__version__, "numpy": metadata.version("numpy")}


def described(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return what its serving signature takes."""
    loaded, signature = _loaded(path)
    specs = loaded.signatures[signature].structured_input_signature[1]
    return {
        name: (tuple(1 if size is None else int(size) for size in spec.shape), spec.dtype.name)
        for name, spec in specs.items()
    }


def load(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Run:
    """Load the folder and call its serving signature.

    Raises:
        ValueError: it has no signature that could be called.
    """
    import tensorflow as tf

    loaded, signature = _loaded(path)
    serve = loaded.signatures[signature]
    names = list(inputs) or list(serve.structured_input_signature[1])
    wanted = list(outputs) or sorted(serve.structured_outputs)

    def run(arrays: Sequence[Any]) -> list[Any]:
        placed = {name: tf.constant(array) for name, array in zip(names, arrays, strict=True)}
        answer = loaded.signatures[signature](**placed)  # a signature alone does not keep the variables alive
        return [answer[name].numpy() for name in wanted]

    return run


def _loaded(path: Path) -> tuple[Any, str]:
    """Load a SavedModel by its folder or by the file that makes it one; name the signature that servers call."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path.parent if path.is_file() else path))
    names = list(loaded.signatures)
    if not names:
        raise ValueError("the SavedModel has no signature")
    return loaded, "serving_default" if "serving_default" in names else names[0]
