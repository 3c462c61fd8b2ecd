"""Files of measurements that are opened on a page: read strictly, kept, and used."""

from __future__ import annotations

from typing import Any

from advisor.errors import InputError
from advisor.ui.components import progress
from advisor.ui.texts import say
from probes.evidence.sets import parse_sessions
from probes.system import json_reading


def take(content: bytes) -> None:
    """Use the sessions of an evidence file, or a table of routes.

    Raises:
        EvidenceError: with every problem found.
        InputError: it is no JSON object.
    """
    sessions = parse_sessions(_json(content))
    progress.warn([])
    for session in sessions:
        progress.use(session)


def _json(content: bytes) -> dict[str, Any]:
    try:
        found = json_reading.loads(content)
    except json_reading.Refused as error:
        raise InputError([say(f"not JSON: {error.why['en']}", f"不是 JSON：{error.why['zh']}")]) from error
    if not isinstance(found, dict):
        raise InputError([say("a JSON object is wanted", "需要一个 JSON 对象")])
    return found
