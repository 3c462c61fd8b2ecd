"""What tests of routes look at when all is over."""

from __future__ import annotations

import psutil


def family() -> list[psutil.Process]:
    """Return what runs below this process; a server that other tests keep between them is none of it."""
    running = [one for one in psutil.Process().children(recursive=True) if one.status() != psutil.STATUS_ZOMBIE]
    return [one for one in running if "postgres" not in one.name()]
