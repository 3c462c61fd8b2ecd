"""A real PostgreSQL server of the tests' own: started in a temporary folder on a free port, and ended with them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

USER, PASSWORD = "team", "p@ss:w/rd%20?"
"""A password of letters that mean something in an address."""


def programs() -> Path | None:
    """Return the folder of the server's programs, of the newest version; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    named = shutil.which("initdb")
    if named:
        return Path(named).parent
    return found[-1].parent if found else None


def _as_nobody() -> dict[str, Any]:
    """Return how a program is started as another user: the server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("root runs the tests, and there is no other user to run the server as")


@contextmanager
def server(bin_: Path) -> Iterator[int]:
    """Start a server; gives the port it listens on."""
    way = _as_nobody()
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    process = None
    try:
        if way:
            os.chown(folder, way["user"], way["group"])
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        data = folder / "data"
        made = [bin_ / "initdb", "-D", data, "-U", USER, "--pwfile", secret, "-A", "scram-sha-256", "-N", "-E", "UTF8"]
        subprocess.run([*made, "--locale=C"], check=True, capture_output=True, cwd=folder, **way)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        settings = ["-c", "listen_addresses=127.0.0.1", "-k", folder, "-p", str(port), "-c", "fsync=off"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [bin_ / "postgres", "-D", data, *settings], cwd=folder, stdout=log, stderr=log, **way
            )
        _wait(port, process, folder / "log")
        yield port
    finally:
        if process is not None:
            process.terminate()
            process.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(log.read_text())
        try:
            psycopg.connect(host="127.0.0.1", port=port, user=USER, password=PASSWORD, dbname="postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not answer within a minute: {log.read_text()}")


def address(port: int, *, password: str = PASSWORD, database: str = "postgres", user: str = USER) -> str:
    """Return the address as a team would name it."""
    from sqlalchemy import URL

    url = URL.create("postgresql+psycopg", user, password, "127.0.0.1", port, database)
    return url.render_as_string(hide_password=False)


def empty(port: int) -> None:
    """Drop the program's tables."""
    import psycopg

    with psycopg.connect(host="127.0.0.1", port=port, user=USER, password=PASSWORD, dbname="postgres") as connection:
        connection.execute("DROP SCHEMA IF EXISTS framework_advisor CASCADE")
