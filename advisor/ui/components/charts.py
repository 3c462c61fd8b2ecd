"""The charts: acceptability, contributions, ratios, routes. Built from plain rows; heavy imports inside."""

from __future__ import annotations

import json
from base64 import b64encode
from importlib import import_module
from typing import Any

from advisor.model.formatting import percent
from advisor.model.knowledge import Knowledge
from advisor.model.recommendation import Recommendation
from advisor.report import charts as report_charts
from advisor.report.charts import AHEAD, colours, round_values, shown_target
from advisor.report.route_rows import Table
from advisor.report.route_words import ROUTES
from advisor.ui.components import elements
from advisor.ui.texts import language, say, words
from probes.statistics import targets
from probes.statistics.ratios import WIN
from probes.types import Measurement

SHOWN = 10
"""Criteria drawn one by one; the rest is drawn as one bar so that the sum stays whole."""

NEUTRAL = "#8b9698"


def acceptability(found: Recommendation, knowledge: Knowledge) -> Any:
    """Draw how often each framework comes out first, a bar each."""
    alt = _altair()

    dealt = colours(knowledge.frameworks)
    order = sorted(found.acceptability, key=lambda key: (-found.acceptability[key], key))
    names = [elements.name_of(key, knowledge) for key in order]
    rows = [
        {"name": name, "share": found.acceptability[key], "label": percent(found.acceptability[key])}
        for key, name in zip(order, names, strict=True)
    ]
    base = alt.Chart(_data(rows)).encode(
        y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(ticks=False, domain=False, labelFontSize=13)),
        x=alt.X("share:Q", axis=None, scale=alt.Scale(domain=[0, 1.12])),
    )
    bars = base.mark_bar(height=14, cornerRadius=3).encode(
        color=alt.Color("name:N", scale=alt.Scale(domain=names, range=[dealt[key] for key in order]), legend=None),
    )
    labels = base.mark_text(align="left", dx=5, fontSize=13, color=NEUTRAL).encode(text="label:N")
    return (bars + labels).properties(height=alt.Step(26))


def contribution_rows(found: Recommendation, knowledge: Knowledge) -> list[dict[str, Any]]:
    """Return one row per criterion with weight: name, weight, contribution by framework; largest gap first."""

    def gap(row: dict[str, Any]) -> float:
        values = row["contribution"].values()
        return float(max(values, default=0.0) - min(values, default=0.0))

    rows = [
        {
            "id": result.id,
            "name": words(knowledge.criteria[result.id].name) if result.id in knowledge.criteria else result.id,
            "weight": result.weight,
            "value": dict(result.value),
            "contribution": dict(result.contribution),
            "measured": result.measured is not None,
        }
        for result in found.criteria
        if result.weight > 0
    ]
    return sorted(rows, key=lambda row: (-gap(row), row["id"]))


def contributions(found: Recommendation, knowledge: Knowledge) -> Any:
    """Draw what each criterion adds to each framework's total, side by side."""
    alt = _altair()

    rows = contribution_rows(found, knowledge)
    shown, rest = rows[:SHOWN], rows[SHOWN:]
    alternatives = sorted(found.utility)
    if rest:
        together = {key: sum(row["contribution"].get(key, 0.0) for row in rest) for key in alternatives}
        shown.append(
            {"name": say(f"{len(rest)} others", f"其余 {len(rest)} 项"), "contribution": together, "weight": None}
        )
    dealt = colours(knowledge.frameworks)
    data = [
        {
            "criterion": row["name"],
            "framework": elements.name_of(key, knowledge),
            "points": 100 * row["contribution"][key],
        }
        for row in shown
        for key in alternatives
        if key in row["contribution"]
    ]
    names = [elements.name_of(key, knowledge) for key in alternatives]
    return (
        alt.Chart(_data(data))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=alt.Y(
                "criterion:N",
                sort=[row["name"] for row in shown],
                title=None,
                axis=alt.Axis(labelLimit=150, ticks=False),
            ),
            yOffset=alt.YOffset("framework:N", sort=names),
            x=alt.X("points:Q", title=say("points towards the total (of 100)", "对总分的贡献（满分 100）")),
            color=alt.Color(
                "framework:N",
                sort=names,
                scale=alt.Scale(domain=names, range=[dealt[key] for key in alternatives]),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=[
                alt.Tooltip("criterion:N", title=say("criterion", "准则")),
                alt.Tooltip("framework:N", title=say("framework", "框架")),
                alt.Tooltip("points:Q", title=say("points", "分"), format=".2f"),
            ],
        )
        .properties(height=alt.Step(9 if len(alternatives) > 2 else 11))
    )


