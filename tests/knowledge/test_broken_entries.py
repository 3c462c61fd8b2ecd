"""Every way an entry can be wrong: one small broken example each, with file, line, key and way out."""

from dataclasses import replace
from pathlib import Path

import pytest

from advisor import knowledge
from advisor.knowledge import KnowledgeError
from tests.knowledge import base

CLAIMS = "claims/memory.yaml"

# what is wrong: (file, written, replaced by, line on which it stands, key, what the message and the way out say)
INTEGRITY = {
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
    "empty file": ("tools.yaml", base.FILES["tools.yaml"], "", None, "", ("nothing is said", "tools")),
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
    "option twice": ("questions.yaml", "- id: mobile", "- id: none", None, "options[1].id", ("twice", "keep one")),
    "no source": (
        CLAIMS,
        "    sources:\n      - memory-study",
        "    sources: []",
        "sources: []",
        "sources",
        ("no source", "cite"),
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

HOUSE = {
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


def first_line(folder: Path, file: str, text: str | None) -> int | None:
    """Return the first line of a file that holds ``text``, counted from 1."""
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    return None if text is None else next(at for at, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize("case", INTEGRITY)
def test_a_broken_entry_is_refused_with_its_place_and_the_way_out(tmp_path: Path, case: str) -> None:
    file, old, new, at, key, says = INTEGRITY[case]
    folder = base.write(tmp_path)
    base.change(folder, file, old, new)
    with pytest.raises(KnowledgeError) as caught:
        knowledge.load(folder)
    problems = caught.value.problems
    line = first_line(folder, file, at)
    fitting = [p for p in problems if p.file == f"knowledge/{file}" and p.key.endswith(key) and line in (None, p.line)]
    assert any(all(words in f"{p.message}; {p.way_out}" for words in says) for p in fitting), "\n".join(
        map(str, problems)
    )
    assert all(problem.way_out for problem in problems)


@pytest.mark.parametrize("case", HOUSE)
def test_the_check_asks_for_more_than_loading(tmp_path: Path, case: str) -> None:
    file, old, new, at, key, says = HOUSE[case]
    folder = base.write(tmp_path)
    base.change(folder, file, old, new)
    knowledge.load(folder)
    found = knowledge.check(folder, today=base.TODAY, catalogue=base.CATALOGUE).problems
    line = first_line(folder, file, at)
    fitting = [p for p in found if p.key.endswith(key) and line in (None, p.line)]
    assert any(all(words in f"{p.message}; {p.way_out}" for words in says) for p in fitting), "\n".join(map(str, found))


def test_one_mistake_is_one_problem(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    base.change(folder, CLAIMS, "grade: moderate", "grade: modrate")
    with pytest.raises(KnowledgeError) as caught:
        knowledge.load(folder)
    assert [str(problem) for problem in caught.value.problems] == [
        "knowledge/claims/memory.yaml:22 claims.peak-memory.grade: unknown word 'modrate'; did you mean 'moderate'?"
    ]


def test_a_file_that_cannot_be_read_does_not_make_every_reference_to_it_a_problem(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    base.change(folder, "sources.yaml", "sources:", "sources: [")
    with pytest.raises(KnowledgeError) as caught:
        knowledge.load(folder)
    assert [problem.file for problem in caught.value.problems] == ["knowledge/sources.yaml"]


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    base.change(folder, CLAIMS, "criterion: memory", "criterion: memry")
    base.change(folder, CLAIMS, "favours: beta", "favours: bta")
    base.change(folder, "tools.yaml", "status: active", "status: activ")
    base.change(folder, "routes.yaml", "deploy.mobile", "deploy.moble")
    base.change(folder, "questions.yaml", " memory: 1", " momory: 1")
    with pytest.raises(KnowledgeError) as caught:
        knowledge.load(folder)
    assert {problem.file for problem in caught.value.problems} == {
        "knowledge/claims/memory.yaml",
        "knowledge/questions.yaml",
        "knowledge/routes.yaml",
        "knowledge/tools.yaml",
    }
    assert len(caught.value.problems) == 5


@pytest.mark.parametrize("name", ["criteria.yaml", "frameworks.yaml", "questions.yaml", "settings.yaml"])
def test_a_missing_file_is_one_problem(tmp_path: Path, name: str) -> None:
    folder = base.write(tmp_path)
    (folder / name).unlink()
    with pytest.raises(KnowledgeError) as caught:
        knowledge.load(folder)
    assert [(p.file, p.message) for p in caught.value.problems] == [(f"knowledge/{name}", "this file is missing")]


def test_a_file_under_a_wrong_name_is_not_passed_over(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    (folder / "claims" / "cloud.yml").write_text("claims: []\n")
    (folder / "tool.yaml").write_text("tools: []\n")
    with pytest.raises(KnowledgeError) as caught:
        knowledge.load(folder)
    assert [(p.file, p.way_out) for p in caught.value.problems] == [
        ("knowledge/claims/cloud.yml", "rename it to cloud.yaml"),
        ("knowledge/tool.yaml", "rename it to tools.yaml"),
    ]


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    (folder / "tools.yaml").write_bytes("tools: [] # 工具".encode("gb18030"))
    with pytest.raises(KnowledgeError) as caught:
        knowledge.load(folder)
    assert [(p.file, p.way_out) for p in caught.value.problems] == [("knowledge/tools.yaml", "save the file as UTF-8")]


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
    (problem,) = knowledge.check(base.write(tmp_path), today=base.TODAY, catalogue={probe.id: probe}).problems
    assert str(problem) == f"probes/catalog.yaml:1 memory-mlp: {message}; {way_out}"
