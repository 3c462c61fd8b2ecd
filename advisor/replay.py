"""A saved decision, computed again: from what it holds (``verify``), and from what is known today (``recheck``).

Works on the plain ``decision/1`` document. Pure: no files, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from advisor import measured as door
from advisor import needs as needs_reader
from advisor.advise import advise
from advisor.needs import InputError
from advisor.saved import checked
from advisor.types import Knowledge, Recommendation, Text
from probes import evidence as evidence_documents
from probes.types import Evidence, Probe

EXACT = 1e-9
"""Weights, values and utilities are sums: another machine may round the last digits differently."""

SAMPLED = 0.01
"""Shares of draws may differ by a point where another NumPy draws other numbers from the same seed."""

_COMPARED: Mapping[str, float] = {
    "recommended": EXACT,
    "utility": EXACT,
    "criteria": EXACT,
    "excluded": EXACT,
    "routes": EXACT,
    "settled": EXACT,
    "for": EXACT,
    "against": EXACT,
    "strength": EXACT,
    "acceptability": SAMPLED,
    "confidence": 5 * SAMPLED,
}
"""What a decision stands on, with the tolerance of its numbers."""


_LINKS = frozenset({"superseded_by", "counter_claims"})
"""A decision's basis holds only what weighs, so these point out of it and are left out there."""


def verify(
    document: Mapping[str, Any], knowledge: Knowledge | None = None, *, probes: Sequence[Probe] = ()
) -> dict[str, Any]:
    """Recompute a decision from what it holds; list what differs.

    Args:
        document: decision/1. knowledge: used where the document does not hold its own basis.
        probes: the catalogue, which says what each probe speaks to.

    Returns:
        {"same": bool, "differences": [{"place", "saved", "computed", "text"}], "basis": "document" | "installed"}.

    Raises:
        InputError: not a decision, or parts of it cannot be read.
    """
    saved = _recommendation(document)
    basis, origin = _basis(document, knowledge)
    computed = _computed(
        document,
        basis,
        probes=probes,
        today=_made_on(document),
        versions=document.get("versions") or {},
        machine=saved.get("machine"),
    ).document()
    differences = _differences(saved, computed)
    differences.extend(_edited(document, "claims", basis.claims))
    differences.extend(_edited(document, "sources", basis.sources))
    stamp = saved.get("knowledge") or {}
    if origin == "installed" and stamp.get("sha256") != basis.sha256:
        differences.append(_difference("knowledge.sha256", stamp.get("sha256"), basis.sha256))
    return {"same": not differences, "differences": differences, "basis": origin}


def recheck(
    document: Mapping[str, Any],
    knowledge: Knowledge,
    *,
    today: date,
    versions: Mapping[str, str] | None = None,
    machine: Mapping[str, Any] | None = None,
    probes: Sequence[Probe] = (),
) -> dict[str, Any]:
    """Decide again with today's knowledge, versions and machine; say what changed and whether the decision stands.

    It stands where the same framework is recommended. Evidence of another machine than this one counts for less.

    Returns:
        {"stands": bool, "then": {...}, "now": {...}, "changes": [{"what", "then", "now", "text"}]}.

    Raises:
        InputError: not a decision, or answers that today's questions no longer know.
    """
    saved = _recommendation(document)
    now = _computed(document, knowledge, probes=probes, today=today, versions=versions or {}, machine=machine)
    changes = [
        *_knowledge_changes(document, saved, knowledge),
        *_version_changes(document, versions or {}),
        *_machine_changes(document, machine),
        *_result_changes(saved, now),
    ]
    return {
        "stands": saved.get("recommended") == now.recommended,
        "then": _summary(saved),
        "now": _summary(now.document()),
        "changes": changes,
    }


# ---------------------------------------------------------------- reading the document


def _recommendation(document: Mapping[str, Any]) -> Mapping[str, Any]:
    saved: Mapping[str, Any] = checked(document)["recommendation"]
    return saved