def ratios(measured: list[tuple[str, Measurement, str]], knowledge: Knowledge) -> Any:
    """Draw each ratio with its 95 % interval on a logarithmic scale, over the equivalence band.

    Args:
        measured: (label, measurement, its ratio in words) of probes that have a ratio.
        knowledge: for the frameworks' names.
    """
    alt = _altair()

    dealt = colours(knowledge.frameworks)
    rows: list[dict[str, Any]] = []
    for label, found, told in measured:
        ratio = found.ratio
        if ratio is None:
            continue
        rows.append(
            {
                "probe": label,
                "value": ratio.value,
                "low": ratio.low,
                "high": ratio.high,
                "favours": favour_words(ratio.favours),
                "id": ratio.favours,
                "told": told,
            }
        )
    outcomes = list(dict.fromkeys(row["id"] for row in rows))
    least = min(0.75, *(row["low"] for row in rows)) / 1.05
    most = max(1.33, *(row["high"] for row in rows)) * 1.05
    ticks = [tick for mark in (1, *AHEAD) for tick in {1 / mark, mark} if least <= tick <= most]
    x = alt.X(
        "value:Q",
        scale=alt.Scale(type="log", domain=[least, most], nice=False),
        axis=alt.Axis(
            values=ticks,
            labelExpr="datum.value == 1 ? '1' : format(max(datum.value, 1 / datum.value), '.3~r') + ' ×'",
            title=_sides(measured),
            grid=False,
        ),
    )
    base = alt.Chart(_data(rows)).encode(
        y=alt.Y("probe:N", sort=None, title=None, axis=alt.Axis(labelLimit=200, ticks=False, labelPadding=8)),
        color=alt.Color(
            "favours:N",
            scale=alt.Scale(
                domain=[favour_words(key) for key in outcomes], range=[dealt.get(key, NEUTRAL) for key in outcomes]
            ),
            legend=alt.Legend(orient="top", title=None),
        ),
        tooltip=[
            alt.Tooltip("probe:N", title=say("probe", "探针")),
            alt.Tooltip("told:N", title=say("result", "结果")),
        ],
    )
    zone = (
        alt.Chart(_data([{"low": 1 / WIN, "high": WIN}]))
        .mark_rect(opacity=0.14, color=NEUTRAL)
        .encode(x=alt.X("low:Q"), x2="high:Q")
    )
    middle = alt.Chart(_data([{"one": 1}])).mark_rule(color=NEUTRAL, strokeDash=[3, 3]).encode(x="one:Q")
    return alt.layer(
        zone,
        middle,
        base.mark_rule(strokeWidth=3).encode(x=x, x2="high:Q").transform_calculate(value="datum.low"),
        base.mark_point(filled=True, size=90).encode(x=x),
    ).properties(height=alt.Step(34))


def _sides(measured: list[tuple[str, Measurement, str]]) -> str:
    """Return who is ahead to the left of 1 and who to the right, where all rows are of one pair."""
    pairs = {(found.ratio.numerator, found.ratio.denominator) for _, found, _ in measured if found.ratio}
    if len(pairs) != 1:
        return ""
    ((left, right),) = pairs
    return f"← {favour_words(left)}  ·  {favour_words(right)} →"


ROOM = 1.35
"""Factor by which an axis of routes reaches beyond what is shown."""

ASKED = "#c0563b"
"""Of targets' lines: readable on light and dark ground."""


