"""Adds and removes environments: whole or not at all.

An installation goes into a new folder, and only its last act, writing the marker, makes it one; whatever ends it before
takes the folder away, and what a killed process left goes with the next ``add`` or ``remove``. One process at a time.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from probes.environments import ENVIRONMENTS, NODE, folders, locks
from probes.environments.folders import Installed
from probes.system import data_folders, families
from probes.types import Reason

Progress = Callable[[Reason], None]

SPARE = 1.5
"""What must be free, in times of what an environment takes: its packages lie there packed for a while, too."""

RETRIES, TIMEOUT = 2, 30
"""Of a package index that does not answer, and seconds for each; pip's own take minutes to say so."""

SERIES = range(14, 9, -1)
"""Minor versions of Python 3 that are looked for, should the running one not do; the newest first."""

_BOUND = """
import os, runpy, sys, threading
threading.Thread(target=lambda: os.read(0, 1) or os._exit(1), daemon=True).start()
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
"""Runs a module for as long as the other end of standard input is held: no installation outlives whoever wants it."""

_ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_CONSTRAINT", "PIP_REQUIREMENT")
"""What would have pip install other things, or to another place."""

_FULL = ("No space left on device", "Errno 28", "ENOSPC", "Disk quota exceeded", "not enough space on the disk")
_CUT_OFF = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|Connection(?:Reset|Refused)?Error|"
    r"Network is unreachable|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH"
)
_HOST = re.compile(r"host='([^']+)'|(?:ENOTFOUND|EAI_AGAIN) ([\w.-]+)")
_NONE = re.compile(r"No matching distribution found for (\S+)")
_COLLECTING = re.compile(
    r"Collecting ([A-Za-z0-9._-]+)==([^\s;]+)|Processing \S*?([A-Za-z0-9._]+)-([^-/\s]+)-[^/\s]+\.whl "
)
_DOWNLOADING = re.compile(r"Downloading \S+ \((\d{2,}(?:\.\d+)? MB|[\d.]+ GB)\)")
"""What takes long enough to be told."""

_LOUD = re.compile(r"^(?:ERROR:|npm (?:ERR!|error)) *", re.MULTILINE)

_MACHINES = {"amd64": "x86_64", "aarch64": "arm64"}
_SYSTEMS = {"darwin": "macos", "win32": "windows"}


class Failed(Exception):
    """Nothing was installed, and nothing is left of the attempt.

    Attributes:
        reason: why, and the way out.
    """

    def __init__(self, reason: Reason) -> None:
        from probes import reasons

        super().__init__(reasons.text(reason))
        self.reason = reason


class _Ended(Exception):
    """A program ended with another status than 0; holds what it printed."""


def here() -> str:
    """Return this system as environments name it: "linux-x86_64"."""
    machine = platform.machine().casefold()
    return f"{_SYSTEMS.get(sys.platform, sys.platform)}-{_MACHINES.get(machine, machine)}"


def by_hand(name: str) -> tuple[str, ...]:
    """Return what a person types to make an environment without the lock files, and to measure with it."""
    environment = ENVIRONMENTS[name]
    if environment.kind == NODE:
        return (
            f"npm install --ignore-scripts {' '.join(environment.asks)}",
            f"framework-advisor routes run --python {name}=node_modules",
        )
    python = f"{name}-env\\Scripts\\python" if sys.platform == "win32" else f"{name}-env/bin/python"
    asked = " ".join(f'"{ask}"' if re.search(r"[<>*]", ask) else ask for ask in environment.asks)
    return (
        f"python -m venv {name}-env",
        f"{python} -m pip install {asked}",
        f"framework-advisor routes run --python {name}={python}",
    )


def unfit(name: str) -> Reason | None:
    """Return why an environment's packages do not install on this system, None where they do."""
    environment = ENVIRONMENTS[name]
    if here() in environment.systems:
        return None
    return Reason("env-system", name=name, systems=environment.systems, system=here(), lines=by_hand(name))


def add(name: str, *, python: str | None = None, progress: Progress = lambda reason: None) -> Installed:
    """Install an environment, or return it where it is there as this version wants it.

    Args:
        name: an entry of ``ENVIRONMENTS``.
        python: the interpreter it is made of; else the running one, or one that is found and does.
        progress: told each step.

    Raises:
        Failed: with the reason. Whatever else ends it, a signal too, leaves nothing either.
    """
    with _alone(name) as place:
        found = folders.installed(name)
        if found is not None and found.is_current(name):
            progress(Reason("env-there", name=name, place=str(found.folder)))
            return found
        if (reason := unfit(name)) is not None:
            raise Failed(reason)
        _sweep(place, but=found)
        made = _install(name, place, python=python, progress=progress)
        _sweep(place, but=made)
        return made


