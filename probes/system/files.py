"""Files written whole or not at all. Standard library only."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from probes.system import held

UNFINISHED = ".unfinished-"
"""How the name of a file begins while it is written; one that a killed process left goes with the next write there."""


def write_atomically(path: str | Path, content: bytes) -> None:
    """Write a file beside its place first, then move it there; a device, such as /dev/stdout, is written directly.

    A link stays one, and what it points to is replaced; a file that is replaced keeps its rights.

    Raises:
        OSError: the place cannot be written; what stood there is untouched and nothing is left beside it.
    """
    place = Path(path)
    if place.exists() and not place.is_file():
        place.write_bytes(content)
        return
    target = place.resolve()
    rights = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    held.sweep(target.parent, UNFINISHED)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=UNFINISHED)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file, held.holding(beside):
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(rights)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the process's mask of rights; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
