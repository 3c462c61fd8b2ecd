"""Numbers with a unit in a normalised text, English or Chinese, in digits or in words. Pure; linear in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Kind = Literal["time", "bytes", "rate", "share"]


@dataclass(frozen=True)
class Quantity:
    """A number with its unit at ``[start, end)``.

    Attributes:
        number: where the number itself begins: in "每秒至少一千次" after its bound.
        value: in ``unit``, which is spelled as in the text; of a rate a second.
        vague: the unit is a bare letter ("512k") and may be none.
        of: what is counted, of a rate: "requests".
    """

    start: int
    end: int
    number: int
    kind: Kind
    value: Decimal
    unit: str
    vague: bool = False
    of: str = ""


_UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TIES = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH = {
    **{word: Decimal(place) for place, word in enumerate((*_UNITS, *_TEENS), start=1)},
    **{word: Decimal(10 * place) for place, word in enumerate(_TIES, start=2)},
}
_ARTICLES = frozenset({"a", "an"})
_SCALES = {"hundred": Decimal(100), "thousand": Decimal(1000), "million": Decimal(10**6)}
_FRACTIONS = {"half": Decimal("0.5"), "quarter": Decimal("0.25"), "fifth": Decimal("0.2"), "tenth": Decimal("0.1")}
_JOINING = frozenset({"of", "and"})
_KNOWN = frozenset({*_ENGLISH, *_SCALES, *_FRACTIONS, *_ARTICLES, *_JOINING})
_FIGURES = frozenset("0123456789")
_CHINESE = {letter: Decimal(place) for place, letter in enumerate("零一二三四五六七八九")} | {"两": Decimal(2)}
_TENS = {"十": Decimal(10), "百": Decimal(100), "千": Decimal(1000)}
_MYRIADS = {"万": Decimal(10**4), "亿": Decimal(10**8)}

_DIGITS = r"(?<![a-z0-9.])(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,15}(?:\.[0-9]{1,9})?)"
_WORD = "|".join(sorted(_KNOWN, key=len, reverse=True))
_WORDS = rf"(?<![a-z0-9-])(?:[0-9]{{1,3}}(?:\.[0-9]{{1,3}})? )?(?:(?:{_WORD})[ -]){{0,5}}(?:{_WORD})(?=[ -])"
_HANS = (
    r"(?<![零一二两三四五六七八九十百千万亿])(?:半|[零一二两三四五六七八九十百千万亿][零一二两三四五六七八九十百千万亿]{0,11}(?:点[零一二三四五六七八九]{1,4})?"
    r")|(?<![0-9.])[0-9]{1,9}(?:\.[0-9]{1,4})?[百千万亿]"
)
_NO_NUMBER = re.compile(r"(?:(?:few|several|many|couple|every|each) |[几数好每零一二两三四五六七八九十百千万亿点])$")
"""What stands before a number that is none ("a few hundred"), or that says how often ("every 20 ms")."""
_ANY = rf"(?P<number>{_HANS}|{_WORDS}|{_DIGITS})"

_TIME = (
    r"(?:ms|msecs?|milli-?seconds?|μs|micro-?seconds?|secs?|seconds?|min(?:ute)?s?|(?:(?<=[0-9])|(?<=[0-9] ))u?s)"
    r"(?![a-z0-9'])|毫秒(?!级)|微秒(?!级)|秒钟?(?![级杀开出回])|分钟"
)
_BYTES = (
    r"(?:[kmgt]i?b|[kmg]bytes?|(?:kilo|mega|giga|tera)bytes?|megs?|gigs?)(?![a-z0-9]|/s| ?per sec)|兆(?:字节)?(?!赫|瓦)"
)
_LETTER = (
    r"[kmg](?=$|[,.;!?)。、以之内的左]| ?(?:of|or|ram|sram|flash|memory|rom|limit|model|内存|以|之|模型)(?![a-z]))"
)
_SECOND = r"(?:second|sec|s|秒钟?)(?![a-z])"
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "rate",
        re.compile(rf"{_ANY}(?P<thousand>k)?(?P<of>(?: (?!of )[a-z]{{2,20}}){{1,3}}?) (?:a|each|every) {_SECOND}"),
    ),
    ("rate", re.compile(rf"{_ANY}(?P<thousand>k)?(?P<of>(?: ?[a-z]{{2,20}}){{0,3}}?) ?(?:per |/) ?{_SECOND}")),
    ("rate", re.compile(rf"{_ANY}(?P<thousand>k)? ?(?P<of>qps|rps|fps|req/s)(?![a-z])")),
    (
        "rate",
        re.compile(
            rf"(?P<of>qps|rps|吞吐量?|throughput)(?P<before>[^0-9,;。]{{0,14}}?){_ANY}(?P<thousand>k)?(?![0-9a-z%])"
        ),
    ),
    (
        "rate",
        re.compile(
            rf"每秒钟?(?P<before>[^0-9,;。零一二两三四五六七八九十百千万]{{0,10}}){_ANY}(?P<of>[^\s,。;]{{0,4}})"
        ),
    ),
    ("rate", re.compile(rf"{_ANY} ?(?P<of>[^\s,。;0-9a-z]{{0,4}})(?:/|每) ?秒")),
    ("time", re.compile(rf"{_ANY}[ -]?个?(?P<unit>{_TIME})")),
    ("bytes", re.compile(rf"{_ANY}[ -]?个?(?P<unit>{_BYTES})")),
    ("bytes", re.compile(rf"{_ANY} ?(?P<unit>(?P<vague>{_LETTER}))")),
    ("share", re.compile(rf"{_ANY} ?(?P<unit>%|percent(?:age points?)?|per cent|个?百分点)")),
)
"""The first that matches at a place wins: "500 requests a second" holds "a second"."""


def find(text: str) -> list[Quantity]:
    """Return the quantities in order, none within another."""
    taken = bytearray(len(text))
    found = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            begins = match.start("number")
            counts = _NO_NUMBER.search(text, max(begins - 8, 0), begins) is None
            value = _value(match["number"]) if counts else None
            if value is not None and not any(taken[match.start() : match.end()]):
                taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
                found.append(_quantity(kind, match, value))
    return sorted(found, key=lambda quantity: quantity.start)


def _quantity(kind: Kind, match: re.Match[str], value: Decimal) -> Quantity:
    groups = match.groupdict()
    if kind == "rate":
        value *= 1000 if groups.get("thousand") else 1
        of = (groups.get("of") or "").strip()
        return Quantity(match.start(), match.end(), match.start("number"), kind, value, "/s", of=of)
    unit = _SPELLED.get(groups["unit"], groups["unit"]).replace("-", "")
    vague = groups.get("vague") is not None
    return Quantity(match.start(), match.end(), match.start("number"), kind, value, unit, vague=vague)


_SPELLED = {"msecs": "msec", "mins": "min", "个百分点": "百分点", "percentage point": "%", "percentage points": "%"}
"""Units as ``probes.statistics.targets`` spells them, where a text does otherwise."""


def _value(written: str) -> Decimal | None:
    """Return the number that is written, None where the words make none."""
    readers: tuple[Callable[[str], Decimal | None], ...] = (_digits, _chinese, _english)
    return next((value for reader in readers if (value := reader(written)) is not None), None)


def _digits(written: str) -> Decimal | None:
    plain = written.replace(",", "")
    return Decimal(plain) if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", plain) else None


def _chinese(written: str) -> Decimal | None:
    """Return the value of "两百五十", "1.5万" or "半"; 十 stands for 一十."""
    if written == "半":
        return Decimal("0.5")
    written, _, decimals = written.partition("点")
    if decimals:
        whole = _chinese(written)
        digits = "".join(str(_CHINESE[letter]) for letter in decimals)
        return None if whole is None else whole + Decimal(f"0.{digits}")
    total, section, number = Decimal(0), Decimal(0), None
    for piece in re.findall(r"[0-9]+(?:\.[0-9]+)?|.", written):
        if piece in _TENS:
            section += (Decimal(1) if number is None else number) * _TENS[piece]
            number = None
        elif piece in _MYRIADS:
            total, section = total + (section + (number or 0) or Decimal(1)) * _MYRIADS[piece], Decimal(0)
            number = None
        elif piece in _CHINESE:
            number = _CHINESE[piece]
        elif piece[0] in _FIGURES:
            number = Decimal(piece)
        else:
            return None
    return total + section + (number or 0)


def _english(written: str) -> Decimal | None:
    """Return the value of "two hundred", "a tenth of a" (second), "one and a half" or "a"."""
    words = re.split("[ -]", written)
    if not {*words} - _JOINING or not all(word in _KNOWN or word[0] in _FIGURES for word in words):
        return None
    total = current = Decimal(0)
    for word, after_and in _with_and([word for word in words if word not in _ARTICLES]):
        if word in _JOINING:
            continue
        if word in _ENGLISH or word[0] in _FIGURES:
            current += _ENGLISH[word] if word in _ENGLISH else Decimal(word)
        elif word in _FRACTIONS:
            current = current + _FRACTIONS[word] if after_and else (current or Decimal(1)) * _FRACTIONS[word]
        else:
            current = (current or Decimal(1)) * _SCALES[word]
            if _SCALES[word] >= 1000:
                total, current = total + current, Decimal(0)
    return total + current or Decimal(1)  # a, an


def _with_and(words: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield each word, and whether an "and" stands before it."""
    joined = False
    for word in words:
        yield word, joined
        joined = word == "and"
