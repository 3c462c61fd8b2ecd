"""Arrays in an ``.npz`` file. NumPy alone, and loaded when called: workers read such files too."""

from __future__ import annotations

from typing import Any


def read(path: str) -> dict[str, Any]:
    """Return the arrays of an ``.npz`` file by name; objects, which only unpickling would read, are refused.

    Raises:
        OSError: it cannot be read. ValueError: it holds objects, or is no such file.
    """
    import numpy as np

    with np.load(path, allow_pickle=False) as held:
        return {name: held[name] for name in held.files}
