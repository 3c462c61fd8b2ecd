"""What the probe command says in lines of its own, in English and Chinese, however it is called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from probes.types import Calibration, Probe

_WORDS = {
    "en": {
        "listed": "{id:<34} {seconds:>4.0f} s  {question}{when}",
        "asked only": "  (only when asked for)",
        "starting": "starting",
        "plan": "plan: {count} probes",
        "plan within": "plan: {count} probes within {budget:.0f} s",
        "grade": "grade {grade}",
        "left": "A killed session had finished {count} probes; they are kept in {path}",
        "pair of the same": "same framework in both arms: {ratio:.3f}",
        "pair planted": "planted {slowdown:.2f}: {ratio:.3f}",
        "same arm": "Same framework in both arms: winners named {named} of {runs}",
        "planted": "Planted slowdown {slowdown:.2f}: found {found} of {runs}",
        "resolves": "This machine tells apart ratios from {resolves:.2f} ({seconds:.0f} s)",
        "resolves none": "This machine is too busy to tell even the largest planted slowdown apart.",
    },
    "zh": {
        "listed": "{id:<34} {seconds:>4.0f} 秒  {question}{when}",
        "asked only": "  （仅在指定时运行）",
        "starting": "正在启动",
        "plan": "计划：{count} 项探测",
        "plan within": "计划：{budget:.0f} 秒内完成 {count} 项探测",
        "grade": "等级 {grade}",
        "left": "一次被强行终止的测量已完成 {count} 项探测，结果保存在 {path}",
        "pair of the same": "两臂用同一框架：{ratio:.3f}",
        "pair planted": "预设减速 {slowdown:.2f}：{ratio:.3f}",
        "same arm": "两臂用同一框架：误判胜负 {named} 次，共 {runs} 次",
        "planted": "预设减速 {slowdown:.2f}：检出 {found} 次，共 {runs} 次",
        "resolves": "本机能分辨的最小比值为 {resolves:.2f}（{seconds:.0f} 秒）",
        "resolves none": "本机干扰太多，连最大的预设减速也分辨不出。",
    },
}


def listed(probes: Iterable[Probe], lang: str) -> list[str]:
    """Return the catalogue, a line for each probe."""
    words = _WORDS[lang]
    return [
        words["listed"].format(
            id=probe.id,
            seconds=probe.seconds,
            question=probe.question[lang],
            when=words["asked only"] if probe.asked_only else "",
        )
        for probe in probes
    ]


def starting(lang: str) -> str:
    """Return what is shown before anything is known."""
    return _WORDS[lang]["starting"]


def plan(probes: Sequence[object], budget: float | None, lang: str) -> str:
    """Return how many probes are planned, and within how many seconds."""
    return _WORDS[lang]["plan within" if budget else "plan"].format(count=len(probes), budget=budget or 0.0)


def grade(letter: str, lang: str) -> str:
    """Return how quiet the machine was while it was measured."""
    return _WORDS[lang]["grade"].format(grade=letter)


def left(count: int, path: object, lang: str) -> str:
    """Return what a killed session had finished, and where it is."""
    return _WORDS[lang]["left"].format(count=count, path=path)


def selftest_pair(slowdown: float, ratio: float, lang: str) -> str:
    """Return what one pair of a self-test gave; a slowdown of 1 is the same arm twice."""
    pattern = "pair of the same" if slowdown == 1 else "pair planted"
    return _WORDS[lang][pattern].format(slowdown=slowdown, ratio=ratio)


def selftest(found: Calibration, lang: str) -> list[str]:
    """Return what difference a machine can resolve."""
    words, same = _WORDS[lang], found["same_arm"]
    lines = [words["same arm"].format(named=same["winners_named"], runs=same["runs"])]
    lines += [
        words["planted"].format(slowdown=one["slowdown"], found=one["found"], runs=one["runs"])
        for one in found["planted"]
    ]
    if found["resolves"] is None:
        return [*lines, words["resolves none"]]
    return [*lines, words["resolves"].format(resolves=found["resolves"], seconds=found["seconds_a_probe"])]
