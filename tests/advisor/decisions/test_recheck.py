"""A decision that does not stand is told with what turned it, and the workflow of the docs tells a team."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from advisor.decisions.document import build_decision
from advisor.decisions.recheck import TURNED_BY, recheck
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.recommendation import recommend
from probes.catalog.loading import load_catalog
from probes.evidence.documents import write_evidence
from probes.statistics import ratios
from probes.types import Evidence, Probe
from tests.advisor import small
from tests.advisor.evidence import HERE, measurement, session
from tests.advisor.knowledge import base
from tests.advisor.small import TODAY, claim, criterion, question

ROOT = Path(__file__).resolve().parents[3]
WORKFLOW = ROOT / "docs" / "recheck-decisions.yml"
ASKED = Needs(answers={"goal": "fast"})


def knowledge(*, value: float = 1, doubt: float = -1) -> Knowledge:
    """Return a base in which a is better by a claim about its releases below 3, and worse by a less sure one."""
    settings = small.SETTINGS.model_copy(update={"outside_version": 20.0})
    return small.knowledge(
        ["a", "b"],
        [criterion("x")],
        [question("goal", {"fast": {"x": 2}})],
        [
            claim("c", "x", {"a": value, "b": 0}, versions={"a": "<3"}, grade="high"),
            claim("d", "x", {"a": doubt, "b": 0}, grade="low"),
        ],
        settings=settings,
    )


def saved(held: Knowledge) -> dict[str, Any]:
    found = recommend(ASKED, held, today=TODAY, versions={"a": "2.0"}, machine=HERE)
    assert found.recommended == "a"
    decision = build_decision(ASKED, found, (), held, made_on=TODAY, versions={"a": "2.0"})
    document: dict[str, Any] = json.loads(json.dumps(decision.document()))
    return document


def reasons(document: dict[str, Any], held: Knowledge, **now: Any) -> list[str]:
    given = {"today": TODAY, "versions": {"a": "2.0"}, "machine": HERE, **now}
    found = recheck(document, held, **given)
    assert found.stands == (not found.because)
    return [reason.what for reason in found.because]


def test_a_decision_that_stands_has_no_reason() -> None:
    assert reasons(saved(knowledge()), knowledge()) == []


def test_a_release_that_turns_it_is_the_reason() -> None:
    assert reasons(saved(knowledge()), knowledge(), versions={"a": "3.1"}) == ["versions"]


def test_knowledge_that_turns_it_is_the_reason() -> None:
    newer = knowledge(value=-1).model_copy(update={"sha256": "1" * 64})

    assert reasons(saved(knowledge()), newer) == ["knowledge"]


def test_two_changes_that_turn_it_only_together_are_each_a_reason() -> None:
    """A release that makes the sure claim unsure, and knowledge that makes the other one speak against it."""
    first = saved(knowledge(doubt=1))
    newer = knowledge(doubt=-1).model_copy(update={"sha256": "1" * 64})

    assert reasons(first, knowledge(doubt=1), versions={"a": "3.1"}) == []
    assert reasons(first, newer) == []
    assert reasons(first, newer, versions={"a": "3.1"}) == ["versions", "knowledge"]


def test_a_decision_that_nothing_brings_back_was_turned_by_the_program() -> None:
    document = saved(knowledge())
    document["recommendation"]["recommended"] = "b"

    assert reasons(document, knowledge()) == ["program"]


def test_every_reason_is_told_in_both_languages() -> None:
    assert all(text.en and text.zh for text in TURNED_BY.values())


def faster_tensorflow() -> Evidence:
    """Return a session in which one framework trains nine times as fast as the other, whatever the model."""

    def measured(probe: Probe) -> Any:
        samples = {"pytorch": (9.0, 9.2, 8.9, 9.1), "tensorflow": (1.0, 1.02, 0.99, 1.01)}
        logs = [math.log(two / one) for one, two in zip(*samples.values(), strict=True)]
        ratio = ratios.ratio(ratios.within(logs), numerator="tensorflow", denominator="pytorch")
        names = {"scenario": probe.scenario, "mode": probe.mode, "settings": probe.settings}
        return replace(measurement(probe.id, samples=samples), **names, workload=probe.workload, ratio=ratio)

    trained = [p for p in load_catalog().values() if p.scenario == "training_step" and not p.baseline]
    return session(*map(measured, trained))


# ---------------------------------------------------------------- the workflow of the docs


class Team:
    """A team's repository, in which the workflow's own lines are run."""

    def __init__(self, root: Path, program: Path) -> None:
        self.root = root
        bin_ = root / "bin"
        bin_.mkdir(parents=True)
        (root / "decisions").mkdir()
        self.command(bin_ / "framework-advisor", f'exec "{sys.executable}" -m advisor "$@"')
        self.command(bin_ / "pip", "exit 0")  # what it would install is here already
        self.environment = {
            **os.environ,
            "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(program),
            "FRAMEWORK_ADVISOR_HOME": str(root / "home"),
        }

    @staticmethod
    def command(path: Path, line: str) -> None:
        path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        path.chmod(0o755)

    def run(self, lines: str) -> subprocess.CompletedProcess[str]:
        argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", lines]  # as the runner starts it
        return subprocess.run(
            argv, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )

    def decide(self, needs: dict[str, Any]) -> None:
        (self.root / "needs.yaml").write_text(yaml.safe_dump(needs), encoding="utf-8")
        made = self.run("framework-advisor report --needs needs.yaml -o decisions/one.json")
        assert made.returncode == 0, made.stderr

    def workflow(self) -> subprocess.CompletedProcess[str]:
        """Run every line that the workflow runs."""
        steps = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["recheck"]["steps"]
        lines = [step["run"] for step in steps if "run" in step]
        assert len(lines) == 2
        for line in lines:
            done = self.run(line)
            if done.returncode:
                break
        return done


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A team that uses the program as it is."""
    return Team(tmp_path / "team", ROOT)


