"""Two saved decisions side by side: needs, weights, values, results. Pure: no files, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from advisor.decisions.document import read_decision
from advisor.errors import InputError
from advisor.model.text import Text

VISIBLE = 0.005
"""Differences of shares and values below half a point are not told."""


def compare_decisions(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Say where two ``decision/1`` documents differ.

    Returns:
        {"same": bool, "differences": [{"what", "first", "second", "text"}]}: the result first, then what led
        to it: answers, weights, values, evidence, knowledge; largest change first within each.

    Raises:
        InputError: one of them is not a decision.
    """
    problems = []
    for name, document in (("first", first), ("second", second)):
        try:
            read_decision(document, name=f"the {name} document")
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    one, other = first["recommendation"], second["recommendation"]
    said, said_then = first.get("needs") or {}, second.get("needs") or {}
    differences = [
        *_values({"recommended": one.get("recommended")}, {"recommended": other.get("recommended")}, "result"),
        *_values({"strength": one.get("strength")}, {"strength": other.get("strength")}, "result"),
        *_numbers(one.get("acceptability") or {}, other.get("acceptability") or {}, "acceptability"),
        *_values(said.get("answers") or {}, said_then.get("answers") or {}, "answers"),
        *_values(
            said.get("excluded") or {},
            said_then.get("excluded") or {},
            "excluded",
        ),
        *_numbers(
            said.get("priorities") or {},
            said_then.get("priorities") or {},
            "priorities",
        ),
        *_numbers(_weights(one), _weights(other), "weights"),
        *_numbers(_criterion_values(one), _criterion_values(other), "values"),
        *_values(_context(first), _context(second), "context"),
    ]
    return {"same": not differences, "differences": differences}


def _weights(recommendation: Mapping[str, Any]) -> dict[str, float]:
    return {row["id"]: row["weight"] for row in recommendation.get("criteria") or ()}


def _criterion_values(recommendation: Mapping[str, Any]) -> dict[str, float]:
    return {
        f"{row['id']}.{framework}": value
        for row in recommendation.get("criteria") or ()
        for framework, value in row["value"].items()
    }


def _context(document: Mapping[str, Any]) -> dict[str, Any]:
    knowledge = document["recommendation"].get("knowledge") or {}
    return {
        "knowledge": (knowledge.get("sha256") or "")[:12],
        "probes measured": sum(len(session.get("probes") or ()) for session in document.get("evidence") or ()),
        **{f"version of {name}": version for name, version in (document.get("versions") or {}).items()},
    }


def _values(first: Mapping[str, Any], second: Mapping[str, Any], group: str) -> Iterable[dict[str, Any]]:
    for key in sorted(set(first) | set(second)):
        if first.get(key) != second.get(key):
            yield _difference(f"{group}: {key}", first.get(key), second.get(key))


def _numbers(first: Mapping[str, float], second: Mapping[str, float], group: str) -> Iterable[dict[str, Any]]:
    """Yield visible differences of numbers, the largest first; what only one of them has counts in full."""
    changes = {key: (first.get(key), second.get(key)) for key in set(first) | set(second)}
    order = sorted(changes, key=lambda key: (-_size(*changes[key]), key))
    for key in order:
        one, other = changes[key]
        if _size(one, other) >= VISIBLE:
            yield _difference(f"{group}: {key}", one, other)


def _size(one: float | None, other: float | None) -> float:
    return abs((one or 0.0) - (other or 0.0))


def _difference(what: str, one: Any, other: Any) -> dict[str, Any]:
    text = Text(
        en=f"{what}: {_shown(one)} in the first, {_shown(other)} in the second",
        zh=f"{what}：第一份 {_shown(one)}，第二份 {_shown(other)}",
    )
    return {"what": what, "first": one, "second": other, "text": text.model_dump()}


def _shown(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
