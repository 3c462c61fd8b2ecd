"""The array arithmetic that judging answers rests on; nothing here knows what is advised. Pure: no files, no clock."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

PIECE = 2**18
"""Multiplications up to which OpenBLAS keeps to one thread (its SMP_THRESHOLD_MIN x GEMM_MULTITHREAD_THRESHOLD)."""


def product(left: Floats, right: Floats) -> Floats:
    """Return ``left @ right``, taken in pieces of the longer side.

    A product of this size takes less time than waking other threads does, and far less on a busy machine.
    """
    rows, inner, columns = *left.shape, right.shape[1]
    found = np.empty((rows, columns))
    if rows >= columns:
        step = max(1, PIECE // max(1, inner * columns))
        for start in range(0, rows, step):
            np.matmul(left[start : start + step], right, out=found[start : start + step])
    else:
        step = max(1, PIECE // max(1, inner * rows))
        for start in range(0, columns, step):
            found[:, start : start + step] = left @ right[:, start : start + step]
    return found


def observe(
    mean: Floats, covariance: Floats, *, pair: tuple[int, int], gap: float, noise: float
) -> tuple[Floats, Floats]:
    """Condition jointly normal values on a noisy difference of two of them (a Kalman update).

    Args:
        mean: (K, n). covariance: (K, n, n).
        pair: (a, b); ``gap`` observes v_a - v_b with variance ``noise``.
    """
    a, b = pair
    cross = covariance[:, :, a] - covariance[:, :, b]  # (K, n)
    total = cross[:, a] - cross[:, b] + noise
    gain = cross / total[:, None]
    moved = mean + gain * (gap - (mean[:, a] - mean[:, b]))[:, None]
    return moved, covariance - gain[:, :, None] * cross[:, None, :]


TIE = 1e-12
"""Utilities closer than this are equal: it is rounding, not evidence."""


def leaders(utility: Floats, allowed: Bools) -> NDArray[np.int64]:
    """Return the index of the best allowed framework per row; -1 on a tie or where none is allowed."""
    masked = np.where(allowed, utility, -np.inf)
    top = masked.max(axis=1, keepdims=True)
    level = (masked >= top - TIE) & allowed
    return np.where(level.sum(axis=1) == 1, masked.argmax(axis=1), -1)
