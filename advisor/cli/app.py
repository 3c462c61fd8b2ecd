"""``framework-advisor app``: the Streamlit front end on 127.0.0.1."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import click


@click.command(epilog="Example: framework-advisor app --port 8600")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option("--browser/--no-browser", default=True, help="Open a browser window.")
def command(port: int, browser: bool) -> None:
    """Open the front end in a browser, on this machine only."""
    from advisor.needs import InputError

    script = _script()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            free = free_port()
            raise InputError(
                [f"port {port} cannot be used ({error.strerror}); try: framework-advisor app --port {free}"]
            ) from error
    headless = "false" if browser and _has_display() else "true"
    click.echo(f"http://127.0.0.1:{port}  (Ctrl-C ends it)", err=True)
    argv = [sys.executable, "-m", "streamlit", "run", str(script)]
    argv += ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", headless]
    argv += ["--browser.gatherUsageStats", "false", "--server.enableXsrfProtection", "true"]
    os.chdir(script.parent)
    os.execv(sys.executable, argv)  # noqa: S606 - replaces this process; no shell is involved


def _script() -> Path:
    """Return the front end: the checkout's, else the installed package's copy."""
    here = Path(__file__).resolve().parents[1]
    checkout = here.parent / "streamlit_app.py"
    return checkout if checkout.is_file() else here / "_app" / "streamlit_app.py"


def address(port: int) -> str:
    """Return where the app is on this machine."""
    return f"http://127.0.0.1:{port}"


def healthy(port: int) -> bool:
    """Say whether the server answers, asked directly: a proxy of the user's knows nothing of this machine's ports."""
    import urllib.request

    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{address(port)}/_stcore/health", timeout=2) as answer:
            return bool(answer.read() == b"ok")
    except (OSError, ValueError):
        return False


def free_port() -> int:
    """Return a port of this machine that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or any(os.environ.get(k) for k in ("DISPLAY", "WAYLAND_DISPLAY"))
