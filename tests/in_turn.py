"""Several commands of the program in one process of its own, which imports once what all of them need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

SCRIPT = """
import contextlib, faulthandler, importlib, io, json, os, sys
faulthandler.dump_traceback_later(PATIENCE, exit=True)  # where it hangs, before it is given up
main = importlib.import_module(sys.argv[1]).main
ended = []
for argv, said, variables in json.load(sys.stdin):
    os.environ.update(variables)
    sys.stdin = io.TextIOWrapper(io.BytesIO(said.encode()), encoding="utf-8")
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    status = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(argv)
        except SystemExit as left:
            status = left.code or 0
    ended.append((status, *(stream.buffer.getvalue().decode() for stream in (out, err))))
    for name in variables:
        del os.environ[name]
json.dump(ended, sys.__stdout__)
"""

PATIENCE = 300
"""Seconds for all commands of a process."""


@dataclass(frozen=True)
class Command:
    """What is asked, what stands on its standard input, and variables that it alone gets."""

    argv: Sequence[str]
    said: str = ""
    variables: Mapping[str, str] | None = None


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


def run(
    commands: Sequence[Command], *, module: str = "advisor.cli", before: str = "", cwd: Path, env: Mapping[str, str]
) -> list[Ended]:
    """Run commands one after the other in one process.

    Args:
        commands: in this order.
        module: whose ``main`` takes them.
        before: Python that the process runs first.
        cwd: its folder.
        env: its environment, beside this process's path.
    """
    asked = [(list(one.argv), one.said, dict(one.variables or {})) for one in commands]
    ran = subprocess.run(
        [sys.executable, "-c", before + SCRIPT.replace("PATIENCE", str(PATIENCE)), module],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **env},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE + 30,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return [Ended(*one) for one in json.loads(ran.stdout)]
