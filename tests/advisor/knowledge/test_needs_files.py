"""needs/1 is read strictly: nothing guessed, nothing dropped, every problem at once."""

import io
import json
import os
import sys
from pathlib import Path

import jsonschema
import pytest

from advisor.decisions.schemas import schema
from advisor.errors import InputError
from advisor.knowledge.loading import load_knowledge
from advisor.knowledge.needs_files import parse_needs, read_needs
from advisor.model.knowledge import Knowledge
from probes.statistics.targets import NAMES
from tests.advisor.knowledge import base

EXAMPLES = sorted((Path(__file__).parents[3] / "knowledge" / "examples").glob("*.yaml"))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    """The small base with one more question, of which one option is chosen."""
    folder = base.write(tmp_path_factory.mktemp("needs"))
    base.change(
        folder,
        "questions.yaml",
        "questions:\n",
        "questions:\n"
        + base.FILES["questions.yaml"]
        .removeprefix("questions:\n")
        .replace("id: deploy\n    kind: many\n    requires: all", "id: stage\n    kind: one")
        .replace("id: none", "id: research")
        .replace("id: mobile", "id: production"),
    )
    return load_knowledge(folder)


def problems(document: object, known: Knowledge) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_needs(document, known)  # type: ignore[arg-type]
    return caught.value.problems


def test_what_was_said_is_what_is_read(known: Knowledge) -> None:
    said = {
        "schema": "needs/1",
        "answers": {"stage": "production", "deploy": ["mobile"]},
        "excluded": {"deploy": ["none"]},
        "priorities": {"memory": 3.0},
        "certainty": {"stage": 0.5},
        "targets": {"artifact_mb": 0.512, "agreement_drop_pct": 0.0},
    }
    assert parse_needs(said, known).document() == said


