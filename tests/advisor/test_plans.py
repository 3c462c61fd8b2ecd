"""Plans: what to install and do with the recommended framework and with the runner-up."""

from __future__ import annotations

from advisor.advise import advise
from advisor.plans import install_lines
from advisor.types import Needs, Tool
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
    first, second = advise(Needs(answers={"deploy": ("phone",)}), KNOWLEDGE, today=TODAY).plans
    assert (first.framework, first.role, [step.route for step in first.steps]) == ("a", "recommended", ["through-b"])
    assert (second.framework, second.role, [step.route for step in second.steps]) == ("b", "runner-up", ["native"])


def test_shipping_through_anothers_runtime_is_said_to_be_a_mixed_plan() -> None:
    first, second = advise(Needs(answers={"deploy": ("phone",)}), KNOWLEDGE, today=TODAY).plans
    assert first.borrowed == ("b-lite",)
    assert first.text is not None
    assert "mixed plan" in first.text.en
    assert second.borrowed == ()


def test_one_install_line_pins_the_framework_and_joins_the_rest() -> None:
    steps = ["pip install a tool", 'pip install "a[gpu]"', "pip install a-cpu tool other", "npm install thing"]
    assert install_lines(small.framework("a"), steps) == ('pip install "a[gpu]==1.0" tool other', "npm install thing")


def test_a_build_from_its_own_index_keeps_its_line() -> None:
    line = "pip install a --index-url https://example.org/cpu"
    assert install_lines(small.framework("a"), [line]) == ("pip install a==1.0", line)
