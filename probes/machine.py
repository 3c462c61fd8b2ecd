"""The machine: what it is (fingerprint) and how it is doing (weather). Reads, never changes a setting."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from probes import gauge


def fingerprint() -> dict[str, Any]:
    """Say what the measurements were taken on."""
    import psutil

    return {
        "cpu": _cpu_model(),
        "cores": gauge.cores(),
        "cores_host": os.cpu_count(),
        "quota": gauge.quota(),
        "memory_bytes": int(psutil.virtual_memory().total),
        "gpus": gpus(),
        "os": f"{platform.system()} {platform.release()}",
        "arch": platform.machine(),
        "python": platform.python_version(),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "virtual": "hypervisor" in _read("/proc/cpuinfo"),
    }


def _cpu_model() -> str:
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def cxx_compiler() -> str | None:
    """Find the C++ compiler that PyTorch's compiler will call; None where there is none.

    That is what CXX names, else the system's usual one. Source: ``torch/_inductor/config.py``, ``cpp.cxx``.
    """
    usual = {"darwin": "clang++", "win32": "cl"}.get(sys.platform, "g++")
    words = shlex.split(os.environ.get("CXX", usual), posix=os.name == "posix")
    return shutil.which(words[0].strip('"')) if words else None


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def gpus() -> list[dict[str, Any]]:
    """List NVIDIA GPUs through NVML; empty where there is no driver."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        found = []
        for i in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(i)
            name = pynvml.nvmlDeviceGetName(handle)
            found.append(
                {
                    "name": name if isinstance(name, str) else name.decode(),
                    "memory_bytes": int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
                    "driver": str(pynvml.nvmlSystemGetDriverVersion()),
                }
            )
        return found
    except pynvml.NVMLError:  # a part that this card does not tell; the rest is known from inside the workers
        return found
    finally:
        pynvml.nvmlShutdown()


def gpu_throttled() -> list[str]:
    """Name the reasons for which an NVIDIA GPU runs below its clocks now."""
    import pynvml

    words = {0x8: "power brake", 0x20: "software thermal", 0x40: "hardware thermal", 0x4: "power cap"}
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    reasons: set[str] = set()
    try:
        for i in range(pynvml.nvmlDeviceGetCount()):
            mask = pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(pynvml.nvmlDeviceGetHandleByIndex(i))
            reasons |= {word for bit, word in words.items() if mask & bit}
    except pynvml.NVMLError:  # not every card tells
        return []
    finally:
        pynvml.nvmlShutdown()
    return sorted(reasons)


def weather() -> dict[str, Any]:
    """Read counters whose differences tell what happened between two calls; None where the system has none.

    ``steal`` are seconds the hypervisor took from all cores, ``busy`` seconds all cores worked, ``pressure`` seconds
    some task waited for a CPU (PSI); ``clock`` and ``wall`` are the monotonic and the settable clock.
    """
    ticks = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
    fields = _read("/proc/stat").splitlines()[:1]
    values = [int(v) / ticks for v in fields[0].split()[1:]] if fields else []
    return {
        "clock": time.monotonic(),
        "wall": time.time(),
        "busy": sum(values[:3]) + sum(values[5:8]) if len(values) > 7 else None,
        "steal": values[7] if len(values) > 7 else None,
        "pressure": _pressure(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "mhz": _mhz(),
        "throttles": _throttles(),
        "battery": on_battery() if sys.platform == "linux" else None,
    }


def _pressure() -> float | None:
    for line in _read("/proc/pressure/cpu").splitlines():
        if line.startswith("some"):
            return int(line.rpartition("total=")[2]) / 1e6
    return None


def _mhz() -> float | None:
    text = _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq")
    return int(text) / 1000 if text else None


def _throttles() -> int | None:
    text = _read("/sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count")
    return int(text) if text else None


def on_battery() -> bool | None:
    """Say whether the machine runs on its battery; None where it has none or does not tell."""
    import psutil

    if not hasattr(psutil, "sensors_battery"):
        return None
    state = psutil.sensors_battery()
    return None if state is None else not state.power_plugged
