"""How alike two machines are, where it matters to the ratio of two frameworks. Pure.

A ratio does not change when both frameworks run twice as fast. It changes with what one of them uses better than the
other: vector instructions and the accelerator's generation (each has kernels of its own for them), the number of cores
(how work is shared out), the operating system (allocator, start of threads and processes) and their own versions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import InvalidVersion, Version

from advisor.model.reference import Likeness, ReferenceSession, Unlike
from advisor.model.text import Text

CPU = "cpu"

UNTOLD = Text(en="not told", zh="未知")


@dataclass(frozen=True)
class _Trait:
    """One property of a machine.

    Attributes:
        name: what it is called.
        read: its value from a machine's description, None where it is not told.
        decisive: whether no ratio carries over from one value to another.
    """

    name: Text
    read: Callable[[Mapping[str, Any]], str | None]
    decisive: Callable[[str, str], bool]


def likeness(
    there: ReferenceSession, *, machine: Mapping[str, Any], versions: Mapping[str, str], frameworks: Sequence[str]
) -> Likeness:
    """Return how alike the machine of a reference session and this one are, for ratios of these frameworks.

    "same-kind": the machines are alike in every trait. "similar": in all that decide. "other": a ratio measured there
    says nothing here, for the machine or for a framework of another major version. A minor version makes no other
    machine; it is among the differences.

    Args:
        there: the session.
        machine: this machine's description. versions: installed here, by framework.
        frameworks: the ones compared.
    """
    unlike = tuple(_unlike_machines(there, machine))
    found = (*unlike, *_unlike_versions(there, versions, frameworks))
    if any(one.decisive for one in found):
        return Likeness(kind="other", differences=found)
    return Likeness(kind="similar" if unlike else "same-kind", differences=found)


def version_differs(alike: Likeness) -> bool:
    """Return whether a framework's version differs, or is not known here."""
    return any(one.trait.startswith("version.") for one in alike.differences)


def _unlike_machines(there: ReferenceSession, machine: Mapping[str, Any]) -> Iterator[Unlike]:
    for key, trait in TRAITS.items():
        if key == "accelerator" and there.device == CPU:
            continue
        theirs = there.device if key == "device" else trait.read(there.machine)
        ours = trait.read(machine)
        if theirs is None or theirs != ours:
            decisive = theirs is not None and ours is not None and trait.decisive(theirs, ours)
            yield _unlike(key, trait.name, theirs, ours, decisive=decisive)


def _unlike_versions(
    there: ReferenceSession, versions: Mapping[str, str], frameworks: Sequence[str]
) -> Iterator[Unlike]:
    for framework in sorted(frameworks):
        theirs, ours = there.versions.get(framework), versions.get(framework)
        release, other = _release(theirs), _release(ours)
        if release is None or release != other:
            decisive = release is not None and other is not None and release[0] != other[0]
            name = Text(en=f"version of {framework}", zh=f"{framework} 的版本")
            yield _unlike(f"version.{framework}", name, theirs, ours, decisive=decisive)


def _unlike(trait: str, name: Text, there: str | None, here: str | None, *, decisive: bool) -> Unlike:
    en, zh = ([value or UNTOLD.in_(lang) for value in (there, here)] for lang in ("en", "zh"))
    text = Text(en=f"{name.en}: {en[0]} there, {en[1]} here", zh=f"{name.zh}：那台为 {zh[0]}，本机为 {zh[1]}")
    return Unlike(trait=trait, there=there, here=here, decisive=decisive, text=text)


# ---------------------------------------------------------------- traits


def device_of(machine: Mapping[str, Any]) -> str:
    """Return what a session on a machine would be measured on: its accelerator where it has one."""
    return "cuda" if machine.get("gpus") else CPU


def processor_family(name: str) -> str | None:
    """Return maker and line of a processor: "amd epyc" of "AMD EPYC 7763 64-Core Processor"; None where not told."""
    words = re.sub(r"\((?:r|tm|c)\)|@.*", " ", name.lower()).split()
    line = [word for word in words if not re.search(r"\d", word) and word not in ("cpu", "processor", "gen")]
    return " ".join(line[:2]) or None


def _family(machine: Mapping[str, Any]) -> str | None:
    return processor_family(str(machine.get("cpu") or ""))


def _instructions(machine: Mapping[str, Any]) -> str | None:
    listed = machine.get("instructions")
    return " ".join(listed) or "none" if isinstance(listed, list | tuple) else None


def widest_instructions(machine: Mapping[str, Any]) -> str:
    """Return the widest vector instructions of a machine in one word, "avx512" for example; "" where not told."""
    listed = machine.get("instructions") or ()
    names = {"avx512f": "avx512", "avx2": "avx2", "avx": "avx", "sve": "sve", "asimd": "neon"}
    return next((word for name, word in names.items() if name in listed), "")


def _accelerator(machine: Mapping[str, Any]) -> str | None:
    listed = machine.get("compute_capability")
    return str(listed[0]) if isinstance(listed, list | tuple) and listed else None


def _text(key: str) -> Callable[[Mapping[str, Any]], str | None]:
    return lambda machine: str(machine[key]) if machine.get(key) else None


def _system(machine: Mapping[str, Any]) -> str | None:
    return str(machine.get("os") or "").partition(" ")[0] or None


def _never(there: str, here: str) -> bool:
    return False


def _always(there: str, here: str) -> bool:
    return True


def _halved(there: str, here: str) -> bool:
    """Return whether one machine lacks AVX2 while the other has it: kernels of the frameworks are written for it."""
    return ("avx2" in there.split()) != ("avx2" in here.split())


TRAITS: Mapping[str, _Trait] = {
    "device": _Trait(Text(en="measured on", zh="测量所用设备"), device_of, decisive=_always),
    "architecture": _Trait(Text(en="architecture", zh="架构"), _text("arch"), decisive=_always),
    "accelerator": _Trait(
        Text(en="compute capability of the GPU", zh="GPU 计算能力"),
        _accelerator,
        decisive=lambda there, here: there.partition(".")[0] != here.partition(".")[0],
    ),
    "instructions": _Trait(Text(en="vector instructions", zh="向量指令集"), _instructions, decisive=_halved),
    "processor": _Trait(Text(en="processor", zh="处理器"), _family, decisive=_never),
    "cores": _Trait(Text(en="cores", zh="核数"), _text("cores"), decisive=_never),
    "system": _Trait(Text(en="operating system", zh="操作系统"), _system, decisive=_never),
}
"""What ratios hang on, most telling first. What runs on a GPU hangs on its generation (NVIDIA's major compute
capability), what runs on a CPU on its vector instructions: AVX-512 beside AVX2 moves both frameworks, since both take
oneDNN's kernels, and is therefore not decisive."""


def _release(version: str | None) -> tuple[int, int] | None:
    """Return major and minor; None where nothing is installed, or under a version of somebody's own making."""
    try:
        parsed = Version(version or "")
    except InvalidVersion:
        return None
    return parsed.major, parsed.minor
