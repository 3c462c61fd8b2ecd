"""The report as a Markdown decision record (MADR 4, https://adr.github.io/madr/)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from advisor.model.text import Text
from advisor.report.deployment import Deployment
from advisor.report.figures import hundredth
from advisor.report.machines import Machines
from advisor.report.templates import template
from advisor.report.view import View
from probes.wording.visible import visible

if TYPE_CHECKING:
    from advisor.decisions.document import Decision

SUFFIX = "md"
MIME = "text/markdown"
NAME = Text(en="Markdown (decision record)", zh="Markdown（决策记录）")
ICON = "article"
ON_DEMAND = False

SPECIAL = re.compile(r"([\\`*_\[\]<>|#~$&])")
"""Letters that mean markup anywhere in a line; each may be escaped (CommonMark 0.31, 2.4)."""

DRIVERS = 8
"""Criteria named as drivers; the whole sum stands in the table."""


def render(decision: Decision, lang: str) -> bytes:
    """Return the record, UTF-8."""
    view = View(decision, lang)
    frameworks = {key: view.framework(key) for key in view.order()}
    machines = Machines(view)
    text = template("report.md.jinja", finalize=escape).render(
        view=view,
        hundredth=hundredth,
        machines=machines,
        sessions=machines.sessions(),
        routes=Deployment(view).section(),
        criteria=view.criteria(),
        drivers=DRIVERS,
        words=view.words,
        decision=decision,
        frameworks=frameworks,
        code=code,
        verbatim=Verbatim,
    )
    return (visible(re.sub(r"\n{3,}", "\n\n", text).strip()) + "\n").encode()


class Verbatim(str):
    """Text that is Markdown already, or stands in the front matter."""

    __slots__ = ()


def escape(value: object) -> object:
    """Make a value literal text in Markdown: no markup, no HTML, one line."""
    if isinstance(value, Verbatim):
        return value
    return SPECIAL.sub(r"\\\1", one_line(value))


def code(value: object) -> Verbatim:
    """Return a value as inline code."""
    text = one_line(value).strip().replace("`", "'").replace("|", "¦")
    return Verbatim(f"`{text or ' '}`")


def one_line(value: object) -> str:
    """Return text on one line: a line break would end the cell or the list it stands in."""
    return re.sub(r"\s+", " ", str(value))
