"""The report as one self-contained HTML page: no outside request, prints well, everything escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.model.text import Text
from advisor.report import charts
from advisor.report.deployment import Deployment
from advisor.report.figures import hundredth
from advisor.report.machines import Machines
from advisor.report.templates import template
from advisor.report.view import FLIPS, REASONS, View
from probes.wording.visible import visible

if TYPE_CHECKING:
    from advisor.decisions.document import Decision

SUFFIX = "html"
MIME = "text/html"
NAME = Text(en="Web page", zh="网页")
ICON = "language"
ON_DEMAND = False


def render(decision: Decision, lang: str) -> bytes:
    """Return the page, UTF-8."""
    view = View(decision, lang)
    machines = Machines(view)
    deployment = Deployment(view)
    sessions = machines.sessions()
    criteria = view.criteria()
    frameworks = {key: view.framework(key) for key in view.order()}
    return visible(
        template("report.html.jinja").render(
            view=view,
            hundredth=hundredth,
            machines=machines,
            words=view.words,
            decision=decision,
            frameworks=frameworks,
            paint=charts.colours(frameworks),
            criteria=criteria,
            bars=charts.contributions(criteria, sorted(frameworks)),
            sessions=sessions,
            ratios=[charts.ratios([row.ratio for row in session.compared if row.ratio]) for session in sessions],
            deployment=deployment,
            routes=deployment.section(),
            width=charts.WIDTH,
            height=charts.HEIGHT,
            area={"left": charts.LEFT, "right": charts.RIGHT, "top": charts.TOP, "bottom": charts.BOTTOM},
            reasons_shown=REASONS,
            flips_shown=FLIPS,
            lang="zh-CN" if lang == "zh" else "en",
        )
    ).encode()
