"""Every way an entry can be written wrong: one small broken example each, with file, line, key and way out."""

from pathlib import Path

import pytest

from tests.advisor.knowledge import base

CLAIMS = "claims/memory.yaml"

WRITING: dict[str, base.Case] = {
    "indentation": (
        CLAIMS,
        "    criterion: memory",
        "   criterion: memory",
        None,
        "",
        ("not valid YAML", "indentation"),
    ),
    "unclosed quote": ("tools.yaml", '"Pocket"', '"Pocket', None, "", ("not valid YAML", "quotes")),
    "two documents": ("tools.yaml", "tools:\n", "---\na: 1\n---\ntools:\n", None, "", ("not valid YAML",)),
    "duplicate key": (
        CLAIMS,
        "    grade: moderate\n",
        "    grade: moderate\n    grade: high\n",
        "    grade: high",
        "claims[0].grade",
        ("duplicate key 'grade'", "first on line", "keep one"),
    ),
    "alias": (
        CLAIMS,
        "    tools:\n      - pocket\n    sources:\n      - memory-study",
        "    tools: &t\n      - pocket\n    sources: *t",
        "    sources: *t",
        "claims[0].sources",
        ("alias", "write it out"),
    ),
    "unquoted yes": (
        CLAIMS,
        "      alpha: 1",
        "      alpha: yes",
        "alpha: yes",
        "value.alpha",
        ("true to YAML", "quotes"),
    ),
    "not a number": (
        "settings.yaml",
        "transfer: 0.3",
        "transfer: .nan",
        "transfer: .nan",
        "settings.transfer",
        ("finite",),
    ),
    "impossible date": (CLAIMS, "added: 2026-11-01", "added: 2026-11-31", "11-31", "claims[0].added", ("timestamp",)),
    "time of day": (
        CLAIMS,
        "added: 2026-11-01",
        "added: 2026-11-01 10:00:00",
        "10:00",
        "added",
        ("time of day", "day only"),
    ),
    "unknown top-level key": (CLAIMS, "claims:\n", "claim:\n", "claim:", "claim", ("unknown key", "'claims'")),
    "unknown key": (CLAIMS, "    title: ", "    titel: ", "titel", "memory-study.titel", ("unknown key", "'title'")),
    "unknown inner key": (
        CLAIMS,
        "      en: ",
        "      eng: ",
        "eng:",
        "peak-memory.statement.eng",
        ("unknown key", "'en'"),
    ),
    "missing key": (
        CLAIMS,
        "    kind: measured\n",
        "",
        "- id: peak-memory",
        "peak-memory.kind",
        ("is missing", "add it"),
    ),
    "missing language": (
        CLAIMS,
        '      zh: "Alpha 占用更少内存。"\n',
        "",
        "statement:",
        "peak-memory.statement.zh",
        ("is missing", "in Chinese"),
    ),
    "no entries": ("tools.yaml", base.FILES["tools.yaml"], "tools:\n", "tools:", "tools", ("not a list", "- id:")),
    "entry without keys": (
        "tools.yaml",
        "tools:\n",
        "tools:\n  - pocket\n",
        "- pocket",
        "tools[0]",
        ("not an entry", "- id:"),
    ),
    "empty file": ("tools.yaml", base.FILES["tools.yaml"], "", None, "", ("no key at the top level", "tools")),
    "number for a text": ("tools.yaml", '"1.2"', "1.2", "1.2", "pocket.latest_version", ("not a text", '"1.2"')),
    "effect out of range": (
        CLAIMS,
        "alpha: 1",
        "alpha: 3",
        "alpha: 3",
        "value.alpha",
        ("3", "less than or equal to 2"),
    ),
    "half an effect": (CLAIMS, "alpha: 1", "alpha: 0.5", "alpha: 0.5", "value.alpha", ("0.5", "integer")),
    "emphasis out of range": (
        "questions.yaml",
        "deploy-mobile: 3",
        "deploy-mobile: 4",
        "deploy-mobile: 4",
        "deploy.options[1].emphasis.deploy-mobile",
        ("4", "less than or equal to 3"),
    ),
    "unknown grade": (CLAIMS, "grade: moderate", "grade: modrate", "modrate", "grade", ("unknown word", "'moderate'")),
    "unknown kind": (CLAIMS, "kind: measured", "kind: measurd", "measurd", "peak-memory.kind", ("'measured'",)),
    "unknown truth": (CLAIMS, "truth: current", "truth: curent", "curent", "truth", ("'current'",)),
    "unknown tool status": ("tools.yaml", "status: active", "status: activ", "activ", "pocket.status", ("'active'",)),
    "unknown route status": (
        "routes.yaml",
        "supported",
        "suported",
        "suported",
        "alpha-mobile.status",
        ("'supported'",),
    ),
    "key left empty": (CLAIMS, "grade: moderate", "grade:", "grade:", "peak-memory.grade", ("is empty", "fill it in")),
}


@pytest.mark.parametrize("case", WRITING)
def test_an_entry_written_wrong_is_refused_with_its_place_and_the_way_out(tmp_path: Path, case: str) -> None:
    base.refused(tmp_path, WRITING[case])
