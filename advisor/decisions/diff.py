"""Two saved decisions side by side: needs, weights, values, results. Pure: no files, no clock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from advisor.decisions.document import Decision, read_decision
from advisor.decisions.results import Comparison, Difference
from advisor.errors import InputError
from advisor.model.recommendation import Recommendation
from advisor.model.text import Text

VISIBLE = 0.005
"""Differences of shares and values below half a point are not shown."""


def compare_decisions(first: Mapping[str, Any], second: Mapping[str, Any]) -> Comparison:
    """Return where two ``decision/1`` documents differ.

    Raises:
        InputError: one of them is not a decision; the problems of both at once.
    """
    decisions: list[Decision] = []
    problems: list[str] = []
    for name, document in (("first", first), ("second", second)):
        try:
            decisions.append(read_decision(document, name=f"the {name} document"))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    one, other = decisions
    result, other_result = one.recommendation, other.recommendation
    differences = [
        *_values({"recommended": result.recommended}, {"recommended": other_result.recommended}, "result"),
        *_values({"strength": result.strength}, {"strength": other_result.strength}, "result"),
        *_numbers(result.acceptability, other_result.acceptability, "acceptability"),
        *_values(_part(one, "answers"), _part(other, "answers"), "answers"),
        *_values(_part(one, "excluded"), _part(other, "excluded"), "excluded"),
        *_numbers(_part(one, "priorities"), _part(other, "priorities"), "priorities"),
        *_values(_part(one, "targets"), _part(other, "targets"), "targets"),
        *_numbers(_weights(result), _weights(other_result), "weights"),
        *_numbers(_criterion_values(result), _criterion_values(other_result), "values"),
        *_values(_context(one), _context(other), "context"),
    ]
    return Comparison(same=not differences, differences=tuple(differences))


def _part(decision: Decision, key: str) -> Mapping[str, Any]:
    """Return a part of the needs, which have a reader of their own and are compared as they stand."""
    part = decision.needs.get(key)
    return part if isinstance(part, Mapping) else {}


def _weights(recommendation: Recommendation) -> dict[str, float]:
    return {row.id: row.weight for row in recommendation.criteria}


def _criterion_values(recommendation: Recommendation) -> dict[str, float]:
    return {f"{row.id}.{framework}": value for row in recommendation.criteria for framework, value in row.value.items()}


def _context(decision: Decision) -> dict[str, Any]:
    return {
        "knowledge": decision.recommendation.knowledge.sha256[:12],
        "probes measured": sum(len(session.get("probes") or ()) for session in decision.evidence),
        **{f"version of {name}": version for name, version in decision.versions.items()},
    }


def _values(first: Mapping[str, Any], second: Mapping[str, Any], group: str) -> Iterable[Difference]:
    for key in sorted(set(first) | set(second)):
        if first.get(key) != second.get(key):
            yield _difference(f"{group}: {key}", first.get(key), second.get(key))


def _numbers(first: Mapping[str, float], second: Mapping[str, float], group: str) -> Iterable[Difference]:
    """Yield visible differences of numbers, the largest first; what only one of them has counts in full."""
    changes = {key: (first.get(key), second.get(key)) for key in set(first) | set(second)}
    order = sorted(changes, key=lambda key: (-_size(*changes[key]), key))
    for key in order:
        one, other = changes[key]
        if _size(one, other) >= VISIBLE:
            yield _difference(f"{group}: {key}", one, other)


def _size(one: Any, other: Any) -> float:
    """Return how far two numbers lie apart; priorities written by hand may be none, and then differ or do not."""
    if not all(isinstance(value, int | float | None) for value in (one, other)):
        return 0.0 if one == other else math.inf
    return abs(float(one or 0.0) - float(other or 0.0))


def _difference(what: str, one: Any, other: Any) -> Difference:
    text = Text(
        en=f"{what}: {_shown(one)} in the first, {_shown(other)} in the second",
        zh=f"{what}：第一份 {_shown(one)}，第二份 {_shown(other)}",
    )
    return Difference(what=what, first=one, second=other, text=text)


def _shown(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
