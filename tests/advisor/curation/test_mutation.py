"""The mutation run: which modules, what is reported of a survivor. The run itself is a benchmark."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from advisor.curation import mutation
from advisor.curation.engine_benchmark import main
from advisor.errors import InputError

ROOT = Path(__file__).resolve().parents[3]

WRITTEN = """
def x_half__mutmut_orig(value: float) -> float:
    low = 0
    return value / 2

def x_half__mutmut_1(value: float) -> float:
    low = 0
    return value * 2
"""


def test_a_survivor_shows_the_line_that_no_test_notices() -> None:
    assert mutation.change(WRITTEN, "x_half__mutmut_1") == "-return value / 2\n+return value * 2"


def test_what_was_not_tried_and_what_changes_nothing_are_told_and_not_scored() -> None:
    fates = [mutation.Fate.KILLED] * 3 + [mutation.Fate.SURVIVED, mutation.Fate.EQUIVALENT, mutation.Fate.UNTRIED]

    told = mutation.score([mutation.Mutant(f"m{number}", fate) for number, fate in enumerate(fates)])

    assert told == "3 of 4 mutants killed: 75.0%; 1 change nothing (docs/mutants.md); 1 were not tried"


def test_where_nothing_was_tried_there_is_no_share() -> None:
    assert mutation.score([mutation.Mutant("m", mutation.Fate.UNTRIED)]) == "0 of 0 mutants killed; 1 were not tried"


@pytest.mark.parametrize(
    ("mutant", "name"),
    [("x_half__mutmut_1", "half"), ("x__half__mutmut_12", "_half"), ("xǁPlanǁdraw__mutmut_3", "Plan.draw")],
)
def test_a_mutant_is_of_the_function_that_the_source_has(mutant: str, name: str) -> None:
    assert mutation.plain_name(mutant) == name


def test_every_explained_mutant_changes_lines_that_its_function_has() -> None:
    explained = mutation.explained()

    assert explained
    assert [(function, line) for function, line in missing(explained)] == []
    assert all(explained.values())


def missing(explained: dict[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    """Yield what an explained mutant takes out of a function and what does not stand there."""
    for function, change in explained:
        place = next(
            one for one in mutation.DECIDING if function.startswith(one.removesuffix(".py").replace("/", ".") + ".")
        )
        tree = ast.parse((ROOT / place).read_text(encoding="utf-8"))
        found = [
            line.strip()
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name == function.rpartition(".")[2]
            for statement in node.body
            for line in ast.unparse(statement).splitlines()
        ]
        for line in change.splitlines():
            if line.startswith("-") and line[1:].strip() not in found:
                yield function, line


def test_every_deciding_module_is_there() -> None:
    assert [place for place in mutation.DECIDING if not (ROOT / place).is_file()] == []


def test_modules_are_named_by_their_last_part_or_their_place() -> None:
    assert mutation.chosen_places(["pooling", "probes/statistics/ratios.py"]) == (
        "advisor/engine/pooling.py",
        "probes/statistics/ratios.py",
    )


def test_an_unknown_module_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InputError, match=r"no deciding module 'poling'; known: .*pooling"):
        mutation.chosen_places(["poling"])


def test_the_command_refuses_an_unknown_module_without_a_traceback() -> None:
    ended = CliRunner().invoke(main, ["mutation", "--module", "poling"])

    assert ended.exit_code == 2
    assert "known:" in ended.output
