"""Another load on this machine, planted: what a user's browser, build or neighbour does while something is measured."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping

from probes.system import process_readings

_STEADY = """
import os, sys
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""
"""Spins for as long as whoever started it lives."""

_BURSTS = """
import os, random, sys, time
parent, draw = os.getppid(), random.Random(int(sys.argv[1]))
while os.getppid() == parent:
    end = time.monotonic() + draw.expovariate(2)
    while time.monotonic() < end:
        pass
    time.sleep(draw.expovariate(2))
"""
"""Spins and rests by turns of half a second on average."""

KINDS: Mapping[str, str] = {
    "one core": "a process that keeps one core busy",
    "all cores": "a process a core that keeps it busy",
    "bursts": "a process a core that is busy for half a second and rests for half a second, on average",
}


@contextlib.contextmanager
def planted(kind: str) -> Iterator[None]:
    """Keep a load of one of ``KINDS`` running; the empty kind is none.

    Raises:
        KeyError: an unknown kind.
    """
    started = []
    if kind:
        program = _BURSTS if KINDS[kind] is KINDS["bursts"] else _STEADY
        count = 1 if kind == "one core" else process_readings.cores()
        started = [subprocess.Popen([sys.executable, "-c", program, str(number)]) for number in range(count)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.wait()
