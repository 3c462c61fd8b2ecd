"""The folder of pages is their registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.model.text import Text
from advisor.ui import pages

WHOLE = 'TITLE = Text(en="New", zh="新")\nICON = "star"\nORDER = 5\n'


def test_the_questions_open_the_app_and_addresses_of_today_stay() -> None:
    addresses = [page.address for page in pages.registered()]

    assert addresses == [
        *("needs", "chat", "recommendation", "evidence", "deployment", "report", "compare", "knowledge", "beliefs")
    ]


def test_a_page_is_known_from_its_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "news.py"
    path.write_text(WHOLE, encoding="utf-8")

    assert pages.described(path) == pages.Page("news", Text(en="New", zh="新"), "star", 5, "news")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (WHOLE.replace("ORDER", "PLACE"), "needs ORDER"),
        (WHOLE.replace('"star"', "star()"), "literals"),
        (WHOLE.replace(', zh="新"', ""), "zh"),
    ],
)
def test_a_page_that_describes_itself_badly_is_named_with_what_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "news.py"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=rf"news\.py(.|\n)*{told}"):
        pages.described(path)
