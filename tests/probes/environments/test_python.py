"""A virtual environment is made from a lock file, offline, out of wheels in a folder."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from probes import environments, reasons
from probes.environments import Environment, folders, installing, locks

NAME = "wheels"


def wheel(folder: Path, name: str, text: str) -> str:
    """Write a wheel of one module; return its line in a lock file."""
    path, info = folder / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(f"{name}.py", text)
        packed.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        packed.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        packed.writestr(f"{info}/RECORD", "")
    return f"{name}==1.0 \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def test_a_virtual_environment_holds_what_the_lock_file_pins_and_nothing_goes_elsewhere(
    monkeypatch: pytest.MonkeyPatch, own_home: Path, tmp_path: Path
) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    pins = wheel(shelf, "first", "") + wheel(shelf, "second", "import first")
    (shelf / "lock.txt").write_text(f"# made: 2026-11-28\n# by: hand\n# python: 3.11\n# disk-mb: 1\n{pins}")
    entry = Environment({"en": "", "zh": ""}, ("second",), ("lock.txt",), ">=3.11", (installing.here(),), ("second",))
    for module in (environments, locks, installing, folders):
        monkeypatch.setattr(module, "ENVIRONMENTS", {NAME: entry})
    monkeypatch.setattr(locks, "FOLDER", shelf)
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf), "PIP_TARGET": str(tmp_path / "no")}.items():
        monkeypatch.setenv(name, value)
    locks.of.cache_clear()
    told: list[str] = []

    made = installing.add(NAME, progress=lambda reason: told.append(reasons.text(reason)))

    assert folders.interpreters() == {NAME: str(folders.interpreter(made.folder))}
    subprocess.run([folders.interpreters()[NAME], "-I", "-c", "import second"], check=True)
    assert {"[1/2] first 1.0", "[2/2] second 1.0"} <= set(told)
    assert not (tmp_path / "no").exists()
    locks.of.cache_clear()
