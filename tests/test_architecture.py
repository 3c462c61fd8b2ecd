"""The rules of the house: floors, the process boundary, and documents that cannot drift."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FRAMEWORKS = ("pytorch", "tensorflow", "jax", "torch")

NO_FRAMEWORK = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "tensorflow", "keras", "jax"}:
            raise AssertionError(f"{name} was imported outside a worker")
        return None

sys.meta_path.insert(0, Refuse())
"""


def run(*argv: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code] if code is not None else list(argv)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_imports_run_downwards() -> None:
    found = run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache")

    assert found.returncode == 0, found.stdout[-3000:]


def test_the_library_the_command_line_and_the_instruments_manager_load_no_framework() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for package in ("advisor", "probes")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.name != "__main__.py" and not path.is_relative_to(ROOT / "advisor" / "ui")
    ]
    imports = "\n".join(f"import {module}" for module in modules)

    found = run(code=NO_FRAMEWORK + imports)

    assert found.returncode == 0, found.stderr[-3000:]


@pytest.mark.parametrize(
    "name",
    [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((ROOT / "advisor" / "ui").rglob("*.py"))
    ],
)
def test_the_front_end_loads_no_framework(name: str) -> None:
    found = run(code=NO_FRAMEWORK + f"import {name}")

    assert found.returncode == 0, found.stderr[-3000:]


def test_advising_loads_no_framework() -> None:
    code = NO_FRAMEWORK + (
        "from advisor.cli import main\nmain(['recommend', '--needs', 'knowledge/examples/phone-app.yaml', '--json'])\n"
    )

    found = run(code=code)

    assert found.returncode == 0, found.stderr[-3000:]
    assert json.loads(found.stdout)["schema"] == "recommendation/1"


@pytest.mark.parametrize("words", [("utils.py",), ("helpers.py",), ("common.py",)], ids=lambda words: words[0])
def test_no_module_is_a_drawer_for_everything(words: tuple[str]) -> None:
    assert not [path for package in ("advisor", "probes") for path in (ROOT / package).rglob(words[0])]


def test_a_framework_is_named_only_where_its_side_lives() -> None:
    import ast

    homes = ("probes/backends/", "probes/workloads/", "probes/scenarios/", "probes/user_model/")
    named: list[str] = []
    for package in ("advisor", "probes"):
        for path in (ROOT / package).rglob("*.py"):
            place = str(path.relative_to(ROOT))
            if place.startswith(homes):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and node.value in FRAMEWORKS:
                    named.append(f"{place}:{node.lineno}")

    assert not named, "a framework's name in a branch, a default argument or a constant"


def test_the_instrument_names_no_claim() -> None:
    import re

    from advisor.knowledge.loading import load_knowledge

    known = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, load_knowledge().claims))})(?![\w-])")
    files = sorted((ROOT / "probes").rglob("*.py"))
    named = {str(path.relative_to(ROOT)): known.findall(path.read_text(encoding="utf-8")) for path in files}

    assert len(files) > 50
    assert not {path: found for path, found in named.items() if found}


def test_generated_text_is_fresh() -> None:
    pages = ("README.md", "knowledge/README.md", "knowledge/CALIBRATION.md")
    found = run(str(Path(sys.executable).with_name("cog")), "--check", *pages)

    assert found.returncode == 0, found.stdout + found.stderr


def test_the_readme_names_no_machine_path() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert "/work/" not in text
    assert "/root/" not in text
    assert "/tmp/" not in text


def test_configuration_keeps_the_app_at_home() -> None:
    import tomllib

    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))

    assert config["server"]["address"] == "127.0.0.1"
    assert config["server"]["enableXsrfProtection"] is True
    assert config["browser"]["gatherUsageStats"] is False
