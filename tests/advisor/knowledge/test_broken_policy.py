"""What the check asks of the knowledge base beyond what loading it takes."""

from dataclasses import replace
from pathlib import Path

import pytest

from advisor.knowledge.loading import check_knowledge, load_knowledge
from tests.advisor.knowledge import base

CLAIMS = "claims/memory.yaml"

HOUSE: dict[str, base.Case] = {
    "unknown grade reason": (
        CLAIMS,
        "    truth: current\n",
        "    truth: current\n    grade_reasons:\n      - vendorclaim\n",
        "- vendorclaim",
        "peak-memory.grade_reasons[0]",
        ("unknown reason", "'vendor-claim'"),
    ),
    "praise": (CLAIMS, "True for small", "Powerful for small", "Powerful", "finding.en", ("'Powerful'", "fact")),
    "praise in Chinese": (CLAIMS, "对小网络成立", "对小网络很强大", "强大", "finding.zh", ("'强大'", "fact")),
    "no way said": (
        "routes.yaml",
        "    framework: beta\n",
        "    framework: alpha\n",
        None,
        "criteria.deploy-mobile.needs[0]",
        ("how beta gets to deploy.mobile", "status: dead"),
    ),
    "nothing behind a route": (
        "routes.yaml",
        "    claims:\n      - peak-memory\n",
        "",
        "- id: beta-mobile",
        "routes.beta-mobile",
        ("neither a source nor a claim", "sources:"),
    ),
    "criterion that no answer reaches": (
        "questions.yaml",
        " memory: 1",
        " deploy-mobile: 1",
        None,
        "criteria.memory",
        ("emphasis",),
    ),
    "testable and said not to be": (
        CLAIMS,
        "    favours: alpha\n",
        '    favours: alpha\n    why_not_probeable:\n      en: "No."\n      zh: "不行。"\n',
        "why_not_probeable",
        "peak-memory.why_not_probeable",
        ("tested by memory-mlp", "catalog.yaml"),
    ),
    "not testable, and why?": (
        CLAIMS,
        base.FILES[CLAIMS][base.FILES[CLAIMS].index("    why_not_probeable") :],
        "",
        "- id: once-larger",
        "claims.once-larger",
        ("nothing says why", "why_not_probeable"),
    ),
    "tool that is not testable, and why?": (
        "tools.yaml",
        base.FILES["tools.yaml"][base.FILES["tools.yaml"].index("    why_not_probeable") :],
        "",
        "- id: trousers",
        "tools.trousers",
        ("nothing says why", "a claim about it"),
    ),
    "long overdue": (
        CLAIMS,
        "added: 2026-11-01\n    reviewed: 2026-11-02\n    review_by: 2027-05-01",
        "added: 2026-01-01\n    reviewed: 2026-01-02\n    review_by: 2026-08-24",
        "review_by: 2026-08-24",
        "peak-memory.review_by",
        ("91 days ago", "reviewed:"),
    ),
}


@pytest.mark.parametrize("case", HOUSE)
def test_the_check_asks_for_more_than_loading(tmp_path: Path, case: str) -> None:
    folder = base.broken(tmp_path, HOUSE[case])
    load_knowledge(folder)
    found = check_knowledge(folder, today=base.TODAY, catalogue=base.CATALOGUE).problems
    assert base.told(found, folder, HOUSE[case], elsewhere=True), "\n".join(map(str, found))


@pytest.mark.parametrize(
    ("wrong", "message", "way_out"),
    [
        ({"claims": ("peak-memory", "peek-memory")}, "unknown claim 'peek-memory'", "did you mean 'peak-memory'?"),
        ({"criterion": "memry"}, "unknown criterion 'memry'", "did you mean 'memory'?"),
        ({"relevant": {"deploy": ("moble",)}}, "unknown answer 'deploy.moble'", "did you mean 'deploy.mobile'?"),
    ],
)
def test_a_probe_that_uses_a_word_nobody_knows_is_found(
    tmp_path: Path, wrong: dict[str, object], message: str, way_out: str
) -> None:
    probe = replace(base.PROBE, **wrong)  # type: ignore[arg-type]
    (problem,) = check_knowledge(base.write(tmp_path), today=base.TODAY, catalogue={probe.id: probe}).problems
    assert str(problem) == f"probes/catalog.yaml:1 memory-mlp: {message}; {way_out}"
