"""A report is complete: what it cites is in it, what it sums adds up, and no way of its plan is dead."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
import yaml

from advisor.decisions import schemas
from advisor.decisions.document import read_decision
from advisor.report.view import TRIFLE, View
from advisor.report.words import WORDS
from tests.advisor.reports import EXAMPLES, TODAY, decision, text_of


def test_json_comes_back_as_it_went() -> None:
    made = decision()

    document = json.loads(text_of(made, "json"))

    jsonschema.validate(document, schemas.schema("decision"))
    assert text_of(read_decision(document), "json") == text_of(made, "json")
    assert text_of(read_decision(document), "html") == text_of(made, "html")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_cited_claim_and_source_is_in_the_document(path: Any) -> None:
    document = decision(path.stem).document()
    found = document["recommendation"]
    cited = {*found["for"], *found["against"]}
    for group in ("criteria", "routes", "excluded"):
        cited |= {claim for row in found[group] for claim in row["claims"]}
    cited |= {verdict["claim"] for verdict in found["verdicts"]}

    assert cited <= document["claims"].keys()
    assert {key for claim in document["claims"].values() for key in claim["sources"]} <= document["sources"].keys()
    page = text_of(decision(path.stem), "html")
    assert all(f'id="claim-{claim}"' in page for claim in cited)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_contributions_add_up_to_the_utility_and_leads_to_the_lead(path: Any) -> None:
    view = View(decision(path.stem), "en")
    found = view.found

    for framework, utility in found.utility.items():
        shown = sum(row.contribution[framework] for row in view.criteria())
        assert shown == pytest.approx(utility, abs=1e-9)
        assert f"<strong>{100 * utility:.1f}</strong>" in text_of(view.decision, "html")
    leader, rival = found.recommended, view.rival()
    assert leader is not None
    assert rival is not None
    told = sum(row.lead for rows in view.reasons().values() for row in rows)
    assert told == pytest.approx(found.utility[leader] - found.utility[rival], abs=TRIFLE * len(found.criteria))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_dead_end_is_never_the_way_of_a_plan(path: Any) -> None:
    made = decision(path.stem)
    routes = [route.model_copy(update={"status": "dead", "best": True}) for route in made.recommendation.routes]
    buried = made.model_copy(
        update={"recommendation": made.recommendation.model_copy(update={"routes": tuple(routes)})}
    )

    for framework in made.recommendation.acceptability:
        assert all(row.best.living for row in View(made, "en").plan(framework) if row.best)
        assert not any(row.best for row in View(buried, "en").plan(framework))
    assert WORDS["en"]["no_way"] in text_of(buried, "html")


def test_markdown_is_a_decision_record_of_madr_4() -> None:
    text = text_of(decision(), "md")
    _, front, body = text.split("---\n", 2)

    assert yaml.safe_load(front) == {
        "status": "proposed",
        "date": TODAY,
        "decision-makers": [],
        "consulted": [],
        "informed": [],
    }
    headings = re.findall(r"^## (.+)$", body, re.MULTILINE)
    assert headings == [
        "Context and Problem Statement",
        "Decision Drivers",
        "Considered Options",
        "Decision Outcome",
        "Pros and Cons of the Options",
        "More Information",
    ]
    assert {"### Consequences", "### Confirmation"} <= set(body.splitlines())
