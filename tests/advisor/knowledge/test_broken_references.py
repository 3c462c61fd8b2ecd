"""Every way an entry can name what is not there, or what is there twice: with file, line, key and way out."""

from pathlib import Path

import pytest

from tests.advisor.knowledge import base

CLAIMS = "claims/memory.yaml"

REFERENCES: dict[str, base.Case] = {
    "id twice": (
        CLAIMS,
        "id: once-larger",
        "id: peak-memory",
        None,
        "peak-memory.id",
        ("already at", "another id"),
    ),
    "id twice in two files": (
        CLAIMS,
        "id: memory-study",
        "id: old-page",
        "id: old-page",
        "old-page.id",
        ("sources.yaml:10",),
    ),
    "id not kebab-case": (
        "tools.yaml",
        "id: trousers",
        "id: Old_Trousers",
        "Old_",
        "Old_Trousers.id",
        ("'old-trousers'",),
    ),
    "unknown criterion": (
        CLAIMS,
        "criterion: memory",
        "criterion: memry",
        "memry",
        "criterion",
        ("unknown", "'memory'"),
    ),
    "unknown framework": (
        CLAIMS,
        "      alpha: 1",
        "      alfa: 1",
        "alfa",
        "value.alfa",
        ("framework 'alfa'", "'alpha'"),
    ),
    "unknown favours": (CLAIMS, "favours: alpha", "favours: alpa", "alpa", "favours", ("'alpha'",)),
    "unknown source": (
        CLAIMS,
        "- memory-study\n    added",
        "- memory-stud\n    added",
        "- memory-stud",
        "sources[0]",
        ("'memory-study'",),
    ),
    "unknown tool": (CLAIMS, "- pocket", "- poket", "poket", "tools[0]", ("unknown tool 'poket'", "'pocket'")),
    "unknown question": (
        CLAIMS,
        "      deploy:",
        "      deplyo:",
        "deplyo",
        "when.deplyo",
        ("unknown question", "'deploy'"),
    ),
    "unknown option": (CLAIMS, "- mobile", "- moblie", "moblie", "when.deploy[0]", ("no option 'moblie'", "'mobile'")),
    "unknown option of an exception": (
        CLAIMS,
        "    versions:",
        "    unless: {deploy: [none, moblie]}\n    versions:",
        "moblie",
        "unless.deploy[1]",
        ("no option 'moblie'", "'mobile'"),
    ),
    "unknown question of one exception of several": (
        CLAIMS,
        "    versions:",
        "    unless:\n      - {deploy: [none]}\n      - {deplyo: [none]}\n    versions:",
        "deplyo",
        "unless[1].deplyo",
        ("unknown question", "'deploy'"),
    ),
    "unknown successor": (CLAIMS, "by: peak-memory", "by: peek-memory", "peek", "superseded_by", ("'peak-memory'",)),
    "unknown tool successor": (
        "tools.yaml",
        "successor: pocket",
        "successor: pocke",
        "successor: pocke",
        "successor",
        ("'pocket'",),
    ),
    "unknown need": (
        "criteria.yaml",
        "deploy.mobile",
        "deploy.phone",
        "deploy.phone",
        "needs[0]",
        ("unknown need", "question.option"),
    ),
    "unknown route need": (
        "routes.yaml",
        "deploy.mobile",
        "deploy.moble",
        "moble",
        "alpha-mobile.need",
        ("'deploy.mobile'",),
    ),
    "unknown route framework": (
        "routes.yaml",
        ": alpha\n",
        ": alhpa\n",
        "alhpa",
        "alpha-mobile.framework",
        ("'alpha'",),
    ),
    "unknown route claim": ("routes.yaml", "- peak-memory", "- peak-memori", "memori", "claims[0]", ("'peak-memory'",)),
    "unknown emphasis": (
        "questions.yaml",
        " memory: 1",
        " momory: 1",
        "momory",
        "options[0].emphasis.momory",
        ("'memory'",),
    ),
    "unknown question group": (
        "questions.yaml",
        "    kind: many",
        "    kind: many\n    group: projekt",
        "projekt",
        "group",
        ("unknown", "'project'"),
    ),
    "unknown option for several frameworks": (
        "questions.yaml",
        "    kind: many\n",
        "    kind: many\n    reading:\n      several: moble\n",
        "moble",
        "reading.several",
        ("no option 'moble'", "'mobile'"),
    ),
    "option twice": ("questions.yaml", "- id: mobile", "- id: none", None, "options[1].id", ("twice", "keep one")),
}


@pytest.mark.parametrize("case", REFERENCES)
def test_an_entry_that_names_nothing_is_refused_with_its_place_and_the_way_out(tmp_path: Path, case: str) -> None:
    base.refused(tmp_path, REFERENCES[case])