def test_nothing_said_is_no_problem(known: Knowledge) -> None:
    assert parse_needs({}, known).document() == {"schema": "needs/1", "answers": {}}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"schema": "needs/2"}, "schema: 'needs/2' is not what is read here; write 'schema: needs/1'"),
        ({"answer": {}}, "answer: unknown key 'answer'; did you mean 'answers'?"),
        ({"deploy": ["mobile"]}, "deploy: unknown key 'deploy'; put it under 'answers:'"),
        ([], "needs/1: a list instead of keys; begin with 'schema: needs/1' and 'answers:'"),
        ({"answers": ["mobile"]}, "answers: a list instead of keys; write one question a line below 'answers:'"),
        ({"answers": {"deplyo": []}}, "answers.deplyo: unknown question 'deplyo'; did you mean 'deploy'?"),
        (
            {"answers": {"deploy": ["Mobil"]}},
            "answers.deploy[0]: 'deploy' has no option 'Mobil'; did you mean 'mobile'?",
        ),
        (
            {"answers": {"stage": "xyz"}},
            "answers.stage: 'stage' has no option 'xyz'; known: production, research",
        ),
        (
            {"answers": {"deploy": "mobile"}},
            "answers.deploy: the text 'mobile' instead of a list; write 'deploy: [mobile]'",
        ),
        (
            {"answers": {"stage": ["production"]}},
            "answers.stage: a list instead of one option; write 'stage: production'",
        ),
        (
            {"answers": {"stage": None}},
            "answers.stage: nothing instead of one option; write one of research, production",
        ),
        (
            {"answers": {"stage": True}},
            "answers.stage: yes/no (true) instead of one option; write one of research, production",
        ),
        (
            {"answers": {"deploy": {"mobile": 1}}},
            "answers.deploy: keys instead of a list; write a list in brackets of none, mobile",
        ),
        (
            {"answers": {"deploy": [1]}},
            "answers.deploy[0]: the number 1 instead of an option; write one of none, mobile",
        ),
        (
            {"priorities": {"deploy": 1}},
            "priorities.deploy: unknown criterion 'deploy'; that is a question: put it under 'answers:'",
        ),
        (
            {"answers": {"memory": "low"}},
            "answers.memory: unknown question 'memory'; that is a criterion: put it under 'priorities:'",
        ),
        (
            {"answers": {"deploy": ["mobile", "mobile"]}},
            "answers.deploy[1]: 'mobile' is listed twice; keep one of them",
        ),
        (
            {"answers": {"deploy": ["none", "mobile"]}},
            "answers.deploy: 'none' together with mobile; keep either 'none' or the others",
        ),
        (
            {"excluded": {"stage": "research"}},
            "excluded.stage: the text 'research' instead of a list; write 'stage: [research]'",
        ),
        (
            {"excluded": {"deploy": ["moble"]}},
            "excluded.deploy[0]: 'deploy' has no option 'moble'; did you mean 'mobile'?",
        ),
        ({"priorities": {"memroy": 1}}, "priorities.memroy: unknown criterion 'memroy'; did you mean 'memory'?"),
        ({"priorities": {"memory": 4}}, "priorities.memory: 4 is out of range; write a number from 0 to 3"),
        ({"priorities": {"memory": -1}}, "priorities.memory: -1 is out of range; write a number from 0 to 3"),
        (
            {"priorities": {"memory": float("nan")}},
            "priorities.memory: nan is out of range; write a number from 0 to 3",
        ),
        (
            {"priorities": {"memory": True}},
            "priorities.memory: yes/no (true) instead of a number; write a number from 0 to 3",
        ),
        (
            {"priorities": {"memory": "3"}},
            "priorities.memory: the text '3' instead of a number; write a number from 0 to 3",
        ),
        ({"latency_p95_ms": 5}, "latency_p95_ms: unknown key 'latency_p95_ms'; put it under 'targets:'"),
        ({"targets": {"p95": 5}}, "targets.p95: unknown target 'p95'; write 'latency_p95_ms'"),
        (
            {"targets": {"artifact_md": 5}},
            "targets.artifact_md: unknown target 'artifact_md'; did you mean 'artifact_mb'?",
        ),
        (
            {"targets": {"deploy": 5}},
            "targets.deploy: unknown target 'deploy'; that is a question: put it under 'answers:'",
        ),
        (
            {"answers": {"artifact_mb": 5}},
            "answers.artifact_mb: unknown question 'artifact_mb'; that is a target: put it under 'targets:'",
        ),
        (
            {"targets": {"artifact_mb": "5 MB"}},
            "targets.artifact_mb: the text '5 MB' instead of a number; write a number of MB",
        ),
        (
            {"targets": {"artifact_mb": 0}},
            "targets.artifact_mb: 0 MB can be reached by nothing; write a number of MB above 0",
        ),
        (
            {"targets": {"cold_start_s": float("nan")}},
            "targets.cold_start_s: nan is not a number that can be reached; write a number of s above 0",
        ),
        (
            {"targets": {"latency_p95_ms": 10**30}},
            "targets.latency_p95_ms: inf is not a number that can be reached; write a number of ms above 0",
        ),
        (
            {"targets": {"agreement_drop_pct": 101}},
            "targets.agreement_drop_pct: 101 % is beyond 100 % and asks for nothing; check the unit",
        ),
        ({"targets": 5}, "targets: the number 5 instead of keys; write one target a line below 'targets:'"),
        ({"certainty": {"stage": 1.5}}, "certainty.stage: 1.5 is out of range; write a number from 0 to 1"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_way_out(document: object, problem: str, known: Knowledge) -> None:
    assert problems(document, known) == [problem]


def test_all_mistakes_come_at_once(known: Knowledge) -> None:
    document = {"schema": "x", "stage": 1, "answers": {"deploy": ["a", "b"], "stag": "c"}, "priorities": {"memory": 9}}
    assert len(problems(document, known)) == 6


def test_what_is_both_wanted_and_ruled_out_is_kept_and_named(known: Knowledge) -> None:
    both = parse_needs({"answers": {"deploy": ["mobile"]}, "excluded": {"deploy": ["mobile", "none"]}}, known)
    assert both.contradictions() == {"deploy": ("mobile",)}
    assert parse_needs({"answers": {"deploy": ["mobile"]}}, known).contradictions() == {}


def test_a_file_is_read_with_the_line_of_each_mistake(tmp_path: Path, known: Knowledge) -> None:
    file = tmp_path / "needs.yaml"
    file.write_text("schema: needs/1\nanswers:\n  stage: production\n  stage: research\n  deploy:\n    - moble\n")
    with pytest.raises(InputError) as caught:
        read_needs(file, known)
    assert caught.value.problems == [
        f"{file}:4 answers.stage: duplicate key 'stage', first on line 3; keep one of them",
        f"{file}:6 answers.deploy[0]: 'deploy' has no option 'moble'; did you mean 'mobile'?",
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            "priorities: {memory: true}",
            ["1 priorities.memory: yes/no (true) instead of a number; write a number from 0 to 3"],
        ),
        ("priorities: {memory: .nan}", ["1 priorities.memory: nan is out of range; write a number from 0 to 3"]),
        (
            "answers:\n  stage: no",
            ["2 answers.stage: yes/no (false) instead of one option; write one of research, production"],
        ),
        (
            "answers: {stage: 2026-11-24 10:00:00}",
            ["1 answers.stage: a date instead of one option; write one of research, production"],
        ),
        (
            "answers: &said {stage: research}\nexcluded: *said",
            ["2 excluded: an alias of something written elsewhere; write it out"],
        ),
        ("answers:\n\tstage: research", ["2: not valid YAML: a tab at the start of the line; indent with spaces"]),
        (
            "priorities: {memory: 9}\nanswers: {stage: x}\nanswers: {}",
            [
                "1 priorities.memory: 9 is out of range; write a number from 0 to 3",
                "2 answers.stage: 'stage' has no option 'x'; known: production, research",
                "3 answers: duplicate key 'answers', first on line 2; keep one of them",
            ],
        ),
    ],
)
def test_each_mistake_of_a_file_is_told_once_in_the_order_of_its_lines(
    content: str, told: list[str], tmp_path: Path, known: Knowledge
) -> None:
    file = tmp_path / "needs.yaml"
    file.write_text(content)
    with pytest.raises(InputError) as caught:
        read_needs(file, known)
    assert caught.value.problems == [f"{file}:{problem}" for problem in told]


