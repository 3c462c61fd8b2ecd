"""The report as JSON: the decision itself, to replay and to check again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisor.decisions.document import Decision

SUFFIX = "json"
MIME = "application/json"


def render(decision: Decision, lang: str) -> bytes:
    """Return the ``decision/1`` document; the language makes no difference to it."""
    return (json.dumps(decision.document(), ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()
