"""The log: what the program did, as JSON lines in a file that is rotated, and as plain lines on standard error.

Nothing is logged unless asked for. Records are made with ``logging`` under one name; where they go is decided here
alone. What a user wrote never enters a record, and the home folder stands as "~".
"""

from __future__ import annotations

import json
import logging
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from probes.system import data_folders

VARIABLE = "FRAMEWORK_ADVISOR_LOG"

NAME = "log.jsonl"
"""The log in the data folder, which ``FRAMEWORK_ADVISOR_LOG=1`` asks for."""

LARGEST, KEPT = 1_000_000, 3
"""Bytes at which a file is put aside, and how many of those are kept: some ten thousand records."""

LONGEST = 200
"""Letters of a text in a record."""

_log = logging.getLogger("framework-advisor")
_log.propagate = False
_log.addHandler(logging.NullHandler())  # else logging would print warnings where nobody asked for any


class Unwritable(Exception):
    """The file that was named cannot be written; the message says which and why."""


def configure(
    *, file: str | Path | None = None, verbose: bool = False, tell: Callable[[str], object] | None = None
) -> Path | None:
    """Begin to log what was asked for, in place of what was logged before; return the file, where there is one.

    Args:
        file: where to; what ``FRAMEWORK_ADVISOR_LOG`` names where None.
        verbose: also tell on standard error, with details.
        tell: is given the line that says why the file is written no further.

    Raises:
        Unwritable: the file cannot be written.
    """
    close()
    place = named_file() if file is None else Path(file)
    if place is not None:
        try:
            if place == _usual():
                place.parent.mkdir(parents=True, exist_ok=True)
            rotated = _file(place, tell or (lambda line: None))
        except OSError as error:
            raise Unwritable(f"{place}: cannot be written: {error.strerror or error}") from None
        rotated.setFormatter(_JsonLine())
        _log.addHandler(rotated)
    if verbose:
        told = logging.StreamHandler(sys.stderr)
        told.setFormatter(_PlainLine())
        _log.addHandler(told)
    _log.setLevel(logging.DEBUG if verbose else logging.INFO)
    return place


def _file(place: Path, tell: Callable[[str], object]) -> logging.Handler:
    """Return what writes to a file until it cannot: then the log ends with one line, and the command goes on.

    Raises:
        OSError: it cannot be opened.
    """
    from logging.handlers import RotatingFileHandler  # most commands log nothing, and it loads much

    class Rotated(RotatingFileHandler):
        def handleError(self, record: logging.LogRecord) -> None:
            error = sys.exception()
            _log.removeHandler(self)
            self.close()
            reason = getattr(error, "strerror", None) or error
            tell(f"{place}: cannot be written: {reason}; nothing more is logged there")

        def close(self) -> None:
            with suppress(OSError):  # what a full disk did not take, it does not take now
                super().close()

    return Rotated(place, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8", errors="backslashreplace")


def named_file() -> Path | None:
    """Return the file that ``FRAMEWORK_ADVISOR_LOG`` names, "1" meaning the one in the data folder; None without it.

    Raises:
        Unwritable: there is no data folder.
    """
    named = os.environ.get(VARIABLE, "")
    if named in ("", "0"):
        return None
    if named != "1":
        return data_folders.expanded(named)
    if place := _usual():
        return place
    raise Unwritable(f"{VARIABLE}=1: there is no data folder; name a file instead")


def _usual() -> Path | None:
    """Return the log in the data folder, None where there is no such folder."""
    try:
        return data_folders.data() / NAME
    except data_folders.Nowhere:
        return None


def last_records(most: int) -> list[str]:
    """Return the last lines of the log that is written, or else of the one in the data folder; none where none is."""
    try:
        place = named_file() or _usual()
        lines = place.read_text(encoding="utf-8", errors="replace").splitlines() if place is not None else []
    except (OSError, Unwritable):
        return []
    return lines[-most:]


def close() -> None:
    """End the logging; what was written stays."""
    for handler in list(_log.handlers):
        if not isinstance(handler, logging.NullHandler):
            _log.removeHandler(handler)
            handler.close()
    _log.setLevel(logging.WARNING)


def event(name: str, /, *, level: int = logging.INFO, **fields: Any) -> None:
    """Record that something happened.

    Args:
        name: what, in two or three words. level: of ``logging``.
        fields: figures, ids and codes that go with it; never what a user wrote.
    """
    _log.log(level, name, extra={"fields": fields})


@contextmanager
def phase(name: str, /, **fields: Any) -> Iterator[None]:
    """Record that a phase begins, and how it ended after how many seconds."""
    event(f"{name} started", level=logging.DEBUG, **fields)
    began = time.monotonic()
    try:
        yield
    except BaseException as error:
        # Its words may quote what the user gave.
        status = getattr(error, "exit_code", None)
        outcome = {"error": type(error).__name__} if status is None else {"status": status}
        event(f"{name} ended", **fields, seconds=_seconds(began), **outcome)
        raise
    event(f"{name} ended", **fields, seconds=_seconds(began), status=0)


def program(version: str, **fields: Any) -> None:
    """Record what runs: the program's version, Python's and the system's."""
    event("program", version=version, python=platform.python_version(), system=platform.system(), **fields)


_OF_EVENT = ("probe", "status", "reason_code", "index", "of", "seconds", "pairs", "budget", "again", "inside")
"""Of a session's event what is logged: ids, codes and figures, no sentence and no samples."""

_LOGGED = {"plan": "session planned", "start": "probe started", "done": "probe ended", "skipped": "probe skipped"}


def following(show: Callable[[Mapping[str, Any]], None]) -> Callable[[Mapping[str, Any]], None]:
    """Return what shows a session's events as ``show`` does and logs them."""

    def shown(told: Mapping[str, Any]) -> None:
        kind = str(told.get("event", ""))
        fields = {key: told[key] for key in _OF_EVENT if key in told}
        detail = logging.INFO if kind in _LOGGED else logging.DEBUG
        event(_LOGGED.get(kind, f"session {kind}"), level=detail, **fields)
        show(told)

    return shown


def _seconds(began: float) -> float:
    return round(time.monotonic() - began, 3)


# ---------------------------------------------------------------- as text


def without_home(text: str) -> str:
    """Return a text in which the user's home folder stands as "~"."""
    try:
        home = str(Path.home())
    except RuntimeError:  # there is none
        return text
    for folder in (home, os.path.realpath(home)):
        if len(folder) > 1:  # "/" is no place to hide
            text = text.replace(folder, "~")
    return text


def _plain(value: Any) -> Any:
    """Return a value as a record holds it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return without_home(str(value))[:LONGEST]


class _JsonLine(logging.Formatter):
    """A record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = {
            "time": when,
            "level": record.levelname.lower(),
            "process": record.process,
            "event": record.getMessage(),
        }
        return json.dumps({**head, **_plain(getattr(record, "fields", {}))}, ensure_ascii=True, default=str)


class _PlainLine(logging.Formatter):
    """A record for a person: the time of day, what happened, and the rest as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        fields = _plain(getattr(record, "fields", {}))
        told = "  ".join(f"{name}={json.dumps(value, default=str)}" for name, value in fields.items())
        return f"{when} {record.getMessage()}" + (f"  {told}" if told else "")