def remove(name: str, *, progress: Progress = lambda reason: None) -> int:
    """Remove an environment and whatever interrupted installations left; return the bytes that were freed.

    Args:
        name: an entry of ``ENVIRONMENTS``.
        progress: told what came of it.

    Raises:
        Failed: with the reason.
    """
    with _alone(name) as place:
        if not place.exists():
            progress(Reason("env-not-there", name=name))
            return 0
        progress(Reason("env-removing", name=name, place=str(place)))
        freed = folders.size(place)
        # The marker first: what is left, should this be interrupted, is not whole.
        (place / folders.MARKER).unlink(missing_ok=True)
        _take_away(place)
        if place.exists():
            raise Failed(Reason("env-in-use", name=name, place=str(place)))
        progress(Reason("env-removed", name=name, mb=freed / 1e6))
        return freed


@contextlib.contextmanager
def _alone(name: str) -> Iterator[Path]:
    """Yield an environment's place, with no other process at it; what the file system refuses is told as such."""
    try:
        place = folders.place(name)
    except data_folders.Nowhere as nowhere:
        raise Failed(Reason("env-nowhere", why=nowhere.why["en"], variable=data_folders.VARIABLE)) from None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.parent / f"{name}.lock", timeout=0):
            yield place
    except Timeout:
        raise Failed(Reason("env-busy", name=name)) from None
    except OSError as error:
        if any(sign in str(error) for sign in _FULL):
            raise Failed(_disk_full(name, place)) from None
        why = error.strerror or str(error)
        raise Failed(
            Reason("env-unwritable", place=str(error.filename or place), why=why, variable=data_folders.VARIABLE)
        ) from None


def _install(name: str, place: Path, *, python: str | None, progress: Progress) -> Installed:
    environment, lock = ENVIRONMENTS[name], locks.of(name)
    _check_disk(name, place)
    source = "" if environment.kind == NODE else _interpreter_for(name, python)
    began = time.monotonic()
    progress(Reason("env-begin", name=name, packages=lock.packages, mb=lock.disk_mb, place=str(place)))
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=place, prefix=f"{datetime.now(UTC):%Y%m%dT%H%M%S}-"))
    try:
        (folder / "tmp").mkdir()
        version = (_node if environment.kind == NODE else _python)(name, folder, source, progress)
        _take_away(folder / "tmp")
        found = Installed(
            folder=folder,
            lock=lock.sha256,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            bytes=folders.size(folder),
            python=version,
        )
        folders.mark(name, found)
    except BaseException:
        progress(Reason("env-undo", name=name))
        _take_away(folder)
        with contextlib.suppress(OSError):  # an earlier one may stand there
            place.rmdir()
        raise
    progress(Reason("env-done", name=name, mb=found.bytes / 1e6, seconds=time.monotonic() - began, place=str(folder)))
    return found


# ---------------------------------------------------------------- Python


def _python(name: str, folder: Path, source: str, progress: Progress) -> str:
    """Make a virtual environment from the lock files; return its version of Python."""
    progress(Reason("env-venv", python=source))
    variables = _variables(folder)
    try:
        _run([source, "-I", "-u", "-c", _BOUND, "venv", str(folder)], variables)
    except _Ended as ended:
        raise Failed(Reason("env-no-venv", python=source, said=_said(str(ended)))) from None
    python, total = str(folders.interpreter(folder)), locks.of(name).packages
    numbers = itertools.count(1)

    def told(line: str) -> None:
        if match := _COLLECTING.match(line.strip()):
            package = " ".join(part for part in match.groups() if part)
            progress(Reason("env-package", number=next(numbers), of=total, package=package))
        elif match := _DOWNLOADING.match(line.strip()):
            progress(Reason("env-download", size=match[1]))
        elif line.startswith("Installing collected packages"):
            progress(Reason("env-unpack"))

    for file in locks.files(name):
        options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check"]
        options += ["--progress-bar", "off", "--retries", str(RETRIES), "--timeout", str(TIMEOUT)]
        command = [python, "-I", "-u", "-c", _BOUND, "pip", "install", *options, "-r", str(file)]
        try:
            _run(command, variables, told)
        except _Ended as ended:
            raise Failed(explained(name, str(ended), python)) from None
    imports = ENVIRONMENTS[name].imports
    progress(Reason("env-check", modules=imports))
    try:
        _run([python, "-I", "-c", f"import {', '.join(imports)}"], variables)
    except _Ended as ended:
        raise Failed(Reason("env-not-importable", name=name, said=_said(str(ended)), lines=by_hand(name))) from None
    return str(_version(python))


def _interpreter_for(name: str, given: str | None) -> str:
    """Return the interpreter that an environment is made of.

    Raises:
        Failed: none does.
    """
    wanted = SpecifierSet(ENVIRONMENTS[name].python)
    candidates = [sys.executable, *(f"python3.{minor}" for minor in SERIES)] if given is None else [given]
    seen: list[str] = []
    for candidate in candidates:
        path = candidate if Path(candidate).is_file() else shutil.which(candidate)
        version = _version(path) if path else None
        if path and version is not None:
            if version in wanted:
                return str(Path(path).absolute())
            seen.append(f"{candidate} ({version})")
    told = tuple(seen) or (given or "python3",)
    raise Failed(Reason("env-python", name=name, range=ENVIRONMENTS[name].python, seen=told))


