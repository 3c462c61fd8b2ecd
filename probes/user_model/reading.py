"""Reads a Python file of the user's that is going to be run: opened once, checked as opened, handed on as text.

What a name leads to can change between a look and the run, for whoever may write its folder. So the file is opened
once, its owner and rights are asked of the opened file, and its text goes to the workers; nobody opens it again.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import shlex
import stat
from pathlib import Path

from probes import reasons
from probes.types import Reason, UserFile

LIMIT = 1 << 20
"""Bytes. The text of a model is some kilobytes; this keeps a file named by mistake from filling every request."""

_EXAMPLE = "'python -m probes example' prints one"
_ENDINGS = (".py", ".pyw")


class Refused(Exception):
    """A file is not run; the words begin with its place and end with the way out."""


def read(path: str) -> UserFile:
    """Return the text of a file that is to be run, and its place from the root of the disk.

    It must be a file itself, no link; belong to the user or to root, who may do anything here anyway; and nobody else
    may be able to write it.

    Raises:
        Refused: with the reason.
    """
    if Path(path).is_dir():
        raise Refused(f"{path}: is a directory; name a Python file in it")
    try:
        # Non-blocking: to open a named pipe would wait for its writer.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise Refused(_not_opened(path, error)) from None
    with os.fdopen(handle, "rb") as file:
        problem = _problem(os.fstat(file.fileno()), path)
        if problem:
            raise Refused(f"{path}: {problem}")
        content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise Refused(f"{path}: holds more than {LIMIT >> 20} MiB, which no model's text does; {_EXAMPLE}")
    if not path.endswith(_ENDINGS):
        raise Refused(f"{reasons.text(Reason('no-python-file', path=path))}; its name must end in .py ({_EXAMPLE})")
    try:
        text = importlib.util.decode_source(content)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: cannot be read as Python text ({error}); save it as UTF-8") from None
    return UserFile(str(Path(path).absolute()), text)


def _not_opened(path: str, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
        return f"{path}: no such file; {_EXAMPLE}"
    if error.errno in (errno.ELOOP, errno.EMLINK):  # Linux and macOS; the BSDs
        return f"{path}: is a link, which is not followed; name the file itself: {_target(path)}"
    return f"{path}: cannot be read ({error.strerror})"


def _target(path: str) -> str:
    try:
        return str(Path(path).resolve())
    except (OSError, RuntimeError):
        return "its target"


def _problem(found: os.stat_result, path: str) -> str:
    """Return why an opened file is not run, "" where it may be."""
    if not stat.S_ISREG(found.st_mode):
        return "is not a regular file; save the model's text as one"
    if not hasattr(os, "getuid"):
        return ""
    if found.st_uid not in (0, os.getuid()):
        return "is not run because it belongs to another user; read it, then run a copy that you own"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"is not run because other users can write to it; read it, then: chmod go-w {shlex.quote(path)}"
    return ""
