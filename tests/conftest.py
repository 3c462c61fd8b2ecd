"""Settings of the whole suite."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from advisor.decisions.runtime_context import NO_REFERENCE

# What shipped sessions of other machines count for hangs on the machine, and no test's result may. Set here, so that
# processes which tests start have it too.
os.environ[NO_REFERENCE] = "1"

# Some hundred processes load the same modules: where none may keep what it compiled, each does so anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# What a shell starts in the background ignores Ctrl-C, and so would every process that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Nothing here is timed: a busy machine must not fail a property.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

# Whoever runs the tests may keep on a server or at home; nothing of theirs is seen or touched.
os.environ.pop("FRAMEWORK_ADVISOR_DATABASE", None)
os.environ["FRAMEWORK_ADVISOR_HOME"] = tempfile.mkdtemp(prefix="advisor-tests-")
atexit.register(shutil.rmtree, os.environ["FRAMEWORK_ADVISOR_HOME"], ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark ``frameworks`` what needs the machine to itself.

    What takes times in real workers, or starts a cluster of them, does so with stand-ins too, and it cannot run beside
    others: an expression that leaves out ``frameworks`` must leave it out. First, since such expressions are applied by
    this hook as well.
    """
    for item in items:
        if any(item.get_closest_marker(name) for name in ("measures", "cluster")):
            item.add_marker("frameworks")


def pytest_collection_finish() -> None:
    """Spare the garbage collector what collection made: it lives to the end, and every full pass would walk it."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home of the program: nothing kept by whoever runs the tests is seen or touched."""
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path))
    return tmp_path
