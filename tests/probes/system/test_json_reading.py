"""Foreign JSON is read as its standard has it, and every limit is said."""

import json

import pytest

from probes.system import json_reading
from probes.system.json_reading import Refused, loads


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"recommended": "tensorflow", "recommended": "pytorch"}', "duplicate key 'recommended'; keep one of them"),
        ('[{"a": {"b": 1, "c": 2, "b": 1}}]', "duplicate key 'b'"),
        (r'{"a": 1, "\u0061": 2}', "duplicate key 'a'"),
        ("[" * 150_000, "more than 64 levels"),
        ("[" * 150_000 + "]" * 150_000, "more than 64 levels"),
        ('{"a":' * 65 + "1" + "}" * 65, "more than 64 levels"),
        ("9" * 5_000, "a number of 5,000 digits is too large; whole numbers must lie below 2^63"),
        ("-" + "9" * 400, "a number of 400 digits"),
        (str(2**63), "a number of 19 digits"),
        ("0." + "1" * 5_000, "a number of 5,002 characters; at most 1,000 are read"),
        ('{"a": "NaN",\n"b": NaN}', "line 2: NaN is no finite number"),
        ("[-Infinity]", "line 1: -Infinity is no finite number"),
        ("[1,\n1e999]", "line 2: 1e999 is no finite number"),
        (r'["\ud800"]', "U+D800 is half a character"),
        (r'{"\udfff": 1}', "U+DFFF is half a character"),
        ('["\ud800"]', "U+D800 is half a character"),
        (b'["\xff"]', "not UTF-8 at byte 2"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8 at byte 7"),
        ("", "line 1, column 1"),
        ('{"a": 1,\n}', "line 2, column 1"),
        ("[1] [2]", "Extra data"),
    ],
    ids=range(21),
)
def test_what_is_no_json_says_why_in_both_languages(text: str | bytes, says: str) -> None:
    with pytest.raises(Refused) as caught:
        loads(text)
    assert says in str(caught.value)
    assert caught.value.why["en"] == str(caught.value)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.why["zh"])
    assert len(str(caught.value)) < 200


def test_a_document_beyond_the_size_is_refused_with_the_size() -> None:
    with pytest.raises(Refused, match="over 10 bytes, the most that is read"):
        loads(b'"' + b"a" * 9 + b'"', largest=10)
    assert loads(b'"' + b"a" * 8 + b'"', largest=10) == "a" * 8


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, -2.5, None, True, "é😀中"], "b": {"a": {}}},
        "[{" * 100,
        [2**63 - 1, -(2**63) + 1, 1e300, 5e-324],
        [],
        "NaN",
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_what_python_writes_is_read_unchanged(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert loads(text) == loads(text.encode()) == loads(b"\xef\xbb\xbf" + text.encode()) == value


def test_sixty_four_levels_are_read() -> None:
    found = loads("[" * json_reading.DEEPEST + "]" * json_reading.DEEPEST)
    for _ in range(json_reading.DEEPEST - 1):
        (found,) = found
    assert found == []


def test_a_worker_may_have_observed_what_is_not_finite() -> None:
    assert loads("[Infinity, -Infinity]", ours=True) == [float("inf"), float("-inf")]


def test_a_worker_may_name_a_file_that_its_locale_cannot_spell() -> None:
    assert loads('"home \\udce5"', ours=True) == "home \udce5"