def _basis(document: Mapping[str, Any], knowledge: Knowledge | None) -> tuple[Knowledge, str]:
    if document.get("basis"):
        try:
            return Knowledge.model_validate(document["basis"]), "document"
        except ValidationError as error:
            raise InputError(
                [f"basis.{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
            ) from error
    if knowledge is None:
        raise InputError(["basis: missing, and no knowledge base was given to recompute from"])
    return knowledge, "installed"


def _made_on(document: Mapping[str, Any]) -> date:
    try:
        return date.fromisoformat(str(document.get("made_on")))
    except ValueError as error:
        raise InputError([f"made_on: {document.get('made_on')!r} is not a date such as 2026-11-01"]) from error


def _computed(
    document: Mapping[str, Any],
    knowledge: Knowledge,
    *,
    probes: Sequence[Probe],
    today: date,
    versions: Mapping[str, str],
    machine: Mapping[str, Any] | None,
) -> Recommendation:
    seed = document.get("random_seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise InputError([f"random_seed: {seed!r} is not a whole number from 0"])
    return advise(
        needs_reader.parse(document["needs"], knowledge),
        knowledge,
        _evidence(document),
        today=today,
        random_seed=seed,
        versions=versions,
        probes=probes,
        machine=machine,
    )


def _evidence(document: Mapping[str, Any]) -> tuple[Evidence, ...]:
    sessions = document.get("evidence") or ()
    found: list[Evidence] = []
    problems: list[str] = []
    for place, session in enumerate(sessions):
        try:
            found.append(evidence_documents.parse(session))
        except evidence_documents.EvidenceError as error:
            problems.extend(f"evidence[{place}]: {problem}" for problem in error.problems)
    if problems:
        raise InputError(problems)
    return tuple(found)


# ---------------------------------------------------------------- differences


def _difference(place: str, saved: Any, computed: Any) -> dict[str, Any]:
    return {
        "place": place,
        "saved": saved,
        "computed": computed,
        "text": {
            "en": f"{place}: the document says {saved!r}, the computation {computed!r}",
            "zh": f"{place}：文件中为 {saved!r}，重新计算为 {computed!r}",
        },
    }


def _differences(saved: Mapping[str, Any], computed: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for key, tolerance in _COMPARED.items():
        for place, one, other in _unequal(saved.get(key), computed.get(key), tolerance, place=key):
            found.append(_difference(place, one, other))
    return found


def _unequal(saved: Any, computed: Any, tolerance: float, *, place: str) -> list[tuple[str, Any, Any]]:
    """Return the places where two documents differ, numbers beyond the tolerance."""
    if isinstance(saved, Mapping) and isinstance(computed, Mapping):
        return [
            entry
            for key in sorted(set(saved) | set(computed))
            for entry in _unequal(saved.get(key), computed.get(key), tolerance, place=f"{place}.{key}")
        ]
    if isinstance(saved, list | tuple) and isinstance(computed, list | tuple):
        if len(saved) != len(computed):
            return [(place, saved, computed)]
        return [
            entry
            for index, (one, other) in enumerate(zip(saved, computed, strict=True))
            for entry in _unequal(one, other, tolerance, place=f"{place}[{index}]")
        ]
    if _number(saved) and _number(computed):
        return [] if math.isclose(saved, computed, rel_tol=tolerance, abs_tol=tolerance) else [(place, saved, computed)]
    return [] if saved == computed else [(place, saved, computed)]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _edited(document: Mapping[str, Any], section: str, weighed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return where a claim or source as shown is not the one that was weighed, texts included."""
    found = []
    for name, shown in sorted((document.get(section) or {}).items()):
        if name not in weighed:
            found.append(_difference(f"{section}.{name}", name, None))
            continue
        held = weighed[name].model_dump(mode="json")
        if not isinstance(shown, Mapping):
            found.append(_difference(f"{section}.{name}", shown, held))
            continue
        for key in sorted(held.keys() - _LINKS):
            if shown.get(key) != held[key]:
                found.append(_difference(f"{section}.{name}.{key}", shown.get(key), held[key]))
    return found


# ---------------------------------------------------------------- what changed since


def _change(what: str, then: Any, now: Any, text: Text) -> dict[str, Any]:
    return {"what": what, "then": then, "now": now, "text": text.model_dump()}


def _knowledge_changes(
    document: Mapping[str, Any], saved: Mapping[str, Any], knowledge: Knowledge
) -> list[dict[str, Any]]:
    stamp = saved.get("knowledge") or {}
    if stamp.get("sha256") == knowledge.sha256:
        return []
    found = [
        _change(
            "knowledge",
            stamp.get("version"),
            knowledge.version,
            Text(
                en=f"The knowledge base is another one: {stamp.get('version')} then, {knowledge.version} now.",
                zh=f"知识库已变化：当时 {stamp.get('version')}，现在 {knowledge.version}。",
            ),
        )
    ]
    for name, then in sorted((document.get("claims") or {}).items()):
        now = knowledge.claims.get(name)
        if now is None:
            text = Text(en=f"The claim {name} is gone.", zh=f"论断 {name} 已删除。")
            found.append(_change(f"claims.{name}", then.get("truth"), None, text))
            continue
        today = now.model_dump(mode="json")
        for key in ("truth", "value", "grade"):
            if then.get(key) != today[key]:
                text = Text(
                    en=f"The claim {name}: {key} was {then.get(key)}, is {today[key]}.",
                    zh=f"论断 {name}：{key} 由 {then.get(key)} 变为 {today[key]}。",
                )
                found.append(_change(f"claims.{name}.{key}", then.get(key), today[key], text))
    return found


def _version_changes(document: Mapping[str, Any], versions: Mapping[str, str]) -> list[dict[str, Any]]:
    then = document.get("versions") or {}
    found = []
    for name in sorted(set(then) | set(versions)):
        if then.get(name) != versions.get(name):
            text = Text(
                en=f"{name}: {then.get(name) or 'not installed'} then, {versions.get(name) or 'not installed'} now.",
                zh=f"{name}：当时 {then.get(name) or '未安装'}，现在 {versions.get(name) or '未安装'}。",
            )
            found.append(_change(f"versions.{name}", then.get(name), versions.get(name), text))
    return found


def _machine_changes(document: Mapping[str, Any], machine: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    if machine is None:
        return []
    found = []
    for place, session in enumerate(document.get("evidence") or ()):
        then = session.get("machine") or {}
        if not door.same_machine(then, machine):
            text = Text(
                en="The measurements were made on another machine; they count for less here.",
                zh="测量来自另一台机器，在此权重较低。",
            )
            found.append(_change(f"evidence[{place}].machine", door.identity(then), door.identity(machine), text))
    return found


def _result_changes(saved: Mapping[str, Any], now: Recommendation) -> list[dict[str, Any]]:
    found = []
    then = saved.get("recommended")
    if then != now.recommended:
        text = Text(
            en=f"The recommendation was {then or 'none'} and would be {now.recommended or 'none'}.",
            zh=f"当时推荐 {then or '无'}，现在会推荐 {now.recommended or '无'}。",
        )
        found.append(_change("recommended", then, now.recommended, text))
    if saved.get("strength") != now.strength:
        text = Text(
            en=f"The strength was “{saved.get('strength')}” and would be “{now.strength}”.",
            zh=f"强度由“{saved.get('strength')}”变为“{now.strength}”。",
        )
        found.append(_change("strength", saved.get("strength"), now.strength, text))
    return found


def _summary(recommendation: Mapping[str, Any]) -> dict[str, Any]:
    return {key: recommendation.get(key) for key in ("recommended", "strength", "acceptability", "utility")}
