"""YAML is read with the line of everything, and nothing that anybody writes breaks the reader."""

import json

from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import nearest
from advisor.knowledge.yaml_lines import read_yaml
from probes.system.suggestions import spelled

PLAIN = st.recursive(
    st.integers(-9, 9) | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdef", min_size=1), inner, max_size=4),
    max_leaves=12,
)


@given(st.text(max_size=200) | st.text("[]{}-:?&*!|>'\"#%@, \n\tab1", max_size=200))
def test_whatever_the_text_it_is_read_or_refused_with_a_place(text: str) -> None:
    document = read_yaml(text, "any.yaml")
    assert all(problem.line >= 1 and problem.message and problem.way_out for problem in document.problems)


@given(PLAIN)
def test_json_comes_back_as_it_went(value: object) -> None:
    document = read_yaml(json.dumps(value, indent=1, ensure_ascii=False), "any.json")
    assert document.problems == []
    assert document.data == value


def test_every_key_and_item_knows_its_line() -> None:
    document = read_yaml("a:\n  - b: 1\n\n  - c:\n      d: 2\n", "x.yaml")
    assert document.data == {"a": [{"b": 1}, {"c": {"d": 2}}]}
    assert {spelled(path): line for path, line in document.lines.items()} == {
        "": 1,
        "a": 1,
        "a[0]": 2,
        "a[0].b": 2,
        "a[1]": 4,
        "a[1].c": 4,
        "a[1].c.d": 5,
    }


def test_a_place_that_is_not_there_is_the_nearest_that_is() -> None:
    document = read_yaml("a:\n  b: 1\n", "x.yaml")
    assert document.line(("a", "c", 3)) == 1
    assert document.line(("a", "b", "x")) == 2


def test_the_way_out_is_the_nearest_word_or_the_list_of_a_few() -> None:
    assert nearest("moble", ["mobile", "web"]) == "did you mean 'mobile'?"
    assert nearest("xyz", ["mobile", "web"]) == "known: mobile, web"
    assert nearest("gpu", ["cpu", "tpu"]) == "did you mean 'tpu'? known: cpu, tpu"
    assert nearest("xyz", [f"word-{n}" for n in range(20)]) == "none of the 20 known ones is near"
    assert nearest("xyz", []) == "none is known yet"
