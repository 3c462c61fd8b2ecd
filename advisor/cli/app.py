"""``framework-advisor app``: the Streamlit front end on 127.0.0.1."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time
import webbrowser
from pathlib import Path

import click

from advisor import serving
from probes.wording.visible import say

NO_HOME = "/nonexistent"
"""The home that Debian gives to users who have none."""


@click.command(epilog="Example: framework-advisor app --workload my_model.py --python torch-2.7=/opt/torch/bin/python")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option("--browser/--no-browser", default=True, help="Open a browser window.")
@click.option(
    "--workload", "workloads", multiple=True, metavar="FILE.py", help="Offer a model of your own; repeatable."
)
@click.option(
    "--python", "pythons", multiple=True, metavar="NAME=PATH", help="Offer an interpreter by a name; repeatable."
)
@click.option(
    "--allowed-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Answer to this name too, where a proxy in front hands it on; repeatable.",
)
def command(
    port: int, browser: bool, workloads: tuple[str, ...], pythons: tuple[str, ...], hosts: tuple[str, ...]
) -> None:
    """Open the front end in a browser, on this machine only.

    Its pages run no file and no interpreter but this one and those named here.
    """
    from advisor.errors import InputError
    from advisor.serving import grants

    grants.grant(grants.read(hosts=hosts, workloads=workloads, pythons=pythons))
    _without_home()
    from streamlit.web import cli as streamlit

    script = _script()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            free = serving.free_port()
            raise InputError(
                [f"port {port} cannot be used ({error.strerror}); try: framework-advisor app --port {free}"]
            ) from error
    say(f"{serving.address(port)}  (Ctrl-C ends it)", err=True)
    threading.Thread(target=_beside, args=(port,), kwargs={"browser": browser and _has_display()}, daemon=True).start()
    # Headless: else Streamlit asks a new user for an e-mail address first and starts only then.
    argv = ["run", str(script), "--server.address", "127.0.0.1", "--server.port", str(port)]
    argv += ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    argv += ["--server.enableXsrfProtection", "true"]
    os.chdir(script.parent)
    streamlit.main(argv, prog_name="streamlit", standalone_mode=False)


def _beside(port: int, *, browser: bool) -> None:
    """Open the browser once the server answers; keep what killed sessions left; load what the pages need."""
    from advisor.cli import measuring
    from advisor.errors import KnowledgeError

    if not serving.wait(port):
        return
    if browser:
        webbrowser.open(serving.address(port))
    measuring.keep_left(lang="en")
    # Whoever opens a page is told there what is wrong with the knowledge base or its files.
    with contextlib.suppress(KnowledgeError, OSError):
        serving.first_page()
        serving.drawn.wait()
        time.sleep(serving.BREATH)
        serving.other_pages()


def _without_home() -> None:
    """Warn where there is no home folder that nothing is kept; give Streamlit, which insists on one, an empty one.

    It reads its settings there and writes nothing, headless and without usage statistics.
    """
    from probes.system import data_folders

    try:
        data_folders.data()
    except data_folders.Nowhere as nowhere:
        say(data_folders.not_kept(nowhere.why, "en"), err=True)
    try:
        (Path.home() / ".streamlit" / "secrets.toml").stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (RuntimeError, OSError):  # there is none, or this user may not enter it
        os.environ["HOME"] = NO_HOME


def _script() -> Path:
    """Return the front end: the checkout's, else the installed package's copy."""
    here = Path(__file__).resolve().parents[1]
    checkout = here.parent / "streamlit_app.py"
    return checkout if checkout.is_file() else here / "_app" / "streamlit_app.py"


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or any(os.environ.get(k) for k in ("DISPLAY", "WAYLAND_DISPLAY"))
