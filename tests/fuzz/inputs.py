"""Hypothesis strategies for documents, texts and files: what is right, changed in a few places.

Pure noise is refused at the first letter. What gets far into a reader is a document that is almost right, so every
strategy begins with one of a corpus and draws changes of it: of its structure, then of its letters, then of its bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any

import yaml
from hypothesis import strategies as st

DEEP = 300
"""Levels that are wrapped around a value; a text nests deeper by its brackets (``PIECES``)."""

ODD: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    0.5,
    -0.0,
    5e-324,
    1e308,
    -1e308,
    float("nan"),
    float("inf"),
    2**31,
    2**63,
    -(2**64),
    10**400,
    "",
    " ",
    "none",
    "null",
    "~",
    "0",
    "1e999",
    "2999-01-01",
    "0000-00-00",
    "2026-11-24T00:00:00+99:99",
    "x" * 5_000,
    "\x00",
    "\x1b]0;owned\x07\x1b[2J",
    "\u202e\u2066\ufeff\u2028",
    "\ud800",
    "\U0001f600",
    "e\u0301" * 40,
    "../../etc/passwd",
    "~nosuchuser/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "<script>alert(1)</script>",
    "[a](javascript:alert(1))",
    "{{ 7 * 7 }}",
    "%s%n{0.__class__}",
    "'; drop table decision; --",
    "__class__",
    "pytorch",
    "tensorflow",
    "ok",
    "failed",
    "equivalent",
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": None},
    {"schema": "needs/1"},
    {"en": "x"},
    [0] * 2_000,
    ["pytorch", "pytorch"],
]
"""Values where something else is wanted: of another kind, at the end of a range, or meant to hurt."""

PIECES = [
    "[" * 100_000,
    "{" * 20_000,
    '{"a":' * 20_000,
    "- " * 5_000,
    "? " * 3_000,
    "[" * 60,
    "9" * 5_000,
    "0" * 30 + "1",
    "1e400",
    "NaN",
    "-Infinity",
    "0x1f",
    "1_000",
    "&a ",
    "*a",
    "<<: *a\n",
    "!!python/object/apply:os.system ['true']",
    "!!binary x",
    "!!timestamp x",
    "%YAML 9.9\n---\n",
    "---\n",
    "...\n",
    "\t",
    "\r",
    "\x00",
    "\x85",
    "\u2028",
    "\ufeff",
    "\ud800",
    "\x1b[31m",
    "\u202e",
    "'",
    '"',
    "\\",
    '\\u0000"',
    "\\ud800",
    ":",
    ": ",
    ",",
    "]",
    "}",
    "#",
    "|\n",
    ">\n",
    "\n",
    "\n  ",
    "%",
    "%zz",
    "&",
    "=",
    "+",
    "not ",
    "no no not without never ",
    "不",
    "没有不要",
    "，。；",
    "PyTorch ",
    "TensorFlow ",
    "安卓手机",
    "e\u0301",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "x" * 3_000,
    "a b " * 1_000,
]
"""Pieces put into a text: brackets that nest, numbers without end, and what YAML, JSON, an address or a reader of
sentences takes for a sign."""

WHOLE = st.integers(0, 2**40)

CHOICES = st.binary(min_size=72, max_size=72)
"""What decides how much is changed, where and how: one draw instead of twenty, as a million are to be made."""

VALUES = st.sampled_from(ODD) | st.text(max_size=12) | st.integers() | st.floats()


def _numbers(choices: bytes) -> Iterator[int]:
    """Return the numbers that choices hold, four bytes each, and then zeros."""
    return chain((int.from_bytes(choices[at : at + 4]) for at in range(0, len(choices), 4)), repeat(0))


# ---------------------------------------------------------------- documents


def _replaced(_node: Any, _at: int, value: Any) -> Any:
    return value


def _dropped(node: Any, at: int, _value: Any) -> Any:
    if isinstance(node, dict) and node:
        gone = list(node)[at % len(node)]
        return {key: inner for key, inner in node.items() if key != gone}
    if isinstance(node, list) and node:
        at %= len(node)
        return node[:at] + node[at + 1 :]
    return None


def _added(node: Any, _at: int, value: Any) -> Any:
    if isinstance(node, dict):
        return {**node, _word(value): value}
    if isinstance(node, list):
        return [*node, value]
    return node + _word(value) if isinstance(node, str) else [node, value]


def _renamed(node: Any, at: int, value: Any) -> Any:
    if not isinstance(node, dict) or not node:
        return {_word(value): node}
    old = list(node)[at % len(node)]
    return {(_word(value) if key == old else key): inner for key, inner in node.items()}


def _repeated(node: Any, at: int, _value: Any) -> Any:
    if isinstance(node, list | str):
        return node * (2 + at % 3)
    return [node, node]


def _scaled(node: Any, at: int, _value: Any) -> Any:
    if isinstance(node, bool) or not isinstance(node, int | float):
        return _word(node)
    factor = (-1, 0, 2, 1.01, 1e9, 1e-9)[at % 6]
    return node * factor if abs(node) < 2**1000 or isinstance(factor, int) else -node


def _deepened(node: Any, at: int, _value: Any) -> Any:
    for _ in range(1 + at % DEEP):
        node = [node] if at % 2 else {"a": node}
    return node


def _exchanged(node: Any, at: int, _value: Any) -> Any:
    if isinstance(node, dict) and len(node) > 1:
        keys = list(node)
        one, other = keys[at % len(keys)], keys[(at + 1) % len(keys)]
        return {**node, one: node[other], other: node[one]}
    return list(reversed(node)) if isinstance(node, list) else node


ACTS = (_replaced, _replaced, _dropped, _added, _renamed, _repeated, _scaled, _deepened, _exchanged)
"""What can happen to a place; that something else stands there, twice as often as the others."""


def _word(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)[:40]


def changed(node: Any, where: int, act: int, value: Any) -> Any:
    """Return a document with one place changed; what does not lie on the way there is shared, not copied.

    Args:
        node: the document. where: each step takes its remainder; one time in six the way ends there.
        act: of ``ACTS``. value: what is put there, where the act puts something.
    """
    where, stays = divmod(where, 6)
    if isinstance(node, dict | list) and node and stays:
        where, at = divmod(where, len(node))
        copy: Any = node.copy()
        key = list(node)[at] if isinstance(node, dict) else at
        copy[key] = changed(node[key], where, act, value)
        return copy
    return ACTS[act](node, where, value)


def documents(corpus: Sequence[Any]) -> st.SearchStrategy[Any]:
    """Draw a document of the corpus with up to three changes of its structure."""
    return st.tuples(CHOICES, VALUES, VALUES).map(lambda drawn: _changed_often(corpus, *drawn))


def _changed_often(corpus: Sequence[Any], choices: bytes, *values: Any) -> Any:
    numbers = _numbers(choices)
    document = corpus[next(numbers) % len(corpus)]
    for _ in range((1, 1, 1, 2, 2, 3, 3, 0)[next(numbers) % 8]):
        value = (*values, *ODD)[next(numbers) % (len(values) + len(ODD))]
        document = changed(document, next(numbers), next(numbers) % len(ACTS), value)
    return document


def without_each_key(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield a document without one of its keys, with the key's place, for every key; in a list, the first's alone."""
    if isinstance(document, dict):
        for key, inner in document.items():
            yield key, {other: value for other, value in document.items() if other != key}
            yield from ((f"{key}.{place}", {**document, key: less}) for place, less in without_each_key(inner))
    elif isinstance(document, list) and document:
        yield from ((f"0.{place}", [less, *document[1:]]) for place, less in without_each_key(document[0]))


