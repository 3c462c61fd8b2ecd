"""Plans: what to install and do with the recommended framework and with the runner-up."""

from __future__ import annotations

from typing import Literal

from advisor.deployment.install_commands import install_lines
from advisor.model.knowledge import Tool
from advisor.model.needs import Needs
from advisor.model.recommendation import RouteResult
from advisor.recommendation import recommend
from tests.advisor import small
from tests.advisor.small import TODAY, claim, criterion, question, route

KNOWLEDGE = small.knowledge(
    ["a", "b"],
    [criterion("m", needs=("deploy.phone",))],
    [question("deploy", {"phone": {"m": 1}}, kind="many", requires="all")],
    [claim("c", "m", {"a": 1})],
    routes=[
        route("own", "deploy.phone", "a", effect=0, install="pip install own"),
        route("through-b", "deploy.phone", "a", effect=2, tools=("b-lite",), install="pip install b-lite"),
        route("native", "deploy.phone", "b", effect=1, tools=("b-lite",)),
    ],
).model_copy(
    update={
        "tools": {
            "b-lite": Tool(id="b-lite", name="B Lite", framework="b", what=small.word("w"), status="active", sources=())
        }
    }
)


def test_a_plan_takes_the_best_living_route_and_the_runner_up_stands_beside_it() -> None:
    first, second = recommend(Needs(answers={"deploy": ("phone",)}), KNOWLEDGE, today=TODAY).plans
    assert (first.framework, first.role, [step.route for step in first.steps]) == ("a", "recommended", ["through-b"])
    assert (second.framework, second.role, [step.route for step in second.steps]) == ("b", "runner-up", ["native"])


def test_shipping_through_anothers_runtime_is_said_to_be_a_mixed_plan() -> None:
    first, second = recommend(Needs(answers={"deploy": ("phone",)}), KNOWLEDGE, today=TODAY).plans
    assert first.borrowed == ("b-lite",)
    assert first.text is not None
    assert "mixed plan" in first.text.en
    assert second.borrowed == ()


PYTHON = "# Python >=3.11"
INDEX = "--index-url https://example.org/cpu"


def step(install: str, *, need: str = "deploy.phone", environment: Literal["shared", "own"] = "shared") -> RouteResult:
    return RouteResult(
        need=need,
        framework="a",
        route="r",
        tools=(),
        status="supported",
        install=install,
        environment=environment,
        best=True,
    )


def lines(*steps: RouteResult) -> tuple[str, ...]:
    return install_lines(small.framework("a"), steps, devices={"device"})


def test_one_install_line_pins_the_framework_and_joins_the_rest() -> None:
    steps = [step("pip install a tool"), step('pip install "a[gpu]"'), step("pip install a-cpu tool other")]
    assert lines(*steps, step("npm install thing")) == (
        'pip install "a[gpu]==1.0" tool other',
        "npm install thing",
        PYTHON,
    )


def test_a_build_from_its_own_index_comes_first_so_that_the_rest_finds_it() -> None:
    chip = step(f"pip install a {INDEX}", need="device.chip")
    assert lines(chip, step("pip install tool")) == (f"pip install a==1.0 {INDEX}", "pip install a==1.0 tool", PYTHON)


def test_a_device_that_takes_the_usual_build_is_not_given_anothers() -> None:
    chip, card = step(f"pip install a {INDEX}", need="device.chip"), step("pip install a", need="device.gpu")
    assert lines(chip, card) == lines(card, chip) == ("pip install a==1.0", PYTHON)


def test_a_build_that_no_device_asks_for_is_left_out() -> None:
    assert lines(step(f"pip install a {INDEX}", need="stage.learning")) == ("pip install a==1.0", PYTHON)


def test_of_two_builds_of_another_package_one_is_installed() -> None:
    assert lines(step("pip install b-cpu"), step("pip install b")) == ("pip install a==1.0 b", PYTHON)
    assert lines(step("pip install b-cpu")) == ("pip install a==1.0 b-cpu", PYTHON)


def test_what_does_not_go_beside_the_framework_gets_an_environment_of_its_own() -> None:
    apart = step('pip install "server[gpu]" client', environment="own")
    assert lines(apart, apart) == (
        "pip install a==1.0",
        'python -m venv env-server && python -m pip --python env-server install "server[gpu]" client',
        PYTHON,
    )
