"""What the knowledge base plans where the target, not the framework, decides the way."""

from datetime import date

import pytest

from advisor.deployment.plans import routes_for
from advisor.engine.scoring import score
from advisor.knowledge.loading import load_knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import RouteResult
from advisor.recommendation import recommend

TODAY = date(2026, 11, 27)
DEVICES = ("mobile", "edge-linux")


def best(**answers: object) -> dict[tuple[str, str], RouteResult]:
    """Return the best route of every need and framework under these answers."""
    known = load_knowledge()
    scored = score(Needs.model_validate({"answers": answers}), known, today=TODAY)
    return {(r.need, r.framework): r for r in routes_for(scored) if r.best}


@pytest.mark.parametrize("device", DEVICES)
def test_a_ready_language_model_runs_on_a_device_by_the_same_tools_from_either_side(device: str) -> None:
    routes = best(domain=["llm"], deploy=[device], pretrained="as-is")
    for need in (f"deploy.{device}", "domain.llm", "pretrained.as-is"):
        pytorch, tensorflow = (routes[need, framework] for framework in ("pytorch", "tensorflow"))
        assert set(pytorch.tools) == set(tensorflow.tools)
        assert {"llama-cpp", "litert-lm"} <= set(pytorch.tools)


@pytest.mark.parametrize("device", DEVICES)
def test_a_ready_language_model_on_a_device_needs_no_training_library_and_no_export(device: str) -> None:
    routes = best(domain=["llm"], deploy=[device], pretrained="as-is")
    tools = {tool for (_, framework), route in routes.items() if framework != "jax" for tool in route.tools}
    assert not {"trl", "peft", "onnx", "aotinductor", "saved-model"} & tools


def test_a_language_model_of_ones_own_is_converted_for_the_phone() -> None:
    routes = best(domain=["llm"], deploy=["mobile"], pretrained="fine-tune")
    assert {"llama-cpp", "litert-torch"} <= set(routes["deploy.mobile", "pytorch"].tools)
    assert {"peft", "trl"} <= set(routes["domain.llm", "pytorch"].tools)


@pytest.mark.parametrize(("hardware", "server"), [("cpu", "llama-cpp"), ("apple", "llama-cpp"), ("nvidia", "vllm")])
def test_what_serves_a_language_model_hangs_on_what_it_is_computed_on(hardware: str, server: str) -> None:
    routes = best(domain=["llm"], deploy=["server"], hardware=[hardware])
    assert server in routes["deploy.server", "pytorch"].tools
    assert ("vllm" in routes["domain.llm", "pytorch"].tools) == (server == "vllm")


def test_a_picture_model_on_a_phone_is_exported_as_before() -> None:
    routes = best(domain=["vision"], deploy=["mobile"])
    assert "executorch" in routes["deploy.mobile", "pytorch"].tools
    assert "litert" in routes["deploy.mobile", "tensorflow"].tools


@pytest.mark.parametrize("framework", ["pytorch", "tensorflow"])
def test_no_training_is_planned_where_a_ready_model_is_used_as_it_is(framework: str) -> None:
    assert ("plan.training", framework) in best(domain=["vision"], pretrained="fine-tune")
    assert ("plan.training", framework) not in best(domain=["vision"], pretrained="as-is")


def test_in_science_the_libraries_hang_on_what_gradients_pass_through() -> None:
    known = load_knowledge()
    for passes, ahead in (("network", "pytorch"), ("program", "jax")):
        needs = Needs.model_validate({"answers": {"domain": ["scientific"], "gradients": passes}})
        found = recommend(needs, known, today=TODAY)
        assert found.recommended == ahead
        (libraries,) = (row for row in found.criteria if row.id == "domain-libraries")
        assert max(libraries.value, key=libraries.value.__getitem__) == ahead


def test_of_two_equal_routes_the_one_made_for_the_answers_comes_first() -> None:
    known = load_knowledge()
    one = next(r for r in known.routes if r.id == "deploy-mobile-pytorch-executorch")
    fitted = one.model_copy(update={"id": "z-fitted", "when": {"domain": ("vision",)}})
    both = known.model_copy(update={"routes": (one, fitted)})
    needs = Needs.model_validate({"answers": {"domain": ["vision"], "deploy": ["mobile"]}})
    found = routes_for(score(needs, both, today=TODAY))
    assert [(r.route, r.best) for r in found] == [("z-fitted", True), (one.id, False)]
