"""The machine: what it is (fingerprint) and how it is doing (system noise). Reads, never changes a setting."""

from __future__ import annotations

import contextlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from probes.system import process_readings
from probes.types import Reason

T = TypeVar("T")

GPU_NEEDED = 2 << 30
"""Bytes of a GPU that must be free before anything is measured there: each framework's context with its libraries takes
about half a GB, its kernels' workspaces up to as much again, and the probes' models less than 0.2 GB."""


def fingerprint() -> dict[str, Any]:
    """Describe what the measurements were taken on."""
    import psutil

    return {
        "cpu": _cpu_model(),
        "cores": process_readings.cores(),
        "cores_host": os.cpu_count(),
        "quota": process_readings.quota(),
        "memory_bytes": int(psutil.virtual_memory().total),
        "instructions": vector_instructions(),
        "gpus": gpus(),
        "compute_capability": compute_capability(),
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
    if sys.platform == "darwin":  # where platform.processor() says no more than "arm"
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    return platform.processor() or platform.machine()


def short_of_cpu() -> Reason | None:
    """Return that a control group grants less than one CPU; None where it does not."""
    granted = process_readings.quota()
    return None if granted is None or granted >= 1 else Reason("short-of-cpu", granted=granted)


def instructions() -> str | Reason:
    """Return which instructions for vectors the CPU has, "AVX: yes, AVX2: no", or that the system does not tell.

    Wheels of the frameworks are built with AVX since TensorFlow 1.6, many kernels with AVX2.
    """
    flags = _cpu_flags("flags")
    if flags is None:
        return Reason("instructions-not-told")
    return ", ".join(f"{name}: {'yes' if name.lower() in flags else 'no'}" for name in ("AVX", "AVX2"))


VECTORS = ("avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "sve", "sve2", "i8mm")
"""Instructions by which oneDNN, Eigen and ATen choose their kernels, as Linux calls them, on x86 and on ARM."""


def vector_instructions() -> list[str] | None:
    """List which of ``VECTORS`` the CPU has, in that order; None where the system does not tell."""
    flags = _cpu_flags("flags", "Features")
    return None if flags is None else [name for name in VECTORS if name in flags]


def _cpu_flags(*labels: str) -> set[str] | None:
    """Return what Linux says that the CPU has, in a line labelled "flags" (x86) or "Features" (ARM); None elsewhere."""
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith(labels):
            return set(line.partition(":")[2].split())
    return None


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


def gpu_taken() -> Reason | None:
    """Return that too little of the first NVIDIA GPU is free for both frameworks; None where enough is, or unknown.

    Ask before a worker has worked there, since its own memory would count as another program's.
    """
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    try:
        find = pynvml.nvmlDeviceGetHandleByIndex if first.isdecimal() else pynvml.nvmlDeviceGetHandleByUUID
        memory = pynvml.nvmlDeviceGetMemoryInfo(find(int(first) if first.isdecimal() else first))
    except pynvml.NVMLError:  # a part of a card (MIG), or a name that this library does not know
        return None
    finally:
        pynvml.nvmlShutdown()
    if memory.free >= GPU_NEEDED:
        return None
    held, whole, needed = (size / (1 << 30) for size in (memory.total - memory.free, memory.total, GPU_NEEDED))
    return Reason("gpu-taken", held=held, whole=whole, gpu=first, needed=needed)


def _each_gpu(read: Callable[[Any, Any], T]) -> list[T]:
    """Ask NVML about every NVIDIA GPU; empty where there is no driver, or where a card does not tell.

    Args:
        read: (pynvml, handle) -> what is wanted of one GPU.
    """
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [read(pynvml, pynvml.nvmlDeviceGetHandleByIndex(i)) for i in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:  # not every card tells
        return []
    finally:
        pynvml.nvmlShutdown()


def compute_capability() -> list[str]:
    """Read the generation of every NVIDIA GPU, "9.0" for example; it decides which kernels a library takes."""

    def read(pynvml: Any, handle: Any) -> str:
        major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
        return f"{major}.{minor}"

    return _each_gpu(read)


def gpu_memory() -> list[dict[str, int]]:
    """Read the ``total``, ``used`` and ``free`` bytes of every NVIDIA GPU, all processes together."""

    def read(pynvml: Any, handle: Any) -> dict[str, int]:
        info = pynvml.nvmlDeviceGetMemoryInfo(handle)
        return {"total": int(info.total), "used": int(info.used), "free": int(info.free)}

    return _each_gpu(read)


def gpu_memory_of(pid: int) -> int | None:
    """Read the bytes one process holds on all GPUs; None where the driver does not tell.

    It does not in a container with process ids of its own, nor under Windows' display driver model.
    """

    def read(pynvml: Any, handle: Any) -> list[int]:
        running = pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
        return [int(process.usedGpuMemory) for process in running if process.pid == pid and process.usedGpuMemory]

    return sum(held for found in _each_gpu(read) for held in found) or None


def gpu_throttled() -> list[str]:
    """Name the reasons for which an NVIDIA GPU runs below its clocks now."""
    words = {
        0x4: "power cap",
        0x8: "hardware slowdown",
        0x20: "software thermal",
        0x40: "hardware thermal",
        0x80: "power brake",
    }
    masks = _each_gpu(lambda pynvml, handle: int(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)))
    return sorted({word for mask in masks for bit, word in words.items() if mask & bit})


def system_noise() -> dict[str, Any]:
    """Read counters whose differences tell what happened between two calls; None where the system has none.

    ``steal`` are seconds the hypervisor took from all cores, ``busy`` seconds all cores worked, ``pressure`` seconds
    some task waited for a CPU (PSI); ``clock`` and ``wall`` are the monotonic and the settable clock. ``held_back``
    counts the periods in which a control group's quota ran out, ``quota`` is that quota in CPUs.
    """
    ticks = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
    fields = _read("/proc/stat").splitlines()[:1]
    values = [int(v) / ticks for v in fields[0].split()[1:]] if fields else []
    groups = process_readings.control_groups()
    held = process_readings.held_back(groups=groups)
    return {
        "clock": time.monotonic(),
        "wall": time.time(),
        "busy": sum(values[:3]) + sum(values[5:8]) if len(values) > 7 else None,
        "steal": values[7] if len(values) > 7 else None,
        "pressure": _pressure(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "mhz": _mhz(),
        "throttles": _throttles(),
        "quota": None if held is None else process_readings.quota(groups=groups),
        "held_back": None if held is None else held[0],
        "held_back_seconds": None if held is None else held[1],
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
    """Return whether the machine runs on its battery; None where it has none or does not tell."""
    import psutil

    if not hasattr(psutil, "sensors_battery"):
        return None
    try:
        state = psutil.sensors_battery()
    except OSError:  # a container may hide /sys
        return None
    return None if state is None else not state.power_plugged
