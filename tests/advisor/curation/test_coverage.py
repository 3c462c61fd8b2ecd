"""What stands behind each criterion is counted."""

from pathlib import Path

from advisor.curation import coverage
from advisor.knowledge.loading import load_knowledge
from tests.advisor.knowledge import base


def test_only_weighing_claims_are_counted_and_the_others_are_kept_apart(tmp_path: Path) -> None:
    known = load_knowledge(base.write(tmp_path))
    memory, mobile = coverage.cover(known)
    assert (memory.claims, memory.shown) == (1, 1)
    assert (memory.independent, memory.primary, memory.graded) == (1, 1, 1)
    assert memory.favouring == {"alpha": 1, "beta": 0}
    assert (mobile.claims, mobile.routes) == (0, 1)
    assert memory.next_review == known.claims["peak-memory"].review_by


def test_copies_of_one_origin_are_one_source(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    base.change(
        folder,
        "claims/memory.yaml",
        "    accessed: 2026-11-01\n",
        "    accessed: 2026-11-01\n    origin_group: the-study\n"
        '  - id: memory-copy\n    title: "A copy"\n    url: "https://example.org/copy"\n    publisher: "A paper"\n'
        "    kind: secondary\n    published: 2026-03-03\n    accessed: 2026-11-01\n    origin_group: the-study\n",
    )
    base.change(folder, "claims/memory.yaml", "      - memory-study\n", "      - memory-study\n      - memory-copy\n")
    assert coverage.balance(load_knowledge(folder)).independent_sources == 1


def test_a_tie_favours_nobody(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    base.change(folder, "claims/memory.yaml", "      beta: -1", "      beta: 1")
    known = load_knowledge(folder)
    assert coverage.favoured(known.claims["peak-memory"]) is None
    assert coverage.favoured(known.claims["once-larger"]) is None
    assert coverage.balance(known).favouring == {"alpha": 0, "beta": 0}


def test_three_claims_in_five_have_an_independent_or_a_primary_source() -> None:
    assert coverage.balance(load_knowledge()).vouched >= 0.6
