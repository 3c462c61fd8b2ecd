"""Readings of this process and its limits, with the standard library alone: used in workers and by the manager.

Every reading is None where the system does not give it; nothing is estimated.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def _status(key: str) -> int | None:
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
    except OSError:
        return None
    return None


def peak_memory() -> int | None:
    """Return the peak resident bytes of this process.

    Linux keeps VmHWM per exec; ``ru_maxrss`` there would inherit the parent's peak, so it is used on macOS only.
    """
    if sys.platform.startswith("linux"):
        return _status("VmHWM")
    if sys.platform == "win32":
        return _windows_peak()
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _windows_peak() -> int | None:
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = [("cb", wintypes.DWORD), ("PageFaultCount", wintypes.DWORD)] + [
            (name, ctypes.c_size_t)
            for name in (
                "PeakWorkingSetSize",
                "WorkingSetSize",
                "QuotaPeakPagedPoolUsage",
                "QuotaPagedPoolUsage",
                "QuotaPeakNonPagedPoolUsage",
                "QuotaNonPagedPoolUsage",
                "PagefileUsage",
                "PeakPagefileUsage",
            )
        ]

    counters = Counters(cb=ctypes.sizeof(Counters))
    windll = getattr(ctypes, "windll")  # noqa: B009 - absent elsewhere, which a type checker there would flag
    handle = windll.kernel32.GetCurrentProcess()
    done = windll.psapi.GetProcessMemoryInfo(handle, ctypes.byref(counters), counters.cb)
    return int(counters.PeakWorkingSetSize) if done else None


def resident_memory() -> int | None:
    """Return the resident bytes of this process now (Linux only)."""
    return _status("VmRSS")


def reset_peak() -> bool:
    """Start a new peak; True where the kernel allowed it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def allocator() -> str | None:
    """Name the allocator of host memory that this process has loaded; None where the system does not tell."""
    try:
        loaded = Path("/proc/self/maps").read_text(errors="replace")
    except OSError:
        return None
    preloaded = next((name for name in ("jemalloc", "tcmalloc", "mimalloc") if name in loaded), "")
    name = preloaded or ("glibc" if "libc.so.6" in loaded else "musl" if "musl" in loaded else "")
    return f"{name}, thresholds raised" if name and "MALLOC_MMAP_THRESHOLD_" in os.environ else name or None


class Waits:
    """Reads again and again how long this process's threads were kept from running; a reading takes microseconds.

    Open one for a turn: threads that begin later are not seen. Where the system does not tell, ``read`` gives None.
    """

    def __init__(self) -> None:
        self._files: list[int] = []
        try:
            tasks = os.listdir("/proc/self/task")  # noqa: PTH208 - called around every turn
        except OSError:
            return
        for task in tasks:
            try:
                self._files.append(os.open(f"/proc/self/task/{task}/schedstat", os.O_RDONLY))
            except OSError:  # the thread ended meanwhile
                continue

    def read(self) -> float | None:
        """Return the seconds that all threads together stood ready and did not run."""
        total = 0
        for file in self._files:
            try:
                total += int(os.pread(file, 64, 0).split()[1])
            except (OSError, IndexError):  # the thread ended meanwhile
                continue
        return total / 1e9 if self._files else None

    def close(self) -> None:
        """Let the files go."""
        for file in self._files:
            os.close(file)
        self._files.clear()


def quota() -> float | None:
    """Return the CPUs that the control group grants, or None where it sets no limit."""
    try:
        limit, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return None if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError):
        pass
    try:
        granted = int(Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").read_text())
        period_us = int(Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        return None
    return None if granted <= 0 else granted / period_us


def cores() -> int:
    """Return how many CPUs this process may use at once: its affinity, cut by the control group's quota."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    granted = quota()
    return max(1, min(allowed, allowed if granted is None else int(granted)))