def test_json_is_read_as_well_as_yaml(tmp_path: Path, known: Knowledge) -> None:
    file = tmp_path / "needs.json"
    said = {"schema": "needs/1", "answers": {"deploy": ["mobile"]}}
    file.write_text(json.dumps(said, indent="\t"))
    assert read_needs(file, known).document() == said


def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch, known: Knowledge) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"answers: {stage: research}")))
    assert read_needs("-", known).answers == {"stage": "research"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"answers: [", "not valid YAML"),
        (b"answers: {stage: \xff}", "not UTF-8"),
        (b"", "it is empty"),
        (b"just words", "the text 'just words' instead of keys"),
        (b"answers: &a {stage: *a}", "alias"),
        (b"#" * 1_000_001, "no file of this kind is as large"),
        (b"\x00\x01\x02", "not valid YAML"),
        (b"answers: " + b"[" * 100_000, "nested too deeply"),
        (b"answers: " + b"- " * 100_000, "not valid YAML"),
        (b"answers:\n " + b"- " * 100_000, "nested too deeply"),
        (b"? " * 100_000, "nested too deeply"),
        (b"\n".join(b" " * level + b"a:" for level in range(1_200)), "nested too deeply"),
        (b"answers: " + b"{a: " * 3_000 + b"1" + b"}" * 3_000, "nested too deeply: more than 64 levels"),
        (b"priorities: {performance: " + b"9" * 400 + b"}", "whole numbers must lie below 2^63"),
        (b"priorities: {performance: -" + b"9" * 400 + b"}", "whole numbers must lie below 2^63"),
        (b"priorities: {performance: 0x" + b"f" * 400 + b"}", "whole numbers must lie below 2^63"),
        (b"priorities: {performance: " + b"9" * 5_000 + b"}", "a number of 5,000 characters; at most 1,000 are read"),
        (b"priorities: {performance: " + b"59:" * 300_000 + b"59}", "at most 1,000 are read"),
        (b'priorities: {performance: !!int ""}', "'' cannot be read as int"),
        (b"answers: {stage: !!bool perhaps}", "'perhaps' cannot be read as bool"),
        (b"answers: {stage: !!timestamp today}", "'today' cannot be read as timestamp"),
        (b"answers: {stage: &a research, team: *a}", "alias"),
        (b'{"answers": {"stage": "research"}, "answers": {}}', "duplicate key 'answers'"),
    ],
)
def test_a_file_that_holds_no_needs_says_what_it_holds(
    content: bytes, says: str, tmp_path: Path, known: Knowledge
) -> None:
    file = tmp_path / "needs.yaml"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_needs(file, known)
    assert says in str(caught.value)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("number", [10**400, -(10**400), 10**5_000, float("nan"), float("inf")], ids=range(5))
