"""What the reader's files and its code name: known words in the files, none of the knowledge base's ids in the code."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from advisor import dialogue, reading
from advisor.cli import cli
from advisor.knowledge.loading import knowledge_folder, load_knowledge
from advisor.reading.integrity import integrity

KNOWLEDGE = load_knowledge()
FOLDER = knowledge_folder()


def _words(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the texts of a module that are no docstrings: whole constants, not parts of a sentence."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node


@pytest.mark.parametrize("package", [reading, dialogue])
def test_no_id_of_the_knowledge_base_stands_in_the_code(package: object) -> None:
    ids = {*KNOWLEDGE.questions, *KNOWLEDGE.criteria, *KNOWLEDGE.claims, *KNOWLEDGE.frameworks, *KNOWLEDGE.tools}
    folder = Path(str(getattr(package, "__file__", ""))).parent
    named = [
        f"{path.name}:{node.lineno} {node.value}"
        for path in sorted(folder.glob("*.py"))
        for node in _words(ast.parse(path.read_text(encoding="utf-8")))
        if node.value in ids
    ]
    assert not named


def test_the_readers_files_name_known_questions_options_and_criteria() -> None:
    assert not integrity(FOLDER, KNOWLEDGE)


def _copied(folder: Path) -> Path:
    return Path(shutil.copytree(FOLDER, folder / "knowledge"))


@pytest.mark.parametrize(
    ("file", "right", "wrong", "message", "way_out"),
    [
        ("lexicon.yaml", "says: {deploy: mobile}", "says: {deploi: mobile}", "question 'deploi'", "'deploy'"),
        ("lexicon.yaml", "says: {deploy: mobile}", "says: {deploy: mobil}", "no option 'mobil'", "'mobile'"),
        ("lexicon.yaml", "[memory, hardware-cpu]", "[memry, hardware-cpu]", "criterion 'memry'", "'memory'"),
        ("phrases/scale.yaml", "\n  multi-node:", "\n  multi-nodes:", "no option 'multi-nodes'", "'multi-node'"),
        ("descriptions/en.yaml", "deploy: mobile}", "deploy: web|mobil}", "no option 'mobil'", "'mobile'"),
    ],
)
def test_an_unknown_word_is_named_with_its_line_and_the_nearest_known_one(
    tmp_path: Path, file: str, right: str, wrong: str, message: str, way_out: str
) -> None:
    path = tmp_path / "knowledge" / file
    path.parent.mkdir(parents=True)
    text = (FOLDER / file).read_text(encoding="utf-8")
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    (problem,) = integrity(tmp_path / "knowledge", KNOWLEDGE)
    assert problem.file == f"knowledge/{file}"
    assert wrong.strip() in path.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert message in problem.message
    assert way_out in problem.way_out


def test_knowledge_check_refuses_what_the_reader_could_not_use(tmp_path: Path) -> None:
    folder = _copied(tmp_path)
    (folder / "phrases" / "scale.yaml").rename(folder / "phrases" / "scales.yaml")
    done = CliRunner().invoke(cli, ["knowledge", "check", "--path", str(folder)])
    assert done.exit_code == 1
    assert "scales" in done.output
    assert "did you mean 'scale'?" in done.output
