"""The knowledge base that comes with the program, and how one is loaded."""

import os
from datetime import date, timedelta
from pathlib import Path

from advisor.analysis.leave_one_out import LeaveOneOut
from advisor.deployment.plans import routes_for
from advisor.engine.scoring import judge, prepare, score
from advisor.knowledge.loading import check_knowledge, load_knowledge
from advisor.model.needs import Needs
from tests.advisor.knowledge import base

TODAY = date(2026, 11, 23)

NAMED = """
    tensorflow-serving litert tensorflow-js tfx tensorboard tensorflow-hub mirrored-strategy xla tpu eager-execution
    session-graph keras-sequential keras-functional torch-compile torchdynamo torchinductor aotautograd torchscript
    onnx torch-distributed torchelastic triton lightning transformers torchvision torchaudio pytorch-hub
    pytorch-mobile mobile-interpreter
"""
NAMED_SINCE = """
    keras litert-micro litert-torch executorch torch-export aotinductor onnx-runtime onnx-runtime-web
    transformers-js openvino torchserve triton-inference-server vllm fsdp ray jax torch-xla coreml mlx tensorrt
"""


def test_the_knowledge_base_passes_its_own_check() -> None:
    result = check_knowledge(today=TODAY)
    assert result.ok, "\n".join(map(str, result.problems))


def test_every_question_and_option_of_the_contract_is_there() -> None:
    contract = {
        "stage": "learning prototype research production",
        "domain": "vision nlp llm speech recommender rl generative tabular time-series graph scientific",
        "deploy": "none batch server mobile web edge-linux microcontroller",
        "training": "beforehand on-device",
        "hardware": "cpu nvidia amd intel-gpu apple tpu",
        "scale": "single multi-device multi-node",
        "graph": "static variable-length data-dependent",
        "gradients": "network program",
        "pretrained": "scratch fine-tune as-is",
        "experience": "none python pytorch tensorflow both",
        "codebase": "none pytorch tensorflow",
        "pipeline": "none own-platform managed",
        "cloud": "none gcp aws azure",
        "footprint": "any small tiny",
        "latency": "any interactive real-time",
        "horizon": "months years",
        "os": "linux windows macos",
    }
    many = {"domain", "deploy", "hardware", "os"}
    questions = load_knowledge().questions
    assert {q: " ".join(o.id for o in question.options) for q, question in questions.items()} == contract
    assert {q for q, question in questions.items() if question.kind == "many"} == many


def test_every_tool_the_source_document_names_has_its_entry_and_a_claim() -> None:
    known = load_knowledge()
    about = {tool for claim in known.claims.values() for tool in claim.tools}
    assert [tool for tool in NAMED.split() if tool not in known.tools or tool not in about] == []


def test_every_tool_is_spoken_of_by_a_claim() -> None:
    known = load_knowledge()
    about = {tool for claim in known.claims.values() for tool in claim.tools}
    assert sorted(set(known.tools) - about) == []


def test_every_tool_named_in_routes_by_the_contract_has_its_entry() -> None:
    assert set(NAMED_SINCE.split()) <= set(load_knowledge().tools)


def test_answers_that_name_a_framework_matter_alike_whichever_they_name() -> None:
    known = load_knowledge()
    for question in known.questions.values():
        naming = [option.emphasis for option in question.options if option.id in known.frameworks]
        assert all(emphasis == naming[0] for emphasis in naming)


def test_all_91_statements_of_the_source_document_are_kept() -> None:
    claims = load_knowledge().claims.values()
    assert sum(claim.origin == "source" for claim in claims) == 91


def test_what_was_seen_on_graphics_cards_alone_says_nothing_of_tpus() -> None:
    known = load_knowledge()
    cards = {"torch-distributed", "fsdp", "torchelastic", "mirrored-strategy", "multi-worker-mirrored"}
    tpu = Needs(answers={"hardware": ("tpu",)}, priorities={"distributed": 3.0})
    weighing = LeaveOneOut(score(tpu, known, today=TODAY)).weighing()
    assert weighing
    assert [
        claim.id
        for claim in known.claims.values()
        if claim.criterion == "distributed"
        and cards & set(claim.tools)
        and "tpu" not in claim.when.get("hardware", ())
        and claim.id in weighing
    ] == []


def test_every_framework_has_a_way_to_several_devices_on_a_tpu_and_off_it() -> None:
    known = load_knowledge()
    problem = prepare(known, today=TODAY)
    for hardware in (None, *(option.id for option in known.questions["hardware"].options)):
        for scale in ("multi-device", "multi-node"):
            answers: dict[str, str | tuple[str, ...]] = {"scale": scale}
            needs = Needs(answers=answers | ({"hardware": (hardware,)} if hardware else {}))
            routes = routes_for(judge(problem, needs))
            reached = {route.framework for route in routes if route.best and route.need == f"scale.{scale}"}
            assert reached == set(known.frameworks)


def test_the_small_base_has_no_fault(tmp_path: Path) -> None:
    result = check_knowledge(base.write(tmp_path), today=base.TODAY, catalogue=base.CATALOGUE)
    assert result.problems == ()
    assert result.warnings == ()
    assert result.knowledge is not None


def test_a_claim_past_its_review_warns_and_after_ninety_days_is_an_error(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    due = date(2027, 5, 1)
    at = {
        days: check_knowledge(folder, today=due + timedelta(days=days), catalogue=base.CATALOGUE)
        for days in (0, 1, 90, 91)
    }
    assert [len(at[days].warnings) for days in (0, 1, 90, 91)] == [0, 2, 2, 0]
    assert [len(at[days].problems) for days in (0, 1, 90, 91)] == [0, 0, 0, 2]


def test_loading_never_depends_on_the_date(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    base.change(folder, "claims/memory.yaml", "review_by: 2027-05-01", "review_by: 2026-11-03")
    assert load_knowledge(folder).claims["peak-memory"].review_by == date(2026, 11, 3)


def test_loading_again_gives_the_same_object_until_a_file_changes(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    first = load_knowledge(folder)
    assert load_knowledge(folder) is first
    base.change(folder, "claims/memory.yaml", "True for small networks.", "True for all networks.")
    os.utime(folder / "claims/memory.yaml", (1, 1))
    second = load_knowledge(folder)
    assert second.claims["peak-memory"].finding.en == "True for all networks."
    assert second.sha256 != first.sha256


def test_the_hash_is_of_the_texts_and_not_of_the_place_or_the_line_ends(tmp_path: Path) -> None:
    here, there = base.write(tmp_path / "here"), base.write(tmp_path / "there")
    tools = there / "tools.yaml"
    tools.write_bytes(tools.read_bytes().replace(b"\n", b"\r\n"))
    assert load_knowledge(here).sha256 == load_knowledge(there).sha256


def test_a_base_without_claims_tools_and_routes_loads_but_does_not_pass(tmp_path: Path) -> None:
    folder = base.write(tmp_path)
    (folder / "claims" / "memory.yaml").unlink()
    (folder / "tools.yaml").unlink()
    (folder / "routes.yaml").unlink()
    assert load_knowledge(folder).claims == {}
    said = {problem.message for problem in check_knowledge(folder, today=base.TODAY, catalogue={}).problems}
    assert said == {"there are no claims", "there are no tools", "there are no routes"}
