"""Both places of the store: a file, and the server that the tests start."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.decisions import store

Altered = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """An empty store of each kind, in use; its name."""
    monkeypatch.delenv("FRAMEWORK_ADVISOR_DATABASE", raising=False)
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "home"))
    if request.param == "postgresql":
        request.getfixturevalue("on_server")
    return str(request.param)


@pytest.fixture
def alter(place: str) -> Altered:
    """Run a statement on the store behind the program's back, as a hand or a disk would alter it."""

    def run(statement: str) -> list[tuple[object, ...]]:
        if place == "sqlite":
            path = Path(os.environ["FRAMEWORK_ADVISOR_HOME"]) / store.FILE_NAME
            with contextlib.closing(sqlite3.connect(path)) as connection, connection:
                return connection.execute(statement).fetchall()
        import psycopg

        address = os.environ["FRAMEWORK_ADVISOR_DATABASE"].replace("+psycopg", "")
        with psycopg.connect(address, options="-c search_path=framework_advisor") as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    return run
