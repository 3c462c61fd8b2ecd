"""Serves a page, the packages and the artifact to a browser on this machine, and carries requests to the page.

Listens on 127.0.0.1 alone, on a port that is free, and answers under a path that only its own browser was told: a model
of the user's is no one else's. Pages are isolated (COOP, COEP), which gives them a clock of 5 µs and threads.
Source: https://developer.mozilla.org/en-US/docs/Web/API/Performance_API/High_precision_timing
"""

from __future__ import annotations

import contextlib
import queue
import secrets
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

POLL = 20.0
"""Seconds after which a page that waits for a request is told that there is none."""

TYPES = {".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json"}
TYPES |= {".wasm": "application/wasm"}


class Server(ThreadingHTTPServer):
    """A server for one page.

    Args:
        packages: folder of npm packages.
        pages: folder of the page and of its modules.

    Attributes:
        folders: first part of a path -> folder that is served there; "artifact" comes once there is one.
        requests: those for the page, as JSON.
        answers: those of the page; None once it is gone.
        opened: set once the page is there.
        fetched: bytes of packages that it has fetched.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, packages: Path, *, pages: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.key = secrets.token_urlsafe(16)
        self.folders = {"": pages, "packages": packages}
        self.requests: queue.Queue[bytes] = queue.Queue()
        self.answers: queue.Queue[bytes | None] = queue.Queue()
        self.opened = threading.Event()
        self.fetched = 0

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.server_port}/{self.key}/"

    def file(self, path: str) -> Path | None:
        """Return the file that a path below the key names, None where there is none in its folder."""
        first, _, rest = path.partition("/")
        folder, name = (self.folders[first], rest) if first in self.folders else (self.folders[""], path)
        found = (folder / name).resolve()
        return found if found.is_relative_to(folder.resolve()) and found.is_file() else None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore it: a browser that was ended breaks off whatever it was reading."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send a file, the next request, or nothing for as long as the page lives."""
        path, server = self._path(), cast("Server", self.server)
        if path == "alive":
            self._hold()
        elif path == "next":
            try:
                self._give(server.requests.get(timeout=POLL), "application/json")
            except queue.Empty:
                self._give(b"", "", HTTPStatus.NO_CONTENT)
        elif path is None or (file := server.file(path)) is None:
            self._give(b"", "text/plain", HTTPStatus.NOT_FOUND)
        else:
            content = file.read_bytes()
            server.fetched += len(content) if path.startswith("packages/") else 0
            self._give(content, TYPES.get(file.suffix, "application/octet-stream"))

    def do_POST(self) -> None:
        """Receive an answer."""
        if self._path() != "answer":
            self._give(b"", "text/plain", HTTPStatus.NOT_FOUND)
            return
        cast("Server", self.server).answers.put(self.rfile.read(int(self.headers["Content-Length"])))
        self._give(b"", "", HTTPStatus.NO_CONTENT)

    def _path(self) -> str | None:
        """Return what is asked for, below the key; None where the key or the host is not ours."""
        server = cast("Server", self.server)
        key, _, path = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        ours = self.headers.get("Host") == f"127.0.0.1:{server.server_port}"
        return path if ours and secrets.compare_digest(key.encode(), server.key.encode()) else None

    def _hold(self) -> None:
        server = cast("Server", self.server)
        self._head("text/plain", HTTPStatus.OK, {"Connection": "close"})
        self.wfile.flush()
        server.opened.set()
        with contextlib.suppress(OSError):
            self.connection.recv(1)  # a page says nothing here: it returns when the page is gone
        server.answers.put(None)
        self.close_connection = True

    def _give(self, content: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._head(kind, status, {} if status is HTTPStatus.NO_CONTENT else {"Content-Length": str(len(content))})
        self.wfile.write(content)

    def _head(self, kind: str, status: HTTPStatus, more: dict[str, str]) -> None:
        self.send_response(status)
        headers = {"Content-Type": kind} if kind else {}
        headers |= {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
        headers |= {"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store", **more}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: what is printed last stands in a reason."""
