"""The report as JSON: the decision itself, to replay and to check again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from advisor.model.text import Text
from probes.wording.visible import visible

if TYPE_CHECKING:
    from advisor.decisions.document import Decision

SUFFIX = "json"
MIME = "application/json"
NAME = Text(en="Data, to check again", zh="数据，可供复核")
ICON = "data_object"
ON_DEMAND = False


def render(decision: Decision, lang: str) -> bytes:
    """Return the ``decision/1`` document; the language makes no difference to it."""
    return (visible(json.dumps(decision.document(), ensure_ascii=False, indent=1, allow_nan=False)) + "\n").encode()
