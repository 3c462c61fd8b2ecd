"""Makes the lock files anew, for keepers: ``python -m probes.environments [NAME...]``.

uv resolves for every platform and every supported Python at once and writes the hashes of all files; npm writes its
own.
``--install`` then installs each as a user would, in a scratch folder, and writes how much of the disk that took.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from probes.environments import ENVIRONMENTS, NODE, Environment, installing, locks
from probes.system import data_folders

OLDEST = "3.11"
"""Python from which on this program runs; environments are made of the one that runs it, where that does."""

TORCH = "torch-cpu.txt"
"""Lock file of PyTorch's build for processors, which its makers publish on an index of their own; written by hand."""

ELSEWHERE = re.compile(r"(?:torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")
"""PyTorch, which ``TORCH`` pins, and what only its builds for GPUs need."""

Tell = Callable[[str], None]


class Unresolved(Exception):
    """No lock file was written; says what the resolver said."""


def make(name: str, *, made: date, tell: Tell) -> None:
    """Write the lock files of an environment.

    Args:
        name: an entry of ``ENVIRONMENTS``.
        made: the day.
        tell: told which file was written.

    Raises:
        Unresolved: there is no resolver, or it found no solution.
    """
    environment = ENVIRONMENTS[name]
    (_npm if environment.kind == NODE else _uv)(name, environment, made)
    locks.of.cache_clear()
    tell(f"{locks.files(name)[-1]}: {locks.of(name).packages} packages")


def measure(name: str, *, tell: Tell) -> None:
    """Install an environment in a scratch folder and write into its lock file how much of the disk that takes.

    Raises:
        Failed: it does not install here.
    """
    from probes import reasons

    before = os.environ.get(data_folders.VARIABLE)
    with tempfile.TemporaryDirectory() as home:
        os.environ[data_folders.VARIABLE] = home
        try:
            made = installing.add(name, progress=lambda reason: tell(reasons.text(reason)))
        finally:
            os.environ.pop(data_folders.VARIABLE)
            if before is not None:
                os.environ[data_folders.VARIABLE] = before
    last = ENVIRONMENTS[name].locks[-1]
    head = locks.FOLDER / last / locks.HEAD_FILE if ENVIRONMENTS[name].kind == NODE else locks.FOLDER / last
    text = re.sub(r"^# disk-mb: .*$", f"# disk-mb: {made.bytes / 1e6:.0f}", head.read_text("utf-8"), flags=re.MULTILINE)
    head.write_text(text, "utf-8")
    locks.of.cache_clear()


def _uv(name: str, environment: Environment, made: date) -> None:
    target = locks.FOLDER / environment.locks[-1]
    with tempfile.TemporaryDirectory() as folder:
        source, made_file = Path(folder, "asked.in"), Path(folder, "lock.txt")
        source.write_text("\n".join(environment.asks) + "\n", "utf-8")
        options = ["--universal", "--python-version", OLDEST, "--generate-hashes", "--no-header", "--no-annotate"]
        options += ["--no-build", "--index-strategy", "unsafe-best-match", "--output-file", str(made_file)]
        _run([sys.executable, "-m", "uv", "pip", "compile", str(source), *options])
        pinned = made_file.read_text("utf-8")
    if TORCH in environment.locks:
        pinned = "".join(block for block in _blocks(pinned) if not ELSEWHERE.match(block))
    version = _run([sys.executable, "-m", "uv", "--version"]).split()[1]
    head = {
        "environment": name,
        "asked": " ".join(environment.asks),
        "made": made.isoformat(),
        "by": f"uv {version} pip compile --universal",
        "python": OLDEST,
        "disk-mb": _disk_before(target),
    }
    target.write_text(_head(head) + pinned, "utf-8")


def _blocks(pinned: str) -> list[str]:
    """Return a lock file's packages, each with the lines of its hashes."""
    return re.split(r"^(?=\S)", pinned, flags=re.MULTILINE)


def _npm(name: str, environment: Environment, made: date) -> None:
    folder = locks.FOLDER / environment.locks[0]
    folder.mkdir(exist_ok=True)
    npm = shutil.which("npm")
    if npm is None:
        raise Unresolved("npm is not on the PATH")
    (folder / "package.json").write_text('{"private": true, "license": "Apache-2.0"}\n', "utf-8")
    (folder / locks.NPM).unlink(missing_ok=True)
    _run([npm, "install", "--package-lock-only", "--ignore-scripts", "--save-exact", *environment.asks], cwd=folder)
    head = {
        "environment": name,
        "asked": " ".join(environment.asks),
        "made": made.isoformat(),
        "by": f"npm {_run([npm, '--version']).strip()} install --package-lock-only",
        "disk-mb": _disk_before(folder / locks.HEAD_FILE),
    }
    (folder / locks.HEAD_FILE).write_text(_head(head), "utf-8")


def _head(fields: dict[str, str]) -> str:
    note = "# Made by: python -m probes.environments {environment}; do not edit.\n".format_map(fields)
    return note + "".join(f"# {key}: {value}\n" for key, value in fields.items())


def _disk_before(path: Path) -> str:
    """Return the size that stood there; an installation tells the new one."""
    text = path.read_text("utf-8") if path.exists() else ""
    head: dict[str, str] = dict(locks.HEAD.findall(text))
    return head.get("disk-mb", "0")


def _run(command: Sequence[str], *, cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    if done.returncode:
        raise Unresolved(f"{' '.join(command[:5])} ...\n{done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
