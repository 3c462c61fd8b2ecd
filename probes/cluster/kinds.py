"""Which nodes of a cluster are machines of one kind, so that measuring one of them is enough. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Description = Mapping[str, Any]

GIB = 1 << 30

TRAITS = ("arch", "cpu", "instructions", "cores", "cores_host", "quota", "compute_capability")
"""Of a machine's description, what makes a kind, beside its system, its memory and its GPUs. A Python, a kernel's
release or a state of the clocks makes none."""


@dataclass(frozen=True)
class Node:
    """One node as the cluster knows it.

    Attributes:
        id: the cluster's.
        name: its address, and its number there where several nodes share one.
        cpus, gpus: what the cluster may hand out on it; a measurement takes all of it.
        head: whether the cluster itself is run from it.
    """

    id: str
    name: str
    cpus: float
    gpus: float
    head: bool


@dataclass(frozen=True)
class Kind:
    """Nodes that are alike, in the order in which they are tried, and what a machine of theirs is."""

    machine: Description
    nodes: tuple[Node, ...]


def nodes(told: Sequence[Mapping[str, Any]]) -> list[Node]:
    """Return the living nodes among what ``ray.nodes()`` tells."""
    living = [node for node in told if node["Alive"]]
    addresses = [str(node["NodeManagerAddress"]) for node in living]
    found = []
    for number, (node, address) in enumerate(zip(living, addresses, strict=True)):
        shared = addresses.count(address) > 1
        held = node.get("Resources", {})
        found.append(
            Node(
                id=node["NodeID"],
                name=f"{address}#{addresses[:number].count(address) + 1}" if shared else address,
                cpus=float(held.get("CPU", 0)),
                gpus=float(held.get("GPU", 0)),
                head="node:__internal_head__" in held,
            )
        )
    return found


def kinds(described: Sequence[tuple[Node, Description]]) -> list[Kind]:
    """Group nodes by what their machines are.

    The head comes last among its like, since the cluster's own services take time there, and nodes on which the cluster
    may run nothing come after it.
    """
    groups: dict[str, list[tuple[Node, Description]]] = {}
    for node, description in described:
        groups.setdefault(repr(_traits(description)), []).append((node, description))
    made = []
    for group in groups.values():
        ordered = sorted((node for node, _ in group), key=lambda node: (node.cpus == 0, node.head, node.name))
        made.append(Kind(machine=group[0][1], nodes=tuple(ordered)))
    return made


def _traits(description: Description) -> list[Any]:
    gpus = [(gpu.get("name"), _gib(gpu)) for gpu in _gpus(description)]
    system = str(description.get("os", "")).split(" ")[0]
    return [system, _gib(description), gpus, *(description.get(trait) for trait in TRAITS)]


def _gib(description: Description) -> int:
    """Return the memory in whole GiB: machines of one kind differ by what their firmware keeps for itself."""
    held = description.get("memory_bytes")
    return round(held / GIB) if isinstance(held, int | float) and math.isfinite(held) else 0


def _gpus(description: Description) -> list[Mapping[str, Any]]:
    """Return the GPUs that a description tells of; it may be a stranger's."""
    told = description.get("gpus")
    return [gpu for gpu in told if isinstance(gpu, Mapping)] if isinstance(told, list | tuple) else []


def in_words(machine: Description, *, lang: str = "en") -> str:
    """Return a machine in a line: "AMD EPYC, 2 cores, 8 GiB, NVIDIA L4"; what is not told is left out."""
    cores, memory = machine.get("cores"), _gib(machine)
    number = f"{cores} 核" if lang == "zh" else f"{cores} core{'' if cores == 1 else 's'}"
    parts = [
        str(machine.get("cpu", "")),
        number if cores else "",
        f"{memory} GiB" if memory else "",
        *(str(gpu.get("name")) for gpu in _gpus(machine)),
    ]
    return ("，" if lang == "zh" else ", ").join(part for part in parts if part)
