"""Every form of the report says the answer, in either language, for every example and for none."""

from __future__ import annotations

from string import Formatter
from typing import Any

import pytest

from advisor import report
from advisor.errors import InputError
from advisor.model.needs import Needs
from advisor.report import pdf
from advisor.report.view import View
from advisor.report.words import WORDS
from tests.advisor.reports import EXAMPLES, LANGUAGES, decide, decision, text_of


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("form", ["html", "md", "json"])
def test_every_form_holds_the_answer_in_either_language(form: str, lang: str) -> None:
    made = decision()

    said = text_of(made, form, lang)

    answer = View(made, lang).answer().name if form != "json" else str(made.recommendation.recommended)
    assert answer in said


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_makes_a_report_without_measurements(path: Any) -> None:
    made = decision(path.stem, with_evidence=False, transcript=False)

    for form in ("html", "md", "json"):
        assert len(text_of(made, form)) > 1000


def test_no_answers_at_all_still_make_a_report() -> None:
    made = decide(Needs(), ())

    assert WORDS["en"]["nobody"] in text_of(made, "html")
    assert WORDS["zh"]["nobody"] in text_of(made, "md", "zh")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_pdf_is_a_pdf_or_says_which_font_it_wants(lang: str) -> None:
    try:
        pdf.find_font(lang)
    except InputError:
        with pytest.raises(InputError, match="install fonts-"):
            report.formats()["pdf"].render(decision(), lang)
    else:
        assert report.formats()["pdf"].render(decision(), lang).startswith(b"%PDF")


def test_a_pdf_without_a_font_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(pdf, "font_folders", lambda: (tmp_path, tmp_path / "missing"))

    with pytest.raises(InputError, match="fonts-noto-cjk") as refused:
        report.formats()["pdf"].render(decision(), "zh")

    assert ".html" in refused.value.problems[0]


def test_both_languages_have_the_same_words_with_the_same_blanks() -> None:
    def blanks(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert WORDS["en"].keys() == WORDS["zh"].keys()
    assert {key: blanks(text) for key, text in WORDS["en"].items()} == {
        key: blanks(text) for key, text in WORDS["zh"].items()
    }
    assert all(text.strip() for words in WORDS.values() for text in words.values())


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_first_screen_says_why_what_against_what_would_flip_it_and_what_to_do_next(path: Any, lang: str) -> None:
    made = decision(path.stem, with_evidence=False, transcript=False)

    rows = View(made, lang).brief()

    words = WORDS[lang]
    assert [row.label for row in rows] == [words[f"brief_{key}"] for key in ("why", "against", "flips", "next")]
    assert all("".join(row.parts) for row in rows)
    assert rows[-1].commands[0].startswith("pip install")
    page = text_of(made, "html", lang)
    assert page.index(rows[0].label) < page.index(words["brief_next"]) < page.index(f"<h2>{words['plan']}</h2>")


def test_where_nothing_can_be_told_the_first_screen_says_what_to_answer() -> None:
    (row,) = View(decide(Needs(), ()), "en").brief()

    assert row.label == WORDS["en"]["brief_next"]
    assert row.parts[0].startswith("answer first:")
