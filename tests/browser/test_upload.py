"""A file over the limit is refused on the page in words, in the reader's language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advisor.ui.components.upload import LIMIT
from tests.browser.conftest import ROOT
from tests.browser.screen import PATIENCE, settle

pytestmark = pytest.mark.browser


def test_the_limit_that_is_told_is_the_server_s() -> None:
    assert f"maxUploadSize = {LIMIT}\n" in (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("lang", "said"), [("en", "larger than 20 MB"), ("zh", "文件超过 20 MB")])
def test_a_file_over_the_limit_is_refused_in_words(
    app: tuple[str, int], browser: Any, tmp_path: Path, lang: str, said: str
) -> None:
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (21 << 20))
    page = browser.new_page(viewport={"width": 390, "height": 844}, locale="en-GB")
    try:
        page.goto(f"{app[0]}/report?lang={lang}", timeout=PATIENCE)
        settle(page)
        page.set_input_files("input[type=file]", large)
        alert = page.wait_for_selector("[data-testid=stFileChip] [role=alert]")
        shown = alert.evaluate("element => getComputedStyle(element, '::after').content")
        box = alert.bounding_box()
    finally:
        page.close()

    assert said in shown
    assert box["height"] >= 10
    assert box["width"] >= 100
