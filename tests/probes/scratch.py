"""A copy of the program with further backends that hold NumPy alone: what a fourth or fifth framework would be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CONTROL = """
SIZES = {"small": {"batch": 4, "features": 3, "classes": 2}}

def data(size, seed):
    from probes.workloads import control
    return control.data(size, seed)

def weights(size, seed):
    from probes.workloads import control
    return control.weights(size, seed)
"""

SIDE = """
def {framework}(build):
    from probes.workloads import control
    return control.null(build)
"""


def copy(folder: Path, backends: dict[str, str]) -> Path:
    """Copy the instrument to ``folder`` with a backend of NumPy for every name, which needs the module named."""
    shutil.copytree(ROOT / "probes", folder / "probes", ignore=shutil.ignore_patterns("__pycache__"))
    for package in ("advisor", "knowledge"):
        (folder / package).symlink_to(ROOT / package)
    null = (ROOT / "probes" / "backends" / "null.py").read_text(encoding="utf-8")
    for name, module in backends.items():
        text = null.replace('MODULE = "numpy"', f'MODULE = "{module}"').replace(
            "import numpy  # noqa", f"import {module}  # noqa"
        )
        (folder / "probes" / "backends" / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def workload(path: Path, frameworks: tuple[str, ...]) -> Path:
    """Write a workload that has a side for each of ``frameworks``."""
    path.write_text(CONTROL + "".join(SIDE.format(framework=name) for name in frameworks), encoding="utf-8")
    return path


def run(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m`` in the copy, with a store of its own."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "FRAMEWORK_ADVISOR_HOME": str(folder / "home")}
    return subprocess.run(
        [sys.executable, "-m", *argv],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
