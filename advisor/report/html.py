"""The report as one self-contained HTML page: no outside request, prints well, everything escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from advisor.report import charts
from advisor.report.view import View

if TYPE_CHECKING:
    from advisor.report.build import Decision

SUFFIX = "html"
MIME = "text/html"


def render(decision: Decision, lang: str) -> bytes:
    """Return the page, UTF-8."""
    view = View(decision, lang)
    frameworks = {key: view.framework(key) for key in view.order()}
    environment = Environment(
        loader=PackageLoader("advisor.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # The charts escape their own labels; they are the only markup that enters unescaped.
    return (
        environment.get_template("report.html.jinja")
        .render(
            view=view,
            words=view.words,
            decision=decision,
            frameworks=frameworks,
            contributions=Markup(charts.contributions(view.criteria(), frameworks)),  # noqa: S704
            ratios=[Markup(charts.ratios(session["rows"])) for session in view.sessions()],  # noqa: S704
            lang="zh-CN" if lang == "zh" else "en",
        )
        .encode()
    )