def test_a_number_that_no_file_could_hold_is_out_of_range_all_the_same(number: float, known: Knowledge) -> None:
    criterion = next(iter(known.criteria))
    with pytest.raises(InputError, match="out of range"):
        parse_needs({"answers": {}, "priorities": {criterion: number}}, known)
    with pytest.raises(InputError, match="the number"):
        parse_needs({"answers": number}, known)


def test_a_file_that_is_not_there_is_looked_for_nearby(tmp_path: Path, known: Knowledge) -> None:
    (tmp_path / "phone.yaml").write_text("answers: {}")
    with pytest.raises(InputError, match=r"no such file; did you mean 'phone\.yaml'\?"):
        read_needs(tmp_path / "phnoe.yaml", known)
    with pytest.raises(InputError, match="a folder, not a file"):
        read_needs(tmp_path, known)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_can_be_read(path: Path) -> None:
    assert read_needs(path, load_knowledge()).contradictions() == {}


def test_the_examples_of_the_contract_are_there() -> None:
    named = "phone-app research-lab browser-demo recommender-on-tpu llm-fine-tuning microcontroller-sensor classroom"
    assert set(named.split()) <= {path.stem for path in EXAMPLES}


def test_a_number_that_counts_in_sixties_is_refused(tmp_path: Path, known: Knowledge) -> None:
    file = tmp_path / "needs.yaml"
    file.write_text("targets:\n  latency_p95_ms: 190:20:30\n", encoding="utf-8")
    with pytest.raises(InputError, match="counts in sixties to YAML; write the number in digits alone"):
        read_needs(file, known)


def test_a_link_that_leads_nowhere_and_a_pipe_are_told(tmp_path: Path, known: Knowledge) -> None:
    (tmp_path / "dangling.json").symlink_to("gone.json")
    with pytest.raises(InputError, match=r"a link to gone\.json, which is not there"):
        read_needs(tmp_path / "dangling.json", known)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.json")
        with pytest.raises(InputError, match="a pipe, which waits"):
            read_needs(tmp_path / "pipe.json", known)


VALUES = [0, -1, 0.5, 1, 2.5, 3, 4, 100, 101, 3_600_001, 1e300, True, None, "mobile", "none", [], ["mobile"], {}]


@pytest.mark.parametrize(
    "place",
    [("schema",), ("answers",), ("priorities", "memory"), ("certainty", "stage"), *(("targets", n) for n in NAMES)],
)
def test_the_schema_and_the_reader_take_the_same_values(place: tuple[str, ...], known: Knowledge) -> None:
    described = jsonschema.Draft202012Validator(schema("needs"))
    for value in VALUES:
        document: dict[str, object] = {place[0]: {place[1]: value} if len(place) > 1 else value}
        assert described.is_valid(document) == reads(document, known), document


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"schema": "needs/1"},
        {"answers": {"stage": "research"}},
        {"schema": "needs/2"},
        {"answers": {"deploy": ["mobile", "mobile"]}},
        {"excluded": {"deploy": ["mobile", "mobile"]}},
        {"excluded": {"deploy": "mobile"}},
        {"targets": {"fps": 3}},
        {"goals": {}},
    ],
)
def test_the_schema_and_the_reader_take_the_same_documents(document: dict[str, object], known: Knowledge) -> None:
    assert jsonschema.Draft202012Validator(schema("needs")).is_valid(document) == reads(document, known)


def test_the_schema_says_that_ids_are_those_of_the_knowledge_base(known: Knowledge) -> None:
    document = {"answers": {"no-such-question": "x"}}
    described = schema("needs")
    assert described is not None

    assert jsonschema.Draft202012Validator(described).is_valid(document)
    assert not reads(document, known)
    assert "those of the knowledge base" in " ".join(described["description"].split())


def reads(document: dict[str, object], known: Knowledge) -> bool:
    try:
        parse_needs(document, known)
    except InputError:
        return False
    return True
