"""What the pages list of the store: the newest rows, how much there is, and what is damaged by name."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from advisor.decisions import store
from advisor.ui.pages import report
from tests import golden
from tests.advisor.decisions.test_store import decision, evidence
from tests.advisor.ui.pages import opened


def test_the_report_page_does_not_grow_with_what_is_kept(own_home: Path) -> None:
    rows = [decision(f"2026-{1 + i // 28:02}-{1 + i % 28:02}") for i in range(report.SHOWN + 10)]
    store.add_all([store.decision_row(row) for row in rows])

    app = opened("report")

    assert len([button for button in app.button if str(button.key).startswith("open-")]) == report.SHOWN
    (told,) = [caption.value for caption in app.caption if "evidence remove" in caption.value]
    assert f"{report.SHOWN + 10} kept, the newest {report.SHOWN} shown" in told
    assert " of at most 4 GB" in told


@pytest.mark.parametrize("page", ["report", "compare", "evidence"])
@pytest.mark.parametrize(("lang", "word"), [("en", "is damaged and left out"), ("zh", "已损坏")])
def test_a_damaged_row_is_named_and_the_others_are_shown(own_home: Path, page: str, lang: str, word: str) -> None:
    whole = json.loads(gzip.decompress((golden.HERE / "decisions" / "phone-app.json.gz").read_bytes()))
    store.add_all([store.decision_row({**whole, "random_seed": seed}) for seed in range(3)])
    for cpu in ("a", "b", "c"):
        store.add_evidence(evidence(machine={"cpu": cpu}))
    with closing(sqlite3.connect(own_home / store.FILE_NAME)) as other, other:
        other.execute("UPDATE document SET body = '{', summary = '{' WHERE number IN (2, 5)")

    app = opened(page, lang=lang)

    assert not app.exception
    assert len([warning for warning in app.warning if word in warning.value]) == 1
    if page == "report":
        assert {button.key for button in app.button} >= {"open-1", "open-3"}
        app.button(key="open-1").click().run()
        assert not app.exception


def test_opening_a_decision_that_was_damaged_since_is_told(own_home: Path) -> None:
    store.add_decision(decision())
    app = opened("report")
    with closing(sqlite3.connect(own_home / store.FILE_NAME)) as other, other:
        other.execute("UPDATE document SET body = '{'")

    app.button(key="open-1").click().run()

    assert not app.exception
    assert any("is damaged" in error.value.replace("\\", "") for error in app.error)
