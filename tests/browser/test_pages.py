"""Every page in a real browser: both languages, both themes, wide and narrow; nobody is kept out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import pytest

from advisor.knowledge.loading import load_knowledge
from advisor.ui.pages import registered
from probes import routes
from probes.catalog.loading import load_catalog
from tests.browser.screen import PATIENCE, narrow, settle, shoot

axe = pytest.importorskip("axe_playwright_python.sync_playwright")

OVERFLOWS = (
    "() => (document.querySelector('[data-testid=stMain]') || document.documentElement).scrollWidth > innerWidth"
)

LATIN = r"[A-Za-z][A-Za-z'’]+"

NAMES = "English Python Markdown PDF JSON TOPSIS ReLU softmax needs yaml settings knowledge recommendation json fp int"
"""Words that are the same in Chinese, beside those of the knowledge base."""

TEXTS = """() => {
  const quoted = 'pre, code, a, style, script, svg, select, [translate=no], [data-testid=stExpanderIcon], '
    + '[data-testid=stIconMaterial], .st-key-docstring';
  const main = document.querySelector('[data-testid=stMainBlockContainer]');
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const around = node.parentElement;
    if (node.data.trim() && !around.closest(quoted) && parseFloat(getComputedStyle(around).fontSize))
      found.push(node.data.trim());
  }
  for (const field of main.querySelectorAll('[placeholder]:not([role=combobox])'))
    found.push(field.placeholder);
  return [...new Set(found)];
}"""
"""Every text of a page but code, links (titles of sources) and what Streamlit lets nobody translate."""

pytestmark = pytest.mark.browser


@lru_cache(maxsize=1)
def vocabulary() -> tuple[frozenset[str], re.Pattern[str]]:
    """Return the Latin words that are names in Chinese too, and what is quoted as it is."""
    known = load_knowledge()
    names = [probe.id for probe in load_catalog().values()]
    for kind in (known.frameworks, known.tools, known.routes, known.claims, known.sources, known.questions):
        names += list(kind) if isinstance(kind, dict) else [route.id for route in kind]
    names += [tool.name for tool in known.tools.values()]
    names += [routes.route(name).NAME["zh"] for name in routes.known()]
    chinese = re.findall(r'"zh":"((?:[^"\\]|\\.)*)"', known.model_dump_json())
    chinese += [probe.question["zh"] for probe in load_catalog().values()]
    allowed = {word for text in (*names, *chinese, NAMES) for word in re.findall(LATIN, text)}
    publishers = sorted({source.publisher for source in known.sources.values()}, key=len, reverse=True)
    sources = "|".join(map(re.escape, publishers))
    fingerprint, version, place = r"\b(?=[0-9a-f]*\d)[0-9a-f]{12}\b", r"\d[\w.]*", r"/\S+/python[\d.]*$"
    literature = r"^[^\u4e00-\u9fff]+ \d{4}\b.*"
    return frozenset(allowed), re.compile("|".join((sources, literature, fingerprint, version, place)))


def foreign(page: Any) -> list[str]:
    """Return what a Chinese page says with Latin words that are no names, and where it is quoted from nowhere."""
    allowed, quoted = vocabulary()
    found = []
    for text in page.evaluate(TEXTS):
        rest = quoted.sub(" ", text)
        if strange := [word for word in re.findall(LATIN, rest) if word not in allowed]:
            found.append(f"{strange} in {text!r}")
    return found


def barriers(page: Any) -> list[str]:
    """Return what axe-core finds against WCAG 2.1 A and AA: contrast, names, roles, focus."""
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = axe.Axe().run(page, options=rules).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def assert_sound(page: Any, name: str, lang: str) -> None:
    assert not page.locator("[data-testid=stException]").count(), name
    assert not page.evaluate(OVERFLOWS), name
    assert barriers(page) == [], name
    if lang == "zh":
        assert foreign(page) == [], name


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(("lang", "theme"), [("en", "light"), ("zh", "dark")])
def test_no_page_overflows_sideways_fails_or_keeps_anyone_out(
    app: tuple[str, int], browser: Any, width: int, lang: str, theme: str
) -> None:
    address, _ = app
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    for name in ("", *(entry.address for entry in registered()[1:])):
        page.goto(f"{address}/{name}?lang={lang}&stage=production&deploy=mobile,server", timeout=PATIENCE)
        shoot(page, f"{name or 'questions'}-{width}-{lang}-{theme}")
        assert_sound(page, name, lang)
    page.goto(f"{address}/knowledge?lang={lang}", timeout=PATIENCE)
    settle(page)
    for tab in range(1, page.get_by_role("tab").count()):
        page.get_by_role("tab").nth(tab).click()
        shoot(page, f"knowledge-tab{tab}-{width}-{lang}-{theme}")
        assert_sound(page, f"knowledge, tab {tab}", lang)
    context.close()


def test_a_page_chosen_in_a_narrow_window_is_readable_at_once_and_the_language_changes(
    app: tuple[str, int], browser: Any
) -> None:
    address, _ = app
    page = narrow(browser, f"{address}/?lang=en&stage=research")
    page.get_by_role("button", name="Expand sidebar").click()
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_role("heading", name="The decision report").wait_for(timeout=PATIENCE)
    settle(page)

    left = page.get_by_role("heading", name="The decision report").bounding_box()["x"]
    assert page.evaluate(f"document.elementFromPoint({left} + 5, 400).closest('[data-testid=stSidebar]') === null")

    page.get_by_role("button", name="中文").click()
    page.get_by_role("heading", name="决策报告").wait_for(timeout=PATIENCE)
    assert "lang=zh" in page.url
    page.close()
