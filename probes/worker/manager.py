"""Ties a worker to its manager, before anything that takes time is imported. Standard library only."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time


def die_with_manager(manager: int) -> None:
    """Ask the kernel to end this process with its parent; elsewhere watch from a thread."""
    import ctypes

    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, int(signal.SIGKILL))
        return
    import threading

    if sys.platform == "win32":  # where a parent's number outlives it, and may be a launcher's
        kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - absent elsewhere, which a type checker would flag
        handle = kernel.OpenProcess(0x100000, False, manager)  # the right to wait for it
        if not handle:
            return

        def gone() -> None:
            kernel.WaitForSingleObject(handle, 0xFFFFFFFF)
            os._exit(1)
    else:
        parent = os.getppid()

        def gone() -> None:
            while os.getppid() == parent:
                time.sleep(2)
            os._exit(1)

    threading.Thread(target=gone, daemon=True).start()
