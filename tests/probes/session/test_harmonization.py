"""What two sides of a model hold alike, from what each wrote down; no framework runs here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from probes import reasons
from probes.session import agreement, harmonization

SHAPE = (8, 8)


def setting(value: Any, *, stated: bool = False, fixed: bool = False, called: str = "eps") -> dict[str, Any]:
    return {
        "value": value,
        "called": called,
        "stated": stated,
        "fixed": fixed,
        "shown": str(value),
        "words": {},
        "flipped": False,
    }


def event(kind: str, name: str = "layer", line: int = 0, weights: dict[str, Any] | None = None, **more: Any) -> Any:
    return {
        "name": name,
        "text": kind.title(),
        "kind": kind,
        "settings": more.pop("settings", {}),
        "weights": [
            {"raw": f"{name}.{role}", "role": role, "shape": list(shape), "statistic": role == "mean"}
            for role, shape in (weights or {}).items()
        ],
        "given": list(more.pop("given", SHAPE)),
        "made": list(more.pop("made", SHAPE)),
        "line": line,
    }


def side(*events: Any, line: int = 1, channels: str = "last") -> dict[str, Any]:
    return {"events": list(events), "channels": channels, "stated": [], "line": line, "file": "mine.py"}


def norm(value: float, **more: Any) -> Any:
    return event("norm", weights={"scale": (8,)}, settings={"epsilon": setting(value, **more)})


def settled(a: Any, b: Any) -> dict[str, Any]:
    return harmonization.settle({"a": side(a, line=1), "b": side(b, line=9)})[0]


def test_of_two_defaults_the_first_function_of_the_file_decides() -> None:
    assert settled(norm(1e-5), norm(1e-3)) == {"a": {}, "b": {"0": {"epsilon": 1e-5}}}
    sides = {"a": side(norm(1e-5), line=9), "b": side(norm(1e-3), line=1)}
    assert harmonization.settle(sides)[0] == {"a": {"0": {"epsilon": 1e-3}}, "b": {}}


def test_a_stated_value_wins_over_a_default_on_either_side() -> None:
    assert settled(norm(1e-5), norm(1e-4, stated=True)) == {"a": {"0": {"epsilon": 1e-4}}, "b": {}}
    assert settled(norm(1e-4, stated=True), norm(1e-3)) == {"a": {}, "b": {"0": {"epsilon": 1e-4}}}


def test_a_value_that_cannot_be_changed_is_taken() -> None:
    assert settled(norm(1e-5, stated=True), norm(1e-3, fixed=True)) == {"a": {"0": {"epsilon": 1e-3}}, "b": {}}


def test_exchanging_the_sides_mirrors_the_changes() -> None:
    one, other = side(norm(1e-5), line=1), side(norm(1e-3), line=9)

    there, _, _ = harmonization.settle({"a": one, "b": other})
    back, _, _ = harmonization.settle({"b": other, "a": one})

    assert there == {key: back[key] for key in there}


def test_what_neither_side_can_change_is_left_and_known() -> None:
    changes, facts, fixed = harmonization.settle(
        {"a": side(norm(1.0, fixed=True)), "b": side(norm(2.0, fixed=True))},
    )

    assert changes == {"a": {}, "b": {}}
    assert facts == []
    assert fixed == [("layer", "norm", "epsilon")]


def test_dropout_is_0_wherever_it_stands() -> None:
    changes, facts, _ = harmonization.settle(
        {"a": side(event("dropout", settings={"rate": setting(0.5, called="p")})), "b": side(event("relu"))}
    )

    assert changes == {"a": {"0": {"rate": 0.0}}, "b": {}}
    assert [(fact["framework"], fact["was"], fact["now"]) for fact in facts] == [("a", "0.5", "0")]


def test_paddings_of_other_sizes_are_not_exchanged() -> None:
    one = event("conv", settings={"padding": setting([[1, 1]], fixed=True)}, given=(8, 3, 10), made=(8, 4, 10))
    other = event("conv", settings={"padding": setting([[0, 0]])}, given=(8, 12, 3), made=(8, 10, 4))

    assert settled(one, other) == {"a": {}, "b": {}}


def test_weights_of_one_shape_are_named_by_the_order_in_which_they_run() -> None:
    one = side(event("dense", "last", weights={"kernel": (3, 3)}), event("dense", "first", weights={"kernel": (3, 3)}))
    other = side(event("dense", "x", weights={"kernel": (3, 3)}), event("dense", "y", weights={"kernel": (3, 3)}))

    found = harmonization.names({"a": one, "b": other}, {"a": {}, "b": {}})

    assert found["a"] == found["b"] == [["dense kernel 3x3 #1"], ["dense kernel 3x3 #2"]]


def test_a_second_bias_that_is_dropped_has_no_name() -> None:
    one = side(event("lstm", weights={"bias": (4,), "second bias": (4,)}))
    other = side(event("lstm", weights={"bias": (4,)}))

    found = harmonization.names({"a": one, "b": other}, {"a": {"0": {"second bias": "none"}}, "b": {}})

    assert found == {"a": [["lstm bias 4 #1", None]], "b": [["lstm bias 4 #1"]]}


def test_a_dense_layer_after_an_image_takes_its_numbers_channels_first() -> None:
    written = side(
        event("conv", weights={"kernel": (3, 3, 1, 2)}, made=(8, 2, 5, 5)),
        event("flatten", given=(8, 2, 5, 5), made=(8, 50)),
        event("dense", weights={"kernel": (50, 4)}, given=(8, 50), made=(8, 4)),
        event("dense", weights={"kernel": (4, 50)}, given=(8, 4), made=(8, 50)),
        event("conv", weights={"kernel": (3, 3, 2, 1)}, given=(8, 2, 5, 5), made=(8, 1, 3, 3)),
        channels="first",
    )

    assert harmonization.flattened(written) == {"2": {"first": [2, 5, 5]}, "3": {"last": [2, 5, 5]}}


def test_the_mean_of_an_image_needs_no_order() -> None:
    written = side(
        event("conv", weights={"kernel": (3, 3, 1, 2)}, made=(8, 2, 5, 5)),
        event("global average pooling", given=(8, 2, 5, 5), made=(8, 2, 1, 1)),
        event("dense", weights={"kernel": (2, 4)}, given=(8, 2), made=(8, 4)),
        channels="first",
    )

    assert harmonization.flattened(written) == {}


@pytest.mark.parametrize("fixed", [True, False])
def test_a_softmax_on_one_side_is_taken_off_or_put_on_the_other(fixed: bool) -> None:
    closed = event("softmax", settings={"end": setting("softmax", fixed=fixed, called="the end")})

    plans, facts = harmonization.ends({"a": side(event("dense")), "b": side(event("dense"), closed)})

    if fixed:
        assert plans == {"a": {"end": "softmax", "append": True}, "b": {"end": "softmax", "append": False}}
        assert [(fact["framework"], fact["now"]) for fact in facts] == [("a", "softmax")]
    else:
        assert plans == {"a": {}, "b": {"off": 1}}
        assert [(fact["framework"], fact["now"]) for fact in facts] == [("b", "logits")]


def test_other_orders_are_tried_within_layers_of_one_shape_only() -> None:
    written = side(*(event("dense", f"l{n}", weights={"kernel": (3, 3 if n < 3 else 4)}) for n in range(4)))
    plan = {"names": [["1"], ["2"], ["3"], ["4"]], "flat": {}}

    orders = {tuple(name for (name,) in made["names"]) for made in harmonization.candidates(plan, written)}

    assert orders == {
        (*order, "4") for order in [("1", "3", "2"), ("2", "1", "3"), ("2", "3", "1"), ("3", "1", "2"), ("3", "2", "1")]
    } | ({("1", "2", "3", "4")} & orders)


def test_outputs_are_compared_whatever_the_layout() -> None:
    here = np.random.default_rng(0).standard_normal((2, 3, 4, 5))

    assert harmonization.distance(here, np.moveaxis(here, 1, -1), "conv") == 0
    assert harmonization.distance(here, np.moveaxis(here, 1, -1) + 1, "conv") > 0.5


def test_sides_part_where_the_first_outputs_differ() -> None:
    events = [event("dense", "one", 3), event("relu", "two", 4), event("dense", "three", 5)]
    same, other = np.ones((2, 3)), np.zeros((2, 3))
    here = {"layer/0": same, "layer/1": same, "layer/2": same, "y": same}
    there = {"layer/0": same, "layer/1": other, "layer/2": other, "y": other}

    parting = agreement.parting({"a": (events, here), "b": (events, there)}, [], "mine.py")

    assert reasons.text(parting) == (
        "the outputs part at layer 2 (1 apart, at most 1e-07 allowed): a `two: Relu` (line 4), b `two: Relu` (line 4); "
        "no cause is known; look at line 4 of mine.py"
    )
