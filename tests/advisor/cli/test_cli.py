"""What a person or a script sees of the command line."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from advisor.cli import cli
from advisor.decisions import schemas
from advisor.decisions.diff import compare_decisions
from advisor.decisions.recheck import recheck
from advisor.decisions.verification import verify
from advisor.errors import InputError
from advisor.knowledge.loading import load_knowledge
from probes.catalog.loading import load_catalog

ROOT = Path(__file__).resolve().parents[3]
PHONE = "knowledge/examples/phone-app.yaml"


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "home"))


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from advisor.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'sklearn', 'streamlit', 'pydantic', 'torch', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)

    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["recomend"], "did you mean 'recommend'"),
        (["recommend"], "--needs"),
        (["recommend", "--needs", "nowhere.yaml"], "nowhere.yaml"),
        (["schema", "recomendation"], "did you mean 'recommendation'"),
        (["knowledge", "show", "torchscrip"], "did you mean 'torchscript'"),
        (["knowledge", "list", "--criterion", "deploy-mobil"], "did you mean 'deploy-mobile'"),
        (["probe", "run", "training-mlp-eagre", "-o", "-"], "did you mean 'training-mlp-eager'"),
        (["probe", "run", "training-mlp-eager", "--python", "tensorflow", "-o", "-"], "expected FRAMEWORK=PATH"),
        (["probe", "run", "training-mlp-eager", "--python", "tensorflw=/bin/true", "-o", "-"], "did you mean"),
        (["probe", "run", "training-mlp-eager", "-o", "no/such/folder/e.json"], "does not exist"),
        (["report", "--needs", PHONE, "-o", "decision.docx"], "known: .html"),
        (["report", "--needs", PHONE, "-o", "no/such/folder/d.html"], "does not exist"),
        (["verify", "pyproject.toml"], "not JSON"),
        (["evidence", "show", "999"], "999"),
        (["understand"], "TEXT"),
        (["probe", "run", "training-mlp-eager", "--threads", "few", "-o", "-"], "'one', 'all' or a number"),
        (["probe", "run", "training-mlp-eager", "--budget", "nan", "-o", "-"], "not a number of seconds"),
        (["knowledge", "list", "--status", "supersede"], "did you mean 'superseded'"),
        (["chat", "--report", "talk.docx"], "known: .html"),
        (["evidence", "show", "99999999999999999999"], "is kept"),
        (["recommend", "--lines", "-", "--needs", PHONE], "--lines goes without --needs"),
        (["ask", "--answers", "nowhere.yaml"], "nowhere.yaml"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_input_is_told_without_a_traceback_and_with_status_2(run, argv: list[str], told: str) -> None:
    found = run(*argv)

    assert found.returncode == 2, found.stderr
    assert "Traceback" not in found.stderr
    assert told in found.stderr


def test_all_problems_of_a_needs_file_come_at_once(run, tmp_path: Path) -> None:
    needs = tmp_path / "needs.yaml"
    needs.write_text("schema: needs/1\nanswers:\n  stagee: production\n  deploy: [mobil]\n  hardware: cpu\nextra: 1\n")

    found = run("recommend", "--needs", str(needs))

    assert found.returncode == 2
    for word in ("stage", "mobile", "extra"):
        assert word in found.stderr


def test_the_recommendation_matches_its_schema(run) -> None:
    found = run("recommend", "--needs", PHONE, "--json")
    document = json.loads(found.stdout)

    assert found.returncode == 0, found.stderr
    jsonschema.validate(document, schemas.schema("recommendation"))
    assert sum(document["acceptability"].values()) == pytest.approx(1.0)
    for framework, utility in document["utility"].items():
        total = sum(row["contribution"].get(framework, 0.0) for row in document["criteria"])
        assert total == pytest.approx(utility)


def test_a_recommendation_from_words_says_what_it_took_from_them(run) -> None:
    told = run(
        "recommend", "--text", "an app for Android, not for the browser; a Raspberry Pi collects the data"
    ).stdout
    said, assumed, excluded = (
        next((line for line in told.splitlines() if line.startswith(start)), "")
        for start in ("For: ", "Assumed from the text", "Ruled out: ")
    )
    assert "Phones" in said or "Mobile" in said, told
    assert "Processors" in assumed, told
    assert "browser" in excluded.lower() or "web" in excluded.lower(), told


def test_lines_answer_in_order_and_a_bad_line_costs_only_itself(run, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text(
        "\n".join(
            [
                json.dumps({"id": "a", "needs": {"schema": "needs/1", "answers": {"deploy": ["mobile"]}}}),
                "{broken",
                json.dumps({"id": "c", "needs": {"schema": "needs/1", "answers": {"deploy": ["mobil"]}}}),
                json.dumps({"id": "d", "text": "we deploy on phones"}),
                json.dumps(["not an object"]),
            ]
        )
    )

    found = run("recommend", "--lines", str(lines), "--json")
    rows = [json.loads(line) for line in found.stdout.splitlines()]

    assert found.returncode == 0, found.stderr
    assert [row["id"] for row in rows] == ["a", 2, "c", "d", 5]
    assert ["error" in row for row in rows] == [False, True, True, False, True]


@pytest.mark.parametrize("name", schemas.names())
def test_every_schema_is_a_valid_schema(run, name: str) -> None:
    found = run("schema", name)

    assert found.returncode == 0, found.stderr
    jsonschema.Draft202012Validator.check_schema(json.loads(found.stdout))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "not JSON"),
        ('{"schema": "evidence/9"}', "evidence/1"),
        ('{"schema": "evidence/1"}', "probes"),
        ("[]", ""),
    ],
)
def test_broken_evidence_is_refused(run, tmp_path: Path, content: str, told: str) -> None:
    evidence = tmp_path / "evidence.json"
    evidence.write_text(content)

    found = run("recommend", "--needs", PHONE, "--evidence", str(evidence))

    assert found.returncode == 2
    assert told in found.stderr
    assert "Traceback" not in found.stderr


def test_a_port_in_use_is_told_with_a_free_one(run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        found = run("app", "--port", str(taken.getsockname()[1]))

    assert found.returncode == 2
    assert "framework-advisor app --port" in found.stderr


def test_a_report_can_be_verified_and_rechecked(run, tmp_path: Path) -> None:
    decision = tmp_path / "decision.json"

    written = run("report", "--needs", PHONE, "-o", str(decision))
    verified = run("verify", str(decision))
    rechecked = run("recheck", str(decision), "--json")

    assert written.returncode == 0, written.stderr
    jsonschema.validate(json.loads(decision.read_text()), schemas.schema("decision"))
    assert verified.returncode == 0, verified.stderr + verified.stdout
    assert json.loads(rechecked.stdout)["stands"] is True


def test_a_tampered_decision_does_not_verify(run, tmp_path: Path) -> None:
    decision = tmp_path / "decision.json"
    run("report", "--needs", PHONE, "-o", str(decision))
    document = json.loads(decision.read_text())
    first, second, *_ = sorted(document["recommendation"]["utility"])
    utility = document["recommendation"]["utility"]
    utility[first], utility[second] = utility[second], utility[first]
    decision.write_text(json.dumps(document))

    found = run("verify", str(decision))

    assert found.returncode == 1
    assert "utility" in found.stdout


def test_a_file_that_exists_survives_a_failed_write(run, tmp_path: Path) -> None:
    target = tmp_path / "decision.html"
    target.write_text("precious")

    found = run("report", "--needs", "nowhere.yaml", "-o", str(target))

    assert found.returncode == 2
    assert target.read_text() == "precious"


def test_asking_with_a_script_reaches_a_recommendation(run) -> None:
    found = run("ask", "--answers", PHONE, "--json")

    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["schema"] == "recommendation/1"


def test_prose_is_written_in_both_languages(run) -> None:
    english = run("recommend", "--needs", PHONE, "--lang", "en")
    chinese = run("recommend", "--needs", PHONE, "--lang", "zh")

    assert "Recommended" in english.stdout
    assert "推荐" in chinese.stdout


def test_lines_end_at_line_feeds_only_and_no_line_ends_the_rest(tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    given = [
        '{"id": "a", "text": "a\u2028phone"}',
        '{"id": NaN, "text": "x"}',
        '{"id": 1e999, "text": "x"}',
        '{"id": "\\ud800", "text": "\\ud800 phone"}',
        "[" * 150_000,
        '{"id": 6, "text": "phone", "text": "desktop"}',
        '{"id": "last", "text": "手机"}',
    ]
    lines.write_text("\r\n".join(given), newline="")

    found = CliRunner().invoke(cli, ["understand", "--lines", str(lines), "--json"])
    rows = [json.loads(line) for line in found.stdout.split("\n") if line]

    assert found.exit_code == 0
    assert [row["id"] for row in rows] == ["a", 2, 3, 4, 5, 6, "last"]
    assert ["error" in row for row in rows] == [False, True, True, True, True, True, False]
    assert [row["error"].partition("not JSON: ")[2][:24] for row in rows[3:6]] == [
        "U+D800 is half a charact",
        "nested more than 64 leve",
        "duplicate key 'text'; ke",
    ]


def test_a_terminal_that_is_not_utf8_still_gets_json() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "advisor", "knowledge", "show", "torchscript", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )

    assert found.stdout.isascii()
    assert any("\u4e00" <= letter <= "\u9fff" for letter in json.dumps(json.loads(found.stdout), ensure_ascii=False))


def test_the_method_audit_is_printed_beside_the_recommendation() -> None:
    found = CliRunner().invoke(cli, ["recommend", "--needs", str(ROOT / PHONE), "--audit", "--json"])
    document = json.loads(found.stdout)

    jsonschema.validate(document, schemas.schema("recommendation"))
    assert {"TOPSIS", "PROMETHEE II"} <= {method["method"] for method in document["audit"]["methods"]}
    assert document["audit"]["why_not"]["en"]


def test_a_report_is_written_even_where_the_store_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the directory should be")
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(blocked / "home"))
    target = tmp_path / "decision.md"

    found = CliRunner().invoke(cli, ["report", "--needs", str(ROOT / PHONE), "-o", str(target)])

    assert found.exit_code == 0, found.output
    assert target.read_text()
    assert "FRAMEWORK_ADVISOR_HOME" in found.stderr


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"recommendation": None}, "recommendation"),
        ({"evidence": 5}, "evidence"),
        ({"versions": [1]}, "versions"),
        ({"claims": [1, 2]}, "claims"),
        ({"recommendation": {"criteria": [{"id": "x"}]}}, "criteria[0]"),
        ({"recommendation": {"utility": {"a": "high"}}}, "utility.a"),
    ],
)
def test_a_malformed_decision_is_refused_with_its_place(change: dict[str, object], place: str) -> None:
    document = {"schema": "decision/1", "needs": {}, "recommendation": {}, **change}

    for read in (
        lambda: verify(document),
        lambda: recheck(document, load_knowledge(), today=date(2026, 11, 24)),
        lambda: compare_decisions(document, document),
    ):
        with pytest.raises(InputError, match=re.escape(place)):
            read()


def test_an_edited_text_does_not_verify(tmp_path: Path) -> None:
    decision = tmp_path / "decision.json"
    CliRunner().invoke(cli, ["report", "--needs", str(ROOT / PHONE), "-o", str(decision)])
    document = json.loads(decision.read_text())
    untouched = verify(document, probes=tuple(load_catalog().values()))
    name = next(iter(document["claims"]))
    document["claims"][name]["statement"]["en"] = "Something else."

    edited = verify(document, probes=tuple(load_catalog().values()))

    assert untouched.differences == ()
    assert [found.place for found in edited.differences] == [f"claims.{name}.statement.en"]
