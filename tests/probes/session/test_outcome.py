"""How a session ended: the exit status, and the sentence where nothing was measured."""

from __future__ import annotations

import pytest

from probes import reasons, types
from probes.catalog.loading import load_catalog
from probes.session import outcome

PROBE = next(iter(load_catalog().values()))
RATIO = types.Ratio(1.4, 1.3, 1.5, 20, "a", "b", "a")


def reason(given):
    return given if isinstance(given, types.Reason) else types.Reason(types.VERBATIM, detail=given)


def left(wanted):
    return types.Reason("budget-left", budget=60, left=4, wanted=wanted)


def session(*ends):
    """Ends are statuses with a reason, "ratio", or "facts" alone."""
    found = []
    for end in ends:
        if end == "ratio":
            found.append(types.Measurement.of(PROBE, types.Status.OK, ratio=RATIO))
        elif end == "facts":
            found.append(types.Measurement.of(PROBE, types.Status.OK, facts={"lines": 3}))
        else:
            found.append(reasons.absent(PROBE, types.Status(end[0]), reason(end[1])))
    return types.Evidence({}, {}, tuple(found), None, "D", "2026-11-01", "2026-11-01")


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (["ratio"], 0),
        (["ratio", ("skipped", "the budget is spent")], 0),
        (["ratio", ("not-comparable", "x"), ("not-supported", "y")], 0),
        (["ratio", ("not-installed", "no tensorflow")], 3),
        (["ratio", ("failed", "x"), ("cancelled", "cancelled while it ran")], 130),
        ([("not-comparable", "x"), ("not-comparable", "x")], 1),
        ([("not-installed", "no tensorflow")], 1),
        ([("skipped", "the budget is spent")], 1),
        (["facts"], 0),
        (["facts", ("failed", "x")], 1),
        ([], 1),
    ],
)
def test_a_session_leaves_the_status_of_what_became_of_it(ends, expected):
    assert outcome.status(session(*ends)) == expected


def test_what_a_mode_is_worth_within_one_framework_is_a_ratio_too():
    within = types.Measurement.of(PROBE, types.Status.OK, facts={"pytorch": {"times_as_fast": 1.2}})

    assert outcome.compared(within)


def test_the_sentence_names_the_reason_that_most_probes_share_and_what_would_help():
    package = types.Reason(
        "not-installed", python="/opt/python", package="tensorflow", command="pip install tensorflow"
    )
    missing = ("not-installed", types.Reason("side", side="tensorflow", reason=package))
    failed = session(missing, missing, ("failed", "x"), ("skipped", "the budget of 60 s has 0 s left"))

    said = outcome.why_nothing(failed)

    assert "has no tensorflow" in said
    assert "2 of 4" in said
    assert "--python" in said
    assert "中没有 tensorflow" in outcome.why_nothing(failed, "zh")


def test_a_budget_too_small_for_any_probe_is_the_reason_where_there_is_no_other():
    assert "--budget" in outcome.why_nothing(session(("skipped", left(9))))


def test_what_was_left_out_for_the_budget_is_one_line_with_the_budget_that_takes_it():
    ends = [("a", "ok", reason("")), ("b", "skipped", left(21)), ("c", "skipped", left(30))]

    # 60 + 21 + 30 = 111, named in tens
    assert outcome.skipped(ends) == "Skipped for the budget: b, c; --budget 120 would take them"
    assert "--budget 120" in outcome.skipped(ends, "zh")
    assert outcome.skipped(ends[:1]) == ""


def test_the_budget_that_takes_what_was_left_out_is_the_whole_one_where_this_was_a_part():
    ends = [("b", "skipped", left(21)), ("c", "skipped", left(30))]

    whole = outcome.left_out(ends)[1]
    assert outcome.left_out(ends, part=0.5)[1] in range(2 * whole - outcome.ROUND, 2 * whole + 1)
    assert f"--budget {outcome.left_out(ends, part=0.3)[1]} " in outcome.skipped(ends, part=0.3)


def test_a_line_a_probe_says_what_was_found_or_why_nothing_and_leaves_the_skipped_out():
    found = session("ratio", ("failed", "b: it broke"), ("skipped", "the budget is spent"))

    said = outcome.measured(found, [PROBE], names={"a": "Alpha"})

    assert said == [f"{PROBE.id}  Alpha 1.40 × faster [1.30, 1.50]", f"{PROBE.id}  failed: b: it broke"]
