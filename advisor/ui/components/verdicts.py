"""What measurements say, in words: a ratio, a probe, a claim tested by it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

import streamlit as st

from advisor.model.knowledge import Knowledge
from advisor.model.recommendation import Recommendation
from advisor.model.text import Text
from advisor.report.figures import amount
from advisor.ui.components import elements, reason_texts
from advisor.ui.texts import MODE, PROBE_STATUS, VERDICT, language, named, say, words
from probes import reasons
from probes.catalog import probe_docs
from probes.session import harmonization_words
from probes.statistics import tuning
from probes.types import OWN, Measurement, Probe, Ratio, Status
from probes.wording import framework_defaults, verdicts

PARITY = {
    "outputs": Text(en="outputs", zh="输出"),
    "loss": Text(en="loss", zh="损失"),
    "gradients": Text(en="gradients", zh="梯度"),
    "weights": Text(en="weights after a step", zh="一步后的权重"),
}

LIMIT = {
    "dispatch": Text(en="the framework's own overhead", zh="框架自身开销"),
    "bandwidth": Text(en="memory speed", zh="内存带宽"),
    "compute": Text(en="arithmetic", zh="算力"),
    "compile": Text(en="compilation", zh="编译"),
}


def ratio_words(ratio: Ratio, *, unit: str, metric: str, several: bool = False) -> str:
    """Return a ratio in one plain sentence with its interval."""
    return verdicts.sentence(
        ratio,
        unit=unit,
        metric=metric,
        lang=language(),
        names=names(ratio.denominator, ratio.numerator),
        several=several,
    )


def names(*sides: str) -> dict[str, str]:
    """Return how each side is called in the reader's language."""
    return {side: elements.name_of(side) for side in sides}


def metric(probe: str, catalog: Mapping[str, Probe]) -> str:
    """Return what a probe compares, "" where the catalogue does not know it."""
    return catalog[probe].metric if probe in catalog else ""


def probe_name(probe: str, catalog: Mapping[str, Probe]) -> str:
    """Return what a probe asks, in the reader's language."""
    known = catalog.get(probe)
    if known is None and f"-{OWN}-" in probe:
        what, _, mode = probe.partition(f"-{OWN}-")
        scenario = next((name for key, name in probe_docs.scenario_names().items() if key.startswith(what)), None)
        pieces = [words(found) for found in (scenario, MODE.get(mode)) if found]
        return say("Your own model", "你自己的模型") + say(": ", "：") + say(", ", "，").join(pieces)
    return words(known.question if known else None) or probe


def scenario_name(scenario: str) -> str:
    """Return what kind of thing a probe does, in the reader's language."""
    return words(probe_docs.scenario_names().get(scenario)) or scenario.replace("_", " ")


def short_name(probe: str) -> str:
    """Return a probe's id with spaces, for the axis of a chart."""
    return probe.replace("-", " ")


def seconds(taken: float) -> str:
    """Return whole seconds with their unit."""
    return say(f"{taken:.0f} s", f"{taken:.0f} 秒")


def measurement(found: Measurement, catalog: Mapping[str, Probe], *, several: bool) -> None:
    """Show one probe's result in words, with its figures below; ``several``: more than two sides are compared."""
    st.markdown(f"**{elements.plain(probe_name(found.probe, catalog))}**")
    status = words(PROBE_STATUS[found.status.value])
    if found.status is not Status.OK or found.ratio is None:
        st.markdown(f"{elements.badge(status, 'gray')} {elements.plain(reason_texts.told(reasons.of(found)))}")
        _worth(found)
        return
    told = ratio_words(found.ratio, unit=found.unit, metric=metric(found.probe, catalog), several=several)
    st.markdown(elements.plain(told))
    limits = _limits(found.roof)
    costs = " · ".join(
        f"{elements.name_of(key)} {amount(statistics.median(values), found.unit, language())}"
        for key, values in sorted(found.samples.items())
        if values
    )
    st.caption(
        elements.plain(
            f"{found.probe} · {say('median', '中位数')} {costs} · {found.ratio.pairs} {say('pairs', '对')} · "
            f"{seconds(found.seconds)}" + (f" · {limits}" if limits else "")
        )
    )
    defaults = framework_defaults.of(found.facts)
    called, lang = names(found.ratio.denominator, found.ratio.numerator), language()
    notes = [
        framework_defaults.loud(defaults, lang=lang, names=called),
        framework_defaults.quiet(defaults, lang, names=called),
        verdicts.disturbed(found.facts, lang),
    ]
    if said := " · ".join(note for note in notes if note):
        st.caption(elements.plain(said))
    _worth(found)
    _parity(found.parity)


def _worth(found: Measurement) -> None:
    """Show what tuning, or a mode, is worth inside each framework, and what was set alike, where the probe tells."""
    called = names(*found.facts)
    for line in (*tuning.lines([found], language(), names=called), *harmonization_words.lines(found.facts, language())):
        st.caption(elements.plain(line))


def _parity(parity: Mapping[str, Any] | None) -> None:
    """Show how near both sides are to the double-precision reference, quantity by quantity."""
    rows = [
        {
            say("What", "对象"): named(PARITY, quantity),
            say("Framework", "框架"): elements.name_of(framework),
            say("Distance", "偏差"): f"{side['distance']:.1e}",
            say("Allowed", "允许"): f"{side['bound']:.0e}" if "bound" in side else "",
        }
        for quantity, found in (parity or {}).items()
        if isinstance(found, Mapping)
        for framework, side in found.items()
        if isinstance(side, Mapping) and isinstance(side.get("distance"), float)
    ]
    if not rows:
        return
    with st.popover(say("Both compute the same", "双方计算一致"), type="tertiary", icon=":material/verified:"):
        st.caption(
            say(
                "Both sides start from the same weights. These are their distances from a double-precision reference.",
                "双方从相同权重出发；以下为各自与双精度参考之间的偏差。",
            )
        )
        elements.table(rows)


def _limits(roof: Mapping[str, Any] | None) -> str:
    """Return what holds each side back, as the roof of this machine says."""
    pieces = [
        elements.name_of(key)
        + say(" is limited by ", " 受限于")
        + (words(LIMIT[side["limit"]]) if side["limit"] in LIMIT else side["limit"])
        for key, side in sorted((roof or {}).items())
        if isinstance(side, Mapping) and isinstance(side.get("limit"), str)
    ]
    return say(", ", "，").join(pieces)


def claim_verdicts(found: Recommendation, knowledge: Knowledge) -> None:
    """Show what the measurements say about the claims they test."""
    if not found.verdicts:
        st.caption(say("No claim was tested by these measurements.", "这些测量没有检验任何论点。"))
    for verdict in found.verdicts:
        claim = knowledge.claims.get(verdict.claim)
        word, color = VERDICT.get(verdict.verdict, (None, "gray"))
        label = words(word) if word else verdict.verdict
        text = words(claim.statement) if claim else verdict.claim
        st.markdown(f"{elements.badge(label, color)} {elements.plain(text)}")
        if verdict.reason:
            st.caption(elements.plain(words(verdict.reason)))
    for clash in found.contradictions:
        st.warning(elements.plain(words(clash.text)), icon=":material/bolt:")
