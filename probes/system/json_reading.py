"""Foreign JSON, read as its standard has it and no further: every key once, numbers that are numbers, within limits.

Python's own reader keeps the last of two equal keys, takes NaN, and overflows on depth or digits. Every document that
somebody else may have written comes in here. Standard library only; pure.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeGuard

DEEPEST = 64
"""Levels of nesting that are read; our own documents need a dozen."""

LARGEST = 256_000_000
"""Bytes of a document; a decision with evidence takes about one million."""

LARGEST_WHOLE = 2**63
"""No document of ours holds a larger whole number; one of hundreds of digits would overflow what computes with it."""

LONGEST_NUMBER = 1_000
"""Characters of a number; writing one out exactly takes fewer than 800."""

_HALF_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|NaN|-?Infinity|-?\d[\d.eE+-]*', re.DOTALL)


class Refused(ValueError):
    """A text is no JSON that is read here.

    Attributes:
        why: the reason, by language ("en", "zh").
    """

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.why = {"en": en, "zh": zh}


def loads(text: str | bytes, *, largest: int = LARGEST, ours: bool = False) -> Any:
    """Read one JSON document strictly.

    Args:
        text: as text or as UTF-8, a byte order mark allowed. largest: bytes that are read.
        ours: written by a worker of ours: NaN and Infinity are values that it observed, half a character is part of a
            file name that its locale cannot spell.

    Raises:
        Refused: too large, not UTF-8, no JSON, a key that stands twice in one object, nested too deeply, a number that
            is too long or not finite, or half a character; each limit stands in the message.
    """
    written = _decoded(text, largest)
    try:
        found = json.loads(written, object_pairs_hook=_unique, parse_int=_whole, parse_float=_real)
    except json.JSONDecodeError as error:
        raise Refused(
            f"{error.msg}, line {error.lineno}, column {error.colno}",
            f"第 {error.lineno} 行第 {error.colno} 列：{error.msg}",
        ) from None
    except RecursionError:
        raise _too_deep() from None
    _check(found, written, finite=not ours)
    if not ours and _HALF_ESCAPE.search(written):
        _check_characters(found)
    return found


def is_number(value: Any) -> TypeGuard[float]:
    """Return whether a value read is a number; to Python true and false are whole numbers too."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _decoded(text: str | bytes, largest: int) -> str:
    try:
        raw = text.encode() if isinstance(text, str) else text
        if len(raw) > largest:
            raise Refused(f"over {largest:,} bytes, the most that is read", f"超过可读上限 {largest:,} 字节")
        return raw.decode("utf-8-sig")
    except UnicodeEncodeError as error:
        raise _half(error) from None
    except UnicodeDecodeError as error:
        at = error.start
        raise Refused(f"not UTF-8 at byte {at}; save it as UTF-8", f"第 {at} 字节不是 UTF-8，请另存为 UTF-8") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        met: set[str] = set()
        key = next(key for key, _ in pairs if key in met or met.add(key))  # type: ignore[func-returns-value]
        shown = ascii(key[:60])
        raise Refused(f"duplicate key {shown}; keep one of them", f"键 {shown} 重复，请只保留一个")
    return made


def _whole(digits: str) -> int:
    # The length first: reading thousands of digits is what Python itself refuses.
    if len(digits) > 20 or abs(int(digits)) >= LARGEST_WHOLE:
        count = len(digits.removeprefix("-"))
        raise Refused(
            f"a number of {count:,} digits is too large; whole numbers must lie below 2^63",
            f"{count:,} 位的整数过大，整数须小于 2^63",
        )
    return int(digits)


def _real(digits: str) -> float:
    if len(digits) > LONGEST_NUMBER:
        raise Refused(
            f"a number of {len(digits):,} characters; at most {LONGEST_NUMBER:,} are read",
            f"数字长达 {len(digits):,} 个字符，上限为 {LONGEST_NUMBER:,}",
        )
    return float(digits)


def _check(found: Any, written: str, *, finite: bool) -> None:
    """Refuse depth and numbers that are not finite, without recursion of our own."""
    level, depth = [found], 0
    while level:
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list):
                inner += value
            elif finite and isinstance(value, float) and not math.isfinite(value):
                raise _infinite(written)
        depth += any(isinstance(value, dict | list) for value in level)
        if depth > DEEPEST:
            raise _too_deep()
        level = inner


def _too_deep() -> Refused:
    return Refused(f"nested more than {DEEPEST} levels deep", f"嵌套超过 {DEEPEST} 层")


def _infinite(written: str) -> Refused:
    """Name the first number that is not finite, and its line."""
    numbers = (token for token in _TOKEN.finditer(written) if not token[0].startswith('"'))
    token = next(number for number in numbers if not math.isfinite(float(number[0].replace("Infinity", "inf"))))
    line = written.count("\n", 0, token.start()) + 1
    shown = token[0][:40]
    return Refused(f"line {line}: {shown} is no finite number", f"第 {line} 行：{shown} 不是有限的数")


def _check_characters(found: Any) -> None:
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _half(error) from None


def _half(error: UnicodeEncodeError) -> Refused:
    code = f"U+{ord(error.object[error.start]):04X}"
    return Refused(f"{code} is half a character (a lone surrogate)", f"{code} 只是半个字符（孤立的代理码位）")
