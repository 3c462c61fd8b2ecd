"""Ends a process with everything it has started, on every platform."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import Any

PATIENCE = 5.0
"""Seconds for the system to take note of an end."""


def apart() -> dict[str, Any]:
    """Return how ``Popen`` starts a process whose Ctrl-C is this process's alone, which passes it on."""
    if hasattr(os, "killpg"):
        return {"start_new_session": True}
    return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}


def end(process: subprocess.Popen[Any]) -> None:
    """End a process that was started ``apart``, and all that it started."""
    import psutil

    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for member in family:
        with contextlib.suppress(psutil.Error):
            member.kill()
    with contextlib.suppress(OSError):
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
