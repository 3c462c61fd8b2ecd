"""The shape of a saved decision, checked before anything reads on, and its seals. Pure: no files, no clock.

Only what ``verify``, ``recheck`` and ``compare`` walk through is looked at; the needs and each
evidence document have readers of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.decisions.seals import SEALS
from advisor.errors import InputError

SCHEMA = "decision/1"


_OBJECTS = ("needs", "recommendation")
_OBJECTS_OR_NONE = ("claims", "sources", "versions", "basis", "probes", "program", SEALS)
_LISTS_OR_NONE = ("evidence", "transcript", "measurable")
_RECOMMENDATION_OBJECTS = ("knowledge", "machine", "acceptability", "utility", "confidence")


def validated(document: Any, *, name: str = "") -> Mapping[str, Any]:
    """Return the document if it is a decision that can be walked through.

    Args:
        document: what was read. name: how the document is called in messages, where there are several.

    Raises:
        InputError: with every problem and its place.
    """
    before = f"{name}: " if name else ""
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, Mapping) else None
        raise InputError([f"{before}not a decision: its schema is {found!r}, expected '{SCHEMA}'"])
    problems = [f"{key}: missing or not an object" for key in _OBJECTS if not isinstance(document.get(key), Mapping)]
    problems += _not_objects(document, _OBJECTS_OR_NONE, "")
    versions = document.get("versions")
    if isinstance(versions, Mapping):
        problems += [f"versions.{key}: not a text" for key, value in versions.items() if not isinstance(value, str)]
    for key in _LISTS_OR_NONE:
        inside = str if key == "measurable" else Mapping
        problems += _not_lists(document.get(key), key, inside)
    recommendation = document.get("recommendation")
    if isinstance(recommendation, Mapping):
        problems += _not_objects(recommendation, _RECOMMENDATION_OBJECTS, "recommendation.")
        problems += _criteria(recommendation.get("criteria"))
        for key in ("acceptability", "utility"):
            problems += _not_numbers(recommendation.get(key), f"recommendation.{key}")
    if problems:
        raise InputError([before + problem for problem in problems])
    return document


def _not_objects(holder: Mapping[str, Any], keys: tuple[str, ...], place: str) -> list[str]:
    return [
        f"{place}{key}: not an object"
        for key in keys
        if holder.get(key) is not None and not isinstance(holder[key], Mapping)
    ]


def _not_numbers(values: Any, place: str) -> list[str]:
    if not isinstance(values, Mapping):
        return []
    return [f"{place}.{key}: not a number" for key, value in values.items() if not _number(value)]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _not_lists(found: Any, key: str, inside: type) -> list[str]:
    if found is None:
        return []
    if not isinstance(found, list | tuple):
        return [f"{key}: not a list"]
    what = "a text" if inside is str else "an object"
    return [f"{key}[{place}]: not {what}" for place, entry in enumerate(found) if not isinstance(entry, inside)]


def _criteria(rows: Any) -> list[str]:
    if rows is None:
        return []
    if not isinstance(rows, list | tuple):
        return ["recommendation.criteria: not a list"]
    problems = []
    for at, row in enumerate(rows):
        place = f"recommendation.criteria[{at}]"
        if not isinstance(row, Mapping):
            problems.append(f"{place}: not an object")
        elif not isinstance(row.get("id"), str) or not _number(row.get("weight")):
            problems.append(f"{place}: 'id' or 'weight' is missing or wrong")
        elif not isinstance(row.get("value"), Mapping):
            problems.append(f"{place}.value: missing or not an object")
        else:
            problems += _not_numbers(row["value"], f"{place}.value")
    return problems
