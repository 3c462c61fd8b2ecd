"""Why a probe gave no ratio, in the reader's language: the instrument says it in English and for the command line.

A reason of a kind that is not known here is shown as the instrument gave it.
"""

from __future__ import annotations

import re

from advisor.ui import parts, state
from advisor.ui.texts import language

KINDS = (
    (
        r"the budget of (?P<budget>\d+) s has (?P<left>\d+) s left, too few for a probe of about (?P<wanted>\d+) s.*",
        "Skipped: {left} s of {budget} s were left, and it takes about {wanted} s. Give it more time.",
        "已跳过：{budget} 秒中只剩 {left} 秒，而它约需 {wanted} 秒。请给更多时间。",
    ),
    (
        r"cancelled before it began|cancelled; probes finished before are kept",
        "Stopped before it began.",
        "尚未开始就已停止。",
    ),
    (r"cancelled while it ran", "Stopped while it ran.", "运行中被停止。"),
    (
        r"(?P<framework>\w+) did not answer '(?P<what>\w+)' within (?P<wait>\d+) s; .*",
        "{framework} did not answer within {wait} s and was ended.",
        "{framework} 在 {wait} 秒内没有响应，已被结束。",
    ),
    (
        r"cannot start (?P<path>.+?): (?P<why>.+?); name a Python that has (?P<framework>\w+) .*",
        "{path} cannot be started ({why}). Name a Python that has {framework} under “How”.",
        "无法启动 {path}（{why}）。请在“方式”中填写装有 {framework} 的 Python。",
    ),
    (
        r"(?P<framework>\w+): (?P<package>[\w.-]+) is not installed(?P<rest>.*)",
        "{framework}: {package} is not installed{rest}",
        "{framework}：未安装 {package}{rest}",
    ),
    (
        r"(?:(?P<framework>\w+): )?the model file has no function (?P<missing>\w+)",
        "The model file has no function {missing}.",
        "模型文件中没有函数 {missing}。",
    ),
    (
        r"(?P<framework>\w+) ready in (?P<seconds>[\d.]+) s",
        "{framework} is loaded ({seconds} s).",
        "{framework} 已加载（{seconds} 秒）。",
    ),
    (
        r"compared on the CPU, the only device in common: (?P<seen>.+)",
        "Compared on the processor, the only device that both see ({seen}).",
        "在处理器上比较，它是双方唯一共有的设备（{seen}）。",
    ),
)
"""A pattern of the instrument's English, and what it means to a reader."""


def told(reason: str) -> str:
    """Return ``reason`` in the reader's language, plain text."""
    for pattern, english, chinese in KINDS:
        found = re.fullmatch(pattern, reason.strip(), re.DOTALL)
        if found:
            words = {key: value or "" for key, value in found.groupdict().items()}
            if words.get("framework") in state.knowledge().frameworks:
                words["framework"] = parts.name_of(words["framework"])
            return (chinese if language() == "zh" else english).format(**words)
    return reason
