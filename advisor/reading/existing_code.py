"""What a text as a whole tells about the code there is: it is kept, complained about, or left behind.

One sentence names the framework, another one tells what shall become of it ("written in X ... it breaks with every
upgrade ... so we start over"). Having code in X is then no wish to go on with it. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from advisor.reading.conflict_resolution import Reading
from advisor.reading.negation_scope import Cues
from advisor.reading.types import FILL, OFFER

CODE = "codebase"
_KNOWN = "experience"
_KEPT = 0.9
"""Confidence that what a team uses and will not give up is code that must live on."""
_OPEN = 0.6
"""Confidence that code somebody complains about must live on: offered, not filled."""


def retold(found: Sequence[Reading], text: str, cues: Cues, *, frameworks: Collection[str]) -> list[Reading]:
    """Return the readings with those on existing code as the whole text means them.

    Args:
        found: what rules and model read, clause by clause.
        text: normalised.
        cues: says how keeping, leaving and complaining are worded.
        frameworks: ids of the knowledge base.
    """
    kept = cues.keeps.search(text)
    if not kept and not cues.leaves.search(text) and not cues.complains.search(text):
        return list(found)
    if not kept:
        given_up = {CODE, _KNOWN} if cues.leaves.search(text) else {CODE}
        return [
            replace(reading, confidence=min(reading.confidence, _OPEN))
            if reading.question in given_up and reading.wanted and reading.option in frameworks
            else reading
            for reading in found
        ]
    used = [
        reading
        for reading in found
        if reading.question in {CODE, _KNOWN} and reading.wanted and reading.confidence >= OFFER
    ]
    left = {reading.option for reading in found if reading.question == CODE and not reading.wanted}
    named = {reading.option for reading in used if reading.option in frameworks} - left
    surely = any(reading.question == CODE and reading.wanted and reading.confidence >= FILL for reading in found)
    if len(named) != 1 or surely:
        return list(found)
    (name,) = named
    first = next(reading for reading in used if reading.option == name)
    return [*found, replace(first, question=CODE, confidence=_KEPT, by="rule", implied=False, fallback=False)]
