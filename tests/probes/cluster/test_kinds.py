"""Nodes of one kind are measured once; what makes a kind is the hardware, not its state."""

from __future__ import annotations

from typing import Any

import pytest

from probes.cluster.kinds import GIB, Node, in_words, kinds, nodes

MACHINE = {
    "cpu": "AMD EPYC",
    "arch": "x86_64",
    "cores": 2,
    "cores_host": 2,
    "memory_bytes": 8 * GIB,
    "gpus": [],
    "os": "Linux 6.1.0-13",
    "instructions": ["avx", "avx2"],
    "python": "3.11.7",
}
L4 = {"name": "NVIDIA L4", "memory_bytes": 24 * GIB, "driver": "550"}


def node(name: str, *, cpus: float = 2, head: bool = False) -> Node:
    return Node(id=name, name=name, cpus=cpus, gpus=0, head=head)


@pytest.mark.parametrize(
    "other",
    [
        {"cpu": "Intel Xeon"},
        {"arch": "aarch64"},
        {"cores": 1},
        {"memory_bytes": 16 * GIB},
        {"gpus": [L4]},
        {"os": "Windows 11"},
        {"instructions": ["avx", "avx2", "avx512f"]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_other_hardware_or_another_system_is_another_kind(other: dict[str, Any]) -> None:
    assert len(kinds([(node("a"), MACHINE), (node("b"), {**MACHINE, **other})])) == 2


@pytest.mark.parametrize(
    "other",
    [{"python": "3.12.1"}, {"os": "Linux 6.1.0-14"}, {"memory_bytes": 8 * GIB - 5000}, {"governor": "powersave"}],
    ids=lambda other: next(iter(other)),
)
def test_a_state_or_a_few_bytes_make_no_kind(other: dict[str, Any]) -> None:
    assert len(kinds([(node("a"), MACHINE), (node("b"), {**MACHINE, **other})])) == 1


@pytest.mark.parametrize("other", [{"gpus": "L4"}, {"gpus": ["L4"]}, {"memory_bytes": "much"}, {"memory_bytes": 1e999}])
def test_a_description_of_another_form_is_a_kind_of_its_own(other: dict[str, Any]) -> None:
    strange = {**MACHINE, "cores": 3, **other}

    assert len(kinds([(node("a"), MACHINE), (node("b"), strange)])) == 2
    assert in_words(strange).startswith("AMD EPYC, 3 cores")


def test_the_head_comes_after_its_like_and_what_may_run_nothing_last() -> None:
    (kind,) = kinds([(node("none", cpus=0), MACHINE), (node("head", head=True), MACHINE), (node("z"), MACHINE)])

    assert [one.name for one in kind.nodes] == ["z", "head", "none"]


def test_dead_nodes_are_left_out_and_nodes_of_one_address_get_a_number() -> None:
    def told(number: str, address: str, *, alive: bool = True, **held: float) -> dict[str, Any]:
        return {"NodeID": number, "NodeManagerAddress": address, "Alive": alive, "Resources": held}

    found = nodes(
        [
            told("1", "10.0.0.1", CPU=4.0, GPU=1.0, **{"node:__internal_head__": 1.0}),
            told("2", "10.0.0.2", alive=False, CPU=8.0),
            told("3", "10.0.0.1"),
            told("4", "10.0.0.4", CPU=2.0),
        ]
    )

    assert found == [
        Node("1", "10.0.0.1#1", 4.0, 1.0, head=True),
        Node("3", "10.0.0.1#2", 0.0, 0.0, head=False),
        Node("4", "10.0.0.4", 2.0, 0.0, head=False),
    ]


def test_a_machine_in_a_line_leaves_out_what_is_not_told() -> None:
    assert in_words({**MACHINE, "gpus": [L4]}) == "AMD EPYC, 2 cores, 8 GiB, NVIDIA L4"
    assert in_words({**MACHINE, "cores": 1}, lang="zh") == "AMD EPYC，1 核，8 GiB"
    assert in_words({"cpu": "x"}) == "x"
