"""The ratios that a decision holds, in words: those of a probe and those of a criterion. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from advisor.model.recommendation import MeasuredPair
from probes.wording import verdicts

if TYPE_CHECKING:
    from advisor.decisions.document import Decision


def metric(decision: Decision, probe: str) -> str:
    """Return what a probe compares, "" where the decision does not hold it."""
    return str(decision.probes.get(probe, {}).get("metric", ""))


def of_criterion(
    decision: Decision,
    pair: MeasuredPair,
    key: Literal["documented", "measured", "together"],
    *,
    lang: str,
    names: Mapping[str, str],
) -> str:
    """Return what is "documented", "measured" or said "together" of a criterion's two frameworks.

    Where its probes compare several kinds of cost, no single unit is left to name.
    """
    costs = {
        (str(row.get("unit") or "s"), metric(decision, row["probe"]))
        for session in decision.evidence
        for row in session["probes"]
        if row["probe"] in pair.probes and row.get("ratio")
    }
    kinds = {verdicts.kind(*cost) for cost in costs}
    unit, compared = next(iter(costs)) if len(kinds) == 1 else (verdicts.BETTER, "")
    return verdicts.sentence(
        verdicts.judged(pair.model_dump() | getattr(pair, key).model_dump(), value="ratio"),
        unit=unit,
        metric=compared,
        lang=lang,
        names=names,
        several=True,
    )
