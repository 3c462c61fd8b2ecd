"""What a route's figure, or its outcome, would change: the sentences in both languages. Pure: no files, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.analysis.messages import outcome_text
from advisor.engine.route_figures import FIGURES, P50
from advisor.engine.route_results import Tried
from advisor.engine.route_what_if import Way, WhatIf
from advisor.model.knowledge import Knowledge, Route
from advisor.model.text import Text
from probes.statistics import targets
from probes.types import Status

P50_NAME = Text(en="median latency", zh="延迟中位数")

NO_ROUTE = Text(
    en="No measurement of a route could change the recommendation or a row of its plan.",
    zh="测量任何路线都不会改变结论或方案中的途径。",
)


def figure_name(name: str) -> Text:
    """Return what a figure is called."""
    return P50_NAME if name == P50 else Text(en=targets.named(name, "en"), zh=targets.named(name, "zh"))


def _amount(name: str, value: float) -> Text:
    """Return a figure with its unit, to three digits: no more were measured."""
    target, rounded = "latency_p95_ms" if name == P50 else name, float(f"{value:.3g}")
    return Text(en=targets.amount(target, rounded, "en"), zh=targets.amount(target, rounded, "zh"))


def figure_flip(what_if: WhatIf, tried: Tried, flip: Mapping[str, Any], *, need: str, way: Way | None) -> Text:
    """Return a figure, the rival's beside it, and from which value on something changes.

    Args:
        flip: the fields of a ``FigureFlip`` but its text. need: whose row in the plan changes, "" where the
            recommendation does. way: by which the plan would reach it then.
    """
    name, knowledge, rival = flip["figure"], what_if.knowledge, _rival(what_if, tried, flip["figure"])
    whose, called = _whose(knowledge, tried), figure_name(name)
    then = plan_text(knowledge, need, way) if need else outcome_text(knowledge, flip["to"] or None)
    value, at = (_amount(name, flip[key]) for key in ("value", "would_flip_at"))
    above, asked = flip["direction"] == "above", what_if.needs.targets.get(name)
    space = " " if at.zh.isascii() else ""
    when = Text(en=f"{'above' if above else 'below'} {at.en}", zh=f"{'高于' if above else '低于'} {at.zh}{space}时")
    if flip["target"]:
        bound = {lang: targets.bound(name, asked or 0.0, lang) for lang in ("en", "zh")}
        when = Text(en=f"your target {bound['en']} decides: {when.en}", zh=f"由你的目标“{bound['zh']}”决定：{when.zh}")
    other = Text(en="", zh="")
    if rival is not None:
        framework, best = rival[0], _amount(name, rival[1])
        other = Text(en=f", {framework.en}'s best {best.en}", zh=f"，{framework.zh} 最佳为 {best.zh}")
    return Text(
        en=f"{whose.en}: {called.en} {value.en}{other.en}; {when.en}, {then.en}.",
        zh=f"{whose.zh}：{called.zh} {value.zh}{other.zh}；{when.zh}，{then.zh}。",
    )


def if_it_fails(way: Route, asked: Mapping[str, float] | None, then: Text) -> Text:
    """Return what failing, or missing what is ``asked`` for, would change."""
    en, zh = "if it fails", "若它失败"
    if asked:
        en += f" or misses {targets.text(asked, 'en')}"
        zh += f"或未达到“{targets.text(asked, 'zh')}”"
    return Text(en=f"“{way.name.en}”: {en}, {then.en}.", zh=f"“{way.name.zh}”：{zh}，{then.zh}。")


def if_it_works(way: Route, then: Text) -> Text:
    """Return what working would change."""
    return Text(en=f"“{way.name.en}”: if it works, {then.en}.", zh=f"“{way.name.zh}”：若它可行，{then.zh}。")


def changes_nothing(way: Route) -> Text:
    """Return that no outcome changes anything."""
    return Text(
        en=f"“{way.name.en}”: neither the recommendation nor the plan hangs on it.",
        zh=f"“{way.name.zh}”：结论与方案都不取决于它。",
    )


def _whose(knowledge: Knowledge, tried: Tried) -> Text:
    """Return whose figure it is: framework, way and precision."""
    framework, way, precision = knowledge.frameworks[tried.route.framework].name, tried.route.name, tried.row.precision
    return Text(en=f"{framework.en}'s “{way.en}” ({precision})", zh=f"{framework.zh}“{way.zh}”（{precision}）")


def _rival(what_if: WhatIf, tried: Tried, name: str) -> tuple[Text, float] | None:
    """Return the best figure of another framework on the same need, of the same table, and whose it is."""
    able = [
        (value, one.route.framework)
        for one in what_if.tried
        if one.route.need == tried.route.need
        and one.route.framework != tried.route.framework
        and one.table is tried.table
        and one.row.status is Status.OK
        and (value := FIGURES[name].value(one.row))
    ]
    if not able:
        return None
    most = name in targets.TARGETS and targets.TARGETS[name].at_least
    best, framework = max(able) if most else min(able)
    return what_if.knowledge.frameworks[framework].name, best


def plan_text(knowledge: Knowledge, need: str, way: Way | None) -> Text:
    """Return by which way a plan would reach a need, or that it no longer would."""
    name = knowledge.need_name(need)
    if way is None:
        return Text(en=f"no way to “{name.en}” is left", zh=f"再无途径可达到“{name.zh}”")
    by_id = {route.id: route for route in knowledge.routes}
    precision = f" ({way[1]})" if way[1] else ""
    precision_zh = f"（{way[1]}）" if way[1] else ""
    return Text(
        en=f"the plan for “{name.en}” is “{by_id[way[0]].name.en}”{precision}",
        zh=f"“{name.zh}”的方案为“{by_id[way[0]].name.zh}”{precision_zh}",
    )