# ---------------------------------------------------------------- texts


def _with_piece(text: str, at: int, piece: str) -> str:
    return text[:at] + piece + text[at:]


def _over_piece(text: str, at: int, piece: str) -> str:
    return text[:at] + piece + text[at + len(piece) :]


def _without_some(text: str, at: int, piece: str) -> str:
    return text[:at] + text[at + 1 + len(piece) % 40 :]


def _cut(text: str, at: int, _piece: str) -> str:
    return text[:at]


def _line_twice(text: str, at: int, _piece: str) -> str:
    begin, end = text.rfind("\n", 0, at) + 1, text.find("\n", at) + 1 or len(text)
    return text[:end] + text[begin:end] + text[end:]


def _again(text: str, at: int, piece: str) -> str:
    return text[:at] + text[at : at + 60] * (2 + len(piece) % 200) + text[at:]


EDITS: tuple[Callable[[str, int, str], str], ...] = (
    _with_piece,
    _with_piece,
    _over_piece,
    _without_some,
    _cut,
    _line_twice,
    _again,
)


def edited(text: str, where: int, edit: int, piece: str) -> str:
    """Return a text with one of ``EDITS`` done at a place."""
    return EDITS[edit](text, where % (len(text) + 1), piece)


def texts(corpus: Sequence[str]) -> st.SearchStrategy[str]:
    """Draw a text of the corpus with up to three edits."""
    return st.tuples(CHOICES, st.text(max_size=8)).map(lambda drawn: _edited_often(corpus, *drawn))


