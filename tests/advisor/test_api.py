"""The public Python API: what ``import advisor`` offers, how light it stays, that it answers as the program does."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import advisor
from advisor import api
from probes.evidence.routes import write_routes
from tests import measured_routes

ROOT = Path(__file__).resolve().parents[2]
PHONE_APP = ROOT / "knowledge" / "examples" / "phone-app.yaml"


def test_every_public_name_can_be_imported_and_is_listed() -> None:
    assert set(advisor.__all__) == {*api.__all__, "__version__"}
    assert set(advisor.__all__) <= set(dir(advisor))
    assert all(getattr(advisor, name) is getattr(api, name) for name in api.__all__)


def test_type_checkers_are_told_every_public_name() -> None:
    stub = ast.parse((ROOT / "advisor" / "__init__.pyi").read_text(encoding="utf-8"))
    imported = [alias.asname for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names]

    assert sorted(map(str, imported)) == sorted(api.__all__)


def test_what_a_public_function_returns_is_public_too() -> None:
    functions = [getattr(api, name) for name in api.__all__ if inspect.isfunction(getattr(api, name))]
    returned = {inspect.signature(function).return_annotation for function in functions}

    assert returned <= {*api.__all__}


def test_a_name_that_is_none_is_refused_as_any_module_refuses_it() -> None:
    with pytest.raises(AttributeError, match="module 'advisor' has no attribute 'recomend'"):
        advisor.recomend  # type: ignore[attr-defined]  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, advisor; print(*sorted({'numpy', 'pydantic', 'scipy', 'yaml', 'advisor.api'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == ""


def test_both_packages_carry_their_types() -> None:
    assert (ROOT / "advisor" / "py.typed").is_file()
    assert (ROOT / "probes" / "py.typed").is_file()


def test_python_and_the_command_line_recommend_the_same() -> None:
    knowledge = advisor.load_knowledge()
    ours = advisor.recommend(advisor.read_needs(PHONE_APP, knowledge), knowledge).document()

    command = [sys.executable, "-m", "advisor", "recommend", "--needs", str(PHONE_APP), "--json"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert json.loads(printed.stdout) == ours


def test_the_same_arguments_give_the_same_result() -> None:
    knowledge = advisor.load_knowledge()
    needs = advisor.read_needs(PHONE_APP, knowledge)

    first, second = (
        advisor.recommend(needs, knowledge, today=date(2026, 11, 28), random_seed=7, versions={}) for _ in range(2)
    )

    assert first == second
    assert first.random_seed == 7


def test_wrong_needs_say_where_and_what_was_meant() -> None:
    with pytest.raises(advisor.InputError) as refused:
        advisor.parse_needs({"answers": {"deploi": ["mobile"]}}, advisor.load_knowledge())

    (problem,) = refused.value.problems
    assert "deploi" in problem
    assert "did you mean 'deploy'?" in problem


def test_an_evidence_file_that_is_none_is_refused_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "evidence.json"
    file.write_text('{"schema": "evidence/2"}')

    with pytest.raises(advisor.InputError, match=r"evidence\.json: schema: 'evidence/2' is not 'evidence/1'"):
        advisor.read_evidence(file)
    with pytest.raises(advisor.InputError, match=r"none\.json: No such file or directory"):
        advisor.read_evidence(tmp_path / "none.json")


def test_the_example_in_the_docstring_holds() -> None:
    import doctest

    examples = doctest.DocTestFinder().find(api.recommend, "recommend", globs={})
    outcome = doctest.DocTestRunner().run(examples[0])

    assert outcome.attempted == 4
    assert outcome.failed == 0


def test_measured_routes_are_a_table_of_figures_and_evidence(tmp_path: Path) -> None:
    path = tmp_path / "routes.json"
    write_routes(measured_routes.table(), path)

    found = advisor.read_routes(path)

    frame = found.to_frame()
    assert list(frame["route"]) == [row.route for row in found.routes.rows]
    assert frame.loc[2, "p95_ms_low"] < frame.loc[2, "p95_ms"] < frame.loc[2, "p95_ms_high"]
    assert found.to_csv().startswith("route,framework,runtime,precision,status")
    knowledge = advisor.load_knowledge()
    result = advisor.recommend(advisor.read_needs(PHONE_APP, knowledge), knowledge, [found.as_evidence()])
    assert any(route.seen is not None for route in result.routes)


def test_a_file_that_holds_no_routes_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "routes.json"
    path.write_text("{}", encoding="utf-8")

    with pytest.raises(advisor.InputError, match=r"routes\.json: schema: None is not 'routes/1'"):
        advisor.read_routes(path)
