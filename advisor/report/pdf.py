"""The report as PDF, by fpdf2 with a font of this machine embedded.

Without a font that holds the report's letters there is no PDF: a page of empty boxes is worse than
a clear refusal, and the HTML form prints well.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.errors import InputError
from advisor.model.text import Text
from advisor.report.deployment import Deployment
from advisor.report.figures import hundredth
from advisor.report.machines import Machines
from advisor.report.rows import Session
from advisor.report.view import REASONS, View
from probes.system import data_folders
from probes.wording.visible import visible

if TYPE_CHECKING:
    from advisor.decisions.document import Decision

SUFFIX = "pdf"
MIME = "application/pdf"
NAME = Text(en="PDF", zh="PDF")
ICON = "picture_as_pdf"
ON_DEMAND = True

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


CHINESE_LETTER = "\u2e80-\u9fff\uff00-\uffef"
PIECE = re.compile(f"[（《“‘「『]*[{CHINESE_LETTER}][，。、；：？！）》”’」』]*|[^\\s{CHINESE_LETTER}]+|\\s+")
"""What a line is not broken within: a Chinese letter with its marks (GB/T 15834), a word of another script."""

SLACK = 3.0
"""Millimetres a paragraph or cell keeps free at its sides, so that no line set here is broken again."""


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
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), data_folders.expanded("~/Library/Fonts"))
    if sys.platform == "win32":
        return (Path("C:/Windows/Fonts"),)
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), data_folders.expanded("~/.local/share/fonts"))


def _midnight(decision: Decision) -> Any:
    """Return the decision's day as a moment, so that the same decision gives the same file."""
    from datetime import UTC, datetime, time

    return datetime.combine(decision.made_on, time(), tzinfo=UTC)


def write(page: Any, view: View) -> None:
    """Set the report: the answer first, the evidence behind it."""
    words, answer, leader = view.words, view.answer(), view.found.recommended
    _line(page, f"{words['title']} · {view.decision.made_on}", 10, soft=True)
    _line(page, " · ".join(part for part in (answer.name, answer.strength) if part), 20)
    _line(page, f"{answer.sentence} {answer.confidence}".strip(), 10)
    _line(page, ", ".join(f"{row.name} {row.percent}" for row in view.acceptability()), 10)
    for row in view.brief():
        _line(page, f"{row.label}{words['colon']}{' · '.join(row.parts)} {' '.join(row.commands)}".rstrip(), 10)
    for note in view.notes():
        _line(page, note, 10)
    for exclusion in view.exclusions():
        _line(page, f"{words['excluded']}{words['colon']}{exclusion.name}. {exclusion.reason}", 10)
    if view.plan(leader):
        _heading(page, words["plan"])
        _plan(page, view, leader)
    _reasons(page, view)
    _heading(page, words["flips"])
    for flip in view.flips():
        share = f" ({flip.share})" if flip.share else ""
        _item(page, f"{flip.kind}: {flip.text}{share}")
    if not view.flips():
        _line(page, words["no_flips"] if leader else words["none"], 10)
    why = f" ({words['revisit_why']})" if view.revisit() else ""
    _line(page, f"{words['revisit']} {view.revisit() or words['never']}{why}", 10)
    made = f"{words['made_on']} {view.decision.made_on} · {words['program']} {view.decision.program['version']}"
    _line(page, f"{made} · {words['knowledge']} {view.found.knowledge.version}", 8, soft=True)
    _measured(page, view)
    _routes(page, view)
    _sum(page, view)
    runner_up = view.runner_up()
    if leader and runner_up and view.plan(runner_up):
        _heading(page, f"{words['plan_other']}{words['colon']}{view.framework(runner_up)}")
        _plan(page, view, runner_up)
    _said(page, view)
    _heading(page, words["claims"])
    for claim in view.claims():
        _line(page, claim.statement, 9)
        _line(page, f"{words['finding']}{words['colon']}{claim.finding}", 8, soft=True)
        sources = ", ".join(source.id for source in claim.sources)
        _line(page, f"{claim.id} · {claim.grade} · {claim.status} · {sources}", 8, soft=True)
        page.ln(1.5)
    _heading(page, words["sources"])
    for source in view.sources():
        _line(page, f"{source.id}: {source.title}. {source.publisher}. {source.dates}. {source.url}", 8)
    stamp = f"{words['hash']} {view.found.knowledge.version}, sha256 {view.found.knowledge.sha256}"
    _line(page, f"{stamp}; {words['seed']} {view.decision.random_seed}; {view.maker()}", 8, soft=True)