def _version(python: str) -> Version | None:
    """Return an interpreter's version, None where it does not run."""
    if python == sys.executable:
        return Version(platform.python_version())
    command = [python, "-I", "-c", "import platform; print(platform.python_version())"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=True).stdout
        return Version(said.strip())
    except (OSError, subprocess.SubprocessError, InvalidVersion):
        return None


# ---------------------------------------------------------------- npm


def _node(name: str, folder: Path, source: str, progress: Progress) -> str:
    """Install npm's packages from the lock file, without their scripts; return Node's version."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise Failed(Reason("env-no-node", name=name))
    for file in locks.files(name):
        for path in (file, file.with_name("package.json")):
            shutil.copy(path, folder / path.name)
    progress(Reason("env-npm", packages=locks.of(name).packages))
    try:
        _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], _variables(folder), cwd=folder)
    except _Ended as ended:
        raise Failed(explained(name, str(ended), npm)) from None
    imports = ENVIRONMENTS[name].imports
    progress(Reason("env-check", modules=imports))
    if missing := [package for package in imports if not (folder / "node_modules" / package).is_dir()]:
        raise Failed(Reason("env-not-importable", name=name, said=", ".join(missing), lines=by_hand(name)))
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=TIMEOUT, check=False).stdout
    return said.strip().removeprefix("v")


# ---------------------------------------------------------------- what both need


def _variables(folder: Path) -> dict[str, str]:
    """Return the variables of an installation: the user's, who may name a proxy; its scratch lies in the folder."""
    passed = {key: value for key, value in os.environ.items() if key not in _ELSEWHERE and not key.startswith("PYTHON")}
    return {**passed, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder / "tmp")), "PYTHONUTF8": "1"}


def _run(
    command: Sequence[str],
    variables: Mapping[str, str],
    told: Callable[[str], None] = lambda line: None,
    *,
    cwd: Path | None = None,
) -> None:
    """Run a program to its end, told of each line it prints; whatever ends this ends it and all it started.

    Raises:
        _Ended: its status is not 0.
    """
    printed: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=dict(variables),
        cwd=cwd,
        **families.apart(),
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                printed.append(line)
                told(line)
            status = process.wait()
        except BaseException:
            families.end(process)
            raise
    if status:
        raise _Ended("".join(printed))


def explained(name: str, printed: str, program: str) -> Reason:
    """Return what an installer's output means, and the way out."""
    if any(sign in printed for sign in _FULL):
        return _disk_full(name, folders.place(name))
    if _CUT_OFF.search(printed):
        return Reason("env-no-network", name=name, host=_silent(name, printed), lines=by_hand(name))
    if missing := _NONE.search(printed):
        return Reason("env-no-package", name=name, package=missing[1], system=here(), lines=by_hand(name))
    return Reason("env-failed", program=program, said=_said(printed), lines=by_hand(name))


def _silent(name: str, printed: str) -> str:
    """Return who does not answer: the host that is told, else the proxy, else where packages come from."""
    if told := next((match[1] or match[2] for match in _HOST.finditer(printed)), ""):
        return told
    proxy = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or ""
    if "ProxyError" in printed and proxy:
        return f"HTTPS_PROXY {proxy.rpartition('//')[2].rpartition('@')[2].strip('/')}"  # no name and no password of it
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org")
    return "registry.npmjs.org" if ENVIRONMENTS[name].kind == NODE else urlsplit(index).hostname or index


def _said(printed: str) -> str:
    """Return the line in which a program says what is wrong: the first that calls itself an error, else its last."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    loud = [_LOUD.sub("", line) for line in lines if _LOUD.match(line)]
    return next(iter(loud), lines[-1] if lines else "no output")


def _check_disk(name: str, place: Path) -> None:
    there = next(folder for folder in place.parents if folder.exists())
    free, needed = shutil.disk_usage(there).free / 1e6, SPARE * locks.of(name).disk_mb
    if free < needed:
        raise Failed(_no_room(name, there, needed=needed, free=free))


def _disk_full(name: str, place: Path) -> Reason:
    there = next(folder for folder in place.parents if folder.exists())
    return _no_room(name, there, needed=SPARE * locks.of(name).disk_mb, free=shutil.disk_usage(there).free / 1e6)


def _no_room(name: str, there: Path, *, needed: float, free: float) -> Reason:
    return Reason("env-no-room", name=name, needed=needed, free=free, place=str(there), variable=data_folders.VARIABLE)


def _sweep(place: Path, *, but: Installed | None) -> None:
    """Remove what lies in an environment's place beside the one that is whole and its marker."""
    kept = {folders.MARKER, but.folder.name} if but else set()
    for path in place.iterdir() if place.exists() else ():
        if path.name not in kept:
            _take_away(path)


def _take_away(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
