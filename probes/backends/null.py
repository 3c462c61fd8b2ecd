"""The control arm: NumPy alone, the same answers, and faults that tests plant on purpose.

It proves the instrument, not a framework: two null arms must tie, a planted slowdown must be found, and each
planted fault must cost its own probe and nothing else.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any

from probes.system import process_readings
from probes.types import Opened, Reason, Unsupported

MODULE = "numpy"
ADD = "python -m pip install numpy"
SWITCHES: Mapping[str, str] = {}
BUILDS = ()
CXX = False
FILES: tuple[str, ...] = ()

_planted: dict[str, Any] = {}
_state: dict[str, int] = {"threads": 1, "compilations": 0, "steps": 0}


def plant(plan: dict[str, Any], *, channel: int) -> None:
    """Note a fault to commit: ``fault`` is what, ``at`` where (import, step, exit; convert, load, answer).

    ``after`` is how many steps or answers go before it.
    """
    _planted.update(plan, channel=channel)
    if plan.get("at") == "exit":
        atexit.register(commit)


def due(place: str) -> bool:
    """Return whether the planted fault is to be committed here and now."""
    if _planted.get("at") != place:
        return False
    _state["steps"] += place in ("step", "answer")
    return place not in ("step", "answer") or _state["steps"] > _planted.get("after", 0)


def wrong(name: str) -> bool:
    """Return whether a fault of this name is planted (``weight``: a twin that loads one weight wrongly)."""
    return bool(_planted.get("fault") == name)


def commit() -> None:
    """Commit the planted fault; one that is none is none."""
    _FAULTS.get(_planted.get("fault", ""), lambda: None)()


def _spawn_and_hang() -> None:
    """Start a grandchild that would outlive a worker ended alone, then hang."""
    import subprocess

    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    with open(_planted["note"], "w") as note:  # noqa: PTH123 - a path of the test's
        note.write(f"{os.getpid()} {child.pid}")
    time.sleep(3600)


def _run_out_of_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (_planted["bytes"], _planted["bytes"]))
    hoard = []
    while True:
        hoard.append(bytearray(1 << 24))


def _print_garbage() -> None:
    os.write(1, b'\x00\xff garbage {"id": 1}\n' * 200)
    os.write(2, b"\xfe garbage on stderr\n" * 200)


def _truncate() -> None:
    os.write(_planted.get("channel", 1), b'{"id": 3, "status": "o')
    os._exit(0)


def _move_clock() -> None:
    """Move the clock as that of a suspended machine jumps."""
    real, offset = time.perf_counter, _planted["seconds"]
    time.perf_counter = lambda: real() + offset
    _planted.clear()


def _throw(error: BaseException) -> None:
    raise error


_FAULTS: Mapping[str, Callable[[], Any]] = {
    "segv": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "hang": lambda: time.sleep(3600),
    "spawn-hang": _spawn_and_hang,
    "memory": lambda: _throw(MemoryError("as planted")),
    "oom": _run_out_of_memory,
    "garbage": _print_garbage,
    "twice": lambda: os.write(_planted.get("channel", 1), b'{"id": 0, "status": "ok"}\n'),
    "truncated": _truncate,
    "raise": lambda: _throw(RuntimeError(_planted.get("message", "as planted"))),
    "import-error": lambda: _throw(ImportError("libplanted.so: cannot open shared object file")),
    "absent": lambda: _throw(ModuleNotFoundError("No module named 'numpy'", name="numpy")),
    "slow-once": lambda: time.sleep(_planted["seconds"]),
    "clock": _move_clock,
}
"""Name of a fault -> what commits it."""


def before_import(*, threads: int, settings: str) -> None:
    """Bound the pools of whatever BLAS NumPy brings."""
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(threads)


def start(*, threads: int, settings: str) -> None:
    """Import NumPy."""
    if due("import"):
        commit()
    import numpy  # noqa: F401 - the cost of the import is measured

    _state["threads"] = threads


def devices() -> list[dict[str, str]]:
    """List the CPU, and a device that is none where one is planted."""
    found = [{"kind": "cpu", "name": "cpu", "description": "CPU"}]
    if wrong("device"):
        found.append({"kind": _planted["kind"], "name": f"{_planted['kind']}:0", "description": "pretended"})
    return found


def use(kind: str) -> str:
    """Use the CPU, whatever it is called."""
    if kind not in {device["kind"] for device in devices()}:
        raise Unsupported(Reason("no-device", framework="NumPy", kind=kind, seen=["cpu"]))
    return "cpu" if kind == "cpu" else f"{kind}:0"


def ledger() -> dict[str, Any]:
    """Return what was set, or a lie where one is planted."""
    return {"threads": _state["threads"] + wrong("threads"), "tf32": False}


def defaults() -> dict[str, Any]:
    """Return what is loaded, or another default where one is planted."""
    return {
        "onednn": bool(wrong("onednn")),
        "layout": None,
        "allocator": process_readings.allocator(),
        "instruction_set": None,
    }


def facts() -> dict[str, Any]:
    """Name the version."""
    return {"versions": {"numpy": metadata.version("numpy")}, "threads_inter": 1}


def compile(mode: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Count as compiled, change nothing; XLA cannot be had."""
    if mode == "xla":
        raise Unsupported(Reason("no-xla", framework="NumPy"))
    _state["compilations"] += mode == "compiled" and not wrong("fallback")
    return lambda function: function


def synchronise() -> None:
    """Wait for nothing: nothing is ever pending."""


def memory() -> dict[str, int]:
    """Return nothing: no accelerator, no allocator."""
    return {}


def reset_memory() -> None:
    """Do nothing: no accelerator, no allocator."""


def counters() -> dict[str, int]:
    """Count functions said to be compiled; a planted "retrace" grows with the steps."""
    return {
        "compilations": _state["compilations"],
        "graph_breaks": 0,
        "fallbacks": 0,
        "retraces": _state["steps"] if wrong("retrace") else 0,
    }


def explain(error: BaseException) -> Reason | None:
    """Recognise nothing: what NumPy says needs no words beside it."""
    return None


def mend(error: BaseException) -> bool:
    """Mend nothing: nothing is cached here."""
    return False


def matmul(n: int, dtype: str, device: str) -> Callable[[], Any]:
    """Multiply into a matrix that is there already."""
    import numpy as np

    left = np.random.default_rng(0).random((n, n)).astype(dtype)
    out = np.empty_like(left)
    return lambda: np.matmul(left, left, out=out)


def copy(count: int, device: str) -> Callable[[], Any]:
    """Copy into memory that is there already."""
    import numpy as np

    source, target = np.ones(count, np.float32), np.zeros(count, np.float32)
    return lambda: np.copyto(target, source)


def keep_compiled(folder: str) -> None:
    """Do nothing: nothing is compiled."""


def fetched(tensor: Any) -> Any:
    """Return what is an array or a number already as an array."""
    import numpy as np

    return np.asarray(tensor)


def release() -> None:
    """Do nothing: nothing is held."""


def opened(path: str) -> Opened:
    """Open nothing: this arm saves no models."""
    raise Unsupported(Reason("no-saved-models", framework="NumPy"))
