"""The rules of the structure: layers, the process boundary, and documents that cannot drift."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]

MOST_BOXES = 18
"""Entries at the top level of ``advisor/``: more than these are no longer taken in at one look."""

KNOWN_CIRCLES = {
    ("probes.session.agreement", "probes.session.session"),
    ("probes.session.paired", "probes.session.session"),
}
"""Imports (importer, imported) that close a circle today. To be emptied; a line that is no longer needed fails."""

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


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    """Return what each module imports itself, under ``TYPE_CHECKING`` too."""
    graph = grimp.build_graph("advisor", "probes", cache_dir=None)
    return {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}


def without(imports: dict[str, set[str]], pairs: set[tuple[str, str]]) -> dict[str, set[str]]:
    return {name: {other for other in others if (name, other) not in pairs} for name, others in imports.items()}


def circle(imports: dict[str, set[str]]) -> list[str]:
    """Return one import circle, its first module again at its end; empty where there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def between_entries(imports: dict[str, set[str]], package: str) -> dict[str, set[str]]:
    """Return which entries of a folder each entry imports, whatever lies inside them."""
    entry = re.compile(rf"{re.escape(package)}\.\w+")
    arrows: dict[str, set[str]] = {}
    for name, others in imports.items():
        if importer := entry.match(name):
            reached = {match[0] for other in others if (match := entry.match(other))}
            arrows.setdefault(importer[0], set()).update(reached - {importer[0]})
    return arrows


def test_no_modules_import_each_other_in_a_circle(imports: dict[str, set[str]]) -> None:
    assert not circle(without(imports, KNOWN_CIRCLES))


def test_every_known_circle_is_still_one(imports: dict[str, set[str]]) -> None:
    gone = {pair for pair in KNOWN_CIRCLES if not circle(without(imports, KNOWN_CIRCLES - {pair}))}

    assert not gone, "remove these lines from KNOWN_CIRCLES"


def test_a_circle_would_be_found() -> None:
    found = circle({"a": {"b"}, "b": {"c"}, "c": {"b"}})

    assert sorted(set(found)) == ["b", "c"]


def test_no_folder_needs_its_neighbour_and_is_needed_by_it(imports: dict[str, set[str]]) -> None:
    """An arrow that points upwards closes a circle between the entries of some folder."""
    legal = without(imports, KNOWN_CIRCLES)
    folders = {name.rpartition(".")[0] for name in legal} - {""}

    assert {name: found for name in folders if (found := circle(between_entries(legal, name)))} == {}


def test_advisor_shows_few_entries_at_its_top_level(imports: dict[str, set[str]]) -> None:
    assert 0 < len(between_entries(imports, "advisor")) <= MOST_BOXES


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
                if isinstance(node, ast.Compare | ast.Match) and _names_a_framework(node):
                    named.append(f"{place}:{node.lineno}")

    assert not named, "a branch on a framework's name"


def _names_a_framework(node: object) -> bool:
    import ast

    return any(
        isinstance(part, ast.Constant) and part.value in ("pytorch", "tensorflow", "jax", "torch")
        for part in ast.walk(node)  # type: ignore[arg-type]
    )


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
