"""Broken files of the knowledge base: everything wrong is told at once, and nothing twice."""

from pathlib import Path

import pytest

from advisor.errors import KnowledgeError
from advisor.knowledge.loading import load_knowledge
from tests.advisor.knowledge import base

CLAIMS = "claims/memory.yaml"


def test_one_mistake_is_one_problem(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    base.change(folder, CLAIMS, "grade: moderate", "grade: modrate")
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    assert [str(problem) for problem in caught.value.problems] == [
        "knowledge/claims/memory.yaml:22 claims.peak-memory.grade: unknown word 'modrate'; did you mean 'moderate'?"
    ]


def test_a_file_that_cannot_be_read_does_not_make_every_reference_to_it_a_problem(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    base.change(folder, "sources.yaml", "sources:", "sources: [")
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    assert [problem.file for problem in caught.value.problems] == ["knowledge/sources.yaml"]


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    base.change(folder, CLAIMS, "criterion: memory", "criterion: memry")
    base.change(folder, CLAIMS, "favours: beta", "favours: bta")
    base.change(folder, "tools.yaml", "status: active", "status: activ")
    base.change(folder, "routes.yaml", "deploy.mobile", "deploy.moble")
    base.change(folder, "questions.yaml", " memory: 1", " momory: 1")
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    assert {problem.file for problem in caught.value.problems} == {
        "knowledge/claims/memory.yaml",
        "knowledge/questions.yaml",
        "knowledge/routes.yaml",
        "knowledge/tools.yaml",
    }
    assert len(caught.value.problems) == 5


@pytest.mark.parametrize("name", ["criteria.yaml", "frameworks.yaml", "questions.yaml", "settings.yaml"])
def test_a_missing_file_is_one_problem(tmp_path: Path, name: str) -> None:
    folder = base.write(tmp_path)
    (folder / name).unlink()
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    assert [(p.file, p.message) for p in caught.value.problems] == [(f"knowledge/{name}", "this file is missing")]


def test_a_file_under_a_wrong_name_is_not_passed_over(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    (folder / "claims" / "cloud.yml").write_text("claims: []\n")
    (folder / "tool.yaml").write_text("tools: []\n")
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    assert [(p.file, p.way_out) for p in caught.value.problems] == [
        ("knowledge/claims/cloud.yml", "rename it to cloud.yaml"),
        ("knowledge/tool.yaml", "rename it to tools.yaml"),
    ]


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    (folder / "tools.yaml").write_bytes("tools: [] # 工具".encode("gb18030"))
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    assert [(p.file, p.way_out) for p in caught.value.problems] == [("knowledge/tools.yaml", "save the file as UTF-8")]
