"""The record of published decisions: facts only, every difference explained, figures by hand."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from advisor.cli.knowledge import command
from advisor.curation.backtest import FILE, FRESH, Case, Record, backtest, differences, figures, read_record
from advisor.errors import InputError
from advisor.knowledge.loading import knowledge_folder, load_knowledge
from tests.advisor import small
from tests.advisor.small import claim, criterion, question, route

BASE = small.knowledge(
    ["a", "b", "c"],
    [criterion("x"), criterion("y", needs=["goal.ship"])],
    [question("goal", {"think": {"x": 1}, "ship": {"y": 1}})],
    [claim("a-thinks", "x", {"a": 2, "b": -1, "c": -2})],
    routes=[
        route("a-ships", "goal.ship", "a", tools=("slow",), effect=-2),
        route("b-ships", "goal.ship", "b", tools=("fast",), effect=2),
    ],
)


def case(name: str, goal: str, chosen: str, **more: object) -> Case:
    given = {"source": "https://example.org", "year": 2025, "still_valid": "yes", "answers": {"goal": goal}}
    return Case.model_validate({"id": name, "chosen": chosen, **given, **more})


def record(*cases: Case) -> Record:
    return Record(day=date(2026, 11, 1), frameworks=("a", "b"), cases=cases)


def test_recall_is_counted_by_framework_over_cases_that_still_hold() -> None:
    found = backtest(
        record(
            case("one", "think", "a"),
            case("two", "ship", "a"),
            case("three", "ship", "b"),
            case("four", "think", "b", still_valid="no"),
            case("five", "think", "other"),
        ),
        BASE,
    )

    assert found.recall == {"a": (1, 2), "b": (1, 1)}
    assert sum(of for _, of in found.strengths.values()) == 3
    assert sum(hit for hit, _ in found.strengths.values()) == 2
    assert found.macro == 0.75
    assert [outcome.agrees for outcome in found.outcomes] == [True, False, True, False, None]
    assert found.unexplained() == ["two", "four"]


def test_a_tool_counts_where_the_recommended_framework_has_it() -> None:
    found = backtest(
        record(
            case("one", "ship", "b", tools=["fast", "unheard-of"]),
            case("two", "ship", "other", tools=["slow"], why="b has another one"),
        ),
        BASE,
    )

    assert found.tools_offered == (1, 2)
    assert found.tools_known == (2, 2)
    assert [outcome.differs for outcome in found.outcomes] == [False, True]
    assert found.unexplained() == []
    assert "b has another one" in differences(found)


def test_the_outcomes_as_a_table_hold_a_row_a_case_and_none_where_a_case_does_not_tell() -> None:
    found = backtest(record(case("one", "think", "a"), case("two", "ship", "a"), case("three", "think", "other")), BASE)
    table = found.to_frame().set_index("case")
    assert table["agrees"].to_dict() == {"one": True, "two": False, "three": None}
    assert table["recommended"].to_dict() == {"one": "a", "two": "b", "three": "a"}
    assert table["share"].between(0, 1).all()
    assert backtest(record(), BASE).to_frame().empty


def test_no_cases_give_no_figure() -> None:
    assert backtest(record(), BASE).macro is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"frameworks": ["a", "z"]}, "no framework 'z'"),
        ({"twice": True}, "used twice"),
        ({"answers": {"goal": "shipp"}}, "did you mean 'ship'"),
        ({"text": "their words"}, "Extra inputs are not permitted"),
    ],
)
def test_a_broken_record_is_refused_with_its_place(tmp_path: Path, change: dict[str, object], told: str) -> None:
    entry = {"id": "one", "source": "https://example.org", "year": 2025, "chosen": "a", "still_valid": "yes"}
    entry |= {"answers": {"goal": "ship"}} | {key: change[key] for key in ("answers", "text") if key in change}
    cases = [entry, entry] if "twice" in change else [entry]
    document = {"day": "2026-11-01", "frameworks": change.get("frameworks", ["a"]), "cases": cases}
    place = tmp_path / "calibration.yaml"
    place.write_text(yaml.safe_dump(document))

    with pytest.raises(InputError) as refused:
        read_record(BASE, place)

    assert told in " ".join(refused.value.problems)


def test_a_record_is_halved_by_what_was_looked_at() -> None:
    whole = record(case("one", "think", "a"), case("two", "ship", "b", seen=False))

    assert [entry.id for entry in whole.half(seen=True).cases] == ["one"]
    assert [entry.id for entry in whole.half(seen=False).cases] == ["two"]


def test_parts_stand_beside_each_other_with_the_recall_of_every_one() -> None:
    first = backtest(record(case("one", "think", "a")), BASE)
    later = backtest(record(case("two", "ship", "b")), BASE)

    table = figures(first=first, later_on=later).splitlines()

    assert table[0] == "| on cases that are still valid | first | later on |"
    assert "| recall, a chosen | 1 of 1 (1.000) | - |" in table
    assert "| recall, b chosen | - | 1 of 1 (1.000) |" in table


def test_fresh_cases_are_no_cases_of_the_first_part() -> None:
    base = load_knowledge()
    first = {entry.source for entry in read_record(base).cases}
    fresh = {entry.source for entry in read_record(base, knowledge_folder() / FRESH).cases}
    assert not first & fresh


# ---------------------------------------------------------------- the record itself


def test_every_difference_of_the_record_is_explained() -> None:
    base = load_knowledge()

    found = backtest(read_record(base), base)

    assert found.unexplained() == [], "add why: in knowledge/calibration.yaml, then cog -r knowledge/CALIBRATION.md"


@pytest.mark.parametrize("file", [FILE, FRESH])
def test_the_record_holds_sources_and_option_ids_only(file: str) -> None:
    for entry in read_record(load_knowledge(), knowledge_folder() / file).cases:
        assert re.fullmatch(r"https://\S+", entry.source)
        assert re.fullmatch(r"[a-z0-9-]+", entry.chosen)
        assert all(re.fullmatch(r"[a-z0-9-]+", tool) for tool in entry.tools)


def test_the_command_prints_one_document() -> None:
    found = CliRunner().invoke(command, ["calibration", "--json"])

    assert found.exit_code == 0
    assert json.loads(found.stdout)["unexplained"] == []
