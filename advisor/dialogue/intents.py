"""What a line of chat asks for, when it is not a description of the project. Rules in both languages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from advisor.dialogue.types import Action, Verb

_INTENTS: tuple[tuple[Verb, str | None, tuple[str, ...]], ...] = (
    (
        "restart",
        None,
        (
            r"\b(?:start (?:again|over)|restart|reset|new conversation|from the beginning)\b",
            r"重新开始|重来|从头再来|重置|清空",
        ),
    ),
    ("report", None, (r"\b(?:report|write it up|document it|decision record)\b", r"报告|导出")),
    (
        "measure",
        None,
        (
            r"\b(?:measure|benchmark|test it|probe|try it on (?:my|this) machine)\b",
            r"测一下|测一测|测量|跑个?分|实测|基准",
        ),
    ),
    (
        "sources",
        None,
        (
            r"\b(?:how do you know|says who|sources?|evidence|prove it|citations?|references?)\b",
            r"\bwhere (?:is|does) (?:that|this|it) (?:come )?from\b",
            r"依据|证据|出处|来源|凭什么|你怎么知道|参考资料",
        ),
    ),
    (
        "flips",
        None,
        (
            r"\b(?:what would (?:change|flip)|when would (?:it|that) change|flip it|change your mind|tipping)\b",
            r"什么会改变|怎样才会变|什么情况下会",
        ),
    ),
    (
        "what-if",
        None,
        (
            r"^(?:and |so |but |ok,? )*(?:what if|what about if|suppose|and if|how about if|what happens if)\b",
            r"^(?:and |so |but |ok,? )*(?:if we (?:also|now|instead))\b",
            r"^(?:那|那么|但是?)?(?:如果|假如|假设|要是|万一)",
        ),
    ),
    (
        "critique",
        "cheaper",
        (
            r"\b(?:cheaper|less expensive|save money|less memory|lower cost)\b",
            r"更便宜|便宜点|更省|省钱|省内存|省显存|成本更?低",
        ),
    ),
    ("critique", "faster", (r"\b(?:faster|quicker|more speed|speed matters more)\b", r"更快|快一?点|速度更")),
    ("critique", "smaller", (r"\b(?:smaller|more compact|lighter)\b", r"更小|小一?点|更轻")),
    (
        "critique",
        "easier",
        (r"\b(?:easier|simpler|less code|more comfortable)\b", r"更容易|更简单|简单点|更好上手|代码更?少"),
    ),
    ("critique", "lasting", (r"\b(?:longer[- ]lived|more future[- ]proof|lasts longer)\b", r"更长久|更长远")),
    (
        "why",
        None,
        (
            r"^(?:but |and |so |ok,? )*(?:why|how come|explain|what speaks for|reasons?)\b",
            r"^(?:那|但)?(?:是)?(?:为什么|为何|为啥|理由|解释一?下|原因)",
        ),
    ),
    (
        "result",
        None,
        (
            r"\b(?:your recommendation|the result|so which (?:one|framework)|what do you (?:recommend|suggest))\b",
            r"\b(?:which (?:one|framework) (?:should|shall|do|is)|just tell me|verdict)\b",
            r"推荐(?:哪个|什么|一下)|选哪个|用哪个|哪个(?:框架)?(?:更?好|合适)|结论|结果是",
        ),
    ),
    ("help", None, (r"^(?:help|\?|what can (?:you|i) (?:do|ask|say))\b", r"^(?:帮助|怎么用|你能做什么|你会什么)")),
)
_COMPILED = tuple((verb, option, re.compile("|".join(patterns))) for verb, option, patterns in _INTENTS)
_WHY_NOT = re.compile(
    r"\bwhy not\b|\bwhat about\b|\bwhat speaks (?:for|against)\b|\bwhy (?:is|isn't|don't you)\b"
    r"|为什么不|为何不|为啥不|怎么不"
)
_GREETING = re.compile(r"^(?:hi|hello|hey|good (?:morning|evening|day)|你好|您好|嗨|在吗)[\s!.,，。！]*$")
_LONG = 90
"""Characters beyond which a line describes a project and is no short question about the result."""


_COMMANDS = frozenset({"report", "measure", "restart", "help"})
_ASKS = re.compile(r"[?？]|吗|什么|怎么样|^(?:is|are|does|do|can|what|how|tell me)\b")
_SHORT = 24


def command(line: str, wish: Action | None) -> bool:
    """Return True if a wish is an order by itself ("生成报告"), whatever its words could mean in a description."""
    return wish is not None and wish.verb in _COMMANDS and len(line) <= _SHORT


def about(line: str, tools: Iterable[str]) -> bool:
    """Return True if a short line asks about one of ``tools`` (lower-case names) rather than describes a project."""
    return len(line) <= _LONG and _ASKS.search(line) is not None and any(name in line for name in tools)


def greeting(text: str) -> bool:
    """Return True if a normalised line only greets."""
    return _GREETING.match(text.strip()) is not None


def intent(text: str, frameworks: Mapping[str, str]) -> Action | None:
    """Return what a normalised line asks for, None where it is (or may be) a description.

    Args:
        frameworks: lower-case name -> framework id.
    """
    line = text.strip()
    if len(line) > _LONG:
        return None
    named = next((frameworks[name] for name in frameworks if name in line), None)
    if _WHY_NOT.search(line) and (named or re.search(r"\bwhy not\b|另一个|其他|the other", line)):
        return Action(verb="why-not", option=named)
    for verb, option, pattern in _COMPILED:
        if pattern.search(line):
            return Action(verb=verb, option=option)
    return None
