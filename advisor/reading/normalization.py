"""Text as the lexicon sees it, with the way back to the text as it was written.

Pure: no files, no clock. Never fails on any string; linear in its length.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh", "mixed", "other"]

_URL = re.compile(r"(?:https?|ftp)://[^\s<>\u3000-\u9fff]{1,2000}|<[/!a-zA-Z][^<>\n]{0,300}>")
_PLAIN = {"\u2018": "'", "\u2019": "'", "\u2013": "-", "\u2014": "-", "\u2011": "-", "\u2010": "-", "`": "'"}
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_KANA_AND_OTHERS = re.compile(r"[\u0370-\u07ff\u0900-\u109f\u10a0-\u11ff\u3040-\u30ff\uac00-\ud7af]")

_ENGLISH = frozenset(
    """
    the a an we i my our is are be to on in at for with it this that of and or not no do does have has
    need want can should how what which run use if from as but will would any there you your me by please
    """.split()  # noqa: SIM905 -- a list of ninety quoted words is not readable
)
_OTHER_LATIN = frozenset(
    """
    der die das und nicht ein eine ich wir ist mit auf für le la les des une est nous je pour avec sur
    dans pas el los una para con por que del como en il che di per non sono um uma não com é и
    """.split()  # noqa: SIM905 -- a list of ninety quoted words is not readable
)


@dataclass(frozen=True)
class NormalizedText:
    """Normalised text; ``starts[i]`` and ``ends[i]`` bound its character ``i`` in the original."""

    text: str
    starts: list[int]
    ends: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original's span of the normalised ``[start, end)``; it must not be empty."""
        return self.starts[start], self.ends[end - 1]


def normalise(text: str, traditional: Mapping[str, str]) -> NormalizedText:
    """Fold width, case, spaces and traditional characters; drop invisible ones; blank out addresses and tags.

    Args:
        text: any string, lone surrogates included.
        traditional: traditional to simplified, one character each.
    """
    text = _URL.sub(lambda found: " " * len(found.group()), text)
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for place, character in enumerate(text):
        if character.isascii():
            folded = character.lower() if character > " " else " "
            folded = "'" if folded == "`" else folded
        else:
            if unicodedata.category(character) in {"Cf", "Mn", "Cs", "Co"}:
                continue
            folded = _PLAIN.get(character) or unicodedata.normalize("NFKC", character).casefold()
        for piece in folded:
            piece = traditional.get(piece, piece)
            if piece.isspace():
                piece = " "
                if characters and characters[-1] == " ":
                    continue
            elif len(characters) > 1 and characters[-1] == " " and is_cjk(piece) and is_cjk(characters[-2]):
                # Where a line of Chinese was broken, a space stands in the middle of a word.
                del characters[-1], starts[-1], ends[-1]
            characters.append(piece)
            starts.append(place)
            ends.append(place + 1)
    return NormalizedText("".join(characters), starts, ends)


def is_cjk(character: str) -> bool:
    """Return True if ``character`` is a Chinese one."""
    return _CJK.match(character) is not None


def language(normal: NormalizedText, terms: frozenset[str]) -> Language:
    """Return the language of the prose; technical ``terms`` in Latin letters do not make Chinese text mixed."""
    text = normal.text
    chinese = len(_CJK.findall(text))
    foreign = len(_KANA_AND_OTHERS.findall(text))
    words = _WORD.findall(text)
    english = sum(word in _ENGLISH for word in words)
    ordinary = sum(len(word) > 1 and word not in terms for word in words)
    if foreign > chinese + sum(map(len, words)) / 2:
        return "other"
    if not chinese:
        other = sum(word in _OTHER_LATIN for word in words)
        return "en" if words and (english >= other) else "other"
    if foreign * 4 > chinese:
        return "other"
    if english >= 2 and english * 12 > chinese:
        return "mixed"
    return "mixed" if ordinary >= 2 and ordinary * 4 > chinese else "zh"
