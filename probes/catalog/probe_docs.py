"""A page for every probe, made of what its scenario and its workload say of themselves. Imports neither.

The English stands in a module's docstring, the Chinese in its constant ``ZH``, in the same order; sources are cited
once, in English. What a scenario is called in a list stands in its constant ``NAME``, in both languages.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from probes.types import Probe

LANGUAGES = ("en", "zh")

HEADINGS: Mapping[str, Mapping[str, str]] = {
    "runs": {"en": "What runs", "zh": "运行什么"},
    "question": {"en": "Question", "zh": "问题"},
    "why": {"en": "Why it matters", "zh": "为何重要"},
    "how": {"en": "How it is measured", "zh": "如何测量"},
    "equal": {"en": "What is held equal", "zh": "双方相同之处"},
    "limits": {"en": "What it does not tell", "zh": "不能说明什么"},
    "source": {"en": "Source", "zh": "来源"},
}
"""Sections of a page by key, in order; ``runs`` is a workload's first line."""

SECTIONS = tuple(key for key in HEADINGS if key != "runs")

_WORDS = {
    "en": {
        "against": "Each framework is held against itself, {mode} against {baseline}: the ratio is about the mode.",
        "last": "Mode {mode}, settings {settings}, about {seconds:.0f} s; claims tested: {claims}.",
        "none": "none",
        "colon": ":",
        "label": "**{name}.** ",
    },
    "zh": {
        "against": "此处各框架与自身相比，{mode} 对 {baseline}：比值说的是模式，而非框架。",
        "last": "模式 {mode}，设置 {settings}，约 {seconds:.0f} 秒；检验的论断：{claims}。",
        "none": "无",
        "colon": "：",
        "label": "**{name}：**",
    },
}

_HERE = Path(__file__).resolve().parents[1]


def row(probe: Probe) -> dict[str, Any]:
    """Return one probe as a document, as lists of probes hold it."""
    return {
        "id": probe.id,
        "question": dict(probe.question),
        "scenario": probe.scenario,
        "workload": probe.workload,
        "mode": probe.mode,
        "settings": probe.settings,
        "criterion": probe.criterion,
        "claims": list(probe.claims),
        "seconds": probe.seconds,
        "asked_only": probe.asked_only,
    }


def sections(path: Path, lang: str = "en") -> dict[str, str]:
    """Read what a module says of itself: its first line under "", the rest by section key, each on one line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    text = (ast.get_docstring(tree) if lang == "en" else _constant(tree, "ZH")) or ""
    keys = {HEADINGS[key][lang]: key for key in SECTIONS}
    first, *parts = re.split(rf"^({'|'.join(keys)}){_WORDS[lang]['colon']}", text, flags=re.MULTILINE)
    found = {"": _joined(first, lang)}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        found[keys[name]] = _joined(body, lang)
    return found


def _constant(tree: ast.Module, name: str) -> Any:
    """Return the value of a module's constant that is written as a literal, None where there is none."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and [t.id for t in node.targets if isinstance(t, ast.Name)] == [name]:
            return ast.literal_eval(node.value)
    return None


@cache
def scenario_names() -> Mapping[str, Mapping[str, str]]:
    """Return what each scenario is called in a list, {id: {"en": ..., "zh": ...}}; one without ``NAME`` by its id."""
    found = {}
    for path in sorted((_HERE / "scenarios").glob("*.py")):
        if not path.stem.startswith("_"):
            name = _constant(ast.parse(path.read_text(encoding="utf-8")), "NAME")
            found[path.stem] = name or dict.fromkeys(LANGUAGES, path.stem.replace("_", " "))
    return found


def _joined(text: str, lang: str) -> str:
    """Join lines into one; Chinese has no spaces between them."""
    return ("" if lang == "zh" else " ").join(line.strip() for line in text.strip().splitlines())


def page(probe: Probe, lang: str = "en") -> dict[str, str]:
    """Answer the questions about a probe under their headings: the scenario's words, and the workload's after them."""
    modules = [_HERE / "scenarios" / f"{probe.scenario}.py"]
    if probe.workload:
        modules.append(_HERE / "workloads" / f"{probe.workload}.py")
    said = [{**_sources(path), **sections(path, lang)} for path in modules]
    made = {HEADINGS["runs"][lang]: said[1].get("", "")} if probe.workload else {}
    for key in SECTIONS:
        words = [part[key][0].upper() + part[key][1:] for part in said if part.get(key)]
        if key == "how" and probe.baseline:
            words.append(_WORDS[lang]["against"].format(mode=probe.mode, baseline=probe.baseline))
        made[HEADINGS[key][lang]] = ("" if lang == "zh" and key != "source" else " ").join(dict.fromkeys(words))
    return made


def _sources(path: Path) -> dict[str, str]:
    """Read the section that is cited in English only."""
    return {key: words for key, words in sections(path).items() if key == "source"}


def paragraph(heading: str, said: str, lang: str = "en") -> str:
    """Write one section of a page."""
    return _WORDS[lang]["label"].format(name=heading) + said


def text(probe: Probe, lang: str = "en") -> str:
    """Write the page as Markdown."""
    lines, words = [f"# {probe.id}", ""], _WORDS[lang]
    for name, said in page(probe, lang).items():
        if said:
            lines += [paragraph(name, said, lang), ""]
    claims = ", ".join(probe.claims) or words["none"]
    lines.append(words["last"].format(mode=probe.mode, settings=probe.settings, seconds=probe.seconds, claims=claims))
    return "\n".join(lines)
