"""Files and folders that belong to one running process, and are known as nobody's once it is gone.

Held by a lock of the operating system, which ends with the process however it ends; unlike a process id, it means the
same in every container that shares the disk. Where a system has no such locks (Windows) nothing counts as nobody's.
Standard library only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

YOUNG = 2.0
"""Seconds that what was just made is left alone: between being made and being held lies an instant."""


@contextlib.contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold a file or folder until the block ends."""
    if fcntl is None:
        yield
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a network disk may know no locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


SCRATCH = "advisor-probes-"
"""How the temporary folders of measurements begin."""


@contextlib.contextmanager
def temporary(prefix: str = SCRATCH) -> Iterator[str]:
    """Make a folder for temporary files and remove it at the end, and first those that ended processes left."""
    sweep(Path(tempfile.gettempdir()), prefix)
    # Windows removes no file that a process which is about to end still holds; the system clears its folder later.
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name, holding(Path(name)):
        yield name


def sweep(parent: Path, prefix: str) -> None:
    """Remove what begins with ``prefix`` in a folder, is this user's and is held by nobody any more."""
    for path in abandoned(parent, prefix):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


def abandoned(parent: Path, prefix: str = "") -> list[Path]:
    """Return what begins with ``prefix`` in a folder, is this user's and is held by nobody, sorted by name."""
    if fcntl is None or not hasattr(os, "getuid"):
        return []
    try:
        with os.scandir(parent) as entries:
            found = [Path(entry.path) for entry in entries if entry.name.startswith(prefix) and not entry.is_symlink()]
    except OSError:
        return []
    return sorted(path for path in found if _nobody_holds(path))


def _nobody_holds(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        about = os.fstat(handle)
        if about.st_uid != os.getuid() or time.time() - about.st_mtime < YOUNG:
            return False
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(handle)