@pytest.fixture
def keepers(tmp_path: Path) -> tuple[Team, Path]:
    """A team whose program has the small knowledge base, and that base's folder."""
    program = tmp_path / "program"
    shutil.copytree(ROOT / "advisor", program / "advisor")
    (program / "probes").symlink_to(ROOT / "probes")
    folder = base.write(program)
    base.change(folder, "settings.yaml", "outside_version: 2.0", "outside_version: 20.0")
    base.change(folder, "claims/memory.yaml", "    when:\n      deploy:\n        - mobile\n", "")
    base.change(folder, "claims/memory.yaml", "grade: moderate", "grade: high")
    base.change(folder, "claims/memory.yaml", "beta: -1", "beta: 0")
    less_sure = """\
  - id: small-memory
    criterion: memory
    statement: {en: "Beta needs less memory.", zh: "Beta 占用更少内存。"}
    finding: {en: "Somebody says so.", zh: "有人这样说。"}
    value: {alpha: -1, beta: 0}
    kind: documented
    grade: low
    truth: current
    origin: ours
    favours: beta
    sources: [old-page]
    added: 2026-11-01
    reviewed: 2026-11-02
    review_by: 2027-05-01
    why_not_probeable: {en: "It is hearsay.", zh: "只是传闻。"}
"""
    claims = folder / "claims" / "memory.yaml"
    claims.write_text(claims.read_text(encoding="utf-8") + less_sure, encoding="utf-8")
    return Team(tmp_path / "team", program), folder


MEMORY = {"schema": "needs/1", "answers": {"deploy": ["none"]}}


def test_the_workflow_passes_while_a_decision_stands_and_fails_when_the_knowledge_turns_it(
    keepers: tuple[Team, Path],
) -> None:
    team, folder = keepers
    team.decide(MEMORY)
    stands = team.workflow()
    assert (stands.returncode, stands.stderr) == (0, "")

    base.change(folder, "claims/memory.yaml", "      alpha: 1\n", "      alpha: -1\n")
    turned = team.workflow()

    assert turned.returncode == 1
    assert TURNED_BY["knowledge"].en in turned.stdout
    assert "The recommendation was alpha and would be beta." in turned.stdout


def test_the_workflow_fails_when_a_release_turns_a_decision(keepers: tuple[Team, Path]) -> None:
    team, folder = keepers
    team.decide(MEMORY)

    base.change(folder, "frameworks.yaml", 'latest_version: "2.0"', 'latest_version: "3.0"')
    turned = team.workflow()

    assert turned.returncode == 1, turned.stdout
    assert TURNED_BY["versions"].en in turned.stdout
    assert TURNED_BY["knowledge"].en not in turned.stdout


def test_the_workflow_fails_when_a_measurement_turns_a_decision(team: Team) -> None:
    team.decide(
        {
            "schema": "needs/1",
            "answers": {"stage": "production", "deploy": ["server"]},
            "priorities": {"training-speed": 3},
        }
    )
    assert team.workflow().returncode == 0

    (team.root / "measurements").mkdir()
    write_evidence(faster_tensorflow(), team.root / "measurements" / "new.json")
    turned = team.workflow()

    assert turned.returncode == 1, turned.stdout
    assert TURNED_BY["measurements"].en in turned.stdout
    assert "A session of 2026-11-01 weighs as well" in turned.stdout


def test_the_workflow_says_that_a_file_is_no_decision(team: Team) -> None:
    (team.root / "decisions" / "one.json").write_text("{}", encoding="utf-8")

    refused = team.workflow()

    assert refused.returncode == 2
    assert "not a decision" in refused.stderr


def test_of_several_decisions_each_is_told_and_one_that_falls_is_enough(keepers: tuple[Team, Path]) -> None:
    team, folder = keepers
    team.decide(MEMORY)
    (team.root / "decisions" / "one.json").rename(team.root / "decisions" / "memory.json")
    team.decide({"schema": "needs/1", "answers": {"deploy": ["mobile"]}})
    base.change(folder, "claims/memory.yaml", "      alpha: 1\n", "      alpha: -1\n")

    told = team.run("framework-advisor recheck decisions/*.json --json")

    found = {one["file"]: one["stands"] for one in json.loads(told.stdout)["decisions"]}
    assert found == {"decisions/memory.json": False, "decisions/one.json": True}
    assert told.returncode == 1


def test_a_session_that_the_decision_holds_counts_once() -> None:
    held = knowledge()
    measured = faster_tensorflow()
    decision = build_decision(
        ASKED, recommend(ASKED, held, today=TODAY, machine=HERE), (measured,), held, made_on=date(2026, 11, 24)
    )
    document = json.loads(json.dumps(decision.document()))

    found = recheck(document, held, today=TODAY, evidence=(measured,))

    assert [change for change in found.changes if change.what == "evidence"] == []