def _edited_often(corpus: Sequence[str], choices: bytes, piece: str) -> str:
    numbers = _numbers(choices)
    text = corpus[next(numbers) % len(corpus)]
    for _ in range((1, 1, 1, 2, 2, 3, 3, 0)[next(numbers) % 8]):
        one = (piece, *PIECES)[next(numbers) % (1 + len(PIECES))]
        text = edited(text, next(numbers), next(numbers) % len(EDITS), one)
    return text


# ---------------------------------------------------------------- files


def _as_json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, default=str)


def _as_ascii(document: Any) -> str:
    return json.dumps(document, indent=1, default=str)


def _as_yaml(document: Any) -> str:
    try:
        return yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
    except (yaml.YAMLError, RecursionError, UnicodeEncodeError):
        return _as_ascii(document)  # what YAML cannot write, a surrogate, JSON writes as an escape


ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1")
RAW = (b"", b"", b"", b"", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\x00", b"\xef\xbb\xbf", b"\x1a")


def _as_bytes(text: str, number: int) -> bytes:
    """Return a text as a file's bytes; 0 gives UTF-8, other numbers other encodings and a raw piece somewhere."""
    number, encoding = divmod(number, len(ENCODINGS))
    handler = "surrogatepass" if ENCODINGS[encoding].startswith("utf") else "replace"
    raw = text.encode(ENCODINGS[encoding], handler)
    at, piece = divmod(number, len(RAW))
    at %= len(raw) + 1
    return raw[:at] + RAW[piece] + raw[at:] if RAW[piece] else raw


def text_files(corpus: Sequence[str]) -> st.SearchStrategy[bytes]:
    """Draw a file that holds an edited text of the corpus."""
    return st.tuples(texts(corpus), WHOLE).map(lambda drawn: _as_bytes(*drawn))


def json_files(corpus: Sequence[Any]) -> st.SearchStrategy[bytes]:
    """Draw a JSON file of a changed document; one in a few has its letters or bytes changed as well."""
    return _files(corpus, (_as_json, _as_ascii))


def yaml_files(corpus: Sequence[Any]) -> st.SearchStrategy[bytes]:
    """Draw a YAML or JSON file of a changed document; one in a few has its letters or bytes changed as well."""
    return _files(corpus, (_as_yaml, _as_yaml, _as_json))


def _files(corpus: Sequence[Any], ways: Sequence[Callable[[Any], str]]) -> st.SearchStrategy[bytes]:
    def written(drawn: tuple[Any, bytes]) -> bytes:
        document, choices = drawn
        numbers = _numbers(choices)
        text = ways[next(numbers) % len(ways)](document)
        # Three of four files keep their letters: a syntax error ends the reading before the structure is looked at.
        spoilt = next(numbers) % 8
        if spoilt == 0:
            text = _edited_often([text], choices[8:], "")
        return _as_bytes(text, next(numbers) if spoilt == 1 else 0)

    return st.tuples(documents(corpus), CHOICES).map(written)
