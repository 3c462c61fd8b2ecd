"""A real server, however it is started, refuses every stranger: other names, other sites, sockets of no site."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor import serving
from tests.browser.conftest import CHROMIUM, ROOT

pytestmark = pytest.mark.browser

WAYS = {
    "framework-advisor app": [
        "-m",
        "advisor",
        "app",
        "--no-browser",
        "--allowed-host",
        "advisor.example.org",
        "--port",
    ],
    "streamlit run": ["-m", "streamlit", "run", "streamlit_app.py", "--server.port"],
}
PATHS = ("/", "/_stcore/health", "/_stcore/host-config", "/_stcore/upload_file/x/y", "/static/index.html", "/report")
SOCKET = "/_stcore/stream"


@pytest.fixture(scope="module", params=WAYS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """How it was started, and its port."""
    port = serving.free_port()
    process = subprocess.Popen(
        [sys.executable, *WAYS[request.param], str(port)],
        cwd=ROOT,
        env={**os.environ, "FRAMEWORK_ADVISOR_HOME": str(tmp_path_factory.mktemp("home"))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert serving.wait(port, alive=lambda: process.poll() is None)
        yield request.param, port
    finally:
        process.terminate()
        process.wait(30)


def asked(port: int, path: str, *headers: str, method: str = "GET") -> int:
    """Return the status that a request of exactly these headers gets."""
    upgrade = (
        (
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: " + "A" * 22 + "==",
        )
        if path == SOCKET
        else ("Connection: close",)
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall("\r\n".join([f"{method} {path} HTTP/1.1", *headers, *upgrade, "", ""]).encode())
        answer = b""
        with contextlib.suppress(OSError):
            while b"\r\n" not in answer and (more := line.recv(4096)):
                answer += more
    return int(answer.split()[1])


def hosts(port: int) -> tuple[str, ...]:
    return (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}")


def test_every_stranger_is_refused(server: tuple[str, int]) -> None:
    _, port = server
    own = hosts(port)
    names = (
        "evil.example",
        f"evil.example:{port}",
        "localhost",
        f"localhost:{port + 1}",
        f"127.0.0.1.evil.example:{port}",
    )
    origins = ("http://evil.example", f"http://evil.example:{port}", f"http://localhost:{port + 1}", "null")
    tried = {}
    for name in names:
        for path in PATHS:
            tried["rebinding", path, name] = asked(port, path, f"Host: {name}")
        tried["rebinding", SOCKET, name] = asked(port, SOCKET, f"Host: {name}", f"Origin: http://{name}")
        tried["rebinding, no origin", SOCKET, name] = asked(port, SOCKET, f"Host: {name}")
    for host in own:
        for origin in origins:
            for path in (*PATHS, SOCKET):
                tried["foreign origin", path, host, origin] = asked(port, path, f"Host: {host}", f"Origin: {origin}")
        tried["missing origin", SOCKET, host] = asked(port, SOCKET, f"Host: {host}")
    tried["no host"] = asked(port, "/")
    tried["two hosts"] = asked(port, "/", f"Host: {own[0]}", "Host: evil.example")
    tried["upload"] = asked(port, PATHS[3], f"Host: {own[0]}", "Origin: http://evil.example", method="PUT")

    tried["upload without the token"] = asked(
        port, PATHS[3], f"Host: {own[0]}", f"Origin: http://{own[0]}", method="PUT"
    )

    served = {case: status for case, status in tried.items() if status not in (400, 403, 421)}
    print(f"{len(tried) - len(served)} of {len(tried)} strangers refused")
    assert served == {}


def test_the_app_s_own_pages_are_served(server: tuple[str, int]) -> None:
    _, port = server
    for host in hosts(port):
        assert asked(port, "/", f"Host: {host}") == 200
        assert asked(port, SOCKET, f"Host: {host}", f"Origin: http://{host}") == 101


def test_a_name_that_was_allowed_is_served_and_no_other(server: tuple[str, int]) -> None:
    way, port = server
    named = ("Host: advisor.example.org", "Origin: https://advisor.example.org")
    allowed = way == "framework-advisor app"

    assert asked(port, "/", *named) == (200 if allowed else 421)
    assert asked(port, SOCKET, *named) == (101 if allowed else 421)


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium to drive here: apt-get install chromium")
def test_a_browser_led_here_by_a_foreign_name_shows_the_refusal(server: tuple[str, int], tmp_path: Path) -> None:
    _, port = server
    shown = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path}",
            "--host-resolver-rules=MAP evil.example 127.0.0.1",
            "--dump-dom",
            f"http://evil.example:{port}/",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert f"Open http://127.0.0.1:{port}" in shown.stdout
    assert "streamlit" not in shown.stdout.lower()


def test_no_page_shows_the_app_inside_itself(server: tuple[str, int], browser: Any) -> None:
    _, port = server
    tab = browser.new_page()
    framing = f'<h1>Mine</h1><iframe src="http://127.0.0.1:{port}/"></iframe>'
    tab.route("http://evil.example/", lambda route: route.fulfill(body=framing, content_type="text/html"))
    tab.goto("http://evil.example/", wait_until="load")
    inside = tab.frames[1]

    assert inside.url != f"http://127.0.0.1:{port}/"
    assert "streamlit" not in inside.content().lower()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/host-config", timeout=30) as answer:
        assert json.load(answer)["allowedOrigins"] == []
        assert answer.headers["X-Frame-Options"] == "DENY"
    tab.close()
