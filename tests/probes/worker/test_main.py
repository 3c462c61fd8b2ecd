"""The worker runs where only Python, NumPy and a framework are, and answers on its own channel."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import numpy
import pytest

import probes
from probes import routes, runtimes
from probes.session.arms import Arm
from probes.session.worker_client import Client, Lost
from probes.system import process_readings
from probes.types import Status

ROOT = Path(probes.__file__).parent
WORKER_SIDE = [
    ROOT / "types.py",
    ROOT / "system" / "process_readings.py",
    *(
        path
        for folder in ("worker", "user_model", "backends", "workloads", "scenarios", "routes", "runtimes")
        for path in sorted((ROOT / folder).glob("*.py"))
    ),
]


TOLD = {need for name in routes.known() for need in routes.route(name).NEEDS} | {
    runtimes.runtime(name).MODULE.partition(".")[0] for name in runtimes.known()
}
"""What converters and runtimes say that they import."""


@pytest.mark.parametrize("path", WORKER_SIDE, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_worker_side_modules_are_python_3_10(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 10))
    younger = {("datetime", "UTC"), ("enum", "StrEnum"), ("typing", "Self"), ("itertools", "batched")}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not {(node.module, alias.name) for alias in node.names} & younger
            assert node.module != "tomllib"


@pytest.mark.parametrize("path", WORKER_SIDE, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_worker_side_modules_import_nothing_else_of_ours(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = ("types", "system", "statistics", "user_model", "scenarios", "backends", "workloads")
    ours = {"probes", *(f"probes.{part}" for part in (*parts, "routes", "runtimes", "worker"))}
    allowed = {*sys.stdlib_module_names, "numpy", "torch", "tensorflow", "keras", "jax", *TOLD}
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            assert ".".join(name.split(".")[:2]) in ours or name.split(".")[0] in allowed, f"{path.name} imports {name}"


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """An interpreter of a fresh virtual environment that can see NumPy and nothing else that is installed here."""
    home = tmp_path_factory.mktemp("bare")
    venv.create(home, symlinks=True)
    site = next((home / "lib").glob("python*/site-packages"))
    for package in ("numpy", "numpy.libs", f"numpy-{numpy.__version__}.dist-info"):
        source = Path(numpy.__file__).parent.parent / package
        if source.exists():
            (site / package).symlink_to(source)
    return str(home / "bin" / "python")


def test_a_worker_serves_in_another_environment(bare, tmp_path):
    client = Client(Arm("a", "null", bare), settings="default", scratch=str(tmp_path))
    try:
        client.ask("hello", timeout=30, framework="null", threads=1, settings="default", plant={})
        facts = client.ask("use", timeout=10, kind="cpu")["facts"]
        assert facts["executable"] == bare
    finally:
        client.close()


@pytest.mark.parametrize("framework", ["pytorch", "tensorflow"])
def test_an_environment_without_the_framework_says_so(bare, tmp_path, framework):
    client = Client(Arm("a", framework, bare), settings="default", scratch=str(tmp_path))
    with pytest.raises(Lost) as caught:
        client.ask("hello", timeout=30, framework=framework, threads=1, settings="default", plant={})
    client.close()
    assert caught.value.status is Status.NOT_INSTALLED
    assert bare in str(caught.value)
    assert "pip install" in str(caught.value)


def others():
    """Interpreters of other versions that this machine happens to have."""
    found = [path for minor in range(10, 16) if (path := shutil.which(f"python3.{minor}"))]
    found += [str(path) for path in Path.home().glob(".pyenv/versions/3.1[0-9].*/bin/python")]
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    said = [(path, subprocess.run([path, "-c", asked], capture_output=True, text=True)) for path in found]
    return [path for path, answer in said if answer.returncode == 0 and answer.stdout.strip() != version]


def test_workers_answer_under_every_other_interpreter_that_is_here(tmp_path):
    said = {}
    for python in others():
        client = Client(Arm("a", "null", python), settings="default", scratch=str(tmp_path))
        try:
            client.ask("hello", timeout=60, framework="null", threads=1, settings="default", plant={})
            said[python] = client.ask("use", timeout=10, kind="cpu")["facts"]["executable"]
        except Lost as lost:
            said[python] = f"{lost.status.value}: {lost}"
        finally:
            client.close()
    # A bare one lacks NumPy, and the worker says so.
    bare = "not-installed: a: {0} has no numpy; add it: python -m pip install numpy"
    assert {python: answer for python, answer in said.items() if answer not in (python, bare.format(python))} == {}


def test_ours_is_not_on_the_path_of_another_interpreter(bare, tmp_path):
    own = tmp_path / "own.py"
    own.write_text("import sys\nSIZES = {'small': {'path': 0}}\nraise RuntimeError('|'.join(sys.path))\n")
    client = Client(Arm("a", "null", bare), settings="default", scratch=str(tmp_path))
    client.ask("hello", timeout=30, framework="null", threads=1, settings="default", plant={})
    with pytest.raises(Lost) as caught:
        client.ask(
            "describe",
            timeout=10,
            scenario="training_step",
            workload="",
            workload_file=[str(own), own.read_text(encoding="utf-8")],
            size="small",
        )
    client.close()
    said, place, _ = str(caught.value).split("RuntimeError: ")[1].partition(" (own.py, line 3)")
    assert place
    assert str(ROOT.parent) not in said.split("|")


def test_an_error_in_a_file_of_the_users_says_its_line(tmp_path):
    client = Client(Arm("a", "null"), settings="default", scratch=str(tmp_path))
    client.ask("hello", timeout=30, framework="null", threads=1, settings="default", plant={})
    asked = {"timeout": 10, "scenario": "training_step", "workload": "", "size": "small"}

    def said(text):
        with pytest.raises(Lost) as caught:
            client.ask("describe", workload_file=[str(tmp_path / "own.py"), text], **asked)
        return str(caught.value)

    assert said("SIZES = {'small': {}}\ndef f(:\n").endswith("SyntaxError: invalid syntax (own.py, line 2)")
    assert said("def f():\n    return 1 / 0\n\nf()\n").endswith("division by zero (own.py, line 2)")
    client.close()


def test_peak_memory_is_this_process_own():
    ballast = bytearray(200 << 20)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from probes.system.process_readings import peak_memory\nprint(peak_memory())"
    )
    child = subprocess.run([sys.executable, "-c", script, str(ROOT.parent)], capture_output=True, text=True, check=True)
    assert int(child.stdout) < len(ballast) < process_readings.peak_memory()


def test_cores_are_those_granted():
    assert 1 <= process_readings.cores() <= len(os.sched_getaffinity(0))


def test_answers_are_json_on_the_private_channel(tmp_path):
    client = Client(
        Arm("a", "null", plant={"fault": "garbage", "at": "import"}), settings="default", scratch=str(tmp_path)
    )
    answer = client.ask(
        "hello", timeout=20, framework="null", threads=1, settings="default", plant={"fault": "garbage", "at": "import"}
    )
    assert json.loads(json.dumps(answer))["devices"][0]["kind"] == "cpu"
    assert "garbage" in client.printed()
    client.close()
