"""What SECURITY.md promises of the code as a whole, and that what it names is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from probes import runtimes
from tests.sources import modules

ROOT = Path(__file__).resolve().parents[1]
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

CLIENTS = {"ftplib", "http", "httpx", "requests", "smtplib", "socket", "ssl", "urllib", "websockets"}
"""Packages that speak to a network."""

SPEAKING = {
    "advisor/curation/app_load.py": {"websockets"},  # the app, as 50 browsers would
    "probes/cluster/driver.py": {"socket"},  # whether a cluster answers at all
    "advisor/curation/releases.py": {"urllib"},  # asks PyPI and npm for version numbers
    "advisor/serving": {"socket", "urllib"},  # whether the app's own port answers
    "advisor/cli/app.py": {"socket"},  # a free port of this machine
    "probes/runtimes/_javascript/serving.py": {"http"},  # the page that Chromium opens, on 127.0.0.1
    "advisor/cli/issue_bundle.py": {"socket"},  # the host's name, to take it out
}
"""Modules, or folders of them, that may import one, and which."""

RUNNING = {"pickle", "marshal", "shelve", "dill", "joblib", "code", "codeop"}
"""Packages that make objects or run code out of data."""


PACKAGES = ("advisor", "probes")


def imported(tree: ast.Module) -> set[str]:
    """Return the top packages that a module imports, wherever in it."""
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
    # urllib.parse takes addresses apart and speaks to nobody.
    return {name.partition(".")[0] for name in names if name != "urllib.parse"}


def test_only_the_named_modules_speak_to_a_network() -> None:
    def allowed(path: str) -> set[str]:
        return {client for begin, clients in SPEAKING.items() if path.startswith(begin) for client in clients}

    spoken = {path: imported(tree) & CLIENTS - allowed(path) for path, tree in modules(*PACKAGES).items()}
    assert {path: found for path, found in spoken.items() if found} == {}


def test_nothing_makes_objects_or_code_out_of_data() -> None:
    assert {path: found for path, tree in modules(*PACKAGES).items() if (found := imported(tree) & RUNNING)} == {}


def called(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)
            if any(keyword.arg == "shell" and ast.unparse(keyword.value) != "False" for keyword in node.keywords):
                yield "shell"
            if any(
                keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False" for keyword in node.keywords
            ):
                yield "allow_pickle"


@pytest.fixture(scope="module")
def calls() -> dict[str, set[str]]:
    """What each module calls."""
    return {path: set(called(tree)) for path, tree in modules(*PACKAGES).items()}


@pytest.mark.parametrize(
    "name", ["eval", "exec", "os.system", "shell", "allow_pickle", "torch.load", "yaml.unsafe_load"]
)
def test_nothing_evaluates_starts_a_shell_or_unpickles(calls: dict[str, set[str]], name: str) -> None:
    assert [path for path, names in calls.items() if name in names] == []


def test_every_file_that_is_named_is_there() -> None:
    named = re.findall(r"`((?:tests|\.ci|\.github|advisor|probes|knowledge)/[^`\s]+)`", SECURITY)

    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_openvino_tells_its_makers_nothing_about_a_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    checking = pytest.importorskip("openvino_telemetry.utils.opt_in_checker")
    for name, value in {"HOME": str(tmp_path), **runtimes.runtime("openvino").VARIABLES}.items():
        monkeypatch.setenv(name, value)

    # As OpenVINO's converter and NNCF ask it; without the variable it answers "no file", which they take for a yes.
    asked = {"enable_opt_in_dialog": False, "disable_in_ci": True}
    assert checking.OptInChecker().check(**asked) is checking.ConsentCheckResult.DECLINED
    assert [path for path, tree in modules(*PACKAGES).items() if "os.environ['CI']" in ast.unparse(tree)] == []
