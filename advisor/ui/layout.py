"""The frame of every page: the way to the others, the language, what the address held that is unknown."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from advisor import serving
from advisor.errors import KnowledgeError
from advisor.serving import request_checks
from advisor.ui import pages, state
from advisor.ui.components import elements
from advisor.ui.texts import LANGUAGES, language, say, words

ICON = Path(__file__).with_name("icon.svg")
"""A file of ours: Streamlit would fetch the picture of a named icon from elsewhere."""

STYLE = """<style>
[data-testid="stMarkdownContainer"] table {
  display: block; max-width: 100%; width: fit-content; overflow-x: auto; font-size: .9rem;
}
[data-testid="stMarkdownContainer"] th { word-break: keep-all; }
[data-testid="stMarkdownContainer"] :is(th, td):first-child { min-width: 5.5rem; }
@media (max-width: 640px) { [data-testid="stMarkdownContainer"] :is(th, td) { padding: .4rem .35rem; } }
.st-key-figures td { white-space: nowrap; }
.st-key-figures td:nth-child(2) { white-space: normal; min-width: 11rem; }
.st-key-figures :is(th, td):first-child { min-width: 0; }
[data-testid="stMainBlockContainer"] { padding-top: 3.5rem; padding-bottom: 4rem; }
[data-testid="stMainBlockContainer"] h1 { text-wrap: balance; }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] h1 { font-size: 1.65rem; } }
[data-testid="stToolbar"] { padding-right: 7rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-brief) { position: sticky; top: 3.75rem; z-index: 99; }
.st-key-brief { backdrop-filter: blur(12px); border-radius: .5rem; }
[data-testid^="stBaseButton-primary"], [data-testid^="stBaseLinkButton-primary"] { color: light-dark(#fff, #14191b); }
[data-testid$="NavLink"]:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
[data-testid^="stBaseButton-primary"]:hover { color: light-dark(#fff, #14191b); }
.st-key-header { position: fixed; top: .6rem; right: 1rem; width: auto; z-index: 999991; }
</style>"""
"""Wide tables scroll by themselves instead of pushing the page aside; the language stands in the header, beside the
pages, and the progress of a measurement stays in view. Nothing a user wrote ever enters here."""

SCROLLERS = """
if (!window.scrollersWatched) {
  window.scrollersWatched = true;
  const scrolls = '[data-testid=stMarkdownContainer] table, [data-testid=stCode] pre';
  const mark = () => document.querySelectorAll(scrolls).forEach(
    (wide) => wide.scrollWidth > wide.clientWidth ? (wide.tabIndex = 0) : wide.removeAttribute('tabindex'));
  let due = 0;
  const later = () => { cancelAnimationFrame(due); due = requestAnimationFrame(mark); };
  new MutationObserver(later).observe(document.body,
    {childList: true, subtree: true, attributes: true, attributeFilter: ['hidden']});
  addEventListener('resize', later);
  later();
}"""
"""Tables and code that scroll sideways can be reached by keyboard, in browsers too that do not see to it themselves."""

CLOSE = "if (innerWidth <= 768) document.querySelector('[data-testid=stSidebarCollapseButton] button')?.click();"
"""Widths up to Streamlit's own limit for a sidebar that lies over the page."""


UNPROTECTED = (
    "The server was started without its checks against other sites. Start it with: framework-advisor app · "
    "服务器启动时未启用对其他网站的检查。请使用命令启动：framework-advisor app"
)


def show() -> None:
    """Draw the frame and the page that the address names."""
    st.set_page_config(page_title="Framework Advisor", page_icon=str(ICON), layout="centered")
    st.logo(str(ICON), size="large")
    if not request_checks.mounted():
        # This Streamlit serves a script by itself and knows nothing of ``app`` beside it.
        elements.problems([UNPROTECTED], title="Nothing is shown here · 此处不显示任何内容")
        st.stop()
    st.html(STYLE)
    st.html(f"<script>{SCROLLERS}</script>", unsafe_allow_javascript=True)
    try:
        state.begin()
    except KnowledgeError as error:
        found = [str(problem) for problem in error.problems]
        elements.problems(found, title="The knowledge base cannot be used · 知识库无法使用")
        st.stop()
    shown = {
        page.module: st.Page(
            page.draw,
            title=words(page.title),
            icon=f":material/{page.icon}:",
            url_path=page.address,
            default=page == pages.registered()[0],
        )
        for page in pages.registered()
    }
    state.remember_pages(shown)
    chosen = st.navigation(list(shown.values()), position="top")
    with st.container(key="header", gap=None):
        _close_the_menu(chosen.url_path)
        _language()
    _measuring()
    state.mirror()
    _unknown_in_address()
    chosen.run()
    serving.drawn.set()


def _close_the_menu(page: str) -> None:
    """Fold the list of pages away once a page is chosen: a narrow window shows it in a sidebar over the page.

    Streamlit does so itself, but only where the browser calls itself a phone's. The script runs again when its text,
    the page's name, has changed.
    """
    st.html(f"<script>/* {page} */ {CLOSE}</script>", unsafe_allow_javascript=True)


def _language() -> None:
    other = next(lang for lang in LANGUAGES if lang != language())
    st.button(
        LANGUAGES[other],
        icon=":material/translate:",
        type="tertiary",
        key="language",
        on_click=state.choose_language,
        args=(other,),
    )


def _measuring() -> None:
    from advisor.ui.components import progress

    progress.adopt()
    progress.in_brief()


def _unknown_in_address() -> None:
    unknown = state.address_problems()
    if not unknown:
        return
    lines = []
    for word, near in unknown:
        hint = say(f" (did you mean '{near}'?)", f"（是否想写“{near}”？）") if near else ""
        lines.append(f"- `{word.replace('`', '')}`{elements.plain(hint)}")
    intro = say(
        "This link holds something that does not fit; it was left out, the rest was restored.",
        "链接中有无法采用的内容，已略去，其余已恢复。",
    )
    st.warning(intro + "\n\n" + "\n".join(lines), icon=":material/link_off:")
