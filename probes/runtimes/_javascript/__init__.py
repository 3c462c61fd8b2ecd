"""Runtimes of JavaScript: the model answers in Node or in a page, which this process starts, asks and ends.

What is answered and timed stands in ``*.mjs`` here, the same for both: a host (``hosts``) carries requests there.
Worker side, as the runtimes are: standard library and NumPy.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from probes.runtimes import NotRunning, Readings
from probes.runtimes._javascript.hosts import Host
from probes.types import Reason, Status

FOLDER = Path(__file__).parent

ENVIRONMENT, ADD = "web", "framework-advisor routes add web"
"""Environment that holds the packages of npm, and the command that adds it."""


class Program:
    """What the modules of such runtimes hold: one of the ``*.mjs`` here, in one kind of host.

    Args:
        code: name of the file.
        packages: of npm that it takes.
        host: kind of host.
    """

    def __init__(self, code: str, packages: Sequence[str], host: type[Host]) -> None:
        self.code, self.packages, self.kind = code, packages, host
        self.source = FOLDER / f"{code}.mjs"
        self.threads = 1
        self.host: Host | None = None
        self.told: Mapping[str, Any] = {}

    def absent(self) -> Reason | None:
        """Return that no such program is on this machine and what adds it, None where there is one."""
        if self.kind.program() is not None:
            return None
        command = self.kind.ADD.get(sys.platform, self.kind.ADD["linux"])
        return Reason("no-program", program=self.kind.NAME, command=command)

    def before_import(self, threads: int) -> None:
        """Set the threads; they are given with the first request."""
        self.threads = threads

    def start(self, threads: int) -> None:
        """Start the host, and have it load the runtime and compile its WebAssembly.

        Raises:
            NotRunning: the host or a package is not there, or does not start.
        """
        folder = Path(os.environ.get("NODE_PATH", ""))
        for package in self.packages:
            if not (folder / package / "package.json").is_file():
                raise NotRunning(Reason("no-npm-package", package=package, command=ADD), Status.NOT_INSTALLED)
        if (reason := self.absent()) is not None:
            raise NotRunning(reason, Status.NOT_INSTALLED)
        self.host = self.kind(self.kind.program() or "", folder)
        try:
            self.told = asked(self.host, "start", runtime=self.code, threads=threads)
        except (RuntimeError, NotRunning):
            self.host.end()
            raise

    def versions(self) -> Mapping[str, str]:
        """Return those of the packages, and of what runs them."""
        folder = Path(os.environ["NODE_PATH"])
        found = {
            name: str(json.loads((folder / name / "package.json").read_text(encoding="utf-8"))["version"])
            for name in self.packages
        }
        return {**found, **self.told["versions"]}

    def load(self, path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Answering:
        """Load an artifact in the host."""
        assert self.host is not None
        folder, main = (path, "model.json") if path.is_dir() else (path.parent, path.name)
        self.host.show(folder)
        names = {"inputs": list(inputs), "outputs": list(outputs)}
        seconds = asked(self.host, "load", folder=str(folder), main=main, **names)["ms"] / 1e3
        return Answering(self.host, seconds, self.threads, {"runtime_start_ms": round(self.told["ms"]), **self._page()})

    def _page(self) -> dict[str, str | int | bool]:
        """Return what is to be known of a page: what its visitor fetches beside the model, and its clock."""
        if "isolated" not in self.told:
            return {}
        assert self.host is not None
        return {
            "runtime_bytes": self.host.fetched(),
            "clock_us": round(1e3 * self.told["tick"]),
            "cross_origin_isolated": bool(self.told["isolated"]),
        }


def asked(host: Host, do: str, **arguments: Any) -> dict[str, Any]:
    """Return what a host answers to a request.

    Raises:
        RuntimeError: with what JavaScript said.
        NotRunning: the host is gone.
    """
    print(f"waiting for {host.NAME}", file=sys.stderr, flush=True)  # noqa: T201 - it stands in the reason of a hang
    answer = host.ask({"do": do, **arguments})
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer


class Answering:
    """A model that answers in a host; ``probes.runtimes.Apart``."""

    def __init__(self, host: Host, seconds: float, threads: int, settings: Mapping[str, str | int | bool]) -> None:
        self.host, self.seconds, self.threads, self.settings = host, seconds, threads, settings
        self.took = 0.0

    def __call__(self, arrays: Sequence[Any]) -> Sequence[Any]:
        """Answer one batch."""
        answer = asked(self.host, "run", arrays=[_packed(array) for array in arrays])
        self.took = answer["ms"] / 1e3
        return [_unpacked(array) for array in answer["arrays"]]

    def keep(self, samples: Sequence[Sequence[Any]]) -> None:
        """Send the samples that turns go round."""
        asked(self.host, "keep", samples=[[_packed(array) for array in sample] for sample in samples])

    def turn(self, *, blocks: int, loops: int, between: int, slowdown: float) -> tuple[list[float], Readings]:
        """Time blocks of answers there."""
        asking = {"blocks": blocks, "loops": loops, "between": between, "slowdown": slowdown}
        answer = asked(self.host, "turn", **asking)
        if answer["readings"] is None or self.threads > 1:  # of its other threads nothing is told
            return answer["seconds"], None
        pairs = [
            (_reading(before), _reading(after), times)
            for (before, after), times in zip(answer["readings"], answer["times"], strict=True)
        ]
        return answer["seconds"], pairs

    def batch(self, arrays: Sequence[Any], least: int, most: int, enough: float) -> list[float]:
        """Time answers to one batch there."""
        packed = [_packed(array) for array in arrays]
        found: list[float] = asked(self.host, "batch", arrays=packed, least=least, most=most, enough=enough)["seconds"]
        return found

    def peak_memory(self) -> int | None:
        """Return the peak resident bytes of the process that answers."""
        told: int | None = asked(self.host, "peak")["bytes"]
        return self.host.peak_memory() if told is None else told


def _reading(told: Sequence[float]) -> list[tuple[float, int]]:
    """Return a reading as ``process_readings.Waits`` makes them: of the thread, then the clock, then the CPU time."""
    waited, times, clock, used = told
    return [(waited, int(times)), (clock, 0), (used, 0)]


def _packed(array: Any) -> dict[str, Any]:
    import numpy as np

    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": data}


def _unpacked(told: Mapping[str, Any]) -> Any:
    import numpy as np

    return np.frombuffer(base64.b64decode(told["data"]), told["dtype"]).reshape(told["shape"])
