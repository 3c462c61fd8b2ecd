"""What was set alike in both sides of a user's model, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from probes.session.harmonization import DROPPED
from probes.types import Reason

_NAMED = 2
"""Layers of one change that are named; the rest are counted."""

_WORDS = {
    "the end": {"en": "the end of the model", "zh": "模型末端"},
    "logits": {"en": "logits", "zh": "logits"},
    "the outputs": {"en": "the outputs", "zh": "输出"},
}


def _word(text: str, lang: str) -> str:
    return _WORDS.get(text, {}).get(lang, text)


def _changed(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Read the changes; evidence comes from strangers too, and what has not their form is none."""
    found = facts.get("harmonised")
    texts = ("framework", "layer", "setting", "was", "now", "other")
    return [
        fact
        for fact in (found if isinstance(found, list) else [])
        if isinstance(fact, Mapping)
        and all(isinstance(fact.get(key), str) for key in texts)
        and isinstance(fact.get("line"), int)
    ]


def _grouped(facts: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, str, str], list[Mapping[str, Any]]]:
    groups: dict[tuple[str, str, str, str], list[Mapping[str, Any]]] = {}
    for fact in facts:
        if fact["other"] != DROPPED:
            groups.setdefault((fact["framework"], fact["setting"], fact["was"], fact["now"]), []).append(fact)
    return groups


def lines(facts: Mapping[str, Any], lang: str) -> list[str]:
    """Return what was changed, one sentence a change, dropout last; nothing where nothing was.

    Args:
        facts: of a measurement; ``harmonised`` is read.
        lang: "en" or "zh".
    """
    changed = _changed(facts)
    found = []
    for (framework, setting, was, now), group in _grouped(changed).items():
        layers = [f"{_word(f['layer'].split('(')[0], lang)}" for f in group[:_NAMED]]
        rows = sorted({fact["line"] for fact in group if fact["line"]})
        setting, was, now = (_word(text, lang) for text in (setting, was, now))
        if lang == "zh":
            more = f" 等 {len(group)} 层" if len(group) > _NAMED else ""
            where = f"，第 {'、'.join(map(str, rows))} 行" if rows else ""
            found.append(
                f"为使双方一致，{framework} 的 {setting} 由 {was} 改为 {now}（{'、'.join(layers)}{more}{where}）"
            )
        else:
            more = f" and {len(group) - _NAMED} more" if len(group) > _NAMED else ""
            where = f"; line {', '.join(map(str, rows))}" if rows else ""
            found.append(
                f"set alike in both: {framework} {setting} from {was} to {now} ({', '.join(layers)}{more}{where})"
            )
    if any(fact["other"] == DROPPED for fact in changed):
        found.append("双方的 dropout 均按 0 测量" if lang == "zh" else "dropout is measured at 0 on both sides")
    return found


def noted(facts: Mapping[str, Any]) -> Reason | None:
    """Return the same as one note, or None where nothing was changed."""
    changed = _changed(facts)
    by_side: dict[str, list[Reason]] = {}
    for (framework, setting, was, now), group in _grouped(changed).items():
        called = Reason("the-end") if setting == "the end" else setting
        times = Reason("times", count=len(group)) if len(group) > 1 else ""
        by_side.setdefault(framework, []).append(Reason("change", setting=called, was=was, now=now, times=times))
    sides = [Reason("changed", side=framework, changes=changes) for framework, changes in by_side.items()]
    made = [Reason("set-alike", changes=sides)] if sides else []
    made += [Reason("dropout-off")] * any(fact["other"] == DROPPED for fact in changed)
    return Reason("noted", changes=made) if made else None
