"""A report asks nothing of the network, and quotes what others wrote without obeying it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from advisor.decisions.document import Decision
from tests.advisor.reports import LANGUAGES, Page, decision, text_of

FETCHING = {"src", "srcset", "data", "action", "formaction", "poster", "background", "ping", "manifest", "cite"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_asks_nothing_of_the_network(lang: str) -> None:
    source = text_of(decision(), "html", lang)
    page = Page(source)

    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base", "video"} & set(page.names)
    for tag, attributes in page.tags:
        assert not FETCHING & set(attributes), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        if "href" in attributes:
            assert tag == "a"
            assert re.match(r"https?://|#", attributes["href"] or ""), attributes
    assert not re.search(r"url\(|@import", source)
    policies = [attributes for _, attributes in page.tags if attributes.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in str(policies[0]["content"])


def test_every_link_inside_a_page_has_its_target() -> None:
    page = Page(text_of(decision(), "html"))
    places = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = {str(a["href"])[1:] for _, a in page.tags if str(a.get("href", "")).startswith("#")}

    assert links <= places


MEAN = [
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "[here](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "| a | b |\n| - | - |",
    "# head\n\n---\n\n- item",
    "**bold** _slanted_ `code` ~~gone~~",
    "<https://example.org> &lt;b&gt; &amp;",
    "```\nfence\n```",
    "back\\slash \\<b>",
    "{{ 7 * 7 }} {% raw %}",
]
strings = st.one_of(
    st.sampled_from(MEAN),
    st.lists(st.sampled_from(MEAN), min_size=2, max_size=3).map(" ".join),
    st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=60),
)
slow = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def quoting(text: str) -> Decision:
    """Return a decision that quotes ``text`` wherever other people's words can stand."""
    made = decision()
    evidence = json.loads(json.dumps(made.evidence))
    evidence[0]["machine"].update(cpu=text, os=text)
    evidence[0]["environments"]["pytorch"]["device"] = text
    evidence[0]["probes"][2]["reason"] = text
    return made.model_copy(
        update={"transcript": ({"who": "user", "text": text},), "evidence": tuple(evidence), "versions": {"x": text}}
    )


@cache
def plain_tags() -> list[str]:
    return Page(text_of(quoting("word"), "html")).names


@slow
@given(strings)
def test_what_others_wrote_is_text_in_a_page(text: str) -> None:
    page = Page(text_of(quoting(text), "html"))

    assert page.names == plain_tags()
    assert text in "".join(page.words)


def tokens(markdown: str) -> Iterator[str]:
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown):
        yield token.type
        yield from (child.type for child in token.children or () if child.type != "text")


@cache
def plain_tokens() -> list[str]:
    return list(tokens(text_of(quoting("word"), "md")))


@slow
@example("0 ")
@given(strings.filter(lambda text: text.strip()))
def test_what_others_wrote_is_text_in_markdown(text: str) -> None:
    found = list(tokens(text_of(quoting(text), "md")))

    assert "html_inline" not in found
    assert "html_block" not in found
    assert found == plain_tokens()
