"""Carries arrays between a workload's canonical NumPy layout and a framework's own variables.

A workload states, for every canonical name, the variable that holds it and the axes that turn the
canonical layout into the framework's: ``{"head.kernel": (model.head.weight, OUT_IN)}``. What
follows from that (load, dump, gradients) is the same for every model and stands here once.
Never changes a value: only axes and dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

SAME: tuple[int, ...] = ()
"""The framework keeps the canonical layout."""

OUT_IN = (1, 0)
"""Canonical dense kernels are (in, out); PyTorch's ``Linear`` holds (out, in)."""

OUT_IN_STEPS = (2, 1, 0)
"""Canonical 1-D convolution kernels are (steps, in, out); PyTorch's ``Conv1d`` holds (out, in, steps)."""

OUT_IN_PLANE = (3, 2, 0, 1)
"""Canonical 2-D kernels are (height, width, in, out), transposed ones (height, width, out, in), as Keras
holds them; PyTorch puts the two channel axes first, in the opposite order."""

Axes = tuple[int, ...]
Places = Mapping[str, tuple[Any, Axes]]


def forth(array: np.ndarray, axes: Axes) -> np.ndarray:
    """Turn a canonical array into the framework's layout."""
    return np.ascontiguousarray(array.transpose(axes)) if axes else array


def back(array: np.ndarray, axes: Axes) -> np.ndarray:
    """Turn an array in the framework's layout into the canonical one."""
    return array.transpose(np.argsort(axes)) if axes else array


def pytorch(places: Places, objective: Callable[[Any], Any]) -> dict[str, Callable[..., Any]]:
    """Make ``load``, ``dump`` and ``gradients`` of a PyTorch side.

    Args:
        places: canonical name -> (parameter, axes).
        objective: placed batch -> scalar loss; the very function the step differentiates.
    """
    import torch

    def load(arrays: Mapping[str, Any]) -> None:
        with torch.no_grad():
            for name, (parameter, axes) in places.items():
                parameter.copy_(torch.from_numpy(np.array(forth(np.asarray(arrays[name]), axes))))

    def dump() -> dict[str, Any]:
        return {name: back(tensor.detach().cpu().numpy().copy(), axes) for name, (tensor, axes) in places.items()}

    def gradients(batch: Any) -> dict[str, Any]:
        parameters = [parameter for parameter, _ in places.values()]
        slopes = torch.autograd.grad(objective(batch), parameters)
        dense = [slope.to_dense() if slope.is_sparse else slope for slope in slopes]
        return {
            name: back(slope.cpu().numpy(), axes)
            for (name, (_, axes)), slope in zip(places.items(), dense, strict=True)
        }

    return {"load": load, "dump": dump, "gradients": gradients}


def tensorflow(places: Places, objective: Callable[[Any], Any]) -> dict[str, Callable[..., Any]]:
    """Make ``load``, ``dump`` and ``gradients`` of a TensorFlow side.

    Args:
        places: canonical name -> (variable, axes).
        objective: placed batch -> scalar loss; the very function the step differentiates.
    """
    import tensorflow as tf

    def load(arrays: Mapping[str, Any]) -> None:
        for name, (variable, axes) in places.items():
            variable.assign(forth(np.asarray(arrays[name]), axes))

    def dump() -> dict[str, Any]:
        return {name: back(variable.numpy(), axes) for name, (variable, axes) in places.items()}

    def gradients(batch: Any) -> dict[str, Any]:
        with tf.GradientTape() as tape:
            loss = objective(batch)
        slopes = tape.gradient(loss, [variable for variable, _ in places.values()])
        return {
            name: back(tf.convert_to_tensor(slope).numpy(), axes)
            for (name, (_, axes)), slope in zip(places.items(), slopes, strict=True)
        }

    return {"load": load, "dump": dump, "gradients": gradients}
