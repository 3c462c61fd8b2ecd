"""The control arm's route: the kernel into a file of arrays, as it is or in whole numbers, and faults as planted."""

from __future__ import annotations

from collections.abc import Sequence

from probes.backends import null
from probes.routes import FP32, INT8, Converted, Order, RefusedOperators

NAME = {"en": "File of arrays", "zh": "数组文件"}
FRAMEWORK = "null"
RUNTIME = "null"
PRECISIONS = (FP32, INT8)
NEEDS = ("numpy",)
ENVIRONMENT = ""
SECONDS = 1.0
DEPRECATED = ""


def convert(order: Order) -> Converted:
    """Write the kernel down."""
    import numpy as np

    path = order.folder / "model.npz"
    if null.due("convert"):
        null.commit()
    if null.wrong("refused"):
        raise RefusedOperators(["planted.Op"], "the operator planted.Op is not known")
    if null.wrong("unwritable"):
        path = order.folder / "absent" / "model.npz"
    if null.wrong("nothing"):
        return Converted(path)
    if null.wrong("damaged"):
        path.write_bytes(b"PK not an archive")
        return Converted(path)
    kernel = order.model.model
    if order.precision == INT8:
        scale = np.float32(np.abs(kernel).max() / 127)
        np.savez(path, kernel=np.round(kernel / scale).astype(np.int8), scale=scale)
    else:
        np.savez(path, kernel=kernel)
    return Converted(path, settings={"scheme": "symmetric"} if order.precision == INT8 else None)


def refused(order: Order) -> Sequence[str]:
    """Name what is planted to be refused beforehand."""
    return ["planted.Op"] if null.wrong("refused-before") else []
