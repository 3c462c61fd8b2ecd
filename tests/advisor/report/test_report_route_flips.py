"""What routes' figures would change, what to measure next, and the claims that rows test, in the report."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from advisor.decisions.document import Decision, build_decision
from advisor.decisions.seals import seals
from advisor.decisions.verification import verify
from advisor.deployment.measurable_routes import measurable
from advisor.knowledge.loading import load_knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import MeasurableRoute
from advisor.recommendation import recommend
from probes.evidence.sets import session_of
from tests import measured_routes
from tests.advisor.reports import LANGUAGES, text_of
from tests.advisor.small import TODAY

PHONE = Needs(answers={"deploy": ("mobile",)}, targets={"artifact_mb": 0.1})


def decide(routes: tuple[MeasurableRoute, ...]) -> Decision:
    table = measured_routes.table()
    evidence = (session_of(replace(table, source={**table.source, "parameters": 58_000})),)
    given: dict[str, Any] = {"routes": routes}
    found = recommend(PHONE, load_knowledge(), evidence, today=TODAY, machine=evidence[0].machine, **given)
    return build_decision(PHONE, found, evidence, load_knowledge(), made_on=TODAY, **given)


@pytest.fixture(scope="module")
def made() -> Decision:
    return decide(measurable())


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("form", ["html", "md"])
def test_the_report_says_what_decides_what_to_measure_and_what_rows_say(made: Decision, form: str, lang: str) -> None:
    said = text_of(made, form, lang).replace("\\", "").replace("&#39;", "'").replace("&amp;", "&")

    decides = {"en": "your target ≤ 100 KB decides: above 100 KB", "zh": "由你的目标“≤ 100 KB”决定：高于 100 KB 时"}
    assert decides[lang] in said
    assert "framework-advisor routes run --routes pytorch-executorch -o routes.json" in said
    times = {"en": "tensorflow-litert int8: 0.288 times the bytes", "zh": "为权重字节数的 0.288 倍"}
    assert times[lang] in said


def document(decision: Decision) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(decision.document()))
    return found


def test_such_a_decision_computes_to_itself(made: Decision) -> None:
    assert verify(document(made)).same


def test_a_decision_that_was_made_without_routes_to_measure_computes_to_itself() -> None:
    """Those of earlier versions hold a table of routes and no list of what can be measured."""
    found = document(decide(()))
    assert "routes" not in found
    assert verify(found).same


def test_routes_that_are_taken_out_of_a_decision_are_found(made: Decision) -> None:
    found = document(made)
    found["routes"] = [route for route in found["routes"] if route["route"] != "pytorch-executorch"]
    assert not verify(found).same
    assert "routes" in {difference.place for difference in verify(found).differences} | set(verify(found).edited or ())
    found["seals"] = seals(found)
    assert not verify(found).same  # the plan was another
