"""The app's server seen from beside it: its address, whether it answers, what can be loaded before anybody asks.

What a page needs is loaded while the browser still loads the page's own scripts; what other pages need comes after the
first page is drawn. Loads only; keeps nothing but the caches of what it loads.
"""

from __future__ import annotations

import socket
import threading
import time
import urllib.request
from collections.abc import Callable

PATIENCE = 120.0
"""Seconds until a server that does not answer is given up; a cold disk takes tens of them."""

STEP = 0.05
"""Seconds between two questions whether the server answers."""

BREATH = 5.0
"""Seconds between the first page and the loading of the rest: a first click must not wait for it."""

drawn = threading.Event()
"""Set once a page has been drawn."""


def address(port: int) -> str:
    """Return where the app is on this machine."""
    return f"http://127.0.0.1:{port}"


def healthy(port: int) -> bool:
    """Return whether the server answers, asked directly; a proxy of the user's knows nothing of local ports."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{address(port)}/_stcore/health", timeout=2) as answer:
            return bool(answer.read() == b"ok")
    except (OSError, ValueError):
        return False


def wait(port: int, *, alive: Callable[[], bool] = lambda: True) -> bool:
    """Wait until the server answers; False where it ends before, or does not answer in time."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and alive():
        if healthy(port):
            return True
        time.sleep(STEP)
    return False


def free_port() -> int:
    """Return a port of this machine that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def first_page() -> None:
    """Load what the first page needs: the knowledge base, the probes, the engine with a first recommendation.

    Raises:
        KnowledgeError: the base cannot be used; the page says so to whoever opens it.
    """
    from advisor.decisions.runtime_context import RuntimeContext
    from advisor.knowledge.loading import load_knowledge
    from advisor.model.needs import Needs

    knowledge = load_knowledge()
    RuntimeContext.here(knowledge).recommend(Needs(answers={}), knowledge)


def other_pages() -> None:
    """Load what the other pages need: the reader of free text, tables, charts and forms.

    Raises:
        KnowledgeError: the lexicon or the phrases cannot be used; the conversation says so.
    """
    import altair  # noqa: F401
    import pandas  # noqa: F401

    from advisor import report
    from advisor.decisions import store  # noqa: F401
    from advisor.reading import load_model

    report.formats()
    load_model()
