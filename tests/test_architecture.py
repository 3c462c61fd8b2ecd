"""The rules of the structure: layers, the process boundary, and documents that cannot drift."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from tests.sources import modules

ROOT = Path(__file__).resolve().parents[1]

MOST_BOXES = 18
"""Entries at the top level of ``advisor/``: more than these are no longer taken in at one look."""

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
    assert not circle(imports)


def test_a_circle_would_be_found() -> None:
    found = circle({"a": {"b"}, "b": {"c"}, "c": {"b"}})

    assert sorted(set(found)) == ["b", "c"]


def test_no_folder_needs_its_neighbour_and_is_needed_by_it(imports: dict[str, set[str]]) -> None:
    """An arrow that points upwards closes a circle between the entries of some folder."""
    folders = {name.rpartition(".")[0] for name in imports} - {""}

    assert {name: found for name in folders if (found := circle(between_entries(imports, name)))} == {}


def test_advisor_shows_few_entries_at_its_top_level(imports: dict[str, set[str]]) -> None:
    assert 0 < len(between_entries(imports, "advisor")) <= MOST_BOXES


def importable(package: str) -> list[str]:
    """Return the modules of a package, but for those that run something when imported."""
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.name != "__main__.py"
    ]


@pytest.mark.parametrize("package", ["advisor", "probes"])
def test_no_module_loads_a_framework_when_imported(package: str) -> None:
    """The command line, the front end and the instrument's manager, in one process; the traceback names the module."""
    found = run(code=NO_FRAMEWORK + "\n".join(f"import {module}" for module in importable(package)))

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


def only_known(found: set[str], known: Iterable[str]) -> None:
    """Check that nothing breaks a rule but what is listed, and that all that is listed still does."""
    assert found - set(known) == set()
    assert set(known) - found == set(), "no longer needed in its list"


def sources(*folders: str) -> dict[str, str]:
    """Return the text of each Python file of these folders by its place."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def scoped(node: ast.AST, scope: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Yield every node below this one beside the function, class or constant of the module that it stands in."""
    for child in ast.iter_child_nodes(node):
        name = scope
        if not scope and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = child.name
        elif not scope and isinstance(child, ast.Assign | ast.AnnAssign):
            target = child.targets[0] if isinstance(child, ast.Assign) else child.target
            name = ast.unparse(target)
        yield name, child
        yield from scoped(child, name)


def framework_names() -> frozenset[str]:
    """Return the frameworks' ids, what is imported of them, and Keras."""
    from advisor.knowledge.loading import load_knowledge

    backends = {path.stem for path in (ROOT / "probes" / "backends").glob("*.py")} - {"__init__", "null"}
    return frozenset({*load_knowledge().frameworks, *backends, "torch", "keras"})


def names_a_framework(node: ast.AST, names: frozenset[str]) -> bool:
    """Return whether a node is an identifier or a word (no sentence) that has a framework's name in it.

    An environment variable has it at its beginning.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        words = set(re.split(r"[^A-Za-z]+", node.value)) - {""}
        named = words & names or names_a_variable(node.value, names)
        return bool(named) and (words <= names or not re.search(r"\s", node.value))
    identifiers = {getattr(node, field, None) or "" for field in ("id", "attr", "arg", "name")}
    return bool(identifiers & names) or any(names_a_variable(str(one), names) for one in identifiers)


def names_a_variable(word: str, names: frozenset[str]) -> bool:
    """Return whether a word is written as environment variables are and begins with a framework's name."""
    return word.isupper() and word.lower().startswith(tuple(names))


SIDES = (
    "probes/backends/",
    "probes/workloads/",
    "probes/scenarios/",
    "probes/user_model/",
    "probes/routes/",
    "probes/runtimes/",
)
"""Where a framework's side lives."""

NAMING_ALLOWED = {
    "probes/system/emulated_machines.py:MACHINES": "a processor is emulated by the switches of the framework it is for",
    "probes/system/emulated_machines.py:_ONEDNN_AVX2": "as above",
    "probes/system/emulated_machines.py:(_ATEN_DEFAULT, _ATEN_AVX2)": "as above",
    "probes/system/emulated_machines.py:(_TF_OFF, _TF_ON)": "as above",
    "probes/environments/__init__.py:ENVIRONMENTS": "what an environment installs, and what must import",
    "probes/environments/resolving.py:TORCH": "its build for processors has an index of its own",
    "probes/environments/resolving.py:ELSEWHERE": "as above",
    "probes/environments/resolving.py:_uv": "as above",
    "probes/session/variables.py:OURS": "what the instrument sets and nobody may pass",
    "advisor/cli/routes_run.py:_BEGINS": "the ending of a file",
    "probes/session/worker_client.py:lodging": "where its compiler keeps its work, without a home; no worker yet",
    "probes/reasons.py:CATALOGUE": "a code may be that of one framework's own trouble",
}
"""Where else a framework may be named, and why."""


