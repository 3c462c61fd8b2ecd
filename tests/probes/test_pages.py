"""Every probe can say what it asks and what it does not tell."""

from __future__ import annotations

import pytest

from probes import catalog, pages

PROBES = catalog.load()


@pytest.mark.parametrize("name", PROBES)
def test_every_probe_answers_the_six_questions(name):
    page = pages.page(PROBES[name])
    missing = [section for section in pages.SECTIONS if not page[section]]
    assert not missing
    assert name in pages.text(PROBES[name])
