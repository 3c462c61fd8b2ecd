"""What a text as a whole says about the code there is: it is kept, complained about, or left behind.

One sentence names the framework, another one what shall become of it ("written in X ... it breaks with every
upgrade ... so we start over"). Having code in X is then no wish to go on with it. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from advisor.reading.conflict_resolution import Reading
from advisor.reading.negation_scope import Cues
from advisor.reading.roles import Roles
from advisor.reading.types import FILL, OFFER

_KEPT = 0.9
"""Confidence that what a team uses and will not give up is code that must live on."""
_OPEN = 0.6
"""Confidence that code somebody complains about must live on: offered, not filled."""


def revise(
    readings: Sequence[Reading], text: str, cues: Cues, *, frameworks: Collection[str], roles: Roles
) -> list[Reading]:
    """Return the readings with those on existing code as the whole text means them.

    Args:
        readings: what rules and model read, clause by clause.
        text: normalised.
        cues: how keeping, leaving and complaining are worded.
        frameworks: ids of the knowledge base.
        roles: which questions are about existing code and about what the team knows.
    """
    if cues.keeps.search(text):
        return [*readings, *_living_on(readings, frameworks, roles)]
    if cues.leaves.search(text):
        return _in_doubt(readings, roles.background, frameworks)
    if cues.complains.search(text):
        return _in_doubt(readings, roles.existing_code, frameworks)
    return list(readings)


def _in_doubt(readings: Sequence[Reading], questions: Collection[str], frameworks: Collection[str]) -> list[Reading]:
    """Return the readings with the frameworks named on ``questions`` offered at most."""
    return [
        replace(reading, confidence=min(reading.confidence, _OPEN))
        if reading.question in questions and reading.wanted and reading.option in frameworks
        else reading
        for reading in readings
    ]


def _living_on(readings: Sequence[Reading], frameworks: Collection[str], roles: Roles) -> list[Reading]:
    """Return that the one framework in use is existing code, unless that has been read for sure."""
    code = [reading for reading in readings if reading.question in roles.existing_code]
    if any(reading.wanted and reading.confidence >= FILL for reading in code):
        return []
    left = {reading.option for reading in code if not reading.wanted}
    used = [
        reading
        for reading in readings
        if reading.question in roles.background
        and reading.wanted
        and reading.confidence >= OFFER
        and reading.option in frameworks
        and reading.option not in left
    ]
    if len({reading.option for reading in used}) != 1:
        return []
    return [
        replace(used[0], question=question, confidence=_KEPT, by="rule", implied=False, fallback=False)
        for question in sorted(roles.existing_code)
    ]