def test_a_framework_is_named_only_where_its_side_lives() -> None:
    """Comparisons, default arguments, constants, tables, arguments and identifiers: each names it; a sentence may."""
    names = framework_names()
    found = {
        f"{place}:{scope}"
        for place, tree in modules("advisor", "probes").items()
        if not place.startswith(SIDES)
        for scope, node in scoped(tree)
        if names_a_framework(node, names)
    }

    only_known(found, NAMING_ALLOWED)


@pytest.mark.parametrize(
    "code",
    [
        "def measure(frameworks=('pytorch', 'tensorflow')): ...",
        "PAIR = ['pytorch']",
        "WORDS = {'jax': 1}",
        "call('torch')",
        "call(tensorflow=1)",
        "if name == 'pytorch': ...",
        "match name:\n  case 'jax': ...",
        "PAIR = 'pytorch tensorflow'.split()",
        "value = table.pytorch",
        "option = f'tensorflow:{value}'",
        "os.environ['TORCHINDUCTOR_CACHE_DIR']",
        "found.update(TORCHINDUCTOR_CACHE_DIR=1)",
    ],
)
def test_every_way_of_naming_a_framework_is_found(code: str) -> None:
    names = framework_names()

    assert any(names_a_framework(node, names) for _, node in scoped(ast.parse(code)))


@pytest.mark.parametrize("code", ["help = 'for example tensorflow=/opt/tf'", "module.torchlight()", "x = 'none'"])
def test_a_sentence_about_a_framework_is_none(code: str) -> None:
    names = framework_names()

    assert not any(names_a_framework(node, names) for _, node in scoped(ast.parse(code)))


def test_no_claim_is_named_in_python() -> None:
    """A claim's id stands in ``knowledge/`` and in the catalogue, nowhere else: not in a comment either."""
    from advisor.knowledge.loading import load_knowledge

    ids = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, load_knowledge().claims))})(?![\w-])")
    found = {place for place, text in sources("advisor", "probes").items() if ids.search(text)}

    assert not found


UNUSUAL = {"Say", "Hear", "Tell", "Let", "Give", "Put", "Take", "Have", "Speak", "Heed", "Be"}
"""First words that no reference manual uses: Return, Check, Show, Set, Read say the same."""

NO_VERBS = {"A", "An", "The", "One", "Two", "Its", "Whether", "What", "Where", "How"}
"""First words of what describes a value: right for a class or a property, not for a function."""

SIDE_OF_ITS_MODULE = {"data", "weights", "observe", "start", "null"}
"""What every workload and scenario holds; the folder's docstring tells their contract, the module's its own part."""

OVERRIDDEN = {
    f"advisor.cli.LazyGroup.{name}" for name in ("list_commands", "get_command", "resolve_command", "format_commands")
} | {"advisor.cli.prose.Terminal.on_broken_pipe"}
"""Methods of click's and rich's classes, documented there."""


def public(module: ast.Module, name: str) -> Iterator[tuple[str, ast.Module | ast.ClassDef | ast.FunctionDef]]:
    """Yield the module, its public functions and classes and their public methods, each with its full name."""
    yield name, module
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{name}.{node.name}", node
            for method in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                    yield f"{name}.{node.name}.{method.name}", method


def docstrings() -> dict[str, str | None]:
    """Return the docstring of everything public, but for what its folder or its base class documents."""
    exempt = SIDE_OF_ITS_MODULE | framework_names()
    return {
        name: ast.get_docstring(node)
        for place, tree in modules("advisor", "probes").items()
        for name, node in public(tree, place.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        if name not in OVERRIDDEN
        and not (place.startswith(SIDES[1:]) and isinstance(node, ast.FunctionDef) and node.name in exempt)
    }


def test_everything_public_says_what_it_is() -> None:
    found = {name for name, text in docstrings().items() if not text}

    assert not found


def is_called(node: ast.AST) -> bool:
    """Return whether this is a function, and none that a decorator makes a value."""
    return isinstance(node, ast.FunctionDef) and not any("property" in ast.unparse(one) for one in node.decorator_list)


def test_docstrings_begin_as_a_reference_does() -> None:
    """Private ones too: whoever changes the code reads them most."""
    found = {
        f"{place} {getattr(node, 'name', '')}: {word}"
        for place, tree in modules("advisor", "probes").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module)
        for word in (ast.get_docstring(node) or "").split()[:1]
        if word.strip(".,:;") in UNUSUAL or (word in NO_VERBS and is_called(node))
    }

    assert not found


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
