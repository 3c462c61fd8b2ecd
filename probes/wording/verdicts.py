"""A ratio in one sentence: who is ahead, by which factor, how sure. Pure.

A ratio of costs is turned so that its factor is at least 1 and its subject is the side that is ahead; the interval is
turned with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probes.types import EQUIVALENT, INCONCLUSIVE, Ratio

BETTER = "better"
"""What is said of a cost that several probes speak to, where no single unit is left."""

_SENTENCES: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "en": {
        "time": ("{one} {factor} × faster", " than {other}", "{one} {factor} × as fast as {other}"),
        "memory": (
            "{one} needs {factor} × less memory",
            " than {other}",
            "{other} needs {factor} × as much memory as {one}",
        ),
        "size": (
            "{one} saves a {factor} × smaller file",
            " than {other}",
            "{other} saves a file {factor} × as large as {one}",
        ),
        "lines": (
            "{one} needs {factor} × fewer lines",
            " than {other}",
            "{other} needs {factor} × as many lines as {one}",
        ),
        BETTER: ("{one} {factor} × better", " than {other}", "{one} {factor} × as good as {other}"),
        "cost": ("{one} needs {factor} × less", " than {other}", "{other} needs {factor} × as much as {one}"),
        EQUIVALENT: ("no practical difference", " between {one} and {other}", ""),
    },
    "zh": {
        "time": ("{one} 更快：速度是 {other} 的 {factor} 倍", "", "{one} 的速度是 {other} 的 {factor} 倍"),
        "memory": ("{one} 更省内存：{other} 的占用是它的 {factor} 倍", "", "{other} 的内存占用是 {one} 的 {factor} 倍"),
        "size": (
            "{one} 保存的文件更小：{other} 的是它的 {factor} 倍",
            "",
            "{other} 保存的文件大小是 {one} 的 {factor} 倍",
        ),
        "lines": ("{one} 代码更短：{other} 的行数是它的 {factor} 倍", "", "{other} 的行数是 {one} 的 {factor} 倍"),
        BETTER: ("{one} 更优：{other} 的开销是它的 {factor} 倍", "", "{other} 的开销是 {one} 的 {factor} 倍"),
        "cost": ("{one} 更省：{other} 的开销是它的 {factor} 倍", "", "{other} 的开销是 {one} 的 {factor} 倍"),
        EQUIVALENT: ("无实际差别", "（{one} 与 {other}）", ""),
    },
}
"""By language and kind of cost: a difference, what it adds where more than two sides are compared, no verdict."""

_WORDS = {
    "en": {
        INCONCLUSIVE: "cannot tell: ",
        "disturbed": "{pairs} of {of} pairs were disturbed by other load; the interval is wider for them",
    },
    "zh": {
        INCONCLUSIVE: "无法判断：",
        "disturbed": "{of} 对测量中有 {pairs} 对受到其他负载干扰；区间已为此放宽",
    },
}


def kind(unit: str, metric: str = "") -> str:
    """Return what a cost is called by: "time", "memory", "size", "lines", or "cost" for any other.

    Args:
        unit: of the samples, "s", "bytes", "lines".
        metric: of the probe, which tells the memory of a process from the size of a file.
    """
    if unit == "bytes":
        return "memory" if "memory" in metric else "size" if "size" in metric else "cost"
    return {"s": "time", "lines": "lines", BETTER: BETTER}.get(unit, "cost")


def turned(ratio: Ratio) -> Ratio:
    """Return the same ratio with a value of at least 1: its denominator is ahead."""
    if ratio.value >= 1:
        return ratio
    return Ratio(
        value=1 / ratio.value,
        low=1 / ratio.high,
        high=1 / ratio.low,
        pairs=ratio.pairs,
        favours=ratio.favours,
        numerator=ratio.denominator,
        denominator=ratio.numerator,
    )


def judged(found: Mapping[str, Any], *, value: str = "value") -> Ratio:
    """Return a ratio as a document holds it; one without a verdict of its own is an estimate.

    Args:
        found: ``numerator``, ``denominator``, ``low``, ``high`` and the ratio itself, perhaps ``favours``.
        value: the key of the ratio itself.
    """
    return Ratio(
        value=float(found[value]),
        low=float(found["low"]),
        high=float(found["high"]),
        pairs=int(found.get("pairs", 0)),
        favours=str(found.get("favours", "")),
        numerator=str(found["numerator"]),
        denominator=str(found["denominator"]),
    )


def sentence(
    ratio: Ratio,
    *,
    unit: str = "s",
    metric: str = "",
    lang: str = "en",
    names: Mapping[str, str] | None = None,
    several: bool = False,
) -> str:
    """Return a ratio at a glance, e.g. "PyTorch 1.43 × faster [1.29, 1.58]".

    Args:
        ratio: of costs; without a verdict (``favours`` is empty) it is told as an estimate.
        unit: of its samples; ``BETTER`` where several probes are taken together.
        metric: of its probe.
        lang: "en" or "zh".
        names: framework -> how it is to be called; its id unless told.
        several: whether more than two sides are compared, so that the other one must be named too.
    """
    seen, called = turned(ratio), names or {}
    difference, than, neutral = _SENTENCES[lang][EQUIVALENT if seen.favours == EQUIVALENT else kind(unit, metric)]
    if seen.favours == INCONCLUSIVE:
        pattern = _WORDS[lang][INCONCLUSIVE] + neutral
    elif not seen.favours and seen.low <= 1:
        pattern = neutral
    else:
        pattern = difference + (than if several else "")
    said = pattern.format(
        one=called.get(seen.denominator, seen.denominator),
        other=called.get(seen.numerator, seen.numerator),
        factor=f"{seen.value:.2f}",
    )
    # What is counted and not timed has no interval.
    return said if seen.low == seen.high else f"{said} [{seen.low:.2f}, {seen.high:.2f}]"


def disturbed(facts: Mapping[str, Any], lang: str = "en") -> str:
    """Return how many pairs other load disturbed, or "" where none was; evidence of before has an English sentence."""
    found = facts.get("disturbed")
    if isinstance(found, Mapping) and found.get("pairs"):
        return _WORDS[lang]["disturbed"].format(pairs=found["pairs"], of=found.get("of", "?"))
    return str(facts.get("too_busy") or "")
