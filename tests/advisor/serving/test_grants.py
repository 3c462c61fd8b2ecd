"""What the command line lets the app do: everything named is checked, everything wrong is told at once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from advisor.cli.app import command
from advisor.errors import InputError
from advisor.serving import grants


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text("INPUT = (1, 1)\n", encoding="utf-8")
    path.chmod(0o644)
    return path


def test_nothing_is_granted_unless_it_was_named() -> None:
    assert grants.granted() == grants.Grants()


def test_what_is_named_is_offered_by_name(model: Path) -> None:
    found = grants.read(hosts=["Advisor.Example.org"], workloads=[str(model)], pythons=[f"here={sys.executable}"])

    assert found.hosts == ("advisor.example.org",)
    assert found.workloads == {"mine.py": str(model)}
    assert found.pythons == {"here": sys.executable}


def test_files_of_one_name_are_told_apart_by_their_places(model: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "mine.py"
    other.parent.mkdir()
    other.write_text(model.read_text())
    other.chmod(0o644)

    found = grants.read(workloads=[str(model), str(other), str(model)])

    assert found.workloads == {str(model): str(model), str(other): str(other)}


def test_everything_wrong_is_told_at_once(model: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    with pytest.raises(InputError) as caught:
        grants.read(
            hosts=["https://advisor.example.org/", "a b"],
            workloads=[str(tmp_path / "none.py"), str(tmp_path)],
            pythons=["/opt/bin/python", "x=/no/such", f"y={plain}", f"y={sys.executable}", f"y={sys.executable}"],
        )

    said = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 8
    for part in ("--allowed-host https", "--allowed-host a b", "none.py: no such file", "is a directory"):
        assert part in said
    for part in ("expected NAME=PATH", "no file /no/such", "cannot be run", "given twice"):
        assert part in said


def test_the_command_refuses_before_it_starts_a_server() -> None:
    found = CliRunner().invoke(command, ["--workload", "none.py", "--python", "x", "--port", "1"])

    assert isinstance(found.exception, InputError)
    assert len(found.exception.problems) == 2
