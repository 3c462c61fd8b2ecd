"""What settings and modes are worth inside a framework, held against what changing the framework is worth.

Tuned and default settings are measured in processes of their own, one after the other, so their intervals carry the
spread of fresh processes as those of paired probes do. Pure: no files, no clock.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from probes.statistics import ratios
from probes.types import EQUIVALENT, INCONCLUSIVE, Measurement, Status

TUNED, DEFAULT = "tuned", "default"


def with_tuning(found: Sequence[Measurement], *, process_sd: float, process_df: float) -> list[Measurement]:
    """Add to every tuned measurement what tuning was worth in each framework, where the default one stands beside it.

    The fact ``tuning`` holds {framework: {times_as_fast, low, high, favours, default_s, tuned_s}}, and under
    ``changing`` the ratio of the frameworks by default and tuned.
    """
    plain = {_subject(m): m for m in found if m.settings == DEFAULT and m.ratio is not None}
    made = []
    for measurement in found:
        other = plain.get(_subject(measurement))
        if measurement.settings == TUNED and measurement.ratio is not None and other is not None:
            facts = {**measurement.facts, "tuning": _tuning(other, measurement, process_sd, process_df)}
            measurement = replace(measurement, facts=facts)
        made.append(measurement)
    return made


def _subject(measurement: Measurement) -> tuple[Any, ...]:
    return measurement.scenario, measurement.workload, measurement.mode, frozenset(measurement.samples)


def _tuning(plain: Measurement, tuned: Measurement, process_sd: float, process_df: float) -> dict[str, Any]:
    assert plain.ratio is not None
    assert tuned.ratio is not None
    worth: dict[str, Any] = {}
    for framework in sorted(set(plain.samples) & set(tuned.samples)):
        before, after = (_log_cost(m.samples[framework]) for m in (plain, tuned))
        count = min(len(plain.samples[framework]), len(tuned.samples[framework]))
        inner = ratios.Estimate(before[0] - after[0], math.hypot(before[1], after[1]), max(1, count - 1), count)
        estimate = ratios.widened(inner, process_sd=process_sd, process_df=process_df)
        ratio = ratios.ratio(estimate, numerator=DEFAULT, denominator=TUNED)
        worth[framework] = {
            "times_as_fast": ratio.value,
            "low": ratio.low,
            "high": ratio.high,
            "favours": ratio.favours,
            "default_s": statistics.median(plain.samples[framework]),
            "tuned_s": statistics.median(tuned.samples[framework]),
        }
    worth["changing"] = {
        settings: {"ratio": m.ratio.value, "favours": m.ratio.favours, "numerator": m.ratio.numerator}
        for settings, m in ((DEFAULT, plain), (TUNED, tuned))
        if m.ratio is not None
    }
    return worth


def _log_cost(samples: Sequence[float]) -> tuple[float, float]:
    """Return the log of the median cost and its standard error (of a mean, times 1.25 as medians of normals have)."""
    logs = [math.log(sample) for sample in samples]
    error = 1.2533 * statistics.stdev(logs) / math.sqrt(len(logs)) if len(logs) > 1 else 0.0
    return math.log(statistics.median(samples)), error


# ---------------------------------------------------------------- in words

_WORDS = {
    "en": {
        "tuned": "{name} tuned is {factor} times as fast {span}",
        "default": "{name} is faster untuned: tuned it is {factor} times as fast {span}",
        EQUIVALENT: "tuning {name} makes no practical difference {span}",
        INCONCLUSIVE: "what tuning {name} brings cannot be told {span}",
        "mode": "{name}: {mode} is {factor} times as fast as {baseline} {span}",
        "mode " + EQUIVALENT: "{name}: {mode} is as fast as {baseline} {span}",
        "mode " + INCONCLUSIVE: "{name}: whether {mode} or {baseline} is faster cannot be told {span}",
        "paid": ", paid after {steps} steps",
        "none": "; by default no framework is ahead by a practical difference",
        "unknown": "; which framework is ahead by default cannot be told",
        "more": "; tuning {slower} is worth more than changing to {quicker} ({gap} times as fast by default)",
        "less": "; changing to {quicker} ({gap} times as fast by default) is worth more than tuning {slower}",
        "and": "; ",
        "end": ".",
    },
    "zh": {
        "tuned": "{name} 调优后速度为原来的 {factor} 倍 {span}",
        "default": "{name} 不调优更快：调优后速度为原来的 {factor} 倍 {span}",
        EQUIVALENT: "{name} 调优与否无实际差别 {span}",
        INCONCLUSIVE: "{name} 调优有何作用无法判断 {span}",
        "mode": "{name}：{mode} 的速度为 {baseline} 的 {factor} 倍 {span}",
        "mode " + EQUIVALENT: "{name}：{mode} 与 {baseline} 同样快 {span}",
        "mode " + INCONCLUSIVE: "{name}：{mode} 与 {baseline} 孰快无法判断 {span}",
        "paid": "，{steps} 步之后划算",
        "none": "；默认设置下没有哪个框架有实际领先",
        "unknown": "；默认设置下哪个框架领先无法判断",
        "more": "；调优 {slower} 比换用 {quicker}（默认设置下为 {gap} 倍速度）更值得",
        "less": "；换用 {quicker}（默认设置下为 {gap} 倍速度）比调优 {slower} 更值得",
        "and": "；",
        "end": "。",
    },
}


def lines(found: Sequence[Measurement], lang: str = "en", *, names: Mapping[str, str] | None = None) -> list[str]:
    """Return one line a probe: what tuning, or a mode, was worth inside each framework.

    Args:
        found: a session's measurements.
        lang: "en" or "zh".
        names: framework -> how it is to be called; its id unless told.
    """
    words, called = _WORDS[lang], names or {}
    said = []
    for measurement in found:
        tuning = measurement.facts.get("tuning")
        if measurement.status is not Status.OK:
            continue
        if isinstance(tuning, Mapping):
            said.append(_tuning_line(measurement, tuning, words, called))
        elif modes := _mode_parts(measurement, words, called):
            said.append(f"{measurement.probe}: {words['and'].join(modes)}{words['end']}")
    return said


def _tuning_line(
    measurement: Measurement, tuning: Mapping[str, Any], words: Mapping[str, str], called: Mapping[str, str]
) -> str:
    sides = {name: side for name, side in tuning.items() if name != "changing"}
    parts = [
        words[side["favours"]].format(
            name=called.get(name, name), factor=f"{side['times_as_fast']:.2f}", span=_span(side)
        )
        for name, side in sides.items()
    ]
    changing = tuning["changing"][DEFAULT]
    tail = words["unknown" if changing["favours"] == INCONCLUSIVE else "none"]
    quicker = changing["favours"]
    if quicker in sides:
        (slower,) = (name for name in sides if name != quicker)
        gap = 1 / changing["ratio"] if quicker == changing["numerator"] else changing["ratio"]
        key = "more" if sides[slower]["times_as_fast"] >= gap else "less"
        tail = words[key].format(
            slower=called.get(slower, slower), quicker=called.get(quicker, quicker), gap=f"{gap:.2f}"
        )
    return f"{measurement.probe}: {words['and'].join(parts)}{tail}{words['end']}"


def _mode_parts(measurement: Measurement, words: Mapping[str, str], called: Mapping[str, str]) -> list[str]:
    parts = []
    for name, side in measurement.facts.items():
        if not isinstance(side, Mapping) or "times_as_fast" not in side:
            continue
        key = f"mode {side['favours']}" if side["favours"] in (EQUIVALENT, INCONCLUSIVE) else "mode"
        said = words[key].format(
            name=called.get(name, name),
            mode=measurement.mode,
            baseline=side["baseline"],
            factor=f"{side['times_as_fast']:.2f}",
            span=_span(side),
        )
        steps = side.get("pays_after_steps")
        parts.append(said + (words["paid"].format(steps=math.ceil(steps)) if steps and key == "mode" else ""))
    return parts


def _span(side: Mapping[str, Any]) -> str:
    return f"[{side['low']:.2f}, {side['high']:.2f}]"
