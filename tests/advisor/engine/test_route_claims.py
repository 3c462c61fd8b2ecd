"""What rows of a table of routes say of claims: confirmed, contradicted, left open; and the trial's own figures."""

from __future__ import annotations

import re
from typing import Any

import pytest

from advisor.curation.claim_trials import hold_against
from advisor.deployment.measurable_routes import measurable
from advisor.knowledge.loading import load_knowledge
from advisor.model.knowledge import Claim, Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import ClaimVerdict, Recommendation
from advisor.recommendation import recommend
from probes import routes
from probes.catalog.loading import load_catalog
from probes.types import Evidence, Interval, RouteRow, Status
from tests.advisor import route_worlds, small
from tests.advisor.evidence import measurement
from tests.advisor.route_worlds import MACHINE, TODAY, row

SMALL = "small-artifact-2026"
WEIGHTS = 200_000
"""Bytes of the 50,000 weights of the net that these tables are of."""


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


def told(knowledge: Knowledge, *sessions: Evidence) -> dict[str, ClaimVerdict]:
    found = hold_against(sessions, knowledge, probes=(), routes=measurable(), machine=MACHINE)
    return {verdict.claim: verdict for verdict in found.verdicts}


def table(*rows: RouteRow, **source: Any) -> Evidence:
    return route_worlds.session(rows, **source)


def sizes(**bytes_: int) -> list[RouteRow]:
    given = {"litert": 205_000, "int8": 79_000, "onnx": 235_000, "executorch": 204_000, **bytes_}
    return [
        row("tensorflow-litert", size=given["litert"]),
        row("tensorflow-litert", size=given["int8"], precision="int8"),
        row("pytorch-onnx", size=given["onnx"]),
        row("pytorch-executorch", size=given["executorch"]),
    ]


def test_a_claim_all_of_whose_rows_are_as_it_says_is_confirmed_with_the_rows(knowledge: Knowledge) -> None:
    verdict = told(knowledge, table(*sizes()))[SMALL]

    assert (verdict.verdict, verdict.by_facts) == ("confirmed", True)
    assert verdict.reason is not None
    assert "tensorflow-litert int8: 0.395 times the bytes of its weights" in verdict.reason.en
    assert "our trial: 0.28" in verdict.reason.en
    assert "为权重字节数的 0.395 倍" in verdict.reason.zh


def test_one_row_that_is_otherwise_contradicts_it_and_is_told(knowledge: Knowledge) -> None:
    verdict = told(knowledge, table(*sizes(int8=190_000)))[SMALL]

    assert verdict.verdict == "contradicted"
    assert verdict.reason is not None
    assert verdict.reason.en.startswith("tensorflow-litert int8: 0.95 times")


def test_what_was_not_measured_leaves_it_open_and_names_what_is_missing(knowledge: Knowledge) -> None:
    absent = row("pytorch-executorch", status=Status.NOT_INSTALLED, reason="not here", artifact_bytes=None)
    verdict = told(knowledge, table(*sizes()[:2], absent))[SMALL]

    assert verdict.verdict == "inconclusive"
    assert verdict.reason is not None
    assert "pytorch-executorch fp32: not-installed (not here)" in verdict.reason.en
    assert "not measured: pytorch-onnx fp32" in verdict.reason.en


def test_a_table_without_any_of_its_rows_says_nothing_of_it(knowledge: Knowledge) -> None:
    assert told(knowledge, table(row("tensorflow-keras"))) == {}


@pytest.mark.parametrize("status", [Status.FAILED, Status.NOT_COMPARABLE, Status.NOT_SUPPORTED])
def test_a_route_that_was_seen_to_fail_contradicts_that_it_works(knowledge: Knowledge, status: Status) -> None:
    failing = row("pytorch-executorch", status=status, reason="no", artifact_bytes=None)
    assert told(knowledge, table(failing))["executorch-mobile-2026"].verdict == "contradicted"


def test_a_model_of_the_users_tells_whether_it_works_and_nothing_of_our_figures(knowledge: Knowledge) -> None:
    verdict = told(knowledge, table(*sizes(int8=190_000), kind="model"))[SMALL]

    assert verdict.verdict == "confirmed"
    assert verdict.reason is not None
    assert "answers like its source" in verdict.reason.en


@pytest.mark.parametrize(
    ("low", "high", "word"), [(0.2, 0.3, "confirmed"), (1.2, 1.4, "contradicted"), (0.9, 1.1, "inconclusive")]
)
def test_an_interval_decides_where_all_of_it_lies_on_one_side(
    knowledge: Knowledge, low: float, high: float, word: str
) -> None:
    ratio = Interval((low * high) ** 0.5, low, high)
    rows = [row(name, ratio=ratio) for name in ("pytorch-onnx", "tensorflow-onnx", "tensorflow-litert")]
    assert told(knowledge, table(*rows))["inference-mode-2026"].verdict == word


def test_the_table_that_is_trusted_most_decides(knowledge: Knowledge) -> None:
    own = table(row("pytorch-executorch", status=Status.FAILED, reason="no", artifact_bytes=None), kind="model")
    verdicts = told(knowledge, table(row("pytorch-executorch")), own)
    assert verdicts["executorch-mobile-2026"].verdict == "contradicted"


