"""What is planned is what is measured: the probes, and the two frameworks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from advisor.cli.measuring import planned
from advisor.decisions.runtime_context import RuntimeContext
from advisor.knowledge.loading import knowledge_folder, load_knowledge
from advisor.knowledge.needs_files import read_needs
from probes.catalog.loading import load_catalog
from probes.command import RunRequest
from tests.advisor.evidence import measurement, ratio_of, session
from tests.probes import scratch

EXAMPLES = sorted((knowledge_folder() / "examples").glob("*.yaml"))
THREE = RuntimeContext(
    today=date(2026, 11, 1),
    versions={},
    machine={},
    probes=tuple(load_catalog().values()),
    measurable=("jax", "pytorch", "tensorflow"),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_planned_pair_is_handed_to_the_run(example: Path) -> None:
    knowledge = load_knowledge()
    needs = read_needs(str(example), knowledge)
    plan = THREE.recommend(needs, knowledge).probe_plan

    probes, run = planned(needs, knowledge, RunRequest(), context=THREE)

    assert [probe.id for probe in probes] == [step.probe for step in plan]
    assert {run.frameworks} == {(step.denominator, step.numerator) for step in plan} or not plan


def test_frameworks_that_the_user_names_stay() -> None:
    knowledge = load_knowledge()
    needs = read_needs(str(EXAMPLES[0]), knowledge)

    _, run = planned(needs, knowledge, RunRequest(frameworks=("pytorch", "tensorflow")), context=THREE)

    assert run.frameworks == ("pytorch", "tensorflow")


def test_a_probe_is_done_for_the_pair_it_was_run_on_alone() -> None:
    knowledge = load_knowledge()
    needs = read_needs(str(knowledge_folder() / "examples" / "research-lab.yaml"), knowledge)
    plan = THREE.recommend(needs, knowledge).probe_plan
    (third,) = set(THREE.measurable) - {plan[0].numerator, plan[0].denominator}

    def planned_after(numerator: str, denominator: str) -> list[str]:
        ratio = ratio_of(1.0, 0.5, numerator=numerator, denominator=denominator)
        # Tuned settings move no result, so that the same pair is planned.
        done = session(replace(measurement(plan[0].probe, settings="tuned"), ratio=ratio))
        return [step.probe for step in THREE.recommend(needs, knowledge, [done]).probe_plan]

    assert plan[0].probe not in planned_after(plan[0].numerator, plan[0].denominator)
    assert plan[0].probe in planned_after(plan[0].numerator, third)


@pytest.mark.frameworks
@pytest.mark.measures
def test_a_third_backend_is_measured_where_it_is_planned(tmp_path: Path) -> None:
    scratch.copy(tmp_path, {"jax": "numpy"})
    needs = str(knowledge_folder() / "examples" / "research-lab.yaml")
    printed = scratch.run(tmp_path, "advisor", "recommend", "--needs", needs, "--json")
    plan = json.loads(printed.stdout)["probe_plan"]

    scratch.run(tmp_path, "advisor", "probe", "run", "--needs", needs, "--budget", "5", "-o", "e.json")
    environments = json.loads((tmp_path / "e.json").read_text())["environments"]

    assert "jax" in environments
    assert {frozenset(environments)} == {frozenset((step["numerator"], step["denominator"])) for step in plan}
