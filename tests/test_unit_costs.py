"""Adding one thing touches the files that CONTRIBUTING names and no others: tried in a copy of the project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import in_turn
from tests.in_turn import Command

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("advisor", "probes", "knowledge")
TODAY = date.today()
"""Reviews are due by the calendar of whoever runs this."""
TWO = {"en": "An entry added to try what it costs.", "zh": "为了检验成本而添加的条目。"}


class Written(yaml.CSafeDumper):
    """Writes everything out: the knowledge base takes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(document: Any) -> str:
    return yaml.dump(document, Dumper=Written, allow_unicode=True, sort_keys=False)


class Project:
    """A copy of the project in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in PARTS:
            shutil.copytree(ROOT / part, folder / part)  # with what is compiled: it is as good there
        for name in ("pyproject.toml", "streamlit_app.py"):
            shutil.copy(ROOT / name, folder)

    def edit(self, place: str, change: Callable[[Any], None]) -> None:
        """Change one file of the knowledge base or the catalogue as data."""
        path = self.folder / place
        document = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        change(document)
        path.write_text(as_yaml(document), encoding="utf-8")

    def write(self, place: str, text: str) -> None:
        """Add one file."""
        assert not (self.folder / place).exists()
        (self.folder / place).write_text(text, encoding="utf-8")

    def read(self, place: str) -> str:
        return (self.folder / place).read_text(encoding="utf-8")

    @property
    def home(self) -> dict[str, str]:
        return {"FRAMEWORK_ADVISOR_HOME": str(self.folder / "home"), "PYTHONPATH": str(self.folder)}

    def python(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *argv],
            cwd=self.folder,
            env={**os.environ, **self.home},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def advisor(self, *commands: Command) -> list[str]:
        """Return what commands print, all in one process; each must succeed."""
        ended = in_turn.run(commands, cwd=self.folder, env={**os.environ, **self.home})
        for one in ended:
            assert one.status == 0, one.out[-3000:] + one.err[-3000:]
        return [one.out for one in ended]


CHECK = Command(("knowledge", "check"))


def recommend(**answers: Any) -> Command:
    """Ask for the recommendation/1 for these answers."""
    needs = {"schema": "needs/1", "answers": answers}
    return Command(("recommend", "--needs", "-", "--json"), said=json.dumps(needs))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def claim(name: str, *, criterion: str, source: str) -> dict[str, Any]:
    """Return a claim of our own with all it needs, as knowledge/README.md shows it."""
    return {
        "id": name,
        "criterion": criterion,
        "origin": "ours",
        "statement": TWO,
        "finding": TWO,
        "truth": "current",
        "favours": "pytorch",
        "value": {"pytorch": 2, "tensorflow": 0},
        "kind": "documented",
        "grade": "moderate",
        "sources": [source],
        "added": TODAY,
        "reviewed": TODAY,
        "review_by": TODAY + timedelta(days=90),
        "why_not_probeable": TWO,
    }


SOURCE = {
    "id": "an-added-source",
    "title": "An added source",
    "url": "https://example.org/added",
    "publisher": "Example",
    "kind": "primary",
    "vendor_of": "none",
    "published": TODAY,
    "accessed": TODAY,
}


def test_a_claim_and_its_source_cost_one_file(project: Project) -> None:
    def add(document: Any) -> None:
        document.setdefault("sources", []).append(SOURCE)
        document["claims"].append(claim("an-added-claim", criterion="debugging", source="an-added-source"))

    project.edit("knowledge/claims/debugging-2026.yaml", add)

    _, found = project.advisor(CHECK, recommend(stage="research"))
    criteria = {one["id"]: one for one in json.loads(found)["criteria"]}
    assert "an-added-claim" in criteria["debugging"]["claims"]


def test_a_question_costs_its_entry_and_its_phrases(project: Project) -> None:
    def option(name: str, criterion: str) -> dict[str, Any]:
        return {"id": name, "name": {"en": name, "zh": name}, "help": TWO, "emphasis": {criterion: 1}}

    question = {
        "id": "mood",
        "kind": "one",
        "text": {"en": "In which mood is the team?", "zh": "团队的状态如何？"},
        "help": TWO,
        "why": TWO,
        "options": [option("patient", "documentation"), option("hurried", "debugging")],
    }
    project.edit("knowledge/questions.yaml", lambda document: document["questions"].append(question))
    hurried = ["we are in a hurry", "everybody is in a rush", "no time to lose", "pressed for time", "rushing all day"]
    patient = [
        "we are patient",
        "nobody is in a rush",
        "all the time in the world",
        "no haste",
        "we can wait for years",
    ]
    train = {"hurried": {"en": {"wanted": hurried}}, "patient": {"en": {"wanted": patient}}}
    phrases = {"question": "mood", "train": train}
    project.write("knowledge/phrases/mood.yaml", as_yaml(phrases))

    told = Command(("understand", "we are in a hurry", "--json"))
    _, found, understood = project.advisor(CHECK, recommend(mood="hurried"), told)
    weights = {one["id"]: one["weight"] for one in json.loads(found)["criteria"]}
    assert weights["debugging"] > 0
    assert "documentation" not in weights
    read = json.loads(understood)
    assert "mood" in {slot["question"] for slot in read["slots"]} | set(read["ask"])


def test_a_criterion_costs_its_entry_and_the_answers_that_weigh_it(project: Project) -> None:
    criterion = {
        "id": "charm",
        "group": "longevity",
        "name": {"en": "Charm", "zh": "魅力"},
        "question": {"en": "How charming is it?", "zh": "有多迷人？"},
        "zero": TWO,
        "one": TWO,
    }

    def weigh(document: Any) -> None:
        stage = next(question for question in document["questions"] if question["id"] == "stage")
        stage["options"][0]["emphasis"]["charm"] = 1

    project.edit("knowledge/criteria.yaml", lambda document: document["criteria"].append(criterion))
    project.edit("knowledge/questions.yaml", weigh)

    _, found = project.advisor(CHECK, recommend(stage="learning"))
    weights = {one["id"]: one["weight"] for one in json.loads(found)["criteria"]}
    assert weights["charm"] > 0


def probe(name: str, *, workload: str) -> dict[str, Any]:
    return {
        "id": name,
        "question": TWO,
        "scenario": "training_step",
        "workload": workload,
        "mode": "eager",
        "criterion": "dynamic-models",
        "claims": [],
        "seconds": 1,
    }


def test_a_probe_costs_one_entry(project: Project) -> None:
    added = probe("an-added-probe", workload="control")
    project.edit("probes/catalog.yaml", lambda document: document.append(added))

    _, listed = project.advisor(CHECK, Command(("probe", "list", "--json")))
    assert "an-added-probe" in {one["id"] for one in json.loads(listed)["probes"]}


SOURCED = "pypi-jax-release"
"""A source that the base has: what a framework of its own would cite."""

SIDE = '''

def stub(build: Build) -> Twin:
    """The stub's side, which is the control arm's."""
    return null(build)
'''


def no_way_anywhere(document: Any) -> None:
    """Say of every need how the stub gets there: not at all."""
    for need in sorted({route["need"] for route in document["routes"]}):
        dead = {"tools": [], "status": "dead", "effect": -2, "grade": "high", "note": TWO, "sources": [SOURCED]}
        name = f"{need.replace('.', '-')}-stub"
        document["routes"].append({"id": name, "need": need, "framework": "stub", "name": TWO, **dead})


def add_framework(project: Project, *, workload: str) -> None:
    """Write what a fourth framework costs: an entry, its routes, a backend, its side of a workload."""
    entry = {
        "id": "stub",
        "name": {"en": "Stub", "zh": "Stub"},
        "summary": TWO,
        "package": "numpy",
        "latest_version": "2.0.0",
        "latest_date": TODAY,
        "python": ">=3.11",
        "install": "pip install numpy",
        "sources": [SOURCED],
    }
    project.edit("knowledge/frameworks.yaml", lambda document: document["frameworks"].append(entry))
    project.edit("knowledge/routes.yaml", no_way_anywhere)
    project.write("probes/backends/stub.py", project.read("probes/backends/null.py"))
    path = project.folder / workload
    path.write_text(path.read_text(encoding="utf-8") + SIDE, encoding="utf-8")


@pytest.mark.frameworks
def test_a_workload_costs_one_file_and_a_framework_its_entry_backend_and_side(project: Project) -> None:
    project.write("probes/workloads/added.py", project.read("probes/workloads/control.py"))
    added = probe("an-added-probe", workload="added")
    project.edit("probes/catalog.yaml", lambda document: document.append(added))
    add_framework(project, workload="probes/workloads/added.py")

    (found,) = project.advisor(recommend(stage="research"))
    recommendation = json.loads(found)
    ended = project.python(
        *("-m", "probes", "run", "an-added-probe", "--framework", "stub", "--framework", "null"),
        *("--budget", "1", "--device", "cpu", "-o", "evidence.json"),
    )

    assert "stub" in recommendation["acceptability"]
    assert sum(recommendation["acceptability"].values()) == pytest.approx(1)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (measured,) = json.loads(project.read("evidence.json"))["probes"]
    assert measured["status"] == "ok"
    assert set(measured["samples"]) == {"stub", "null"}


def test_a_framework_passes_the_check_of_the_knowledge_base(project: Project) -> None:
    add_framework(project, workload="probes/workloads/control.py")

    project.advisor(CHECK)


PAGE = '''"""A page added to try what it costs."""

import streamlit as st

from advisor.model.text import Text

TITLE = Text(en="An added page", zh="新增的页面")
ICON = "star"
ORDER = -1


def page() -> None:
    """Show the page."""
    st.title("An added page")
'''

OPEN = """
from streamlit.testing.v1 import AppTest

from advisor.serving import request_checks

request_checks.middleware()

app = AppTest.from_string("from advisor.ui import layout; layout.show()", default_timeout=120)
app.run()
assert not app.exception, app.exception
print([title.value for title in app.title])
"""


def test_a_page_costs_one_file(project: Project) -> None:
    project.write("advisor/ui/pages/added.py", PAGE)

    ended = project.python("-c", OPEN)

    assert ended.returncode == 0, ended.stderr
    assert "An added page" in ended.stdout
