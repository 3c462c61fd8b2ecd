"""Measured routes in the report: a table, a chart, what targets say; nothing where none were measured."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from typing import Any

import pytest

from advisor import report
from advisor.knowledge.loading import load_knowledge
from advisor.model.needs import Needs
from advisor.report import charts, pdf, route_rows
from advisor.report.charts import RoutePoint
from advisor.report.deployment import Deployment
from advisor.report.view import View
from probes import reasons
from probes.evidence.sets import session_of
from probes.types import Interval, Reason, Routes
from tests import measured_routes
from tests.advisor.reports import LANGUAGES, Page, decide, decision, measured, text_of

PHONE = Needs(answers={"deploy": ("mobile",)}, targets={"latency_p95_ms": 1.0, "artifact_mb": 0.1})
SERVER = Needs(answers={"deploy": ("server",)}, targets={"latency_p95_ms": 1.0, "artifact_mb": 0.1})


def section(needs: Needs = SERVER, table: Routes | None = None, lang: str = "en") -> Any:
    made = decide(needs, (session_of(table or measured_routes.table()),))
    return Deployment(View(made, lang)).section()


def lines(found: Any) -> dict[tuple[str, str], Any]:
    return {(line.row.route, line.row.precision): line for line in found.table.lines}


@pytest.mark.parametrize("form", ["html", "md"])
def test_a_decision_without_routes_shows_nothing_of_them(form: str) -> None:
    said = text_of(decision(), form)

    assert "Routes measured" not in said
    assert ".routes" not in said
    assert Deployment(View(decision(), "en")).section() is None


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("form", ["html", "md"])
def test_every_route_is_named_with_its_figures_or_its_reason(form: str, lang: str) -> None:
    made = decide(SERVER, (session_of(measured_routes.table()),))

    said = text_of(made, form, lang).replace("\\", "").replace("&#39;", "'")

    for line in Deployment(View(made, lang)).section().table.lines:  # type: ignore[union-attr]
        assert line.name in said
        assert (line.p95 if line.measured else line.reason) in said
    assert "66.8 KB" in said
    assert "FlexErf" in said
    assert {"en": "MEETS", "zh": "达到"}[lang] in said


def test_the_picture_tells_what_it_shows_in_words() -> None:
    page = Page(text_of(decide(SERVER, (session_of(measured_routes.table()),)), "html"))

    picture = next(attributes for tag, attributes in page.tags if tag == "svg")

    described = {attributes.get("id") for tag, attributes in page.tags if tag in ("title", "desc")}
    assert picture["role"] == "img"
    assert set(str(picture["aria-labelledby"]).split()) <= described
    assert sum(tag == "circle" for tag in page.names) == 2
    assert sum(tag == "rect" for tag in page.names) == 1
    assert any("int8: 66.8 KB, p95" in words for words in page.words)


def test_numbers_are_judged_by_interval_and_size_exactly() -> None:
    found = lines(section())

    assert [verdict.text for verdict in found["tensorflow-litert", "int8"].verdicts] == ["MEETS", "MEETS"]
    assert [verdict.text for verdict in found["tensorflow-litert", "fp32"].verdicts] == ["MEETS", "FAILS"]
    assert found["pytorch-executorch", "fp32"].verdicts == ()


def test_times_are_indicative_where_the_model_runs_on_another_kind_of_machine() -> None:
    found = section(PHONE)

    told = lines(found)["tensorflow-litert", "int8"].verdicts
    assert [(verdict.text, verdict.indicative) for verdict in told] == [("MEETS, indicative", True), ("MEETS", False)]
    assert "another kind of machine" in found.table.indicative
    assert section(SERVER).table.indicative == ""


def test_a_frameworks_own_inference_ships_nothing_and_is_no_route() -> None:
    found = section()

    own = next(line for line in found.table.lines if line.row.route == "own")
    assert own.verdicts[1].text == ""
    assert found.table.summary[0] == "3 of 5 routes were measured."
    assert found.table.summary[1].startswith("1 of them meets every target")


def test_those_that_meet_most_stand_first_and_those_without_figures_last() -> None:
    found = section().table

    assert (found.lines[0].row.route, found.lines[0].row.precision) == ("tensorflow-litert", "int8")
    assert [line.measured for line in found.lines] == [True] * 5 + [False] * 2
    assert [line.number for line in found.lines] == list(range(1, 8))


def test_a_table_is_held_to_its_own_targets_where_the_needs_have_none() -> None:
    table = replace(measured_routes.table(), targets={"artifact_mb": 0.5})

    assert section(Needs(), table).table.heads == ("size ≤ 500 KB",)
    assert section(SERVER, table).table.heads == ("p95 latency ≤ 1 ms", "size ≤ 100 KB")


def test_what_a_file_says_is_shown_letter_by_letter() -> None:
    table = measured_routes.table(name="<script>alert(1)</script>", kind="model")

    assert "<script>" not in text_of(decide(SERVER, (session_of(table),)), "html")


def test_a_table_that_is_none_is_left_out() -> None:
    made = decide(SERVER, (measured(),))
    session = {**made.evidence[0], "routes": {"schema": "routes/1", "rows": "none"}}

    assert Deployment(View(made.model_copy(update={"evidence": (session,)}), "en")).section() is None


def test_of_several_tables_that_of_the_users_own_model_is_shown() -> None:
    own = measured_routes.table(name="mine.py", kind="model")
    made = decide(SERVER, tuple(map(session_of, (measured_routes.table(), own))))

    found = Deployment(View(made, "en")).section()

    assert found is not None
    assert "mine.py" in found.table.conditions
    assert found.others.startswith("1 more")


def test_a_pdf_holds_the_table() -> None:
    pytest.importorskip("fpdf")
    if not any(folder.is_dir() for folder in pdf.font_folders()):
        pytest.skip("no fonts on this machine")

    with_routes = report.formats()["pdf"].render(decide(SERVER, (session_of(measured_routes.table()),)), "en")

    assert with_routes.startswith(b"%PDF")


# ---------------------------------------------------------------- the chart


def drawn(*points: tuple[int, float], most_mb: float | None = None, most_ms: float | None = None) -> Any:
    made = [
        RoutePoint(number, "pytorch", "fp32", size, Interval(ms, ms * 0.9, ms * 1.1))
        for number, (size, ms) in enumerate(points, start=1)
    ]
    return charts.sizes_and_times(made, most_mb=most_mb, most_ms=most_ms, paint={"pytorch": "#123456"})


def test_a_route_at_both_targets_lies_where_their_lines_cross() -> None:
    found = drawn((1_000_000, 5.0), (2_000_000, 9.0), most_mb=1.0, most_ms=5.0)

    assert (found.dots[0].x, found.dots[0].y) == (found.size.at, found.time.at)
    assert found.dots[1].x > found.size.at
    assert found.dots[1].y < found.time.at  # up is slower


def test_axes_are_logarithmic() -> None:
    found = drawn((100_000, 1.0), (1_000_000, 10.0), (10_000_000, 100.0))

    one, two, three = found.dots
    assert two.x - one.x == pytest.approx(three.x - two.x, abs=0.2)
    assert one.y - two.y == pytest.approx(two.y - three.y, abs=0.2)


def test_a_target_far_beyond_all_routes_is_not_drawn() -> None:
    found = drawn((1_000_000, 5.0), most_mb=1000.0, most_ms=4.0)

    assert found.size is None
    assert found.time is not None


def test_everything_stays_inside_the_axes_and_numbers_beside_their_points() -> None:
    found = drawn(*((200_000 + n, 1 + n / 1e6) for n in range(5)), most_ms=1.0)

    for dot in found.dots:
        assert charts.LEFT < dot.x < charts.RIGHT
        assert charts.TOP < dot.high < dot.y < dot.low < charts.BOTTOM
    places = [(dot.label_x, dot.label_y) for dot in found.dots]
    assert all(math.dist(a, b) >= 10 for at, a in enumerate(places) for b in places[:at])


def test_no_route_with_a_size_makes_no_chart() -> None:
    assert drawn() is None


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [(0.9, 6.0, [1, 2, 5]), (60.0, 2000.0, [100, 200, 500, 1000, 2000]), (0.05, 20.0, [0.1, 0.3, 1, 3, 10])],
)
def test_marks_of_an_axis_are_round_and_few(low: float, high: float, marks: list[float]) -> None:
    assert charts.round_values(low, high) == pytest.approx(marks)


# ---------------------------------------------------------------- as figures


def test_a_table_as_csv_is_read_back_with_its_figures() -> None:
    table = measured_routes.table()

    read = list(csv.DictReader(io.StringIO(route_rows.csv_text(table))))

    assert [row["route"] for row in read] == [row.route for row in table.rows]
    assert float(read[2]["p95_ms"]) == table.rows[2].p95_ms.value  # type: ignore[union-attr]
    assert read[0]["artifact_bytes"] == ""
    assert read[6]["refused"] == "FlexErf"


def test_no_spreadsheet_takes_a_text_for_a_formula() -> None:
    table = measured_routes.table()
    rows = (*table.rows[:-1], replace(table.rows[-1], reason="=HYPERLINK(1)"))

    assert "'=HYPERLINK(1)" in route_rows.csv_text(replace(table, rows=rows))


def test_a_route_of_a_later_version_keeps_its_id() -> None:
    table = measured_routes.table()
    rows = (*table.rows[:-1], replace(table.rows[-1], route="pytorch-tomorrow", runtime="tomorrow"))

    found = section(SERVER, replace(table, rows=rows)).table.lines[-1]

    assert (found.name, found.runtime) == ("pytorch-tomorrow", "tomorrow")


def test_every_documented_route_that_is_measured_has_a_name_in_both_languages() -> None:
    for route in load_knowledge().routes:
        for name in route.measured:
            row = replace(measured_routes.table().rows[2], route=name)
            assert all(route_rows.name(row, lang, {}) != name for lang in LANGUAGES)


@pytest.mark.parametrize(("lang", "status"), [("en", "not timed"), ("zh", "未计时")])
def test_a_route_whose_times_are_missing_says_why(lang: str, status: str) -> None:
    late = Reason("routes-late", budget=20.0)
    whole = measured_routes.table()
    rows = tuple(
        replace(row, p50_ms=None, p95_ms=None, ratio=None, **reasons.document(late)) if row.precision == "int8" else row
        for row in whole.rows
    )

    made = route_rows.table(replace(whole, rows=rows), lang=lang, asked={}, frameworks={}, moment="")

    (line,) = [line for line in made.measured if line.row.precision == "int8"]
    assert line.size == "66.8 KB"
    assert (line.status, line.reason) == (status, reasons.text(late, lang))
    assert [line] in made.alike().values()
