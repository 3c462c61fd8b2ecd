"""Seals of a decision: a digest of each part, which tells an edit from another program's result. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from advisor.decisions.provenance import engine_of

SEALS = "seals"
"""The part of a decision that holds a digest of each other part."""


def seals(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of every part of a decision, as JSON with sorted keys.

    No signature: who knows how can seal an edited document anew. It tells a document that was changed after it was
    written, by hand or by accident, from one that another program computed otherwise.
    """
    return {key: _digest(part) for key, part in sorted(document.items()) if key != SEALS}


def edited(document: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the parts that are not as they were sealed; None where the document was never sealed.

    A document that names the engine which made it was sealed by that program, so there a missing seal is an edit.
    """
    held = document.get(SEALS)
    if not held:
        return (SEALS,) if engine_of(document.get("program") or {}) else None
    now = seals(document)
    return tuple(sorted(key for key in held.keys() | now.keys() if held.get(key) != now.get(key)))


def _digest(part: Any) -> str:
    return hashlib.sha256(json.dumps(_settled(part), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _settled(value: Any) -> Any:
    """Return a value as every JSON writer gives it: some write 2.0 as 2."""
    if isinstance(value, Mapping):
        return {key: _settled(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_settled(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
