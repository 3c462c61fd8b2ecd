"""What is installed of the environments: a folder each in the user's data folder, whole where its marker says so.

The marker is written last and names the folder beside it that it speaks of; nothing half installed is taken for whole.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from probes.environments import ENVIRONMENTS, NODE, locks
from probes.system import data_folders, files, json_reading

MARKER = "whole.json"


@dataclass(frozen=True)
class Installed:
    """An environment that is there, whole.

    Attributes:
        folder: of its packages.
        lock: SHA-256 of the lock files it was made from.
        made: when, ISO 8601.
        bytes: that it took on the disk.
        python: version of its Python, or of Node.
    """

    folder: Path
    lock: str
    made: str
    bytes: int
    python: str

    def is_current(self, name: str) -> bool:
        """Return whether it was made from the lock files that this version ships."""
        return self.lock == locks.of(name).sha256


def place(name: str) -> Path:
    """Return where an environment lies, or would.

    Raises:
        Nowhere: there is no folder for the user's data.
    """
    return data_folders.data() / "environments" / name


def installed(name: str) -> Installed | None:
    """Return what is there of an environment, None where it is not there or not whole."""
    try:
        here = place(name)
        held = json_reading.loads((here / MARKER).read_text(encoding="utf-8"))
        found = Installed(
            folder=here / Path(str(held["folder"])).name,
            lock=str(held["lock"]),
            made=str(held["made"]),
            bytes=int(held["bytes"]),
            python=str(held["python"]),
        )
    except (OSError, data_folders.Nowhere, json_reading.Refused, UnicodeDecodeError, KeyError, TypeError, ValueError):
        return None
    # The Python that a virtual environment was made of may have gone: its own is a link to that.
    return found if _entry(name, found.folder).exists() else None


def half(name: str) -> bool:
    """Return whether something lies there that is not whole: an interrupted installation, a Python that has gone."""
    try:
        return installed(name) is None and any(place(name).iterdir())
    except (OSError, data_folders.Nowhere):
        return False


def interpreters() -> dict[str, str]:
    """Return environment -> interpreter of those that are whole; of npm packages, which have none, their folder."""
    found = {name: installed(name) for name in ENVIRONMENTS}
    return {name: str(_entry(name, one.folder)) for name, one in found.items() if one is not None}


def _entry(name: str, folder: Path) -> Path:
    return folder / "node_modules" if ENVIRONMENTS[name].kind == NODE else interpreter(folder)


def interpreter(folder: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def mark(name: str, found: Installed) -> None:
    """Write down that an environment is whole.

    Raises:
        OSError: the marker cannot be written.
    """
    text = json.dumps({**asdict(found), "folder": found.folder.name}, indent=1)
    files.write_atomically(place(name) / MARKER, text.encode())


def size(folder: Path) -> int:
    """Return the bytes of all files in a folder, links not followed."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_symlink() or path.is_file())