# ------------------------------------------------------------ in a decision


CHECK = {"route": "a-one"}


def world(*rows: RouteRow, of: tuple[str, ...] = ()) -> Recommendation:
    """Return what is recommended where one claim speaks for "a", and names a row that tests it."""
    claims = [small.claim("claim", "other", {"a": 2, "b": 0}, measured=(CHECK,))]
    base = small.knowledge(
        ("a", "b"),
        [small.criterion("other")],
        [small.question("goal", {"any": {"other": 1.0}})],
        claims,
        probes_of={"claim": of},
    )
    sessions = [table(*rows)] if rows else []
    return recommend(Needs(answers={"goal": "any"}), base, sessions, today=TODAY, machine=MACHINE)


def test_a_claim_that_a_row_contradicts_weighs_nothing_and_is_shown() -> None:
    before, after = world(), world(row("a-one", status=Status.FAILED, reason="no", artifact_bytes=None))

    assert before.criteria[0].value["a"] > before.criteria[0].value["b"]
    assert after.criteria[0].value["a"] == pytest.approx(0.5)  # nobody says anything: the prior
    assert [(one.claim, one.verdict) for one in after.verdicts] == [("claim", "contradicted")]


def test_a_claim_that_a_row_confirms_weighs_as_before() -> None:
    """What was seen to work weighs by its route: it is not counted twice."""
    before, after = world(), world(row("a-one"))

    assert after.criteria[0].value == before.criteria[0].value
    assert [one.verdict for one in after.verdicts] == ["confirmed"]


def test_a_probe_and_a_row_that_disagree_leave_a_claim_open() -> None:
    session = table(row("a-one"))
    says = measurement("probe", facts={"claims": {"claim": "contradicted"}})
    base = small.knowledge(
        ("a", "b"),
        [small.criterion("other")],
        [small.question("goal", {"any": {"other": 1.0}})],
        [small.claim("claim", "other", {"a": 2, "b": 0}, measured=(CHECK,))],
        probes_of={"claim": ("probe",)},
    )
    sessions = [session, Evidence(MACHINE, {}, (says,), None, "A", session.started, session.finished)]

    found = recommend(Needs(answers={"goal": "any"}), base, sessions, today=TODAY, machine=MACHINE)

    (verdict,) = found.verdicts
    assert (verdict.verdict, len(verdict.probes)) == ("inconclusive", 2)
    assert found.criteria[0].value["a"] > 0.5  # neither dropped nor confirmed


# ------------------------------------------------------------ the trial figures of the knowledge base


BY_HAND = {"install-size-2026", "keras3-multi-backend-2026"}
"""Claims with a figure of the trial that neither a probe nor a route makes again: what a registry serves, and a step
in Keras. Both say so (``why_not_probeable``)."""

_FIGURE = re.compile(r"\d(?:[\d,.]*\d)?(?:e-\d+)? ?(?:MB|KB|GB|ms|s|%)(?![a-z])|within \d+e-\d")


def of_the_trial(knowledge: Knowledge) -> list[Claim]:
    """Return the claims that state a figure of the project's own trial."""
    return [
        claim
        for claim in knowledge.claims.values()
        if any(source.startswith("own-trial") for source in claim.sources) and _FIGURE.search(claim.finding.en)
    ]


def test_every_figure_of_our_own_trial_points_to_what_makes_it_again(knowledge: Knowledge) -> None:
    claims = of_the_trial(knowledge)
    able = {*routes.known(), *load_catalog()}

    assert {SMALL, "onnx-export-2026", "executorch-mobile-2026", "import-cost-2026"} <= {claim.id for claim in claims}
    assert {claim.id for claim in claims if not knowledge.tests_of(claim)} == BY_HAND
    assert {name for claim in claims for name in knowledge.tests_of(claim)} <= able


def test_what_the_trial_of_sizes_found_is_what_the_finding_says(knowledge: Knowledge) -> None:
    """236 KB of weights: 239 KB as LiteRT and 66 KB with int8; 237 KB as ONNX, 240 KB as ExecuTorch."""
    claim = knowledge.claims[SMALL]
    named = {
        "tensorflow-litert fp32": 239,
        "tensorflow-litert int8": 66,
        "pytorch-onnx fp32": 237,
        "pytorch-executorch fp32": 240,
    }
    for check in claim.measured:
        size = named[f"{check.route} {check.precision}"]
        assert f"{size} KB" in claim.finding.en
        assert check.trial == pytest.approx(size / 236, abs=0.006)


def test_what_is_not_measured_yet_is_named_with_its_commands(knowledge: Knowledge) -> None:
    found = hold_against([], knowledge, probes=(), routes=measurable())
    assert found.unmade["executorch-mobile-2026"] == (
        "framework-advisor routes add executorch && "
        "framework-advisor routes run --routes pytorch-executorch -o routes.json",
    )
    assert set(found.unmade) == {claim.id for claim in knowledge.claims.values() if claim.measured}
