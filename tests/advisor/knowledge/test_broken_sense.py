"""Entries that read well and contradict themselves or one another: with file, line, key and way out."""

from pathlib import Path

import pytest

from tests.advisor.knowledge import base

CLAIMS = "claims/memory.yaml"

SENSE: dict[str, base.Case] = {
    "no source": (
        CLAIMS,
        "    sources:\n      - memory-study",
        "    sources: []",
        "sources: []",
        "sources",
        ("no source", "cite"),
    ),
    "a row that no route makes": (
        CLAIMS,
        "    sources:\n      - memory-study",
        "    sources:\n      - memory-study\n    measured: [{route: pytorch-onxn}]",
        "measured: [",
        "measured[0].route",
        ("no route 'pytorch-onxn'", "'pytorch-onnx'"),
    ),
    "a precision that a route does not make": (
        CLAIMS,
        "    sources:\n      - memory-study",
        "    sources:\n      - memory-study\n    measured: [{route: tensorflow-saved-model, precision: int8}]",
        "measured: [",
        "measured[0].precision",
        ("not made in int8", "fp32"),
    ),
    "a figure held against what it is not": (
        CLAIMS,
        "    sources:\n      - memory-study",
        "    sources:\n      - memory-study\n    measured: [{"
        "route: pytorch-onnx, figure: max_abs, of: weights, at_most: 1.0}]",
        "measured: [",
        "measured[0].of",
        ("not held against 'weights'",),
    ),
    "a figure without a bound": (
        CLAIMS,
        "    sources:\n      - memory-study",
        "    sources:\n      - memory-study\n    measured: [{route: pytorch-onnx, figure: max_abs}]",
        "measured: [",
        "measured[0]",
        ("nothing says when the claim holds", "at_most:"),
    ),
    "a number for whether it works": (
        CLAIMS,
        "    sources:\n      - memory-study",
        "    sources:\n      - memory-study\n    measured: [{route: pytorch-onnx, at_most: 1.0}]",
        "measured: [",
        "measured[0]",
        ("is no number", "figure:"),
    ),
    "a trial that contradicts its claim": (
        CLAIMS,
        "    sources:\n      - memory-study",
        "    sources:\n      - memory-study\n    measured: [{"
        "route: pytorch-onnx, figure: max_abs, at_most: 1.0e-6, trial: 2.0e-6}]",
        "measured: [",
        "measured[0].trial",
        ("the trial itself", "the bound"),
    ),
    "no date": (
        CLAIMS,
        "    published: 2026-02-02\n",
        "",
        "- id: memory-study",
        "memory-study",
        ("no date", "undated:"),
    ),
    "published after it was read": (
        "sources.yaml",
        "2026-01-10",
        "2026-12-10",
        "2026-12-10",
        "published",
        ("after it was read",),
    ),
    "no address": (
        "sources.yaml",
        "https://example.org/old",
        "example.org/old",
        '"example.org/old"',
        "old-page.url",
        ("https://",),
    ),
    "unknown vendor": ("sources.yaml", "vendor_of: alpha", "vendor_of: alfa", "alfa", "vendor_of", ("'alpha'",)),
    "outdated without successor": (
        CLAIMS,
        "    superseded_by: peak-memory\n",
        "",
        "truth: outdated",
        "truth",
        ("superseded_by",),
    ),
    "current with successor": (
        CLAIMS,
        "truth: outdated",
        "truth: current",
        "superseded_by",
        "superseded_by",
        ("outdated",),
    ),
    "contested by nothing": (CLAIMS, "truth: current", "truth: contested", "contested", "truth", ("counter_claims",)),
    "superseded by itself": (
        CLAIMS,
        "by: peak-memory",
        "by: once-larger",
        "superseded_by",
        "superseded_by",
        ("circle",),
    ),
    "source document without section": (
        CLAIMS,
        '    section: "2 speed"\n',
        "",
        "origin: source",
        "origin",
        ("section",),
    ),
    "reviewed before added": (
        CLAIMS,
        "reviewed: 2026-11-02",
        "reviewed: 2026-10-02",
        "2026-10-02",
        "reviewed",
        ("before added",),
    ),
    "review due before the review": (
        CLAIMS,
        "2027-05-01",
        "2026-05-01",
        "2026-05-01",
        "review_by",
        ("before reviewed",),
    ),
    "range that is none": (CLAIMS, '">=2,<3"', '"2 or later"', "2 or later", "versions.alpha", ("range", "PEP 440")),
    "version that is none": (
        "frameworks.yaml",
        '"2.0"',
        '"two"',
        "two",
        "alpha.latest_version",
        ("version", "PEP 440"),
    ),
    "python range that is none": ("frameworks.yaml", '">=3.11"', '"3.11+"', "3.11+", "alpha.python", ("range",)),
    "empty text": (CLAIMS, '"True for small networks."', '" "', 'en: " "', "finding.en", ("empty",)),
    "zh without Chinese": (CLAIMS, "对小网络成立。", "True.", "True.", "finding.zh", ("no Chinese", "in Chinese")),
    "Chinese in the English": (
        CLAIMS,
        "True for small",
        "True 小",
        "True 小",
        "finding.en",
        ("Chinese in the English",),
    ),
    "archived, and then?": (
        "tools.yaml",
        "    successor: pocket\n",
        "",
        "archived",
        "trousers.status",
        ("successor", "note"),
    ),
    "dead tool on a living route": (
        "routes.yaml",
        "status: dead",
        "status: beta",
        "trousers",
        "tools[0]",
        ("archived", "'pocket'"),
    ),
    "a number for a question of many answers": (
        "questions.yaml",
        '      zh: "会排除框架。"\n',
        '      zh: "会排除框架。"\n    sharpened_by: {target: artifact_mb, up_to: {none: 1}, beyond: mobile, '
        'reason: {en: "So.", zh: "如此。"}}\n',
        "sharpened_by",
        "deploy.sharpened_by",
        ("takes many", "leave the key out"),
    ),
    "a number that counts as no option": (
        "questions.yaml",
        '    kind: many\n    requires: all\n    text:\n      en: "Where does it run?"',
        "    kind: one\n    sharpened_by: {target: artifact_mb, up_to: {none: 1}, beyond: mobil, "
        'reason: {en: "So.", zh: "如此。"}}\n    text:\n      en: "Where does it run?"',
        "mobil,",
        "sharpened_by.beyond",
        ("no option 'mobil'", "'mobile'"),
    ),
    "a number that nobody knows": (
        "questions.yaml",
        '      zh: "会排除框架。"\n',
        '      zh: "会排除框架。"\n    sharpened_by: {target: artifact_md, up_to: {none: 1}, beyond: mobile, '
        'reason: {en: "So.", zh: "如此。"}}\n',
        "sharpened_by",
        "sharpened_by.target",
        ("unknown word 'artifact_md'", "'artifact_mb'"),
    ),
    "grade without sd": ("settings.yaml", "    low: 0.5\n", "", "  sd:", "settings.sd", ("'low'",)),
    "sd of nothing": ("settings.yaml", "high: 0.1", "high: 0.0", "high: 0.0", "settings.sd.high", ("not above 0",)),
    "bands out of order": (
        "settings.yaml",
        "leaning: 0.7",
        "leaning: 0.95",
        "clear: 0.9",
        "settings.clear",
        ("out of order",),
    ),
    "no settings": ("settings.yaml", base.FILES["settings.yaml"], 'version: "1"\n', None, "settings", ("is missing",)),
    "no version": ("settings.yaml", 'version: "test"\n', "", None, "version", ("is missing",)),
    "version not quoted": ("settings.yaml", '"test"', "2026.11", "version", "version", ("not a text", '"2026.11"')),
}


@pytest.mark.parametrize("case", SENSE)
def test_an_entry_that_makes_no_sense_is_refused_with_its_place_and_the_way_out(tmp_path: Path, case: str) -> None:
    base.refused(tmp_path, SENSE[case])
