"""Why a probe gave no ratio, as a page says it: what the instrument tells to the command line is told without flags.

Everything else is the instrument's own sentence, in the reader's language where it knows one.
"""

from __future__ import annotations

import re

from advisor.ui import state
from advisor.ui.components import elements
from advisor.ui.texts import language, say
from probes import reasons

KINDS = (
    (
        r"the budget of (?P<budget>\d+) s has (?P<left>\d+) s left, too few for a probe of about (?P<wanted>\d+) s.*",
        "Skipped: {left} s of {budget} s were left, and it takes about {wanted} s. Give it more time.",
        "已跳过：{budget} 秒中只剩 {left} 秒，而它约需 {wanted} 秒。请给更多时间。",
    ),
    (
        r"cannot start (?P<path>.+?): (?P<why>.+?); name a Python that has (?P<framework>\w+) .*",
        "{path} cannot be started ({why}). Name a Python that has {framework} under “How”.",
        "无法启动 {path}（{why}）。请在“方式”中填写装有 {framework} 的 Python。",
    ),
    (
        r"(?P<framework>\w+) ready in (?P<seconds>[\d.]+) s",
        "{framework} is loaded ({seconds} s).",
        "{framework} 已加载（{seconds} 秒）。",
    ),
)
"""A pattern of the instrument's English, and what it means to a reader of the page."""


def told(reason: str) -> str:
    """Return ``reason`` in the reader's language, plain text."""
    for pattern, english, chinese in KINDS:
        found = re.fullmatch(pattern, reason.strip(), re.DOTALL)
        if found:
            words = found.groupdict()
            if words.get("framework") in state.knowledge().frameworks:
                words["framework"] = elements.name_of(words["framework"])
            return say(english, chinese).format(**words)
    return reasons.told(reason, language())
