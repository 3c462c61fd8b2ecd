"""A stand-in for the driver's library: what NVML would say on a machine with NVIDIA GPUs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest

GIB = 1 << 30
NAME = "pretended"


class NVMLError(Exception):
    pass


def put(
    monkeypatch: pytest.MonkeyPatch,
    *,
    cards: int = 1,
    used: Callable[[], int] = lambda: GIB,
    throttled: int = 0,
    processes: tuple[tuple[int, int | None], ...] = (),
    tells: bool = True,
) -> None:
    """Put the stand-in where ``import pynvml`` finds it.

    Args:
        monkeypatch: takes it away again.
        cards: how many GPUs it sees, all alike.
        used: asked for the used bytes at every reading.
        throttled: NVML's mask of reasons.
        processes: (pid, bytes) of what runs.
        tells: False for a card that answers "not supported" to all of it.
    """
    made = ModuleType("pynvml")

    def told(answer: Callable[[], object]) -> object:
        if not tells:
            raise NVMLError("Not Supported")
        return answer()

    def memory(handle: int) -> object:
        taken = used()
        return told(lambda: SimpleNamespace(total=80 * GIB, used=taken, free=80 * GIB - taken))

    running = [SimpleNamespace(pid=pid, usedGpuMemory=held) for pid, held in processes]
    answers = {
        "NVMLError": NVMLError,
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetCount": lambda: cards,
        "nvmlDeviceGetHandleByIndex": lambda i: i,
        "nvmlDeviceGetName": lambda handle: NAME,
        "nvmlSystemGetDriverVersion": lambda: "580.00",
        "nvmlDeviceGetMemoryInfo": memory,
        "nvmlDeviceGetCudaComputeCapability": lambda handle: told(lambda: [9, 0]),
        "nvmlDeviceGetComputeRunningProcesses": lambda handle: told(lambda: running),
        "nvmlDeviceGetCurrentClocksThrottleReasons": lambda handle: told(lambda: throttled),
    }
    for name, answer in answers.items():
        setattr(made, name, answer)
    monkeypatch.setitem(sys.modules, "pynvml", made)
