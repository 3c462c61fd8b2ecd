"""Readings of this process and its limits, with the standard library alone: used in workers and by the manager.

Every reading is None where the system does not give it; nothing is estimated.
"""

from __future__ import annotations

import functools
import os
import re
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

PROC = Path("/proc/self")
"""Where Linux tells a process its control groups and mounts."""


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

    Linux keeps VmHWM per exec; ``ru_maxrss`` there would inherit the parent's peak, so it is used elsewhere only.
    """
    if sys.platform.startswith("linux"):
        return _status("VmHWM")
    if sys.platform == "win32":
        return _windows_peak()
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # macOS alone counts bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


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
    # The handle of the process itself is -1, which must arrive as wide as a pointer.
    handle = wintypes.HANDLE(windll.kernel32.GetCurrentProcess())
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


HANDOVER = 50e-6
"""Seconds a thread may wait each time before it runs without another load being the reason: one thread wakes another on
its own core and goes to sleep a little later. A scheduler's slices, which another load gets, last milliseconds."""


class Waits:
    """Reads again and again how long other load kept this process's threads from running, in microseconds a reading.

    Open one for a turn, in the thread that works: threads that begin later are not seen.
    """

    def __init__(self) -> None:
        self._files: list[int] = []
        self._cores = _own_cores()
        try:
            tasks = os.listdir("/proc/self/task")  # noqa: PTH208 - called around every turn
        except OSError:
            return
        for task in sorted(tasks, key=lambda task: task != str(threading.get_native_id())):
            try:
                self._files.append(os.open(f"/proc/self/task/{task}/schedstat", os.O_RDONLY))
            except OSError:  # the thread ended meanwhile
                continue

    def read(self) -> list[tuple[float, int]]:
        """Return, for each thread, the seconds it stood ready and did not run, and how often it ran; this thread first.

        Last come the clock and the CPU time of the process. Empty where the system does not tell.
        """
        found = []
        for file in self._files:
            try:
                _, waited, times = os.pread(file, 64, 0).split()
            except (OSError, ValueError):  # the thread ended meanwhile
                found.append((0.0, 0))
                continue
            found.append((int(waited) / 1e9, int(times)))
        return [*found, (time.perf_counter(), 0), (time.process_time(), 0)] if found else []

    def between(self, before: Sequence[tuple[float, int]], after: Sequence[tuple[float, int]]) -> tuple[float, float]:
        """Return the seconds that other load held up this thread between two readings, and those of all threads.

        Threads of this process keep each other waiting too: briefly, whenever one hands over to another, and for long
        where they share a core. Other load can have held up no more than the CPU time that the process did not use.
        """
        if not before:
            return 0.0, 0.0
        *threads, (clock, _), (used, _) = (
            (late - early, later - earlier) for (early, earlier), (late, later) in zip(before, after, strict=True)
        )
        held = [max(0.0, waited - HANDOVER * times) for waited, times in threads]
        left = max(0.0, self._cores * clock - used)
        return min(held[0], left), min(sum(held), left)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            os.close(file)
        self._files.clear()


def control_groups(proc: Path = PROC) -> list[Path]:
    """List the folders of the control groups that bound this process's CPU time: its own, then up to their roots.

    Version 1, version 2 and both beside each other; where a namespace hides the path, the root that is seen.
    Source: man 7 cgroups, man 5 proc (mountinfo).
    """
    try:
        told = (proc / "cgroup").read_text().splitlines()
        mounts = [line.split() for line in (proc / "mountinfo").read_text().splitlines()]
    except OSError:
        return []
    within = {name: path for _, names, path in (line.split(":", 2) for line in told) for name in names.split(",")}
    found: list[Path] = []
    for mount in mounts:
        kind, options = mount[mount.index("-") + 1], mount[-1].split(",")
        # Version 2 has one hierarchy, which bears no name.
        name = "" if kind == "cgroup2" else "cpu" if kind == "cgroup" and "cpu" in options else None
        if name in within:
            found += _upwards(_unescaped(mount[3]), _unescaped(mount[4]), within[name])
    return found


def _unescaped(path: str) -> str:
    """Return a path of mountinfo with its spaces, which are written there as octal numbers."""
    return re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), path)


def _upwards(root: str, point: str, within: str) -> list[Path]:
    """Walk from a control group to the root of its mount, which shows the hierarchy from ``root`` on."""
    try:
        parts = PurePosixPath(within).relative_to(root).parts
    except ValueError:
        parts = ()
    if ".." in parts:  # outside of what this namespace shows
        parts = ()
    folders = [Path(point, *parts[:count]) for count in range(len(parts), -1, -1)]
    return [folder for folder in folders if folder.is_dir()]


def quota(proc: Path = PROC, *, groups: Sequence[Path] | None = None) -> float | None:
    """Return the CPUs that the control groups of this process grant, or None where they set no limit.

    Args:
        proc: what tells which they are.
        groups: their folders, where ``control_groups`` has found them already.
    """
    folders = control_groups(proc) if groups is None else groups
    granted = [found for folder in folders if (found := _granted(folder)) is not None]
    return min(granted, default=None)


def _granted(folder: Path) -> float | None:
    """Return the CPUs that one control group grants: microseconds of each period."""
    try:
        if (folder / "cpu.max").is_file():
            limit, period = (folder / "cpu.max").read_text().split()
        else:
            limit, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return int(limit) / int(period) if limit != "max" and int(limit) > 0 else None
    except (OSError, ValueError):  # the root of version 2 sets no limit and has no such file
        return None


def held_back(proc: Path = PROC, *, groups: Sequence[Path] | None = None) -> tuple[int, float] | None:
    """Return how often quotas held this process's control groups back, and for how many seconds of CPU time.

    None where no group with a quota counts it. A group counts what it does to all its processes together.

    Args:
        proc: what tells which they are.
        groups: their folders, where ``control_groups`` has found them already.
    """
    times, seconds, found = 0, 0.0, False
    for folder in control_groups(proc) if groups is None else groups:
        if _granted(folder) is None:
            continue
        try:
            lines = (folder / "cpu.stat").read_text().splitlines()
        except OSError:
            continue
        counted = {name: int(value) for name, value in (line.split() for line in lines)}
        times, found = times + counted.get("nr_throttled", 0), True
        seconds += counted.get("throttled_usec", 0) / 1e6 + counted.get("throttled_time", 0) / 1e9
    return (times, seconds) if found else None


@functools.cache
def _own_cores() -> int:
    """Return ``cores()`` as it was first: reading the control groups around every turn would cost more than a turn."""
    return cores()


def cores(proc: Path = PROC) -> int:
    """Return how many CPUs this process may use at once: its affinity, cut by the control group's quota."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    granted = quota(proc)
    return max(1, min(allowed, allowed if granted is None else int(granted)))
