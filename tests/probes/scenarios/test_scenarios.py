"""What the scenarios see in real frameworks, and the arithmetic they stand on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from probes.catalog.loading import load_catalog
from probes.scenarios.code_size import code_lines, framework_names
from probes.scenarios.compile_cost import break_even
from probes.session.arms import Arm
from probes.session.observed import on_claims
from probes.session.worker_client import Client, Lost
from probes.types import Status
from probes.workloads import policy_gradient, tree_recursion

FRAMEWORKS = ("pytorch", "tensorflow")


# ---------------------------------------------------------------- arithmetic


def test_compiling_pays_where_the_two_lines_cross() -> None:
    assert break_even(10.0, 1.0, 2.0, 2.0) == 9  # 10 + 8 * 1 = 2 + 8 * 2: level after nine steps
    assert break_even(0.5, 1.0, 1.0, 2.0) == 1
    assert break_even(10.0, 2.0, 1.0, 2.0) is None


def test_only_lines_that_hold_code_are_counted() -> None:
    source = (
        'def f(x):\n    """Says\n    something."""\n\n'
        "    # a comment\n    y = (x +\n         1)  # more\n    return y\n"
    )

    assert code_lines(source) == 4


def test_names_of_the_framework_are_followed_through_aliases_and_counted_once() -> None:
    source = (
        "def side(build):\n"
        "    import numpy as np\n"
        "    import frame as fr\n"
        "    from frame import nn\n"
        "    from probes.backends.frame import supervised\n"
        "    layers, dtype = fr.layers, build.dtype\n"
        "    a = layers.Dense(1)(nn.Linear(2))\n"
        "    b = layers.Dense(3)\n"
        "    return supervised(a.shape, np.ones(3), fr.zeros, b)\n"
    )

    assert framework_names(source) == {"frame.layers.Dense", "frame.nn.Linear", "frame.zeros"}


CHECKED = replace(
    load_catalog()["execution-facts"],
    checks={"either": ("here",), "one": ("a:here",), "two": ("a:here", "b:there"), "silent": ("a:there",)},
)


def test_checks_speak_of_the_claims_that_the_catalogue_gives_them() -> None:
    confirmed = {"here": "confirmed"}
    assert on_claims(CHECKED, {"a": confirmed, "b": {"there": "confirmed"}}) == dict.fromkeys(
        ("either", "one", "two"), "confirmed"
    )
    assert on_claims(CHECKED, {"b": confirmed}) == {"either": "confirmed"}
    assert on_claims(replace(CHECKED, checks={}), {"a": confirmed}) == {}


def test_one_check_that_contradicts_a_claim_outweighs_the_others_on_either_side() -> None:
    for one, other in (("confirmed", "contradicted"), ("contradicted", "not testable here")):
        for first, second in ((one, other), (other, one)):
            found = on_claims(CHECKED, {"a": {"here": first}, "b": {"here": second, "there": second}})
            assert found == {"either": "contradicted", "one": first, "two": "contradicted"}


def test_a_check_that_could_not_be_made_outweighs_those_that_confirm() -> None:
    found = on_claims(CHECKED, {"a": {"here": "confirmed"}, "b": {"here": "not testable here"}})
    assert found == {"either": "not testable here", "one": "confirmed", "two": "confirmed"}


def test_trees_are_whole_and_differ_from_seed_to_seed() -> None:
    size = tree_recursion.SIZES["small"]

    def leaves(tree: Any) -> int:
        return 1 if isinstance(tree, int) else sum(leaves(child) for child in tree)

    batches = [tree_recursion.data(size, seed) for seed in range(20)]
    for batch in batches:
        for tree, count in zip(tree_recursion.nested(batch), batch["count"], strict=True):
            assert size["fewest"] <= leaves(tree) <= size["most"]
            assert 2 * leaves(tree) - 1 == count
    assert len({tree_recursion.nested(batch) for batch in batches}) == len(batches)


def test_a_pole_left_to_itself_falls_to_the_side_it_leans_to() -> None:
    state, standing = (0.0, 0.0, 0.05, 0.0), True
    while standing:
        # Alternating pushes cancel out: what is left is gravity.
        state, standing = policy_gradient.push(state, True)
        state, standing = policy_gradient.push(state, False)

    assert state[2] > 0.2


def test_returns_are_the_discounted_rewards_still_to_come() -> None:
    g = policy_gradient.DISCOUNT

    assert policy_gradient.discounted([3, 2]) == pytest.approx([1 + g + g * g, 1 + g, 1, 1 + g, 1])


def test_every_random_number_is_one_step_of_play() -> None:
    size = policy_gradient.SIZES["small"]

    lived = policy_gradient.play(policy_gradient.data(size, 3), lambda observation: np.zeros((1, 2)))

    assert lived["observations"].shape == (size["batch"], 4)
    assert set(lived["actions"]) == {0, 1}
    assert lived["returns"].mean() == pytest.approx(0, abs=1e-5)


# ---------------------------------------------------------------- real frameworks


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One process a framework; ``seen(scenario, ...)`` gives both sides' observations."""
    scratch = str(tmp_path_factory.mktemp("workers"))
    clients = {name: Client(Arm(name, name), settings="default", scratch=scratch) for name in FRAMEWORKS}
    for name, client in clients.items():
        client.ask("hello", timeout=120, framework=name, threads=1, settings="default", plant={})
        client.ask("use", timeout=60, kind="cpu")

    def ask(scenario: str, workload: str = "", mode: str = "eager", only: tuple[str, ...] = FRAMEWORKS) -> Any:
        return {
            name: client.ask(
                "observe",
                timeout=240,
                scenario=scenario,
                workload=workload,
                workload_file=None,
                size="small",
                mode=mode,
                seed=5,
                scratch=scratch,
            )
            for name, client in clients.items()
            if name in only
        }

    yield ask
    for client in clients.values():
        client.close()