def _plan(page: Any, view: View, framework: str | None) -> None:
    """Set what to install and the way to each need."""
    words = view.words
    for line in view.install(framework):
        _line(page, line, 9, soft=True)
    if view.mixed(framework):
        _line(page, view.mixed(framework), 10)
    rows = [[words["need"], words["route"], words["state"]]]
    for row in view.plan(framework):
        best = row.best
        way = [f"{best.name} ({', '.join(best.tools)})", best.state] if best else [words["no_way"], words["dead"]]
        rows.append([f"{row.asked} {row.need}".strip(), *way])
    _table(page, rows, widths=(30, 55, 15))


def _reasons(page: Any, view: View) -> None:
    """Set what speaks for and against, and what the points are."""
    words, rival = view.words, view.rival()
    if view.found.recommended is None or rival is None:
        return
    for side, rows in view.reasons().items():
        _heading(page, words[side])
        for row in rows[:REASONS]:
            told = [claim.text for claim in row.claims] or row.ways
            _item(page, f"{row.criterion} {row.points}: {' '.join([*told, *row.measured])}")
        if not rows:
            _line(page, words[f"nothing_{side}"], 10)
    _line(page, words["compared"].format(name=view.framework(rival), lead=view.lead()), 9, soft=True)


def _measured(page: Any, view: View) -> None:
    """Set what the machines said."""
    words, machines = view.words, Machines(view)
    _heading(page, words["measured"])
    sessions = machines.sessions()
    if not sessions:
        _line(page, words["not_measured"], 10)
    before = machines.before()
    if before:
        colon = words["colon"]
        why = f"{words['moved_by']}{colon}{'; '.join(before.moved)}" if before.moved else words["moved_nothing"]
        was, now = f"{words['before']}{colon}{before.before}", f"{words['after']}{colon}{before.after}"
        _line(page, f"{was}. {now}. {why}", 10)
    for conflict in machines.conflicts():
        _line(page, f"{words['conflicts']}. {conflict} {words['conflict_why']}", 10)
    for session in sessions:
        _session(page, session, words)
    for reference in machines.reference():
        _item(page, machines.reference_sentence(reference))
    for row in machines.claim_verdicts().told:
        _item(page, f"{row.text} {row.verdict}. {row.reason}".strip())


def _session(page: Any, session: Session, words: Mapping[str, str]) -> None:
    """Set what one machine said."""
    machine = ", ".join(f"{label} {value}" for label, value in session.machine)
    _line(page, f"{machine} ({session.started})", 10)
    _line(page, f"{words['grade']} {session.grade}, {session.grade_why}. {session.selftest}", 9, soft=True)
    if session.compared:
        names = session.frameworks
        rows = [[words["probe"], *names.values(), words["result"]]]
        for row in session.compared:
            costs = [row.costs.get(key, "") for key in names]
            question = f"{row.question} {row.settings}".strip()
            rows.append([question, *costs, words["semicolon"].join([row.verdict, *row.notes])])
        _table(page, rows, widths=(36, *(12 for _ in names), 40))
        _line(page, words["how_to_read"], 8, soft=True)
    for line in session.alike:
        _line(page, line, 10)
    if session.defaults:
        _line(page, session.defaults, 10)
    for line in session.tuned:
        _line(page, line, 8, soft=True)
    for missing in session.missing:
        _item(page, f"{missing.question} {missing.status}: {missing.reason} {missing.way_out}")
    if session.left_out:
        _line(page, f"{session.left_out}{words['full_stop']}", 9, soft=True)


