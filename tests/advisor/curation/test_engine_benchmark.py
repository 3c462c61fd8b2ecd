"""The benchmark's entry point, where a part that it needs is not installed."""

from __future__ import annotations

import subprocess
import sys

WITHOUT_PYMCDM = """
import runpy, sys
sys.modules["pymcdm"] = None  # as where the package is not installed: importing it fails
sys.argv = ["advisor.benchmark"]
runpy.run_module("advisor.benchmark", run_name="__main__")
"""


def test_without_pymcdm_it_says_what_to_install_and_ends_as_bad_input_does() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_PYMCDM], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'framework-advisor[audit]'" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