@pytest.mark.frameworks
class TestRealFrameworks:
    def test_prints_and_breakpoints_reach_into_eager_models(self, seen: Any) -> None:
        for answer in seen("debugging").values():
            facts = answer["facts"]
            assert facts["print"]["shows_values"]
            assert facts["breakpoint"] == {"calls": 3, "stopped": 3, "local_found": True, "value_known": True}
            for error in facts["errors"].values():
                assert error["raised"]
                assert error["traceback_names_the_line"]

    def test_a_traced_function_prints_once_and_knows_no_values(self, seen: Any) -> None:
        facts = seen("debugging", mode="compiled", only=("tensorflow",))["tensorflow"]["facts"]

        assert facts["print"]["printed"] == 1
        assert not facts["print"]["shows_values"]
        assert not facts["breakpoint"]["value_known"]
        assert all(error["message_names_the_line"] for error in facts["errors"].values())

    def test_facts_speak_only_to_claims_the_catalogue_lists(self, seen: Any) -> None:
        probe = load_catalog()["execution-facts"]
        said = on_claims(probe, {name: a["facts"]["checks"] for name, a in seen("execution_facts").items()})

        assert set(said) <= set(probe.claims)
        # TensorFlow 2 and PyTorch 2 are what can be installed: these hold by their own documentation.
        assert said["tf2-eager-default"] == said["pt-dynamic-graph-default"] == "confirmed"
        assert said["tf-static-graph-default"] == said["tf-api-session-graph"] == "contradicted"

    def test_memory_is_split_and_adds_up(self, seen: Any) -> None:
        for answer in seen("memory", "mlp").values():
            facts = answer["facts"]
            peaks = [facts[f"{part}_peak_bytes"] for part in ("import", "build", "step")]
            assert answer["cost"] == max(peaks)
            assert min(peaks) > 2**26  # no framework imports into less than 64 MiB

    def test_a_cold_start_is_the_sum_of_its_parts(self, seen: Any) -> None:
        for answer in seen("cold_start", "mlp").values():
            assert set(answer["facts"]) == {"python_s", "import_s", "build_s", "first_s"}
            assert answer["cost"] == pytest.approx(sum(answer["facts"].values()))

    def test_eager_code_compiles_nothing_for_a_new_tree(self, seen: Any) -> None:
        for answer in seen("retrace", "tree_recursion").values():
            assert answer["facts"]["changes"] == "structure"
            assert set(answer["facts"]["counted"].values()) == {0}

    def test_tracing_repeats_for_every_new_tree_unless_rewritten(self, seen: Any) -> None:
        facts = seen("retrace", "tree_recursion", "compiled", only=("tensorflow",))["tensorflow"]["facts"]

        assert facts["counted"]["retraces"] == facts["inputs"] + 1
        assert facts["rewritten"]["retraces"] == 1

    def test_compiling_is_counted_once_and_not_the_eager_run_beside_it(self, seen: Any) -> None:
        facts = seen("compile_cost", "mlp", "compiled", only=("tensorflow",))["tensorflow"]["facts"]

        assert facts["counters"]["compilations"] == facts["counters"]["retraces"] == 1

    def test_code_is_counted_on_both_sides(self, seen: Any) -> None:
        for framework, answer in seen("code_size", "mlp").items():
            assert 5 < answer["cost"] < 40
            root = {"pytorch": "torch", "tensorflow": "tensorflow"}[framework]
            assert all(name.startswith(root) for name in answer["facts"]["named"])

    def test_every_way_out_computes_the_same_or_says_what_is_missing(self, seen: Any) -> None:
        for answer in seen("export").values():
            for name, way in answer["facts"]["formats"].items():
                assert way["works"] is not False, (name, way)
                if way["works"] is None:
                    assert "python -m pip install" in way["reason"]
                else:
                    assert way["largest_difference"] < 1e-4

    def test_two_replicas_train_here(self, seen: Any) -> None:
        for answer in seen("distributed").values():
            assert answer["facts"]["ran"], answer["facts"]["reason"]

    def test_the_same_seed_gives_the_same_bits(self, seen: Any) -> None:
        for answer in seen("determinism", "mlp").values():
            assert answer["facts"]["same_random_numbers"]
            assert answer["facts"]["deterministic"]["same_bits"]

    def test_a_workload_that_cannot_generate_says_who_can(self, seen: Any, tmp_path: Any) -> None:
        client = Client(Arm("null", "null"), settings="default", scratch=str(tmp_path))
        client.ask("hello", timeout=60, framework="null", threads=1, settings="default", plant={})
        client.ask("use", timeout=60, kind="cpu")
        request = {"workload_file": None, "size": "small", "mode": "eager", "seed": 0, "scratch": str(tmp_path)}
        with pytest.raises(Lost) as caught:
            client.ask("open", timeout=60, scenario="generate", workload="control", parity=[], **request)
        client.close()

        assert caught.value.status is Status.NOT_SUPPORTED
        assert "language_model" in str(caught.value)
