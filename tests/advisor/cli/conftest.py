"""The command line in this process."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.cli import main

ROOT = Path(__file__).resolve().parents[3]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, as ``python -m advisor`` would in the repository."""
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.chdir(ROOT)

    def run(*argv: str) -> subprocess.CompletedProcess[str]:
        with pytest.raises(SystemExit) as left:
            main(list(argv))
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(argv, int(left.value.code or 0), out, err)

    return run


@pytest.fixture
def nobody_here(tmp_path: Path) -> list[str]:
    """Interpreters that hold no framework and end at once, so that nothing is loaded."""
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    return [part for name in ("pytorch", "tensorflow") for part in ("--python", f"{name}={program}")]
