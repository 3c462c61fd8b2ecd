"""The report as PDF, by fpdf2 with a font of this machine embedded.

Without a font that holds the report's letters there is no PDF: a page of empty boxes is worse than
a clear refusal, and the HTML form prints well.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.needs import InputError
from advisor.report.view import View

if TYPE_CHECKING:
    from advisor.report.build import Decision

SUFFIX = "pdf"
MIME = "application/pdf"

LATIN = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "Arial.ttf",
    "arial.ttf",
    "Arial Unicode.ttf",
    "LiberationSans-Regular.ttf",
)
CHINESE = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.ttf",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "msyh.ttc",
    "simhei.ttf",
    "PingFang.ttc",
    "STHeiti Light.ttc",
    "Arial Unicode.ttf",
)


def render(decision: Decision, lang: str) -> bytes:
    """Return the PDF.

    Raises:
        InputError: fpdf2 is not installed, or no font of this machine holds the letters needed.
    """
    try:
        from fpdf import FPDF
    except ImportError as error:
        raise InputError(
            ["PDF needs fpdf2: pip install 'framework-advisor[pdf]' (the HTML form prints as well)"]
        ) from error
    font = find_font(lang)
    page = FPDF(format="A4")
    page.set_auto_page_break(True, margin=18)
    page.set_margin(18)
    page.add_page()
    page.add_font("body", fname=str(font))
    page.set_title(f"{View(decision, lang).words['title']}")
    page.set_creation_date(_midnight(decision))
    write(page, View(decision, lang))
    return bytes(page.output())


def find_font(lang: str) -> Path:
    """Return a font file that holds the language's letters.

    Raises:
        InputError: there is none; says which to install.
    """
    wanted = CHINESE if lang == "zh" else LATIN
    for folder in font_folders():
        found = {path.name: path for path in folder.rglob("*") if path.name in wanted} if folder.is_dir() else {}
        for name in wanted:
            if name in found:
                return found[name]
    package = "fonts-noto-cjk" if lang == "zh" else "fonts-dejavu-core"
    raise InputError([f"PDF needs a font for this language: install {package} (Debian), or take .html, which prints"])


def font_folders() -> tuple[Path, ...]:
    """Return where fonts lie on this system."""
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), Path.home() / "Library/Fonts")
    if sys.platform == "win32":
        return (Path("C:/Windows/Fonts"),)
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")


def _midnight(decision: Decision) -> Any:
    """Return the decision's day as a moment, so that the same decision gives the same file."""
    from datetime import UTC, datetime, time

    return datetime.combine(decision.made_on, time(), tzinfo=UTC)


def write(page: Any, view: View) -> None:
    """Set the report: the answer first, the evidence behind it."""
    words, answer = view.words, view.answer()
    _line(page, words["title"], 10, soft=True)
    _line(page, answer["name"], 24)
    _line(page, " · ".join(part for part in (answer["strength"], str(view.decision.made_on)) if part), 11)
    _line(page, f"{answer['sentence']} {answer['confidence']}".strip(), 10)
    for row in view.acceptability():
        _line(page, f"{row['name']}: {row['percent']}", 10)
    for row in view.exclusions():
        _line(page, f"{words['excluded']}: {row['name']}: {row['reason']}", 10)
    for note in view.found.notes:
        _line(page, view.text(note), 10)
    _heading(page, words["plan"])
    for row in view.plan(view.found.recommended):
        best = row["best"]
        way = f"{best['name']} ({', '.join(best['tools'])}; {best['state']})" if best else words["dead"]
        _line(page, f"{row['need']}: {way}", 10)
        if best and best["install"]:
            _line(page, best["install"], 9, soft=True)
    for heading, ids, none in (
        ("for", view.found.for_, "nothing_for"),
        ("against", view.found.against, "nothing_against"),
    ):
        _heading(page, words[heading])
        rows = view.reasons(ids)[:3]
        for number, row in enumerate(rows, start=1):
            _line(page, f"{number}. {row['text']} ({row['id']})", 10)
        if not rows:
            _line(page, words[none], 10)
    _heading(page, words["flips"])
    for row in view.flips():
        _line(page, f"{row['text']} → {row['then']}", 10)
    if not view.flips():
        _line(page, words["no_flips"], 10)
    _measured(page, view)
    _heading(page, words["criteria"])
    for row in view.criteria():
        values = ", ".join(f"{view.framework(key)} {row['value'].get(key, 0):.2f}" for key in view.order())
        _line(page, f"{row['name']} ({row['weight']:.3f}): {values}", 9)
    _heading(page, words["needs"])
    for row in view.said():
        out = f" ({words['ruled_out']}: {row['excluded']})" if row["excluded"] else ""
        _line(page, f"{row['question']} {row['answer']}{out}", 9)
    _heading(page, words["claims"])
    for row in view.claims():
        _line(page, f"{row['statement']} {words['finding']}: {row['finding']}", 9)
        _line(page, f"{row['id']} · {row['grade']} · {row['status']} · {', '.join(row['sources'])}", 8, soft=True)
    _heading(page, words["sources"])
    for row in view.sources():
        _line(page, f"{row['id']}: {row['title']}. {row['publisher']}. {row['published']}. {row['url']}", 8)
    _line(page, f"{words['hash']} {view.found.knowledge.version}, sha256 {view.found.knowledge.sha256}", 8, soft=True)


def _measured(page: Any, view: View) -> None:
    """Set what the machine said."""
    words = view.words
    _heading(page, words["measured"])
    sessions = view.sessions()
    if not sessions:
        _line(page, words["not_measured"], 10)
    before = view.before()
    if before:
        _line(page, f"{words['before']}: {before['before']}. {words['after']}: {before['after']}", 10)
    for conflict in view.conflicts():
        _line(page, conflict, 10)
    for session in sessions:
        _line(page, f"{session['started']} · {words['grade']} {session['grade']}", 9, soft=True)
        for row in session["rows"]:
            if row["ratio"]:
                _line(page, f"{row['probe']}: {row['interval']} {row['of']}: {row['verdict']}", 9)
            else:
                _line(page, f"{row['probe']}: {row['status']}: {row['reason']}", 9)


def _heading(page: Any, text: str) -> None:
    page.ln(4)
    _line(page, text, 13)


def _line(page: Any, text: str, size: int, *, soft: bool = False) -> None:
    """Set one paragraph; Chinese breaks between any two letters."""
    page.set_font("body", size=size)
    page.set_text_color(*((90, 100, 115) if soft else (20, 26, 34)))
    page.multi_cell(0, size * 0.52, text, wrapmode="CHAR", new_x="LMARGIN", new_y="NEXT")
