"""The instrument's own sentences are told in Chinese; what a framework says stays as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import probes
from probes import reasons

ROOT = Path(probes.__file__).parent
SAYING = {"Unsupported", "Lost", "NotInstalled", "absent", "_unsupported"}
OTHERS = [
    "pytorch compiled nothing: it runs eagerly in disguise",
    "tensorflow left the compiled graph (2 graph breaks, 0 fallbacks)",
    "pytorch compiled anew 3 times while it was timed",
    "the machine was too busy for a verdict: 9 of 12 pairs were disturbed; try one thread, or later",
    "more than this machine's measured roof was reached (pytorch 140%): work is missing or not waited for",
    "the budget of 60 s has 4 s left, too few for a probe of about 40 s; give it more with --budget",
    "in float64 pytorch and tensorflow differ in outputs y: 2.1e-03, at most 1e-09 allowed",
    "tensorflow is off the float64 reference in gradients kernel: no finite number, at most 5e-02 allowed",
    "the sides do not hold the same weights: pytorch has 2x3 #1 (0.weight), for which tensorflow has no counterpart",
    "out of memory",
    "wide, so measured again in fresh processes: training-mlp-eager, inference-mlp-eager",
    "0.5 of a CPU is granted: timings are throttled, and intervals wider; grant one CPU or more",
    "the control group's quota of 0.5 CPUs held the process back",
    "pytorch did not answer 'hello' within 9 s; its processes were ended, and the last it printed was: importing torch",
    "tensorflow was killed by SIGILL during 'hello': this build needs instructions that this CPU does not have (AVX: "
    "yes, AVX2: no); name a Python with a build made for it with --python tensorflow=PATH, or measure on a newer "
    "machine",
    "another program holds 22.0 of 24.0 GB of GPU 0, and 2 GB must be free: close it, name another GPU with "
    "CUDA_VISIBLE_DEVICES, or measure with --device cpu",
    "pytorch: torch.compile needs a C++ compiler (g++ or clang) and none was found; on macOS: xcode-select --install",
    "torch.compile needs a C++ compiler (g++ or clang) and none was found; install Visual Studio's Build Tools with "
    "C++ and start from its developer prompt",
    "torch.compile needs a C++ compiler (g++ or clang) and none was found; on Debian and Ubuntu: apt-get install g++",
    "as written, the sides differ: b norm: Norm(epsilon=0.001) (line 7) epsilon=0.001, a eps=1e-05",
    "the outputs part at layer 2: a `1: Tanh()` (line 6) has no counterpart in b; change line 6 of mine.py",
    "the outputs part at layer 2 (0.5 apart, at most 1e-07 allowed): a `1: T()` (line 6), b `s: S()`; no cause is "
    "known; look at line 6 of mine.py",
    "the outputs part at layer 2 (shapes (2, 3) and (2, 4)): a `1: T()`, b `s: S()`; likely cause: t is not s",
    "the outputs part after the last layer that both have (0.5 apart, at most 1e-07 allowed); no cause is known",
    "the sides do not hold the same weights: they part at layer 1: a `0: L()` with kernel 2x3, for which b has no "
    "counterpart; change line 3 of mine.py",
]


def sentences() -> Iterator[tuple[str, str]]:
    """Every literal that becomes a reason, with something in each gap."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            if name not in SAYING:
                continue
            assert isinstance(node, ast.Call)
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield path.name, argument.value
                elif isinstance(argument, ast.JoinedStr):
                    parts = [str(p.value) if isinstance(p, ast.Constant) else "x" for p in argument.values]
                    yield path.name, "".join(parts)


FOUND = [(file, said) for file, said in sentences() if len(said.replace("x", "").strip(": ")) > 8]


def test_the_sentences_are_found() -> None:
    assert len(FOUND) > 20


@pytest.mark.parametrize(("file", "said"), FOUND, ids=lambda text: text[:40])
def test_every_sentence_of_ours_is_told_in_chinese(file: str, said: str) -> None:
    assert any("一" <= character <= "鿿" for character in reasons.told(said, "zh")), f"{file}: {said}"
    assert reasons.told(said, "en") == said


@pytest.mark.parametrize("said", OTHERS)
def test_sentences_made_of_parts_are_told_in_chinese(said: str) -> None:
    assert any("一" <= character <= "鿿" for character in reasons.told(said, "zh"))


def test_each_side_is_told_by_itself() -> None:
    said = "pytorch: pytorch xla: out of memory; tensorflow: RuntimeError: the kernel died"

    assert reasons.told(said, "zh") == "pytorch：pytorch xla：内存不足；tensorflow: RuntimeError: the kernel died"


def test_several_distances_are_told_one_by_one() -> None:
    one = "in float64 a and b differ in outputs y: 1, at most 1e-09 allowed"
    other = "b is off the float64 reference in loss loss: 2, at most 1e-05 allowed"

    assert reasons.told(f"{one}; {other}", "zh") == (
        "在 float64 下 a 与 b 的 outputs y 不同：1，至多允许 1e-09；b 的 loss loss 偏离 float64 参考：2，至多允许 1e-05"
    )


def test_what_is_not_ours_stays() -> None:
    assert reasons.told("RuntimeError: mat1 and mat2 cannot be multiplied; see above", "zh") == (
        "RuntimeError: mat1 and mat2 cannot be multiplied; see above"
    )
