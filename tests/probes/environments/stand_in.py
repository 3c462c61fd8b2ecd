"""A small environment of npm's, with a stand-in for npm and node on the path that does as it is told.

npm's kind shares everything with Python's but the program that installs, and needs no virtual environment.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from probes import environments
from probes.environments import NODE, Environment, installing, locks

NAME = "small"

NPM = """#!/bin/sh
echo run >> "$PWD/../../../npm-ran"
case "$STAND_IN" in
offline) echo "npm error code ENOTFOUND"; echo "npm error request to ENOTFOUND packages.example failed"; exit 1;;
full) echo "npm error code ENOSPC"; echo "npm error nospc ENOSPC: no space left on device"; exit 1;;
odd) echo "npm error the moon is in the wrong house"; exit 1;;
slow) echo waiting; mkdir -p node_modules/half; sleep 600;;
lacking) mkdir -p node_modules/other;;
*) mkdir -p node_modules/small; echo "module.exports = 1" > node_modules/small/index.js;;
esac
"""

NODE_PROGRAM = "#!/bin/sh\necho v20.1.0\n"


def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, disk_mb: float = 1) -> Path:
    """Make the stand-in the environment ``small``; return the home it would be installed into."""
    folder, programs, home = tmp_path / "locks" / "small", tmp_path / "bin", tmp_path / "home"
    shutil.copytree(locks.FOLDER, tmp_path / "locks")
    for made in (folder, programs, home):
        made.mkdir(parents=True)
    (folder / locks.NPM).write_text(json.dumps({"packages": {"": {}, "node_modules/small": {"version": "1.0.0"}}}))
    (folder / "package.json").write_text("{}")
    (folder / locks.HEAD_FILE).write_text(f"# made: 2026-11-28\n# by: hand\n# disk-mb: {disk_mb}\n")
    for name, text in (("npm", NPM), ("node", NODE_PROGRAM)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(home))
    monkeypatch.setattr(locks, "FOLDER", tmp_path / "locks")
    known = {
        **environments.ENVIRONMENTS,
        NAME: Environment(
            {"en": "Small", "zh": "小"}, ("small",), ("small",), "", (installing.here(),), ("small",), NODE
        ),
    }
    for module in (environments, locks, installing, installing.folders):
        monkeypatch.setattr(module, "ENVIRONMENTS", known)
    locks.of.cache_clear()
    return home
