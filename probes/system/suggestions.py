"""What messages about a document share: where something stands, and the nearest known word. Standard library only."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LISTED = 16
"""How many known words a message lists at most; a longer list helps nobody."""

CLOSE = 0.8
"""Similarity (``difflib.SequenceMatcher.ratio``, 0 to 1) of a slip of the fingers."""

SIMILAR = 0.6
"""Similarity of what may be meant; near in spelling may be far in sense: "gpu" is not "tpu"."""


def spelled(path: Iterable[str | int], place: str = "") -> str:
    """Return ``path``, seen from ``place``, as people write it: ``claims[3].sources[0].title``."""
    for part in path:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else part
    return place


def nearest_word(word: str, known: Iterable[str], *, similarity: float = SIMILAR) -> str | None:
    """Return the known word nearest in spelling, None where none is as similar; the case of ``word`` is no matter."""
    return next(iter(difflib.get_close_matches(word.casefold(), sorted(known), n=1, cutoff=similarity)), None)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the way out of an unknown ``word``: "did you mean ...?", and what is known where that is unsure."""
    words = sorted(known)
    listed = f"known: {', '.join(words)}" if len(words) <= LISTED else ""
    for similarity, more in ((CLOSE, ""), (SIMILAR, listed)):
        close = nearest_word(word, words, similarity=similarity)
        if close:
            return f"did you mean '{close}'? {more}".rstrip()
    if len(words) > LISTED:
        return f"none of the {len(words)} known ones is near"
    return listed if words else "none is known yet"
