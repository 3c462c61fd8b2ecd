"""How alike two machines are, by what makes a ratio of two frameworks carry over."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.engine.likeness import likeness, processor_family, version_differs, widest_instructions
from advisor.model.reference import Likeness
from tests.advisor.reference import VERSIONS, XEON, reference

GPU = {"name": "NVIDIA A100", "memory_bytes": 1, "driver": "1"}
A100 = {**XEON, "gpus": [GPU], "compute_capability": ["8.0"]}


def alike(here: dict[str, Any], versions: dict[str, str] = VERSIONS, **there: Any) -> Likeness:
    return likeness(reference(**there), machine=here, versions=versions, frameworks=("a", "b"))


def test_the_same_hardware_and_versions_are_the_same_kind() -> None:
    assert alike(XEON) == Likeness(kind="same-kind")


def test_clock_memory_and_kernel_make_no_other_kind() -> None:
    here = {**XEON, "cpu": "Intel(R) Xeon(R) Platinum 8272CL @ 2.60GHz", "memory_bytes": 1, "os": "Linux 5.15.0"}

    assert alike(here).kind == "same-kind"


@pytest.mark.parametrize(
    ("trait", "change"),
    [
        ("processor", {"cpu": "AMD EPYC 7763 64-Core Processor"}),
        ("cores", {"cores": 16}),
        ("system", {"os": "Windows 11"}),
        ("instructions", {"instructions": ["avx", "avx2", "fma"]}),
    ],
)
def test_a_trait_that_moves_both_frameworks_makes_machines_similar(trait: str, change: dict[str, Any]) -> None:
    found = alike({**XEON, **change})

    assert found.kind == "similar"
    assert [one.trait for one in found.differences] == [trait]


@pytest.mark.parametrize(
    ("trait", "change"),
    [
        ("device", {"gpus": [GPU], "compute_capability": ["8.0"]}),
        ("architecture", {"arch": "aarch64"}),
        ("instructions", {"instructions": ["avx"]}),
    ],
)
def test_a_trait_that_decides_makes_them_other_machines(trait: str, change: dict[str, Any]) -> None:
    found = alike({**XEON, **change})

    assert found.kind == "other"
    assert trait in {one.trait for one in found.differences if one.decisive}


@pytest.mark.parametrize(
    ("capability", "kind"), [("8.0", "same-kind"), ("8.6", "similar"), ("9.0", "other"), (None, "similar")]
)
def test_gpus_are_alike_by_their_generation(capability: str | None, kind: str) -> None:
    here = {**A100, "compute_capability": [capability] if capability else []}

    assert alike(here, machine=A100, device="cuda").kind == kind


@pytest.mark.parametrize("key", ["instructions", "cpu", "os", "arch", "cores"])
def test_what_is_not_told_is_not_taken_for_the_same(key: str) -> None:
    here = {name: value for name, value in XEON.items() if name != key}

    assert alike(here).kind == "similar"
    assert alike(XEON, machine=here).kind == "similar"
    assert alike(here, machine=here).kind == "similar"


@pytest.mark.parametrize(
    ("version", "kind", "differs"),
    [
        ("2.13.4", "same-kind", False),
        ("2.12.0", "same-kind", True),
        ("3.0.0", "other", True),
        (None, "same-kind", True),
        ("a local build", "same-kind", True),
    ],
)
def test_a_minor_version_is_a_difference_and_a_major_one_decides(version: str | None, kind: str, differs: bool) -> None:
    versions = {key: value for key, value in {**VERSIONS, "a": version}.items() if value is not None}
    found = alike(XEON, versions)

    assert (found.kind, version_differs(found)) == (kind, differs)


def test_likeness_is_mutual() -> None:
    for change in ({"arch": "aarch64"}, {"cores": 4}, {"instructions": ["avx"]}, {"gpus": [GPU]}, {}):
        here, device = {**XEON, **change}, "cuda" if "gpus" in change else "cpu"
        there, back = alike(here), alike(XEON, machine=here, device=device)
        assert there.kind == back.kind


def test_every_difference_is_told_in_both_languages() -> None:
    found = alike({**XEON, "cores": 16}, {"a": "2.12.0", "b": "2.21.0"})

    assert [one.text.en for one in found.differences] == [
        "cores: 2 there, 16 here",
        "version of a: 2.13.0 there, 2.12.0 here",
    ]
    assert [one.text.zh for one in found.differences] == [
        "核数：那台为 2，本机为 16",
        "a 的版本：那台为 2.13.0，本机为 2.12.0",
    ]


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("AMD EPYC 7763 64-Core Processor", "amd epyc"),
        ("AMD EPYC", "amd epyc"),
        ("Intel(R) Xeon(R) CPU @ 2.20GHz", "intel xeon"),
        ("Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz", "intel xeon"),
        ("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", "intel core"),
        ("AMD Ryzen 7 5800X 8-Core Processor", "amd ryzen"),
        ("Apple M2 Pro", "apple pro"),
        ("", None),
        ("aarch64", None),
    ],
)
def test_processors_belong_to_families(name: str, family: str | None) -> None:
    assert processor_family(name) == family


@pytest.mark.parametrize(
    ("told", "widest"),
    [
        (["avx", "avx2", "avx512f", "amx_tile"], "avx512"),
        (["fma", "avx2", "avx"], "avx2"),
        (["avx"], "avx"),
        (["asimd", "sve"], "sve"),
        (["asimd"], "neon"),
        (["sse4_2"], ""),
    ],
)
def test_the_widest_vector_instructions_are_named_in_one_word(told: list[str], widest: str) -> None:
    assert widest_instructions({"instructions": told}) == widest
