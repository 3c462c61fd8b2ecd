"""What ``doctor`` finds without loading a framework, as its document holds it."""

from __future__ import annotations

from typing import Any, TypedDict


class PythonServes(TypedDict):
    """Which frameworks have packages for the running Python, and which Pythons serve all of them.

    ``ranges``: framework -> the versions of Python it has packages for.
    """

    ranges: dict[str, str]
    serves: list[str]
    serving_all: list[str]


class PythonFound(PythonServes):
    """The running Python beside it."""

    version: str
    executable: str


class Compilers(TypedDict):
    """The C++ compiler, None where there is none, the frameworks that need one, and what adds one."""

    cxx: str | None
    needed_by: list[str]
    add: str


class Addable(TypedDict):
    """Whether something is installed, and what adds it."""

    installed: bool
    add: str


class ToolFound(Addable):
    """A tool, with its version where it is installed."""

    version: str | None


class AppFound(TypedDict):
    """What the app and the program's extras need."""

    streamlit: str | None
    extras: dict[str, Addable]


class Examined(TypedDict):
    """All that is known without loading a framework; ``machine`` is its fingerprint."""

    python: PythonFound
    machine: dict[str, Any]
    compilers: Compilers
    tools: dict[str, ToolFound]
    app: AppFound
    environments: dict[str, Addable]