def routes(table: Table, knowledge: Knowledge) -> Any:
    """Draw routes by size and p95 latency with intervals, numbered as in the table, and the targets as lines."""
    alt = _altair()

    told = ROUTES[language()]
    dealt = colours(knowledge.frameworks)
    points = {point.number: point for point in table.points()}
    sizes = [point.size / 1e6 for point in points.values()]
    times = [end for point in points.values() for end in (point.p95.low, point.p95.value, point.p95.high)]
    lines = {line.number: line for line in table.lines}
    rows = [
        {
            "number": str(number),
            "name": lines[number].full_name,
            "framework": lines[number].framework,
            "precision": point.precision,
            "mb": point.size / 1e6,
            "p95": point.p95.value,
            "low": point.p95.low,
            "high": point.p95.high,
            "size": lines[number].size,
            "time": lines[number].p95,
        }
        for number, point in points.items()
    ]
    asked = {
        name: shown
        for name, values in (("artifact_mb", sizes), ("latency_p95_ms", times))
        if name in table.asked and (shown := shown_target(table.asked[name], values)) is not None
    }
    frameworks = sorted({point.framework for point in points.values()})
    names = [elements.name_of(framework, knowledge) for framework in frameworks]
    across = {"title": f"{told['routes_axis_size']} (MB)", **_log(sizes, asked.get("artifact_mb"))}
    up = {"title": f"{told['routes_axis_p95']} (ms)", **_log(times, asked.get("latency_p95_ms"))}
    y = alt.Y("p95:Q", **up)
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("mb:Q", **across),
        color=alt.Color(
            "framework:N",
            scale=alt.Scale(domain=names, range=[dealt.get(framework, NEUTRAL) for framework in frameworks]),
            legend=alt.Legend(orient="top", title=None),
        ),
        tooltip=[
            alt.Tooltip("number:N", title=told["routes_number"]),
            alt.Tooltip("name:N", title=told["routes_name"]),
            alt.Tooltip("size:N", title=told["routes_size"]),
            alt.Tooltip("time:N", title=told["routes_p95"]),
        ],
    )
    shape = alt.Shape(
        "precision:N",
        scale=alt.Scale(domain=["fp32", "int8"], range=["circle", "square"]),
        legend=alt.Legend(orient="bottom", title=None, symbolFillColor=NEUTRAL, symbolStrokeColor=NEUTRAL),
    )
    return alt.layer(
        *_limits(asked),
        base.mark_rule(strokeWidth=2.5).encode(y=alt.Y("low:Q", **up), y2="high:Q"),
        base.mark_point(filled=True, size=110, opacity=1).encode(y=y, shape=shape),
        *_numbers(base, y, table),
    ).properties(height=380)


def _numbers(base: Any, y: Any, table: Table) -> list[Any]:
    """Return the points' numbers, each where the report has it too: beside its point, away from the others'."""
    alt = _altair()

    drawn = report_charts.sizes_and_times(
        table.points(),
        most_mb=table.asked.get("artifact_mb"),
        most_ms=table.asked.get("latency_p95_ms"),
        paint={},
    )
    by_place: dict[tuple[float, float], list[str]] = {}
    for dot in drawn.dots if drawn else ():
        place = (round(dot.label_x - dot.x), round(dot.label_y - dot.y) - 4)
        by_place.setdefault(place, []).append(str(dot.number))
    return [
        base.mark_text(dx=dx, dy=dy, fontSize=13)
        .encode(y=y, text="number:N", color=alt.value(NEUTRAL))
        .transform_filter(alt.FieldOneOfPredicate(field="number", oneOf=numbers))
        for (dx, dy), numbers in by_place.items()
    ]


def _log(values: list[float], asked: float | None) -> dict[str, Any]:
    """Return scale and axis of a logarithmic channel that shows these values and a target."""
    alt = _altair()

    held = [*values, *([asked] if asked else [])]
    low, high = min(held) / ROOM, max(held) * ROOM
    return {
        "scale": alt.Scale(type="log", domain=[low, high], nice=False),
        "axis": alt.Axis(
            values=round_values(low, high), labelExpr="format(datum.value, '.3~r')", grid=True, gridOpacity=0.3
        ),
    }


def _limits(asked: dict[str, float]) -> list[Any]:
    """Return the targets' lines, each with its number beside it."""
    alt, found = _altair(), []
    for name, field in (("artifact_mb", "x"), ("latency_p95_ms", "y")):
        if name in asked:
            label = targets.bound(name, asked[name], language())
            data = alt.Chart(_data([{"asked": asked[name], "label": label}])).encode(**{field: "asked:Q"})
            place = {"y": -7} if field == "x" else {"align": "left", "dx": 4, "x": "width"}
            found.append(data.mark_rule(color=ASKED, strokeDash=[6, 4], strokeWidth=1.5))
            found.append(data.mark_text(color=ASKED, fontSize=12, **place).encode(text="label:N"))
    return found


def _altair() -> Any:
    """Return Altair once pandas is loaded whole: of one that another session is loading just now it asks too much.

    Altair (6.0) looks for pandas among the loaded modules and uses its types, which a module that is half loaded lacks.
    """
    import pandas  # noqa: F401 - waits for whoever loads it

    return import_module("altair")


def _data(rows: list[dict[str, Any]]) -> Any:
    """Return rows as data that stand in the chart itself.

    An address of their own keeps Streamlit from turning them into an Arrow table.
    """
    alt = _altair()

    content = b64encode(json.dumps(rows, ensure_ascii=False).encode()).decode()
    return alt.UrlData(url=f"data:application/json;base64,{content}", format=alt.JsonDataFormat(type="json"))


def favour_words(favours: str) -> str:
    """Return a ratio's outcome in words."""
    if favours == "equivalent":
        return say("no practical difference", "无实际差别")
    if favours == "inconclusive":
        return say("cannot tell", "无法判断")
    return say(f"{elements.name_of(favours)} ahead", f"{elements.name_of(favours)} 领先")
