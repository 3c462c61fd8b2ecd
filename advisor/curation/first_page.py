"""How long a user waits for the app's first page, in a real browser: ``python -m advisor.benchmark start``.

Every round is cold: a new server process, a new browser profile. Measures; asserts nothing.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor import serving
from advisor.errors import InputError

BROWSER = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
"""A browser that draws without a screen and asks nothing of the network."""

QUESTION = "stage"
"""The question whose first option is clicked; the address names its answer once the server has taken it."""

OPTION = f".st-key-q-{QUESTION} button >> nth=0"

INTERACTIVE = "interactive"


@dataclass(frozen=True)
class Opening:
    """One cold start, seconds.

    ``served``: from starting the command to an answer at the health address; ``drawn`` and ``interactive``: from there
    to the options of a question, and to the answer to a click on one of them; ``cpu``: CPU seconds of the server
    until then; ``load``: the machine's load average (1 minute) at the end, None where the system has none.
    """

    served: float
    drawn: float
    interactive: float
    cpu: float
    load: float | None


def rounds(count: int) -> Iterator[Opening]:
    """Open the app ``count`` times, each from cold.

    Raises:
        InputError: no Playwright, no browser it can start, or an app that does not answer.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise InputError(
            ["timing the first page needs a browser; add: pip install playwright && playwright install chromium"]
        ) from error
    with sync_playwright() as playwright:
        for _ in range(count):
            try:
                with tempfile.TemporaryDirectory() as profile:
                    page = playwright.chromium.launch_persistent_context(
                        profile, args=list(BROWSER), executable_path=chromium(), locale="en-GB"
                    )
                    try:
                        yield _open(page.pages[0] if page.pages else page.new_page())
                    finally:
                        page.close()
            except Error as error:
                raise InputError([f"the browser: {str(error).splitlines()[0]}"]) from error


def summary(found: list[Opening]) -> dict[str, float]:
    """Return the median of each figure."""
    names = ("served", "drawn", INTERACTIVE, "cpu")
    return {name: statistics.median(getattr(one, name) for one in found) for name in names}


def chromium() -> str | None:
    """Return the Chromium of this system, None where Playwright must bring its own."""
    import shutil

    return next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)


def _open(page: Any) -> Opening:
    import psutil

    port = serving.free_port()
    with tempfile.TemporaryDirectory() as home, server(port, home) as process:
        began = time.monotonic()
        if not serving.wait(port, alive=lambda: process.poll() is None):
            raise InputError([f"the app does not answer on port {port}"])
        up = time.monotonic()
        page.goto(serving.address(port), timeout=1000 * serving.PATIENCE, wait_until="commit")
        page.wait_for_selector(OPTION, timeout=1000 * serving.PATIENCE)
        drawn = time.monotonic()
        page.click(OPTION, timeout=1000 * serving.PATIENCE)
        page.wait_for_url(f"**/?*{QUESTION}=*", timeout=1000 * serving.PATIENCE, wait_until="commit")
        done = time.monotonic()
        times = psutil.Process(process.pid).cpu_times()
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return Opening(up - began, drawn - up, done - up, times.user + times.system, load)


@contextlib.contextmanager
def server(port: int, home: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the app on a port, with its data in a folder of ``home``, until the context is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "advisor", "app", "--no-browser", "--port", str(port)],
        env={**os.environ, "FRAMEWORK_ADVISOR_HOME": str(Path(home) / "kept"), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(serving.PATIENCE)
