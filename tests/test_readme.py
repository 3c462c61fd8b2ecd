"""The README's commands are real: each parses, and those that ask and measure nothing run in the order shown."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from advisor.cli import cli, main

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown() -> list[list[str]]:
    """Return every command of the program that stands in the README's blocks and in its sentences, in order."""
    blocks = [line for block in FENCE.findall(README) for line in block.replace("\\\n", " ").splitlines()]
    sentences = re.findall(r"`(framework-advisor [^`]+)`", FENCE.sub("", README))
    words = [
        shlex.split(line, comments=True) for line in (*blocks, *sentences) if line.startswith("framework-advisor ")
    ]
    return [line[1:] for line in words]


TALKING = {"ask", "chat", "app", "doctor", "compare"}
MEASURED = {"probe", "evidence", "routes"}
"""They measure, or take what was measured."""
RUN = [argv for argv in shown() if argv[0] not in (*TALKING, *MEASURED) and not {"--probe", "--evidence"} & set(argv)]


@pytest.mark.parametrize("argv", shown(), ids=" ".join)
def test_every_command_shown_is_one_the_program_takes(argv: list[str]) -> None:
    command: Any = cli
    context = click.Context(cli)
    rest = list(argv)
    while isinstance(command, click.Group):
        name, command, rest = command.resolve_command(context, rest)
        assert command is not None, name

    command.make_context(argv[0], rest)


def test_the_commands_of_two_minutes_work_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "knowledge").symlink_to(ROOT / "knowledge")
    assert {argv[0] for argv in RUN} >= {"recommend", "understand", "report", "verify", "recheck", "knowledge"}

    for argv in RUN:
        with pytest.raises(SystemExit) as left:
            main(argv)
        assert not left.value.code, f"{' '.join(argv)}\n{capsys.readouterr().err}"

    assert (tmp_path / "decision.json").is_file()


def test_the_python_example_runs_as_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (example,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)

    exec(compile(example, "README.md", "exec"), {})

    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split()[0] in {"pytorch", "tensorflow"}
    assert [line.partition(":")[0] for line in printed[1:7]] == ["for"] * 3 + ["would change it"] * 3
    assert {"criterion", "framework", "weight"} <= set(printed[7].split())


PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "knowledge").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_the_files_that_a_page_links_to_are_there(page: Path) -> None:
    """From the page itself, as readers of the repository follow a link; the site rewrites links to its own places."""
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    linked = [target for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose) if "://" not in target]

    assert not [target for target in linked if not (page.parent / target).exists()]