def _routes(page: Any, view: View) -> None:
    """Set the table of measured routes, where the evidence holds one."""
    words, section = view.words, Deployment(view).section()
    if section is None:
        return
    table = section.table
    _heading(page, words["routes"])
    _line(page, section.joined(table.summary), 10)
    _line(page, f"{table.conditions}{words['full_stop']}", 9, soft=True)
    if table.measured:
        heads = [words[f"routes_{key}"] for key in ("name", "size", "p95", "ratio", "memory", "answers")]
        rows = [[*heads, *([words["target"]] if table.heads else [])]]
        for line in table.measured:
            told = [f"{head}{words['colon']}{v.text}" for head, v in zip(table.heads, line.verdicts, strict=True)]
            cells = [f"{line.number}. {line.full_name}", line.size, line.p95, line.ratio, line.memory, line.answers]
            rows.append([*cells, *([words["semicolon"].join(told)] if table.heads else [])])
        _table(page, rows, widths=(28, 10, 14, 12, 10, 16, *((22,) if table.heads else ())))
    for note in (words["routes_judged"] if table.heads else "", table.indicative):
        if note:
            _line(page, note, 8, soft=True)
    for line in table.missing:
        _item(page, f"{line.full_name} ({line.status}){words['colon']}{line.reason}")
    _line(page, section.joined([words["routes_why"], section.others]), 8, soft=True)


def _sum(page: Any, view: View) -> None:
    """Set how the utilities add up."""
    words, order = view.words, view.order()
    rows = view.criteria()
    if not rows:
        return
    _heading(page, words["criteria"])
    _line(page, words["criteria_why"], 9, soft=True)
    _table(
        page,
        [[words["criterion"], words["weight"], *(view.framework(key) for key in order)]]
        + [
            [row.name, f"{100 * row.weight:.1f} %"]
            + [f"{row.value.get(key, 0):.2f} ({hundredth(row.contribution.get(key, 0))})" for key in order]
            for row in rows
        ]
        + [[words["utility"], "", *(hundredth(view.found.utility.get(key, 0)) for key in order)]],
        widths=(34, 12, *(18 for _ in order)),
    )


def _said(page: Any, view: View) -> None:
    """Set what was said, and what was left open."""
    words = view.words
    _heading(page, words["needs"])
    for row in view.said():
        out = f" ({words['ruled_out']}{words['colon']}{row.excluded})" if row.excluded else ""
        _line(page, f"{row.question} {row.answer}{out}", 9)
    for priority in view.priorities():
        _line(page, f"{words['priorities']}{words['colon']}{priority.criterion} {priority.level} / 3", 9)
    for line in view.decision.transcript:
        _line(page, f"{words['user' if line['who'] == 'user' else 'advisor']}: {line['text']}", 9)
    _heading(page, words["not_asked"])
    if view.open_questions():
        _line(page, words["not_asked_settled" if view.found.settled else "not_asked_open"], 9)
        _line(page, " ".join(view.open_questions()), 9, soft=True)
    for probe in view.probe_plan():
        _item(page, f"{probe.question} {probe.effect} ({probe.seconds} {words['seconds']})")


def _heading(page: Any, text: str) -> None:
    page.ln(4)
    _line(page, text, 13)
    page.ln(1)


def _item(page: Any, text: str) -> None:
    _line(page, f"• {text}", 10)


def _table(page: Any, rows: list[list[str]], *, widths: tuple[int, ...]) -> None:
    """Set a table that breaks between rows and repeats its head; ``widths`` are shares of the page."""
    from fpdf import FontFace

    page.set_font("body", size=8.5)
    page.set_text_color(20, 26, 34)
    page.set_draw_color(200, 206, 214)
    head = FontFace(emphasis="", color=(90, 100, 115))
    with page.table(
        col_widths=widths,
        line_height=4.2,
        borders_layout="HORIZONTAL_LINES",
        headings_style=head,
        text_align="LEFT",
        padding=0.6,
    ) as table:
        for row in rows:
            cells = zip(row, widths, strict=True)
            table.row([broken(page, cell, page.epw * share / sum(widths) - SLACK) for cell, share in cells])
    page.ln(2)


def broken(page: Any, text: str, width: float) -> str:
    """Break Chinese text into lines of ``width`` millimetres in the font that is set; fpdf2 breaks at spaces only."""
    text = visible(text)
    if not re.search(f"[{CHINESE_LETTER}]", text):
        return text
    lines, line = [], ""
    for piece in PIECE.findall(text):
        if line and page.get_string_width((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return "\n".join([*lines, line.rstrip()])


def _line(page: Any, text: str, size: int, *, soft: bool = False) -> None:
    """Set one paragraph."""
    page.set_font("body", size=size)
    page.set_text_color(*((90, 100, 115) if soft else (20, 26, 34)))
    page.multi_cell(0, size * 0.5, broken(page, text, page.epw - SLACK), align="L", new_x="LMARGIN", new_y="NEXT")
