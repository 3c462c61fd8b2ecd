"""The app starts for whoever starts it: a new user at a terminal, behind a proxy, without a home."""

from __future__ import annotations

import contextlib
import http.server
import os
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor import serving

ROOT = Path(__file__).resolve().parents[3]


@contextlib.contextmanager
def started(*argv: str, python: tuple[str, ...] = ("-m", "advisor"), **environment: str) -> Iterator[tuple[int, Path]]:
    """Start the app at a terminal of its own; gives its port and, once ended, what the terminal showed."""
    pty = pytest.importorskip("pty", reason="terminals of this kind are POSIX's")
    port = serving.free_port()
    ours, theirs = pty.openpty()
    home = Path(environment["SHOWN"])
    process = subprocess.Popen(
        [sys.executable, *python, "app", "--port", str(port), *argv],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = bytearray()

    def read() -> None:
        with contextlib.suppress(OSError):  # the other end is gone
            while more := os.read(ours, 4096):
                shown.extend(more)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield port, home
    finally:
        process.terminate()
        process.wait(30)
        reader.join(10)
        os.close(ours)
        home.write_bytes(bytes(shown))


@pytest.fixture
def browser(tmp_path: Path) -> tuple[str, Path]:
    """A browser that only notes which address it was told to open."""
    opened, program = tmp_path / "opened", tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" >> "{opened}"\n', encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program), opened


def within(seconds: float, path: Path) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not path.exists():
        time.sleep(0.1)
    return path.exists()


def test_a_new_user_at_a_terminal_is_asked_nothing_and_the_browser_opens(
    tmp_path: Path, browser: tuple[str, Path]
) -> None:
    program, opened = browser
    home = tmp_path / "home"
    home.mkdir()
    shown = tmp_path / "shown"
    environment = {"HOME": str(home), "DISPLAY": ":9", "BROWSER": program, "SHOWN": str(shown)}

    with started(**environment, http_proxy="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9") as (port, _):
        assert serving.wait(port)
        assert within(30, opened)

    assert opened.read_text(encoding="utf-8").split() == [f"http://127.0.0.1:{port}"]
    assert b"mail" not in shown.read_bytes()
    assert f"http://127.0.0.1:{port}".encode() in shown.read_bytes()


def test_no_browser_is_opened_where_none_is_wanted(tmp_path: Path, browser: tuple[str, Path]) -> None:
    program, opened = browser
    environment = {"HOME": str(tmp_path), "DISPLAY": ":9", "BROWSER": program, "SHOWN": str(tmp_path / "shown")}

    with started("--no-browser", **environment) as (port, _):
        assert serving.wait(port)
        assert not within(1, opened)


def test_the_app_starts_for_a_user_without_a_home(tmp_path: Path) -> None:
    from tests.advisor.cli.test_homeless import STRANGER

    shown = tmp_path / "shown"
    with started("--no-browser", python=("-c", STRANGER), SHOWN=str(shown)) as (port, _):
        assert serving.wait(port)

    assert b"Not kept: there is no home folder" in shown.read_bytes()
    assert b"fault of the program" not in shown.read_bytes()


class Healthy(http.server.BaseHTTPRequestHandler):
    """Answers every request as a server in good health."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_the_health_of_the_server_is_asked_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with http.server.HTTPServer(("127.0.0.1", 0), Healthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        with pytest.raises(OSError, match="refused"):
            # An opener of its own: the module's is made once, with the proxies of that moment.
            urllib.request.build_opener().open(serving.address(port), timeout=5)

        assert serving.healthy(port)
        server.shutdown()


def test_a_server_that_ends_before_it_answers_is_waited_for_no_longer() -> None:
    assert not serving.wait(serving.free_port(), alive=lambda: False)


def test_the_first_page_needs_no_reader_of_texts_no_tables_and_no_framework() -> None:
    code = (
        "import sys\n"
        "from advisor import serving\n"
        "import advisor.ui.layout, advisor.ui.pages.needs\n"
        "serving.first_page()\n"
        "heavy = {'sklearn', 'pandas', 'altair', 'torch', 'tensorflow'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)

    assert found.returncode == 0, found.stderr


def test_a_chart_waits_for_what_another_session_is_loading() -> None:
    code = (
        "import sys, threading\n"
        "from importlib.abc import MetaPathFinder\n"
        "half, drawing = threading.Event(), threading.Event()\n"
        "class Slow(MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'pandas.core.api' and not half.is_set():\n"
        "            half.set()\n"
        "            drawing.wait(20)\n"
        "import altair\n"
        "from datetime import date\n"
        "from advisor.knowledge.loading import load_knowledge\n"
        "from advisor.model.needs import Needs\n"
        "from advisor.recommendation import recommend\n"
        "from advisor.ui.components import charts\n"
        "knowledge = load_knowledge()\n"
        "found = recommend(Needs(answers={}), knowledge, today=date(2026, 11, 1))\n"
        "sys.meta_path.insert(0, Slow())\n"
        "assert 'pandas' not in sys.modules\n"
        "threading.Thread(target=__import__, args=('pandas',)).start()\n"
        "assert half.wait(60)\n"
        "threading.Timer(0.5, drawing.set).start()\n"
        "assert charts.acceptability(found, knowledge).to_dict()\n"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)

    assert found.returncode == 0, found.stderr
