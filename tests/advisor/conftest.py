"""A PostgreSQL server for the tests of what is kept."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest

from tests import postgres


@pytest.fixture(scope="session")
def server() -> Iterator[int]:
    """The port of a PostgreSQL server."""
    found = postgres.programs()
    if found is None:
        pytest.skip("no PostgreSQL server is installed here (Debian: apt-get install postgresql)")
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed (pip install 'framework-advisor[postgres]')")
    with postgres.server(found) as port:
        yield port


@pytest.fixture
def on_server(monkeypatch: pytest.MonkeyPatch, server: int) -> str:
    """The address of a store on a server, empty and in use."""
    postgres.empty(server)
    address = postgres.address(server)
    monkeypatch.setenv("FRAMEWORK_ADVISOR_DATABASE", address)
    return address
