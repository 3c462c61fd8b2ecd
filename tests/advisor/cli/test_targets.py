"""``--target``: numbers that win over the file's, said once, held in every document that follows."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from advisor.decisions import schemas
from advisor.decisions.diff import compare_decisions

ROOT = Path(__file__).parents[3]
PHONE = "knowledge/examples/phone-app.yaml"


pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def needs(tmp_path: Path) -> str:
    file = tmp_path / "needs.yaml"
    file.write_text("schema: needs/1\nanswers: {latency: any}\ntargets: {latency_p95_ms: 50, memory_mb: 100}\n")
    return str(file)


def test_the_command_line_wins_over_the_file_and_says_so(run, needs: str) -> None:
    found = run("recommend", "--needs", needs, "--target", "p95<=5ms", "--target", "size<=512KB", "--json")
    document = json.loads(found.stdout)
    assert document["needs"]["targets"] == {"latency_p95_ms": 5, "memory_mb": 100, "artifact_mb": 0.512}
    assert found.stderr.strip() == "--target: p95 latency ≤ 5 ms, instead of ≤ 50 ms in the needs"
    jsonschema.validate(document, schemas.schema("recommendation"))


def test_what_a_number_counts_as_is_told_in_both_languages(run, needs: str) -> None:
    english = run("recommend", "--needs", needs, "--target", "p95<=5ms").stdout.replace("\n", " ")
    chinese = run("recommend", "--needs", needs, "--target", "p95<=5ms", "--lang", "zh").stdout.replace("\n", "")
    assert "Targets: p95 latency ≤ 5 ms, memory ≤ 100 MB" in english
    assert "not as “It may take a while”: a number is sharper" in " ".join(english.split())
    assert "目标：p95 延迟 ≤ 5 毫秒，内存 ≤ 100 MB" in chinese


def test_a_number_gives_the_result_of_the_option_that_it_counts_as(run, tmp_path: Path) -> None:
    file = tmp_path / "real-time.yaml"
    file.write_text("schema: needs/1\nanswers: {stage: production, deploy: [mobile], latency: real-time}\n")
    said = json.loads(run("recommend", "--needs", str(file), "--json").stdout)
    file.write_text("schema: needs/1\nanswers: {stage: production, deploy: [mobile]}\n")
    asked = json.loads(run("recommend", "--needs", str(file), "--target", "p95<=5ms", "--json").stdout)
    assert asked["acceptability"] == said["acceptability"]
    assert asked["utility"] == said["utility"]


@pytest.mark.parametrize("command", [("recommend",), ("report", "-o", "-"), ("ask",)])
def test_what_is_no_target_is_refused_with_all_that_is_wrong(run, command: tuple[str, ...]) -> None:
    needed = ("--answers", PHONE) if command[0] == "ask" else ("--needs", PHONE)
    report = ("report", "-o", "decision.json") if command[0] == "report" else command
    found = run(*report, *needed, "--target", "fast, size<=20ms", "--target", "p95>=3ms")
    assert found.returncode == 2
    places = ("'fast' (character 1)", "'size<=20ms' (character 7)", "'p95>=3ms' (character 1)")
    assert all(place in found.stderr for place in places)
    assert "3 problems" in found.stderr


def test_one_target_given_twice_is_refused(run) -> None:
    found = run("recommend", "--needs", PHONE, "--target", "p95<=5ms", "--target", "latency<=6ms")
    assert found.returncode == 2
    assert "p95 latency is given twice; keep one of them" in found.stderr


def test_lines_hold_their_own_targets(run, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    rows = [
        {"id": "a", "needs": {"answers": {}, "targets": {"artifact_mb": 10}}},
        {"id": "b", "text": "must fit into 512 KB"},
        {"id": "c", "needs": {"answers": {}, "targets": {"artifact_mb": -1}}},
    ]
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    first, second, third = map(json.loads, run("recommend", "--lines", str(lines), "--json").stdout.splitlines())
    assert first["needs"]["targets"] == {"artifact_mb": 10}
    assert second["needs"]["targets"] == {"artifact_mb": 0.512}
    assert "-1 MB can be reached by nothing" in third["error"]
    refused = run("recommend", "--lines", str(lines), "--target", "p95<=5ms")
    assert "--lines goes without --target" in refused.stderr


def test_asking_begins_with_the_targets_and_saves_them(run, tmp_path: Path) -> None:
    saved = tmp_path / "needs.yaml"
    found = run("ask", "--answers", PHONE, "--target", "p95<=5ms", "-o", str(saved), "--json")
    assert found.returncode == 0, found.stderr
    assert "latency_p95_ms: 5.0" in saved.read_text()


def test_a_decision_holds_its_targets_verifies_and_differs_from_one_without(run, tmp_path: Path) -> None:
    plain, aimed = tmp_path / "plain.json", tmp_path / "aimed.json"
    run("report", "--needs", PHONE, "-o", str(plain))
    run("report", "--needs", PHONE, "--target", "p95<=5ms,size<=100KB", "-o", str(aimed))
    one, other = (json.loads(file.read_text()) for file in (plain, aimed))
    assert "targets" not in one["needs"]
    assert other["needs"]["targets"] == {"latency_p95_ms": 5, "artifact_mb": 0.1}
    jsonschema.validate(other, schemas.schema("decision"))
    verified = run("verify", str(aimed), "--json")
    assert json.loads(verified.stdout)["same"] is True
    assert json.loads(run("recheck", str(aimed), "--json").stdout)["stands"] is True
    told = {row.what for row in compare_decisions(one, other).differences}
    assert {"targets: latency_p95_ms", "targets: artifact_mb"} <= told


def test_a_decision_with_a_target_of_nothing_is_refused_with_its_place(run, tmp_path: Path) -> None:
    file = tmp_path / "aimed.json"
    run("report", "--needs", PHONE, "--target", "size<=100KB", "-o", str(file))
    document = json.loads(file.read_text())
    document["needs"]["targets"] = {"artifact_md": 1, "latency_p95_ms": -5}
    file.write_text(json.dumps(document))
    found = run("verify", str(file))
    assert found.returncode == 2
    assert "needs.targets.artifact_md: unknown word 'artifact_md'; did you mean 'artifact_mb'?" in found.stderr
    assert "needs.targets.latency_p95_ms" in found.stderr


@pytest.mark.parametrize(("form", "lang", "shown"), [("md", "en", "p95 latency"), ("html", "zh", "p95 延迟")])
def test_a_report_shows_the_targets_beside_the_answers(run, tmp_path: Path, form: str, lang: str, shown: str) -> None:
    target = tmp_path / f"decision.{form}"
    run("report", "--needs", PHONE, "--target", "p95<=5ms", "-o", str(target), "--lang", lang)
    text = target.read_text()
    assert shown in text
    assert "≤ 5" in text


def test_understanding_shows_the_numbers_with_their_words(run) -> None:
    text = "at most 10 MB and ideally under 20 ms"
    found = run("understand", text).stdout
    assert "target: size ≤ 10 MB  sure 87 %  at most 10 MB" in found
    document = json.loads(run("understand", text, "--json").stdout)
    jsonschema.validate(document, schemas.schema("understanding"))
    assert document["needs"]["targets"] == {"artifact_mb": 10}
    assert [slot["target"] for slot in document["targets"]] == ["artifact_mb", "latency_p95_ms"]
